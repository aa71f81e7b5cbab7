/** Tests of the test harness: the transcript runner, the program runner and the terminal emulator. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { runProgram } from '../support/run-cli.ts'
import { screenOf } from '../support/screen.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'
import { parseTranscript, runTranscript } from '../support/transcript.ts'
import type { Difference } from '../support/transcript.ts'

describe('runTranscript', () => {
  let home: TempHome
  beforeEach(() => {
    home = createTempHome()
  })
  afterEach(() => home.remove())

  const run = (text: string): Promise<readonly Difference[]> =>
    runTranscript(parseTranscript(text), { home, environment: home.environment(), variables: { code: () => '123456' } })

  const matching = [
    {
      title: 'output of both streams and the exit code',
      text: '$ echo out; echo err >&2; exit 3\n> out\n!> err\n? 3\n',
    },
    { title: 'no output and exit code 0', text: '$ true\n' },
    { title: 'an empty line', text: '$ echo; echo a\n>\n> a\n' },
    { title: 'any part of a line', text: '$ echo until 19:40, 12 h\n> until …, 12 h\n' },
    { title: 'any number of lines', text: '$ seq 5\n> 1\n> …\n> 5\n' },
    { title: 'special characters', text: "$ echo '[a] (b) $c {d} e|f *'\n> [a] (b) $c {d} e|f *\n" },
    { title: 'variables', text: '$ echo {code}\n> 123456\n' },
    { title: 'a last line without a newline', text: '$ printf abc\n> abc\n' },
    {
      title: 'files before and after',
      text: '# moves\n\n-- .aws/config --\n[profile a]\nregion = x\n\n$ mv .aws/config .aws/moved\n\n== .aws/moved ==\n[profile a]\nregion = …\n\n== .aws/config ==\n',
    },
    { title: 'no terminal if nothing is typed', text: '$ (: > /dev/tty) 2> /dev/null || echo none\n> none\n' },
  ]
  it.each(matching)('accepts $title', async ({ text }) => {
    expect(await run(text)).toEqual([])
  })

  const mismatches = [
    { title: 'stdout', text: '$ echo out\n', what: 'stdout of: echo out', expected: '', actual: 'out\n' },
    {
      title: 'stderr',
      text: '$ echo err >&2\n!> other\n',
      what: 'stderr of: echo err >&2',
      expected: 'other',
      actual: 'err\n',
    },
    {
      title: 'a missing line',
      text: '$ echo a\n> a\n> b\n',
      what: 'stdout of: echo a',
      expected: 'a\nb',
      actual: 'a\n',
    },
    { title: 'the exit code', text: '$ exit 4\n', what: 'exit code of: exit 4', expected: '0', actual: '4\n' },
    {
      title: 'the content of a file',
      text: '-- f --\na\n== f ==\nb\n',
      what: 'content of f',
      expected: 'b',
      actual: 'a\n',
    },
    {
      title: 'a missing file',
      text: '== f ==\nb\n',
      what: 'content of f',
      expected: 'b',
      actual: 'no such file',
    },
    {
      title: 'an unexpected file',
      text: '-- f --\na\n== f ==\n',
      what: 'content of f',
      expected: '',
      actual: 'a\n',
    },
  ]
  it.each(mismatches)('reports a difference in $title', async ({ text, what, expected, actual }) => {
    expect(await run(text)).toEqual([expect.objectContaining({ what, expected, actual })])
  })

  it.skipIf(!needsProgram('python3'))('types at the terminal even if stdin and stdout are redirected', async () => {
    const prompt = 'printf \'Code? \' > /dev/tty; read -r code < /dev/tty; echo "got $code"'
    const text = `$ echo piped | { ${prompt}; ${prompt}; cat; }\ntty {code}\ntty b\ntty> Code? 123456\ntty> Code? b\n> got 123456\n> got b\n> piped\n`
    expect(await run(text)).toEqual([])
  })

  it.skipIf(!needsProgram('python3'))('presses Ctrl-C', async () => {
    expect(
      await run("$ trap 'exit 130' INT; printf 'Code? ' > /dev/tty; read -r code < /dev/tty\ntty ^C\n? 130\n"),
    ).toEqual([])
  })

  it.each([
    { text: 'hello\n$ true\n', why: 'line 1: not inside a block: hello' },
    { text: '$ true\n\n< a\n', why: 'line 3: unknown prefix: < a' },
  ])('rejects invalid input: $why', ({ text, why }) => {
    expect(() => parseTranscript(text)).toThrow(why)
  })
})

describe('runProgram', () => {
  it('passes only the given input and environment', async () => {
    const { code, stdout } = await runProgram(['/bin/sh', '-c', 'cat; env | grep -c AWS_PROFILE; exit 3'], {
      environment: { PATH: process.env['PATH'] ?? '' },
      input: 'in\n',
    })
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'in\n0\n' })
  })

  it('kills the program and its children on timeout, and rejects', async () => {
    const environment = { PATH: process.env['PATH'] ?? '' }
    await expect(
      runProgram(['/bin/sh', '-c', 'echo begun; sleep 60 | cat'], { environment, limitMs: 2_000 }),
    ).rejects.toThrow(/took longer than 2000 ms; stdout:\nbegun/)
  })
})

describe('screenOf', () => {
  const cases = [
    { title: 'lines', output: 'a\r\nb\r\n', lines: ['a', 'b', ''], row: 2, column: 0 },
    { title: 'an overwritten line', output: 'abc\rX', lines: ['Xbc'], row: 0, column: 1 },
    { title: 'Backspace', output: 'abc\b \b', lines: ['ab'], row: 0, column: 2 },
    { title: 'a long line', output: 'abcdefghijkl', lines: ['abcdefghij', 'kl'], row: 1, column: 2 },
    { title: 'an erased line', output: 'one\r\ntwo\r\u001B[2Kx', lines: ['one', 'x'], row: 1, column: 1 },
    {
      title: 'erasing everything below',
      output: 'one\r\ntwo\r\n\u001B[2A\r\u001B[Jx',
      lines: ['x'],
      row: 0,
      column: 1,
    },
    { title: 'colors and modes', output: '\u001B[?25l\u001B[32mgreen\u001B[39m', lines: ['green'], row: 0, column: 5 },
    { title: 'moving to a column', output: 'abc\u001B[1Gx\u001B[K', lines: ['x'], row: 0, column: 1 },
  ]
  it.each(cases)('renders $title', ({ output, lines, row, column }) => {
    expect(screenOf(output, 10)).toEqual({ lines, row, column })
  })
})
