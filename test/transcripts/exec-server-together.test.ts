/** Two programs under `awsmfa exec --server` at once, with one MFA device, past the end of their session. */
import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from '../support/run-cli.ts'
import type { RunResult } from '../support/run-cli.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const { serial } = virtualDevice('111111111111', 'alice')
const CREDENTIALS = `[base-long-term]\naws_access_key_id = ${keyIdFor('111111111111', 1)}\naws_secret_access_key = ${secretFor('arn:aws:iam::111111111111:user/alice')}\n`
const BASE = `[profile base]\nregion = eu-west-1\nawsmfa_mfa_serial = ${serial}\n`
const ROLES = ['Admin', 'Open']
  .map(
    (name) =>
      `[profile ${name.toLowerCase()}]\nrole_arn = arn:aws:iam::222222222222:role/${name}\nsource_profile = base\n`,
  )
  .join('')

/** Asks as an SDK does, all the time, until the session has changed or, with `ended`, until there is none. */
const PROGRAM = `
const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: Authorization } = process.env
const until = process.argv[1]
const ask = async () => {
  const answer = await fetch(uri, { headers: { Authorization } })
  return { status: answer.status, key: (await answer.json()).AccessKeyId }
}
const wait = async (isOver) => {
  for (let failed = 0; ; ) {
    const { status, key } = await ask()
    if (isOver(status, key)) return { key, failed }
    if (status !== 200) failed += 1
  }
}
;(async () => {
  const first = await ask()
  if (until === 'ended') await wait((status) => status !== 200)
  if (until === 'ended') require('fs').appendFileSync(process.env.HOME + '/ended', 'ended\\n')
  const { key, failed } = await wait((status, key) => status === 200 && key !== first.key)
  console.log(JSON.stringify({ key, failed: until === 'ended' ? 0 : failed }))
})()
`

let sts: StrictSts
let home: TempHome
beforeEach(async () => {
  sts = await startStrictSts(aliceWorld())
  home = createTempHome({ '.aws/credentials': CREDENTIALS })
})
afterEach(async () => {
  await sts.stop()
  home.remove()
})

const environment = (more: Readonly<Record<string, string>> = {}): Record<string, string> =>
  home.environment({ ...sts.environment(), ...more })

const inSeconds = (seconds: number): string =>
  new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')

/** Makes a program of the person's, which adds a line to `asked` each time that it is started. */
function writeProgram(path: string, then: string): void {
  home.write(path, `#!/bin/sh\necho asked >> "$HOME/asked"\n${then}\n`)
  chmodSync(join(home.path, path), 0o700)
}

const asked = (): number => home.read('asked').toString().trim().split('\n').length

const serve = (profile: string, until: 'renewed' | 'ended', more: Readonly<Record<string, string>> = {}) =>
  runCli(['exec', profile, '--server', '--', process.execPath, '-e', PROGRAM, until], {
    environment: environment(more),
    limitMs: 120_000,
  })

interface Served {
  readonly key: string
  readonly failed: number
}

function servedTo(runs: readonly RunResult[]): readonly Served[] {
  for (const run of runs) expect(run).toMatchObject({ code: 0, stderr: '' })
  return runs.map(({ stdout }) => JSON.parse(stdout) as Served)
}

/**
 * Signs in for so many seconds: enough for two servers to start on a busy machine. The next `times` sessions of roles
 * last for `roleSeconds`.
 */
async function signInFor(seconds: number, roleSeconds = 0, times = 0): Promise<void> {
  await sts.configure({
    faults: [
      { kind: 'expiration', operation: 'GetSessionToken', value: inSeconds(seconds) },
      { kind: 'expiration', operation: 'AssumeRole', value: inSeconds(roleSeconds), times },
    ],
  })
  const login = await runCli(['login', 'base', '--quiet', '--token-code', sts.code(serial)], {
    environment: environment(),
  })
  expect(login).toMatchObject({ code: 0, stderr: '' })
  await sts.configure({ clearLog: true })
}

async function callsOf(operation: string): Promise<number> {
  return (await sts.log()).filter((entry) => entry.operation === operation).length
}

describe.skipIf(process.platform === 'win32')('two servers', () => {
  it.each([
    ['of the user', ['base', 'base'], 24, 0, 0],
    ['of the user and of a role', ['base', 'admin'], 24, 24, 1],
    ['of two roles whose source has expired', ['admin', 'open'], 16, 24, 2],
  ])('%s ask one question, and both go on', async (_, profiles, seconds, roleSeconds, roles) => {
    home.write('.aws/config', `${BASE}awsmfa_token_command = sh ${home.path}/person\n${ROLES}`)
    writeProgram('person', 'cat "$HOME/code"')
    await signInFor(seconds, roleSeconds, roles)
    home.write('code', sts.code(serial, 1))
    const served = servedTo(await Promise.all(profiles.map((profile) => serve(profile, 'renewed'))))
    expect(served.map(({ failed }) => failed)).toEqual([0, 0])
    expect(asked()).toBe(1)
    expect(await callsOf('GetSessionToken')).toBe(1)
  })

  it('of one role make one call, without a question', async () => {
    home.write('.aws/config', `${BASE}${ROLES}`)
    await signInFor(43_200, 20, 2)
    const served = servedTo(await Promise.all(['admin', 'admin'].map((profile) => serve(profile, 'renewed'))))
    expect(served.map(({ failed }) => failed)).toEqual([0, 0])
    expect(new Set(served.map(({ key }) => key)).size).toBe(1)
    // Two that are too short to be shared, and one.
    expect(await callsOf('AssumeRole')).toBe(3)
  })

  it('whose question is closed ask no second one, and both notice a login', async () => {
    home.write('.aws/config', `${BASE}awsmfa_prompt = zenity\n`)
    writeProgram('bin/zenity', 'until [ -e "$HOME/close" ]; do sleep 0.1; done; exit 1')
    await signInFor(24)
    const more = { PATH: `${home.path}/bin:${process.env['PATH'] ?? ''}`, DISPLAY: ':99' }
    const runs = Promise.all(['base', 'base'].map((profile) => serve(profile, 'ended', more)))
    await expect
      .poll(() => existsSync(join(home.path, 'ended')) && home.read('ended').toString(), { timeout: 120_000 })
      .toBe('ended\nended\n')
    home.write('close', '')
    const login = await runCli(['login', 'base', '--quiet', '--token-code', sts.code(serial, 1)], {
      environment: environment(),
    })
    expect(login).toMatchObject({ code: 0, stderr: '' })
    const [one, two] = servedTo(await runs)
    expect(one?.key).toBe(two?.key)
    expect(asked()).toBe(1)
  })
})
