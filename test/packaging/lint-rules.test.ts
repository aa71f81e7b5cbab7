/**
 * The layer rules bite: each row is code that must be refused in that folder, with words that say what to do instead. An
 * override's list replaces the one before it, so what is banned everywhere is tried in every folder.
 */
import plugin from '@typescript-eslint/eslint-plugin'
import { ESLint } from 'eslint'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const LAYER_RULES = /(^|\/)no-restricted-|^max-params$/
const LAYERS = readdirSync(join(ROOT, 'src'))

let eslint: ESLint
beforeAll(() => {
  // Without type information, which code of no file does not have; no rule about layers needs it.
  const { rules = {} } = plugin.configs['disable-type-checked'] ?? {}
  const overrideConfig = { files: ['src/**/*.ts'], languageOptions: { parserOptions: { project: false } }, rules }
  eslint = new ESLint({ cwd: ROOT, overrideConfig })
})

/** What the layer rules say about code that would stand in that file. Throws where it is no TypeScript. */
async function complaints(path: string, code: string): Promise<readonly string[]> {
  const [result] = await eslint.lintText(code, { filePath: join(ROOT, path) })
  const messages = result?.messages ?? []
  const fatal = messages.find((message) => message.fatal === true)
  if (fatal !== undefined) throw new Error(fatal.message)
  return messages.filter(({ ruleId }) => LAYER_RULES.test(ruleId ?? '')).map(({ message }) => message)
}

const PURE = ['core', 'render', 'flows', 'commands']

describe('direction of imports', () => {
  const may: Readonly<Record<string, readonly string[]>> = {
    core: ['core'],
    render: ['core', 'render'],
    flows: ['core', 'flows'],
    commands: ['core', 'render', 'flows'],
    adapters: ['core', 'adapters'],
  }
  const rows = Object.entries(may).flatMap(([layer, allowed]) => LAYERS.map((other) => ({ layer, other, isAllowed: allowed.includes(other) })))

  it.each(rows)('$layer may import $other: $isAllowed', async ({ layer, other, isAllowed }) => {
    const source = layer === other ? './thing.ts' : `../${other}/thing.ts`
    const forms = [
      `import { thing } from '${source}'\nthing()\n`,
      `import type { Thing } from '${source}'\nexport const x = (thing: Thing) => thing\n`,
      `export { thing } from '${source}'\n`,
      `export * from '${source}'\n`,
      `export const load = () => import('${source}')\n`,
    ]
    for (const code of forms) expect(await complaints(`src/${layer}/x.ts`, code), code).toHaveLength(isAllowed ? 0 : 1)
  })

  it.each(PURE)('%s imports no Node built-in and no package', async (layer) => {
    for (const name of ['node:fs', 'fs', 'node:crypto', 'yargs', '@aws-sdk/client-sts']) {
      expect(await complaints(`src/${layer}/x.ts`, `import * as it from '${name}'\nexport const x = it\n`), name).not.toEqual([])
    }
  })

  it('render alone may use dayjs', async () => {
    const code = "import dayjs from 'dayjs'\nexport const x = dayjs\n"
    expect(await complaints('src/render/x.ts', code)).toEqual([])
    expect(await complaints('src/core/x.ts', code)).toHaveLength(1)
  })

  it('a command imports no other command, and no adapter imports a store', async () => {
    expect(await complaints('src/commands/x.ts', "export { login } from './login.ts'\n")).toEqual([expect.stringMatching(/no other command/)])
    expect(await complaints('src/adapters/x.ts', "export { a } from './stores/awsmfa-cache.ts'\n")).toEqual([expect.stringMatching(/no store/)])
    expect(await complaints('src/adapters/stores/x.ts', "export { a } from './awsmfa-cache.ts'\n")).toEqual([expect.stringMatching(/no store/)])
  })
})

describe('core, render, flows and commands take everything as a parameter', () => {
  const rows = PURE.flatMap((layer) => [
    { layer, code: 'process.env', says: /only adapters and the composition roots touch the process/ },
    { layer, code: 'globalThis.process', says: /only adapters and the composition roots touch the process/ },
    { layer, code: "console.log('x')", says: /the terminal adapter writes it/ },
    { layer, code: 'Date.now()', says: /Take 'now' as a parameter/ },
    { layer, code: 'new Date()', says: /Take 'now' as a parameter/ },
    { layer, code: 'Date()', says: /Take 'now' as a parameter/ },
    { layer, code: 'performance.now()', says: /Take a clock/ },
    { layer, code: 'setTimeout(() => undefined, 1)', says: /Take a clock or a signal/ },
    { layer, code: 'setInterval(() => undefined, 1)', says: /Take a clock or a signal/ },
    { layer, code: 'setImmediate(() => undefined)', says: /Take a clock or a signal/ },
    { layer, code: 'Math.random()', says: /what is random/ },
    { layer, code: "Buffer.from('x')", says: /byte strings/ },
    { layer, code: "fetch('x')", says: /adapter/ },
  ])

  it.each(rows)('$layer: $code', async ({ layer, code, says }) => {
    expect(await complaints(`src/${layer}/x.ts`, `export const x = () => ${code}\n`)).toEqual([expect.stringMatching(says)])
  })

  it.each(PURE)('%s may make a date of something, and use what is pure', async (layer) => {
    expect(await complaints(`src/${layer}/x.ts`, 'export const x = (now: number) => [new Date(now), Math.max(now, 1), Date.parse("x")]\n')).toEqual([])
  })
})

describe('in every folder', () => {
  const folders = [...LAYERS, 'core/files', 'adapters/stores', 'adapters/token-code']
  const write = /Only the write protocol changes files/
  const locks = /Locks are taken by shared-files.ts and question-lock.ts alone/
  const state = /No state in a module/
  const exit = /Return an exit code|only adapters and the composition roots touch the process/

  it.each(folders)('%s: nothing is written past the write protocol', async (folder) => {
    const path = `src/${folder}/x.ts`
    for (const name of ['writeFileSync', 'writeSync', 'renameSync', 'appendFile', 'createWriteStream', 'promises', 'copyFileSync', 'truncateSync']) {
      expect(await complaints(path, `import { ${name} } from 'node:fs'\n${name}()\n`), name).toContainEqual(expect.stringMatching(write))
    }
    for (const code of ["import fs from 'node:fs'\nfs()\n", "import * as fs from 'node:fs'\nfs()\n", "import fs from 'node:fs/promises'\nfs()\n"]) {
      expect(await complaints(path, code), code).toContainEqual(expect.stringMatching(write))
    }
    expect(await complaints(path, "import write from 'write-file-atomic'\nwrite()\n")).toContainEqual(expect.stringMatching(/short write/))
    for (const name of ['node:fs', 'node:fs/promises', 'write-file-atomic']) {
      expect(await complaints(path, `export const x = () => import('${name}')\n`), name).not.toEqual([])
    }
  })

  it.each(folders)('%s: no lock, no state in a module, no process.exit', async (folder) => {
    const path = `src/${folder}/x.ts`
    expect(await complaints(path, "import { acquireLock } from '../adapters/file-lock.ts'\nacquireLock()\n")).toContainEqual(expect.stringMatching(locks))
    expect(await complaints(path, 'let count = 0\nexport const x = () => (count += 1)\n')).toEqual([expect.stringMatching(state)])
    expect(await complaints(path, 'export let count = 0\nexport const x = () => (count += 1)\n')).toEqual([expect.stringMatching(state)])
    expect(await complaints(path, 'export const x = () => {\n  let count = 0\n  count += 1\n  return count\n}\n')).toEqual([])
    expect(await complaints(path, 'export const x = () => process.exit(1)\n')).toContainEqual(expect.stringMatching(exit))
    expect(await complaints(path, 'export const x = (a: 1, b: 1, c: 1, d: 1, e: 1) => a + b + c + d + e\n')).toEqual([expect.stringMatching(/too many parameters/)])
  })

  it.each(['adapters', 'adapters/stores', 'cli', 'entry'])('%s: no file is opened for writing', async (folder) => {
    for (const flags of ['w', 'wx', 'a', 'r+']) {
      const code = `import { openSync } from 'node:fs'\nexport const x = () => openSync('x', '${flags}')\n`
      expect(await complaints(`src/${folder}/x.ts`, code), flags).toEqual([expect.stringMatching(/Only the write protocol opens files for writing/)])
    }
    expect(await complaints(`src/${folder}/x.ts`, "import { openSync } from 'node:fs'\nexport const x = () => openSync('x', 'r')\n")).toEqual([])
  })

  it('the write protocol itself may do so', async () => {
    expect(await complaints('src/adapters/staged-write.ts', "import { renameSync } from 'node:fs'\nrenameSync('a', 'b')\n")).toEqual([])
    expect(await complaints('src/adapters/shared-files.ts', "import { acquireLock } from './file-lock.ts'\nacquireLock()\n")).toEqual([])
  })
})
