/** Profiles by name and pattern on the command line. */
import { describe, expect, it } from 'vitest'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import type { Profiles } from '../../src/model/profile.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import { expandProfiles } from '../../src/aws-files/profiles.ts'

const names = [
  'base',
  'base-long-term',
  'dev-a',
  'dev-b',
  'dev.c',
  'prod',
  'x*y',
  'lonely-long-term',
  '[odd]',
  'jürgen 😀',
]
const longTerm = '[x]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n'
const view = readProfiles({ credentials: longTerm, config: '' }).find('x')
const profiles: Profiles = {
  names: () => names,
  find: (name) => (name.endsWith('-long-term') ? view : undefined),
}
const expand = (...words: readonly string[]): unknown =>
  expandProfiles(words, { profiles, paths: { config: 'config', credentials: 'credentials' } })

describe('the profiles that words mean', () => {
  it.each<[string, readonly string[], readonly string[], boolean]>([
    ['a name', ['prod'], ['prod'], false],
    ['a name that is nowhere, which resolving will refuse', ['nowhere'], ['nowhere'], false],
    ['a name twice', ['prod', 'base', 'prod'], ['prod', 'base'], false],
    ['a pattern', ['dev-*'], ['dev-a', 'dev-b'], true],
    ['one character', ['dev-?'], ['dev-a', 'dev-b'], true],
    ['a dot that is a dot', ['dev.*'], ['dev.c'], true],
    ['a pattern and a name that it fits', ['dev-b', 'dev-*'], ['dev-b', 'dev-a'], true],
    [
      'everything but long-term credentials',
      ['*'],
      ['base', 'dev-a', 'dev-b', 'dev.c', 'prod', 'x*y', '[odd]', 'jürgen 😀'],
      true,
    ],
    ['long-term credentials by name, which resolving will refuse', ['lonely-long-term'], ['lonely-long-term'], false],
    ['a name that looks like a pattern', ['x*y'], ['x*y'], false],
    ['brackets, which are themselves', ['[*'], ['[odd]'], true],
    ['one character beyond the basic plane', ['jürgen ?'], ['jürgen 😀'], true],
    ['nothing', [], [], false],
  ])('%s', (_, words, expected, byPattern) => {
    expect(expand(...words)).toEqual({ profiles: expected, byPattern, isList: byPattern || expected.length > 1 })
  })

  it('refuses a pattern that fits nothing, naming the nearest', () => {
    const failure = {
      code: 'PROFILE_NOT_FOUND',
      profile: 'prode*',
      origin: { kind: 'flag', flag: 'profile' },
      paths: ['config', 'credentials'],
      nearest: 'prod',
      other: 'base',
    }
    try {
      expand('prode*')
    } catch (error) {
      expect(error).toBeInstanceOf(AwsmfaError)
      expect((error as AwsmfaError).failure).toEqual(failure)
    }
    expect.assertions(2)
  })
})
