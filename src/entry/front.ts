/**
 * What the bin answers by itself: what people and prompts ask most, with Node's fs alone, because starting anything more costs
 * more than the answer. Every other line goes on to the built main.ts, which is loaded only then.
 */
import { version } from '../../package.json'
import { createOutput } from '../adapters/output.ts'
import type * as Main from '../cli/main.ts'
import { ANSWERED_HERE } from '../cli/command-table.ts'
import { parseFast } from '../cli/parse-fast.ts'
import type { Invocation } from '../core/invocation.ts'
import { answerProcess } from './answer-process.ts'
import { answerStatus } from './answer-status.ts'

/** Decides who answers the words after `awsmfa`. Gives the exit code, or a promise of it. */
export function answer(argv: readonly string[], loadMain: () => typeof Main): number | Promise<number> {
  const line = parseFast(argv, ANSWERED_HERE)
  if (line === undefined) return loadMain().runLine(argv)
  if (line === 'version') return answerVersion() ?? loadMain().runLine(argv)
  return answerHere(line) ?? loadMain().run(line)
}

function answerHere(line: Invocation): number | undefined {
  if (line.command === 'status') return answerStatus(line)
  return line.command === 'credential-process' ? answerProcess(line) : undefined
}

/** Gives undefined where stdout cannot be written to; who has the words for it is asked next. */
function answerVersion(): number | undefined {
  try {
    createOutput(1)(`${version}\n`)
    return 0
  } catch {
    return undefined
  }
}
