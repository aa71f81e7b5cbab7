#!/usr/bin/env node
/**
 * The bin: sees to it that Node is new enough, and loads the file that answers, as V8 compiled it the last time. Must stay
 * parseable by old versions of Node, so that they get a sentence.
 */
import { createOutput } from '../adapters/output.ts'
import { resolveOwnFolder, surroundingsOfProcess } from '../adapters/paths.ts'
import type * as Main from '../cli/main.ts'
import { openCodeCache } from './code-cache.ts'
import type { CodeCache, ModuleClass } from './code-cache.ts'
import type * as Front from './front.ts'

/** The built front.ts and cli/main.ts beside this file, whose names carry hashes of their content; the build puts them here. */
declare const FRONT_FILE: string
declare const RUN_FILE: string

/** The commands that are worth code of their own in the cache. */
const USES = ['status', 'login', 'credential-process']

function start(argv: readonly string[]): number | Promise<number> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) return refuseOldNode(argv)
  const cache = openCodeCache(codeFolder(), USES.includes(argv[0] ?? '') ? `-${argv[0]}` : '')
  return loadFront(cache).answer(argv, () => loadMain(cache))
}

function refuseOldNode(argv: readonly string[]): number {
  createOutput(2)(`awsmfa: error: awsmfa needs Node.js 20.19 or later; this is ${process.versions.node}\n`)
  // An eval of nothing would be success, in every shell.
  if (argv[0] === 'env') createOutput(1)('false\n')
  return 1
}

/** Undefined where it is not wanted, and where even the folder for it is not known. */
function codeFolder(): string | undefined {
  if ((process.env['AWSMFA_NO_CODE_CACHE'] ?? '') !== '') return undefined
  try {
    return `${resolveOwnFolder(surroundingsOfProcess(), 'cache')}/code`
  } catch {
    return undefined
  }
}

/** Not through `require`, so that it is compiled with the cache from the first file on. */
function loadFront(cache: CodeCache): typeof Front {
  const path = `${__dirname}/${FRONT_FILE}`
  const front = { exports: {}, require }
  cache.run(path, front)
  return front.exports as typeof Front
}

/** Loads the neighbour in the dist folder, through the `require` that CommonJS gives the bundled entry. */
function loadMain(cache: CodeCache): typeof Main {
  cache.serve(module.constructor as unknown as ModuleClass, __dirname)
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- import() would start the ES module loader: 4 ms
  return require(RUN_FILE) as typeof Main
}

const answered = start(process.argv.slice(2))
// What is answered at once is written at once, so nothing is left to be waited for, nor to be taken down.
// eslint-disable-next-line no-restricted-properties -- this is the one place where nothing can be cut off
if (typeof answered === 'number') process.exit(answered)
else void answered.then((exitCode) => (process.exitCode = exitCode))
