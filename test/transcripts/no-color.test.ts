/** Color on a terminal and `no_color` in the settings file, for a command with and without the fast path. */
import { afterEach, describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { openPty } from '../support/pty.ts'
import { PRODUCT } from '../support/run-cli.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

describe.skipIf(!needsProgram('python3'))('the built tool on a terminal', () => {
  let home: TempHome | undefined
  afterEach(() => home?.remove())

  it.each([
    ['status', undefined, true],
    ['status', 'region: eu-west-1\n', true],
    ['status', 'no_color: true\n', false],
    ['settings', undefined, true],
    ['settings', 'no_color: true\n', false],
  ])('%s with %j: color %j', async (command, settings, isColored) => {
    home = createTempHome({
      '.aws/config': '[profile work]\nregion = eu-west-1\n',
      ...(settings === undefined ? {} : { '.config/awsmfa/config.yaml': settings }),
    })
    const terminal = await openPty([...PRODUCT, command, 'work'], {
      environment: home.environment({ TERM: 'xterm-256color' }),
    })
    await terminal.exit()
    expect(terminal.output().includes('\u001B[')).toBe(isColored)
    expect(terminal.output()).toContain('work')
    terminal.close()
  })
})
