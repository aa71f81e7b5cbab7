/**
 * Builds dist/ and THIRD-PARTY-NOTICES. Two runs, because one run with several entries would move what they share into a
 * chunk of its own, and the entry must not load a second file: the entry by itself, then everything that it may hand on to,
 * split into chunks so that a command loads what it needs. CommonJS, because the ES module loader costs 4 ms a start; not
 * minified, so that a stack trace and the package can be read (minifying gains no time).
 */
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import ts from 'typescript'
import { renderNotices } from './third-party-notices.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

const dist = `${root}dist`
// Built aside and then put in place whole, so that a build that fails leaves the last one as it was.
const stage = `${root}build/dist-${process.pid}`

/** The packages' ES modules (`module`) can be tree-shaken, their CommonJS (`main`) cannot: 306 KB against 447 for the SDK. */
const resolve = { mainFields: ['module', 'main'] }

// BigInt literals cannot be lowered, and every Node that anybody still has can read them.
const TOLERATED = new Set(['TOLERATED_TRANSFORM'])

/**
 * What stands in the bundle in place of parts of packages that awsmfa never runs but would load. `by`: whose imports are
 * meant; everyone's where it is left out.
 */
const REPLACEMENTS = [
  {
    // ora measures text with it; its tables and Intl.Segmenter take 25 ms to load, for a line of plain text.
    source: 'string-width',
    code: `export { displayWidth as default } from ${JSON.stringify(`${root}src/render/width.ts`)}`,
  },
  {
    // write-file-atomic has its temporary file removed by it when a signal ends the process, and for each write takes up and
    // gives back the handlers of twenty signals (1 ms). awsmfa writes synchronously: no handler could run meanwhile.
    source: 'signal-exit',
    by: 'write-file-atomic',
    code: 'export const onExit = () => () => undefined',
  },
  {
    // It asks for the number of its thread, for the name of a temporary file; what tells it takes a third of a megabyte with it.
    // A number by chance keeps threads apart as well.
    source: 'worker_threads',
    by: 'write-file-atomic',
    code: "import { randomInt } from 'node:crypto'\nexport const threadId = randomInt(2 ** 47)",
  },
  {
    // For the shared files, which no client reads: each is given all that stands there.
    source: 'node:fs/promises',
    by: '@smithy',
    code: "export const readFile = () => { throw new Error('a client was made without its settings') }",
  },
  {
    // Every client is given its credentials. Without the chain nothing can ask the metadata address of an instance, either.
    source: '@aws-sdk/credential-provider-node',
    code: "export const defaultProvider = () => { throw new Error('a client was made without credentials') }",
  },
  {
    // Every client is given its request handler (src/adapters/request-handler.ts) and its collector.
    source: '@smithy/node-http-handler',
    code: 'export const NodeHttpHandler = { create: (given) => given }\nexport const streamCollector = undefined',
  },
]

const replaced = '\0replaced:'
const replaceUnused = {
  name: 'replace-unused',
  resolveId: (source, importer = '') => {
    const found = REPLACEMENTS.find((each) => each.source === source && (each.by === undefined || importer.split(/[\\/]/).includes(each.by)))
    return found === undefined ? undefined : replaced + source
  },
  load: (id) => (id.startsWith(replaced) ? REPLACEMENTS.find(({ source }) => source === id.slice(replaced.length)).code : undefined),
}

/**
 * The front parses by the command table and says nothing by it: help and errors are the others' business. So the table's words
 * stay out of it, and the search for what else may have been meant.
 */
const withoutWords = {
  name: 'without-words',
  transform(code, id) {
    if (/[\\/]nearest\.ts$/.test(id)) return 'export const nearest = () => undefined'
    if (!/[\\/]command-table\.ts$/.test(id)) return undefined
    return code.replaceAll(/\b(summary|description|because|line|placeholder): (?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")/g, "$1: ''")
  },
}

/** Node reads and compiles a file of ASCII alone faster than one with a single other character in a string, and the entry reads no other. */
const asciiOnly = (code) => code.replaceAll(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

/**
 * What a chunk gives to others is put into its exports as a value, where nothing assigns it again; the bundler writes a getter of
 * five lines for each, which is a function to compile and to call. Chunks end with these lines, so the values are there by then.
 */
function plainExports(code) {
  const changing = new Set(Array.from(code.matchAll(/^let (\w+)/gm), ([, name]) => name))
  return code.replaceAll(/Object\.defineProperty\(exports, "(\w+)", \{\s+enumerable: true,\s+get: function ?\(\) \{\s+return (\w+);\s+\}\s+\}\);/g, (getter, name, local) =>
    changing.has(local) ? getter : `exports.${name} = ${local};`)
}

/** The last hand on the text of the chunks: what renderChunk gives is printed anew by the bundler, in characters of its choice. */
const finish = {
  name: 'finish',
  // Names carry hashes of the text before this; what is done to it has a part in them, because the code cache goes by names.
  augmentChunkHash: () => `${asciiOnly}${plainExports}`,
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) if (chunk.type === 'chunk') chunk.code = asciiOnly(plainExports(chunk.code))
  },
}

/**
 * Which modules share a file, with all that they import: one file for each need, since each one costs half a millisecond to
 * find, and left to itself the bundler makes 25 for a login. The first group that fits wins.
 */
const groups = [
  { name: 'base', test: /src[\\/](cli[\\/](supervise|command-table)|core[\\/](nearest|visible-text|command-names))\.ts$/ },
  { name: 'sts', test: /src[\\/]adapters[\\/]sts-sdk\.ts$/ },
  { debugName: 'shared', name: (id, graph) => (neededByLogin(graph).has(id) ? 'common' : 'shared'), test: /[\\/](src[\\/](?!commands[\\/])|dayjs[\\/])/, minShareCount: 2 },
  { name: 'login', test: /src[\\/](cli[\\/]login-context|commands[\\/]login)\.ts$/ },
].map((group, index, all) => ({ ...group, priority: all.length - index }))

/** The modules that a login loads before it does anything: what several commands share is in one file with these, or in one without. */
function neededByLogin(graph) {
  const found = new Set()
  const add = (id) => {
    if (found.has(id)) return
    found.add(id)
    graph.getModuleInfo(id)?.importedIds.forEach(add)
  }
  for (const path of ['cli/main.ts', 'cli/context.ts', 'cli/login-context.ts', 'commands/login.ts']) add(join(root, 'src', path))
  return found
}

/** Gives groups that put every module where these chunks have it, whatever else shares it now. */
function sameGroups(chunks) {
  return chunks
    .filter(({ name }) => chunks.filter((other) => other.name === name).length === 1)
    .map(({ name, moduleIds }) => ({ name, test: (id) => moduleIds.includes(id), priority: 1, includeDependenciesRecursively: false }))
}

/** Makes one bundle, in the stage unless only its chunks are wanted, and gives its chunks. Every warning fails the build. */
async function bundle(input, { output: outputOptions, plugins = [], isTrial = false, ...options }) {
  const build = await rolldown({
    cwd: root,
    platform: 'node',
    resolve,
    input,
    // Lets chunks take what they share with an entry from it, instead of putting both into a chunk more.
    preserveEntrySignatures: 'allow-extension',
    onLog(level, log) {
      if (level === 'warn' && !TOLERATED.has(log.code)) throw new Error(`${log.code}: ${log.message}`)
    },
    plugins: [...plugins, finish],
    ...options,
  })
  try {
    const { output } = await build[isTrial ? 'generate' : 'write']({
      dir: stage,
      format: 'cjs',
      entryFileNames: '[name].cjs',
      chunkFileNames: 'chunks/[name]-[hash].cjs',
      comments: { legal: true, annotation: false, jsdoc: false },
      ...outputOptions,
    })
    return output.filter(({ type }) => type === 'chunk')
  } finally {
    await build.close()
  }
}

/**
 * The public types, from the one module that has them all; once for each module system, since TypeScript takes declarations
 * for modules of the system that their file name says.
 */
function writeDeclarations() {
  const path = `${root}src/library/from-awsmfa.ts`
  const { outputText, diagnostics } = ts.transpileDeclaration(readFileSync(path, 'utf8'), { fileName: path, reportDiagnostics: true })
  if (diagnostics?.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, { getCurrentDirectory: () => root, getCanonicalFileName: (name) => name, getNewLine: () => '\n' }))
  for (const extension of ['mts', 'cts']) writeFileSync(`${stage}/library.d.${extension}`, outputText)
}

try {
  // Old syntax and old names of the built-ins, so that a Node that is too old gets far enough to be told so. Every byte of these
  // two is paid for at each start; what is loaded after them stays readable.
  const first = {
    transform: { target: 'es2020' },
    resolve: { ...resolve, alias: { 'node:fs': 'fs', 'node:path': 'path', 'node:vm': 'vm' } },
    output: { minify: true },
  }
  const front = await bundle({ front: 'src/entry/front.ts' }, { ...first, plugins: [withoutWords], output: { ...first.output, entryFileNames: '[name]-[hash].cjs' } })
  // The library shares nearly all with login, and each module shared by one more would move to where every command loads it:
  // so the command line is bundled by itself first, and with the library its modules stay where they were.
  const others = { transform: { target: 'node20' }, plugins: [replaceUnused] }
  const alone = await bundle({ run: 'src/cli/main.ts' }, { ...others, output: { codeSplitting: { groups } }, isTrial: true })
  const otherChunks = await bundle(
    { run: 'src/cli/main.ts', library: 'src/library/from-awsmfa.ts' },
    {
      ...others,
      output: {
        codeSplitting: { groups: sameGroups(alone.filter(({ isEntry }) => !isEntry)) },
        entryFileNames: ({ name }) => (name === 'run' ? '[name]-[hash].cjs' : '[name].cjs'),
      },
    },
  )
  // Last, because it knows the others' names, which carry hashes of their content.
  const run = otherChunks.find(({ name, isEntry }) => isEntry && name === 'run')
  const define = { FRONT_FILE: JSON.stringify(front[0].fileName), RUN_FILE: JSON.stringify(`./${run.fileName}`) }
  const entryChunks = await bundle({ awsmfa: 'src/entry/awsmfa.ts' }, { ...first, transform: { ...first.transform, define }, external: [/^\.\/run-/] })
  // A program of its own, which ends with the native call that it makes. What it loads is no part of it: it need not be there.
  await bundle({ 'keychain-helper': 'src/entry/keychain-helper.ts' }, { transform: { target: 'node20' } })
  chmodSync(`${stage}/awsmfa.cjs`, 0o755)
  // Its names are spelt out, so that every bundler and Node finds them.
  writeFileSync(`${stage}/library.mjs`, "import library from './library.cjs'\n\nexport const { fromAwsmfa } = library\n")
  writeDeclarations()
  writeFileSync(`${root}THIRD-PARTY-NOTICES`, renderNotices([...entryChunks, ...front, ...otherChunks].flatMap(({ moduleIds }) => moduleIds)))
  rmSync(dist, { recursive: true, force: true })
  renameSync(stage, dist)
} finally {
  rmSync(stage, { recursive: true, force: true })
}
