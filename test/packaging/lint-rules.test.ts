/** The restrictions in .eslintrc.json: each row is code that ESLint must report in that file. */
import plugin from '@typescript-eslint/eslint-plugin'
import { ESLint } from 'eslint'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

let eslint: ESLint
beforeAll(() => {
  // Without rules that need type information, which code without a file does not have.
  const { rules = {} } = plugin.configs['disable-type-checked'] ?? {}
  eslint = new ESLint({
    cwd: ROOT,
    overrideConfig: { files: ['src/**/*.ts'], languageOptions: { parserOptions: { project: false } }, rules },
  })
})

async function reportedRules(path: string, code: string): Promise<readonly string[]> {
  const [result] = await eslint.lintText(code, { filePath: join(ROOT, path) })
  return (result?.messages ?? [])
    .map(({ ruleId }) => ruleId ?? 'fatal')
    .filter((rule) => /no-restricted-|max-params|fatal/.test(rule))
}

const WRITERS = ['writeFileSync', 'appendFileSync', 'renameSync', 'linkSync', 'createWriteStream', 'default']

it.each([
  ['file access in a pure file', 'src/login/plan.ts', "import { readFileSync } from 'node:fs'\nreadFileSync('x')\n"],
  ['the clock', 'src/login/plan.ts', 'export const now = () => new Date()\n'],
  ['the clock in milliseconds', 'src/login/plan.ts', 'export const now = () => Date.now()\n'],
  ['randomness', 'src/login/plan.ts', 'export const chance = () => Math.random()\n'],
  ['the process', 'src/login/plan.ts', "export const home = () => process.env['HOME']\n"],
  ['a timer', 'src/login/plan.ts', 'setTimeout(() => undefined, 1)\n'],
  ['module state', 'src/login/plan.ts', 'export let count = 0\ncount++\n'],
  ['module state in an acting file', 'src/aws/transport.ts', 'export let count = 0\ncount++\n'],
  ['an exit', 'src/aws/transport.ts', 'process.exit(1)\n'],
  [
    'five parameters',
    'src/aws/transport.ts',
    'export function f(a: 1, b: 1, c: 1, d: 1, e: 1) { return [a, b, c, d, e] }\n',
  ],
  [
    'the atomic writer without its check',
    'src/sessions/session-cache.ts',
    "import write from 'write-file-atomic'\nwrite('x', 'y')\n",
  ],
  ...WRITERS.map((name) => [
    `fs.${name}`,
    'src/sessions/session-cache.ts',
    `import { ${name} as it } from 'node:fs'\nit('x', 'y')\n`,
  ]),
])('reports %s', async (_, path, code) => {
  expect(await reportedRules(path, code)).toHaveLength(1)
})

it.each([
  [
    'reading in an acting file',
    'src/login/settings-file.ts',
    "import { readFileSync } from 'node:fs'\nreadFileSync('x')\n",
  ],
  [
    'writing in the write protocol',
    'src/aws-files/shared-files.ts',
    "import { renameSync } from 'node:fs'\nrenameSync('x', 'y')\n",
  ],
  ['a date from an argument', 'src/login/plan.ts', 'export const dateOf = (ms: number) => new Date(ms)\n'],
])('allows %s', async (_, path, code) => {
  expect(await reportedRules(path, code)).toEqual([])
})
