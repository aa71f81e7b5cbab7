/**
 * A login at a terminal, from Enter after the code to the session in the file, with a round-trip time of 40 ms to STS.
 */
import { spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { PROFILE } from './homes.mjs'
import { checkWritten, environmentOf, freshCode, startSts, writeHomeOfUser } from './strict-sts.mjs'

const DRIVER = fileURLToPath(new URL('../test/support/pty.py', import.meta.url))
/** The minimum time for a person to read and type a code. */
const TYPING_MS = 1000

/**
 * Returns the block. The first row is the same build with AWSMFA_NO_PRECONNECT, which connects after Enter. Both load
 * the SDK during the prompt. The time before the prompt is the same for both and is not counted. Two round trips are
 * saved, 80 ms whatever the machine; the rest is work, so the ratio is higher on a slow machine.
 */
export async function typedLoginBlock(tool, folder) {
  const sts = await startSts({ tls: true, roundTripMs: 40 })
  const row = (name, more, rest = {}) => {
    const home = join(folder, `typed-${name.replaceAll(/\W+/g, '-')}`)
    writeHomeOfUser(home, sts)
    return { name, measure: () => typeCode(tool, sts, home, environmentOf(sts, home, 'https', more)), ...rest }
  }
  return {
    title: 'Enter → saved, at a round trip of 40 ms, over TLS',
    rounds: 7,
    rows: [row('cold: connects after Enter', { AWSMFA_NO_PRECONNECT: '1' }), row('awsmfa login', {}, { gate: 0.65 })],
    close: () => sts.server.stop(),
  }
}

/** Types a code at the prompt and returns the milliseconds from Enter to the rename of the credentials file. */
async function typeCode(tool, sts, home, env) {
  const code = await freshCode(sts, home)
  const driver = spawn('python3', ['-I', DRIVER], { stdio: ['pipe', 'pipe', 'inherit'] })
  const send = (command) => driver.stdin.write(`${JSON.stringify(command)}\n`)
  const argv = [process.execPath, tool, 'login', PROFILE, '--force']
  send({ op: 'spawn', argv, env: { ...env, TERM: 'xterm-256color' }, cwd: '/', rows: 24, columns: 80 })
  const events = listen(driver)
  try {
    await events.output(/code/i)
    await pause(TYPING_MS)
    send({ op: 'send', data: code })
    await pause(100)
    return await checkWritten(home, async () => {
      const saved = timeOfRename(join(home, '.aws'), 'credentials')
      const started = process.hrtime.bigint()
      send({ op: 'send', data: '\r' })
      const ms = Number((await saved) - started) / 1e6
      await events.success()
      return ms
    })
  } finally {
    driver.stdin.end()
  }
}

/**
 * Reads the driver's events. Returns functions that wait for output and for success, and reject if the program fails.
 */
function listen(driver) {
  let text = ''
  let ended
  let notify = () => undefined
  createInterface({ input: driver.stdout }).on('line', (line) => {
    const event = JSON.parse(line)
    if (event.event === 'output') text += event.data
    if (event.event === 'exit') ended = event
    notify()
  })
  const until = (isThere) =>
    new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`timed out after:\n${text}`)), 20_000)
      const look = () => {
        if (isThere()) resolve(clearTimeout(limit))
        else if (ended !== undefined) reject(new Error(`the login ended with ${ended.code ?? ended.signal}:\n${text}`))
      }
      notify = look
      look()
    })
  return { output: (pattern) => until(() => pattern.test(text)), success: () => until(() => ended?.code === 0) }
}

/** Resolves with the time (process.hrtime) at which a file in a folder is replaced. */
function timeOfRename(folder, name) {
  return new Promise((resolve, reject) => {
    const watcher = watch(folder, (_, changed) => {
      if (changed !== name) return
      watcher.close()
      clearTimeout(limit)
      resolve(process.hrtime.bigint())
    })
    const limit = setTimeout(() => reject(new Error(`${name} was not replaced`)), 20_000)
  })
}
