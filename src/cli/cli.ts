import { version } from '../../package.json'
import { createOutput } from '../adapters/output.ts'
import { renderHelp } from './help.ts'
import { run } from './main.ts'
import { parseYargs } from './parse-yargs.ts'
import { report } from './supervise.ts'

/**
 * Answers a line that the strict parser declined, and gives the exit code; never throws. Help goes to stdout and is success,
 * also for `awsmfa` alone: whoever types nothing but the name wants to know what there is (gh does the same).
 */
export async function runLine(argv: readonly string[]): Promise<number> {
  try {
    const line = parseYargs(argv)
    if (line.kind === 'invocation') return await run(line.invocation)
    createOutput(1)(line.kind === 'version' ? `${version}\n` : await renderHelp(line.command))
    return 0
  } catch (error) {
    return await report(error, { debug: argv.includes('--debug'), writeTalk: createOutput(2) })
  }
}
