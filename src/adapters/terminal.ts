/**
 * Which text goes where: data to stdout, all talk to stderr, questions to the controlling terminal.
 */
import { AwsmfaError } from '../core/failures.ts'
import type { Terminal } from '../core/ports.ts'
import type { Asker } from './controlling-terminal.ts'
import { createOutput, streamFacts } from './output.ts'
import type { Spinner } from './spinner.ts'
import { textStyle } from './text-style.ts'
import type { StreamFacts } from './text-style.ts'

/** What a terminal is made of. `noColor` is `--no-color`. */
export interface TerminalOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly noColor: boolean
  readonly asker: Asker
  readonly spinner: (talk: Terminal['talk']) => Spinner
}

/** Answers that are no answer, one after another, before a question is given up: nobody sits there. */
const MOST_TRIES = 10

/** Makes the terminal of this process. Asks nothing and writes nothing by itself. */
export function createTerminal({ environment, noColor, asker, spinner: createSpinner }: TerminalOptions): Terminal {
  const styleOf = (stream: StreamFacts): Terminal['talk'] => textStyle({ environment, platform: process.platform, noColor, stream })
  const talk = styleOf(streamFacts(2))
  const spinner = createSpinner(talk)
  const toStdout = createOutput(1)
  const toStderr = createOutput(2)
  return {
    data: styleOf(streamFacts(1)),
    talk,
    writeData: (text) => {
      spinner.clear()
      toStdout(text)
    },
    writeTalk: (text) => {
      spinner.clear()
      toStderr(text)
    },
    showWaiting: spinner.showWaiting,
    canAsk: () => asker.obstacle() === undefined,
    ask: async (question, signal) => (await asker.askLine({ ...question, keep: true }, signal)).trim(),
    confirm: async (question, signal) => confirm(asker, question, signal),
    choose: async (question, choices, signal) => choose(asker, { question, choices }, signal),
  }
}

/** No is the default: anything but y or yes is a no. The question stays with its answer, as what was agreed to. */
async function confirm(asker: Asker, question: string, signal: AbortSignal): Promise<boolean> {
  const answer = await asker.askLine({ text: `${question} [y/N] `, wanted: 'answer', keep: true }, signal)
  return /^\s*y(es)?\s*$/i.test(answer)
}

async function choose(asker: Asker, { question, choices }: Choice, signal: AbortSignal): Promise<number> {
  const list = choices.map((choice, index) => `  ${index + 1}  ${choice}\n`).join('')
  asker.say(`${question}\n${list}`)
  for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
    const answer = (await asker.askLine({ text: `[1-${choices.length}] `, wanted: 'answer', keep: true }, signal)).trim()
    if (/^[1-9]\d*$/.test(answer) && Number(answer) <= choices.length) return Number(answer) - 1
  }
  throw new AwsmfaError({ code: 'CANCELLED' })
}

interface Choice {
  readonly question: string
  readonly choices: readonly string[]
}
