/** When `exec --server` renews a session, and when it asks a person. Time is simulated. */
import { expect, test } from 'vitest'
import { configForServed, expiredMessage, keepRenewed } from '../../src/commands/exec.ts'
import { servedEnvironment } from '../../src/commands/program-session.ts'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import type { GivenSession } from '../../src/model/credentials.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { Failure } from '../../src/model/failure.ts'

const START = Date.parse('2026-11-21T09:00:00Z')
const minutes = (ms: number): number => Math.round((ms - START) / 60_000)
const session = (untilMs: number | undefined): GivenSession => ({
  accessKeyId: 'ASIA',
  secretAccessKey: 's',
  sessionToken: 't',
  expiration: untilMs === undefined ? undefined : new Date(untilMs),
})
const HOUR = 3_600_000

type Attempt = (nowMs: number, mayAsk: boolean) => GivenSession | Failure

/** Runs the renewal for so many hours. Returns the minutes of renewals and attempts; `?`: a person may be asked. */
async function simulate(
  first: GivenSession,
  hours: number,
  attempt: Attempt,
  stateAt: (nowMs: number) => string = () => '',
) {
  let nowMs = START
  const ended = new AbortController()
  const attempts: string[] = []
  const renewals: number[] = []
  await keepRenewed(
    first,
    {
      now: () => new Date(nowMs),
      pause: (ms) => {
        nowMs += Math.max(1, ms)
        if (nowMs > START + hours * HOUR) ended.abort(new Error('over'))
        ended.signal.throwIfAborted()
        return Promise.resolve()
      },
      obtain: (_, mayAsk) => {
        attempts.push(`${minutes(nowMs)}${mayAsk ? '?' : ''}`)
        const result = attempt(nowMs, mayAsk)
        return 'code' in result ? Promise.reject(new AwsmfaError(result)) : Promise.resolve(result)
      },
      onRenewed: () => void renewals.push(minutes(nowMs)),
      stateOfFiles: () => stateAt(nowMs),
      debug: () => undefined,
    },
    ended.signal,
  )
  return { attempts, asked: attempts.filter((text) => text.endsWith('?')), renewals }
}

const MISSING: Failure = { code: 'SESSION_MISSING', profile: 'admin' }

test('a role is renewed every hour, 20 minutes before its end', async () => {
  const { attempts, renewals } = await simulate(session(START + HOUR), 3.2, (nowMs) => session(nowMs + HOUR))
  expect(attempts).toEqual(['40?', '80?', '120?', '160?'])
  expect(renewals).toEqual([40, 80, 120, 160])
})

test('a person who is not there is asked three times, and not after the end', async () => {
  const { asked, attempts, renewals } = await simulate(session(START + HOUR), 2, () => MISSING)
  expect(asked).toEqual(['40?', '50?', '55?'])
  expect(renewals).toEqual([])
  // After 5 seconds, then after twice as long each time, then every 5 minutes.
  expect(attempts.length).toBeGreaterThan(10)
  expect(attempts.length).toBeLessThan(30)
})

test('a person who closes the question is not asked again, and a login elsewhere is noticed, after the end too', async () => {
  const isSignedIn = (nowMs: number): boolean => nowMs > START + 2.01 * HOUR
  const { asked, renewals } = await simulate(
    session(START + HOUR),
    3,
    (nowMs, mayAsk) => (isSignedIn(nowMs) ? session(START + 14 * HOUR) : mayAsk ? { code: 'CANCELLED' } : MISSING),
    (nowMs) => (isSignedIn(nowMs) ? 'a login elsewhere' : ''),
  )
  expect(asked).toEqual(['40?'])
  expect(renewals).toEqual([121])
})

test.each<Failure>([{ code: 'CANCELLED' }, { code: 'ANOTHER_LOGIN_FAILED', why: 'CANCELLED' }])(
  'a question that is closed is the last, in another process too: %j',
  async (failure) => {
    const { asked } = await simulate(session(START + HOUR), 2, (_, mayAsk) => (mayAsk ? failure : MISSING))
    expect(asked).toEqual(['40?'])
  },
)

test('the same session again is no renewal', async () => {
  const { renewals } = await simulate(session(START + HOUR), 2, () => session(START + HOUR))
  expect(renewals).toEqual([])
})

test('a short session is renewed after two thirds of its time', async () => {
  const { attempts } = await simulate(session(START + 15 * 60_000), 0.5, (nowMs) => session(nowMs + 15 * 60_000))
  expect(attempts).toEqual(['10?', '20?', '30?'])
})

test('a session whose end is not known is left alone', async () => {
  expect(await simulate(session(undefined), 3, () => MISSING)).toEqual({ attempts: [], asked: [], renewals: [] })
})

test('a fault ends nothing', async () => {
  let attempts = 0
  const { renewals } = await simulate(session(START + HOUR), 2, (nowMs) => {
    attempts += 1
    if (attempts === 1) throw new TypeError('a fault')
    return session(nowMs + 10 * HOUR)
  })
  expect(renewals).toEqual([40])
})

test.each<[string, Parameters<typeof servedEnvironment>[0], object]>([
  ['no proxy for the endpoint', {}, { NO_PROXY: '127.0.0.1' }],
  ['with the hosts that were there', { NO_PROXY: 'a, b' }, { NO_PROXY: 'a, b,127.0.0.1' }],
  ['in both spellings', { NO_PROXY: 'a', no_proxy: 'b' }, { NO_PROXY: 'a,127.0.0.1', no_proxy: 'b,127.0.0.1' }],
  [
    'nothing where no host is asked through a proxy',
    { NO_PROXY: '*', no_proxy: '*' },
    { NO_PROXY: '*', no_proxy: '*' },
  ],
  ['once', { no_proxy: '127.0.0.1' }, { no_proxy: '127.0.0.1' }],
])('%s', (_, before, expected) => {
  const program = {
    profile: 'prod',
    region: undefined,
    url: 'http://127.0.0.1:1/credentials',
    token: 'secret',
    copy: '/copy',
    profileInCopy: 'awsmfa-server',
    configFile: '/config',
  }
  expect(servedEnvironment(before, program, false)).toEqual({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/credentials',
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'secret',
    AWS_CONFIG_FILE: '/copy',
    AWS_PROFILE: 'awsmfa-server',
    AWSMFA_SERVER_CONFIG: '/copy',
    AWSMFA_CONFIG_FILE: '/config',
    AWSMFA_PROFILE: 'prod',
    ...expected,
  })
})

const refusing = (name: string): string =>
  `credential_process = sh -c 'echo "awsmfa: ${name} has no credentials inside exec --server; to use it: awsmfa exec ${name}" >&2; exit 1'\naws_access_key_id = none\naws_secret_access_key = none\n`

test.each<[what: string, credentials: string, config: string, copied: string]>([
  [
    'other profiles without credentials get credentials that are refused',
    '[keys]\naws_access_key_id = A\naws_secret_access_key = s\n[region-only]\nregion = eu-west-1\n',
    '[default]\nregion = r\n[profile prod]\n[profile keys]\noutput = json\n[profile dev]\n# mine\n  region = r\ncredential_process =\n[profile last]',
    `[default]\nregion = r\n${refusing('default')}[profile prod]\n[profile keys]\noutput = json\n[profile dev]\n# mine\n  region = r\n${refusing('dev')}[profile last]\n${refusing('last')}[profile region-only]\n${refusing('region-only')}`,
  ],
  [
    'profiles that lead to credentials are left alone',
    '',
    '[profile role]\nrole_arn = r\n[profile process]\ncredential_process = p\n[profile sso]\nsso_account_id = 1\n[profile token]\nweb_identity_token_file = t\n[profile signed-in]\nlogin_session = s\n',
    '[profile role]\nrole_arn = r\n[profile process]\ncredential_process = p\n[profile sso]\nsso_account_id = 1\n[profile token]\nweb_identity_token_file = t\n[profile signed-in]\nlogin_session = s\n',
  ],
  [
    'keys are not copied',
    '',
    '[profile prod]\naws_access_key_id = A\naws_secret_access_key = s\naws_session_token =\n  t\nregion = r\n[profile dev]\naws_secret_access_key = s\n[other]\naws_access_key_id = A\n',
    `[profile prod]\nregion = r\n[profile dev]\n${refusing('dev')}[other]\n[profile other]\n${refusing('other')}`,
  ],
  [
    'a name that a shell might read otherwise is left out',
    '',
    '[profile "a $(b)"]\n',
    `[profile "a $(b)"]\n${refusing('').replace('awsmfa:  has', 'awsmfa: this profile has').replace('awsmfa exec "', 'awsmfa exec PROFILE"')}`,
  ],
])('in the copy of the config file, %s', (_, credentials, config, copied) => {
  const files = { config: { path: '/config', text: config }, profiles: readProfiles({ credentials, config }) }
  const request = { served: 'prod', name: 'awsmfa-server', region: undefined, isWindows: false }
  expect(configForServed(files as Parameters<typeof configForServed>[0], request)).toBe(
    `${copied}[profile awsmfa-server]\n`,
  )
})

test.each([
  ['work', false, 'awsmfa login work'],
  ['sso', false, 'aws sso login --profile sso'],
  ['admin', false, 'aws sso login --profile sso'],
  ['admin', true, 'aws sts get-caller-identity --profile sso'],
])('an expired session of %s names its command', (profile, isRenewable, command) => {
  const config =
    '[profile work]\n[profile sso]\nsso_session = corp\n[profile admin]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = sso\n'
  const profiles = readProfiles({ credentials: '', config })
  const stored = {
    source: 'aws-sso-cache',
    accessKeyId: undefined,
    expiration: new Date(START),
    managedBy: 'other',
  } as const
  const cachedSessionOf = () => ({ ...stored, isRenewable })
  expect(expiredMessage(profile, { profiles, cachedSessionOf })).toBe(`session of '${profile}' expired: ${command}`)
})
