/** The status of each profile's session. */
import { describe, expect, it } from 'vitest'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import { findPromptFree } from '../../src/sessions/aws-cache-entry.ts'
import { createCachedSessionReader } from '../../src/sessions/session-cache.ts'
import { renderClockNote, statusOfProfile } from '../../src/sessions/status.ts'
import type { StatusEntry } from '../../src/sessions/status.ts'
import type { AwsCacheFinding } from '../../src/sessions/aws-cache-entry.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const KEYS = 'aws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\naws_session_token = t\n'
const LONG_TERM = 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n'
const OURS = `${KEYS}expiration = 2026-11-21T20:00:00Z\nmanager = awsmfa\nawsmfa_state = 1:ASIAIOSFODNN7EXAMPLE:s:abc\n`
const ALICE = { account: '111111111111', arn: 'arn:aws:iam::111111111111:user/alice', userId: 'x' }
const ROLE = 'role_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = base\n'

function statusOf(credentials: string, config = '', profile = 'work', cached?: AwsCacheFinding): Partial<StatusEntry> {
  const profiles = readProfiles({ credentials, config })
  const awsCaches = [{ source: 'cli-cache' as const, findFor: () => cached ?? ({ kind: 'none' } as const) }]
  const identityOf = () => ALICE
  return statusOfProfile(profile, {
    profiles,
    now: NOW,
    identityOf,
    cachedSessionOf: createCachedSessionReader({ awsCaches, records: () => [], identityOf }),
  })
}

describe('the time remaining of a session', () => {
  it.each<[string, string, Partial<StatusEntry>]>([
    [
      'of ours',
      `[work]\n${OURS}`,
      {
        state: 'valid',
        source: 'credentials-file',
        managedBy: 'awsmfa',
        accessKeyId: '…MPLE',
        account: '111111111111',
      },
    ],
    ['of nobody known', `[work]\n${KEYS}`, { state: 'unknown', managedBy: 'other', account: undefined }],
    [
      'of aws-mfa, in UTC',
      `[work]\n${KEYS}expiration = 2026-11-21 12:10:00\nassumed_role = False\n`,
      { state: 'expiring', managedBy: 'other' },
    ],
    [
      'of saml2aws',
      `[work]\n${KEYS}x_security_token_expires = 2026-11-21T11:00:00+02:00\n`,
      { state: 'expired', managedBy: 'other' },
    ],
    [
      'where keys were pasted over ours',
      `[work]\n${OURS.replaceAll('ASIAIOSFODNN7EXAMPLE\naws_sec', 'ASIAI44QH8DHBEXAMPLE\naws_sec')}`,
      { state: 'unknown', managedBy: 'other' },
    ],
    [
      'where there are long-term credentials',
      `[work]\n${LONG_TERM}`,
      { state: 'none', source: undefined, managedBy: undefined },
    ],
    ['in an empty section', '[work]\n', { state: 'none' }],
  ])('%s', (_, credentials, expected) => {
    expect(statusOf(credentials)).toMatchObject({ profile: 'work', ...expected })
  })

  it('of a role profile is that of its source profile, whatever is in its own section', () => {
    const config = `[profile admin]\n${ROLE}[profile deep]\nrole_arn = arn:aws:iam::2:role/B\nsource_profile = admin\n`
    const credentials = `[base]\n${OURS}[admin]\n${KEYS}`
    expect(statusOf(`[base]\n${OURS}`, config, 'admin')).toMatchObject({
      state: 'valid',
      sourceProfile: 'base',
      account: undefined,
    })
    expect(statusOf(`[base]\n${OURS}`, config, 'deep')).toMatchObject({ state: 'valid', sourceProfile: 'base' })
    expect(statusOf(credentials, config, 'admin')).toMatchObject({ sourceProfile: 'base' })
  })

  it('of a role whose source profile has awsmfa for a process is the one that awsmfa keeps for that profile', () => {
    const config = `[profile base]\ncredential_process = awsmfa credential-process --profile base\n[profile admin]\n${ROLE}`
    const kept = {
      source: 'awsmfa-cache' as const,
      accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
      expiration: new Date('2026-11-21T20:00:00Z'),
      managedBy: 'awsmfa' as const,
      identity: ALICE,
    }
    const profiles = readProfiles({ credentials: '', config })
    const lookup = { profiles, now: NOW, minTtlSeconds: 0, identityOf: () => ALICE }
    expect(
      statusOfProfile('admin', { ...lookup, cachedSessionOf: ({ name }) => (name === 'base' ? kept : undefined) }),
    ).toMatchObject({ state: 'valid', sourceProfile: 'base', account: undefined })
    expect(statusOfProfile('admin', { ...lookup, cachedSessionOf: () => undefined })).toMatchObject({ state: 'none' })
  })

  it('of a role profile that is its own source is the one in its own section, from which tools make the role', () => {
    const config = '[profile work]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = work\n'
    expect(statusOf(`[work]\n${OURS}`, config)).toMatchObject({
      state: 'valid',
      source: 'credentials-file',
      sourceProfile: undefined,
      account: undefined,
    })
    expect(statusOf(`[work]\n${LONG_TERM}`, config)).toMatchObject({ state: 'none' })
  })

  it('of a role in a bare section of config, which no SDK reads, is the one in its own section of the credentials file', () => {
    expect(statusOf(`[base]\n${LONG_TERM}[work]\n${OURS}`, `[work]\n${ROLE}`)).toMatchObject({
      state: 'valid',
      sourceProfile: undefined,
      account: '111111111111',
    })
  })

  it('of role profiles whose source profiles form a loop is none', () => {
    const config = '[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n'
    expect(statusOf('', config, 'a')).toMatchObject({ state: 'none' })
  })

  const cachedEntry = (marked: boolean, expiration = '2026-11-21T12:40:00Z'): AwsCacheFinding => ({
    kind: 'entry',
    entry: {
      credentials: {
        accessKeyId: 'ASIAI44QH8DHBEXAMPLE',
        secretAccessKey: 's',
        sessionToken: 't',
        expiration: new Date(expiration),
      },
      assumedRoleArn: 'arn:aws:sts::222222222222:assumed-role/Admin/alice',
      ...(marked ? { mark: { profiles: ['admin'], requestHash: 'a.b.c.d.e' } } : {}),
    },
  })

  it('of a role profile without a base session is what the AWS CLI has cached', () => {
    const config = `[profile admin]\n${ROLE}`
    const expected = { state: 'valid', source: 'cli-cache', sourceProfile: undefined, account: '222222222222' }
    expect(statusOf(`[base]\n${LONG_TERM}`, config, 'admin', cachedEntry(true))).toMatchObject({
      ...expected,
      managedBy: 'awsmfa',
    })
    expect(statusOf(`[base]\n${LONG_TERM}`, config, 'admin', cachedEntry(false))).toMatchObject({
      ...expected,
      managedBy: 'other',
    })
    expect(statusOf(`[base]\n${LONG_TERM}`, config, 'admin', { kind: 'damaged' })).toMatchObject({ state: 'none' })
  })

  it.each<[string, AwsCacheFinding, AwsCacheFinding, ReturnType<typeof findPromptFree>]>([
    [
      'both, as long as the entry that ends first lets them',
      cachedEntry(false, '2026-11-21T12:20:00Z'),
      cachedEntry(true),
      { sources: ['cli-cache', 'boto-cache'], until: new Date('2026-11-21T12:05:00Z') },
    ],
    [
      'one alone where the other cache has none',
      { kind: 'none' },
      cachedEntry(true),
      { sources: ['boto-cache'], until: new Date('2026-11-21T12:25:00Z') },
    ],
    ['none where too little is left', cachedEntry(true, '2026-11-21T12:14:00Z'), { kind: 'damaged' }, undefined],
  ])('keeps quiet %s', (_, cli, boto, expected) => {
    const admin = readProfiles({ credentials: '', config: `[profile admin]\n${ROLE}` }).find('admin')
    if (admin === undefined) throw new Error('no profile')
    expect(
      findPromptFree(
        admin,
        [
          { source: 'cli-cache', findFor: () => cli },
          { source: 'boto-cache', findFor: () => boto },
        ],
        NOW,
      ),
    ).toEqual(expected)
  })
})

describe('the note about a session that lasts longer than AWS allows', () => {
  const noteOf = (expiration: string | undefined, managedBy: 'awsmfa' | 'other' | undefined): string | undefined =>
    renderClockNote(
      [{ profile: 'work', expiration: expiration === undefined ? undefined : new Date(expiration), managedBy }],
      NOW,
    )

  it.each<[string, string | undefined]>([
    ['of 36 hours, by a clock that is a few minutes slow', '2026-11-23T00:09:00Z'],
    ['that has ended', '2020-01-01T00:00:00Z'],
    ['whose expiration is unknown', undefined],
  ])('is not printed for one %s', (_, expiration) => {
    expect(noteOf(expiration, 'awsmfa')).toBeUndefined()
  })

  it('blames the clock for what awsmfa recorded', () => {
    expect(noteOf('2026-11-24T12:00:00Z', 'awsmfa')).toMatch(
      /^awsmfa: note: the session of 'work' expires on 24 Nov 1\d:00, later than AWS allows \(36 h\): this computer's clock is wrong\n$/,
    )
  })

  it('blames the clock or the recorded time for what another program recorded', () => {
    expect(noteOf('2027-11-24T12:00:00Z', 'other')).toMatch(/this computer's clock or the file is wrong\n$/)
  })
})
