/**
 * Every finding has a home with that fault and no other. What doctor says of it is in report.txt beside it, what --fix makes of
 * it in credentials.after-fix and config.after-fix.
 */
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { diagnose, isAbout } from '../../src/doctor/report.ts'
import { examine } from '../../src/doctor/examination.ts'
import { FINDING_TABLE, findingRow } from '../../src/doctor/finding.ts'
import type { FindingCode } from '../../src/doctor/finding.ts'
import { planMends } from '../../src/doctor/fix.ts'
import { applyEdits } from '../../src/aws-files/edit.ts'
import { snapshotsOf } from '../../src/aws-files/profiles.ts'
import { planUndo } from '../../src/layouts/undo-plan.ts'
import { renderFindings, renderFindingsJson } from '../../src/doctor/report.ts'
import {
  brokenHomePath,
  brokenHomes,
  DOCTOR_HOME,
  DOCTOR_NOW,
  homeAfterSetup,
  homeOf,
  readBrokenHome,
} from '../support/doctor-homes.ts'
import type { DoctorHome } from '../support/doctor-homes.ts'

const OUTCOMES: readonly FindingCode[] = ['tools-use', 'tools-fail']
const CODES = (Object.keys(FINDING_TABLE) as FindingCode[]).filter((code) => !OUTCOMES.includes(code))
const PLAIN = { color: false, unicode: true, columns: undefined }
const VIEW = { home: DOCTOR_HOME, now: DOCTOR_NOW }

const findingsIn = ({ files, machine }: DoctorHome, only?: string) => diagnose(examine(files, machine), only)
const codesIn = (home: DoctorHome) => [
  ...new Set(
    findingsIn(home)
      .map(({ code }) => code)
      .filter((code) => !OUTCOMES.includes(code)),
  ),
]
const mended = ({ files, machine }: DoctorHome): DoctorHome => {
  const edits = planMends(files, machine)
  const text = (name: 'credentials' | 'config') => ({ ...files[name], text: applyEdits(files[name].text, edits[name]) })
  return { files: { credentials: text('credentials'), config: text('config') }, machine }
}

const undone = (before: DoctorHome, { files }: DoctorHome): DoctorHome['files'] => {
  const edits = planMends(before.files, before.machine)
  const recorded = (name: 'credentials' | 'config') => ({
    path: files[name].path,
    before: before.files[name].text,
    edits: edits[name],
  })
  const plan = planUndo(
    { at: DOCTOR_NOW, files: { credentials: recorded('credentials'), config: recorded('config') } },
    snapshotsOf(files),
  )
  const text = (name: 'credentials' | 'config') => ({
    ...files[name],
    text: applyEdits(files[name].text, plan.edits[name]),
  })
  return { credentials: text('credentials'), config: text('config') }
}

it('every finding has a broken home, and every broken home a finding', () => {
  expect(brokenHomes().toSorted()).toEqual(CODES.toSorted())
})

describe.each(CODES)('%s', (code) => {
  const home = readBrokenHome(code)

  it('is found on its home, with nothing else, and said in words', async () => {
    expect(codesIn(home)).toEqual([code])
    const report = renderFindings(findingsIn(home), VIEW, PLAIN)
    expect(report).not.toMatch(/undefined|wJalrXUtnFEMI|IQoJb3JpZ2lu|AKIAIOSFODNN7|ASIAIOSFODNN7/)
    await expect(report).toMatchFileSnapshot(`${brokenHomePath(code)}/report.txt`)
  })

  it('has the severity of the table, unless it is a lesser one', () => {
    for (const { severity } of findingsIn(home).filter((found) => found.code === code))
      expect([findingRow(code).severity, 'note']).toContain(severity)
  })

  it('is mended where it says so, without another fault', async () => {
    const isMendable = findingsIn(home).some((found) => found.isMendable)
    expect(isMendable).toBe(findingRow(code).mends !== undefined)
    const after = mended(home)
    const isOfFiles = isMendable && !['loose-permissions', 'damaged-cache', 'damaged-own-cache'].includes(code)
    expect(
      after.files.credentials.text !== home.files.credentials.text ||
        after.files.config.text !== home.files.config.text,
    ).toBe(isOfFiles)
    if (!isOfFiles) return
    expect(codesIn(after)).toEqual([])
    expect(mended(after).files).toEqual(after.files)
    expect(undone(home, after)).toEqual(home.files)
    for (const name of ['credentials', 'config'] as const) {
      if (after.files[name].text !== home.files[name].text)
        await expect(after.files[name].text).toMatchFileSnapshot(`${brokenHomePath(code)}/${name}.after-fix`)
      else expect(existsSync(`${brokenHomePath(code)}/${name}.after-fix`)).toBe(false)
    }
  })
})

const RECOMMENDED = {
  credentials:
    '[base-long-term]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n',
  config:
    '[profile base]\nregion = eu-west-1\nawsmfa_mfa_serial = arn:aws:iam::111111111111:mfa/alice\n\n[profile admin]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = base\n',
}
const SESSION =
  '\n[base]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\naws_session_token = IQoJb3JpZ2luX2VjEXAMPLETOKEN==\n' +
  'expiration = 2026-11-21T18:40:00Z\nmanager = awsmfa\nawsmfa_state = 1:ASIAIOSFODNN7EXAMPLE:sb:0123456789abcdef\n'

const GOOD_HOMES: readonly (readonly [string, DoctorHome])[] = [
  ['no files', homeOf({ credentials: '', config: '' })],
  ['the recommended layout', homeOf(RECOMMENDED)],
  ['the recommended layout after login', homeOf({ ...RECOMMENDED, credentials: RECOMMENDED.credentials + SESSION })],
  [
    'the same with CR LF',
    homeOf({
      credentials: (RECOMMENDED.credentials + SESSION).replaceAll('\n', '\r\n'),
      config: RECOMMENDED.config.replaceAll('\n', '\r\n'),
    }),
  ],
  [
    'comments, nested blocks, values with = : % # and $',
    homeOf({
      ...RECOMMENDED,
      config:
        '# mine\n; too\n[profile a]\ns3 =\n  max_concurrent_requests = 20\n  addressing_style = path\nsso_start_url = https://d-1.awsapps.com/start#/\ncli_pager =\n[sso-session corp]\nsso_region = eu-west-1\n[plugins]\ncli_legacy_plugin_path = /x\n',
    }),
  ],
  [
    'an absolute credential_process',
    homeOf(
      {
        credentials: '',
        config:
          '[profile base]\ncredential_process = /usr/bin/node "/opt/my tools/awsmfa.cjs" credential-process --profile base\n',
      },
      { program: () => ({ isThere: true, needs: undefined }) },
    ),
  ],
  ...['aws-cli-role', 'aws-mfa', 'reusabit-awsmfa', 'vegas-credentials'].map(
    (layout) => [`${layout} after setup`, homeAfterSetup(layout)] as const,
  ),
]

it.each(GOOD_HOMES)('says neither error nor warning of %s', (_, home) => {
  expect(findingsIn(home).filter(({ severity }) => severity !== 'note')).toEqual([])
  expect(mended(home).files).toEqual(home.files)
})

it('tells of every profile what every tool will do', () => {
  const home = homeOf({ ...RECOMMENDED, credentials: RECOMMENDED.credentials + SESSION })
  const said = findingsIn(home).filter(({ code }) => OUTCOMES.includes(code))
  expect(said.map(({ profile, tools, facts }) => [profile, tools.length, facts.key, facts.name])).toEqual([
    ['base-long-term', 10, 'keys', 'long-term keys …MPLE'],
    ['base', 10, 'keys', 'session …MPLE'],
    ['admin', 10, 'role', "role Admin in 222222222222 through 'base'"],
  ])
})

it.each([
  [
    'the keys of a session without its token',
    '[work]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n',
    '',
    'keys',
    'keys of session …MPLE without its token, which AWS refuses',
  ],
  [
    'a credential source that there is not',
    '',
    '[profile work]\nrole_arn = arn:aws:iam::222222222222:role/Admin\ncredential_source = Foo\n',
    'fails',
    'its credential_source is none that there is',
  ],
  [
    'an sso_session that is not there',
    '',
    '[profile work]\nsso_session = nosuch\nsso_account_id = 111111111111\nsso_role_name = R\n',
    'fails',
    'the section of its sso_session is not there',
  ],
])('does not say that a tool gets on with %s', (_, credentials, config, outcome, words) => {
  const said = findingsIn(homeOf({ credentials, config })).filter(({ code }) => OUTCOMES.includes(code))
  expect(said.map(({ profile, facts }) => [profile, facts.key, facts.name ?? facts.other])).toEqual([
    ['work', outcome, words],
  ])
})

it('with a name, says what concerns that profile and what it works through', () => {
  const home = homeOf({ credentials: `${RECOMMENDED.credentials}[other]\nREGION = x\n`, config: RECOMMENDED.config })
  expect(findingsIn(home).map(({ code }) => code)).toContain('upper-case-key')
  expect(findingsIn(home, 'admin').map(({ code }) => code)).not.toContain('upper-case-key')
  expect([...new Set(findingsIn(home, 'admin').map(({ profile }) => profile))]).toEqual([
    'base-long-term',
    'base',
    'admin',
  ])
})

it('with a name, mends what it tells of that profile, and no other section', () => {
  const home = homeOf({
    credentials: `${RECOMMENDED.credentials}[other]\nREGION = x\n`,
    config: RECOMMENDED.config.replace('region', 'REGION'),
  })
  const edits = planMends(home.files, home.machine, isAbout('admin', examine(home.files, home.machine)))
  expect(edits.credentials).toEqual([])
  expect(applyEdits(home.files.config.text, edits.config)).toBe(RECOMMENDED.config)
})

it.each([
  ['in capitals of its own', 'ec2instancemetadata', ['aws-cli', 'boto3', 'sam']],
  ['as it should be', 'EcsContainer', undefined],
])('a credential source %s is refused by the tools that want it as it should be', (_, value, tools) => {
  const home = homeOf({
    credentials: '',
    config: `[profile a]\nrole_arn = arn:aws:iam::222222222222:role/A\ncredential_source = ${value}\n`,
  })
  expect(findingsIn(home).find(({ code }) => code === 'credential-source-unknown')?.tools).toEqual(tools)
})

it.each(['[sso-session corp]', '[sso-session  "corp"]'])(
  '%s is the section that sso_session = corp names',
  (header) => {
    const home = homeOf({
      credentials: '',
      config: `[profile a]\nsso_session = corp\nsso_account_id = 111111111111\nsso_role_name = R\n${header}\nsso_region = eu-west-1\n`,
    })
    expect(findingsIn(home).map(({ code }) => code)).not.toContain('sso-session-missing')
  },
)

it('as JSON every field is always there', () => {
  const rows = JSON.parse(renderFindingsJson(findingsIn(readBrokenHome('inline-comment')), VIEW)) as readonly Record<
    string,
    unknown
  >[]
  for (const row of rows)
    expect(Object.keys(row)).toEqual([
      'code',
      'severity',
      'file',
      'line',
      'profile',
      'tools',
      'what',
      'wayOut',
      'fixable',
    ])
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
