/**
 * Builds dist/ and THIRD-PARTY-NOTICES. Two runs, because one run with several entries would move what they share into a
 * chunk of its own, and the entry must not load a second file: the entry by itself, then everything that it may hand on to,
 * split into chunks so that a command loads what it needs. CommonJS, because the ES module loader costs 4 ms a start; not
 * minified, so that a stack trace and the package can be read (minifying gains no time).
 */
import { chmodSync, rmSync } from 'node:fs'
import { rolldown } from 'rolldown'

const root = new URL('..', import.meta.url).pathname
const dist = `${root}dist`

/** The packages' ES modules (`module`) can be tree-shaken, their CommonJS (`main`) cannot: 306 KB against 447 for the SDK. */
const common = {
  cwd: root,
  platform: 'node',
  resolve: { mainFields: ['module', 'main'] },
  onLog(level, log) {
    if (level === 'warn') throw new Error(log.message)
  },
}
const output = { dir: dist, format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: 'chunks/[name]-[hash].cjs' }

async function bundle(input, options) {
  const build = await rolldown({ ...common, ...options, input })
  try {
    return (await build.write({ ...output, banner: options.banner })).output
  } finally {
    await build.close()
  }
}

rmSync(dist, { recursive: true, force: true })
await bundle(
  { awsmfa: 'src/entry/awsmfa.ts' },
  // An old target and old names of the built-ins, so that a Node that is too old gets far enough to be told so.
  { external: ['./run.cjs', './cli.cjs'], transform: { target: 'es2018' }, resolve: { ...common.resolve, alias: { 'node:fs': 'fs' } } },
)
chmodSync(`${dist}/awsmfa.cjs`, 0o755)
await bundle({ run: 'src/cli/main.ts', cli: 'src/cli/cli.ts' }, { transform: { target: 'node20' } })
