/** Keeping answers of `credential-process`; see answer-file.ts for what they are and how they are found. */
import { rmSync } from 'node:fs'
import { AwsmfaError } from '../core/failures.ts'
import { answerName, fingerprintOf, sourcesOf } from './answer-file.ts'
import type { AnswerPlaces, AnswerSources, KeptAnswer } from './answer-file.ts'
import { seal } from './cache-cipher.ts'
import { findCacheKey } from './cache-key.ts'
import { writeWhole } from './staged-write.ts'

/** An answer as it goes to stdout, and until when it may be given without another look. */
export interface Answer {
  readonly text: string
  readonly goodUntil: Date
  /** What noteSources gave before anything was read. Undefined: it is not kept. */
  readonly madeFrom: string | undefined
}

/** Notes what an answer is about to be made from. Undefined where that cannot be looked at; never throws. */
export function noteSources(places: AnswerSources): string | undefined {
  try {
    return sourcesOf(places)
  } catch {
    // Then no answer can be kept, and that is all.
    return undefined
  }
}

/** Keeps an answer where the key is at hand and nothing that it was made from has changed meanwhile. Never throws: what is not kept is found out anew. `onOddity` is told, without secrets. */
export function keepAnswer(places: AnswerPlaces, { text, goodUntil, madeFrom }: Answer, now: Date, onOddity: (text: string) => void): void {
  const [name, key] = [answerName(places.profile), findCacheKey(places)]
  if (name === undefined || key === undefined) return
  try {
    const fingerprint = fingerprintOf(places)
    // Somebody was asked for a code, or STS waited for, and the files were edited: it is what they said before.
    if (sourcesOf(places) !== madeFrom) return onOddity('the answer was not kept: what it was made from has changed, or could not be looked at')
    const kept: KeptAnswer = { version: 1, fingerprint, createdAt: now.getTime(), goodUntil: goodUntil.getTime(), text }
    writeWhole(`${places.folders.cache}/${name}`, seal(Buffer.from(JSON.stringify(kept)), name, key))
  } catch (error) {
    onOddity(`the answer could not be kept (${error instanceof AwsmfaError ? error.failure.code : 'a link stands in the way'})`)
  }
}

/** Removes all answers: something that they were resolved from has changed. Never throws. */
export function forgetAnswers(cacheFolder: string): void {
  try {
    rmSync(`${cacheFolder}/answers`, { recursive: true, force: true })
  } catch {
    // They no longer fit, since the session cache has changed, and are sealed.
  }
}
