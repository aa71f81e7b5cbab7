/**
 * Small facts kept between runs, each in a file of its own, none of them secret: who a key belongs to (cache folder),
 * which token code was spent last and how a question ended (state folder). Losing one costs a call or a question, so
 * reading and writing never throw.
 */
import { unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from '../platform/atomic-file.ts'
import type { Now } from '../platform/time.ts'
import { identityPath, readFact, readIdentity } from './caller-identity.ts'
import type { IdentityMemory } from './caller-identity.ts'
import type { Sha256 } from './session-record.ts'

export interface RememberedFacts extends IdentityMemory {
  readonly forgetIdentity: (accessKeyId: string) => void
  readonly isSpent: (serialNumber: string, tokenCode: string) => boolean
  /** Keeps a hash of the code. */
  readonly rememberSpent: (serialNumber: string, tokenCode: string) => void
  /** Returns how a question of that name ended without an answer, if that was after `since` and less than 30 s ago. */
  readonly refusalOf: (question: string, since: Date) => QuestionRefusal | undefined
  readonly rememberRefusal: (question: string, refusal: QuestionRefusal) => void
}

/**
 * Failures of a question that a waiting process would only repeat: a locked vault need not ask for its password ten
 * times.
 */
export const QUESTION_REFUSALS = [
  'CANCELLED',
  'TOKEN_CODE_REJECTED',
  'DEADLINE_EXCEEDED',
  'TOKEN_COMMAND_FAILED',
  'YUBIKEY_FAILED',
] as const

/** Why a question ended without a session. */
export type QuestionRefusal = (typeof QUESTION_REFUSALS)[number]

/**
 * STS accepts a TOTP code in its own step of 30 s and one beside it, so 90 s after it was spent it is rejected anyway.
 */
const SPENT_MS = 90_000

const REFUSAL_MS = 30_000

export interface RememberedFactsOptions {
  readonly cacheFolder: string
  readonly stateFolder: string
  readonly sha256: Sha256
  readonly now: Now
}

/** Makes the store of facts. Touches nothing until it is used. */
export function createRememberedFacts(options: RememberedFactsOptions): RememberedFacts {
  const { cacheFolder, stateFolder, sha256, now } = options
  const identityFile = (accessKeyId: string): string => identityPath(cacheFolder, accessKeyId)
  const spentFile = (serialNumber: string): string =>
    join(stateFolder, 'spent-codes', `${sha256(serialNumber).slice(0, 40)}.json`)
  const refusalFile = (question: string): string => join(stateFolder, 'questions', `${question}.refusal.json`)
  const hashOf = (serialNumber: string, tokenCode: string): string =>
    sha256(JSON.stringify(['spent', serialNumber, tokenCode]))
  return {
    identityOf: (accessKeyId) => readIdentity(readFact(identityFile(accessKeyId))),
    rememberIdentity: (accessKeyId, identity) => writeFact(identityFile(accessKeyId), { ...identity }),
    forgetIdentity: (accessKeyId) => removeFact(identityFile(accessKeyId)),
    isSpent: (serialNumber, tokenCode) => {
      const fact = readFact(spentFile(serialNumber))
      return fact?.['hash'] === hashOf(serialNumber, tokenCode) && isRecent(fact['at'], now(), SPENT_MS)
    },
    rememberSpent: (serialNumber, tokenCode) =>
      writeFact(spentFile(serialNumber), { hash: hashOf(serialNumber, tokenCode), at: now().getTime() }),
    refusalOf: (question, since) => {
      const fact = readFact(refusalFile(question))
      const at = fact?.['at']
      return typeof at === 'number' && at >= since.getTime() && isRecent(at, now(), REFUSAL_MS)
        ? QUESTION_REFUSALS.find((refusal) => refusal === fact?.['refusal'])
        : undefined
    },
    rememberRefusal: (question, refusal) => writeFact(refusalFile(question), { refusal, at: now().getTime() }),
  }
}

function writeFact(path: string, fact: Readonly<Record<string, unknown>>): void {
  try {
    writeWhole(path, `${JSON.stringify({ version: 1, ...fact })}\n`)
  } catch {
    // A folder that cannot be written must not stop a login; the fact is learnt again next time.
  }
}

function removeFact(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Not there, or not removable: a fact about a key that is gone does no harm.
  }
}

function isRecent(at: unknown, now: Date, durationMs: number): boolean {
  return typeof at === 'number' && Math.abs(now.getTime() - at) < durationMs
}
