/** Names and content of cache entries, compared with botocore. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeUtf8 } from '../../src/aws-files/ini-document.ts'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import type { CacheArguments } from '../../src/sessions/aws-cache-entry.ts'
import {
  cacheArgumentsOf,
  cacheEntryName,
  decodeCacheEntry,
  encodeCacheEntry,
  isCacheEntryName,
  isCacheEntryUsable,
  promptFreeUntil,
  spellArguments,
} from '../../src/sessions/aws-cache-entry.ts'
import { findPython } from '../support/aws-clients.ts'

const ROLE = 'arn:aws:iam::123456789012:role/r1'
const SERIAL = 'arn:aws:iam::123456789012:mfa/u'
const sha1 = (text: string): string => createHash('sha1').update(text, 'utf8').digest('hex')
const python = findPython()
const askPython = (script: string, input: unknown): unknown =>
  JSON.parse(
    execFileSync(python ?? '', ['-c', script], {
      input: JSON.stringify(input),
      encoding: 'utf8',
      env: { PYTHONIOENCODING: 'utf-8' },
    }),
  )

/** The arguments of `[profile x]` with these lines in config, and these in `[x]` of credentials. */
function argumentsOf(
  config: readonly string[],
  credentials: readonly string[] = [],
  header = '[profile x]',
): CacheArguments | undefined {
  const profile = readProfiles({
    credentials: credentials.length === 0 ? '' : encodeUtf8(['[x]', ...credentials, ''].join('\n')),
    config: encodeUtf8([header, ...config, ''].join('\n')),
  }).find('x')
  return profile === undefined ? undefined : cacheArgumentsOf(profile)
}

describe('the name of an entry', () => {
  // The names that aws-cli 1.45 and 2.36 gave to the entries of these profiles.
  it.each([
    [[`role_arn=${ROLE}`], 'f8f1c622e4a4b5e6135b979ae6c3f665c21147f2'],
    [[`role_arn=${ROLE}`, `mfa_serial=${SERIAL}`], '1d0e940dd24ad013bd782dae9b35f3ad5e66af85'],
    [
      [`role_arn=${ROLE}`, `mfa_serial=${SERIAL}`, 'duration_seconds=43200', 'role_session_name=jane'],
      'de6b305bd2c08255d35026709baf56c1a26a6af2',
    ],
    [
      [`role_arn=${ROLE}`, `mfa_serial=${SERIAL}`, 'external_id=ab:c/1+2=3'],
      '948d9659941432251a7b1d869b260bb860ce1a45',
    ],
    [
      [
        'role_arn=arn:aws-us-gov:iam::210987654321:role/path/Admin',
        'mfa_serial=GAHT12345678',
        'role_session_name=Jäne',
        'duration_seconds=1h',
      ],
      '8b12431a40adf82c190778367b624657e8c18be5',
    ],
  ])('of %j is the one that the AWS CLI gives it', (lines, expected) => {
    const found = argumentsOf([...lines, 'source_profile=base', 'region=eu-west-1'])
    expect(found).toBeDefined()
    expect(cacheEntryName(found!, sha1)).toBe(`${expected}.json`)
    expect(isCacheEntryName(`${expected}.json`)).toBe(true)
  })

  it.each([
    'session.db',
    '1d0e940dd24ad013bd782dae9b35f3ad5e66af85',
    '1D0E940DD24AD013BD782DAE9B35F3AD5E66AF85.json',
    '../1d0e940dd24ad013bd782dae9b35f3ad5e66af85.json',
    'tmpab12.tmp',
  ])('never looks like %s', (name) => {
    expect(isCacheEntryName(name)).toBe(false)
  })
})

describe('the arguments of a profile', () => {
  const base = [`role_arn = ${ROLE}`]
  it.each<[string, readonly string[], readonly string[], CacheArguments]>([
    ['leave out what the profile does not set', base, [], { RoleArn: ROLE }],
    [
      'take credentials over config, key by key',
      [...base, 'external_id = a'],
      ['external_id = b'],
      { RoleArn: ROLE, ExternalId: 'b' },
    ],
    [
      'keep what looks like a comment after a value',
      [...base, 'external_id = a # b'],
      [],
      { RoleArn: ROLE, ExternalId: 'a # b' },
    ],
    [
      'join continued lines as configparser does',
      [...base, 'external_id = a', '   b'],
      [],
      { RoleArn: ROLE, ExternalId: 'a\nb' },
    ],
    [
      'lose blanks of every script at the ends',
      [...base, 'external_id = \u00a0a\u3000'],
      [],
      { RoleArn: ROLE, ExternalId: 'a' },
    ],
    [
      'keep an empty serial and external id',
      [...base, 'mfa_serial =', 'external_id ='],
      [],
      { RoleArn: ROLE, SerialNumber: '', ExternalId: '' },
    ],
    [
      'leave out an empty session name, which botocore makes up',
      [...base, 'role_session_name ='],
      [],
      { RoleArn: ROLE },
    ],
    ['leave out an empty duration', [...base, 'duration_seconds ='], [], { RoleArn: ROLE }],
    [
      'take a duration as a number',
      [...base, 'duration_seconds = +1_800'],
      [],
      { RoleArn: ROLE, DurationSeconds: 1800n },
    ],
  ])('%s', (_, config, credentials, expected) => {
    expect(argumentsOf(config, credentials)).toEqual(expected)
  })

  it.each([
    ['without a role', ['region = eu-west-1'], '[profile x]'],
    ['with an empty role', ['role_arn ='], '[profile x]'],
    ['in a bare section, which no SDK reads', base, '[x]'],
    ['with a nested block for a value', [...base, 'external_id =', '  a = b'], '[profile x]'],
  ])('are none %s', (_, config, header) => {
    expect(argumentsOf(config, [], header)).toBeUndefined()
  })

  const DURATIONS = [
    '3600',
    ' 3600 ',
    '3600.5',
    '1_000',
    '1__0',
    '_1',
    '1_',
    '+900',
    '-900',
    '+ 900',
    '--1',
    '-0',
    '007',
    '0x10',
    '1e3',
    '1h',
    '１２',
    '９_0',
    '٣٦٠٠',
    '𝟗𝟎𝟎',
    '𝟿𝟘',
    '²',
    '\u00a0900\u00a0',
    '\u{feff}900',
    '900\u200b',
    '99999999999999999999',
    '1 000',
    '9'.repeat(4300),
    '9'.repeat(4301),
  ]
  it.skipIf(python === undefined)('have the duration that int() of Python reads', () => {
    const script = `
import json, sys
def read(text):
    try: return json.dumps(int(text))
    except ValueError: return None
print(json.dumps([read(text) for text in json.load(sys.stdin)]))`
    const found = DURATIONS.map(
      (text) => argumentsOf([...base, `duration_seconds = ${text}`])?.DurationSeconds?.toString() ?? null,
    )
    expect(found).toEqual(askPython(script, DURATIONS))
    expect(found.filter((value) => value !== null)).toHaveLength(15)
  })

  it.skipIf(python === undefined)('have the value of every decimal digit that Python knows', () => {
    const script = `
import json, sys, unicodedata
print(json.dumps([[chr(c), unicodedata.decimal(chr(c))] for c in range(0x110000) if unicodedata.decimal(chr(c), None) is not None]))`
    const digits = askPython(script, []) as readonly (readonly [string, number])[]
    expect(digits.length).toBeGreaterThan(500)
    for (const [character, value] of digits)
      expect(argumentsOf([...base, `duration_seconds = 1${character}`])?.DurationSeconds, character).toBe(
        10n + BigInt(value),
      )
  })
})

describe('the text that is hashed', () => {
  it('is sorted, spaced and escaped as by Python', () => {
    expect(
      spellArguments({
        SerialNumber: '"\\/\b\f\n\r\t\u0001\u007f\u0080',
        RoleSessionName: 'J\u00e4ne 😀',
        RoleArn: 'r',
        DurationSeconds: 900n,
        ExternalId: '\u2028',
      }),
    ).toBe(
      '{"DurationSeconds": 900, "ExternalId": "\\u2028", "RoleArn": "r", "RoleSessionName": "J\\u00e4ne \\ud83d\\ude00", "SerialNumber": "\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f\\u0080"}',
    )
  })

  it.skipIf(python === undefined)('is what json.dumps of Python gives, whatever the arguments', () => {
    const script = `
import json, sys
names = ['DurationSeconds', 'ExternalId', 'RoleArn', 'RoleSessionName', 'SerialNumber']
cases = json.load(sys.stdin)
for case in cases:
    if 'DurationSeconds' in case: case['DurationSeconds'] = int(case['DurationSeconds'])
print(json.dumps([json.dumps(case, sort_keys=True) for case in cases]))`
    const text = fc.string({ unit: 'binary', maxLength: 30 })
    const cases = fc.sample(
      fc.record(
        { RoleArn: text, SerialNumber: text, RoleSessionName: text, ExternalId: text, DurationSeconds: fc.bigInt() },
        { requiredKeys: ['RoleArn'] },
      ),
      2_000,
    )
    const plain = cases.map((each) => ({
      ...each,
      ...(each.DurationSeconds === undefined ? {} : { DurationSeconds: String(each.DurationSeconds) }),
    }))
    expect(cases.map((each) => spellArguments(each))).toEqual(askPython(script, plain))
  })
})

const expiration = new Date('2026-11-21T08:58:45Z')
const credentials = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'secret/+=',
  sessionToken: 'token==',
  expiration,
}
const mark = { profiles: ['admin', 'jürgen 😀'], requestHash: '0123456789ab.0.0' }
const assumedRoleArn = 'arn:aws:sts::123456789012:assumed-role/r1/jane'

describe('an entry', () => {
  it('is written in the form of the AWS CLI, in ASCII, with a mark of ours', () => {
    const text = encodeCacheEntry({ credentials, assumedRoleArn, mark })
    expect(text).toMatch(/^[ -~]+$/)
    expect(JSON.parse(text)).toEqual({
      Credentials: {
        AccessKeyId: 'ASIAIOSFODNN7EXAMPLE',
        SecretAccessKey: 'secret/+=',
        SessionToken: 'token==',
        Expiration: '2026-11-21T08:58:45+00:00',
        AccountId: '123456789012',
      },
      AssumedRoleUser: { Arn: assumedRoleArn },
      Awsmfa: { version: 1, profiles: ['admin', 'jürgen 😀'], request: '0123456789ab.0.0' },
    })
  })

  it('is read back as it was written', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 })
    fc.assert(
      fc.property(
        fc.array(name, { minLength: 1 }),
        name,
        fc.date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2099-01-01T00:00:00Z'), noInvalidDate: true }),
        (profiles, secret, date) => {
          const entry = {
            credentials: {
              ...credentials,
              secretAccessKey: secret,
              expiration: new Date(Math.floor(date.getTime() / 1000) * 1000),
            },
            mark: { ...mark, profiles },
          }
          expect(decodeCacheEntry(encodeCacheEntry(entry))).toEqual(entry)
        },
      ),
    )
  })

  it('is damaged when it is cut short anywhere', () => {
    const text = encodeCacheEntry({ credentials, mark })
    for (let length = 0; length < text.length; length++) expect(decodeCacheEntry(text.slice(0, length))).toBeUndefined()
  })

  it('is damaged, never an exception, whatever is in the file', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(decodeCacheEntry(text)).toBeUndefined()
      }),
    )
  })

  const cliEntry = (
    change: Readonly<Record<string, unknown>>,
    around: Readonly<Record<string, unknown>> = {},
  ): string =>
    JSON.stringify({
      Credentials: {
        AccessKeyId: 'ASIAIOSFODNN7EXAMPLE',
        SecretAccessKey: 'secret/+=',
        SessionToken: 'token==',
        Expiration: '2026-11-21T08:58:45+00:00',
        ...change,
      },
      ...around,
    })

  it.each([
    '2026-11-21T08:58:45+00:00',
    '2026-11-21T08:58:45Z',
    '2026-11-21T08:58:45.000Z',
    '2026-11-21T08:58:45UTC',
    '2026-11-21 08:58:45 UTC',
    '2026-11-21 08:58:45+00:00',
    '2026-11-21T09:58:45+01:00',
    '2026-11-21T08:58:45.123456+00:00',
  ])('of another program is read with the expiration %s', (written) => {
    expect(decodeCacheEntry(cliEntry({ Expiration: written }))).toEqual({ credentials })
  })

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['no expiration', { Expiration: undefined }],
    ['an expiration without a zone', { Expiration: '2026-11-21T08:58:45' }],
    ['an expiration that is no time', { Expiration: 'tomorrow' }],
    ['an expiration that is a number', { Expiration: 1_795_000_000 }],
    ['no key id', { AccessKeyId: undefined }],
    ['an empty secret', { SecretAccessKey: '' }],
    ['a session token that is null', { SessionToken: null }],
  ])('is damaged with %s', (_, change) => {
    expect(decodeCacheEntry(cliEntry(change))).toBeUndefined()
  })

  it.each([
    ['no mark', {}],
    ['a mark of another version', { Awsmfa: { version: 2, profiles: ['admin'], request: '0' } }],
    ['a mark without profiles', { Awsmfa: { version: 1, profiles: [], request: '0' } }],
    ['a mark that is a text', { Awsmfa: 'admin' }],
  ])('with %s is somebody else’s', (_, around) => {
    expect(decodeCacheEntry(cliEntry({}, around))).toEqual({ credentials })
  })
})

describe('the time for which an entry keeps its readers from asking', () => {
  it.each([
    ['an hour before the end', '2026-11-21T07:58:45Z', true],
    ['15 minutes before the end', '2026-11-21T08:43:45Z', true],
    ['a second later', '2026-11-21T08:43:46Z', false],
    ['after the end', '2026-11-21T09:00:00Z', false],
    ['12 hours before the end', '2026-11-20T20:58:45Z', true],
    ['days before the end, which no role session has', '2026-11-18T08:58:45Z', false],
  ])('%s: %s', (_, now, expected) => {
    expect(isCacheEntryUsable(expiration, new Date(now))).toBe(expected)
  })

  it('ends 15 minutes before the session', () => {
    expect(promptFreeUntil(expiration)).toEqual(new Date('2026-11-21T08:43:45Z'))
  })
})
