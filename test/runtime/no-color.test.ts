/** Color settings of the runtime. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { settingsReader } from '../../src/login/settings-file.ts'
import { wantsNoColor } from '../../src/runtime/runtime.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'awsmfa-no-colour-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))

it.each([
  ['nothing is said', undefined, {}, {}, false],
  ['the option says so', undefined, { noColor: true }, {}, true],
  ['the option says so, whatever the variable says', undefined, { noColor: true }, { FORCE_COLOR: '1' }, true],
  ['the file says so', 'no_color = true', {}, {}, true],
  ['the file says the opposite', 'no_color = off', {}, {}, false],
  ['a variable beats the file', 'no_color = true', {}, { FORCE_COLOR: '1' }, false],
  ['an empty variable does not', 'no_color = true', {}, { FORCE_COLOR: '' }, true],
  ['the file cannot be used', 'no_colour = true', {}, {}, false],
  ['the file says neither', 'no_color = perhaps', {}, {}, false],
] as const)('%s', async (_, text, options, environment, expected) => {
  if (text !== undefined) writeFileSync(join(folder, 'config.ini'), `${text}\n`)
  expect(await wantsNoColor({ options }, environment, settingsReader(folder))).toBe(expected)
})
