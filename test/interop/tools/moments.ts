/** The layouts of the two files, and homes as they are some time after a login. */
import { utimesSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BUILT_CLI, runProgram } from '../../support/run-cli.ts'
import type { StrictSts, World } from '../../support/strict-sts/client.ts'
import { startStrictSts } from '../../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../../support/strict-sts/worlds.ts'
import type { TempHome } from '../../support/temp-home.ts'
import { createTempHome } from '../../support/temp-home.ts'

const ACCOUNT = '111111111111'
const ALICE = `arn:aws:iam::${ACCOUNT}:user/alice`
const DEVICE = virtualDevice(ACCOUNT, 'alice').serial
const ADMIN = 'arn:aws:iam::222222222222:role/Admin'
const PAST_CLOCK = fileURLToPath(new URL('past-clock.cjs', import.meta.url))

/** The time between the login and the use of a tool. */
export interface Moment {
  readonly name: string
  readonly minutes: number
}

/** The two files, the profiles for `awsmfa setup` (if any) and `awsmfa login`, and the `--layout` of setup (`form`). */
interface Files {
  readonly credentials: string
  readonly config: string
  readonly setup?: string
  readonly form?: 'process'
  readonly login: string
}

/** `asked`: the profiles that tools use. */
export interface Layout extends Files {
  readonly name: string
  readonly description: string
  readonly asked: readonly string[]
}

/** A home after a login, and its STS, whose clock is correct again and whose log starts with the login. */
export interface Stage {
  readonly sts: StrictSts
  readonly home: TempHome
  readonly remove: () => Promise<void>
}

/** Returns the text of a file with these lines. */
export const text = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

/** Returns a section of the credentials file with alice's long-term credentials. */
const longTermKeys = (name: string): string =>
  text(`[${name}]`, `aws_access_key_id = ${keyIdFor(ACCOUNT, 1)}`, `aws_secret_access_key = ${secretFor(ALICE)}`)

/** Returns a layout with one session in [base], and role profiles (`roles`, config sections) that use it. */
export const oneSession = (roles: string): Files => ({
  credentials: longTermKeys('base-long-term'),
  config: text('[profile base]', 'region = eu-west-1', `awsmfa_mfa_serial = ${DEVICE}`) + roles,
  login: 'base',
})

const standardForm = (...more: readonly string[]): Files & Pick<Layout, 'asked'> => ({
  credentials: longTermKeys('base'),
  config:
    text('[profile base]', 'region = eu-west-1') +
    text(
      '[profile admin]',
      'region = eu-west-1',
      `role_arn = ${ADMIN}`,
      'source_profile = base',
      `mfa_serial = ${DEVICE}`,
      ...more,
    ),
  login: 'admin',
  asked: ['admin'],
})

export const LAYOUTS: readonly Layout[] = [
  {
    ...standardForm('duration_seconds = 43200'),
    setup: 'admin',
    login: 'base',
    name: 'one session, roles on it',
    description:
      'The layout that `awsmfa setup admin` writes: the access key in `[base-long-term]`, the session in `[base]` after `awsmfa login base`, the role profile with `source_profile = base` and without `mfa_serial`.',
    asked: ['base', 'admin'],
  },
  {
    ...standardForm('duration_seconds = 43200'),
    setup: 'admin',
    form: 'process',
    login: 'base',
    name: 'credential process, roles on it',
    description:
      'The layout that `awsmfa setup admin --layout process` writes: no session in the files of the user, `[profile base]` with the line `credential_process = …/node …/awsmfa.cjs credential-process --profile base`, the role profile with `source_profile = base`. At minute 0 each tool was also started ten times at once as `admin`, except AWS CLI 2 and boto3-session-cache, which fail if another process is writing the cache file that they read.',
    asked: ['base', 'admin'],
  },
  {
    ...standardForm(),
    name: 'standard role profile',
    description:
      'The access key in `[base]`, a role profile with `source_profile = base` and `mfa_serial`; `awsmfa login admin` fills the caches.',
  },
  {
    ...standardForm('duration_seconds = 43200'),
    name: 'standard role profile, 12 hours',
    description: 'The same with `duration_seconds = 43200`, for a role that allows it.',
  },
  {
    credentials: longTermKeys('admin'),
    config: text(
      '[profile admin]',
      'region = eu-west-1',
      `role_arn = ${ADMIN}`,
      'source_profile = admin',
      `mfa_serial = ${DEVICE}`,
      'duration_seconds = 43200',
    ),
    login: 'admin',
    asked: ['admin'],
    name: 'role profile that is its own source',
    description:
      'The access key in the role profile itself, `[admin]`, with `source_profile = admin`, `mfa_serial` and `duration_seconds = 43200`; `awsmfa login admin` fills the caches.',
  },
]

/** Returns a layout. Throws if there is none of this name. */
export function layoutNamed(name: string): Layout {
  const found = LAYOUTS.find((layout) => layout.name === name)
  if (found === undefined) throw new Error(`no layout ${name}`)
  return found
}

export const MOMENTS = {
  minute0: { name: 'minute 0', minutes: 0 },
  minute50: { name: 'minute 50', minutes: 50 },
  hour10: { name: 'hour 10', minutes: 600 },
} as const satisfies Readonly<Record<string, Moment>>

/**
 * Signs in `minutes` ago, after `awsmfa setup` if the layout has it. The clocks of awsmfa and STS are set back for it;
 * afterwards that of STS is correct, so that tools run with the real time. Rejects if awsmfa fails. The caller must
 * call `remove`.
 */
export async function signInBefore(minutes: number, layout: Files, world: World = aliceWorld()): Promise<Stage> {
  const clockOffsetMs = -minutes * 60_000
  const sts = await startStrictSts(world, { proxy: true, clockOffsetMs })
  const home = createTempHome({ '.aws/credentials': layout.credentials, '.aws/config': layout.config })
  const remove = async (): Promise<void> => {
    home.remove()
    await sts.stop()
  }
  const then = new Date(Date.now() + clockOffsetMs - 60_000)
  for (const name of ['credentials', 'config']) utimesSync(join(home.path, '.aws', name), then, then)
  const environment = home.environment({ ...sts.environment(), CLOCK_OFFSET_MS: String(clockOffsetMs) })
  const lines = [
    ...(layout.setup === undefined
      ? []
      : [['setup', layout.setup, '--yes', ...(layout.form === undefined ? [] : ['--layout', layout.form])]]),
    ['login', layout.login, '--token-code', sts.code(DEVICE)],
  ]
  for (const line of lines) {
    const result = await runProgram([process.execPath, '--require', PAST_CLOCK, BUILT_CLI, ...line], {
      environment,
      limitMs: 60_000,
    })
    if (result.code === 0) continue
    await remove()
    throw new Error(`awsmfa ${line[0] ?? ''} failed: ${result.stderr}`)
  }
  await sts.configure({ clockOffsetMs: 0 })
  return { sts, home, remove }
}
