import { AwsmfaError } from '../core/failures.ts'
import { isRegionName } from '../core/login/regions.ts'
import type { Terminal } from '../core/ports.ts'
import type { LongTermCredentials } from '../core/sessions/credentials.ts'
import { isLongTermKeyId, isSecretAccessKey } from '../core/sessions/long-term-pair.ts'

/** The questions, each ready to be typed behind, and what is said to an answer that is none. */
export interface KeyWords {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  readonly notAKeyId: string
  readonly notASecret: string
  readonly notARegion: string
}

/** What a person typed. `region` undefined: left empty, or not asked for. */
export interface TypedKeys {
  readonly credentials: LongTermCredentials
  readonly region: string | undefined
}

/** Answers that are none, one after another, before a question is given up: nobody sits there. */
const MOST_TRIES = 10

/** Where it is asked, and where refused answers are talked about. */
export interface KeyDialogue {
  readonly words: KeyWords
  readonly ask: Terminal['ask']
  readonly say: (text: string) => void
  readonly signal: AbortSignal
}

/** Asks for a long-term access key, its secret hidden, and for a region where that is wanted. Throws PROMPT_UNAVAILABLE, CANCELLED. */
export async function askLongTermKeys(dialogue: KeyDialogue, asksRegion: boolean): Promise<TypedKeys> {
  const { words } = dialogue
  const accessKeyId = await answerTo({ text: words.accessKeyId, refusal: words.notAKeyId, isAnswer: isLongTermKeyId }, dialogue)
  const secretAccessKey = await answerTo({ text: words.secretAccessKey, refusal: words.notASecret, isAnswer: isSecretAccessKey, hidden: true }, dialogue)
  const isRegion = (typed: string): boolean => typed === '' || isRegionName(typed)
  const region = asksRegion ? await answerTo({ text: words.region, refusal: words.notARegion, isAnswer: isRegion }, dialogue) : ''
  return { credentials: { accessKeyId, secretAccessKey }, region: region === '' ? undefined : region }
}

interface KeyQuestion {
  readonly text: string
  readonly refusal: string
  readonly isAnswer: (typed: string) => boolean
  readonly hidden?: boolean
}

async function answerTo({ text, refusal, isAnswer, hidden = false }: KeyQuestion, { ask, say, signal }: KeyDialogue): Promise<string> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const typed = await ask({ text, wanted: 'long-term-keys', hidden }, signal)
    if (isAnswer(typed)) return typed
    say(refusal)
  }
  throw new AwsmfaError({ code: 'CANCELLED' })
}
