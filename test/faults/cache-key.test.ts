/**
 * The cache of sessions where its key lies in memory, is gone, is another's, or cannot be made: the built tool against
 * the strict STS.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { credentialsOf, isSignedIn, keptSession, openLoginStage } from '../support/login-scenes.ts'
import type { LoginScene, LoginStage } from '../support/login-scenes.ts'
import { BUILT_CLI, runProgram } from '../support/run-cli.ts'
import type { RunResult } from '../support/run-cli.ts'

const MEMORY = '/dev/shm'
const ASKS = { code: 4, stdout: '', stderr: expect.stringContaining('a token code is needed') as string }
const WORKS = { code: 0, stdout: '', stderr: expect.stringMatching(/^✔ work: signed in /) as string }

describe('the key of the cache', () => {
  let stage: LoginStage
  beforeAll(async () => {
    stage = await openLoginStage()
  })
  afterAll(async () => stage.close())

  function run(
    scene: LoginScene,
    words: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<RunResult> {
    return runProgram([process.execPath, BUILT_CLI, ...words], {
      environment: { ...scene.home.environment(scene.env), ...environment },
    })
  }

  /** A login with the code of now, as new to STS and to awsmfa as if half a minute had passed. */
  async function login(scene: LoginScene): Promise<readonly string[]> {
    await stage.sts.configure({ forgetSpentCodes: true })
    rmSync(join(scene.home.path, '.local/state/awsmfa/spent-codes'), { recursive: true, force: true })
    return ['login', 'work', '--token-code', stage.sts.code(scene.device)]
  }

  /** The next login finds no session in the credentials file: it takes the one that is kept, or asks. */
  function forgetSection(scene: LoginScene): void {
    scene.home.write('.aws/credentials', Buffer.from(scene.old, 'latin1'))
  }

  it.skipIf(process.platform !== 'linux' || !existsSync(MEMORY))(
    'lies in the runtime folder where that is in memory, and with it go the sessions',
    async () => {
      const scene = stage.beforeLogin()
      const runtime = mkdtempSync(join(MEMORY, 'awsmfa-test-'))
      onTestFinished(() => rmSync(runtime, { recursive: true, force: true }))
      const environment = { XDG_RUNTIME_DIR: runtime }
      expect(await run(scene, await login(scene), environment)).toMatchObject(WORKS)
      const key = join(runtime, 'awsmfa', 'cache-key')
      expect([
        statSync(key).mode & 0o777,
        existsSync(join(scene.home.path, '.local/state/awsmfa/cache-key')),
        keptSession(scene) === undefined,
      ]).toEqual([0o600, false, false])
      forgetSection(scene)
      expect(await run(scene, ['login', 'work'], environment)).toMatchObject(WORKS)
      forgetSection(scene)
      expect(await run(scene, ['login', 'work'])).toMatchObject(ASKS)
      rmSync(join(runtime, 'awsmfa'), { recursive: true })
      expect(await run(scene, ['login', 'work'], environment)).toMatchObject(ASKS)
      expect(isSignedIn(scene, credentialsOf(scene))).toBe(false)
      expect(await run(scene, await login(scene), environment)).toMatchObject(WORKS)
      forgetSection(scene)
      expect(await run(scene, ['login', 'work'], environment)).toMatchObject(WORKS)
    },
  )

  it('that cannot be made costs the next code and nothing else', async () => {
    const scene = stage.beforeLogin()
    const key = join(scene.home.path, '.local/state/awsmfa/cache-key')
    mkdirSync(key, { recursive: true, mode: 0o700 })
    expect(await run(scene, await login(scene))).toMatchObject(WORKS)
    expect([isSignedIn(scene, credentialsOf(scene)), keptSession(scene)]).toEqual([true, undefined])
    forgetSection(scene)
    const told = await run(scene, [...(await login(scene)), '--debug'])
    expect(told).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('awsmfa: debug: the session could not be kept (') as string,
    })
  })

  it('of a later awsmfa is left as it is', async () => {
    const scene = stage.beforeLogin()
    scene.home.write('.local/state/awsmfa/cache-key', 'awsmfa-cache-key:2:whatever\n')
    expect(await run(scene, await login(scene))).toMatchObject(WORKS)
    expect([scene.home.read('.local/state/awsmfa/cache-key').toString(), keptSession(scene)]).toEqual([
      'awsmfa-cache-key:2:whatever\n',
      undefined,
    ])
  })

  it('and a session from another home: the session is not used there, and the next login replaces it', async () => {
    const [scene, other] = [stage.beforeLogin(), stage.beforeLogin()]
    expect(await run(scene, await login(scene))).toMatchObject(WORKS)
    const kept = keptSession(scene) ?? ''
    const copy = join(other.home.path, kept)
    mkdirSync(join(copy, '..'), { recursive: true, mode: 0o700 })
    writeFileSync(copy, readFileSync(join(scene.home.path, kept)))
    expect(await run(other, ['cache', 'show'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('cannot be opened') as string,
    })
    expect(await run(other, await login(other))).toMatchObject(WORKS)
    forgetSection(other)
    expect(await run(other, ['login', 'work'])).toMatchObject(WORKS)
    expect(readdirSync(join(copy, '..'))).toHaveLength(2)
  })

  it('is one where many log in at once for the first time', async () => {
    const scene = stage.beforeLogin()
    const words = await login(scene)
    const runs = await Promise.all(Array.from({ length: 6 }, () => run(scene, [...words, '--quiet'])))
    expect(runs.some(({ code }) => code === 0)).toBe(true)
    forgetSection(scene)
    expect(await run(scene, ['login', 'work'])).toMatchObject(WORKS)
    expect(
      readdirSync(join(scene.home.path, '.local/state/awsmfa')).filter((name) => name.startsWith('cache-key')),
    ).toEqual(['cache-key'])
  })
})
