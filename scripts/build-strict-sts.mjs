/**
 * Bundles the strict STS server (test/support/strict-sts) to build/strict-sts.cjs, and its client, for plain
 * JavaScript, to build/strict-sts-client.mjs. Run it as a script, or import `buildStrictSts`.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Bundles an entry to one file. Replaces it by a rename, since another process may be reading or building it. */
const bundle = async (entry, target, format) => {
  const build = await rolldown({
    input: join(root, 'test', 'support', 'strict-sts', entry),
    platform: 'node',
    resolve: { mainFields: ['module', 'main'] },
    logLevel: 'warn',
  })
  const { output } = await build.generate({ format, codeSplitting: false })
  await build.close()
  const stage = `${target}.${process.pid}`
  await writeFile(stage, output[0].code)
  await rename(stage, target)
}

/** Builds both files. */
export const buildStrictSts = async () => {
  const folder = join(root, 'build')
  await mkdir(folder, { recursive: true })
  await Promise.all([
    bundle('index.ts', join(folder, 'strict-sts-client.mjs'), 'es'),
    bundle('main.ts', join(folder, 'strict-sts.cjs'), 'cjs'),
  ])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildStrictSts()
