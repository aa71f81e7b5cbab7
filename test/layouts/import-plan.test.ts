/** The plan of `awsmfa import` for the files of each foreign tool. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFailure } from '../../src/model/failure.ts'
import { applyEdits } from '../../src/aws-files/ini-document.ts'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import type { ForeignHome } from '../../src/layouts/foreign-profile.ts'
import { findForeignProfiles, findForeignRemarks } from '../../src/layouts/foreign-tools.ts'
import { FOREIGN_TOOLS } from '../../src/command-line/spec.ts'
import type { ForeignTool } from '../../src/command-line/spec.ts'
import { planImport, planKeyImport } from '../../src/layouts/import-plan.ts'
import type { ImportPlan } from '../../src/layouts/import-plan.ts'
import { planUndo } from '../../src/layouts/undo-plan.ts'
import type { ChangeRecord } from '../../src/layouts/backups.ts'
import { KEYS, SERIAL, snapshotsOf } from './setting-up.ts'
import type { Files } from './setting-up.ts'

const HOMES = fileURLToPath(new URL('../../fixtures/homes/', import.meta.url))
const SESSION =
  'aws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\naws_session_token = FQoDYXdzEXAMPLE\n'

type Environment = Readonly<Record<string, string>>

function homeOf(tool: ForeignTool): Files {
  const read = (name: string): string => readFileSync(`${HOMES}${tool}/${name}`, 'latin1')
  return { credentials: read('credentials'), config: read('config') }
}

function plan(tool: ForeignTool, files: Files, removesOld = false, environment: Environment = {}): ImportPlan {
  return planImport({ tool, snapshots: snapshotsOf(files), environment, removesOld })
}

function imported(tool: ForeignTool, files: Files, removesOld = false, environment: Environment = {}): Files {
  const { edits } = plan(tool, files, removesOld, environment)
  return {
    credentials: applyEdits(files.credentials, edits.credentials),
    config: applyEdits(files.config, edits.config),
  }
}

function found(files: Partial<Files>, environment: Environment = {}): readonly string[] {
  return findForeignProfiles({
    snapshots: snapshotsOf({ credentials: '', config: '', ...files }),
    environment,
    home: {},
  }).map(({ tool, profile, source }) => `${tool}: ${profile} < ${source ?? '-'}`)
}

function undone(tool: ForeignTool, before: Files, removesOld: boolean): Files {
  const { edits } = plan(tool, before, removesOld)
  const record: ChangeRecord = {
    at: new Date('2026-11-21T08:00:00Z'),
    files: {
      credentials: { path: '~/.aws/credentials', before: before.credentials, edits: edits.credentials },
      config: { path: '~/.aws/config', before: before.config, edits: edits.config },
    },
  }
  const after = imported(tool, before, removesOld)
  const back = planUndo(record, snapshotsOf(after))
  return {
    credentials: applyEdits(after.credentials, back.edits.credentials),
    config: applyEdits(after.config, back.edits.config),
  }
}

/** saml2aws has no access key, so there is nothing to import. */
const IMPORTED = FOREIGN_TOOLS.filter((tool) => tool !== 'saml2aws')

describe.each(IMPORTED)('the home of %s', (tool) => {
  const before = homeOf(tool)

  it('is known for what it is', () => {
    const tools = findForeignProfiles({ snapshots: snapshotsOf(before), environment: {}, home: {} })
    expect(new Set(tools.map((each) => each.tool))).toEqual(new Set([tool]))
  })

  it.each([
    ['imported', false, 'after-import'],
    ['imported, the old gone', true, 'after-import-remove-old'],
  ])('%s: as expected, and as before after undo', async (_, removesOld, suffix) => {
    const after = imported(tool, before, removesOld)
    await expect(after.credentials).toMatchFileSnapshot(`${HOMES}${tool}/credentials.${suffix}`)
    await expect(after.config).toMatchFileSnapshot(`${HOMES}${tool}/config.${suffix}`)
    expect(imported(tool, after, removesOld)).toEqual(after)
    expect(undone(tool, before, removesOld)).toEqual(before)
  })

  it('loses no line unless the old is to go, and gives the same whether that is asked for at once or later', () => {
    const after = imported(tool, before)
    expect(after.credentials).toBe(before.credentials)
    expect(after.config.split('\n')).toEqual(expect.arrayContaining(before.config.split('\n').slice(0, -1)))
    const later = readProfiles(imported(tool, after, true))
    const atOnce = readProfiles(imported(tool, before, true))
    const keysOf = (profiles: typeof later) =>
      profiles
        .names()
        .toSorted()
        .map((name) => [
          name,
          profiles
            .find(name)
            ?.keys()
            .filter((key) => key !== 'awsmfa_source_profile')
            .toSorted(),
        ])
    expect(keysOf(later)).toEqual(keysOf(atOnce))
  })

  it('tells whether something of the old is left', () => {
    expect(plan(tool, before).leavesOld).toBe(true)
    expect(plan(tool, before, true).leavesOld).toBe(false)
  })
})

describe('what is found', () => {
  it.each<[string, Partial<Files>, readonly string[]]>([
    ['nothing in empty files', {}, []],
    [
      "nothing in awsmfa's own layout",
      { credentials: `[base-long-term]\n${KEYS}`, config: `[profile base]\nawsmfa_mfa_serial = ${SERIAL}\n` },
      [],
    ],
    [
      "nothing in the AWS CLI's own role profile",
      {
        credentials: `[default]\n${KEYS}`,
        config: `[profile a]\nrole_arn = arn:aws:iam::222222222222:role/A\nsource_profile = default\nmfa_serial = ${SERIAL}\n`,
      },
      [],
    ],
    [
      'aws-mfa with a suffix of its own',
      { credentials: `[work-keys]\n${KEYS}aws_mfa_device = ${SERIAL}\n[work]\n${SESSION}assumed_role = False\n` },
      ['aws-mfa: work < work-keys'],
    ],
    [
      'not a device beside keys that no stem belongs to',
      { credentials: `[default]\n${KEYS}aws_mfa_device = ${SERIAL}\n` },
      [],
    ],
    [
      'not where long-term keys stand under the name of the session',
      { credentials: `[a-long-term]\n${KEYS}aws_mfa_device = ${SERIAL}\n[a]\n${KEYS}` },
      [],
    ],
    [
      'not half a pair of keys',
      { credentials: `[a-long-term]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_mfa_device = ${SERIAL}\n` },
      [],
    ],
    [
      'reusabit without a device: not',
      { credentials: `[aPerm]\n${KEYS}`, config: '[a]\nsource_profile = aPerm\n[aPerm]\noutput = json\n' },
      [],
    ],
    [
      'reusabit with the keys under the name that config says',
      { credentials: `[keys]\n${KEYS}`, config: `[a]\nsource_profile = keys\n[keys]\nmfa_serial = ${SERIAL}\n` },
      ['reusabit-awsmfa: a < keys'],
    ],
    ['not dcoker where a section has that name, and nothing else is there', { credentials: `[identity]\n${KEYS}` }, []],
    [
      'dcoker with several targets',
      {
        credentials: `[identity]\n${KEYS}[a]\n${SESSION}awsmfa_expiration = 2026-01-02T00:47:31+00:00\n[b]\n${SESSION}awsmfa_expiration = 2026-01-02T00:47:31+00:00\n`,
      },
      ['dcoker-awsmfa: a < identity', 'dcoker-awsmfa: b < identity'],
    ],
    [
      'not a target with long-term keys of its own',
      { credentials: `[identity]\n${KEYS}[default]\n${KEYS}awsmfa_expiration = 2026-01-02T00:47:31+00:00\n` },
      [],
    ],
    [
      'mfa-login by a hardware serial',
      { credentials: `[default]\n${KEYS}[session-GAHT12345678]\n${SESSION}` },
      ['mfa-login: session-GAHT12345678 < default'],
    ],
    [
      'mfa-login whose device one of two profiles names',
      {
        credentials: `[a]\n${KEYS}[b]\n${KEYS}[111111111111-alice]\n${SESSION}`,
        config: `[profile b]\nmfa_serial = ${SERIAL}\n`,
      },
      ['mfa-login: 111111111111-alice < b'],
    ],
    [
      'not mfa-login where the keys may be either',
      { credentials: `[a]\n${KEYS}[b]\n${KEYS}[111111111111-alice]\n${SESSION}` },
      [],
    ],
    [
      "not awsmfa's session under such a name",
      {
        credentials: `[a]\n${KEYS}[111111111111-alice]\n${SESSION}manager = awsmfa\nawsmfa_state = 1:ASIAIOSFODNN7EXAMPLE:s:0123\n`,
      },
      [],
    ],
    [
      'vegas by its newer names',
      {
        credentials: `[default]\n${KEYS}`,
        config: '[profile a]\nvegas_role_arn = arn:aws:iam::222222222222:role/A\nvegas_source_profile = default\n',
      },
      ['vegas-credentials: a < default'],
    ],
    [
      'several tools',
      {
        credentials: `[identity]\n${KEYS}[default]\n${SESSION}awsmfa_expiration = 2026-01-02T00:47:31+00:00\n[a-long-term]\n${KEYS}aws_mfa_device = ${SERIAL}\n`,
      },
      ['aws-mfa: a < a-long-term', 'dcoker-awsmfa: default < identity'],
    ],
  ])('%s', (_, files, tools) => {
    expect(found(files)).toEqual(tools)
  })

  it.each([
    ['one of its variables', 'AWS_MFA_SERIAL_NUMBER', undefined],
    ['the name of the tool', undefined, 'dcoker-awsmfa' as const],
  ])('dcoker before its first run is known by %s', (_, variable, named) => {
    const snapshots = snapshotsOf({ credentials: `[identity]\n${KEYS}`, config: '' })
    const environment: Environment = variable === undefined ? {} : { [variable]: SERIAL }
    expect(
      findForeignProfiles({ snapshots, environment, home: {}, named }).map(
        ({ tool, profile }) => `${tool}: ${profile}`,
      ),
    ).toEqual(['dcoker-awsmfa: default'])
  })

  const sessionOfAwsMfa = `${SESSION}assumed_role = True\nassumed_role_arn = arn:aws:iam::222222222222:role/Dev\n`
  const vaultLine = 'credential_process = aws-vault export --format=json --no-session'

  // aws-mfa: README.rst, "Credentials File Setup". aws-vault: USAGE.md. granted: pkg/cfaws/granted_config.go.
  // awsume: docs/general/config.md. aws-runas: docs/iam_config.md.
  it.each<[string, ForeignTool, Partial<Files>, string]>([
    [
      'aws-mfa, one session for each account with the same keys',
      'aws-mfa',
      {
        credentials: `[org-long-term]\n${KEYS}aws_mfa_device = ${SERIAL}\n[org-dev]\n${sessionOfAwsMfa}[org-prod]\n${SESSION}assumed_role = False\n`,
      },
      `[profile org-dev]\nawsmfa_source_profile = org-long-term\nawsmfa_role_arn = arn:aws:iam::222222222222:role/Dev\nawsmfa_mfa_serial = ${SERIAL}\n\n[profile org-prod]\nawsmfa_source_profile = org-long-term\nawsmfa_mfa_serial = ${SERIAL}\n`,
    ],
    [
      'aws-mfa with --long-term-suffix none',
      'aws-mfa',
      { credentials: `[org]\n${KEYS}[org-dev]\n${sessionOfAwsMfa}` },
      '[profile org-dev]\nawsmfa_source_profile = org\nawsmfa_role_arn = arn:aws:iam::222222222222:role/Dev\n',
    ],
    [
      'aws-mfa with two suffixes of its own',
      'aws-mfa',
      { credentials: `[org-keys]\n${KEYS}aws_mfa_device = ${SERIAL}\n[org-short]\n${SESSION}assumed_role = False\n` },
      `[profile org-short]\nawsmfa_source_profile = org-keys\nawsmfa_mfa_serial = ${SERIAL}\n`,
    ],
    [
      'aws-mfa with keys that may be either: nothing',
      'aws-mfa',
      { credentials: `[org-a]\n${KEYS}[org-b]\n${KEYS}[org-dev]\n${sessionOfAwsMfa}` },
      '',
    ],
    [
      'aws-vault alone, known by its line',
      'aws-vault',
      { config: `[profile work]\nmfa_serial = ${SERIAL}\ncredential_process = aws-vault exec --json work\n` },
      `[profile work]\nmfa_serial = ${SERIAL}\ncredential_process = aws-vault exec --json work\n\n[profile work-long-term]\ncredential_process = aws-vault exec --json --no-session work\n`,
    ],
    [
      'aws-vault by parent_profile, with a device for all in [default]',
      'aws-vault',
      {
        config: `[default]\nmfa_serial = ${SERIAL}\n[profile a]\n[profile role]\nparent_profile = b\nrole_arn = arn:aws:iam::222222222222:role/A\n[profile b]\nsource_profile = a\nexternal_id = x1\n`,
      },
      `[default]\nmfa_serial = ${SERIAL}\n[profile a]\nawsmfa_mfa_serial = ${SERIAL}\n[profile role]\nparent_profile = b\nrole_arn = arn:aws:iam::222222222222:role/A\nsource_profile = a\nexternal_id = x1\nawsmfa_mfa_serial = ${SERIAL}\n[profile b]\nsource_profile = a\nexternal_id = x1\n[profile a-long-term]\n${vaultLine} a\n`,
    ],
    [
      'not keys of aws-vault that another profile has in a file',
      'aws-vault',
      {
        credentials: `[root]\n${KEYS}`,
        config: `[profile role]\ninclude_profile = c\nrole_arn = arn:aws:iam::222222222222:role/A\n[profile c]\nsource_profile = root\nmfa_serial = ${SERIAL}\n`,
      },
      `[profile role]\ninclude_profile = c\nrole_arn = arn:aws:iam::222222222222:role/A\nsource_profile = root\nawsmfa_mfa_serial = ${SERIAL}\n[profile c]\nsource_profile = root\nmfa_serial = ${SERIAL}\n`,
    ],
    [
      'granted: nothing beside its own keys, which tools would then ignore',
      'granted',
      homeOf('granted'),
      homeOf('granted').config,
    ],
    [
      'aws-runas: the device of [default] for a role whose keys are elsewhere, and a session of `-c`',
      'aws-runas',
      {
        credentials: `[work]\n${KEYS}[role-awsrunas]\n${SESSION}`,
        config: `[default]\nmfa_serial = ${SERIAL}\n[profile role]\nrole_arn = arn:aws:iam::222222222222:role/A\nsource_profile = work\ncredentials_duration = 99h\n`,
      },
      `[default]\nmfa_serial = ${SERIAL}\n[profile role]\nrole_arn = arn:aws:iam::222222222222:role/A\nsource_profile = work\ncredentials_duration = 99h\nawsmfa_mfa_serial = ${SERIAL}\n[profile role-awsrunas]\nawsmfa_source_profile = role\nawsmfa_mfa_serial = ${SERIAL}\n`,
    ],
    [
      'aws-runas: a role session of at most an hour',
      'aws-runas',
      {
        credentials: `[work]\n${KEYS}`,
        config:
          '[profile r]\nrole_arn = arn:aws:iam::222222222222:role/A\nsource_profile = work\ncredentials_duration = 12h\n',
      },
      '[profile r]\nrole_arn = arn:aws:iam::222222222222:role/A\nsource_profile = work\ncredentials_duration = 12h\nduration_seconds = 3600\n',
    ],
    [
      'aws-vault: a role session of at most an hour, of an included duration',
      'aws-vault',
      {
        config: `[profile c]\nsource_profile = a\nduration_seconds = 43200\n[profile a]\nmfa_serial = ${SERIAL}\n[profile r]\nrole_arn = arn:aws:iam::222222222222:role/A\ninclude_profile = c\n`,
      },
      `[profile c]\nsource_profile = a\nduration_seconds = 43200\n[profile a]\nmfa_serial = ${SERIAL}\n[profile r]\nrole_arn = arn:aws:iam::222222222222:role/A\ninclude_profile = c\nsource_profile = a\nduration_seconds = 3600\n[profile a-long-term]\n${vaultLine} a\n`,
    ],
    [
      'awsume: not a session whose profile or keys are not known',
      'awsume',
      {
        credentials: `[a]\n${KEYS}[autoawsume-gone]\n${SESSION}manager = awsume\nautoawsume = true\n[out]\n${SESSION}manager = awsume\n`,
      },
      '',
    ],
  ])('%s', (_, tool, files, config) => {
    expect(imported(tool, { credentials: '', config: '', ...files }).config).toBe(config)
  })

  // What aws-vault prints depends on the whole line: program, backend, item.
  it.each<[string, string, string, string | undefined]>([
    ['another item', 'aws-vault exec --json --no-session other', 'aws-vault exec --json --no-session other', undefined],
    [
      'a path and a backend',
      '/opt/homebrew/bin/aws-vault --backend=pass export --format json work',
      '/opt/homebrew/bin/aws-vault --backend=pass export --format json --no-session work',
      undefined,
    ],
    ['a role of aws-vault', 'aws-vault exec --json admin', '', 'dev'],
    ['a shell', "sh -c 'aws-vault exec --json work'", '', 'dev'],
    ['no JSON', 'aws-vault exec work', '', 'dev'],
  ])('aws-vault with %s: as the line says, or not at all', (_, line, longTerm, refused) => {
    const role = '[profile admin]\nrole_arn = arn:aws:iam::222222222222:role/A\nsource_profile = base\n'
    const config = `${role}[profile dev]\nregion = eu-west-1\ncredential_process = ${line}\n`
    const files = { credentials: `[base]\n${KEYS}`, config }
    const after = imported('aws-vault', files, true).config
    expect(after).toBe(
      refused === undefined
        ? `${role}[profile dev]\nregion = eu-west-1\n[profile dev-long-term]\ncredential_process = ${longTerm}\n`
        : config,
    )
    const remarks = findForeignRemarks({ snapshots: snapshotsOf(files), environment: {}, home: {} })
    expect(remarks.map(({ kind, profile }) => `${kind} ${profile ?? ''}`)).toEqual(
      refused === undefined ? [] : [`other-line ${refused}`],
    )
  })

  it('aws-vault: the line of the others is the model for profiles without one', () => {
    const config = `[profile dev]\ncredential_process = /opt/aws-vault --backend=pass export --format=json work\n[profile b]\nmfa_serial = ${SERIAL}\n`
    expect(imported('aws-vault', { credentials: '', config }).config).toContain(
      '[profile b-long-term]\ncredential_process = /opt/aws-vault --backend=pass export --format=json --no-session b\n',
    )
  })

  const SSO = '[profile corp]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n'
  const dev = '[profile dev]\ninclude_profile = corp\nsso_account_id = 111111111111\nsso_role_name = Dev\n'
  const bySerial = `[profile work]\nmfa_serial = ${SERIAL}\n`
  it.each<[string, Partial<Files>]>([
    ['SSO by include_profile', { config: `[default]\nmfa_serial = ${SERIAL}\n${SSO}${dev}` }],
    [
      'SSO session of an included profile alone',
      {
        config: `[default]\nmfa_serial = ${SERIAL}\n[profile corp]\nsso_session = s\n[profile dev]\ninclude_profile = corp\n[profile x]\nsource_profile = dev\n`,
      },
    ],
    [
      'a web identity of an included profile',
      {
        config: `[profile w]\nweb_identity_token_process = /opt/token\n[profile dev]\nmfa_serial = ${SERIAL}\ninclude_profile = w\n`,
      },
    ],
    [
      'another program of an included profile',
      {
        config: `[profile w]\ncredential_process = /opt/keys\n[profile dev]\nmfa_serial = ${SERIAL}\ninclude_profile = w\n`,
      },
    ],
    [
      'a role whose source is SSO',
      {
        config: `[profile corp]\nsso_session = s\n[profile c]\nregion = eu-west-1\n[profile r]\ninclude_profile = c\nsource_profile = corp\nrole_arn = arn:aws:iam::222222222222:role/A\n`,
      },
    ],
    ['keys in a store', { config: `${bySerial}awsmfa_keys = keychain\nawsmfa_key_id = AKIAIOSFODNN7EXAMPLE\n` }],
    ['another source profile', { credentials: `[else]\n${KEYS}`, config: `${bySerial}awsmfa_source_profile = else\n` }],
    ['keys under another suffix', { credentials: `[work-perm]\n${KEYS}`, config: bySerial }],
    ['keys under -long-term', { credentials: `[work-long-term]\n${KEYS}`, config: bySerial }],
    [
      'keys beside a line of aws-vault',
      {
        credentials: `[work-long-term]\n${KEYS}`,
        config: `${bySerial}credential_process = aws-vault exec --json work\n`,
      },
    ],
    ['a program under -long-term', { config: `${bySerial}[profile work-long-term]\ncredential_process = /opt/keys\n` }],
  ])('aws-vault leaves alone: %s', (_, files) => {
    const before = { credentials: '', config: '', ...files }
    const snapshots = snapshotsOf(before)
    const search = { snapshots, environment: { AWS_VAULT_BACKEND: 'file' }, home: {}, named: 'aws-vault' as const }
    expect(findForeignProfiles(search).filter(({ tool }) => tool === 'aws-vault')).toEqual([])
    expect(imported('aws-vault', before, true)).toEqual(before)
  })

  it('aws-mfa: the session without a suffix, too', () => {
    const files = {
      credentials: `[work-long-term]\n${KEYS}aws_mfa_device = ${SERIAL}\n[work]\n${SESSION}assumed_role = False\n[work-prod]\n${sessionOfAwsMfa}`,
      config: '',
    }
    const dev = 'arn:aws:iam::222222222222:role/Dev'
    expect(found(files)).toEqual(['aws-mfa: work < work-long-term', 'aws-mfa: work-prod < work-long-term'])
    expect(imported('aws-mfa', files, true).config).toBe(
      `[profile work]\nawsmfa_mfa_serial = ${SERIAL}\n\n[profile work-prod]\nawsmfa_source_profile = work-long-term\nawsmfa_role_arn = ${dev}\nawsmfa_mfa_serial = ${SERIAL}\n`,
    )
  })

  it("goes by dcoker's variables", () => {
    const environment = {
      AWS_MFA_IDENTITY_PROFILE: 'keys',
      AWS_MFA_TARGET_PROFILE: 'work',
      AWS_MFA_SERIAL_NUMBER: SERIAL,
    }
    const files = { credentials: `[keys]\n${KEYS}`, config: '' }
    expect(found(files, environment)).toEqual(['dcoker-awsmfa: work < keys'])
    expect(imported('dcoker-awsmfa', files, false, environment).config).toBe(
      `[profile work]\nawsmfa_source_profile = keys\nawsmfa_mfa_serial = ${SERIAL}\n`,
    )
    expect(imported('dcoker-awsmfa', files, true, environment)).toEqual({
      credentials: `[work-long-term]\n${KEYS}`,
      config: `[profile work]\nawsmfa_mfa_serial = ${SERIAL}\n`,
    })
  })
})

describe("aws-vault's access keys in a store", () => {
  const taken = (id: string, item: string) => ({
    profile: item,
    keys: { accessKeyId: `AKIAIOSFODNN7${id}`, secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
  })
  const planned = (files: Partial<Files>, ...items: readonly ReturnType<typeof taken>[]) => {
    const snapshots = snapshotsOf({ credentials: '', config: '', ...files })
    const result = planKeyImport({ snapshots, environment: {}, removesOld: false }, items, 'keychain')
    return {
      changes: result.changes.map(({ item, profile }) => `${item} > ${profile}`),
      kept: result.kept.map(({ item, profile, isSame }) => `${item}: ${profile} ${isSame ? 'same' : 'other'}`),
      config: applyEdits(files.config ?? '', result.edits.config),
    }
  }

  it('are not taken where the files have another one', () => {
    const files = { credentials: `[work-long-term]\n${KEYS}` }
    const { changes, kept } = planned(files, taken('ANOTHER', 'work'), taken('THIRDXX', 'team/ops'))
    expect(changes).toEqual(['team/ops > team/ops'])
    expect(kept).toEqual(['work: work-long-term other'])
    expect(planned(files, taken('EXAMPLE', 'work')).kept).toEqual(['work: work-long-term same'])
  })

  it('go to the profiles whose lines ask for them', () => {
    const config = '[profile dev]\ncredential_process = aws-vault exec --json work\n'
    const result = planned({ config }, taken('ANOTHER', 'work'))
    expect(result.changes).toEqual(['work > dev-long-term'])
    expect(result.config).toBe(
      `${config}\n[profile dev-long-term]\nawsmfa_keys = keychain\nawsmfa_key_id = AKIAIOSFODNN7ANOTHER\n`,
    )
  })

  it.each([
    ['a line', '[profile work]\nregion = eu-west-1\ncredential_process = aws-vault exec --json work\n'],
    ['another line', '[profile work]\ncredential_process = aws-vault --backend=pass export --format=json other\n'],
    [
      'roles',
      '[profile work]\ncredential_process = aws-vault exec --json work\n[profile admin]\nsource_profile = work\nrole_arn = arn:aws:iam::222222222222:role/A\ncredential_process = aws-vault exec --json admin\n',
    ],
    [
      'include_profile',
      `[profile common]\nregion = eu-west-1\nmfa_serial = ${SERIAL}\n[profile work]\ninclude_profile = common\ncredential_process = aws-vault exec --json work\n[profile admin]\ninclude_profile = common\nsource_profile = work\nrole_arn = arn:aws:iam::222222222222:role/A\n`,
    ],
    [
      'a line and keys of another profile',
      `[profile work]\ncredential_process = aws-vault exec --json work\n[profile b]\nregion = x\n`,
    ],
  ])('leave nothing of aws-vault, whether that is asked for at once or later: %s', (_, config) => {
    const withKeys = (files: Files, removesOld: boolean): Files => {
      const items = [taken('EXAMPLE', /other/.test(config) ? 'other' : 'work')]
      const { edits } = planKeyImport({ snapshots: snapshotsOf(files), environment: {}, removesOld }, items, 'pass')
      return { credentials: files.credentials, config: applyEdits(files.config, edits.config) }
    }
    const before = { credentials: '', config }
    const atOnce = withKeys(before, true)
    expect(atOnce.config).not.toMatch(/aws-vault|include_profile/)
    const kept = withKeys(before, false)
    expect(kept.config.split('\n')).toEqual(expect.arrayContaining(config.split('\n').slice(0, -1)))
    expect(plan('aws-vault', kept).leavesOld).toBe(true)
    expect(plan('aws-vault', kept).edits).toEqual({ credentials: [], config: [] })
    expect(imported('aws-vault', kept, true)).toEqual(atOnce)
    expect(withKeys(kept, true)).toEqual(atOnce)
  })

  it('are given to a profile of their name beside another one that has the same', () => {
    const other = '[profile other]\nawsmfa_keys = encrypted-file\nawsmfa_key_id = AKIAIOSFODNN7ANOTHER\n'
    const config = `${other}[profile work]\nregion = eu-west-1\n`
    expect(planned({ config }, taken('ANOTHER', 'work')).changes).toEqual(['work > work'])
    expect(planned({ config: other }, taken('ANOTHER', 'work')).changes).toEqual([])
  })

  it('leave a line that asks for another key than the one in the store, and say so', () => {
    const stored = 'awsmfa_keys = keychain\nawsmfa_key_id = AKIAIOSFODNN7ANOTHER\n'
    const config = `[profile work]\n${stored}credential_process = aws-vault exec --json other\n`
    const before = { credentials: '', config }
    expect(imported('aws-vault', before, true)).toEqual(before)
    const search = { snapshots: snapshotsOf(before), environment: {}, home: {}, named: 'aws-vault' as const }
    expect(findForeignRemarks(search)).toContainEqual({ kind: 'line-for-other', tool: 'aws-vault', profile: 'work' })
    const own = config.replace('other', 'work')
    expect(imported('aws-vault', { credentials: '', config: own }, true).config).toBe(`[profile work]\n${stored}`)
  })

  it('are not given to a profile whose line asks for another one', () => {
    const config = '[profile work]\ncredential_process = aws-vault exec --json other\n'
    expect(planned({ config }, taken('ANOTHER', 'work'), taken('THIRDXX', 'other'))).toMatchObject({
      changes: ['other > work-long-term'],
      kept: ['work: work-long-term other'],
    })
  })
})

describe('any content of the files', () => {
  const snippet = fc.constantFrom(
    ...IMPORTED.flatMap((tool) => [homeOf(tool).credentials, homeOf(tool).config]),
    '# mine\n',
    '\n',
    'a line of nobody\n',
    '[profile x]\nregion = eu-west-1\n',
    '\xff\xfe\n',
    '[a-long-term]\r\naws_mfa_device = x\r\n',
  )
  const file = fc
    .array(fc.tuple(snippet, fc.boolean()), { maxLength: 5 })
    .map((parts) => parts.map(([text, cut]) => (cut ? text.trimEnd() : text)).join(''))

  it('an import removes nothing, changes nothing the second time, and can be undone; or it is refused', () => {
    fc.assert(
      fc.property(
        file,
        file,
        fc.constantFrom(...FOREIGN_TOOLS),
        fc.boolean(),
        (credentials, config, tool, removesOld) => {
          const before = { credentials, config }
          const after = importedWhereCertain(tool, before, removesOld)
          if (after === undefined) return
          expect(importedWhereCertain(tool, after, removesOld)).toEqual(after)
          if (removesOld) return
          expect(after.credentials).toBe(credentials)
          expect(undone(tool, before, false)).toEqual(before)
        },
      ),
      { numRuns: 250 },
    )
  })

  function importedWhereCertain(tool: ForeignTool, files: Files, removesOld: boolean): Files | undefined {
    try {
      return imported(tool, files, removesOld)
    } catch (error) {
      if (isFailure(error, 'FILE_MALFORMED') || isFailure(error, 'FILE_ENCODING_UNSUPPORTED')) return undefined
      throw error
    }
  }
})

describe('what is changed', () => {
  const keys = {
    credentials: `[a-long-term]\n${KEYS}aws_mfa_device = ${SERIAL}\nassume_role = arn:aws:iam::222222222222:role/A\n`,
    config: '',
  }

  it('is the role too', () => {
    expect(imported('aws-mfa', keys).config).toBe(
      `[profile a]\nawsmfa_role_arn = arn:aws:iam::222222222222:role/A\nawsmfa_mfa_serial = ${SERIAL}\n`,
    )
  })

  it('is not what the person has said already', () => {
    const config = '[profile a]\nawsmfa_mfa_serial = GAHT12345678\nawsmfa_role_arn = arn:aws:iam::222222222222:role/B\n'
    expect(imported('aws-mfa', { ...keys, config }).config).toBe(config)
  })

  it('is never a section with long-term keys: those stay, whatever marks stand beside them', () => {
    const credentials = `${keys.credentials}[a]\n${KEYS}assumed_role = True\nexpiration = 2026-01-02 00:47:31\n`
    expect(imported('aws-mfa', { ...keys, credentials }, true).credentials).toContain(`[a]\n${KEYS}`)
  })

  it("is which YubiKey, by awsmfa's own names, also where the old is to go", () => {
    const config =
      '[profile my]\nvegas_role_arn = arn:aws:iam::222222222222:role/A\nvegas_source_profile = default\nvegas_yubikey_serial = 123 # blue\nvegas_yubikey_label = lab\n'
    const files = { credentials: `[default]\n${KEYS}`, config }
    expect(imported('vegas-credentials', files, true).config).toBe(
      '[profile my]\nawsmfa_role_arn = arn:aws:iam::222222222222:role/A\nawsmfa_source_profile = default\nyubikey_serial = 123\nyubikey_label = lab\n',
    )
    const kept = config.replace('vegas_yubikey_serial = 123 # blue', 'vegas_yubikey_serial = 123\nyubikey_serial = 456')
    expect(imported('vegas-credentials', { ...files, config: kept }, true).config).toContain('\nyubikey_serial = 456\n')
    expect(imported('vegas-credentials', { ...files, config: kept }, true).config).not.toContain('123')
  })

  it('keeps the name of keys that other profiles go by', () => {
    const files = {
      credentials: `[identity]\n${KEYS}`,
      config: '[profile b]\nrole_arn = arn:aws:iam::222222222222:role/A\nsource_profile = identity\n',
    }
    expect(imported('dcoker-awsmfa', files, true).credentials).toBe(files.credentials)
    expect(imported('dcoker-awsmfa', files, true).config).toContain('[default]\nawsmfa_source_profile = identity\n')
  })

  it('keeps comments in sections that go, and line ends as they are', () => {
    const config = `[a]\r\n# mine\r\nsource_profile = aPerm\r\nregion = eu-west-1\r\n[aPerm]\r\nmfa_serial = ${SERIAL}\r\n`
    expect(imported('reusabit-awsmfa', { credentials: `[aPerm]\n${KEYS}`, config }, true)).toEqual({
      credentials: `[a-long-term]\n${KEYS}`,
      config: `# mine\r\n[profile a]\r\nregion = eu-west-1\r\nawsmfa_mfa_serial = ${SERIAL}\r\n`,
    })
  })

  it('keeps the name of keys that are in config too, so that it changes nothing the second time', () => {
    const files = { credentials: `[identity]\n${KEYS}`, config: `[identity]\n${KEYS}` }
    const after = imported('dcoker-awsmfa', files, true)
    expect(after.credentials).toBe(files.credentials)
    expect(after.config).toContain('[default]\nawsmfa_source_profile = identity\n')
    expect(imported('dcoker-awsmfa', after, true)).toEqual(after)
  })

  it('leaves [default] of both files to the tools that read it, where reusabit had device and keys there', () => {
    const real = `[default]\nregion = eu-west-1\nmfa_serial = ${SERIAL}\n`
    const credentials = `[default]\n${KEYS}`
    expect(
      imported('reusabit-awsmfa', { credentials, config: `${real}[a]\nsource_profile = default\n` }, true),
    ).toEqual({
      credentials,
      config: `${real}[profile a]\nawsmfa_source_profile = default\nawsmfa_mfa_serial = ${SERIAL}\nregion = eu-west-1\n`,
    })
  })
})

describe('what is outside the two files', () => {
  const awsume = (config: string): string => {
    const snapshots = snapshotsOf(homeOf('awsume'))
    const home = { awsumeConfig: config }
    const { edits } = planImport({ tool: 'awsume', snapshots, environment: {}, home, removesOld: false })
    return applyEdits(homeOf('awsume').config, edits.config).slice(homeOf('awsume').config.length)
  }

  it("is awsume's name of role sessions, and nothing nested", () => {
    const plain = '[profile autoawsume-admin]\nawsmfa_source_profile = admin\nregion = eu-west-1\n'
    expect(awsume('colors: true\nconsole:\n  role-session-name: x\n')).toBe(plain)
    expect(awsume('role-duration: 0\nrole-session-name: awsume-cli-session # mine\n')).toBe(
      `${plain}role_session_name = awsume-cli-session\n`,
    )
  })

  it.each<[string, Partial<Files>, ForeignHome, ForeignTool | undefined, readonly string[]]>([
    ['nothing', {}, {}, undefined, []],
    ['saml2aws by its file', {}, { hasSaml2aws: true }, undefined, ['saml2aws: identity-provider -']],
    ['saml2aws by its session', homeOf('saml2aws'), {}, undefined, ['saml2aws: identity-provider saml']],
    [
      "a key in granted's storage",
      { config: '[profile x]\ncredential_process = granted credential-process --profile=x\n' },
      {},
      undefined,
      ['granted: stored-key x'],
    ],
    ['not its profiles for SSO', homeOf('granted'), {}, undefined, []],
    ['awsume by its file', homeOf('awsume'), { awsumeConfig: '' }, undefined, ['awsume: read-as-is base']],
    [
      'a profile that is set up, rather than the one with its key',
      { credentials: `[work-long-term]\n${KEYS}`, config: `[profile work]\nawsmfa_mfa_serial = ${SERIAL}\n` },
      { awsumeConfig: '' },
      'aws-runas',
      ['awsume: set-up work', 'aws-runas: set-up work'],
    ],
    [
      'a profile that is not set up before one that is',
      {
        credentials: `[work-long-term]\n${KEYS}[base]\n${KEYS}[keys]\n${KEYS}`,
        config: '[profile work]\n[profile x]\nawsmfa_source_profile = keys\n',
      },
      {},
      'awsume',
      ['awsume: read-as-is base'],
    ],
    [
      'the role whose duration is longer than a role session can be',
      {
        credentials: `[work]\n${KEYS}`,
        config:
          '[profile r]\nrole_arn = arn:aws:iam::222222222222:role/A\nsource_profile = work\ncredentials_duration = 12h\n',
      },
      {},
      undefined,
      ['aws-runas: capped r'],
    ],
    ['aws-runas by its name', homeOf('awsume'), {}, 'aws-runas', ['aws-runas: read-as-is base']],
  ])('shows %s', (_, files, home, named, remarks) => {
    const snapshots = snapshotsOf({ credentials: '', config: '', ...files })
    expect(
      findForeignRemarks({ snapshots, environment: {}, home, named }).map(
        ({ tool, kind, profile }) => `${tool}: ${kind} ${profile ?? '-'}`,
      ),
    ).toEqual(remarks)
  })
})
