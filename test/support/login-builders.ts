/** Logins as tests need them: what a test does not name is empty. */
import type { SessionEffects } from '../../src/login/obtain-session.ts'
import type { LoginResolution, RoleStep } from '../../src/login/resolution.ts'
import type { Resolved } from '../../src/model/origin.ts'
import { sha256 } from '../../src/runtime/runtime.ts'
import { ALICE, NOW, fakeCache, fakeDeadline, fakeFacts, fakeLock, fakeSts } from './fake-effects.ts'

/** The access key and the MFA device of ALICE. */
export const KEY = 'AKIAIOSFODNN7EXAMPLE'
export const SERIAL = 'arn:aws:iam::111111111111:mfa/alice'

/** A value that nobody has configured. */
export function byDefault<T>(value: T): Resolved<T> {
  return { value, origin: { kind: 'default' } }
}

/** A role of the profile 'work', of which only the ARN is configured. */
export function roleStep(roleArn: string, changes: Partial<RoleStep> = {}): RoleStep {
  return {
    roleArn: byDefault(roleArn),
    profile: 'work',
    sessionName: undefined,
    externalId: undefined,
    durationSeconds: undefined,
    ...changes,
  }
}

/** A login of ALICE to the profile 'work', without a role. */
export function loginResolution(changes: Partial<LoginResolution> = {}): LoginResolution {
  return {
    target: byDefault('work'),
    storeProfile: 'work',
    storeIn: 'section',
    longTerm: { kind: 'environment', credentials: { accessKeyId: KEY, secretAccessKey: 'secret' } },
    path: ['work'],
    roles: [],
    roleExtras: {},
    serialNumber: byDefault(SERIAL),
    durationSeconds: undefined,
    region: byDefault('us-east-1'),
    partition: 'aws',
    endpoint: undefined,
    caBundle: undefined,
    tokenCode: undefined,
    tokenCommand: undefined,
    yubiKey: undefined,
    prompt: { choice: undefined, noGui: undefined, hideArns: false },
    minTtlSeconds: undefined,
    notes: [],
    trail: [],
    ...changes,
  }
}

/** Effects that know ALICE and fail the test for every call, question and wait. */
export function sessionEffects(changes: Partial<SessionEffects> = {}): SessionEffects {
  return {
    sts: fakeSts({}),
    sources: [],
    cache: fakeCache(),
    facts: fakeFacts({ [KEY]: ALICE }),
    lockQuestion: fakeLock().lockQuestion,
    terminal: { canAsk: () => true },
    deadline: fakeDeadline(),
    cancelled: new AbortController().signal,
    now: () => NOW,
    sha256,
    osUser: 'ally',
    showWaiting: () => () => undefined,
    pause: () => Promise.reject(new Error('unexpected')),
    tellNextCode: () => undefined,
    debug: () => undefined,
    ...changes,
  }
}
