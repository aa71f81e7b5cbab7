import { unlinkSync } from 'node:fs'
import type { CallerIdentity } from '../model/credentials.ts'
import { writeWhole } from '../platform/atomic-file.ts'
import { childPath } from '../platform/paths.ts'
import type { Now } from '../platform/time.ts'
import { identityPath, readFact, readIdentity } from './caller-identity.ts'
import type { Sha256 } from './session-record.ts'

/**
 * Small facts that awsmfa keeps between runs, as files of their own: who a key belongs to (cache folder), which code was
 * spent last and how a question ended (state folder). Losing one costs a call or a question and nothing else, so reading and
 * writing never throw.
 */

export interface RememberedFactsOptions {
  readonly cacheFolder: string
  readonly stateFolder: string
  readonly sha256: Sha256
  readonly now: Now
}

/** A TOTP code is accepted by STS in its own step and one beside it, so 90 s after it was spent it is refused anyway. */
const SPENT_MS = 90_000

const REFUSAL_MS = 30_000

/** Makes the store of facts. Touches nothing until it is asked. */
export function createRememberedFacts({
  cacheFolder,
  stateFolder,
  sha256,
  now,
}: RememberedFactsOptions): RememberedFacts {
  const identityFile = (accessKeyId: string): string => identityPath(cacheFolder, accessKeyId)
  const spentFile = (serialNumber: string): string =>
    childPath(childPath(stateFolder, 'spent-codes'), `${sha256(serialNumber).slice(0, 40)}.json`)
  const refusalFile = (question: string): string =>
    childPath(childPath(stateFolder, 'questions'), `${question}.refusal.json`)
  const hashOf = (serialNumber: string, tokenCode: string): string =>
    sha256(JSON.stringify(['spent', serialNumber, tokenCode]))
  return {
    identityOf: (accessKeyId) => readIdentity(readFact(identityFile(accessKeyId))),
    rememberIdentity: (accessKeyId, identity) => writeFact(identityFile(accessKeyId), { ...identity }),
    forgetIdentity: (accessKeyId) => forget(identityFile(accessKeyId)),
    isSpent: (serialNumber, tokenCode) => {
      const fact = readFact(spentFile(serialNumber))
      return fact?.['hash'] === hashOf(serialNumber, tokenCode) && isRecent(fact['at'], now(), SPENT_MS)
    },
    rememberSpent: (serialNumber, tokenCode) =>
      writeFact(spentFile(serialNumber), { hash: hashOf(serialNumber, tokenCode), at: now().getTime() }),
    refusalOf: (question, since) => {
      const fact = readFact(refusalFile(question))
      const late = typeof fact?.['at'] === 'number' && fact['at'] >= since.getTime()
      return late && isRecent(fact['at'], now(), REFUSAL_MS)
        ? REFUSALS.find((refusal) => refusal === fact['refusal'])
        : undefined
    },
    rememberRefusal: (question, refusal) => writeFact(refusalFile(question), { refusal, at: now().getTime() }),
  }
}

const REFUSALS: readonly QuestionRefusal[] = [
  'CANCELLED',
  'TOKEN_CODE_REJECTED',
  'DEADLINE_EXCEEDED',
  'TOKEN_COMMAND_FAILED',
  'YUBIKEY_FAILED',
]

function writeFact(path: string, fact: Readonly<Record<string, unknown>>): void {
  try {
    writeWhole(path, `${JSON.stringify({ version: 1, ...fact })}\n`)
  } catch {
    // A folder that cannot be written must not stop a login; the fact is learnt again next time.
  }
}

function forget(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Not there, or not removable: a fact about a key that is gone does no harm.
  }
}

function isRecent(at: unknown, now: Date, lengthMs: number): boolean {
  return typeof at === 'number' && Math.abs(now.getTime() - at) < lengthMs
}

/**
 * Small facts kept between runs, none of them secret, none of them needed: who a key belongs to (it never changes), which
 * token code was spent last (a hash, 90 s), and how the last question ended (30 s). Reading and writing never throw.
 */
export interface RememberedFacts {
  readonly identityOf: (accessKeyId: string) => CallerIdentity | undefined
  readonly rememberIdentity: (accessKeyId: string, identity: CallerIdentity) => void
  readonly forgetIdentity: (accessKeyId: string) => void
  readonly isSpent: (serialNumber: string, tokenCode: string) => boolean
  readonly rememberSpent: (serialNumber: string, tokenCode: string) => void
  /** How a question of that name ended without an answer, if that was after `since` and less than 30 s ago. */
  readonly refusalOf: (question: string, since: Date) => QuestionRefusal | undefined
  readonly rememberRefusal: (question: string, refusal: QuestionRefusal) => void
}

/** Why a question ended without a session. */
export type QuestionRefusal =
  'CANCELLED' | 'TOKEN_CODE_REJECTED' | 'DEADLINE_EXCEEDED' | 'TOKEN_COMMAND_FAILED' | 'YUBIKEY_FAILED'
