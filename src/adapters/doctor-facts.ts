/** What doctor looks at outside of the two files' contents: modes, programs, caches. Reads alone; what cannot be looked at is not there. */
import { accessSync, closeSync, constants, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { DamagedEntry, ExaminedFile, OpenFile, ProgramFacts } from '../core/doctor/examination.ts'
import { isFailure } from '../core/failures.ts'
import { inspectSealed } from './cache-cipher.ts'
import { isExecutable } from './program-file.ts'
import { readRegularFile } from './regular-file.ts'
import { readWhole } from './read-whole.ts'

/** What other people's bits allow: reading and writing. */
const OTHERS = 0o066

/** Scripts say in their first line what runs them; systems read no further. */
const FIRST_LINE_BYTES = 256

/** Reads one of the shared files. Never throws: why it cannot be read is part of the answer. */
export function examineFile(path: string): ExaminedFile {
  try {
    const { bytes, stat } = readRegularFile(path)
    const modifiedAt = stat === undefined ? undefined : new Date(Number(stat.mtimeMs))
    return { path, text: bytes.toString('latin1'), exists: stat !== undefined, unreadable: undefined, modifiedAt }
  } catch (error) {
    const unreadable = isFailure(error, 'FILE_UNREADABLE') ? error.failure.errno : isFailure(error, 'FILE_NOT_REGULAR') ? `it is a ${error.failure.found}` : undefined
    if (unreadable === undefined) throw error
    return { path, text: '', exists: true, unreadable, modifiedAt: undefined }
  }
}

/** Gives those of these files that others may read or write: regular files alone, never /dev/null. None on Windows, whose modes say nothing. */
export function findOpenFiles(paths: readonly string[]): readonly OpenFile[] {
  if (process.platform === 'win32') return []
  return paths.flatMap((path): readonly OpenFile[] => {
    const mode = modeOf(path)
    return mode === undefined || (mode & OTHERS) === 0 ? [] : [{ path, mode }]
  })
}

/** Gives the files in a folder whose names match; none where there is no folder. */
export function filesIn(folder: string, name: RegExp): readonly string[] {
  try {
    return readdirSync(folder).filter((found) => name.test(found)).toSorted().map((found) => join(folder, found))
  } catch {
    // No folder, or none that can be read.
    return []
  }
}

/** Gives the sessions of awsmfa's own cache that are damaged. */
export function findDamagedSessions(cacheFolder: string): readonly DamagedEntry[] {
  return filesIn(join(cacheFolder, 'sessions'), /^[0-9a-f]{40}\.sealed$/)
    .filter(isDamaged)
    .map((path) => ({ path, cache: 'awsmfa-cache', profile: undefined }))
}

/** Tells whether a program can be started, and what its first line looks for on PATH. */
export function examineProgram(path: string): ProgramFacts {
  try {
    accessSync(path, constants.F_OK)
    if (!statSync(path).isFile()) return { isThere: false, needs: undefined }
  } catch {
    return { isThere: false, needs: undefined }
  }
  return { isThere: true, needs: /^#![ \t]*\/usr\/bin\/env(?:[ \t]+-S)?[ \t]+(\w[\w.+-]*)/.exec(firstBytes(path))?.[1] }
}

/**
 * Gives the programs called awsmfa on PATH besides the one that runs, which is known by where its name leads: where it is none
 * of them (a wrapper started it), the first is taken for it.
 */
export function findOtherAwsmfas(path: string, ownPath: string): readonly { readonly path: string; readonly isFirst: boolean }[] {
  const names = process.platform === 'win32' ? ['awsmfa.exe', 'awsmfa.cmd'] : ['awsmfa']
  const found = path.split(delimiter).filter((folder) => folder !== '').flatMap((folder) => names.map((name) => join(folder, name)).filter(isExecutable).slice(0, 1))
  const distinct = found.map((each) => ({ path: each, real: realPath(each) })).filter(({ real }, index, all) => all.findIndex((each) => each.real === real) === index)
  const ownIndex = Math.max(0, distinct.findIndex(({ real }) => real === realPath(ownPath)))
  return distinct.flatMap(({ path: each }, index) => (index === ownIndex ? [] : [{ path: each, isFirst: index === 0 }]))
}

function isDamaged(path: string): boolean {
  try {
    const sealed = readWhole(path)
    return sealed !== undefined && inspectSealed(sealed) === 'damaged'
  } catch {
    // Unreadable is not damaged: it may be another's.
    return false
  }
}

function modeOf(path: string): number | undefined {
  try {
    const stat = statSync(path)
    return stat.isFile() ? stat.mode & 0o777 : undefined
  } catch {
    return undefined
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function firstBytes(path: string): string {
  try {
    const descriptor = openSync(path, constants.O_RDONLY)
    try {
      const bytes = Buffer.alloc(FIRST_LINE_BYTES)
      return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, FIRST_LINE_BYTES, 0))
    } finally {
      closeSync(descriptor)
    }
  } catch {
    // What may be run need not be readable.
    return ''
  }
}
