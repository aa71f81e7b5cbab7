/**
 * Homes before a login or logout with the built tool, for fault sweeps. Each home has its own user, so that logins can
 * run concurrently and each has token codes that STS has not seen.
 */
import { cpSync, existsSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { SweepTarget } from './fault-sweep.ts'
import { BUILT, PRODUCT, runCli } from './run-cli.ts'
import type { RunResult } from './run-cli.ts'
import { encryptedSessions } from './encrypted-cache.ts'
import { startStrictSts } from './strict-sts/client.ts'
import type { StrictSts } from './strict-sts/client.ts'
import { manyUsersWorld, keyIdFor, secretFor, virtualDevice } from './strict-sts/worlds.ts'
import { FAST_CLOCK } from './sandbox.ts'
import { createTempHome } from './temp-home.ts'
import type { TempHome } from './temp-home.ts'
import { isInternalToNode } from './strace.ts'
import type { TracedCall } from './strace.ts'

/** A home before a login or logout. */
export interface LoginTarget extends SweepTarget {
  readonly home: TempHome
  readonly user: string
  readonly device: string
  /** `work` stores its session in the credentials file; `admin`, a role profile, in the caches of AWS tools. */
  readonly profile: 'work' | 'admin'
  /** The credentials file without a session. */
  readonly old: string
  /** Values that must not be in any output. */
  readonly secrets: readonly string[]
  /** How long a run without a fault may take. */
  readonly limitMs?: number
}

/** Creates homes, and runs the built tool in them without faults. */
export interface LoginSandbox {
  readonly sts: StrictSts
  /** A home before its first login. */
  readonly beforeLogin: () => LoginTarget
  /** A home before the first login of a role profile. */
  readonly beforeRoleLogin: () => LoginTarget
  /** A home before a login that renews a session. */
  readonly beforeRenewal: () => Promise<LoginTarget>
  /** A home before a logout: a copy of one signed-in home. */
  readonly beforeLogout: () => Promise<LoginTarget>
  /** A home with a session before a rotation of its access key, which does not wait for AWS. */
  readonly beforeRotation: (place: 'file' | 'encrypted-file') => Promise<LoginTarget>
  readonly run: (target: LoginTarget, ...words: readonly string[]) => Promise<RunResult>
  /** Returns the arguments of a login with a new token code. There are two codes for each home. */
  readonly login: (target: LoginTarget) => readonly string[]
  readonly close: () => Promise<void>
}

const ACCOUNT = '111111111111'
const USER_COUNT = 2_500
/** Names of users have the same length, so that homes in the same state have files of the same size. */
const FIRST_USER = 1_000
/** A run that waits for a lock of a killed process takes 10 s or more; no run may do that. */
const RUN_LIMIT_MS = 9_000
/** Existing content of the credentials file: more than one block, both kinds of line endings, invalid UTF-8. */
const PREAMBLE = `# ${'text '.repeat(1_200)}\r\n; J\xfcrgen's keys\n[other]\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\n  aws_secret_access_key :  x\r\n\n`

/** Starts an STS with many users. The caller must call `close`. */
export async function openLoginSandbox(): Promise<LoginSandbox> {
  const sts = await startStrictSts(manyUsersWorld(USER_COUNT))
  // A delay for GetSessionToken, so that GetCallerIdentity always finishes first and the order of calls never varies.
  await sts.configure({
    faults: [{ kind: 'delay', ms: 60, operation: 'GetSessionToken', times: 'always' }],
    tokenBytes: 301,
  })
  const homes: TempHome[] = []
  const open = (files: Parameters<typeof createTempHome>[0] = {}): TempHome => {
    const home = createTempHome(files)
    homes.push(home)
    return home
  }
  let next = FIRST_USER
  const environmentOf = (home: TempHome): Record<string, string> => home.environment({ ...sts.environment() })
  const nextHome = (): LoginTarget => {
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
  const codes = new Map<LoginTarget['home'], number>()
  const login = ({ home, device, profile }: LoginTarget): readonly string[] => {
    // STS accepts the codes of the previous, the current and the next step, each once. The previous one may expire at
    // any moment.
    const step = codes.get(home) ?? 0
    codes.set(home, step + 1)
    return ['login', profile, '--token-code', sts.code(device, step)]
  }
  const run = async (target: LoginTarget, ...words: readonly string[]): Promise<RunResult> => {
    const environment = { ...target.home.environment(sts.environment()), ...target.env }
    return await runCli(words, { environment, limitMs: target.limitMs ?? RUN_LIMIT_MS })
  }
  const afterLogin = async (): Promise<LoginTarget> => {
    const target = nextHome()
    expect(await run(target, ...login(target))).toMatchObject({ code: 0 })
    ageBelow(join(target.home.path, '.aws'))
    // STS and awsmfa forget the used code, so that the next login can be in the same 30 seconds.
    await sts.configure({ forgetSpentCodes: true })
    rmSync(join(target.home.path, '.local/state/awsmfa/spent-codes'), { recursive: true })
    codes.delete(target.home)
    return target
  }
  let original: Promise<LoginTarget> | undefined
  const signedIn = (): Promise<LoginTarget> => (original ??= afterLogin())
  const toRun = (target: LoginTarget, words: readonly string[]): LoginTarget => ({
    ...target,
    argv: [...PRODUCT, ...words],
    secrets: [...target.secrets, ...(words[3] === undefined ? [] : [words[3]])],
  })
  return {
    sts,
    beforeLogin: () => {
      const target = nextHome()
      return toRun(target, login(target))
    },
    beforeRoleLogin: () => {
      const target: LoginTarget = { ...nextHome(), profile: 'admin' }
      return toRun(target, login(target))
    },
    beforeRenewal: async () => {
      const target = await afterLogin()
      return toRun(target, login(target))
    },
    beforeLogout: async () => {
      const original = await signedIn()
      const home = open()
      cpSync(original.home.path, home.path, { recursive: true })
      ageBelow(join(home.path, '.aws'))
      return toRun({ ...original, home, env: environmentOf(home), paths: pathsOf(home) }, ['logout', 'work'])
    },
    beforeRotation: async (place) => {
      const target = await afterLogin()
      const env = { ...target.env, NODE_OPTIONS: FAST_CLOCK, AWSMFA_PASSPHRASE_COMMAND: 'echo sesame' }
      const paths = [...target.paths, join(target.home.path, '.config')]
      const limitMs = place === 'file' ? RUN_LIMIT_MS : 5 * RUN_LIMIT_MS
      const ready = toRun({ ...target, env, paths, limitMs }, ['rotate', 'work', '--yes'])
      if (place !== 'file')
        expect(await run(ready, 'keys', 'move', 'work', '--to', place, '--yes')).toMatchObject({ code: 0 })
      ageBelow(join(target.home.path, '.aws'))
      return ready
    },
    run,
    login,
    close: async () => {
      for (const home of homes) home.remove()
      await sts.stop()
    },
  }
}

/** Returns whether a call is file work of awsmfa, and not module loading, a socket or internal to Node. */
export function isFileWork(call: TracedCall): boolean {
  return !call.line.includes(join(BUILT, '..')) && !isInternalToNode(call) && !/<(socket|TCP|UNIX)/.test(call.line)
}

/** Returns whether a credentials file is as after a login: the old content, then the whole session. */
export function isSignedIn({ old }: LoginTarget, text: string): boolean {
  return (
    text.startsWith(old) &&
    /^\n?\[work\]\naws_access_key_id = ASIA\w{16}\naws_secret_access_key = \S{40}\naws_session_token = \S{100,}\nexpiration = [-\dT:]{19}Z\nmanager = awsmfa\nawsmfa_state = \S+\n$/.test(
      text.slice(old.length),
    )
  )
}

/** Returns the credentials file as Latin-1. */
export function credentialsOf({ home }: LoginTarget): string {
  return home.read('.aws/credentials').toString('latin1')
}

/** Returns the paths of the entries in the caches of the AWS CLI and botocore. */
export function awsCacheEntries({ home }: LoginTarget): readonly string[] {
  return ['.aws/cli/cache', '.aws/boto/cache']
    .flatMap((folder) => filesBelow(home.path, folder))
    .filter((name) => name.endsWith('.json'))
}

/** Returns the paths of awsmfa's own files in a home. */
function ownFiles({ home }: LoginTarget): readonly string[] {
  return ['.cache', '.local'].flatMap((folder) => filesBelow(home.path, folder))
}

/** Returns the path of the cached session, or undefined. */
export function cachedSession(target: LoginTarget): string | undefined {
  return ownFiles(target).find((name) => /^\.cache\/awsmfa\/sessions\/[0-9a-f]{40}\.sealed$/.test(name))
}

/** Expects each of awsmfa's own files to be complete; partial ones have temporary names. */
export function expectOwnFilesWhole(target: LoginTarget): void {
  for (const name of ownFiles(target).filter((each) => each.endsWith('.json'))) {
    const text = target.home.read(name).toString()
    expect([name, text.endsWith('}\n'), JSON.parse(text)]).toEqual([
      name,
      true,
      expect.objectContaining({ version: 1 }),
    ])
  }
  for (const [path, text] of encryptedSessions(target.home.path))
    expect([path, text?.endsWith('}\n')]).toEqual([path, true])
}

/**
 * Expects no lock or temporary file beside the shared files or in awsmfa's folders, except names with the given
 * prefixes. The prompt cache may exist.
 */
export function expectNothingLeftBehind(target: LoginTarget, ...except: readonly string[]): void {
  const entries = awsCacheEntries(target)
  const beside = filesBelow(target.home.path, '.aws').filter(
    (name) =>
      !entries.includes(name) &&
      ![target.profile, `.${target.profile}`].some((each) => name === `.aws/credentials.awsmfa/${each}`) &&
      !except.some((start) => name.startsWith(`.aws/${start}`)),
  )
  expect(beside.toSorted()).toEqual(['.aws/config', '.aws/credentials'])
  expect(
    ownFiles(target).filter(
      (name) =>
        !/^\.(cache|local\/state)\/awsmfa\/([\w/-]+(\.refusal)?\.json|sessions\/[0-9a-f]{40}\.sealed|cache-key)$/.test(
          name,
        ),
    ),
  ).toEqual([])
}

/** Makes all files of a home an hour older, so that what a killed process left behind is stale. */
export function ageByAnHour({ home }: LoginTarget): void {
  for (const folder of ['.aws/cli', '.aws/boto', '.aws/credentials.awsmfa', '.cache', '.local'])
    ageBelow(join(home.path, folder))
}

/** Expects no secret, token code or stack trace in the output. */
export function expectCleanOutput(
  { secrets, home }: LoginTarget,
  { stdout, stderr }: { readonly stdout: string; readonly stderr: string },
): void {
  const stored = [
    ...home
      .read('.aws/credentials')
      .toString('latin1')
      .matchAll(/^aws_(?:secret_access_key|session_token) = (\S+)$/gm),
  ].map(([, secret]) => secret ?? '')
  expect(stdout).toBe('')
  expect([...secrets, ...stored].filter((secret) => stderr.includes(secret))).toEqual([])
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
