/** In-memory effects for tests of flows. Each says what was asked of it; nothing is timed. */
import { AwsmfaError } from '../../src/model/failure.ts'
import type { AssumeRoleRequest, GetSessionTokenRequest, StsSession } from '../../src/aws/sts-api.ts'
import type { CallerIdentity } from '../../src/model/credentials.ts'
import type { Deadline } from '../../src/platform/time.ts'
import type { LockQuestion } from '../../src/mfa/question-lock.ts'
import type { QuestionRefusal, RememberedFacts } from '../../src/sessions/facts.ts'
import type { SessionCache } from '../../src/sessions/session-cache.ts'
import type { Sts } from '../../src/aws/sts.ts'
import type { TokenCodeAnswer, TokenCodeRequest, TokenCodeSource } from '../../src/mfa/token-code.ts'
import type { SigningCredentials } from '../../src/model/credentials.ts'
import type { SessionRecord } from '../../src/sessions/session-record.ts'

export const NOW = new Date('2026-11-21T12:00:07Z')
export const ALICE: CallerIdentity = {
  account: '111111111111',
  arn: 'arn:aws:iam::111111111111:user/team/alice',
  userId: 'AIDAALICE',
}

/** A session that ends so many seconds after NOW. */
export function sessionOf(accessKeyId: string, seconds = 43_200, assumedRoleArn?: string): StsSession {
  const credentials = {
    accessKeyId,
    secretAccessKey: 'secret',
    sessionToken: 'session',
    expiration: new Date(NOW.getTime() + seconds * 1000),
  }
  return assumedRoleArn === undefined ? { credentials } : { credentials, assumedRoleArn }
}

export interface FakeSts extends Sts {
  readonly calls: readonly {
    readonly operation: string
    readonly signer: SigningCredentials
    readonly request?: GetSessionTokenRequest | AssumeRoleRequest
  }[]
}

/**
 * An STS that answers each operation from a list; an Error in it is thrown. An operation without an answer left fails
 * the test.
 */
export function fakeSts(answers: {
  readonly identity?: readonly (CallerIdentity | Error)[]
  readonly session?: readonly (StsSession | Error)[]
  readonly role?: readonly (StsSession | Error)[]
}): FakeSts {
  const calls: FakeSts['calls'][number][] = []
  const left = {
    identity: [...(answers.identity ?? [])],
    session: [...(answers.session ?? [])],
    role: [...(answers.role ?? [])],
  }
  const next = async <T>(queue: (T | Error)[], operation: string): Promise<T> => {
    const answer = queue.shift()
    if (answer === undefined) throw new Error(`unexpected ${operation}`)
    if (answer instanceof Error) throw answer
    return await Promise.resolve(answer)
  }
  return {
    calls,
    getCallerIdentity: async (signer) => {
      calls.push({ operation: 'GetCallerIdentity', signer })
      return await next(left.identity, 'GetCallerIdentity')
    },
    getSessionToken: async (signer, request) => {
      calls.push({ operation: 'GetSessionToken', signer, request })
      return await next(left.session, 'GetSessionToken')
    },
    assumeRole: async (signer, request) => {
      calls.push({ operation: 'AssumeRole', signer, request })
      return await next(left.role, 'AssumeRole')
    },
    prepare: () => undefined,
  }
}

/**
 * A person who types these answers, one after another. What they were asked is kept; a question without an answer fails
 * the test.
 */
export function fakePerson(
  answers: readonly (string | Error)[],
  typed = true,
): { readonly source: TokenCodeSource; readonly asked: readonly TokenCodeRequest[] } {
  const asked: TokenCodeRequest[] = []
  const left = [...answers]
  const source: TokenCodeSource = async (request): Promise<TokenCodeAnswer> => {
    asked.push(request)
    const answer = left.shift()
    if (answer === undefined) throw new Error('asked once more than expected')
    if (answer instanceof Error) throw answer
    return await Promise.resolve({ code: answer, typed })
  }
  return { source, asked }
}

export function fakeFacts(known: Readonly<Record<string, CallerIdentity>> = {}): RememberedFacts & {
  readonly refusals: Map<string, QuestionRefusal>
  readonly spent: Set<string>
  readonly identities: Map<string, CallerIdentity>
} {
  const identities = new Map(Object.entries(known))
  const spent = new Set<string>()
  const refusals = new Map<string, QuestionRefusal>()
  return {
    identities,
    spent,
    refusals,
    identityOf: (accessKeyId) => identities.get(accessKeyId),
    rememberIdentity: (accessKeyId, identity) => void identities.set(accessKeyId, identity),
    forgetIdentity: (accessKeyId) => void identities.delete(accessKeyId),
    isSpent: (serialNumber, code) => spent.has(`${serialNumber} ${code}`),
    rememberSpent: (serialNumber, code) => void spent.add(`${serialNumber} ${code}`),
    refusalOf: (question) => refusals.get(question),
    rememberRefusal: (question, refusal) => void refusals.set(question, refusal),
  }
}

export function fakeCache(
  records: readonly SessionRecord[] = [],
): SessionCache & { readonly records: SessionRecord[] } {
  const held = [...records]
  const same = (left: SessionRecord['key'], right: SessionRecord['key']): boolean =>
    JSON.stringify(left) === JSON.stringify(right)
  const remove = (key: SessionRecord['key']): void => {
    const index = held.findIndex((record) => same(record.key, key))
    if (index >= 0) held.splice(index, 1)
  }
  return {
    records: held,
    find: (key) => held.find((record) => same(record.key, key)),
    list: () => [...held],
    count: () => held.length,
    remove,
    removeAll: () => void held.splice(0),
    sweep: () => undefined,
    preflight: () => undefined,
    store: (record) => {
      remove(record.key)
      held.push(record)
    },
  }
}

/** A question lock that is free, or that another process has held. */
export function fakeLock(waited = false): { readonly lockQuestion: LockQuestion; readonly events: readonly string[] } {
  const events: string[] = []
  const lockQuestion: LockQuestion = async () => {
    events.push('locked')
    return await Promise.resolve({ waited, release: () => void events.push('released') })
  }
  return { lockQuestion, events }
}

export function fakeDeadline(): Deadline {
  return { signal: new AbortController().signal, pauseWhile: async (waiting) => await waiting, leftMs: () => 55_000 }
}

export const rejectedCode = (known: 'used' | 'wrong-or-used' = 'wrong-or-used'): AwsmfaError =>
  new AwsmfaError({ code: 'TOKEN_CODE_REJECTED', nextCodeInSeconds: 23, known, answerLost: false })
