import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { runProgram } from '../support/run-cli.ts'
import { screenOf } from '../support/screen.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'
import { parseTranscript, runTranscript } from '../support/transcript.ts'
import type { Difference } from '../support/transcript.ts'

describe('a transcript', () => {
  let home: TempHome
  beforeEach(() => {
    home = createTempHome()
  })
  afterEach(() => home.remove())

  const run = (text: string): Promise<readonly Difference[]> =>
    runTranscript(parseTranscript(text), { home, environment: home.environment(), variables: { code: () => '123456' } })

  const truths = [
    {
      title: 'output of both streams and the exit code',
      text: '$ echo out; echo err >&2; exit 3\n> out\n!> err\n? 3\n',
    },
    { title: 'silence and success', text: '$ true\n' },
    { title: 'an empty line', text: '$ echo; echo a\n>\n> a\n' },
    { title: 'any part of a line', text: '$ echo until 19:40, 12 hours\n> until …, 12 hours\n' },
    { title: 'any number of lines', text: '$ seq 5\n> 1\n> …\n> 5\n' },
    { title: 'signs that mean something elsewhere', text: "$ echo '[a] (b) $c {d} e|f *'\n> [a] (b) $c {d} e|f *\n" },
    { title: 'what a test defines', text: '$ echo {code}\n> 123456\n' },
    { title: 'a last line without an end', text: '$ printf abc\n> abc\n' },
    {
      title: 'files before and after',
      text: '# moves\n\n-- .aws/config --\n[profile a]\nregion = x\n\n$ mv .aws/config .aws/moved\n\n== .aws/moved ==\n[profile a]\nregion = …\n\n== .aws/config ==\n',
    },
    { title: 'no terminal where nothing is typed', text: '$ (: > /dev/tty) 2> /dev/null || echo none\n> none\n' },
  ]
  it.each(truths)('is true about $title', async ({ text }) => {
    expect(await run(text)).toEqual([])
  })

  const lies = [
    { title: 'stdout', text: '$ echo out\n', what: 'stdout of: echo out', wanted: '', found: 'out\n' },
    {
      title: 'stderr',
      text: '$ echo err >&2\n!> other\n',
      what: 'stderr of: echo err >&2',
      wanted: 'other',
      found: 'err\n',
    },
    { title: 'a missing line', text: '$ echo a\n> a\n> b\n', what: 'stdout of: echo a', wanted: 'a\nb', found: 'a\n' },
    { title: 'the exit code', text: '$ exit 4\n', what: 'exit code of: exit 4', wanted: '0', found: '4\n' },
    {
      title: 'the content of a file',
      text: '-- f --\na\n== f ==\nb\n',
      what: 'content of f',
      wanted: 'b',
      found: 'a\n',
    },
    {
      title: 'a file that is not there',
      text: '== f ==\nb\n',
      what: 'content of f',
      wanted: 'b',
      found: 'no such file',
    },
    {
      title: 'a file that should not be there',
      text: '-- f --\na\n== f ==\n',
      what: 'content of f',
      wanted: '',
      found: 'a\n',
    },
  ]
  it.each(lies)('is caught lying about $title', async ({ text, what, wanted, found }) => {
    expect(await run(text)).toEqual([expect.objectContaining({ what, wanted, found })])
  })

  it.skipIf(!needsProgram('python3'))('types at a terminal, whatever stdin and stdout are', async () => {
    const asks = 'printf \'Code? \' > /dev/tty; read -r code < /dev/tty; echo "got $code"'
    const text = `$ echo piped | { ${asks}; ${asks}; cat; }\ntty {code}\ntty b\ntty> Code? 123456\ntty> Code? b\n> got 123456\n> got b\n> piped\n`
    expect(await run(text)).toEqual([])
  })

  it.skipIf(!needsProgram('python3'))('presses Ctrl-C', async () => {
    expect(
      await run("$ trap 'exit 130' INT; printf 'Code? ' > /dev/tty; read -r code < /dev/tty\ntty ^C\n? 130\n"),
    ).toEqual([])
  })

  it.each([
    { text: 'hello\n$ true\n', why: 'line 1: nothing to say that about: hello' },
    { text: '$ true\n\n< a\n', why: 'line 3: is neither output, nor exit code, nor typed: < a' },
  ])('that makes no sense is refused: $why', ({ text, why }) => {
    expect(() => parseTranscript(text)).toThrow(why)
  })
})

describe('a program that is run', () => {
  it('gets the input, the environment and nothing else', async () => {
    const { code, stdout } = await runProgram(['/bin/sh', '-c', 'cat; env | grep -c AWS_PROFILE; exit 3'], {
      environment: { PATH: process.env['PATH'] ?? '' },
      input: 'in\n',
    })
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'in\n0\n' })
  })

  it('is killed with what it started, and fails, when it takes too long', async () => {
    const environment = { PATH: process.env['PATH'] ?? '' }
    await expect(
      runProgram(['/bin/sh', '-c', 'echo begun; sleep 60 | cat'], { environment, limitMs: 2_000 }),
    ).rejects.toThrow(/took longer than 2000 ms; stdout:\nbegun/)
  })
})

describe('what a person sees on a terminal', () => {
  const cases = [
    { title: 'lines', output: 'a\r\nb\r\n', lines: ['a', 'b', ''], row: 2, column: 0 },
    { title: 'a line written over', output: 'abc\rX', lines: ['Xbc'], row: 0, column: 1 },
    { title: 'Backspace', output: 'abc\b \b', lines: ['ab'], row: 0, column: 2 },
    { title: 'a long line', output: 'abcdefghijkl', lines: ['abcdefghij', 'kl'], row: 1, column: 2 },
    { title: 'a line erased', output: 'one\r\ntwo\r\u001B[2Kx', lines: ['one', 'x'], row: 1, column: 1 },
    { title: 'everything below erased', output: 'one\r\ntwo\r\n\u001B[2A\r\u001B[Jx', lines: ['x'], row: 0, column: 1 },
    { title: 'colours and modes', output: '\u001B[?25l\u001B[32mgreen\u001B[39m', lines: ['green'], row: 0, column: 5 },
    { title: 'a column', output: 'abc\u001B[1Gx\u001B[K', lines: ['x'], row: 0, column: 1 },
  ]
  it.each(cases)('is right about $title', ({ output, lines, row, column }) => {
    expect(screenOf(output, 10)).toEqual({ lines, row, column })
  })
})
