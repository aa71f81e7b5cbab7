import yargs from 'yargs'
import { run } from './main.ts'

export function runLine(argv: readonly string[]): Promise<number> {
  yargs([...argv]).parse()
  return run({ command: 'login', positionals: [], options: {} })
}
