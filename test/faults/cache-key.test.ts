/**
 * The session cache when its key is in memory, lost, from another home, or cannot be created: the built tool against
 * the strict STS.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { credentialsOf, isSignedIn, cachedSession, openLoginSandbox } from '../support/login-homes.ts'
import type { LoginTarget, LoginSandbox } from '../support/login-homes.ts'
import { PRODUCT, runProgram } from '../support/run-cli.ts'
import type { RunResult } from '../support/run-cli.ts'

const MEMORY = '/dev/shm'
const PROMPTS = { code: 4, stdout: '', stderr: expect.stringContaining('a token code is required') as string }
const SUCCEEDS = { code: 0, stdout: '', stderr: expect.stringMatching(/^✔ work: signed in /) as string }

describe('the cache key', () => {
  let sandbox: LoginSandbox
  beforeAll(async () => {
    sandbox = await openLoginSandbox()
  })
  afterAll(async () => sandbox.close())

  function run(
    target: LoginTarget,
    words: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<RunResult> {
    return runProgram([...PRODUCT, ...words], {
      environment: { ...target.home.environment(target.env), ...environment },
    })
  }

  /** Returns the arguments of a login with the current code. STS and awsmfa forget that it was used. */
  async function login(target: LoginTarget): Promise<readonly string[]> {
    await sandbox.sts.configure({ forgetSpentCodes: true })
    rmSync(join(target.home.path, '.local/state/awsmfa/spent-codes'), { recursive: true, force: true, maxRetries: 10 })
    return ['login', 'work', '--token-code', sandbox.sts.code(target.device)]
  }

  /** Removes the session from the credentials file, so that the next login uses the cached one or prompts. */
  function forgetSection(target: LoginTarget): void {
    target.home.write('.aws/credentials', Buffer.from(target.old, 'latin1'))
  }

  it.skipIf(process.platform !== 'linux' || !existsSync(MEMORY))(
    'is in the runtime folder if that is in memory; without it the cached sessions cannot be used',
    async () => {
      const target = sandbox.beforeLogin()
      const runtime = mkdtempSync(join(MEMORY, 'awsmfa-test-'))
      onTestFinished(() => rmSync(runtime, { recursive: true, force: true, maxRetries: 10 }))
      const environment = { XDG_RUNTIME_DIR: runtime }
      expect(await run(target, await login(target), environment)).toMatchObject(SUCCEEDS)
      const key = join(runtime, 'awsmfa', 'cache-key')
      expect([
        statSync(key).mode & 0o777,
        existsSync(join(target.home.path, '.local/state/awsmfa/cache-key')),
        cachedSession(target) === undefined,
      ]).toEqual([0o600, false, false])
      forgetSection(target)
      expect(await run(target, ['login', 'work'], environment)).toMatchObject(SUCCEEDS)
      forgetSection(target)
      expect(await run(target, ['login', 'work'])).toMatchObject(PROMPTS)
      rmSync(join(runtime, 'awsmfa'), { recursive: true })
      expect(await run(target, ['login', 'work'], environment)).toMatchObject(PROMPTS)
      expect(isSignedIn(target, credentialsOf(target))).toBe(false)
      expect(await run(target, await login(target), environment)).toMatchObject(SUCCEEDS)
      forgetSection(target)
      expect(await run(target, ['login', 'work'], environment)).toMatchObject(SUCCEEDS)
    },
  )

  it('that cannot be created does not fail a login; only the next login needs a code again', async () => {
    const target = sandbox.beforeLogin()
    const key = join(target.home.path, '.local/state/awsmfa/cache-key')
    mkdirSync(key, { recursive: true, mode: 0o700 })
    expect(await run(target, await login(target))).toMatchObject(SUCCEEDS)
    expect([isSignedIn(target, credentialsOf(target)), cachedSession(target)]).toEqual([true, undefined])
    forgetSection(target)
    const debug = await run(target, [...(await login(target)), '--debug'])
    expect(debug).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('awsmfa: debug: the session could not be kept (') as string,
    })
  })

  it('of a later version of awsmfa is not changed', async () => {
    const target = sandbox.beforeLogin()
    target.home.write('.local/state/awsmfa/cache-key', 'awsmfa-cache-key:2:unknown\n')
    expect(await run(target, await login(target))).toMatchObject(SUCCEEDS)
    expect([target.home.read('.local/state/awsmfa/cache-key').toString(), cachedSession(target)]).toEqual([
      'awsmfa-cache-key:2:unknown\n',
      undefined,
    ])
  })

  it('does not decrypt a session copied from another home; the next login replaces that session', async () => {
    const [target, other] = [sandbox.beforeLogin(), sandbox.beforeLogin()]
    expect(await run(target, await login(target))).toMatchObject(SUCCEEDS)
    const cached = cachedSession(target) ?? ''
    const copy = join(other.home.path, cached)
    mkdirSync(join(copy, '..'), { recursive: true, mode: 0o700 })
    writeFileSync(copy, readFileSync(join(target.home.path, cached)))
    expect(await run(other, ['cache', 'show'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('cannot be decrypted') as string,
    })
    expect(await run(other, await login(other))).toMatchObject(SUCCEEDS)
    forgetSection(other)
    expect(await run(other, ['login', 'work'])).toMatchObject(SUCCEEDS)
    expect(readdirSync(join(copy, '..'))).toHaveLength(2)
  })

  it('is created once by concurrent first logins', async () => {
    const target = sandbox.beforeLogin()
    const words = await login(target)
    const runs = await Promise.all(Array.from({ length: 6 }, () => run(target, [...words, '--quiet'])))
    expect(runs.some(({ code }) => code === 0)).toBe(true)
    forgetSection(target)
    expect(await run(target, ['login', 'work'])).toMatchObject(SUCCEEDS)
    expect(
      readdirSync(join(target.home.path, '.local/state/awsmfa')).filter((name) => name.startsWith('cache-key')),
    ).toEqual(['cache-key'])
  })
})
