/**
 * The ini code blocks in the documentation mean the same to every AWS parser, because people copy them. For example, a
 * comment after a value is part of the value for botocore, but not for the SDK for JavaScript.
 */
import { loadSharedConfigFiles } from '@smithy/shared-ini-file-loader'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { findPython } from '../support/aws-clients.ts'
import { runProgram } from '../support/run-cli.ts'
import { createTempHome } from '../support/temp-home.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SECTIONS_PROGRAM = fileURLToPath(new URL('../support/readers/sections.py', import.meta.url))
const python = findPython()

interface Block {
  readonly place: string
  readonly text: string
}

/** Returns README.md and every Markdown file under docs, as paths from the root of the repository. */
function documents(): readonly string[] {
  const inDocs = existsSync(join(ROOT, 'docs'))
    ? readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`)
    : []
  return ['README.md', ...inDocs].filter((name) => name.endsWith('.md') && existsSync(join(ROOT, name)))
}

/** Returns the ini blocks of a Markdown text, without the indentation of those in lists. */
function blocksOf(name: string, markdown: string): readonly Block[] {
  const found = markdown.matchAll(/^([ \t]*)```ini[^\n]*\n([^]*?)^\1```[ \t]*$/gm)
  return [...found].map(({ index, 1: indent = '', 2: body = '' }) => ({
    place: `${name}, line ${markdown.slice(0, index).split('\n').length}`,
    text: body
      .split('\n')
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
      .join('\n'),
  }))
}

/** Returns the problems of a block; none if both parsers read the same from it. */
async function problemsOf(text: string): Promise<readonly string[]> {
  const isConfig = /^\[profile /m.test(text)
  const headers = text.split('\n').filter((line) => /^\s*\[/.test(line))
  if (headers.length === 0) return ["it has no section (a block of awsmfa's own config.ini is marked text, not ini)"]
  const odd = headers
    .filter((line) => !/^\[[^\s\]]([^\]]*[^\s\]])?\]$/.test(line))
    .map((line) => `not every tool reads this header: ${line}`)
  const home = createTempHome({ block: text, empty: '' })
  try {
    const result = await runProgram([python ?? '', SECTIONS_PROGRAM, join(home.path, 'block')], {
      environment: home.environment(),
    })
    if (result.code !== 0) return [...odd, `configparser refuses it: ${result.stderr.trim().split('\n').at(-1) ?? ''}`]
    const [raw = {}] = JSON.parse(result.stdout) as readonly Record<string, unknown>[]
    const [filepath, configFilepath] = isConfig ? ['empty', 'block'] : ['block', 'empty']
    const read = await loadSharedConfigFiles({
      filepath: join(home.path, filepath),
      configFilepath: join(home.path, configFilepath),
      ignoreCache: true,
    })
    const byLoader = isConfig ? read.configFile : read.credentialsFile
    const byPython = Object.fromEntries(
      Object.entries(raw).map(([name, keys]) => [isConfig ? nameInConfig(name) : name, keys]),
    )
    const [js, py] = [byLoader, byPython].map((sections) => JSON.stringify(sections))
    return js === py ? odd : [...odd, `the SDK for JavaScript reads ${js ?? ''}, configparser ${py ?? ''}`]
  } finally {
    home.remove()
  }
}

/** Returns the SDK loader's name for a section of a config file; one that no AWS tool reads keeps its brackets. */
function nameInConfig(section: string): string {
  if (section === 'default') return section
  const [kind = '', name] = section.split(' ')
  if (name === undefined) return `[${section}]`
  return kind === 'profile' ? name : `${kind}.${name}`
}

const blocks = documents().flatMap((name) => blocksOf(name, readFileSync(join(ROOT, name), 'utf8')))

describe.skipIf(python === undefined)('ini blocks in the documentation', () => {
  it('are all tested', () => {
    const marks = documents().flatMap((name) => readFileSync(join(ROOT, name), 'utf8').match(/```ini/g) ?? [])
    expect(blocks).toHaveLength(marks.length)
  })

  for (const { place, text } of blocks) {
    it(`${place}: every tool reads the same`, async () => {
      expect(await problemsOf(text)).toEqual([])
    })
  }

  it.each([
    {
      fault: 'a comment after a value',
      text: '[profile a]\nsource_profile = base   ; comment\n',
      problem: /the SDK for JavaScript reads/,
    },
    {
      fault: 'a comment after a header',
      text: '[base] ; comment\nregion = eu-west-1\n',
      problem: /not every tool reads this header/,
    },
    { fault: 'a repeated section', text: '[a]\nregion = x\n[a]\noutput = json\n', problem: /configparser refuses it/ },
    { fault: 'a line that is not a setting', text: '[a]\n…\n', problem: /configparser refuses it/ },
    {
      fault: 'config and credentials in one block',
      text: '[profile a]\nregion = x\n[a]\nregion = x\n',
      problem: /the SDK for JavaScript reads/,
    },
    { fault: 'no section', text: 'region = eu-west-1\n', problem: /it has no section/ },
  ])('with $fault would fail the test', async ({ text, problem }) => {
    expect(await problemsOf(text)).toEqual([expect.stringMatching(problem)])
  })

  it('are found inside lists', () => {
    expect(blocksOf('x.md', 'text\n\n1. so:\n\n   ```ini\n   [a]\n   region = x\n   ```\n')).toEqual([
      { place: 'x.md, line 5', text: '[a]\nregion = x\n' },
    ])
    expect(blocksOf('x.md', '```ini\n[a]\n')).toEqual([])
  })
})
