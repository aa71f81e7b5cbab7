/** Every test that docs/import.md names exists. */
import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './built-files.ts'

const page = readFileSync(join(ROOT, 'docs/import.md'), 'utf8')
const rows = [...(page.split('\n## From vegas-credentials\n')[1] ?? '').matchAll(/^\| (.+) \| .+ \| (.+) \|$/gm)]
  .map(([, feature = '', test = '']) => [feature, test] as const)
  .slice(2)
const tests = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' }).filter(
  (name) => /\.(?:ts|txt)$/.test(name) && !name.endsWith('import-page.test.ts'),
)
const texts = tests.map((name) => readFileSync(join(ROOT, 'test', name), 'utf8'))

test('the page has rows', () => {
  expect(rows.length).toBeGreaterThan(20)
})

test.each(rows.filter(([, name]) => name !== '—'))('%s: %s', (_, quoted) => {
  const [, name = ''] = /^`(.+)`$/.exec(quoted) ?? []
  expect(name).not.toBe('')
  expect(tests.some((path) => basename(path) === name) || texts.some((text) => text.includes(name))).toBe(true)
})
