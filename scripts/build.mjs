/**
 * `npm run build`: writes dist/ and THIRD-PARTY-NOTICES. Bundles the CLI and the library together and
 * splits them into chunks, so that each command loads only what it needs. The output is CommonJS, because the ES module
 * loader adds 4 ms to every start, and not minified, so that stack traces are readable.
 */
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import ts from 'typescript'
import { renderNotices, writeNoticesModule } from './third-party-notices.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = `${root}dist`
// The build replaces dist/ by a rename at the end, so that a failed build leaves the previous one intact.
const stage = `${root}build/dist-${process.pid}`

/** Replacements for dependencies that would be bundled although awsmfa never uses them. */
const REPLACEMENTS = {
  // ora measures the width of its line with it; loading it takes 25 ms.
  'string-width': `export { displayWidth as default } from ${JSON.stringify(`${root}src/ui/style.ts`)}`,
  // awsmfa passes credentials to every client. Without the default chain, no client can call the instance metadata
  // service.
  '@aws-sdk/credential-provider-node':
    "export const defaultProvider = () => { throw new Error('a client was made without credentials') }",
  // awsmfa passes a request handler to every client.
  '@smithy/node-http-handler':
    'export const NodeHttpHandler = { create: (given) => given }\nexport const streamCollector = undefined',
}

const PREFIX = '\0replaced:'
const replaceUnused = {
  name: 'replace-unused',
  resolveId: (source) => (Object.hasOwn(REPLACEMENTS, source) ? PREFIX + source : undefined),
  load: (id) => (id.startsWith(PREFIX) ? REPLACEMENTS[id.slice(PREFIX.length)] : undefined),
}

/** The licenses are a module of their own beside chunks/, because an executable contains more than the bundle. */
const externalNotices = {
  name: 'external-notices',
  resolveId: (source) => (source === 'awsmfa:notices' ? { id: '../notices.cjs', external: true } : undefined),
}

/** Writes the bundle to the staging folder and returns its chunks. Throws on any warning. */
async function bundle() {
  const build = await rolldown({
    cwd: root,
    platform: 'node',
    input: { awsmfa: 'src/bin.ts', library: 'src/library/from-awsmfa.ts' },
    // A native add-on, which stays a package.
    external: [/^@napi-rs\/keyring/],
    // Prefer ES modules, which can be tree-shaken: 306 KB for the SDK instead of 447 KB.
    resolve: { mainFields: ['module', 'main'] },
    transform: { target: 'node20' },
    // The shell integration scripts are imported as strings.
    moduleTypes: { '.bash': 'text', '.fish': 'text', '.ps1': 'text', '.zsh': 'text' },
    plugins: [replaceUnused, externalNotices],
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

/** Writes the public types, once for each module system: TypeScript chooses by file extension. */
function writeDeclarations() {
  const modules = ['types.ts', 'from-awsmfa.ts'].map((name) => declarationsOf(`${root}src/library/${name}`))
  for (const extension of ['mts', 'cts']) writeFileSync(`${stage}/library.d.${extension}`, modules.join('\n'))
}

/** Returns the declarations of a module without its imports and re-exports, which are in the same file. */
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
  // Named exports are explicit, so that Node and every bundler find them.
  writeFileSync(
    `${stage}/library.mjs`,
    "import library from './library.cjs'\n\nexport const { fromAwsmfa } = library\n",
  )
  writeDeclarations()
  // Maps built files to their modules, for tests of what a command loads.
  const modules = Object.fromEntries(
    chunks.map(({ fileName, moduleIds }) => [
      fileName,
      moduleIds.map((id) => relative(root, id).replaceAll('\\', '/')),
    ]),
  )
  writeFileSync(`${root}build/modules.json`, JSON.stringify(modules, undefined, 1))
  const notices = renderNotices(chunks.flatMap(({ moduleIds }) => moduleIds))
  writeFileSync(`${root}THIRD-PARTY-NOTICES`, notices)
  writeNoticesModule(`${stage}/notices.cjs`, notices)
  rmSync(dist, { recursive: true, force: true })
  renameSync(stage, dist)
} finally {
  rmSync(stage, { recursive: true, force: true })
}
