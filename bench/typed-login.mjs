/** A login at a terminal: from Enter, after the code is typed, to the session in the file, with 40 ms between here and STS. */
import { spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { PROFILE } from './homes.mjs'
import { checkWritten, environmentOf, freshCode, startSts, writeHomeOfUser } from './strict-sts.mjs'

const DRIVER = fileURLToPath(new URL('../test/support/pty.py', import.meta.url))
/** How long a person looks at the phone and types, at the least. */
const TYPING_MS = 1500

/**
 * The block of this subject. The cold way is the same build with AWSMFA_NO_PRECONNECT set: it connects when Enter is there. The
 * SDK is loaded at the question in both, so this control is harder than one that loads it after Enter too. Everything up to the
 * question is the same for both and is not counted.
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
    rounds: 11,
    rows: [row('cold: connects after Enter', { AWSMFA_NO_PRECONNECT: '1' }), row('awsmfa login', {}, { gate: 0.45 })],
    close: () => sts.server.stop(),
  }
}

/** Types a code at the question and gives the milliseconds from Enter to the rename of the credentials file. */
async function typeCode(tool, sts, home, env) {
  const code = await freshCode(sts, home)
  const driver = spawn('python3', ['-I', DRIVER], { stdio: ['pipe', 'pipe', 'inherit'] })
  const tell = (order) => driver.stdin.write(`${JSON.stringify(order)}\n`)
  const argv = [process.execPath, tool, 'login', PROFILE, '--force']
  tell({ op: 'spawn', argv, env: { ...env, TERM: 'xterm-256color' }, cwd: '/', rows: 24, columns: 80 })
  const events = listen(driver)
  try {
    await events.output(/code/i)
    await pause(TYPING_MS)
    tell({ op: 'send', data: code })
    await pause(100)
    return await checkWritten(home, async () => {
      const saved = renamed(join(home, '.aws'), 'credentials')
      const started = process.hrtime.bigint()
      tell({ op: 'send', data: '\r' })
      const ms = Number((await saved) - started) / 1e6
      await events.success()
      return ms
    })
  } finally {
    driver.stdin.end()
  }
}

/** Follows what the driver tells. Each of the two functions rejects when the program ends otherwise. */
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
      const limit = setTimeout(() => reject(new Error(`nothing more came after:\n${text}`)), 20_000)
      const look = () => {
        if (isThere()) resolve(clearTimeout(limit))
        else if (ended !== undefined) reject(new Error(`the login ended with ${ended.code ?? ended.signal}:\n${text}`))
      }
      notify = look
      look()
    })
  return { output: (pattern) => until(() => pattern.test(text)), success: () => until(() => ended?.code === 0) }
}

/** The moment at which a file of a folder is replaced. */
function renamed(folder, name) {
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
