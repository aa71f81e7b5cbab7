/** The profiles of both files, as AWS tools read them. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readProfiles, snapshotsOf } from '../../src/aws-files/profiles.ts'
import { failureOf } from '../support/failure-of.ts'

test.each(['\xff\xfe[\0d\0', '\xfe\xff\0[\0d'])('a file in UTF-16 is refused, either file', (text) => {
  const [file, other] = [
    { path: '/home/alice/.aws/x', text, exists: true },
    { path: '/home/alice/.aws/y', text: '', exists: false },
  ]
  const failure = { code: 'FILE_ENCODING_UNSUPPORTED', place: { path: file.path } }
  expect(failureOf(() => snapshotsOf({ credentials: file, config: other }))).toEqual(failure)
  expect(failureOf(() => snapshotsOf({ credentials: other, config: file }))).toEqual(failure)
})

describe('the names of profiles', () => {
  test.each([
    { what: 'nothing', credentials: '', config: '', names: [] },
    {
      what: 'credentials first, each once',
      credentials: '[b]\n[a]\n',
      config: '[profile c]\n[profile a]\n[default]\n',
      names: ['b', 'a', 'c', 'default'],
    },
    {
      what: 'every spelling in config',
      credentials: '',
      config:
        '[profile a]\n[profile\tb]\n[profile  c]\n[profile "d"]\n[profile \'e\']\n[profile f ]\n[ profile g ]\n[profile my prof]\n[profile "your prof"] # c\n',
      names: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'my prof', 'your prof'],
    },
    { what: 'bare sections in config', credentials: '', config: '[a]\n[profile b]\n', names: ['a', 'b'] },
    {
      what: 'what is no profile',
      credentials: '[DEFAULT]\n[profile x]\n[]\n',
      config: '[sso-session s]\n[services s]\n[plugins]\n[preview]\n[DEFAULT]\n[login-session x]\n',
      names: [],
    },
    {
      what: 'a profile of the name profile',
      credentials: '[profile]\n[profiles]\n',
      config: '',
      names: ['profile', 'profiles'],
    },
    {
      what: 'names beyond ASCII',
      credentials: '[caf\xc3\xa9]\n[caf\xe8]\n',
      config: '[profile \xf0\x9f\x94\x91]\n',
      names: ['café', 'caf\xe8', '🔑'],
    },
    {
      what: 'dangerous names',
      credentials: '[__proto__]\n[constructor]\n',
      config: '[profile toString]\n',
      names: ['__proto__', 'constructor', 'toString'],
    },
  ])('$what', ({ credentials, config, names }) => {
    const profiles = readProfiles({ credentials, config })
    expect(profiles.names()).toEqual(names)
    expect(names.map((name) => profiles.find(name)?.name)).toEqual(names)
  })

  test.each(['nowhere', '__proto__', 'constructor', 'DEFAULT', '', 'profile a'])('there is no profile %j', (name) => {
    expect(
      readProfiles({ credentials: '[a]\n[DEFAULT]\n[profile a]\n', config: '[profile b]\n' }).find(name),
    ).toBeUndefined()
  })
})

describe('a profile', () => {
  const profiles = readProfiles({
    credentials: '# c\n[both]\nRegion = one\naws_access_key_id = AKIA\n[twice]\nk = 1\nl = 1\n[twice]\nk = 2\n',
    config:
      '[profile both]\nregion = two\noutput = json\ns3 =\n  a = 1\n[bare]\nx = caf\xc3\xa9 # c\n[profile long]\nrole_arn = a\n  b\n',
  })

  test('merges its two sections; credentials override config', () => {
    const both = profiles.find('both')
    expect(both?.get('region')).toEqual({ value: 'one', file: 'credentials', line: 3 })
    expect(both?.getFrom('config', 'region')).toEqual({ value: 'two', file: 'config', line: 2 })
    expect(both?.get('output')).toEqual({ value: 'json', file: 'config', line: 3 })
    expect(both?.getFrom('config', 'aws_access_key_id')).toBeUndefined()
    expect(both?.get('constructor')).toBeUndefined()
    expect(both?.get('a')).toBeUndefined()
    expect(both?.keys()).toEqual(['region', 'aws_access_key_id', 'output', 's3'])
    expect(both?.lines).toEqual({ credentials: 2, config: 1 })
    expect(both?.configForm).toBe('standard')
  })

  test('that is twice in a file merges both; the last value wins', () => {
    const twice = profiles.find('twice')
    expect([twice?.get('k')?.value, twice?.get('l')?.value, twice?.lines, twice?.configForm]).toEqual([
      '2',
      '1',
      { credentials: 5 },
      undefined,
    ])
  })

  test('has its values unchanged, decoded', () => {
    expect(profiles.find('bare')?.get('x')).toEqual({ value: 'café # c', file: 'config', line: 7 })
    expect(profiles.find('bare')?.configForm).toBe('bare')
    expect(profiles.find('long')?.get('role_arn')?.value).toBe('a\nb')
  })

  test.each([
    { config: '[default]\nk = 1\n[profile default]\nl = 2\n', keys: ['l'] },
    { config: '[profile default]\nl = 2\n[default]\nk = 1\n', keys: ['l'] },
    { config: '[default]\nk = 1\n', keys: ['k'] },
    { config: '[x]\nk = 1\n[profile x]\nl = 2\n', keys: ['l'], name: 'x' },
  ])('$config is read as most tools read it', ({ config, keys, name = 'default' }) => {
    const profile = readProfiles({ credentials: '', config }).find(name)
    expect(profile?.keys()).toEqual(keys)
    expect(profile?.configForm).toBe('standard')
  })
})

test('any bytes can be read, and every name is found, by search and by index', () => {
  const bytes = fc.string({
    unit: fc.constantFrom('[', ']', 'profile ', '"', '=', '\n', '\r', '\0', 'a', '\xc3', '\xa9', ' '),
  })
  fc.assert(
    fc.property(bytes, bytes, (credentials, config) => {
      const profiles = readProfiles({ credentials, config })
      for (const name of [...profiles.names(), 'a', 'a\xe9', '\xc3\xa9', 'é', 'profile']) {
        const searched = readProfiles({ credentials, config }).find(name)
        for (let count = 0; count < 10; count++) profiles.find('a')
        const indexed = profiles.find(name)
        expect([indexed?.keys(), indexed?.lines]).toEqual([searched?.keys(), searched?.lines])
        expect(searched === undefined).toBe(!profiles.names().includes(name))
      }
    }),
    { numRuns: 500 },
  )
})
