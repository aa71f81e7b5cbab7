/** A home folder that cannot be written, and the AWS files elsewhere, as in containers with a read-only root. */
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BUILT_CLI, runProgram } from '../support/run-cli.ts'
import { openSandbox } from '../support/sandbox.ts'
import type { Sandbox } from '../support/sandbox.ts'
import { aliceWorld } from '../support/strict-sts/worlds.ts'

const NOBODY = 65534
const AS_NOBODY = ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups']
const LAYOUT = `awsmfa_source_profile = work-long-term
awsmfa_mfa_serial = arn:aws:iam::111111111111:mfa/alice
`

/** Root may write everywhere, so awsmfa runs as another user. */
describe.skipIf(process.getuid?.() !== 0)('with a home folder that cannot be written', () => {
  let sandbox: Sandbox
  beforeEach(async () => {
    sandbox = await openSandbox(aliceWorld())
    const { home } = sandbox
    const keys = [await valueOf('alice-key'), await valueOf('alice-secret')] as const
    mkdirSync(join(home.path, 'app'))
    home.write(
      'app/credentials',
      `[work-long-term]\naws_access_key_id = ${keys[0]}\naws_secret_access_key = ${keys[1]}\n`,
    )
    home.write('app/config', `[profile work]\n${LAYOUT}`)
    for (const name of ['app', 'app/credentials', 'app/config']) chownSync(join(home.path, name), NOBODY, NOBODY)
    chmodSync(home.path, 0o755)
  })
  afterEach(async () => await sandbox.close())

  const valueOf = async (name: string): Promise<string> => (await sandbox.world.variables[name]?.()) ?? ''

  function run(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const { home, world } = sandbox
    const files = {
      AWS_SHARED_CREDENTIALS_FILE: join(home.path, 'app/credentials'),
      AWS_CONFIG_FILE: join(home.path, 'app/config'),
    }
    return runProgram(['setpriv', ...AS_NOBODY, process.execPath, BUILT_CLI, ...words], {
      environment: { ...world.environment, ...files, ...environment },
      cwd: home.path,
    })
  }

  it('login and logout work', async () => {
    expect(await run(['login', 'work', '--token-code', await valueOf('code')])).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^✔ work: signed in as alice \(111111111111\) until [^\n]+\n$/),
    })
    expect(await run(['status', 'work', '--format', '{state}'])).toMatchObject({ stdout: 'valid\n', stderr: '' })
    expect(await run(['logout', 'work'])).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^✔ work: signed out \(/),
    })
  })

  it('what needs a folder of awsmfa is refused before the code is used, and works in AWSMFA_HOME', async () => {
    const program = `${process.execPath} ${BUILT_CLI} credential-process --profile work`
    sandbox.home.write('app/config', `[profile work]\ncredential_process = ${program}\n${LAYOUT}`)
    const login = ['login', 'work', '--token-code', await valueOf('code')]
    const hint = "awsmfa: hint: to keep awsmfa's own files elsewhere, set AWSMFA_HOME to a writable directory\n"
    expect(await run(login)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`EACCES\\)\n${hint}$`)),
    })
    expect(await run(['setup', 'work', '--layout', 'session', '--yes'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(hint),
    })
    const elsewhere = { AWSMFA_HOME: join(sandbox.home.path, 'app/awsmfa') }
    expect(await run(login, elsewhere)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('signed in as alice'),
    })
  })
})
