/** Color on a terminal and `no_color` in the settings file, for a command with and without the fast path. */
import { afterEach, describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { openPty } from '../support/pty.ts'
import { PRODUCT, runProgram } from '../support/run-cli.ts'
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

  describe.each([
    ['stdout', ['settings', 'work'], 'work'],
    ['stderr', ['login', 'wrok'], 'error:'],
    ['stderr before the command line is understood', ['login', '--frce'], 'error:'],
  ])('%s', (_, words, shown) => {
    it.each([
      ['a terminal', {}, [], '', true],
      ['NO_COLOR', { NO_COLOR: '1' }, [], '', false],
      ['--no-color', {}, ['--no-color'], '', false],
      ['the settings file', {}, [], 'no_color: true\n', false],
      ['TERM=dumb', { TERM: 'dumb' }, [], '', false],
    ])('%s', async (__, variables, options, settings, isColored) => {
      home = createTempHome({
        '.aws/config': '[profile work]\nregion = eu-west-1\n',
        '.config/awsmfa/config.yaml': settings,
      })
      const terminal = await openPty([...PRODUCT, ...words, ...options], {
        environment: home.environment({ TERM: 'xterm-256color', ...variables }),
      })
      await terminal.exit()
      expect(terminal.output().includes('\u001B[')).toBe(isColored)
      expect(terminal.output()).toContain(shown)
      terminal.close()
    })

    it('a pipe', async () => {
      home = createTempHome({ '.aws/config': '[profile work]\nregion = eu-west-1\n' })
      const environment = home.environment({ TERM: 'xterm-256color' })
      const { stdout, stderr } = await runProgram([...PRODUCT, ...words], { environment, cwd: home.path })
      expect(stdout + stderr).toContain(shown)
      expect(stdout + stderr).not.toContain('\u001B')
    })
  })

  it.each([40, 80, 120, 200])('breaks messages, reports and questions at spaces at %i columns', async (columns) => {
    home = createTempHome({
      '.aws/config': '[profile work]\nregion = eu-west-1\nREGION = eu-west-2\nsource_profile = nowhere\n',
      '.aws/credentials':
        '[base-long-term]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n',
    })
    const environment = home.environment({ TERM: 'xterm-256color', NO_COLOR: '1' })
    for (const words of [
      ['login', 'wrok'],
      ['doctor', '--verbose'],
      ['settings', 'work', '--all'],
      ['login', '--help'],
    ]) {
      const plain = await runProgram([...PRODUCT, ...words], { environment, cwd: home.path })
      const terminal = await openPty([...PRODUCT, ...words], { environment, columns })
      await terminal.exit()
      const { lines } = terminal.screen()
      expect(lines.join(' ').trim().split(/\s+/)).toEqual((plain.stdout + plain.stderr).trim().split(/\s+/))
      terminal.close()
    }
  })
})
