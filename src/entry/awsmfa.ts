#!/usr/bin/env node
/**
 * The bin. It answers by itself what people and prompts ask most, with Node's fs alone, because starting anything more costs
 * more than the answer; every other line goes on to run.cjs, which is loaded only then, and loads yargs only for a line that
 * the strict parser declined. Must stay parseable by old versions of Node, so that they get a sentence.
 */
import { version } from '../../package.json'
import { createOutput } from '../adapters/output.ts'
import { resolveOwnFolders, surroundingsOfProcess } from '../adapters/paths.ts'
import type * as Main from '../cli/main.ts'
import { parseFast } from '../cli/parse-fast.ts'
import { answerStatus } from './answer-status.ts'
import type * as CodeCache from './code-cache.ts'

/** Decides who answers. Gives the exit code, or a promise of it. */
function answer(argv: readonly string[]): number | Promise<number> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    createOutput(2)(`awsmfa: error: awsmfa needs Node.js 20.19 or later; this is ${process.versions.node}\n`)
    // An eval of nothing would be success, in every shell.
    if (argv[0] === 'env') createOutput(1)('false\n')
    return 1
  }
  const line = parseFast(argv)
  if (line === undefined) return loadMain().runLine(argv)
  if (line === 'version') return answerVersion() ?? loadMain().runLine(argv)
  return (line.command === 'status' ? answerStatus(line) : undefined) ?? loadMain().run(line)
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

/** Loads the neighbour in the dist folder, through the `require` that CommonJS gives the bundled entry. */
function loadMain(): typeof Main {
  startCodeCache()
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- import() would start the ES module loader: 4 ms
  return require('./run.cjs') as typeof Main
}

/** Where even the folder for it is not known, there is none. */
function startCodeCache(): void {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- as below; apart, so that what is answered here does not pay for it
    const { useCodeCache } = require('./code-cache.cjs') as typeof CodeCache
    useCodeCache(module.constructor as never, __dirname, `${resolveOwnFolders(surroundingsOfProcess()).cache}/code`)
  } catch {
    // Then the long way is as long as ever.
  }
}

/** Sets the exit code at once where the answer is there at once: a promise would only cost time. */
function leaveWith(exitCode: number): void {
  process.exitCode = exitCode
}

const answered = answer(process.argv.slice(2))
if (typeof answered === 'number') leaveWith(answered)
else void answered.then(leaveWith)
