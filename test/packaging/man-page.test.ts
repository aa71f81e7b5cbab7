/** The man page contains everything in the tables of commands and settings, and is valid for mandoc and groff. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { COMMAND_TABLE, GLOBAL_OPTIONS } from '../../src/command-line/table.ts'
import { exitCodeOf } from '../../src/cli/supervise.ts'
import { HELP_TOPICS } from '../../src/command-line/spec.ts'
import { VARIABLE_TABLE } from '../../src/cli/help.ts'
import { COMMAND_NAMES } from '../../src/model/invocation.ts'
import { SETTING_TABLE } from '../../src/login/setting-table.ts'
import { needsProgram } from '../support/outside-program.ts'
import { ROOT } from './built-files.ts'
import { FAILURE_EXAMPLES } from '../errors/failure-examples.ts'

const PAGE = join(ROOT, 'docs/awsmfa.1')

/** Renders the page as text, with lines so wide that nothing is wrapped. */
function read(): string {
  const { stdout, status } = spawnSync('mandoc', ['-Tutf8', '-Owidth=900', PAGE], { encoding: 'utf8' })
  expect(status).toBe(0)
  // Bold and underline are overstruck.
  return stdout
    .split('\b')
    .map((part, index, all) => (index < all.length - 1 ? part.slice(0, -1) : part))
    .join('')
}

describe.skipIf(!needsProgram('mandoc'))('the man page', () => {
  it('has no mandoc warnings', () => {
    const { stdout, stderr, status } = spawnSync('mandoc', ['-Tlint', '-Wwarning', PAGE], { encoding: 'utf8' })
    expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: '', status: 0 })
  })

  it.each(COMMAND_NAMES)('contains the %s command with its options and examples', (name) => {
    const { summary, positional, tail, options, examples } = COMMAND_TABLE[name]
    const [, after = ''] = read().split(`\n   awsmfa ${name}\n`)
    const text = after.split(/\n {3}awsmfa |\n[A-Z]/)[0] ?? ''
    expect(text).toContain(`${summary}.`)
    for (const option of options) {
      const [short, value] = [
        option.short === undefined ? '' : `-${option.short}, `,
        option.kind === 'value' ? ` ${option.placeholder}` : '',
      ]
      expect(text).toMatch(
        new RegExp(`^ +${escaped(`${short}--${option.name}${value}`)}\\s+${escaped(option.description)}$`, 'm'),
      )
    }
    for (const said of [
      positional?.description,
      tail?.description,
      ...examples.flatMap(({ line, description }) => [line, description]),
    ])
      expect(text).toContain(inRoff(said ?? ''))
  })

  it('has every global option, topic, variable and exit code', () => {
    const text = read()
    const words = [
      ...GLOBAL_OPTIONS.map(({ description }) => description),
      ...HELP_TOPICS,
      ...[...SETTING_TABLE, ...VARIABLE_TABLE].flatMap(({ variables }) => variables),
    ]
    for (const word of words) expect(text).toContain(word)
    const [, status = ''] = text.split('\nEXIT STATUS\n')
    for (const code of new Set(FAILURE_EXAMPLES.map(({ failure }) => exitCodeOf(failure))))
      expect(status).toMatch(new RegExp(`^ {5}${code} `, 'm'))
  })
})

describe.skipIf(!needsProgram('groff'))('the man page, rendered by groff', () => {
  it('has no warnings', () => {
    const { stderr, status } = spawnSync('groff', ['-mdoc', '-ww', '-Tascii', PAGE], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
    })
    expect({ stderr: stderr.replaceAll(/.*(?:locale|LC_ALL).*\n/g, ''), status }).toEqual({ stderr: '', status: 0 })
  })
})

describe('package.json', () => {
  it('names the man page, so that npm installs it', () => {
    expect(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))).toMatchObject({ man: ['./docs/awsmfa.1'] })
  })
})

/** The man page contains only ASCII. */
function inRoff(text: string): string {
  return text.replaceAll('…', '...')
}

function escaped(text: string): string {
  return inRoff(text).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
