/** `awsmfa cache show` and `awsmfa cache clear`. */
import { describe, expect, it } from 'vitest'
import { cache } from '../../src/commands/cache.ts'
import { removeSessions } from '../../src/commands/logout.ts'
import type { SessionRecord } from '../../src/sessions/session-record.ts'
import { fakeRuntime } from '../support/fake-runtime.ts'
import { NOW, fakeCache, fakeFacts, sessionOf } from '../support/fake-effects.ts'

const ALICE = 'arn:aws:iam::111111111111:mfa/alice'

function recordOf(
  profiles: readonly string[],
  hours: number,
  changes: Partial<SessionRecord['key']> = {},
  assumedRoleArn?: string,
): SessionRecord {
  return {
    key: {
      partition: 'aws',
      endpoint: '',
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      serialNumber: ALICE,
      chain: '',
      ...changes,
    },
    credentials: {
      ...sessionOf('ASIAIOSFODNN7EXAMPLE').credentials,
      secretAccessKey: 'wJalrXUtnFEMI',
      sessionToken: 'IQoJb3JpZ2lu',
      expiration: new Date(NOW.getTime() + hours * 3_600_000),
    },
    durationSeconds: 43_200,
    createdAt: NOW,
    profiles,
    ...(assumedRoleArn === undefined ? {} : { assumedRoleArn }),
  }
}

const MFA = recordOf(['work', 'dev'], 11)
const HARDWARE = recordOf(['gov'], 2, { serialNumber: 'GAHT12345678', partition: 'aws-us-gov' })
const ENDED = recordOf(['old\u001b[31m'], -2, { accessKeyId: 'AKIAI44QH8DHBEXAMPLE' })
const ROLE = recordOf(
  ['admin'],
  0.75,
  { chain: '["mfa-session",[]]' },
  'arn:aws:sts::222222222222:assumed-role/Admin/alice',
)

interface Ran {
  readonly code: number
  readonly data: string
  readonly talk: string
  readonly left: readonly SessionRecord[]
}

function run(
  words: readonly string[],
  options: Readonly<Record<string, string | true>>,
  records: readonly SessionRecord[],
  unopened = 0,
): Ran {
  const kept = fakeCache(records)
  const runtime = fakeRuntime({ cache: { ...kept, count: () => kept.records.length + unopened } }, true)
  const code = cache({ command: 'cache', positionals: words, options }, runtime)
  return { code, data: runtime.stdout.join(''), talk: runtime.stderr.join(''), left: kept.records }
}

describe('cache show', () => {
  it('lists cached sessions with their profiles and the time remaining, and no secret', () => {
    const { code, data, talk, left } = run(['show'], {}, [MFA, ROLE, HARDWARE, ENDED])
    expect([code, talk, left.length]).toEqual([0, '', 4])
    expect(data.split('\n').map((line) => line.split(/ {2,}/).slice(0, 4))).toEqual([
      ['PROFILES', 'SESSION', 'KEY', 'LEFT'],
      ['admin', 'role Admin (222222222222)', '…MPLE', '45 min'],
      ['gov', 'MFA session of device GAHT12345678', '…MPLE', '2 h'],
      ['old\\x1b[31m', 'MFA session of device alice', '…MPLE', 'expired'],
      ['work, dev', 'MFA session of device alice', '…MPLE', '11 h'],
      [''],
    ])
    for (const record of [MFA, ROLE])
      for (const secret of [
        record.credentials.secretAccessKey,
        record.credentials.sessionToken,
        record.credentials.accessKeyId,
      ])
        expect(data).not.toContain(secret)
  })

  it('gives every field as JSON, for programs', () => {
    const { data } = run(['show'], { json: true }, [ROLE, HARDWARE])
    expect(JSON.parse(data)).toEqual([
      {
        kind: 'role-session',
        profiles: ['admin'],
        state: 'valid',
        expiration: expect.any(String) as string,
        secondsRemaining: 2700,
        accessKeyId: '…MPLE',
        sourceAccessKeyId: '…MPLE',
        serialNumber: ALICE,
        account: '222222222222',
        arn: 'arn:aws:sts::222222222222:assumed-role/Admin/alice',
      },
      {
        kind: 'mfa-session',
        profiles: ['gov'],
        state: 'valid',
        expiration: expect.any(String) as string,
        secondsRemaining: 7200,
        accessKeyId: '…MPLE',
        sourceAccessKeyId: '…MPLE',
        serialNumber: 'GAHT12345678',
        account: null,
        arn: null,
      },
    ])
  })

  it.each([
    [
      1,
      'awsmfa: note: 1 cached session cannot be decrypted (key missing or file damaged)\nawsmfa: hint: to remove it: awsmfa cache clear\n',
    ],
    [
      3,
      'awsmfa: note: 3 cached sessions cannot be decrypted (key missing or file damaged)\nawsmfa: hint: to remove them: awsmfa cache clear\n',
    ],
  ])('tells of %i entries that do not open', (unopened, words) => {
    expect(run(['show'], {}, [], unopened)).toMatchObject({ code: 0, data: '', talk: words })
    expect(run(['show'], { json: true }, [], unopened)).toMatchObject({ data: '[]\n' })
  })
})

describe('cache clear', () => {
  it.each([
    [['clear'], [], '✔ 4 cached sessions removed\n'],
    [['clear', 'admin'], [MFA, HARDWARE, ENDED], "✔ 1 cached session of 'admin' removed\n"],
    [['clear', 'admin', 'gov', 'admin'], [MFA, ENDED], "✔ 2 cached sessions of 'admin' and 'gov' removed\n"],
    [
      ['clear', 'work'],
      [ROLE, HARDWARE, ENDED],
      "✔ 1 cached session of 'work' removed\nawsmfa: note: 'dev' used the same session and needs a new code\n",
    ],
    [['clear', 'work', 'dev'], [ROLE, HARDWARE, ENDED], "✔ 1 cached session of 'work' and 'dev' removed\n"],
    [['clear', 'none'], [MFA, ROLE, HARDWARE, ENDED], "awsmfa: note: no cached sessions of 'none'\n"],
  ])('%j', (words, left, talk) => {
    const ran = run(words, {}, [MFA, ROLE, HARDWARE, ENDED])
    expect([ran.code, ran.data, ran.talk, new Set(ran.left)]).toEqual([0, '', talk, new Set(left)])
    expect(run(words, { quiet: true }, [MFA, ROLE, HARDWARE, ENDED])).toMatchObject({ code: 0, talk: '' })
  })

  it('takes a profile as an option, and counts what does not open among the whole', () => {
    expect(run(['clear'], { profile: '-x' }, [recordOf(['-x'], 1), MFA])).toMatchObject({ left: [MFA] })
    expect(run(['clear'], {}, [MFA], 2).talk).toBe('✔ 3 cached sessions removed\n')
  })
})

it('logout --all removes also what the current key cannot decrypt; logout of one profile does not', async () => {
  const removed: string[] = []
  const cancelled = new AbortController().signal
  const kept = { ...fakeCache([MFA]), removeAll: () => void removed.push('all') }
  await removeSessions(['work'], false, { stores: [], cache: kept, facts: fakeFacts(), cancelled })
  expect(removed).toEqual([])
  await removeSessions(['work'], true, { stores: [], cache: kept, facts: fakeFacts(), cancelled })
  expect(removed).toEqual(['all'])
})
