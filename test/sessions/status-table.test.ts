/** The table of `status`, from both files to text, at several widths. */
import { describe, expect, it } from 'vitest'
import { isLongTermOnly, renderStatusTable, statusRows } from '../../src/sessions/status-table.ts'
import { statusOfProfile } from '../../src/sessions/status.ts'
import { displayWidth } from '../../src/ui/style.ts'
import { quoteWord } from '../../src/ui/words.ts'
import { snapshotsWith } from '../support/fake-runtime.ts'

const NOW = new Date(2026, 10, 21, 8, 20)

/** Returns a section with a session until a local time. */
function sessionIn(section: string, keyId: string, until: Date): string {
  const ends = `${until.toISOString().slice(0, 19)}Z`
  const keys = `aws_access_key_id = ${keyId}\naws_secret_access_key = abc\naws_session_token = def\n`
  return `[${section}]\n${keys}expiration = ${ends}\nmanager = awsmfa\nawsmfa_state = 1:${keyId}:s:0a\n`
}

const ALICE = { account: '111111111111', arn: 'arn:aws:iam::111111111111:user/team/alice', userId: 'AIDAEXAMPLE' }

/** The table of these files; session keys that begin with ASIAALICE are alice's. */
function tableOf(credentials: string, config: string, columns: number | undefined, unicode = true): string {
  const { profiles } = snapshotsWith(credentials, config)
  const lookup = {
    profiles,
    now: NOW,
    identityOf: (keyId: string) => (keyId.startsWith('ASIAALICE') ? ALICE : undefined),
    cachedSessionOf: () => undefined,
  }
  const entries = profiles.names().map((name) => statusOfProfile(name, lookup))
  const listed = entries.filter((entry) => !isLongTermOnly(entry, profiles))
  return renderStatusTable(statusRows(listed, profiles, NOW), { color: false, unicode, columns })
}

const KEYS = 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = abc\n'

const roles = (source: string, account: string, names: readonly string[]): string =>
  names
    .map(
      (name) =>
        `[profile ${name}]\nrole_arn = arn:aws:iam::${account}:role/${roleOf(name)}\nsource_profile = ${source}\n`,
    )
    .join('')

const roleOf = (name: string): string =>
  name.endsWith('admin') ? 'Admin' : name.endsWith('ro') ? 'ReadOnly' : 'Deploy'

const user = (name: string, account: string): string =>
  `[profile ${name}]\nregion = eu-west-1\nawsmfa_mfa_serial = arn:aws:iam::${account}:mfa/alice\n`

/** A day: 30 profiles in eight accounts besides the access keys, some of them with long names. */
const CREDENTIALS = [
  `[work-long-term]\n${KEYS}`,
  sessionIn('work', 'ASIAALICE00000000001', new Date(2026, 10, 21, 19, 40)),
  sessionIn('data', 'ASIAALICE00000000002', new Date(2026, 10, 21, 8, 29)),
  sessionIn('old', 'ASIAALICE00000000003', new Date(2026, 10, 20, 18, 2)),
  `[plain]\naws_access_key_id = ASIAEXAMPLEEXAMPLE12\naws_secret_access_key = abc\naws_session_token = def\n`,
].join('')

const CONFIG = [
  user('beta', '444444444444'),
  user('work', '111111111111'),
  roles('work', '222222222222', ['staging-admin', 'staging-deploy', 'staging-ro']),
  roles('work', '333333333333', ['production-admin', 'production-deploy', 'production-ro']),
  roles('production-admin', '555555555555', ['audit-ro']),
  user('data', '111111111111'),
  roles('data', '666666666666', ['lake-admin', 'lake-ro']),
  roles('beta', '777777777777', ['beta-lab-admin', 'beta-lab-ro']),
  user('old', '111111111111'),
  user('vault', '888888888888'),
  '[profile vault-long-term]\nawsmfa_keys = keychain\nawsmfa_key_id = AKIAIOSFODNN7EXAMPLE\n',
  '[profile ci]\nawsmfa_source_profile = work\nawsmfa_role_arn = arn:aws:iam::333333333333:role/ci/Pipeline\n',
  '[sso-session corp]\nsso_region = eu-west-1\n',
  ['sso-dev', 'sso-prod', 'sso-billing']
    .map((name) => `[profile ${name}]\nsso_session = corp\nsso_account_id = 999999999999\nsso_role_name = Dev\n`)
    .join(''),
  roles('sso-dev', '222222222222', ['sandbox-admin']),
  '[profile console]\nlogin_session = arn:aws:iam::111111111111:user/alice\n',
  '[profile op]\ncredential_process = op-aws get\n',
  '[profile eks]\nrole_arn = arn:aws:iam::222222222222:role/Pod\nweb_identity_token_file = /token\n',
  '[profile ec2]\nrole_arn = arn:aws:iam::222222222222:role/Host\ncredential_source = Ec2InstanceMetadata\n',
  ['1', '2', '3'].map((n) => user(`customer-${n}`, `12345678901${n}`)).join(''),
  roles('nowhere', '222222222222', ['lost-admin']),
].join('')

const LONG_NAMES = CONFIG.replaceAll('production-', 'acme-production-eu-central-1-').replaceAll(
  'role/Deploy',
  'role/AcmeDeploymentPipelineRole',
)

describe('30 profiles', () => {
  it('as they look at several widths', async () => {
    const tables = [
      ['40 columns', tableOf(CREDENTIALS, CONFIG, 40)],
      ['80 columns', tableOf(CREDENTIALS, CONFIG, 80)],
      ['80 columns, with long names', tableOf(CREDENTIALS, LONG_NAMES, 80)],
      ['120 columns, with long names', tableOf(CREDENTIALS, LONG_NAMES, 120)],
      ['no terminal', tableOf(CREDENTIALS, LONG_NAMES, undefined)],
    ]
    const text = tables.map(([title, table]) => `${title}\n\n${table}`).join('\n')
    await expect(text).toMatchFileSnapshot('status-table.golden.txt')
  })

  it.each([30, 40, 50, 60, 70, 80, 90, 100, 120, 160])('fit in %i columns', (columns) => {
    const lines = tableOf(CREDENTIALS, LONG_NAMES, columns).split('\n')
    expect(lines.filter((line) => displayWidth(line) > columns)).toEqual([])
    expect(lines).toHaveLength(32)
  })

  it('in a terminal without Unicode', () => {
    expect(tableOf(CREDENTIALS, CONFIG, 120, false)).toMatch(/^[\n -~]+$/)
  })
})

it.each([
  {
    what: 'a role profile whose source profile has only an access key',
    credentials: `[base]\n${KEYS}`,
    config: roles('base', '222222222222', ['admin']),
    rows: ['admin    222222222222  role Admin  not signed in        awsmfa login admin'],
  },
  {
    what: 'a role profile that is its own source profile',
    credentials: `[self]\n${KEYS}`,
    config: roles('self', '222222222222', ['self']),
    rows: ['self     222222222222  role Deploy  not signed in        awsmfa login self'],
  },
  {
    what: 'role profiles that are the source profiles of each other',
    credentials: '',
    config: roles('two', '222222222222', ['one']) + roles('one', '222222222222', ['two']),
    rows: [
      'one      222222222222  role Deploy  not signed in        awsmfa login one',
      'two      222222222222  role Deploy  not signed in        awsmfa login two',
    ],
  },
  {
    what: 'a name that begins with a dash, and one with an escape sequence',
    credentials: '',
    config: user('-x', '111111111111') + user('a\u001b[2Jb', '111111111111'),
    rows: [
      '-x         111111111111  –         not signed in        awsmfa login --profile=-x',
      `${String.raw`a\x1b[2Jb`}  111111111111  –         not signed in        awsmfa login ${quoteWord('a\u001b[2Jb')}`,
    ],
  },
])('$what', ({ credentials, config, rows }) => {
  expect(tableOf(credentials, config, undefined).trimEnd().split('\n').slice(1)).toEqual(rows)
})

it('nothing for no profiles', () => {
  expect(tableOf(`[base]\n${KEYS}`, '', 80)).toBe('')
})
