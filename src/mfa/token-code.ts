/** Token codes: asking all sources at once, redeeming a code, and waiting for the next one. */
import { userNameOfArn } from '../aws/arn.ts'
import type { MfaProof } from '../aws/sts-api.ts'
import type { Sts } from '../aws/sts.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Failure } from '../model/failure.ts'
import type { Deadline, Now, Pause } from '../platform/time.ts'
import type { IdentityLookup } from '../sessions/caller-identity.ts'
import type { RememberedFacts } from '../sessions/facts.ts'

/**
 * Returns a token code without its spaces, since authenticator apps show `123 456`; undefined for anything but six
 * digits (STS API Reference, GetSessionToken, TokenCode: `[\d]{6}`).
 */
export function parseTokenCode(text: string): string | undefined {
  const code = text.replace(/\s/g, '')
  return /^[0-9]{6}$/.test(code) ? code : undefined
}

/** What a prompt for a token code shows. */
export interface TokenCodeRequest {
  readonly profile: string
  /** How many profiles the code serves. */
  readonly profiles: number
  readonly serialNumber: string
  /** The IAM user, if known. */
  readonly userName?: string | undefined
  /** The account of the device, where devices of several accounts have its name. */
  readonly account?: string | undefined
  readonly roleArn?: string | undefined
  /** Why the previous code was refused, on another attempt. */
  readonly refusal?: {
    readonly nextCodeInSeconds: number
    readonly known: 'used' | 'wrong-or-used'
    readonly answerLost: boolean
  }
}

/** A code, and how it was obtained. */
export interface TokenCodeAnswer {
  readonly code: string
  /** Whether it may be mistyped, so that a refused one is asked for again, three times in all. */
  readonly typed: boolean
  /** Whether a program generated it, which has the next code in the next 30 s. */
  readonly generated?: boolean
}

/** One way to get a code; 'unavailable' if it cannot be used now. Throws CANCELLED; withdraws on abort. */
export type TokenCodeSource = (
  request: TokenCodeRequest,
  signal: AbortSignal,
) => Promise<TokenCodeAnswer | 'unavailable'>

/**
 * Asks every source at once; the first answer wins and the others are withdrawn. Throws CANCELLED as soon as one is
 * cancelled; if none can be used, YUBIKEY_FAILED of a YubiKey, otherwise PROMPT_UNAVAILABLE; the signal's reason when
 * it aborts.
 */
export async function askTokenCode(
  request: TokenCodeRequest,
  sources: readonly TokenCodeSource[],
  signal: AbortSignal,
): Promise<TokenCodeAnswer> {
  const withdrawal = new AbortController()
  const ended = AbortSignal.any([signal, withdrawal.signal])
  try {
    signal.throwIfAborted()
    return await firstAnswer(sources.map(async (source) => source(request, ended)))
  } finally {
    withdrawal.abort()
  }
}

/** Waits until one source answers or fails, or all are unavailable. */
async function firstAnswer(answers: readonly Promise<TokenCodeAnswer | 'unavailable'>[]): Promise<TokenCodeAnswer> {
  const obstacles: AwsmfaError[] = []
  return await new Promise((resolve, reject) => {
    const settled = answers.map(async (answer) => {
      try {
        const given = await answer
        if (given !== 'unavailable') resolve(given)
      } catch (error) {
        if (!isFailure(error, 'PROMPT_UNAVAILABLE') && !isFailure(error, 'YUBIKEY_FAILED')) throw error
        obstacles.push(error)
      }
    })
    Promise.all(settled).then(() => reject(obstacleAmong(obstacles)), reject)
  })
}

/** Anyone who configured a YubiKey wants to know why it failed, not that there is no terminal. */
function obstacleAmong(obstacles: readonly AwsmfaError[]): AwsmfaError {
  const none = { code: 'PROMPT_UNAVAILABLE', obstacle: 'no-terminal', wanted: 'token-code' } as const
  return obstacles.find((each) => isFailure(each, 'YUBIKEY_FAILED')) ?? obstacles[0] ?? new AwsmfaError(none)
}

export interface CodeEffects {
  readonly sts: Pick<Sts, 'prepare'>
  readonly sources: readonly TokenCodeSource[]
  readonly facts: RememberedFacts
  readonly identity: IdentityLookup
  readonly deadline: Deadline
  readonly cancelled: AbortSignal
  readonly now: Now
  readonly pause: Pause
  /** Reports that the code was used before, and in how many seconds the next one appears, which is awaited. */
  readonly announceNextCode: (seconds: number) => void
}

type CodeRejected = Extract<Failure, { readonly code: 'TOKEN_CODE_REJECTED' }>

const TYPED_ATTEMPTS = 3

/** TOTP codes change every 30 s, counted from 1970 (RFC 6238). */
const STEP_MS = 30_000

/** How long to wait past the change of a code: timers may be early, and clocks differ a little. */
const BEHIND_STEP_MS = 250

/** The time for getting the next code and for a call with it. */
const CALL_MS = 2000

/**
 * Asks for a token code and makes `call` with it; asks again, three times in all, if STS refuses a typed one. A code
 * that is known to be used is refused without a call; if a program generated it, the next one is awaited once, if time
 * permits. During the prompt the caller's identity is looked up; if that fails in a way that no code can help, the
 * prompt is withdrawn. Throws what the sources and `call` throw.
 */
export async function redeemTokenCode<T>(
  request: TokenCodeRequest,
  effects: CodeEffects,
  call: (mfa: MfaProof) => Promise<T>,
): Promise<T> {
  let current = request
  let answer = await ask(current, effects)
  if (
    answer.generated === true &&
    effects.facts.isSpent(request.serialNumber, answer.code) &&
    (await waitForNextCode(effects))
  )
    answer = await ask(current, effects)
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryCode(request.serialNumber, answer.code, effects, call)
    } catch (error) {
      if (!isFailure(error, 'TOKEN_CODE_REJECTED') || !answer.typed || attempt === TYPED_ATTEMPTS) throw error
      const { nextCodeInSeconds, known, answerLost } = error.failure
      current = { ...request, refusal: { nextCodeInSeconds, known, answerLost } }
      answer = await ask(current, effects)
    }
  }
}

/**
 * Waits for the next code: a YubiKey without touch gives every login within 30 s the same one. Returns false at once if
 * there is no time. Throws the failure that no code can help.
 */
async function waitForNextCode({ identity, deadline, now, pause, announceNextCode }: CodeEffects): Promise<boolean> {
  const waitMs = STEP_MS - (now().getTime() % STEP_MS) + BEHIND_STEP_MS
  if (waitMs + CALL_MS > deadline.leftMs()) return false
  announceNextCode(Math.ceil(waitMs / 1000))
  await pause(waitMs, AbortSignal.any([deadline.signal, identity.fatalSignal]))
  return true
}

async function ask(
  request: TokenCodeRequest,
  { sts, sources, identity, deadline, cancelled }: CodeEffects,
): Promise<TokenCodeAnswer> {
  const question = askTokenCode(
    { ...request, userName: userNameOf(identity) },
    sources,
    AbortSignal.any([cancelled, identity.fatalSignal]),
  )
  // While someone types there is time to load, to connect and to look up the identity.
  sts.prepare()
  identity.start()
  const answer = await deadline.pauseWhile(question)
  identity.fatalSignal.throwIfAborted()
  return answer
}

async function tryCode<T>(
  serialNumber: string,
  tokenCode: string,
  effects: CodeEffects,
  call: (mfa: MfaProof) => Promise<T>,
): Promise<T> {
  const { facts, now } = effects
  if (facts.isSpent(serialNumber, tokenCode)) {
    const spent: CodeRejected = {
      code: 'TOKEN_CODE_REJECTED',
      nextCodeInSeconds: secondsToNextCode(now()),
      known: 'used',
      answerLost: false,
    }
    throw new AwsmfaError(spent)
  }
  try {
    const result = await call({ serialNumber, tokenCode })
    facts.rememberSpent(serialNumber, tokenCode)
    return result
  } catch (error) {
    if (isFailure(error, 'TOKEN_CODE_REJECTED') && error.failure.answerLost)
      facts.rememberSpent(serialNumber, tokenCode)
    throw error
  }
}

function secondsToNextCode(now: Date): number {
  return (STEP_MS - ((Math.floor(now.getTime() / 1000) * 1000) % STEP_MS)) / 1000
}

/** Returns the name of an IAM user; a role or root has none. */
export function userNameOf(identity: Pick<IdentityLookup, 'known'>): string | undefined {
  const arn = identity.known()?.arn
  return arn === undefined ? undefined : userNameOfArn(arn)
}
