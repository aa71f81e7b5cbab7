import type { MfaProof } from '../aws/sts-api.ts'
import type { Sts } from '../aws/sts.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Failure } from '../model/failure.ts'
import type { Deadline, Now, Pause } from '../platform/time.ts'
import type { IdentityLookup } from '../sessions/caller-identity.ts'
import type { RememberedFacts } from '../sessions/facts.ts'

/**
 * Reads a token code as it was typed, pasted or piped: six digits, the spaces round and inside it dropped, since
 * authenticator apps show it as `123 456`. Gives undefined for anything else. STS's own limit for the parameter TokenCode is
 * `[\d]{6}` (API reference of GetSessionToken).
 */
export function parseTokenCode(text: string): string | undefined {
  const code = text.replace(/\s/g, '')
  return /^[0-9]{6}$/.test(code) ? code : undefined
}

/** What a source of token codes needs to know to ask a sensible question. */
export interface TokenCodeRequest {
  readonly profile: string
  /** How many profiles the code serves. */
  readonly profiles: number
  readonly serialNumber: string
  /** The IAM user, where known. */
  readonly userName?: string
  readonly roleArn?: string
  /** Why the previous answer was not taken, when this is another try. */
  readonly refusal?: {
    readonly nextCodeInSeconds: number
    readonly known: 'used' | 'wrong-or-used'
    readonly answerLost: boolean
  }
}

/**
 * A code together with how it came, which decides how often it may be tried: a typed one up to three times. `generated`: by a
 * program that gives the next code in the next 30 s.
 */
export interface TokenCodeAnswer {
  readonly code: string
  readonly typed: boolean
  readonly generated?: boolean
}

/**
 * One way to get a token code. Gives 'unavailable' where it cannot be used here and now; throws CANCELLED when the person
 * says no. Withdraws its question when the signal aborts.
 */
export type TokenCodeSource = (
  request: TokenCodeRequest,
  signal: AbortSignal,
) => Promise<TokenCodeAnswer | 'unavailable'>

/**
 * Asks every source at once; the first answer wins and the others are withdrawn. Throws CANCELLED as soon as one source is
 * cancelled; when none can be used, YUBIKEY_FAILED where a YubiKey was to be asked, else PROMPT_UNAVAILABLE; and the reason of
 * `signal` when that aborts.
 */
export async function askTokenCode(
  request: TokenCodeRequest,
  sources: readonly TokenCodeSource[],
  signal: AbortSignal,
): Promise<TokenCodeAnswer> {
  const withdrawal = new AbortController()
  const withdraw = (): void => withdrawal.abort(signal.reason)
  signal.addEventListener('abort', withdraw, { once: true })
  try {
    signal.throwIfAborted()
    return await firstAnswer(sources.map(async (source) => source(request, withdrawal.signal)))
  } finally {
    signal.removeEventListener('abort', withdraw)
    withdrawal.abort()
  }
}

/** Waits until one source answers or fails for good, or all of them have proved unavailable. */
async function firstAnswer(answers: readonly Promise<TokenCodeAnswer | 'unavailable'>[]): Promise<TokenCodeAnswer> {
  const unavailable = Symbol('unavailable')
  const obstacles: AwsmfaError[] = []
  const decided = answers.map(async (answer) => {
    try {
      const given = await answer
      if (given !== 'unavailable') return given
    } catch (error) {
      if (!isFailure(error, 'PROMPT_UNAVAILABLE') && !isFailure(error, 'YUBIKEY_FAILED')) throw error
      obstacles.push(error)
    }
    return unavailable
  })
  const first = await new Promise<TokenCodeAnswer | undefined>((resolve, reject) => {
    for (const promise of decided) {
      promise.then((given) => {
        if (typeof given !== 'symbol') resolve(given)
      }, reject)
    }
    void Promise.allSettled(decided).then(() => resolve(undefined))
  })
  if (first !== undefined) return first
  // That there is no terminal is no news to whoever set a YubiKey up.
  throw (
    obstacles.find((obstacle) => isFailure(obstacle, 'YUBIKEY_FAILED')) ??
    obstacles[0] ??
    new AwsmfaError({ code: 'PROMPT_UNAVAILABLE', obstacle: 'no-terminal', wanted: 'token-code' })
  )
}

/** What asking for a code and spending it needs. */
export interface CodeEffects {
  readonly sts: Pick<Sts, 'prepare'>
  readonly sources: readonly TokenCodeSource[]
  readonly facts: RememberedFacts
  readonly identity: IdentityLookup
  readonly deadline: Deadline
  readonly cancelled: AbortSignal
  readonly now: Now
  readonly pause: Pause
  /** Says that the code has been used, and in how many seconds the next one comes, which is waited for. */
  readonly tellNextCode: (seconds: number) => void
}

type CodeRejected = Extract<Failure, { readonly code: 'TOKEN_CODE_REJECTED' }>

/** A typed code may be a slip and is asked for again; any other is what it is. */
const TYPED_TRIES = 3

/** TOTP codes change every 30 s, counted from 1970 (RFC 6238); AWS's devices use that step. */
const STEP_MS = 30_000

/** Past the moment at which the code changes: timers may be early, and clocks differ a little. */
const BEHIND_STEP_MS = 250

/** What a code and a call may take once the next code is there. */
const CALL_MS = 2000

/**
 * Asks for a token code and makes `call` with it; asks again when STS refuses a typed one, three times in all. A code that is
 * known to be spent is refused without a call; where a program made it, the next one is waited for, once, if there is time
 * for that. While a person types, STS is told nothing but who is asking; when that shows that no code can help, the question
 * is withdrawn, and nothing is waited for. Throws what the sources and `call` throw.
 */
export async function redeemTokenCode<T>(
  request: TokenCodeRequest,
  effects: CodeEffects,
  call: (mfa: MfaProof) => Promise<T>,
): Promise<T> {
  let asked = request
  let answer = await ask(asked, effects)
  if (
    answer.generated === true &&
    effects.facts.isSpent(request.serialNumber, answer.code) &&
    (await waitForNextCode(effects))
  )
    answer = await ask(asked, effects)
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryCode(request.serialNumber, answer.code, effects, call)
    } catch (error) {
      if (!isFailure(error, 'TOKEN_CODE_REJECTED') || !answer.typed || attempt === TYPED_TRIES) throw error
      const { nextCodeInSeconds, known, answerLost } = error.failure
      asked = { ...request, refusal: { nextCodeInSeconds, known, answerLost } }
      answer = await ask(asked, effects)
    }
  }
}

/** A YubiKey that need not be touched shows the same code to every login within 30 s. Gives false, at once, where the time does not last. Throws the failure where no code can help. */
async function waitForNextCode({ identity, deadline, now, pause, tellNextCode }: CodeEffects): Promise<boolean> {
  const waitMs = STEP_MS - (now().getTime() % STEP_MS) + BEHIND_STEP_MS
  if (waitMs + CALL_MS > deadline.leftMs()) return false
  tellNextCode(Math.ceil(waitMs / 1000))
  await pause(waitMs, AbortSignal.any([deadline.signal, identity.fatalSignal]))
  return true
}

async function ask(
  request: TokenCodeRequest,
  { sts, sources, identity, deadline, cancelled }: CodeEffects,
): Promise<TokenCodeAnswer> {
  const userName = userNameOf(identity)
  const question = askTokenCode(
    userName === undefined ? request : { ...request, userName },
    sources,
    AbortSignal.any([cancelled, identity.fatalSignal]),
  )
  // The question stands; now there is time to load, to connect and to learn who asks.
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

/** The name of an IAM user; a role or root has none. */
export function userNameOf(identity: Pick<IdentityLookup, 'known'>): string | undefined {
  const arn = identity.known()?.arn
  return arn?.includes(':user/') === true ? arn.slice(arn.lastIndexOf('/') + 1) : undefined
}
