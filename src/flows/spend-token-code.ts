import { AwsmfaError, isFailure } from '../core/failures.ts'
import type { Failure } from '../core/failures.ts'
import type { Deadline, MfaProof, Now, RememberedFacts, Sts, TokenCodeAnswer, TokenCodeRequest, TokenCodeSource } from '../core/ports.ts'
import { askTokenCode } from './ask-token-code.ts'
import type { IdentityLookup } from './caller-identity.ts'

/** What asking for a code and spending it needs. */
export interface CodeEffects {
  readonly sts: Pick<Sts, 'prepare'>
  readonly sources: readonly TokenCodeSource[]
  readonly facts: RememberedFacts
  readonly identity: IdentityLookup
  readonly deadline: Deadline
  readonly cancelled: AbortSignal
  readonly now: Now
}

type CodeRejected = Extract<Failure, { readonly code: 'TOKEN_CODE_REJECTED' }>

/** A typed code may be a slip and is asked for again; any other is what it is. */
const TYPED_TRIES = 3

/**
 * Asks for a token code and makes `call` with it; asks again when STS refuses a typed one, three times in all. A code that is
 * known to be spent is refused without a call. While a person types, STS is told nothing but who is asking; when that shows
 * that no code can help, the question is withdrawn. Throws what the sources and `call` throw.
 */
export async function spendTokenCode<T>(request: TokenCodeRequest, effects: CodeEffects, call: (mfa: MfaProof) => Promise<T>): Promise<T> {
  let asked = request
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(asked, effects)
    try {
      return await tryCode(request.serialNumber, answer.code, effects, call)
    } catch (error) {
      if (!isFailure(error, 'TOKEN_CODE_REJECTED') || !answer.typed || attempt === TYPED_TRIES) throw error
      const { nextCodeInSeconds, known, answerLost } = error.failure
      asked = { ...request, refusal: { nextCodeInSeconds, known, answerLost } }
    }
  }
}

async function ask(request: TokenCodeRequest, { sts, sources, identity, deadline, cancelled }: CodeEffects): Promise<TokenCodeAnswer> {
  const userName = userNameOf(identity)
  const question = askTokenCode(userName === undefined ? request : { ...request, userName }, sources, AbortSignal.any([cancelled, identity.hopeless]))
  // The question stands; now there is time to load, to connect and to learn who asks.
  sts.prepare()
  identity.start()
  const answer = await deadline.pauseWhile(question)
  identity.hopeless.throwIfAborted()
  return answer
}

async function tryCode<T>(serialNumber: string, tokenCode: string, effects: CodeEffects, call: (mfa: MfaProof) => Promise<T>): Promise<T> {
  const { facts, now } = effects
  if (facts.isSpent(serialNumber, tokenCode)) {
    const spent: CodeRejected = { code: 'TOKEN_CODE_REJECTED', nextCodeInSeconds: secondsToNextCode(now()), known: 'used', answerLost: false }
    throw new AwsmfaError(spent)
  }
  try {
    const result = await call({ serialNumber, tokenCode })
    facts.rememberSpent(serialNumber, tokenCode)
    return result
  } catch (error) {
    if (isFailure(error, 'TOKEN_CODE_REJECTED') && error.failure.answerLost) facts.rememberSpent(serialNumber, tokenCode)
    throw error
  }
}

/** TOTP codes change every 30 s, counted from 1970 (RFC 6238); AWS's devices use that step. */
function secondsToNextCode(now: Date): number {
  return 30 - (Math.floor(now.getTime() / 1000) % 30)
}

/** The name of an IAM user; a role or root has none. */
export function userNameOf(identity: IdentityLookup): string | undefined {
  const arn = identity.known()?.arn
  return arn?.includes(':user/') === true ? arn.slice(arn.lastIndexOf('/') + 1) : undefined
}
