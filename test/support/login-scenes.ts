/**
 * Homes in which the built tool is about to log in or out, for sweeps of faults: each has a user of its own, so that
 * many logins can run side by side and every one has codes that STS has not seen yet.
 */
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Scene } from './fault-sweep.ts'
import { BUILT_CLI, runCli } from './run-cli.ts'
import type { RunResult } from './run-cli.ts'
import { encryptedSessions } from './encrypted-cache.ts'
import { startStrictSts } from './strict-sts/client.ts'
import type { StrictSts } from './strict-sts/client.ts'
import { crowdWorld, keyIdFor, secretFor, virtualDevice } from './strict-sts/worlds.ts'
import { createTempHome } from './temp-home.ts'
import type { TempHome } from './temp-home.ts'
import { isOfNodeItself } from './strace.ts'
import type { TracedCall } from './strace.ts'

/** A home before a login or a logout, and the credentials file without a session. `secrets` may be shown nowhere. */
export interface LoginScene extends Scene {
  readonly home: TempHome
  readonly user: string
  readonly device: string
  /**
   * Who logs in: `work`, with a session in the credentials file, or `admin`, a role profile with sessions in AWS's
   * caches.
   */
  readonly profile: 'work' | 'admin'
  readonly old: string
  readonly secrets: readonly string[]
}

/** Gives out scenes, and runs the tool in them without any fault. */
export interface LoginStage {
  readonly sts: StrictSts
  /** Before the first login of that home. */
  readonly beforeLogin: () => LoginScene
  /** Before the first login of a role profile, whose sessions go into the caches of the AWS CLI and botocore. */
  readonly beforeRoleLogin: () => LoginScene
  /** Before a login that renews the session of an earlier one. */
  readonly beforeRenewal: () => Promise<LoginScene>
  /** Before a logout: a copy of one home in which somebody has logged in. */
  readonly beforeLogout: () => Promise<LoginScene>
  readonly run: (scene: LoginScene, ...words: readonly string[]) => Promise<RunResult>
  /** The arguments of a login with the next code; STS takes two of a scene. */
  readonly login: (scene: LoginScene) => readonly string[]
  readonly close: () => Promise<void>
}

const ACCOUNT = '111111111111'
const CROWD = 2_000
/** A next run that waits for what a killed one left behind waits for 10 s at least (a lock that nobody touches). */
const AT_ONCE_MS = 9_000
/**
 * Text of the person's at the top and between: more than one block, line ends of two kinds, bytes that are no UTF-8.
 */
const PREAMBLE = `# ${'mine '.repeat(1_200)}\r\n; J\xfcrgen's keys\n[other]\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\n  aws_secret_access_key :  x\r\n\n`

/** Starts STS for a crowd. Whoever opens a stage closes it. */
export async function openLoginStage(): Promise<LoginStage> {
  const sts = await startStrictSts(crowdWorld(CROWD))
  // Who is asking is answered before the session, in every run: the order of the calls is the same then.
  await sts.configure({ faults: [{ kind: 'delay', ms: 60, operation: 'GetSessionToken', times: 'always' }] })
  const homes: TempHome[] = []
  const open = (files: Parameters<typeof createTempHome>[0] = {}): TempHome => {
    const home = createTempHome(files)
    homes.push(home)
    return home
  }
  let next = 0
  // What V8 compiled is kept in the first run of a home and not in the next: calls would not be the same ones twice.
  const environmentOf = (home: TempHome): Record<string, string> => home.environment({ ...sts.environment() })
  const nextHome = (): LoginScene => {
    const number = next++
    const user = `user${number}`
    const device = virtualDevice(ACCOUNT, user).serial
    const secret = secretFor(`arn:aws:iam::${ACCOUNT}:user/${user}`)
    const old = `${PREAMBLE}[work-long-term]\naws_access_key_id = ${keyIdFor(ACCOUNT, number + 1)}\naws_secret_access_key = ${secret}\n`
    const config = `[profile work]\nregion = eu-west-1\nawsmfa_source_profile = work-long-term\nawsmfa_mfa_serial = ${device}\n\n[profile admin]\nregion = eu-west-1\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = work-long-term\nmfa_serial = ${device}\n`
    const home = open({ '.aws/credentials': Buffer.from(old, 'latin1'), '.aws/config': config })
    ageBelow(join(home.path, '.aws'))
    return {
      home,
      user,
      device,
      profile: 'work',
      old,
      secrets: [secret],
      argv: [],
      env: environmentOf(home),
      paths: pathsOf(home),
    }
  }
  const codes = new Map<LoginScene['home'], number>()
  const login = ({ home, device, profile }: LoginScene): readonly string[] => {
    // STS takes the codes of the step before, of this one and of the next one, each once; the first of them may be over
    // any moment.
    const step = codes.get(home) ?? 0
    codes.set(home, step + 1)
    return ['login', profile, '--token-code', sts.code(device, step)]
  }
  const compiled = createSharedCode()
  const run = async (scene: LoginScene, ...words: readonly string[]): Promise<RunResult> => {
    const environment = scene.home.environment(sts.environment())
    return await compiled.using(scene.home, () => runCli(words, { environment, limitMs: AT_ONCE_MS }))
  }
  const afterLogin = async (): Promise<LoginScene> => {
    const scene = nextHome()
    expect(await run(scene, ...login(scene))).toMatchObject({ code: 0 })
    ageBelow(join(scene.home.path, '.aws'))
    // The code counts as new again, for STS and for awsmfa: the next login may be in the same half minute.
    await sts.configure({ forgetSpentCodes: true })
    rmSync(join(scene.home.path, '.local/state/awsmfa/spent-codes'), { recursive: true })
    codes.delete(scene.home)
    return scene
  }
  let original: Promise<LoginScene> | undefined
  const signedIn = (): Promise<LoginScene> => (original ??= afterLogin())
  const toRun = (scene: LoginScene, words: readonly string[]): LoginScene => ({
    ...scene,
    argv: [process.execPath, BUILT_CLI, ...words],
    secrets: [...scene.secrets, ...(words[3] === undefined ? [] : [words[3]])],
  })
  return {
    sts,
    beforeLogin: () => {
      const scene = nextHome()
      return toRun(scene, login(scene))
    },
    beforeRoleLogin: () => {
      const scene: LoginScene = { ...nextHome(), profile: 'admin' }
      return toRun(scene, login(scene))
    },
    beforeRenewal: async () => {
      const scene = await afterLogin()
      return toRun(scene, login(scene))
    },
    beforeLogout: async () => {
      const original = await signedIn()
      const home = open()
      cpSync(original.home.path, home.path, { recursive: true })
      ageBelow(join(home.path, '.aws'))
      return toRun({ ...original, home, env: environmentOf(home), paths: pathsOf(home) }, ['logout', 'work'])
    },
    run,
    login,
    close: async () => {
      for (const home of homes) home.remove()
      compiled.remove()
      await sts.stop()
    },
  }
}

/**
 * What V8 compiled in one home, for runs in the others that are not looked at call by call: a sweep has a thousand of
 * them.
 */
function createSharedCode(): {
  readonly using: <T>(home: TempHome, run: () => Promise<T>) => Promise<T>
  readonly remove: () => void
} {
  const shared = mkdtempSync(join(tmpdir(), 'awsmfa-code-'))
  return {
    using: async (home, run) => {
      const folder = join(home.path, '.cache/awsmfa/code')
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      for (const name of readdirSync(shared)) linkSync(join(shared, name), join(folder, name))
      const result = await run()
      // As whole files under their last names, so others that look here meanwhile find nothing half written.
      if (readdirSync(shared).length === 0)
        for (const name of readdirSync(folder)) renameSync(join(folder, name), join(shared, name))
      rmSync(folder, { recursive: true })
      return result
    },
    remove: () => rmSync(shared, { recursive: true }),
  }
}

/**
 * The calls of a run by which it does something to the files of a home, without the loading of modules and Node's own
 * doings.
 */
export function isFileWork(call: TracedCall): boolean {
  return !call.line.includes(join(BUILT_CLI, '..')) && !isOfNodeItself(call) && !/<(socket|TCP|UNIX)/.test(call.line)
}

/** The credentials file as a login leaves it: what was there, then the whole session. */
export function isSignedIn({ old }: LoginScene, text: string): boolean {
  return (
    text.startsWith(old) &&
    /^\n?\[work\]\naws_access_key_id = ASIA\w{16}\naws_secret_access_key = \S{40}\naws_session_token = \S{100,}\nexpiration = [-\dT:]{19}Z\nmanager = awsmfa\nawsmfa_state = \S+\n$/.test(
      text.slice(old.length),
    )
  )
}

/** The credentials file now, as bytes. */
export function credentialsOf({ home }: LoginScene): string {
  return home.read('.aws/credentials').toString('latin1')
}

/** The entries in the caches of the AWS CLI and botocore, by their paths. */
export function awsCacheEntries({ home }: LoginScene): readonly string[] {
  return ['.aws/cli/cache', '.aws/boto/cache']
    .flatMap((folder) => filesBelow(home.path, folder))
    .filter((name) => name.endsWith('.json'))
}

/** What awsmfa keeps of its own in a home, by its path: sessions, facts, locks. */
function ownFiles({ home }: LoginScene): readonly string[] {
  return ['.cache', '.local'].flatMap((folder) => filesBelow(home.path, folder))
}

/** The session that is kept in the cache, if there is one. */
export function keptSession(scene: LoginScene): string | undefined {
  return ownFiles(scene).find((name) => /^\.cache\/awsmfa\/sessions\/[0-9a-f]{40}\.sealed$/.test(name))
}

/** What awsmfa keeps is whole, or not there; what is only half written has another name. */
export function expectOwnFilesWhole(scene: LoginScene): void {
  for (const name of ownFiles(scene).filter((each) => each.endsWith('.json'))) {
    const text = scene.home.read(name).toString()
    expect([name, text.endsWith('}\n'), JSON.parse(text)]).toEqual([
      name,
      true,
      expect.objectContaining({ version: 1 }),
    ])
  }
  for (const [path, text] of encryptedSessions(scene.home.path))
    expect([path, text?.endsWith('}\n')]).toEqual([path, true])
}

/**
 * No lock, stage or claim lies about, beside the shared files or in awsmfa's own folders, but for names that begin so.
 * A line for prompts may.
 */
export function expectNothingLeft(scene: LoginScene, ...but: readonly string[]): void {
  const entries = awsCacheEntries(scene)
  const beside = filesBelow(scene.home.path, '.aws').filter(
    (name) =>
      !entries.includes(name) &&
      name !== `.aws/credentials.awsmfa/${scene.profile}` &&
      !but.some((start) => name.startsWith(`.aws/${start}`)),
  )
  expect(beside.toSorted()).toEqual(['.aws/config', '.aws/credentials'])
  expect(
    ownFiles(scene).filter(
      (name) =>
        !/^\.(cache|local\/state)\/awsmfa\/([\w/-]+(\.refusal)?\.json|sessions\/[0-9a-f]{40}\.sealed|cache-key)$/.test(
          name,
        ),
    ),
  ).toEqual([])
}

/** An hour passes for all files of a home: what a killed process left is old. */
export function letAnHourPass({ home }: LoginScene): void {
  for (const folder of ['.aws/cli', '.aws/boto', '.aws/credentials.awsmfa', '.cache', '.local'])
    ageBelow(join(home.path, folder))
}

/** The words of a person's screen: no secret, no code, no trace of the stack. */
export function expectDecentOutput(
  { secrets, home }: LoginScene,
  { stdout, stderr }: { readonly stdout: string; readonly stderr: string },
): void {
  const kept = [
    ...home
      .read('.aws/credentials')
      .toString('latin1')
      .matchAll(/^aws_(?:secret_access_key|session_token) = (\S+)$/gm),
  ].map(([, secret]) => secret ?? '')
  expect(stdout).toBe('')
  expect([...secrets, ...kept].filter((secret) => stderr.includes(secret))).toEqual([])
  expect(stderr).not.toMatch(/^ {4}at |fault of awsmfa|node:|Error:/m)
}

function pathsOf(home: TempHome): readonly string[] {
  return ['.aws', '.cache', '.local'].map((name) => join(home.path, name))
}

function ageBelow(folder: string): void {
  const anHourAgo = new Date(Date.now() - 3_600_000)
  for (const name of filesBelow(folder, '')) utimesSync(join(folder, name), anHourAgo, anHourAgo)
}

function filesBelow(root: string, folder: string): readonly string[] {
  const path = join(root, folder)
  if (!existsSync(path)) return []
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const name = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(root, name) : [name]
  })
}
