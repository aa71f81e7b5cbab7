/** What doctor reports on homes without a fault, on one profile, and as JSON. */
import { describe, expect, it } from 'vitest'
import { applyEdits } from '../../src/aws-files/ini-document.ts'
import { examine } from '../../src/doctor/examination.ts'
import { planFixes } from '../../src/doctor/fix.ts'
import { isAbout, renderFindingsJson } from '../../src/doctor/report.ts'
import { TOOL_IDS } from '../../src/doctor/tools.ts'
import {
  DOCTOR_HOME,
  findingsIn,
  fixedTexts,
  homeAfterSetup,
  homeOf,
  isOutcome,
  MESSAGE_CONTEXT,
  readBrokenHome,
} from '../support/doctor-homes.ts'
import type { DoctorHome } from '../support/doctor-homes.ts'

const LONG_TERM = `[base-long-term]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
`
const CONFIG = `[profile base]
region = eu-west-1
awsmfa_mfa_serial = arn:aws:iam::111111111111:mfa/alice

[profile admin]
role_arn = arn:aws:iam::222222222222:role/Admin
source_profile = base
region = eu-west-1
`
const SESSION = `
[base]
aws_access_key_id = ASIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
aws_session_token = IQoJb3JpZ2luX2VjEXAMPLETOKEN==
expiration = 2026-11-21T18:40:00Z
manager = awsmfa
awsmfa_state = 1:ASIAIOSFODNN7EXAMPLE:sb:0123456789abcdef
`
const ODD_BUT_RIGHT = `# mine
; too
[profile a]
s3 =
  max_concurrent_requests = 20
  addressing_style = path
sso_start_url = https://d-1.awsapps.com/start#/
cli_pager =
[sso-session corp]
sso_region = eu-west-1
[plugins]
cli_legacy_plugin_path = /x
`
const PROCESS = `[profile base]
credential_process = /usr/bin/node "/opt/my tools/awsmfa.cjs" credential-process --profile base
`
const withCrLf = (text: string): string => text.replaceAll('\n', '\r\n')

const SIGNED_IN = homeOf({ credentials: LONG_TERM + SESSION, config: CONFIG })

const GOOD_HOMES: readonly (readonly [name: string, home: DoctorHome])[] = [
  ['no files', homeOf({ credentials: '', config: '' })],
  ['the recommended layout', homeOf({ credentials: LONG_TERM, config: CONFIG })],
  ['the recommended layout after login', SIGNED_IN],
  ['the same with CR LF', homeOf({ credentials: withCrLf(LONG_TERM + SESSION), config: withCrLf(CONFIG) })],
  ['comments, nested blocks, values with = : % # and $', homeOf({ credentials: LONG_TERM, config: ODD_BUT_RIGHT })],
  [
    'an absolute credential_process',
    homeOf({ credentials: '', config: PROCESS }, { program: () => ({ isThere: true, needs: undefined }) }),
  ],
  ...['aws-cli-role', 'aws-mfa', 'reusabit-awsmfa', 'vegas-credentials'].map(
    (layout) => [`${layout} after setup`, homeAfterSetup(layout)] as const,
  ),
]

it.each(GOOD_HOMES)('finds no error and no warning in %s', (_, home) => {
  expect(findingsIn(home).filter(({ severity }) => severity !== 'note')).toEqual([])
  expect(fixedTexts(home)).toEqual({ credentials: home.files.credentials.text, config: home.files.config.text })
})

it('reports what every tool will do with every profile', () => {
  const outcomes = findingsIn(SIGNED_IN).filter(isOutcome)
  expect(outcomes.map(({ profile, tools, key, name }) => [profile, tools.length, key, name])).toEqual([
    ['base-long-term', 10, 'keys', 'long-term keys …MPLE'],
    ['base', 10, 'keys', 'session …MPLE'],
    ['admin', 10, 'role', "role Admin (222222222222) through 'base'"],
  ])
})

it.each([
  {
    name: 'the keys of a session without its token',
    credentials: '[work]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n',
    config: '',
    outcome: ['keys', 'keys of session …MPLE without its token, which AWS refuses'],
  },
  {
    name: 'an unknown credential source',
    credentials: '',
    config: '[profile work]\nrole_arn = arn:aws:iam::222222222222:role/Admin\ncredential_source = Foo\n',
    outcome: ['fails', 'its credential_source is unknown'],
  },
  {
    name: 'a missing sso-session',
    credentials: '',
    config: '[profile work]\nsso_session = nosuch\nsso_account_id = 111111111111\nsso_role_name = R\n',
    outcome: ['fails', 'the section of its sso_session was not found'],
  },
])('does not report $name as working', ({ credentials, config, outcome }) => {
  const outcomes = findingsIn(homeOf({ credentials, config })).filter(isOutcome)
  expect(outcomes.map(({ profile, key, name, other }) => [profile, key, name ?? other])).toEqual([['work', ...outcome]])
})

it('reports by tool what aws login serves', () => {
  const config = `[profile dev]
login_session = arn:aws:iam::111111111111:user/alice
region = eu-west-1
[profile viadev]
role_arn = arn:aws:iam::222222222222:role/Admin
source_profile = dev
region = eu-west-1
`
  const outcomes = findingsIn(homeOf({ credentials: '', config })).filter(isOutcome)
  const toolsOf = (profile: string, key: string): readonly string[] =>
    TOOL_IDS.filter((tool) =>
      outcomes.some((each) => each.profile === profile && each.key === key && each.tools.includes(tool)),
    )
  expect(toolsOf('dev', 'login')).toEqual(['aws-cli', 'sam', 'sdk-js', 'cdk', 'sdk-go', 'terraform', 'sdk-dotnet'])
  expect(toolsOf('dev', 'fails')).toEqual(['boto3', 'sdk-rust', 'sdk-java'])
  expect(toolsOf('viadev', 'role')).toEqual(['aws-cli', 'sam', 'sdk-js', 'cdk', 'sdk-dotnet'])
  expect(toolsOf('viadev', 'fails')).toEqual(['boto3', 'sdk-go', 'terraform', 'sdk-rust', 'sdk-java'])
})

it('does not compare the account of a role session with that of the MFA device', () => {
  const credentials = `[work]
aws_access_key_id = ASIA3XFRBF535PLBIFPI
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
aws_session_token = IQoJb3JpZ2luX2VjEXAMPLETOKEN==
`
  const config = '[profile work]\nregion = eu-west-1\nawsmfa_mfa_serial = arn:aws:iam::111111111111:mfa/alice\n'
  expect(findingsIn(homeOf({ credentials, config })).filter((found) => !isOutcome(found))).toEqual([])
})

describe('with a name', () => {
  const credentials = `${LONG_TERM}[other]\nREGION = x\n`

  it('reports on that profile and its source chain', () => {
    const home = homeOf({ credentials, config: CONFIG })
    expect(findingsIn(home).map(({ code }) => code)).toContain('upper-case-key')
    expect(findingsIn(home, 'admin').map(({ code }) => code)).not.toContain('upper-case-key')
    expect([...new Set(findingsIn(home, 'admin').map(({ profile }) => profile))]).toEqual([
      'base-long-term',
      'base',
      'admin',
    ])
  })

  it('fixes what it reports on, and no other section', () => {
    const { files, machine } = homeOf({ credentials, config: CONFIG.replace('region', 'REGION') })
    const edits = planFixes(files, machine, isAbout(['admin'], examine(files, machine)))
    expect(edits.credentials).toEqual([])
    expect(applyEdits(files.config.text, edits.config)).toBe(CONFIG)
  })
})

it.each([
  ['in other capitals', 'ec2instancemetadata', ['aws-cli', 'boto3', 'sam']],
  ['as documented', 'EcsContainer', undefined],
])('a credential source %s is a finding for the tools that compare case', (_, value, tools) => {
  const config = `[profile a]\nrole_arn = arn:aws:iam::222222222222:role/A\ncredential_source = ${value}\n`
  const found = findingsIn(homeOf({ credentials: '', config }))
  expect(found.find(({ code }) => code === 'credential-source-unknown')?.tools).toEqual(tools)
})

it.each(['[sso-session corp]', '[sso-session  "corp"]'])(
  '%s is the section that sso_session = corp names',
  (header) => {
    const profile = '[profile a]\nsso_session = corp\nsso_account_id = 111111111111\nsso_role_name = R\n'
    const found = findingsIn(homeOf({ credentials: '', config: `${profile}${header}\nsso_region = eu-west-1\n` }))
    expect(found.map(({ code }) => code)).not.toContain('sso-session-missing')
  },
)

it('prints every field of every finding as JSON', () => {
  const json = renderFindingsJson(findingsIn(readBrokenHome('inline-comment')), MESSAGE_CONTEXT)
  const rows = JSON.parse(json) as readonly Record<string, unknown>[]
  const fields = ['code', 'severity', 'file', 'line', 'profile', 'tools', 'what', 'wayOut', 'fixable']
  for (const row of rows) expect(Object.keys(row)).toEqual(fields)
  expect(rows[0]).toMatchObject({
    code: 'inline-comment',
    severity: 'warning',
    file: `${DOCTOR_HOME}/.aws/credentials`,
    line: 8,
    profile: 'bad',
    tools: ['aws-cli', 'boto3', 'sam', 'sdk-dotnet'],
    fixable: true,
  })
})

it('of a file in UTF-16 nothing is reported that comes from reading it as UTF-8', () => {
  const utf16 = `\xff\xfe${CONFIG.replace(/[^]/g, '$&\0')}`
  const codes = findingsIn(homeOf({ credentials: LONG_TERM, config: utf16 })).filter((found) => !isOutcome(found))
  expect(codes.map(({ code }) => code)).toEqual(['not-utf8'])
})
