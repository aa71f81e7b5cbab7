import { readFileSync } from 'node:fs'

/**
 * Tells whether this process belongs to the foreground group of its controlling terminal. Where that cannot be found out it
 * says yes: a wrong no would refuse a person who sits there.
 */
export function isForeground(): boolean {
  if (process.platform === 'win32') return true
  const groups = process.platform === 'linux' ? groupsFromProc() : groupsFromPs()
  return groups === undefined || groups.foreground <= 0 || groups.foreground === groups.own
}

/** Tells whether this process is in the foreground of a terminal, whose keys then send it signals. No, where that is not known. */
export function isAtTerminal(): boolean {
  const groups = process.platform === 'linux' ? groupsFromProc() : groupsFromPs()
  return groups !== undefined && groups.foreground > 0 && groups.foreground === groups.own
}

interface Groups {
  readonly own: number
  readonly foreground: number
}

/** proc(5), /proc/pid/stat: fields 5 (pgrp) and 8 (tpgid). Field 2 is the program's name in brackets and may hold anything. */
function groupsFromProc(): Groups | undefined {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return parsed(fields[2], fields[5])
  } catch {
    return undefined
  }
}

/** ps(1) of macOS and the BSDs has both as keywords. */
function groupsFromPs(): Groups | undefined {
  try {
    const { execFileSync } = process.getBuiltinModule('node:child_process')
    const words = ['-o', 'pgid=,tpgid=', '-p', String(process.pid)]
    const text = execFileSync('/bin/ps', words, { encoding: 'latin1', timeout: 2000, stdio: ['ignore', 'pipe', 'ignore'] })
    const [own, foreground] = text.trim().split(/\s+/)
    return parsed(own, foreground)
  } catch {
    return undefined
  }
}

function parsed(own: string | undefined, foreground: string | undefined): Groups | undefined {
  const groups = { own: Number(own), foreground: Number(foreground) }
  return Number.isInteger(groups.own) && Number.isInteger(groups.foreground) ? groups : undefined
}
