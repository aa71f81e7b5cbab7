#!/usr/bin/env node
/**
 * The bin. It answers by itself what people and prompts ask most, with Node's fs alone, because starting anything more costs
 * more than the answer; every other line goes on to run.cjs (a line that the strict parser understood) or cli.cjs (yargs).
 * Neither is loaded unless it is needed. Must stay parseable by old versions of Node, so that they get a sentence.
 */
import { version } from '../../package.json'
import { createOutput } from '../adapters/output.ts'
import type * as Cli from '../cli/cli.ts'
import type * as Main from '../cli/main.ts'
import { parseFast } from '../cli/parse-fast.ts'
import { answerStatus } from './answer-status.ts'

/** Decides who answers. Gives the exit code, or a promise of it. */
function answer(argv: readonly string[]): number | Promise<number> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    createOutput(2)(`awsmfa: error: awsmfa needs Node.js 20.19 or later; this is ${process.versions.node}\n`)
    return 1
  }
  const line = parseFast(argv)
  if (line === 'version') {
    createOutput(1)(`${version}\n`)
    return 0
  }
  if (line === undefined) return (load('./cli.cjs') as typeof Cli).runLine(argv)
  const exitCode = line.command === 'status' ? answerStatus(line) : undefined
  if (exitCode !== undefined) return exitCode
  return (load('./run.cjs') as typeof Main).run(line)
}

/** Loads a neighbour in the dist folder, through the `require` that CommonJS gives the bundled entry. */
function load(path: './cli.cjs' | './run.cjs'): unknown {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- import() would start the ES module loader: 4 ms
  return require(path) as unknown
}

/** Sets the exit code at once where the answer is there at once: a promise would only cost time. */
function leaveWith(exitCode: number): void {
  process.exitCode = exitCode
}

const answered = answer(process.argv.slice(2))
if (typeof answered === 'number') leaveWith(answered)
else void answered.then(leaveWith)
