/** Obtaining a session with a token code: prompts, identity, roles, retries and caching. */
import { describe, expect, it } from 'vitest'
import { knownCredentials } from '../../src/model/credentials.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { Failure } from '../../src/model/failure.ts'
import { planLogin } from '../../src/login/plan.ts'
import type { LoginResolution, RoleStep } from '../../src/login/resolution.ts'
import type { SessionRecord } from '../../src/sessions/session-record.ts'
import { obtainSessions } from '../../src/login/obtain-session.ts'
import type { ObtainedSession, SessionEffects, SessionRequest } from '../../src/login/obtain-session.ts'
import {
  ALICE,
  NOW,
  fakeCache,
  fakeDeadline,
  fakeFacts,
  fakeLock,
  fakePerson,
  fakeSts,
  rejectedCode,
  sessionOf,
} from '../support/fake-effects.ts'
import { KEY, SERIAL, byDefault, loginResolution, roleStep, sessionEffects } from '../support/login-builders.ts'

const known = { [KEY]: ALICE }

function resolutionOf(roles: readonly RoleStep[] = [], seconds?: number): LoginResolution {
  return loginResolution({ roles, durationSeconds: seconds === undefined ? undefined : byDefault(seconds) })
}

function roleOf(name: string, sessionName?: string): RoleStep {
  return roleStep(`arn:aws:iam::222222222222:role/${name}`, {
    sessionName: sessionName === undefined ? undefined : byDefault(sessionName),
  })
}

function requestOf(
  resolution: LoginResolution = resolutionOf(),
  changes: Partial<SessionRequest> = {},
): SessionRequest {
  return {
    members: [{ plan: planLogin(resolution), resolution }],
    signer: knownCredentials({ accessKeyId: KEY, secretAccessKey: 'secret' }),
    key: { partition: 'aws', endpoint: '', accessKeyId: KEY, serialNumber: SERIAL },
    renew: false,
    minimumSeconds: 0,
    ...changes,
  }
}

/** The session of the only member; its failure is thrown. */
async function obtainSession(request: SessionRequest, effects: SessionEffects): Promise<ObtainedSession> {
  const [outcome] = await obtainSessions(request, effects)
  if (outcome === undefined || outcome instanceof AwsmfaError) throw outcome ?? new Error('no outcome')
  return outcome
}

/** The key id of each session, or the code of the failure. */
function shortOf(outcomes: readonly (ObtainedSession | AwsmfaError)[]): readonly string[] {
  return outcomes.map((each) => (each instanceof AwsmfaError ? each.failure.code : each.credentials.accessKeyId))
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (error instanceof AwsmfaError) return error.failure
  throw new Error('no AwsmfaError was thrown', { cause: error })
}

const kept = (changes: Partial<SessionRecord> = {}): SessionRecord => ({
  key: { partition: 'aws', endpoint: '', accessKeyId: KEY, serialNumber: SERIAL, chain: '' },
  credentials: sessionOf('ASIAKEPT').credentials,
  durationSeconds: 43_200,
  createdAt: new Date(NOW.getTime() - 60_000),
  profiles: ['other'],
  ...changes,
})

describe('getting a session with a code', () => {
  it('spends one code on GetSessionToken, keeps the session, and names the user', async () => {
    const person = fakePerson(['123456'])
    const [sts, cache, facts, lock] = [
      fakeSts({ session: [sessionOf('ASIANEW')] }),
      fakeCache(),
      fakeFacts(known),
      fakeLock(),
    ]
    const session = await obtainSession(
      requestOf(),
      sessionEffects({ sts, cache, facts, sources: [person.source], lockQuestion: lock.lockQuestion }),
    )
    expect(session).toEqual({ ...sessionOf('ASIANEW'), hops: [], identity: ALICE })
    expect(person.asked).toEqual([{ profile: 'work', profiles: 1, serialNumber: SERIAL, userName: 'alice' }])
    expect(sts.calls.map(({ operation, request }) => [operation, request])).toEqual([
      ['GetSessionToken', { durationSeconds: 43_200, mfa: { serialNumber: SERIAL, tokenCode: '123456' } }],
    ])
    expect(cache.records).toMatchObject([
      { profiles: ['work'], credentials: { accessKeyId: 'ASIANEW' }, createdAt: NOW },
    ])
    expect(facts.isSpent(SERIAL, '123456')).toBe(true)
    expect(lock.events).toEqual(['locked', 'released'])
  })

  it('learns who is asking once, while the code is typed, and remembers it', async () => {
    const [sts, facts] = [fakeSts({ identity: [ALICE], session: [sessionOf('ASIANEW')] }), fakeFacts()]
    const session = await obtainSession(
      requestOf(),
      sessionEffects({ sts, facts, sources: [fakePerson(['123456']).source] }),
    )
    expect(session.identity).toEqual(ALICE)
    expect(facts.identityOf(KEY)).toEqual(ALICE)
    expect(sts.calls.map(({ operation }) => operation)).toEqual(['GetCallerIdentity', 'GetSessionToken'])
  })

  it('withdraws the question when STS says that the keys are dead', async () => {
    const rejected = new AwsmfaError({
      code: 'CREDENTIALS_REJECTED',
      accessKeyId: '…MPLE',
      reason: 'unknown-key',
      origin: 'session',
    })
    const never = { withdrawn: false }
    const source: SessionEffects['sources'][number] = async (_, signal) =>
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          never.withdrawn = true
          reject(signal.reason as Error)
        })
      })
    const effects = sessionEffects({ sts: fakeSts({ identity: [rejected] }), facts: fakeFacts(), sources: [source] })
    expect(await failureOf(obtainSession(requestOf(), effects))).toEqual(rejected.failure)
    expect(never.withdrawn).toBe(true)
  })

  it('asks a typed code again, twice at the most, with the refusal in the question', async () => {
    const person = fakePerson(['111111', '222222', '333333'])
    const [facts, sts] = [fakeFacts(known), fakeSts({ session: [rejectedCode(), rejectedCode(), rejectedCode()] })]
    const failure = await failureOf(
      obtainSession(requestOf(), sessionEffects({ sts, facts, sources: [person.source] })),
    )
    expect(failure).toEqual(rejectedCode().failure)
    const refusal = { nextCodeInSeconds: 23, known: 'wrong-or-used', answerLost: false }
    expect(person.asked.map((asked) => asked.refusal)).toEqual([undefined, refusal, refusal])
    expect([...facts.refusals.values()]).toEqual(['TOKEN_CODE_REJECTED'])
  })

  it('tries a code from the command line once', async () => {
    const person = fakePerson(['111111'], false)
    const effects = sessionEffects({ sts: fakeSts({ session: [rejectedCode()] }), sources: [person.source] })
    expect(await failureOf(obtainSession(requestOf(), effects))).toMatchObject({ code: 'TOKEN_CODE_REJECTED' })
    expect(person.asked).toHaveLength(1)
  })

  it('refuses a code that it spent itself without a call, and says when the next one comes', async () => {
    const facts = fakeFacts(known)
    facts.rememberSpent(SERIAL, '123456')
    const sts = fakeSts({})
    const failure = await failureOf(
      obtainSession(requestOf(), sessionEffects({ sts, facts, sources: [fakePerson(['123456'], false).source] })),
    )
    expect(failure).toEqual({ code: 'TOKEN_CODE_REJECTED', nextCodeInSeconds: 23, known: 'used', answerLost: false })
    expect(sts.calls).toEqual([])
  })

  describe('a code that a program made and that is spent', () => {
    /** A program that gives these codes, one after another, at a clock that only waiting moves. */
    function withProgram(codes: readonly string[], changes: Partial<SessionEffects> = {}) {
      const events: string[] = []
      const clock = { ms: NOW.getTime() }
      const left = [...codes]
      const facts = fakeFacts(known)
      facts.rememberSpent(SERIAL, '123456')
      const effects = sessionEffects({
        sts: fakeSts({ session: [sessionOf('ASIANEW')] }),
        facts,
        sources: [
          (request) => {
            events.push(request.refusal === undefined ? 'asked' : 'asked with a refusal')
            return Promise.resolve({ code: left.shift() ?? '', typed: false, generated: true })
          },
        ],
        now: () => new Date(clock.ms),
        announceNextCode: (seconds) => void events.push(`told ${seconds} s`),
        pause: (ms) => Promise.resolve(void (events.push(`waited ${ms} ms`), (clock.ms += ms))),
        ...changes,
      })
      return { effects, events, clock }
    }

    it('is told once, and the next one is waited for', async () => {
      const { effects, events, clock } = withProgram(['123456', '654321'])
      expect((await obtainSession(requestOf(), effects)).credentials.accessKeyId).toBe('ASIANEW')
      expect(events).toEqual(['asked', 'told 24 s', 'waited 23250 ms', 'asked'])
      expect(new Date(clock.ms).toISOString()).toBe('2026-11-21T12:00:30.250Z')
    })

    it('is waited for once, and no longer', async () => {
      const { effects, events } = withProgram(['123456', '123456'])
      expect(await failureOf(obtainSession(requestOf(), effects))).toMatchObject({
        code: 'TOKEN_CODE_REJECTED',
        known: 'used',
      })
      expect(events).toEqual(['asked', 'told 24 s', 'waited 23250 ms', 'asked'])
    })

    it.each([
      [25_249, ['asked']],
      [25_250, ['asked', 'told 24 s', 'waited 23250 ms', 'asked']],
    ])('is waited for only where the time lasts for the call too: %d ms', async (leftMs, wanted) => {
      const { effects, events } = withProgram(['123456', '123456'], {
        deadline: { ...fakeDeadline(), leftMs: () => leftMs },
      })
      expect(await failureOf(obtainSession(requestOf(), effects))).toMatchObject({
        code: 'TOKEN_CODE_REJECTED',
        known: 'used',
      })
      expect(events).toEqual(wanted)
    })

    it('is waited for until the command is ended', async () => {
      const over = new AwsmfaError({ code: 'CANCELLED' })
      const { effects, events } = withProgram(['123456'], { pause: () => Promise.reject(over) })
      expect(await failureOf(obtainSession(requestOf(), effects))).toEqual({ code: 'CANCELLED' })
      expect(events).toEqual(['asked', 'told 24 s'])
    })

    it('is waited for no longer than until STS says that the keys are dead', async () => {
      const dead = new AwsmfaError({
        code: 'CREDENTIALS_REJECTED',
        accessKeyId: '…MPLE',
        reason: 'unknown-key',
        origin: 'session',
      })
      const waiting = new AbortController()
      const endOf = async (signal: AbortSignal, reason: () => Error) =>
        await new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(reason())))
      const sts = { ...fakeSts({}), getCallerIdentity: async () => await endOf(waiting.signal, () => dead) }
      const facts = fakeFacts()
      facts.rememberSpent(SERIAL, '123456')
      const pause: SessionEffects['pause'] = async (_, signal) => {
        waiting.abort()
        await endOf(signal, () => signal.reason as Error)
      }
      const { effects, events } = withProgram(['123456'], { sts, facts, pause })
      expect(await failureOf(obtainSession(requestOf(), effects))).toMatchObject({ code: 'CREDENTIALS_REJECTED' })
      expect(events).toEqual(['asked', 'told 24 s'])
    })
  })

  it.each<[string, LoginResolution]>([
    ['an MFA session', resolutionOf()],
    ['a long role', resolutionOf([roleOf('One')], 43_200)],
  ])('keeps %s before it does anything else with the answer', async (_, resolution) => {
    const events: string[] = []
    const cache = { ...fakeCache(), store: () => void events.push('kept') }
    const facts = { ...fakeFacts(known), rememberSpent: () => void events.push('noted that the code is spent') }
    const sts = fakeSts({ session: [sessionOf('ASIANEW')], role: [sessionOf('ASIANEW')] })
    await obtainSession(
      requestOf(resolution),
      sessionEffects({ cache, facts, sts, sources: [fakePerson(['123456']).source] }),
    )
    expect(events).toEqual(['kept', 'noted that the code is spent'])
  })

  it('gives the session although the cache cannot be written', async () => {
    const cache = {
      ...fakeCache(),
      store: () => {
        throw new AwsmfaError({ code: 'FILE_NOT_WRITABLE', place: { path: '/x' }, errno: 'EACCES', step: 'stage' })
      },
    }
    const session = await obtainSession(
      requestOf(),
      sessionEffects({
        sts: fakeSts({ session: [sessionOf('ASIANEW')] }),
        cache,
        sources: [fakePerson(['123456']).source],
      }),
    )
    expect(session.credentials.accessKeyId).toBe('ASIANEW')
  })

  it('leaves nothing locked and publishes a cancelled question', async () => {
    const [lock, facts] = [fakeLock(), fakeFacts(known)]
    const effects = sessionEffects({
      facts,
      lockQuestion: lock.lockQuestion,
      sources: [fakePerson([new AwsmfaError({ code: 'CANCELLED' })]).source],
    })
    expect(await failureOf(obtainSession(requestOf(), effects))).toEqual({ code: 'CANCELLED' })
    expect(lock.events).toEqual(['locked', 'released'])
    expect([...facts.refusals.values()]).toEqual(['CANCELLED'])
  })
})

describe('getting a session without a code', () => {
  it('uses the cached session of the same request and records its new user', async () => {
    const cache = fakeCache([kept()])
    const session = await obtainSession(requestOf(), sessionEffects({ cache }))
    expect(session).toEqual({ credentials: kept().credentials, hops: [], identity: ALICE })
    expect(cache.records.map(({ profiles }) => profiles)).toEqual([['other', 'work']])
  })

  it.each<[string, Partial<SessionRecord>, Partial<SessionRequest>]>([
    ['under 15 minutes are left', { credentials: sessionOf('ASIAKEPT', 899).credentials }, {}],
    ['less than asked for is left', { credentials: sessionOf('ASIAKEPT', 7000).credentials }, { minimumSeconds: 7200 }],
    ['a new one is asked for', {}, { renew: true }],
    ['it was made for another length', { durationSeconds: 50_000 }, {}],
    ['it is from the future', { createdAt: new Date(NOW.getTime() + 3_600_000) }, {}],
  ])('asks when %s', async (_, record, request) => {
    const person = fakePerson(['123456'])
    const effects = sessionEffects({
      cache: fakeCache([kept(record)]),
      sts: fakeSts({ session: [sessionOf('ASIANEW')] }),
      sources: [person.source],
    })
    const session = await obtainSession(requestOf(resolutionOf(), request), effects)
    expect([session.credentials.accessKeyId, person.asked.length]).toEqual(['ASIANEW', 1])
  })

  it('takes the answer that another process got while this one waited, even to renew', async () => {
    const cache = fakeCache([kept({ createdAt: NOW })])
    const session = await obtainSession(
      requestOf(resolutionOf(), { renew: true }),
      sessionEffects({ cache, lockQuestion: fakeLock(true).lockQuestion }),
    )
    expect(session.credentials.accessKeyId).toBe('ASIAKEPT')
  })

  it('takes the long role that another process got while this one waited, though neither knew before who was asking', async () => {
    const roles = [roleOf('One')]
    const [cache, facts] = [fakeCache(), fakeFacts()]
    const role = sessionOf('ASIALONG', 43_200, 'arn:aws:sts::222222222222:assumed-role/One/alice')
    const lockQuestion: SessionEffects['lockQuestion'] = async () => {
      const sts = fakeSts({ identity: [ALICE], role: [role] })
      await obtainSession(
        requestOf(resolutionOf(roles, 43_200)),
        sessionEffects({ cache, facts, sts, sources: [fakePerson(['123456']).source] }),
      )
      return { waited: true, release: () => undefined }
    }
    const session = await obtainSession(
      requestOf(resolutionOf(roles, 43_200)),
      sessionEffects({ cache, facts, lockQuestion }),
    )
    expect(session.credentials.accessKeyId).toBe('ASIALONG')
  })

  it('waits for another login no longer than the deadline where nobody can be asked', async () => {
    const over = new AwsmfaError({ code: 'DEADLINE_EXCEEDED', seconds: 55, waitingFor: 'STS' })
    const lockQuestion: SessionEffects['lockQuestion'] = (_, signal) =>
      new Promise((_resolve, reject) => reject(signal.reason as Error))
    const effects = sessionEffects({
      lockQuestion,
      terminal: { ...sessionEffects().terminal, canAsk: () => false },
      deadline: { ...fakeDeadline(), signal: AbortSignal.abort(over) },
    })
    expect(await failureOf(obtainSession(requestOf(), effects))).toEqual({
      ...over.failure,
      waitingFor: 'another login with the same MFA device',
    })
  })

  it('takes the refusal that another process got while this one waited, instead of asking again', async () => {
    const facts = { ...fakeFacts(known), refusalOf: () => 'CANCELLED' as const }
    const effects = sessionEffects({ facts, lockQuestion: fakeLock(true).lockQuestion })
    expect(await failureOf(obtainSession(requestOf(), effects))).toEqual({
      code: 'ANOTHER_LOGIN_FAILED',
      why: 'CANCELLED',
    })
  })
})

describe('a question that was refused a moment ago', () => {
  const facts = {
    ...fakeFacts(known),
    refusalOf: (_: string, since: Date) =>
      since.getTime() <= NOW.getTime() - 5_000 ? ('CANCELLED' as const) : undefined,
  }

  it('is asked again by a login that did not wait for it', async () => {
    const person = fakePerson(['123456'])
    await obtainSession(
      requestOf(),
      sessionEffects({ facts, sts: fakeSts({ session: [sessionOf('ASIANEW')] }), sources: [person.source] }),
    )
    expect(person.asked).toHaveLength(1)
  })

  it('is not put again for as long as the request says', async () => {
    const person = fakePerson(['123456'])
    const effects = sessionEffects({ facts, sources: [person.source] })
    expect(await failureOf(obtainSession(requestOf(resolutionOf(), { refusalMaxAgeMs: 5_000 }), effects))).toEqual({
      code: 'ANOTHER_LOGIN_FAILED',
      why: 'CANCELLED',
    })
    expect(person.asked).toEqual([])
  })
})

describe('getting a role', () => {
  const roleArn = (name: string): string => `arn:aws:sts::222222222222:assumed-role/${name}/alice`

  it('makes a chain from the MFA session, each role signed by the one before', async () => {
    const sts = fakeSts({
      session: [sessionOf('ASIAMFA')],
      role: [sessionOf('ASIAONE', 3600, roleArn('One')), sessionOf('ASIATWO', 3600, roleArn('Two'))],
    })
    const resolution = resolutionOf([roleOf('One'), roleOf('Two', 'me')])
    const session = await obtainSession(
      requestOf(resolution),
      sessionEffects({ sts, sources: [fakePerson(['123456']).source] }),
    )
    expect(session.identity).toEqual({ account: '222222222222', arn: roleArn('Two'), userId: '' })
    expect(sts.calls.map(({ operation, signer, request }) => [operation, signer.accessKeyId, request])).toEqual([
      ['GetSessionToken', KEY, { durationSeconds: 43_200, mfa: { serialNumber: SERIAL, tokenCode: '123456' } }],
      [
        'AssumeRole',
        'ASIAMFA',
        { roleArn: 'arn:aws:iam::222222222222:role/One', durationSeconds: 3600, roleSessionName: 'alice' },
      ],
      [
        'AssumeRole',
        'ASIAONE',
        { roleArn: 'arn:aws:iam::222222222222:role/Two', durationSeconds: 3600, roleSessionName: 'me' },
      ],
    ])
  })

  it('puts the code into AssumeRole itself for a role of more than an hour, and keeps no MFA session', async () => {
    const [sts, cache] = [fakeSts({ role: [sessionOf('ASIALONG', 43_200, roleArn('One'))] }), fakeCache()]
    await obtainSession(
      requestOf(resolutionOf([roleOf('One')], 43_200)),
      sessionEffects({ sts, cache, sources: [fakePerson(['123456']).source] }),
    )
    expect(sts.calls.map(({ operation, request }) => [operation, request])).toEqual([
      [
        'AssumeRole',
        {
          roleArn: 'arn:aws:iam::222222222222:role/One',
          durationSeconds: 43_200,
          roleSessionName: 'alice',
          mfa: { serialNumber: SERIAL, tokenCode: '123456' },
        },
      ],
    ])
    expect(
      cache.records.map(({ key, credentials }) => [key.chain.startsWith('["direct"'), credentials.accessKeyId]),
    ).toEqual([[true, 'ASIALONG']])
  })

  it('neither asks nor calls while the role session of the same request is cached, and does again when any part of it changes', async () => {
    const cache = fakeCache()
    const first = sessionEffects({
      cache,
      sts: fakeSts({ session: [sessionOf('ASIAMFA')], role: [sessionOf('ASIAONE', 3600, roleArn('One'))] }),
      sources: [fakePerson(['123456']).source],
    })
    await obtainSession(requestOf(resolutionOf([roleOf('One')])), first)
    const again = await obtainSession(requestOf(resolutionOf([roleOf('One')])), sessionEffects({ cache }))
    expect(again.credentials.accessKeyId).toBe('ASIAONE')
    const changed: readonly LoginResolution[] = [
      resolutionOf([roleOf('Two')]),
      resolutionOf([roleOf('One', 'other-name')]),
      resolutionOf([{ ...roleOf('One'), externalId: byDefault('id') }]),
      resolutionOf([roleOf('One')], 900),
      { ...resolutionOf([roleOf('One')]), roleExtras: { policy: '{}' } },
      resolutionOf([roleOf('Zero'), roleOf('One')]),
    ]
    for (const resolution of changed) {
      const answers = resolution.roles.map(({ roleArn: arn }) => sessionOf('ASIANEW', 3600, arn.value))
      const session = await obtainSession(
        requestOf(resolution),
        sessionEffects({ cache, sts: fakeSts({ role: answers }) }),
      )
      expect(session.credentials.accessKeyId).toBe('ASIANEW')
    }
  })

  const refusedSession = () =>
    new AwsmfaError({ code: 'CREDENTIALS_REJECTED', accessKeyId: '…KEPT', reason: 'unknown-key', origin: 'session' })

  it('asks for a code where AWS refuses the cached MFA session, and keeps the new one', async () => {
    const cache = fakeCache([kept()])
    const person = fakePerson(['123456'])
    const role = [refusedSession(), sessionOf('ASIAONE', 3600, roleArn('One'))]
    const sts = fakeSts({ session: [sessionOf('ASIANEW')], role })
    const session = await obtainSession(
      requestOf(resolutionOf([roleOf('One')])),
      sessionEffects({ cache, sts, sources: [person.source] }),
    )
    expect(session.credentials.accessKeyId).toBe('ASIAONE')
    expect(person.asked).toHaveLength(1)
    expect(cache.records.map(({ credentials }) => credentials.accessKeyId).toSorted()).toEqual(['ASIANEW', 'ASIAONE'])
  })

  it('reports a refused MFA session where nobody can be asked, and one that was new', async () => {
    const request = requestOf(resolutionOf([roleOf('One')]))
    const cache = fakeCache([kept()])
    const noCode = sessionEffects({ cache, sts: fakeSts({ role: [refusedSession()] }), sources: [] })
    expect(await failureOf(obtainSession(request, noCode))).toMatchObject({ code: 'CREDENTIALS_REJECTED' })
    const sts = fakeSts({ session: [sessionOf('ASIANEW')], role: [refusedSession()] })
    const person = fakePerson(['123456'])
    const asking = sessionEffects({ sts, sources: [person.source] })
    expect(await failureOf(obtainSession(request, asking))).toMatchObject({ code: 'CREDENTIALS_REJECTED' })
    expect(person.asked).toHaveLength(1)
  })

  it('signs many in with one code: cached ones unchanged, a refused one alone', async () => {
    const denied = new AwsmfaError({ code: 'ACCESS_DENIED', operation: 'AssumeRole', message: 'no' })
    const resolutions = [
      resolutionOf(),
      resolutionOf([roleOf('One')]),
      resolutionOf([roleOf('Two')]),
      resolutionOf([roleOf('Long')], 43_200),
    ]
    const members = resolutions.map((resolution) => ({ resolution, plan: planLogin(resolution, resolutions.length) }))
    const sts = fakeSts({
      session: [sessionOf('ASIAMFA')],
      role: [sessionOf('ASIAONE', 3600, roleArn('One')), denied, sessionOf('ASIALONG', 3600, roleArn('Long'))],
    })
    const person = fakePerson(['123456'])
    const outcomes = await obtainSessions(
      { ...requestOf(), members },
      sessionEffects({ sts, sources: [person.source] }),
    )
    expect(shortOf(outcomes)).toEqual(['ASIAMFA', 'ASIAONE', 'ACCESS_DENIED', 'ASIALONG'])
    expect(person.asked.map(({ profiles }) => profiles)).toEqual([4])
    expect(sts.calls.filter(({ request }) => request?.mfa !== undefined)).toHaveLength(1)
    expect(sts.calls.map(({ request }) => request?.durationSeconds)).toEqual([43_200, 3600, 3600, 3600])
  })

  it('loses nothing of the others when the time ends for one role, and counts those alone that need the code', async () => {
    const over = new AwsmfaError({ code: 'DEADLINE_EXCEEDED', seconds: 55, waitingFor: 'STS' })
    const cache = fakeCache()
    const time = new AbortController()
    const first = sessionEffects({
      cache,
      sts: fakeSts({ session: [sessionOf('ASIAMFA')], role: [sessionOf('ASIAONE', 3600, roleArn('One'))] }),
      sources: [fakePerson(['123456']).source],
    })
    await obtainSession(requestOf(resolutionOf([roleOf('One')])), first)
    cache.remove(kept().key)
    const members = [[roleOf('One')], [roleOf('Two')], []].map((roles) => ({
      resolution: resolutionOf(roles),
      plan: planLogin(resolutionOf(roles), 3),
    }))
    const person = fakePerson(['123456'])
    const sts = {
      ...fakeSts({ session: [sessionOf('ASIAMFA')] }),
      assumeRole: () => Promise.reject((time.abort(over), over)),
    }
    const effects = sessionEffects({
      cache,
      sts,
      sources: [person.source],
      deadline: { ...fakeDeadline(), signal: time.signal },
    })
    const outcomes = await obtainSessions({ ...requestOf(), members }, effects)
    expect(shortOf(outcomes)).toEqual(['ASIAONE', 'DEADLINE_EXCEEDED', 'ASIAMFA'])
    expect(person.asked.map(({ profiles }) => profiles)).toEqual([2])
  })

  it('names the role session after the person of the system when STS does not say who it is', async () => {
    const sts = fakeSts({
      identity: [new AwsmfaError({ code: 'THROTTLED', operation: 'GetCallerIdentity' })],
      role: [sessionOf('ASIALONG', 43_200, roleArn('One'))],
    })
    await obtainSession(
      requestOf(resolutionOf([roleOf('One')], 43_200)),
      sessionEffects({ sts, facts: fakeFacts(), sources: [fakePerson(['123456']).source] }),
    )
    expect(sts.calls.at(-1)?.request).toMatchObject({ roleSessionName: 'awsmfa-ally' })
  })

  it('keeps the MFA session when the role is refused: the next try asks for nothing', async () => {
    const denied = new AwsmfaError({ code: 'ACCESS_DENIED', operation: 'AssumeRole', message: 'no' })
    const cache = fakeCache()
    const first = obtainSession(
      requestOf(resolutionOf([roleOf('One')])),
      sessionEffects({
        cache,
        sts: fakeSts({ session: [sessionOf('ASIAMFA')], role: [denied] }),
        sources: [fakePerson(['123456']).source],
      }),
    )
    expect(await failureOf(first)).toEqual(denied.failure)
    const second = await obtainSession(
      requestOf(resolutionOf([roleOf('One')])),
      sessionEffects({ cache, sts: fakeSts({ role: [sessionOf('ASIAONE', 3600, roleArn('One'))] }) }),
    )
    expect(second.credentials.accessKeyId).toBe('ASIAONE')
  })
})
