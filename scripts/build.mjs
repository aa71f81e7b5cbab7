/**
 * Builds dist/ and THIRD-PARTY-NOTICES: the program, the library and the keychain helper, bundled in one run and split into
 * chunks, so that a command loads what it needs. CommonJS, because the ES module loader costs 4 ms a start; not minified, so
 * that a stack trace and the package can be read.
 */
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import ts from 'typescript'
import { renderNotices } from './third-party-notices.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = `${root}dist`
// Built aside and then put in place whole, so that a build that fails leaves the last one as it was.
const stage = `${root}build/dist-${process.pid}`

/** Parts of packages that awsmfa never runs, and what stands in for them; each would be loaded otherwise. */
const REPLACEMENTS = {
  // ora measures its one line of plain text with it; loading it takes 25 ms.
  'string-width': `export { displayWidth as default } from ${JSON.stringify(`${root}src/ui/style.ts`)}`,
  // Every client is given its credentials. Without the default chain, nothing can ask an instance's metadata service either.
  '@aws-sdk/credential-provider-node':
    "export const defaultProvider = () => { throw new Error('a client was made without credentials') }",
  // Every client is given its request handler, and the collector for it.
  '@smithy/node-http-handler':
    'export const NodeHttpHandler = { create: (given) => given }\nexport const streamCollector = undefined',
}

const PREFIX = '\0replaced:'
const replaceUnused = {
  name: 'replace-unused',
  resolveId: (source) => (Object.hasOwn(REPLACEMENTS, source) ? PREFIX + source : undefined),
  load: (id) => (id.startsWith(PREFIX) ? REPLACEMENTS[id.slice(PREFIX.length)] : undefined),
}

/** Writes the bundle into the stage and returns its chunks. Every warning fails the build. */
async function bundle() {
  const build = await rolldown({
    cwd: root,
    platform: 'node',
    input: { awsmfa: 'src/bin.ts', library: 'src/library/from-awsmfa.ts', 'keychain-helper': 'src/keychain-helper.ts' },
    // The packages' ES modules can be tree-shaken, their CommonJS cannot: 306 KB against 447 for the SDK.
    resolve: { mainFields: ['module', 'main'] },
    transform: { target: 'node20' },
    // The code for each shell, imported as a string.
    moduleTypes: { '.bash': 'text', '.fish': 'text', '.ps1': 'text', '.zsh': 'text' },
    plugins: [replaceUnused],
    onLog(level, log) {
      if (level === 'warn') throw new Error(`${log.code}: ${log.message}`)
    },
  })
  try {
    const { output } = await build.write({
      dir: stage,
      format: 'cjs',
      entryFileNames: '[name].cjs',
      chunkFileNames: 'chunks/[name]-[hash].cjs',
      comments: { legal: true, annotation: false, jsdoc: false },
    })
    return output.filter(({ type }) => type === 'chunk')
  } finally {
    await build.close()
  }
}

/** Writes the public types as one file for each module system: TypeScript goes by the file's name. */
function writeDeclarations() {
  const modules = ['types.ts', 'from-awsmfa.ts'].map((name) => declarationsOf(`${root}src/library/${name}`))
  for (const extension of ['mts', 'cts']) writeFileSync(`${stage}/library.d.${extension}`, modules.join('\n'))
}

/** A module's declarations, without what it takes from or hands on of its neighbors, which are in the same file then. */
function declarationsOf(fileName) {
  const source = ts.createSourceFile(fileName, readFileSync(fileName, 'utf8'), ts.ScriptTarget.Latest)
  const own = source.statements.filter((statement) => statement.moduleSpecifier === undefined)
  const { outputText, diagnostics } = ts.transpileDeclaration(
    own.map((statement) => source.text.slice(statement.pos, statement.end)).join(''),
    { fileName, reportDiagnostics: true },
  )
  if (diagnostics?.length > 0)
    throw new Error(
      ts.formatDiagnostics(diagnostics, {
        getCurrentDirectory: () => root,
        getCanonicalFileName: (name) => name,
        getNewLine: () => '\n',
      }),
    )
  return outputText
}

try {
  const chunks = await bundle()
  chmodSync(`${stage}/awsmfa.cjs`, 0o755)
  // Its names are spelt out, so that every bundler and Node finds them.
  writeFileSync(
    `${stage}/library.mjs`,
    "import library from './library.cjs'\n\nexport const { fromAwsmfa } = library\n",
  )
  writeDeclarations()
  // Which module is in which file, for the tests of what a command loads.
  const modules = Object.fromEntries(
    chunks.map(({ fileName, moduleIds }) => [
      fileName,
      moduleIds.map((id) => relative(root, id).replaceAll('\\', '/')),
    ]),
  )
  writeFileSync(`${root}build/modules.json`, JSON.stringify(modules, undefined, 1))
  writeFileSync(`${root}THIRD-PARTY-NOTICES`, renderNotices(chunks.flatMap(({ moduleIds }) => moduleIds)))
  rmSync(dist, { recursive: true, force: true })
  renameSync(stage, dist)
} finally {
  rmSync(stage, { recursive: true, force: true })
}
