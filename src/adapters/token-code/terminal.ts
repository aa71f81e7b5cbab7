import { AwsmfaError } from '../../core/failures.ts'
import type { TextStyle, TokenCodeRequest, TokenCodeSource } from '../../core/ports.ts'
import { parseTokenCode } from '../../core/login/token-code.ts'
import type { Asker } from '../controlling-terminal.ts'

/** What the terminal says, so that all words are in one layer. */
export interface TokenCodeWords {
  /** The question, ready to be typed behind. `malformed`: the line before was no code. */
  readonly question: (request: TokenCodeRequest, malformed: boolean) => string
  /** The line, without its end, that tells why the code before was not taken. */
  readonly refusal: (refusal: NonNullable<TokenCodeRequest['refusal']>, style: TextStyle) => string
}

/** Lines that are no code, one after another, before the question is given up: nobody sits there. */
const MOST_MALFORMED = 10

/**
 * Asks for the code at the controlling terminal. Where that cannot be done it throws PROMPT_UNAVAILABLE rather than giving
 * 'unavailable', so that the obstacle is known. A line that is no code is asked again at once and costs no try; after ten of
 * them TOKEN_CODE_MALFORMED is thrown. Otherwise throws what the Asker throws.
 */
export function createTerminalTokenCode(asker: Asker, words: TokenCodeWords): TokenCodeSource {
  return async (request, signal) => {
    signal.throwIfAborted()
    if (request.refusal !== undefined) asker.say(`${words.refusal(request.refusal, asker.style)}\n`)
    for (let malformed = 0; malformed < MOST_MALFORMED; malformed += 1) {
      const line = await asker.askLine({ text: words.question(request, malformed > 0), wanted: 'token-code', keep: false }, signal)
      const code = parseTokenCode(line)
      if (code !== undefined) return { code, typed: true }
    }
    throw new AwsmfaError({ code: 'TOKEN_CODE_MALFORMED', source: 'typed' })
  }
}
