/** The session that the credentials file or cache has for a profile. */
import { expect, test } from 'vitest'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import type { AwsCacheFinding } from '../../src/sessions/aws-cache-entry.ts'
import { createCachedSessionReader } from '../../src/sessions/session-cache.ts'
import { findCurrentSession } from '../../src/sessions/status.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const at = (minutes: number): string => new Date(NOW.getTime() + minutes * 60_000).toISOString().replace('.000', '')

const session = (name: string, minutes?: number, key = `ASIA${name.toUpperCase().padEnd(16, 'X')}`): string =>
  `[${name}]\naws_access_key_id = ${key}\naws_secret_access_key = ${name} secret\naws_session_token = ${name} token\n${minutes === undefined ? '' : `x_security_token_expires = ${at(minutes)}\n`}`
const given = (name: string, minutes?: number): object => ({
  accessKeyId: `ASIA${name.toUpperCase().padEnd(16, 'X')}`,
  secretAccessKey: `${name} secret`,
  sessionToken: `${name} token`,
  expiration: minutes === undefined ? undefined : new Date(at(minutes)),
})
const ADMIN = '[profile admin]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = base\n'
const CHAIN = `${ADMIN}[profile far]\nrole_arn = arn:aws:iam::333333333333:role/Far\nsource_profile = admin\n`

interface World {
  readonly credentials?: string
  readonly config?: string
  readonly minimumSeconds?: number
  readonly cached?: readonly number[]
}

function find(
  name: string,
  { credentials = '', config = '', minimumSeconds = 0, cached = [] }: World,
): ReturnType<typeof findCurrentSession> {
  const awsCaches = cached.map((minutes) => ({
    source: 'cli-cache' as const,
    findFor: (): AwsCacheFinding => ({
      kind: 'entry',
      entry: {
        credentials: {
          accessKeyId: `ASIA${minutes}`,
          secretAccessKey: 's',
          sessionToken: 't',
          expiration: new Date(at(minutes)),
        },
      },
    }),
  }))
  const cachedSessionOf = createCachedSessionReader({ awsCaches, records: () => [], identityOf: () => undefined })
  const profiles = readProfiles({ credentials, config })
  return findCurrentSession(name, { profiles, cachedSessionOf, now: NOW, minimumSeconds })
}

test.each<[string, string, World, object]>([
  [
    'the session of its section',
    'work',
    { credentials: session('work', 30) },
    { kind: 'session', session: given('work', 30) },
  ],
  [
    'one of which nothing says when it ends',
    'work',
    { credentials: session('work') },
    { kind: 'session', session: given('work') },
  ],
  [
    'but not where a minimum is asked for',
    'work',
    { credentials: session('work'), minimumSeconds: 60 },
    { kind: 'none' },
  ],
  [
    'one with exactly the minimum left',
    'work',
    { credentials: session('work', 30), minimumSeconds: 1800 },
    { kind: 'session', session: given('work', 30) },
  ],
  [
    'none with less, and its end',
    'work',
    { credentials: session('work', 30), minimumSeconds: 1801 },
    { kind: 'none', expiration: new Date(at(30)) },
  ],
  ['none that has ended', 'work', { credentials: session('work', 0) }, { kind: 'none', expiration: new Date(at(0)) }],
  [
    'none for long-term keys',
    'work',
    { credentials: '[work]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n' },
    { kind: 'none' },
  ],
  [
    'none for long-term keys over an old token',
    'work',
    { credentials: session('work', 30, 'AKIAIOSFODNN7EXAMPLE') },
    { kind: 'none' },
  ],
  [
    'none for half a session',
    'work',
    { credentials: '[work]\naws_access_key_id = ASIAQQQQQQQQQQQQEXPL\naws_session_token = t\n' },
    { kind: 'none' },
  ],
  [
    'the token under its old name',
    'work',
    {
      credentials:
        '[work]\naws_access_key_id = ASIAQQQQQQQQQQQQEXPL\naws_secret_access_key = s\naws_security_token = t\n',
    },
    {
      kind: 'session',
      session: { accessKeyId: 'ASIAQQQQQQQQQQQQEXPL', secretAccessKey: 's', sessionToken: 't', expiration: undefined },
    },
  ],
  ['none for a profile that is nowhere', 'work', {}, { kind: 'none' }],
  [
    'a role through its source',
    'admin',
    { credentials: session('base', 1), config: ADMIN, minimumSeconds: 3600 },
    { kind: 'through', path: ['admin', 'base'], session: given('base', 1) },
  ],
  [
    'a role through a source of unknown end',
    'admin',
    { credentials: session('base'), config: ADMIN, minimumSeconds: 3600 },
    { kind: 'through', path: ['admin', 'base'], session: given('base') },
  ],
  [
    'a role through a role',
    'far',
    { credentials: session('base', 30), config: CHAIN },
    { kind: 'through', path: ['far', 'admin', 'base'], session: given('base', 30) },
  ],
  [
    'a role whose own section holds a session that tools pass over',
    'admin',
    { credentials: session('admin', 30) + session('base', 20), config: ADMIN },
    { kind: 'through', path: ['admin', 'base'], session: given('base', 20) },
  ],
  [
    'a role that is its own source',
    'self',
    {
      credentials: session('self', 30),
      config: '[profile self]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = self\n',
    },
    { kind: 'through', path: ['self', 'self'], session: given('self', 30) },
  ],
  [
    'none for a circle',
    'a',
    { config: '[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nsource_profile = a\n' },
    { kind: 'none' },
  ],
  ['none for a source that is nowhere', 'admin', { config: ADMIN }, { kind: 'none' }],
  [
    'none where the source has ended',
    'admin',
    { credentials: session('base', -5), config: ADMIN },
    { kind: 'none', expiration: new Date(at(-5)) },
  ],
  [
    'what a cache of the AWS CLI holds',
    'admin',
    { config: ADMIN, cached: [20, 40] },
    {
      kind: 'session',
      session: { accessKeyId: 'ASIA40', secretAccessKey: 's', sessionToken: 't', expiration: new Date(at(40)) },
    },
  ],
  [
    'that, too, where the source has ended',
    'admin',
    { credentials: session('base', -5), config: ADMIN, cached: [20] },
    {
      kind: 'session',
      session: { accessKeyId: 'ASIA20', secretAccessKey: 's', sessionToken: 't', expiration: new Date(at(20)) },
    },
  ],
  [
    'nothing of a cache that lasts too short',
    'admin',
    { config: ADMIN, cached: [20], minimumSeconds: 1800 },
    { kind: 'none', expiration: new Date(at(20)) },
  ],
  [
    'its own session where only awsmfa reads the role',
    'bare',
    {
      credentials: session('bare', 30),
      config: '[bare]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = base\n',
    },
    { kind: 'session', session: given('bare', 30) },
  ],
])('%s', (_, name, world, found) => {
  const session = find(name, world)
  // Where it was found is of no interest here.
  expect({ ...session, stored: undefined }).toEqual(found)
})
