/** Editing a large credentials file: parsing it and planning a session write, compared with reading the file. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { bareEnvironment, credentialsOf } from './homes.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Each value is that of the first execution in a new process. */
export async function editBlock(folder) {
  const program = await bundleEditor(folder)
  const file = join(folder, 'large-credentials')
  writeFileSync(file, credentialsOf(10_000))
  const measure = (what) => () =>
    Number(execFileSync(process.execPath, [program, what, file], { env: bareEnvironment(folder), encoding: 'utf8' }))
  return {
    title: 'Scan and planned edit, 10,000 profiles, in-process',
    rounds: 15,
    rows: [
      { name: 'readFileSync', measure: measure('read') },
      { name: 'scan and planned edit', measure: measure('edit'), gate: 3 },
    ],
  }
}

async function bundleEditor(folder) {
  const program = join(folder, 'edit-once')
  mkdirSync(program, { recursive: true })
  const build = await rolldown({
    cwd: root,
    input: { 'edit-once': 'bench/edit-once.ts' },
    platform: 'node',
    logLevel: 'warn',
  })
  await build.write({ dir: program, format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false })
  await build.close()
  return join(program, 'edit-once.cjs')
}
