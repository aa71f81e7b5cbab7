/**
 * Behaves as `ykman oath accounts code` does, for as much as its source says: arguments, prompts, streams, exit codes
 * (ykman 5: ykman/_cli/oath.py, __main__.py and util.py; click's prompt; Python's getpass). What is plugged in stands
 * in the JSON file that YKMAN_WORLD names:
 *
 *     { "keys": [
 *         { "serial": 12345678, "password": "…", "accounts": { "label": { "code": "123456", "touch": true } } } ],
 *       "service": true, "touchMs": 15000, "hang": false }
 *
 * A key that waits counts as touched once there is a file beside that one, with `.touched` at the end of its name. Each
 * run is noted in `.runs`, a line of JSON each: parameters, what stdin held, whether a terminal could be reached.
 */
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const place = process.env.YKMAN_WORLD
const world = { service: true, touchMs: 15_000, hang: false, ...JSON.parse(readFileSync(place, 'utf8')) }
const say = (text) => writeFileSync(2, text)

function end(code) {
  process.exit(code)
}

function fail(message) {
  say(`ERROR: ${message}\n`)
  end(1)
}

function usage(message) {
  say(`Usage: ykman [OPTIONS] COMMAND [ARGS]...\nTry 'ykman -h' for help.\n\nError: ${message}\n`)
  end(2)
}

function reachesTerminal() {
  try {
    closeSync(openSync('/dev/tty', 'r+'))
    return true
  } catch {
    return false
  }
}

/** Options of the command itself stand before `oath`, those of `code` behind it; `--` ends them, as click has it. */
function parse(words) {
  const before = words.slice(0, words.indexOf('oath'))
  const [group, subgroup, command, ...after] = words.slice(before.length)
  if (group !== 'oath' || subgroup !== 'accounts' || command !== 'code') usage(`No such command '${words.join(' ')}'.`)
  try {
    const { values: own } = parseArgs({ args: before, options: { device: { type: 'string', short: 'd' } } })
    const { values, positionals } = parseArgs({
      args: after,
      allowPositionals: true,
      options: {
        single: { type: 'boolean', short: 's' },
        password: { type: 'string', short: 'p' },
        remember: { type: 'boolean', short: 'r' },
        'show-hidden': { type: 'boolean', short: 'H' },
      },
    })
    if (own.device !== undefined && !/^\d+$/.test(own.device))
      usage(`Invalid value for '-d' / '--device': '${own.device}' is not a valid integer.`)
    if (positionals.length > 1) usage(`Got unexpected extra argument (${positionals[1]})`)
    return {
      serial: own.device === undefined ? undefined : Number(own.device),
      single: values.single === true,
      password: values.password,
      query: positionals[0] ?? '',
    }
  } catch (error) {
    return usage(error.message)
  }
}

function findKey(serial) {
  if (!world.service) say('WARNING: PC/SC not available. Smart card (CCID) protocols will not function.\n')
  const keys = world.service ? world.keys : []
  if (serial !== undefined)
    return (
      keys.find((key) => key.serial === serial) ??
      fail(
        `Failed connecting to a YubiKey with serial: ${serial}.\nMake sure the application has the required permissions.`,
      )
    )
  if (keys.length === 0) fail('No YubiKey detected!')
  if (keys.length > 1) {
    say(
      `Multiple YubiKeys detected:\n${keys.map((key) => `- YubiKey 5 NFC (5.4.3) [OTP+FIDO+CCID] Serial: ${key.serial}\n`).join('')}`,
    )
    fail('Use --device SERIAL to specify which one to use.')
  }
  if (keys[0].accounts === undefined)
    fail('The functionality required for this command is not enabled or not available on this YubiKey.')
  return keys[0]
}

/**
 * A line from a stdin that is no terminal is taken for the password without a prompt; without one getpass asks, and
 * finds nothing.
 */
function unlock(key, given, stdin) {
  if (key.password === undefined) return
  const piped = /^(.*)\n/.exec(stdin)?.[1]
  if (given === undefined && piped === undefined) {
    say(
      'Enter the password: /usr/lib/python3.11/getpass.py:91: GetPassWarning: Can not control echo on the terminal.\n  passwd = fallback_getpass(prompt, stream)\nWarning: Password input may be echoed.\n \nAborted!\n',
    )
    end(1)
  }
  if ((given ?? piped) !== key.password) fail('Authentication to the YubiKey failed. Wrong password?')
}

function search(accounts, query) {
  const labels = Object.keys(accounts)
  return labels.includes(query) ? [query] : labels.filter((label) => label.toLowerCase().includes(query.toLowerCase()))
}

function whenTouched(then) {
  say('Touch your YubiKey...\n')
  const until = Date.now() + world.touchMs
  setInterval(() => {
    if (existsSync(`${place}.touched`)) then()
    else if (Date.now() > until) fail('Touch account timed out!')
  }, 20)
}

const parameters = process.argv.slice(2)
const asked = parse(parameters)
const stdin = readFileSync(0, 'utf8')
appendFileSync(
  `${place}.runs`,
  `${JSON.stringify({ pid: process.pid, parameters, stdin, terminal: reachesTerminal(), callers: process.env.AWSMFA_CALLERS, keys: process.env.AWS_ACCESS_KEY_ID })}\n`,
)
if (world.hang) setInterval(() => undefined, 1000)
else {
  const key = findKey(asked.serial)
  unlock(key, asked.password, stdin)
  const found = search(key.accounts, asked.query)
  if (found.length === 0) fail('No matching account found.')
  if (found.length > 1) {
    say(`Error: Multiple matches, make the query more specific.\n\n${found.map((label) => `${label}\n`).join('')}`)
    end(1)
  }
  const { code, touch } = key.accounts[found[0]]
  const answer = () => {
    process.stdout.write(`${code}\n`, () => end(0))
  }
  if (touch === true) whenTouched(answer)
  else answer()
}
