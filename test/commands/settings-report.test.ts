/** The report of settings: each value and where it comes from. */
import { describe, expect, it } from 'vitest'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import { PROMPT_CHOICES, optionKey } from '../../src/command-line/spec.ts'
import { SETTING_TABLE } from '../../src/login/setting-table.ts'
import type { SettingName, SettingRow } from '../../src/login/setting-table.ts'
import { reportSettings } from '../../src/commands/settings.ts'
import type { ReportedSetting, SettingsReport } from '../../src/commands/settings.ts'
import { PATHS, SETTINGS_PLACE, failureOf } from '../login/resolve.ts'
import type { Case } from '../login/resolve.ts'

const KEYS = 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n'
const CREDENTIALS = `[work-long-term]\n${KEYS}`

function report({
  credentials = CREDENTIALS,
  config = '',
  profile,
  options = {},
  environment = {},
  defaults = {},
}: Case): SettingsReport {
  return reportSettings({
    invocation: { command: 'settings', positionals: profile === undefined ? [] : [profile], options },
    environment,
    profiles: readProfiles({ credentials, config }),
    paths: PATHS,
    config,
    defaults: Object.fromEntries(
      Object.entries(defaults).map(([key, value]) => [key, { value, place: SETTINGS_PLACE }]),
    ),
    readFile: () => '',
    isWindows: false,
  })
}

function rows(given: Case, name: SettingName): readonly ReportedSetting[] {
  return report(given).settings.filter((setting) => setting.name === name)
}

/** A value that a login would take, another one for each number. */
function valueFor({ name, kind, longestSeconds }: SettingRow, number: number): string {
  if (kind === 'switch') return 'true'
  if (kind === 'length') return String((longestSeconds ?? (number + 3) * 3600) - number)
  const values: Partial<Record<SettingName, string>> = {
    profile: 'work',
    'source profile': `keys${number}`,
    'MFA device': `GAHT0000000${number}`,
    role: `arn:aws:iam::222222222222:role/R${number}`,
    region: `eu-west-${number + 1}`,
    endpoint: `https://sts${number}.example`,
    'YubiKey serial': `1234${number}`,
    'token code': `12345${number}`,
    prompt: PROMPT_CHOICES[number % PROMPT_CHOICES.length] ?? '',
  }
  return values[name] ?? `value${number}`
}

type PlaceKind = 'flag' | 'environment' | 'file' | 'settings'

/** Every place of a setting, in the order of precedence. */
function placesOf({
  flags,
  variables,
  profileKeys,
  settingsKey,
}: SettingRow): readonly { readonly kind: PlaceKind; readonly key: string }[] {
  return [
    ...flags.map((key) => ({ kind: 'flag' as const, key })),
    ...variables.map((key) => ({ kind: 'environment' as const, key })),
    ...profileKeys.map((key) => ({ kind: 'file' as const, key })),
    ...(settingsKey === undefined ? [] : [{ kind: 'settings' as const, key: settingsKey }]),
  ]
}

/**
 * A login in which the setting is set in this place and in all after it; of flags, which may not contradict each other,
 * in one.
 */
function caseFrom(row: SettingRow, first: number): Case {
  const said = placesOf(row)
    .map((place, number) => ({ ...place, value: valueFor(row, number) }))
    .slice(first)
  const of = (kind: PlaceKind): readonly (readonly [string, string])[] =>
    said.filter((place) => place.kind === kind).map(({ key, value }) => [key, value])
  const [flag] = of('flag')
  const inProfile = of('file').filter(([key]) => key !== 'assume_role')
  const besideKeys = of('file').filter(([key]) => key === 'assume_role')
  const lines = (pairs: readonly (readonly [string, string])[]): string =>
    pairs.map(([key, value]) => `${key} = ${value}\n`).join('')
  return {
    ...(row.name === 'profile' ? {} : { profile: 'work' }),
    credentials: `${CREDENTIALS}${lines(besideKeys)}${said.map(({ value }) => `[${value}]\n${KEYS}`).join('')}`,
    config: `[profile work]\n${lines(inProfile)}`,
    options: flag === undefined ? {} : { [optionKey(flag[0])]: row.kind === 'switch' ? true : flag[1] },
    environment: Object.fromEntries(of('environment')),
    defaults: Object.fromEntries(of('settings')),
  }
}

const EVERY_PLACE = SETTING_TABLE.flatMap((row) =>
  placesOf(row).map(({ kind, key }, number) => [row.name, kind, key, number] as const),
)

describe('flag, environment, profile, settings file, built-in: the first that has a value counts', () => {
  it.each(EVERY_PLACE)('%s: %s %s', (name, kind, key, number) => {
    const row = SETTING_TABLE.find((candidate) => candidate.name === name)
    if (row === undefined) throw new Error(name)
    const origin = {
      flag: { kind, flag: `--${key}` },
      environment: { kind, variable: key },
      file: { kind, key },
      settings: { kind, key, place: SETTINGS_PLACE },
    }[kind]
    const [found] = rows(caseFrom(row, number), name)
    expect(found?.origin).toMatchObject(origin)
    expect(found?.value).toBe(
      {
        switch: true,
        length: Number(valueFor(row, number)),
        text: row.showable?.(valueFor(row, number)) ?? valueFor(row, number),
      }[row.kind ?? 'text'],
    )
  })

  it.each(SETTING_TABLE.map(({ name }) => name))('%s: not set anywhere', (name) => {
    const [found] = rows({ credentials: '', config: '' }, name)
    expect([undefined, 'default']).toContain(found?.origin?.kind)
  })

  it.each(SETTING_TABLE.flatMap((row) => row.variables.map((variable) => [row.name, variable] as const)))(
    '%s: an empty %s counts as none',
    (name, variable) => {
      expect(rows({ profile: 'work', environment: { [variable]: '' } }, name)).toEqual(rows({ profile: 'work' }, name))
    },
  )
})

describe('the report', () => {
  it('has every setting of the table, in its order', () => {
    for (const given of [{}, { profile: 'work' }, { profile: 'work', credentials: '', config: '[profile work]\n' }]) {
      expect(report(given).settings.map(({ name }) => name)).toEqual(SETTING_TABLE.map(({ name }) => name))
    }
  })

  it('has each role on the way, and where the keys were found', () => {
    const config =
      '[profile a]\nawsmfa_role_arn = arn:aws:iam::222222222222:role/A\nawsmfa_source_profile = b\n[profile b]\nawsmfa_role_arn = arn:aws:iam::333333333333:role/B\nawsmfa_source_profile = work-long-term\n'
    expect(rows({ profile: 'a', config }, 'role').map(({ value }) => value)).toEqual([
      'arn:aws:iam::333333333333:role/B',
      'arn:aws:iam::222222222222:role/A',
    ])
    expect(rows({ profile: 'work' }, 'source profile')).toMatchObject([
      { value: 'work-long-term', origin: { kind: 'default' } },
    ])
  })

  it('says what it can of a profile that cannot sign in, and why it cannot', () => {
    const { settings, failures, refusal } = report({
      profile: 'work',
      credentials: '',
      config: '[profile work]\nregion = eu-west-3\n',
      defaults: { duration: '8h' },
    })
    expect(settings).toContainEqual(expect.objectContaining({ name: 'region', value: 'eu-west-3' }))
    expect(settings).toContainEqual(expect.objectContaining({ name: 'duration', value: 28_800 }))
    expect(failures).toMatchObject([{ code: 'LONG_TERM_CREDENTIALS_MISSING' }])
    expect(refusal).toBe(failures[0])
  })

  it('goes round no circle, and without any profile there are still the defaults', () => {
    expect(
      report({ profile: 'a', config: '[profile a]\nsource_profile = b\n[profile b]\nsource_profile = a\n' }).failures,
    ).toMatchObject([{ code: 'SOURCE_PROFILE_CYCLE' }])
    expect(report({ credentials: '' })).toMatchObject({ profile: 'default', failures: [{ code: 'PROFILE_NOT_FOUND' }] })
  })

  it('refuses a profile that was named and is nowhere', () => {
    expect(failureOf(() => report({ profile: 'wrok' }))).toMatchObject({ code: 'PROFILE_NOT_FOUND', profile: 'wrok' })
    expect(failureOf(() => report({ environment: { AWS_PROFILE: 'wrok' } }))).toMatchObject({
      code: 'PROFILE_NOT_FOUND',
    })
  })

  it('shows what cannot be as it is written, and says so once', () => {
    const given = { profile: 'work', defaults: { min_ttl: 'soon', no_color: 'perhaps' } }
    expect(rows(given, 'minimum time')).toMatchObject([{ value: 'soon' }])
    expect(rows(given, 'no color')).toMatchObject([{ value: 'perhaps' }])
    expect(report(given).failures).toMatchObject([
      { problem: { option: 'min_ttl' } },
      { problem: { option: 'no_color' } },
    ])
  })

  it.each([
    ['1h', '1h', true],
    ['0', '0', true],
    ['601', '601', true],
    ['10m', 600, false],
    ['1', 1, false],
  ])('takes a timeout as credential-process does: %s', (timeout, value, isRefused) => {
    const given = { profile: 'work', defaults: { timeout } }
    expect(rows(given, 'timeout')).toMatchObject([{ value }])
    expect(report(given).failures).toMatchObject(isRefused ? [{ problem: { option: 'timeout' } }] : [])
    expect(report(given).refusal).toBeUndefined()
  })

  it('shows no code, no password, and of a command its program', () => {
    const given = {
      profile: 'work',
      options: { tokenCode: '123456' },
      environment: { AWS_ENDPOINT_URL: 'https://me:secret@sts.example' },
      defaults: { token_command: 'oathtool --totp SECRET' },
    }
    expect(JSON.stringify(report(given))).not.toMatch(/123456|secret|SECRET/)
    expect(rows(given, 'token command')).toMatchObject([{ value: 'oathtool …' }])
  })
})

describe('what awsmfa’s settings say of credentials and roles', () => {
  it('a source profile is for profiles that name none and hold none', () => {
    const credentials = `${CREDENTIALS}[own]\n${KEYS}[keys]\n${KEYS}`
    const path = (profile: string, config = ''): readonly string[] =>
      report({ profile, credentials, config, defaults: { source_profile: 'keys' } }).path
    expect(path('new', '[profile new]\n')).toEqual(['new', 'keys'])
    expect(path('work')).toEqual(['work', 'keys'])
    expect(path('own')).toEqual(['own'])
    expect(path('keys')).toEqual(['keys'])
    expect(path('work', '[profile work]\nawsmfa_source_profile = own\n')).toEqual(['work', 'own'])
  })

  it('the environment is not taken where a source profile is named for this run', () => {
    const defaults = { source_env: 'true' }
    const environment = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' }
    expect(report({ profile: 'work', environment, defaults }).path).toEqual(['work'])
    expect(
      report({ profile: 'work', environment, defaults, options: { sourceProfile: 'work-long-term' } }).path,
    ).toEqual(['work', 'work-long-term'])
    expect(report({ profile: 'work', environment, defaults: { source_env: 'no' } }).path).toEqual([
      'work',
      'work-long-term',
    ])
  })

  it('a role is for profiles on whose way there is none', () => {
    const defaults = { role_arn: 'arn:aws:iam::444444444444:role/General', external_id: 'abc', role_session_name: 'me' }
    const general = report({ profile: 'work', defaults }).settings
    expect(general).toContainEqual(expect.objectContaining({ name: 'role', value: defaults.role_arn }))
    expect(general).toContainEqual(expect.objectContaining({ name: 'external ID', value: 'abc' }))
    const config = '[profile work]\nawsmfa_role_arn = arn:aws:iam::222222222222:role/A\n'
    expect(rows({ profile: 'work', config, defaults }, 'role').map(({ value }) => value)).toEqual([
      'arn:aws:iam::222222222222:role/A',
    ])
  })
})
