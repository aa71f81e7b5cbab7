/** Sessions for `credential-process`, `exec` and `env`: cached, renewed, or failed. */
import { beforeEach, describe, expect, it } from 'vitest'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { Failure } from '../../src/model/failure.ts'
import type { RoleStep } from '../../src/login/resolution.ts'
import { answerProcess } from '../../src/login/provide-session.ts'
import type { ProvideEffects } from '../../src/login/provide-session.ts'
import { NOW, fakeCache, fakePerson, fakeSts, sessionOf } from '../support/fake-effects.ts'
import type { FakeSts } from '../support/fake-effects.ts'
import { loginResolution, roleStep, sessionEffects } from '../support/login-builders.ts'

const ROLE = 'arn:aws:sts::222222222222:assumed-role/Admin/alice'
const WINDOW = 600
const role = roleStep('arn:aws:iam::222222222222:role/Admin')

describe('a credential process', () => {
  let now = NOW
  let cache = fakeCache()
  const told: string[] = []
  beforeEach(() => {
    now = NOW
    cache = fakeCache()
    told.length = 0
  })

  const effectsOf = (sts: FakeSts, person: ReturnType<typeof fakePerson>): ProvideEffects => ({
    ...sessionEffects({ cache, sources: [person.source], now: () => now, osUser: undefined }),
    sts,
    endpoint: '',
    listMfaDevices: async () => await Promise.resolve([]),
    openStore: async () => await Promise.reject(new Error('there is none')),
    runCredentialProcess: async () => await Promise.reject(new Error('there is none')),
  })

  const answer = async (
    roles: readonly RoleStep[],
    sts: FakeSts,
    person = fakePerson([]),
    cancelled = new AbortController().signal,
  ): Promise<string> => {
    const session = await answerProcess(
      {
        resolution: loginResolution({ storeIn: 'nowhere', roles }),
        windowSeconds: WINDOW,
        refusalMaxAgeMs: 0,
        onNotRenewed: (error) => told.push(error.failure.code),
      },
      { ...effectsOf(sts, person), cancelled },
    )
    return session.credentials.accessKeyId
  }
  /** Signs in at NOW: the user's session of 12 hours, and a role's of one where there is a role. */
  const begin = async (roles: readonly RoleStep[]): Promise<void> => {
    const sts = fakeSts({ session: [sessionOf('ASIAUSER')], role: [sessionOf('ASIAROLE', 3600, ROLE)] })
    await answer(roles, sts, fakePerson(['123456']))
  }
  const afterMinutes = (minutes: number): void => {
    now = new Date(NOW.getTime() + minutes * 60_000)
  }
  const down = new AwsmfaError({ code: 'NETWORK_UNREACHABLE', host: 'sts', reason: 'refused' })
  const laterRole = () => ({
    credentials: { ...sessionOf('ASIANEXT').credentials, expiration: new Date(now.getTime() + 3_600_000) },
    assumedRoleArn: ROLE,
  })

  it('serves a cached session without a call', async () => {
    await begin([role])
    afterMinutes(44)
    expect(await answer([role], fakeSts({}))).toBe('ASIAROLE')
  })

  it('renews a role without a code when 15 minutes are left', async () => {
    await begin([role])
    afterMinutes(46)
    const sts = fakeSts({ role: [laterRole()] })
    expect(await answer([role], sts)).toBe('ASIANEXT')
    expect(sts.calls.map(({ operation, signer }) => [operation, signer.accessKeyId])).toEqual([
      ['AssumeRole', 'ASIAUSER'],
    ])
  })

  it.each([[46], [52], [59]])(
    'serves a role that holds when STS is down, %i minutes after its login',
    async (minutes) => {
      await begin([role])
      afterMinutes(minutes)
      expect(await answer([role], fakeSts({ role: [down] }))).toBe('ASIAROLE')
      expect(told).toEqual(['NETWORK_UNREACHABLE'])
    },
  )

  it.each<[string, Failure, object]>([
    ['not after SIGTERM', { code: 'INTERRUPTED', signal: 'SIGTERM' }, { code: 'INTERRUPTED' }],
    ['not after Ctrl-C', { code: 'CANCELLED' }, { code: 'CANCELLED' }],
    ['but at the end of its time', { code: 'DEADLINE_EXCEEDED', seconds: 20, waitingFor: 'AWS' }, {}],
  ])('serves what holds, %s', async (_, reason, expected) => {
    await begin([role])
    afterMinutes(52)
    const error = new AwsmfaError(reason)
    const ended = answer([role], fakeSts({ role: [error] }), fakePerson([]), AbortSignal.abort(error))
    const failure = await ended.then(
      () => ({}),
      (thrown: unknown) => (thrown as AwsmfaError).failure,
    )
    expect(failure).toMatchObject(expected)
    expect(told).toEqual('code' in expected ? [] : ['DEADLINE_EXCEEDED'])
  })

  it('fails when STS is down and nothing holds any more', async () => {
    await begin([role])
    afterMinutes(61)
    await expect(answer([role], fakeSts({ role: [down] }))).rejects.toBe(down)
  })

  it("asks for nothing while the user's own session has more than ten minutes, and for a code with less", async () => {
    await begin([])
    afterMinutes(12 * 60 - 11)
    expect(await answer([], fakeSts({}))).toBe('ASIAUSER')
    afterMinutes(12 * 60 - 9)
    const person = fakePerson(['654321'])
    expect(
      await answer(
        [],
        fakeSts({
          session: [
            { credentials: { ...sessionOf('ASIATWO').credentials, expiration: new Date(now.getTime() + 43_200_000) } },
          ],
        }),
        person,
      ),
    ).toBe('ASIATWO')
    expect(person.asked).toHaveLength(1)
  })

  it('serves to its end what nobody could be asked to renew', async () => {
    await begin([])
    afterMinutes(12 * 60 - 1)
    const nobody = fakePerson([
      new AwsmfaError({ code: 'PROMPT_UNAVAILABLE', obstacle: 'no-terminal', wanted: 'token-code' }),
    ])
    expect(await answer([], fakeSts({}), nobody)).toBe('ASIAUSER')
    expect(told).toEqual(['PROMPT_UNAVAILABLE'])
  })

  it('asks one question when both sessions are about to end', async () => {
    await begin([role])
    afterMinutes(12 * 60 - 5)
    const person = fakePerson(['654321'])
    const sts = fakeSts({
      session: [
        { credentials: { ...sessionOf('ASIATWO').credentials, expiration: new Date(now.getTime() + 43_200_000) } },
      ],
      role: [laterRole()],
    })
    expect(await answer([role], sts, person)).toBe('ASIANEXT')
    expect(person.asked).toHaveLength(1)
  })
})
