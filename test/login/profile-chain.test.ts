/** The chain of source profiles, from the profile to its long-term credentials. */
import { describe, expect, it, test } from 'vitest'
import { PATHS, failureOf, resolve } from './resolve.ts'
import type { Case } from './resolve.ts'

const keys = (name: string, id = 'AKIAIOSFODNN7EXAMPLE'): string =>
  `[${name}]\naws_access_key_id = ${id}\naws_secret_access_key = secret\n`
const session = (name: string): string =>
  `[${name}]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\naws_session_token = t\n`
const other = 'AKIAI44QH8DHBEXAMPLE'

/** The path of the walk and where the keys stand, as `a → b: credentials 2`. */
function walkOf(given: Case): string {
  const { path, longTerm } = resolve(given)
  const place =
    longTerm.kind === 'environment'
      ? 'environment'
      : `${longTerm.kind} ${longTerm.profile} ${longTerm.place.path === PATHS.config ? 'config' : 'credentials'} ${longTerm.place.line ?? 0}`
  return `${path.join(' → ')}: ${place}`
}

describe('the walk ends at the long-term credentials', () => {
  test.each<[string, Case, string]>([
    ['in the profile itself', { credentials: keys('work') }, 'work: static work credentials 2'],
    ['in config', { config: keys('profile work') }, 'work: static work config 2'],
    ['in a bare section of config', { config: keys('work') }, 'work: static work config 2'],
    [
      'by the profile’s own suffix',
      { credentials: keys('work-long-term') },
      'work → work-long-term: static work-long-term credentials 2',
    ],
    [
      'by every other suffix',
      { credentials: `[work]\n${keys('work-permanent')}` },
      'work → work-permanent: static work-permanent credentials 3',
    ],
    [
      'past a session',
      { credentials: session('work') + keys('workPerm') },
      'work → workPerm: static workPerm credentials 6',
    ],
    [
      'by source_profile',
      { credentials: keys('base'), config: '[profile work]\nsource_profile = base\n' },
      'work → base: static base credentials 2',
    ],
    [
      'by awsmfa_source_profile before source_profile',
      {
        credentials: keys('a') + keys('b', other),
        config: '[profile work]\nsource_profile = a\nawsmfa_source_profile = b\n',
      },
      'work → b: static b credentials 5',
    ],
    [
      'by _source_profile',
      { credentials: keys('base'), config: '[profile work]\n_source_profile = base\n' },
      'work → base: static base credentials 2',
    ],
    [
      'by a flag before any key',
      {
        credentials: keys('a') + keys('b', other),
        config: '[profile work]\nsource_profile = a\n',
        options: { sourceProfile: 'b' },
      },
      'work → b: static b credentials 5',
    ],
    [
      'for a profile that does not exist yet',
      { credentials: keys('base'), options: { sourceProfile: 'base' } },
      'work → base: static base credentials 2',
    ],
    [
      'by a suffix of the named source',
      { credentials: keys('base-long-term'), config: '[profile work]\nsource_profile = base\n' },
      'work → base → base-long-term: static base-long-term credentials 2',
    ],
    [
      'by a suffix of a source that holds a session',
      { credentials: session('base') + keys('base-long-term'), config: '[profile work]\nsource_profile = base\n' },
      'work → base → base-long-term: static base-long-term credentials 6',
    ],
    [
      'through several sources',
      {
        credentials: keys('c'),
        config:
          '[profile work]\nsource_profile = a\n[profile a]\nsource_profile = b\n[profile b]\nsource_profile = c\n',
      },
      'work → a → b → c: static c credentials 2',
    ],
    [
      'with two suffixes of one key',
      { credentials: keys('work-long-term') + keys('workPerm') },
      'work → work-long-term: static work-long-term credentials 2',
    ],
    [
      'by a credential process',
      { config: '[profile work]\nsource_profile = base\n[profile base]\ncredential_process = get-keys base\n' },
      'work → base: process base config 4',
    ],
    [
      'at static keys rather than a process',
      {
        config: '[profile work]\nsource_profile = base\n[profile base]\ncredential_process = x\n',
        credentials: keys('base'),
      },
      'work → base: static base credentials 2',
    ],
    [
      'past a process that is awsmfa itself',
      {
        config:
          '[profile work]\nsource_profile = base\n[profile base]\ncredential_process = /usr/bin/node "/opt/awsmfa.cjs" credential-process --profile base\n',
        credentials: keys('base-long-term'),
      },
      'work → base → base-long-term: static base-long-term credentials 2',
    ],
    [
      'in the profile that is its own source',
      { credentials: keys('work'), config: '[profile work]\nsource_profile = work\n' },
      'work: static work credentials 2',
    ],
    [
      'by an own suffix when the named source leads nowhere',
      { credentials: keys('workPerm'), config: '[work]\nsource_profile = x\n[x]\nregion = y\n' },
      'work → x → workPerm: static workPerm credentials 2',
    ],
    [
      'at an AKIA key, whatever old session token was left beside it',
      { credentials: `${keys('work')}aws_session_token = old\n` },
      'work: static work credentials 2',
    ],
    [
      'in the credentials file, whatever is in config',
      { credentials: keys('work'), config: '[profile work]\naws_session_token = old\n' },
      'work: static work credentials 2',
    ],
    [
      'in the environment',
      {
        options: { sourceEnv: true },
        environment: { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: '' },
      },
      'work: environment',
    ],
  ])('%s', (_, given, expected) => expect(walkOf({ profile: 'work', ...given })).toBe(expected))

  it('takes the whole key pair from one file', () => {
    const { longTerm } = resolve({
      profile: 'work',
      credentials: keys('work'),
      config: '[profile work]\naws_access_key_id = other\n',
    })
    expect(longTerm).toEqual({
      kind: 'static',
      profile: 'work',
      place: { path: PATHS.credentials, line: 2 },
      credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' },
    })
  })

  it('tells that the profile’s own suffix was used', () => {
    expect(resolve({ profile: 'work', credentials: keys('work-long-term') }).notes).toEqual([
      { kind: 'own-suffix', profile: 'work', source: 'work-long-term' },
    ])
    expect(
      resolve({ profile: 'work', credentials: keys('base-long-term'), options: { sourceProfile: 'base' } }).notes,
    ).toEqual([])
  })
})

describe('a walk that cannot end says why', () => {
  const paths = [PATHS.config, PATHS.credentials]
  const profileFile = (profile: string, line: number, key = 'source_profile'): object => ({
    kind: 'file',
    file: 'config',
    profile,
    key,
    line,
  })
  test.each<[string, Case, object]>([
    [
      'a profile that is nowhere',
      { profile: 'prdo', credentials: keys('prod') },
      {
        code: 'PROFILE_NOT_FOUND',
        profile: 'prdo',
        origin: { kind: 'flag', flag: 'profile' },
        paths,
        nearest: 'prod',
        other: 'prod',
      },
    ],
    ['no profile at all', {}, { code: 'PROFILE_NOT_FOUND', profile: 'default', origin: { kind: 'default' }, paths }],
    [
      'a variable with an unknown name',
      { environment: { AWS_PROFILE: 'x' } },
      { code: 'PROFILE_NOT_FOUND', profile: 'x', origin: { kind: 'environment', variable: 'AWS_PROFILE' }, paths },
    ],
    [
      'a source that is nowhere',
      { profile: 'work', credentials: keys('base'), config: '[profile work]\nsource_profile = bsae\n' },
      {
        code: 'SOURCE_PROFILE_NOT_FOUND',
        profile: 'work',
        source: 'bsae',
        origin: profileFile('work', 2),
        paths,
        nearest: 'base',
      },
    ],
    [
      'a source with a comment that counts as its name',
      { profile: 'work', credentials: keys('base'), config: '[profile work]\nsource_profile = base   ; comment\n' },
      {
        code: 'SOURCE_PROFILE_NOT_FOUND',
        profile: 'work',
        source: 'base   ; comment',
        origin: profileFile('work', 2),
        paths,
        nearest: 'base',
      },
    ],
    [
      'a flag with an unknown source',
      { profile: 'work', credentials: keys('base'), options: { sourceProfile: 'bas' } },
      {
        code: 'SOURCE_PROFILE_NOT_FOUND',
        profile: 'work',
        source: 'bas',
        origin: { kind: 'flag', flag: '--source-profile' },
        paths,
        nearest: 'base',
      },
    ],
    [
      'a circle',
      {
        profile: 'a',
        config: '[profile a]\nsource_profile = b\n[profile b]\nsource_profile = c\n[profile c]\nsource_profile = a\n',
      },
      { code: 'SOURCE_PROFILE_CYCLE', path: ['a', 'b', 'c', 'a'] },
    ],
    [
      'a source that names itself and has nothing',
      { profile: 'a', config: '[profile a]\nsource_profile = b\n[profile b]\nsource_profile = b\n' },
      { code: 'SOURCE_PROFILE_CYCLE', path: ['a', 'b', 'b'] },
    ],
    [
      'two suffixes with different keys',
      { profile: 'work', credentials: keys('work-long-term') + keys('workPerm', other) },
      {
        code: 'SOURCE_PROFILE_AMBIGUOUS',
        profile: 'work',
        candidates: [
          { profile: 'work-long-term', place: { path: PATHS.credentials, line: 2 } },
          { profile: 'workPerm', place: { path: PATHS.credentials, line: 5 } },
        ],
      },
    ],
    [
      'a session and nothing else',
      { profile: 'work', credentials: session('work') },
      {
        code: 'LONG_TERM_CREDENTIALS_MISSING',
        profile: 'work',
        path: ['work'],
        lookedFor: ['work-long-term', 'workPerm', 'workPermanent', 'work-perm', 'work-permanent'],
        sessionAt: { path: PATHS.credentials, line: 4 },
      },
    ],
    [
      'half a pair',
      { profile: 'work', credentials: '[work]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n' },
      {
        code: 'LONG_TERM_CREDENTIALS_INCOMPLETE',
        profile: 'work',
        missing: 'aws_secret_access_key',
        place: { path: PATHS.credentials, line: 2 },
      },
    ],
    [
      'a pair of which each file has a half',
      {
        profile: 'work',
        credentials: '[work]\naws_secret_access_key = s\n',
        config: '[profile work]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n',
      },
      {
        code: 'LONG_TERM_CREDENTIALS_INCOMPLETE',
        profile: 'work',
        missing: 'aws_access_key_id',
        place: { path: PATHS.credentials, line: 2 },
      },
    ],
    [
      'no variables',
      { profile: 'work', options: { sourceEnv: true } },
      {
        code: 'LONG_TERM_VARIABLES_MISSING',
        missing: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
        sessionTokenSet: false,
      },
    ],
    [
      'the variables of a session',
      {
        profile: 'work',
        options: { sourceEnv: true },
        environment: { AWS_ACCESS_KEY_ID: 'ASIA', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' },
      },
      { code: 'LONG_TERM_VARIABLES_MISSING', missing: [], sessionTokenSet: true },
    ],
    [
      'a name with a line end',
      { environment: { AWS_PROFILE: 'x]\n[default' } },
      {
        code: 'TEXT_REFUSED',
        what: 'profile name',
        text: 'x]\n[default',
        defect: 'control-character',
        origin: { kind: 'environment', variable: 'AWS_PROFILE' },
      },
    ],
  ])('%s', (_, given, failure) => expect(failureOf(() => resolve(given))).toEqual(failure))
})
