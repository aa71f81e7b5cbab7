/**
 * Builds dist/ and THIRD-PARTY-NOTICES. Two runs, because one run with several entries would move what they share into a
 * chunk of its own, and the entry must not load a second file: the entry by itself, then everything that it may hand on to,
 * split into chunks so that a command loads what it needs. CommonJS, because the ES module loader costs 4 ms a start; not
 * minified, so that a stack trace and the package can be read (minifying gains no time).
 */
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
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
 * ora measures text with string-width, whose tables and Intl.Segmenter take 25 ms to load, for a line of plain text. The
 * project's own measure takes its place.
 */
const OWN_STRING_WIDTH = '\0string-width'
const ownStringWidth = {
  name: 'own-string-width',
  resolveId: (source) => (source === 'string-width' ? OWN_STRING_WIDTH : undefined),
  load: (id) => (id === OWN_STRING_WIDTH ? `export { displayWidth as default } from ${JSON.stringify(`${root}src/render/width.ts`)}` : undefined),
}

/** Writes one bundle into dist/ and gives the files of all modules that went into it. Every warning fails the build. */
async function bundle(input, options) {
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
    ...options,
  })
  try {
    const { output } = await build.write({
      dir: stage,
      format: 'cjs',
      entryFileNames: '[name].cjs',
      chunkFileNames: 'chunks/[name]-[hash].cjs',
      comments: { legal: true, annotation: false, jsdoc: false },
    })
    return output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []))
  } finally {
    await build.close()
  }
}

try {
  const entryModules = await bundle(
    { awsmfa: 'src/entry/awsmfa.ts' },
    {
      // Old syntax and old names of the built-ins, so that a Node that is too old gets far enough to be told so.
      transform: { target: 'es2020' },
      resolve: { ...resolve, alias: { 'node:fs': 'fs', 'node:path': 'path' } },
      external: ['./run.cjs'],
    },
  )
  chmodSync(`${stage}/awsmfa.cjs`, 0o755)
  const otherModules = await bundle({ run: 'src/cli/main.ts' }, { transform: { target: 'node20' }, plugins: [ownStringWidth] })
  writeFileSync(`${root}THIRD-PARTY-NOTICES`, renderNotices([...entryModules, ...otherModules]))
  rmSync(dist, { recursive: true, force: true })
  renameSync(stage, dist)
} finally {
  rmSync(stage, { recursive: true, force: true })
}
