/** The profiles that awsmfa can sign in. */
import { describe, expect, it } from 'vitest'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import type { Invocation } from '../../src/command-line/table.ts'
import { canBeSignedIn, findCandidates, findChoices } from '../../src/login/targets.ts'
import { isProfileUnnamed } from '../../src/login/targets.ts'
import type { CandidateInput } from '../../src/login/targets.ts'
import { PATHS } from './resolve.ts'

const KEYS =
  'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n'
const SERIAL = 'arn:aws:iam::111111111111:mfa/alice'

interface Given {
  readonly credentials?: string
  readonly config?: string
  readonly options?: Invocation['options']
  readonly tail?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly records?: CandidateInput['records']
}

function input({
  credentials = '',
  config = '',
  options = {},
  tail,
  environment = {},
  records = [],
}: Given): CandidateInput {
  return {
    invocation: { command: 'login', positionals: [], options, ...(tail === undefined ? {} : { tail }) },
    environment,
    profiles: readProfiles({ credentials, config }),
    paths: PATHS,
    config,
    defaults: {},
    readFile: () => '',
    isWindows: false,
    records,
  }
}

/** What login leaves of a session; nothing of it is looked at but whose it is and when it ends. */
function session(name: string, expiration: string): string {
  return `[${name}]\naws_access_key_id = ASIAIOSFODNN7${name.toUpperCase()}\naws_secret_access_key = x\naws_session_token = y\nexpiration = ${expiration}\nmanager = awsmfa\nawsmfa_state = 1:ASIAIOSFODNN7${name.toUpperCase()}:s:0123456789abcdef\n`
}

describe('whether a profile is named', () => {
  it.each<[string, Given, boolean]>([
    ['by nothing', {}, true],
    ['by --profile', { options: { profile: 'a' } }, false],
    ['by AWS_PROFILE', { environment: { AWS_PROFILE: 'a' } }, false],
    ['by AWS_DEFAULT_PROFILE', { environment: { AWS_DEFAULT_PROFILE: 'a' } }, false],
    ['by an empty AWS_PROFILE, which counts as unset', { environment: { AWS_PROFILE: '' } }, true],
    ['by --profile after --', { tail: ['--profile', 'a'] }, false],
    ['by --profile after --, shortened', { tail: ['--prof=a'] }, false],
  ])('%s', (_, given, unnamed) => {
    expect(isProfileUnnamed(input(given))).toBe(unnamed)
  })
})

describe('whether default can be signed in', () => {
  it.each<[string, Given, boolean]>([
    ['with long-term keys of its own name', { credentials: `[default-long-term]\n${KEYS}` }, true],
    [
      'with a source',
      { credentials: `[base-long-term]\n${KEYS}`, config: '[default]\nawsmfa_source_profile = base-long-term\n' },
      true,
    ],
    [
      'not where it holds the long-term keys, which a session would destroy',
      { credentials: `[default]\n${KEYS}` },
      false,
    ],
    ['not where it is nowhere', { credentials: `[work-long-term]\n${KEYS}` }, false],
    [
      'not where it has settings alone',
      { config: '[default]\nregion = eu-west-1\n', credentials: `[work-long-term]\n${KEYS}` },
      false,
    ],
    [
      'not where tools would go by something else',
      { credentials: `[default-long-term]\n${KEYS}`, config: '[default]\nsso_session = x\n' },
      false,
    ],
  ])('%s', (_, given, can) => {
    expect(canBeSignedIn('default', input(given))).toBe(can)
  })
})

describe('the profiles that can be signed in', () => {
  it.each<[string, Given, readonly string[]]>([
    [
      'in the order of the files, none of them the keys',
      { credentials: `[b-long-term]\n${KEYS}[a-long-term]\n${KEYS}`, config: '[profile a]\nregion = eu-west-1\n' },
      ['a', 'b'],
    ],
    [
      'the profile that has the session for its roles',
      {
        credentials: `[base-long-term]\n${KEYS}`,
        config: `[profile admin]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = base\n[profile base]\nregion = eu-west-1\n`,
      },
      ['base'],
    ],
    [
      'a role whose session goes into caches',
      {
        credentials: `[keys]\n${KEYS}`,
        config: `[profile admin]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = keys\nmfa_serial = ${SERIAL}\n`,
      },
      ['admin'],
    ],
    ['none where there are no keys', { config: '[profile a]\nregion = eu-west-1\n' }, []],
    [
      'none for which the rest of the line makes no sense',
      { credentials: `[a-long-term]\n${KEYS}`, tail: ['--zzz'] },
      [],
    ],
    [
      'without what goes round in a circle',
      {
        credentials: `[a-long-term]\n${KEYS}`,
        config: '[profile x]\nsource_profile = y\n[profile y]\nsource_profile = x\n',
      },
      ['a'],
    ],
  ])('%s', (_, given, names) => {
    expect(findCandidates(input(given))).toEqual(names)
  })

  it('starts with the last sign-ins, by the cache or by the session in the credentials file', () => {
    const credentials =
      ['a', 'b', 'c', 'd'].map((name) => `[${name}-long-term]\n${KEYS}`).join('') +
      session('b', '2026-11-20T20:00:00Z') +
      session('d', '2026-11-19T20:00:00Z')
    const records = [
      { profiles: ['c', 'x'], createdAt: new Date('2026-11-21T08:00:00Z') },
      { profiles: ['d'], createdAt: new Date('2026-11-20T07:00:00Z') },
    ]
    expect(findCandidates(input({ credentials, records }))).toEqual(['c', 'b', 'd', 'a'])
  })

  it('lists role profiles that had a session of their own last first', () => {
    const config = ['one', 'two', 'three']
      .map(
        (name) =>
          `[profile ${name}]\nrole_arn = arn:aws:iam::222222222222:role/${name}\nsource_profile = base\nmfa_serial = ${SERIAL}\n`,
      )
      .join('')
    const records = [
      { profiles: ['base', 'three'], createdAt: new Date('2026-11-21T08:00:00Z') },
      { profiles: ['base', 'two'], createdAt: new Date('2026-11-21T09:00:00Z') },
    ]
    const choices = findChoices(input({ credentials: `[base-long-term]\n${KEYS}`, config, records }))
    expect(choices.map(({ target }) => target.value).filter((name) => name !== 'base')).toEqual(['two', 'three', 'one'])
  })
})
