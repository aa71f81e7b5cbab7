/** Writing sessions to the caches of the AWS CLI and botocore. */
import { describe, expect, it } from 'vitest'
import { AwsmfaError } from '../../src/model/failure.ts'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import type { AwsCacheFinding } from '../../src/sessions/aws-cache-entry.ts'
import type { AwsCache, AwsCacheWrite } from '../../src/sessions/aws-cache.ts'
import { fillAwsCaches } from '../../src/login/store-session.ts'
import { NOW, sessionOf } from '../support/fake-effects.ts'
import { roleStep } from '../support/login-builders.ts'

const ROLE = 'arn:aws:iam::222222222222:role'
const profiles = readProfiles({
  credentials: '',
  config: `[profile admin]\nrole_arn = ${ROLE}/Admin\nsource_profile = base\n[profile deep]\nrole_arn = ${ROLE}/Deep\nsource_profile = admin\n`,
})
const roles = ['admin', 'deep'].map((profile) => roleStep('', { profile }))
const role = {
  profile: 'deep',
  roles,
  hops: [sessionOf('ASIAADMIN', 3600), sessionOf('ASIADEEP', 3600)],
  requestHash: 'a',
  renew: false,
  minTtlSeconds: 0,
}
const foreign: AwsCacheFinding = { kind: 'entry', entry: { credentials: sessionOf('ASIAOTHER', 1200).credentials } }

function fakeAwsCache(
  finding: AwsCacheFinding = { kind: 'none' },
  refusal?: Error,
): AwsCache & { readonly written: readonly string[] } {
  const written: string[] = []
  const storeFor = ({ RoleArn }: { readonly RoleArn: string }, { profile, credentials }: AwsCacheWrite): void => {
    if (refusal !== undefined) throw refusal
    written.push(`${RoleArn.replace(`${ROLE}/`, '')} for ${profile}: ${credentials.accessKeyId}`)
  }
  return {
    source: 'cli-cache',
    written,
    findFor: () => finding,
    storeFor,
    preflight: () => undefined,
    pathFor: () => '/x',
    managedProfiles: () => [],
    remove: () => ({ removals: [], warnings: [] }),
  }
}

describe('filling the caches of the AWS CLI and botocore', () => {
  it('puts every role of a chain in, in the name of its own profile and of the one that is signed in', () => {
    const cache = fakeAwsCache()
    expect(fillAwsCaches(role, profiles, [cache], () => NOW)).toEqual([])
    expect(cache.written).toEqual([
      'Admin for deep: ASIAADMIN',
      'Admin for admin: ASIAADMIN',
      'Deep for deep: ASIADEEP',
    ])
  })

  it.each([
    [false, 0],
    [true, 3],
  ])('with renewal asked %s writes %i times over what another program made and still does', (renew, times) => {
    const cache = fakeAwsCache(foreign)
    fillAwsCaches({ ...role, renew }, profiles, [cache], () => NOW)
    expect(cache.written).toHaveLength(times)
  })

  it.each([
    [900, 0],
    [1200, 1],
  ])('for at least %i s writes %i times over another program’s entry of 1200 s for the last role', (seconds, times) => {
    const cache = fakeAwsCache(foreign)
    fillAwsCaches({ ...role, minTtlSeconds: seconds }, profiles, [cache], () => NOW)
    expect(cache.written).toHaveLength(times)
  })

  it('tells of a cache that refuses, and throws where all do', () => {
    const refusal = new AwsmfaError({
      code: 'FILE_NOT_WRITABLE',
      place: { path: '/x' },
      errno: 'EACCES',
      step: 'stage',
    })
    expect(fillAwsCaches(role, profiles, [fakeAwsCache({ kind: 'none' }, refusal), fakeAwsCache()], () => NOW)).toEqual(
      [{ source: 'cli-cache', error: refusal }],
    )
    expect(() => fillAwsCaches(role, profiles, [fakeAwsCache({ kind: 'none' }, refusal)], () => NOW)).toThrow(refusal)
  })
})
