import { version } from '../../package.json'
import { renderHelp } from './help.ts'
import { run } from './main.ts'
import { parseYargs } from './parse-yargs.ts'
import { writeAll } from './write-all.ts'

export async function runLine(argv: readonly string[]): Promise<number> {
  const line = parseYargs(argv)
  if (line.kind === 'invocation') return await run(line.invocation)
  writeAll(1, line.kind === 'version' ? `${version}\n` : await renderHelp(line.command))
  return 0
}
