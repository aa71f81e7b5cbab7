/**
 * A session that is for a program alone: no key that sends tools elsewhere prevents it, and a role profile is its
 * role.
 */
import { describe, expect, it } from 'vitest'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import { resolveLogin } from '../../src/login/resolve.ts'
import type { LoginResolution } from '../../src/login/resolution.ts'

const KEYS =
  'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n'
const ROLE = 'arn:aws:iam::222222222222:role/Admin'

function resolve(profile: string, credentials: string, config: string): LoginResolution {
  return resolveLogin({
    invocation: { command: 'login', positionals: [], options: { profile } },
    environment: {},
    profiles: readProfiles({ credentials, config }),
    paths: { credentials: 'credentials', config: 'config' },
    defaults: {},
    config: '',
    isWindows: false,
    readFile: () => '',
    forProgram: true,
  })
}

describe('for a program', () => {
  it.each([
    [
      'on long-term keys',
      `[base]\n${KEYS}`,
      `[profile admin]\nrole_arn = ${ROLE}\nsource_profile = base\n`,
      ['admin', 'base'],
    ],
    [
      'on a profile that login signs in',
      `[base-long-term]\n${KEYS}`,
      `[profile base]\n[profile admin]\nrole_arn = ${ROLE}\nsource_profile = base\n`,
      ['admin', 'base', 'base-long-term'],
    ],
    ['on itself', `[admin]\n${KEYS}`, `[profile admin]\nrole_arn = ${ROLE}\nsource_profile = admin\n`, ['admin']],
  ])('a role profile %s is its role, and goes nowhere', (_, credentials, config, path) => {
    const resolution = resolve('admin', credentials, config)
    expect(resolution).toMatchObject({ storeProfile: 'admin', storeIn: 'nowhere', path, notes: [] })
    expect(resolution.roles.map(({ roleArn }) => roleArn.value)).toEqual([ROLE])
  })

  it('the keys may come from a process of the profile itself', () => {
    const resolution = resolve('vault', '', '[profile vault]\ncredential_process = pass-keys vault\n')
    expect(resolution).toMatchObject({ storeIn: 'nowhere', longTerm: { kind: 'process', command: 'pass-keys vault' } })
  })

  it('a profile without long-term keys is refused for that alone', () => {
    expect(() => resolve('sso', '', '[profile sso]\nsso_session = corp\n')).toThrow('LONG_TERM_CREDENTIALS_MISSING')
  })
})
