/** Builders for login tests: a resolved login and its effects, with changes. What a test does not set is empty. */
import type { SessionEffects } from '../../src/login/obtain-session.ts'
import type { LoginResolution, RoleStep } from '../../src/login/resolution.ts'
import type { Resolved } from '../../src/model/profile.ts'
import { sha256 } from '../../src/runtime/runtime.ts'
import { ALICE, NOW, fakeCache, fakeDeadline, fakeFacts, fakeLock, fakeSts } from './fake-effects.ts'

/** The access key and the MFA device of ALICE. */
export const KEY = 'AKIAIOSFODNN7EXAMPLE'
export const SERIAL = 'arn:aws:iam::111111111111:mfa/alice'

/** Returns a value whose origin is the default. */
export function byDefault<T>(value: T): Resolved<T> {
  return { value, origin: { kind: 'default' } }
}

/** Returns a role step of the profile 'work' with nothing but an ARN. */
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

/** Returns ALICE's login to the profile 'work', without a role. */
export function loginResolution(changes: Partial<LoginResolution> = {}): LoginResolution {
  return {
    target: byDefault('work'),
    storeProfile: 'work',
    storeIn: 'section',
    longTerm: { kind: 'environment', credentials: { accessKeyId: KEY, secretAccessKey: 'secret' } },
    passphraseCommand: undefined,
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

/** Returns effects that know ALICE's identity. Every STS call, prompt and pause fails the test. */
export function sessionEffects(changes: Partial<SessionEffects> = {}): SessionEffects {
  return {
    sts: fakeSts({}),
    sources: [],
    cache: fakeCache(),
    facts: fakeFacts({ [KEY]: ALICE }),
    lockQuestion: fakeLock().lockQuestion,
    announceWaiting: () => undefined,
    terminal: {
      canAsk: () => true,
      confirm: () => Promise.resolve(false),
      choose: () => Promise.resolve(0),
      whileWaiting: (_, waiting) => waiting,
    },
    deadline: fakeDeadline(),
    cancelled: new AbortController().signal,
    now: () => NOW,
    sha256,
    osUser: 'ally',
    pause: () => Promise.reject(new Error('unexpected')),
    announceNextCode: () => undefined,
    debug: () => undefined,
    ...changes,
  }
}
