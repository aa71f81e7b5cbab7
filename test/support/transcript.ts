/**
 * Parses and runs transcripts: terminal sessions written down as text, run as tests.
 *
 *     # a comment                      -- .aws/config --    writes a file in the home folder; its content is everything
 *     $ awsmfa status                  [profile work]       up to the next line that begins with `$ `, `-- ` or `== `
 *     > work: valid, … left
 *     $ awsmfa login                   == .aws/config ==    asserts the content of a file after the last command
 *     tty 123456
 *     tty> MFA code for alice (work): 123456
 *     !> ✔ work: …
 *     ? 0
 *
 * `$` runs a command in sh; `>` and `!>` are its complete stdout and stderr, `?` its exit code (default 0). `tty` types
 * a line (`^C` and `^D` press those keys) once the terminal shows a prompt; a command without `tty` lines has no
 * terminal. `tty>`, if present, is everything the terminal showed. `…` matches any part of a line or, alone on a line,
 * any number of lines. `{code}` is the next token code; tests may define more variables. Blank lines between blocks are
 * ignored.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openPty } from './pty.ts'
import { runProgram } from './run-cli.ts'
import type { RunResult } from './run-cli.ts'
import type { TempHome } from './temp-home.ts'

/** A command of a transcript and its expected results. `line` is its 1-based line in the transcript. */
export interface TranscriptCommand {
  readonly line: number
  readonly command: string
  readonly typed: readonly string[]
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
  readonly terminal: readonly string[]
  readonly code: number
}

/** A command, a file to write ('set-up'), or the expected content of a file ('state'). */
export type TranscriptStep =
  | ({ readonly kind: 'command' } & TranscriptCommand)
  | {
      readonly kind: 'set-up' | 'state'
      readonly line: number
      readonly path: string
      readonly content: readonly string[]
    }

/** The environment in which commands run. `variables` are evaluated each time `{name}` occurs. */
export interface TranscriptContext {
  readonly home: TempHome
  readonly environment: Readonly<Record<string, string>>
  readonly variables: Readonly<Record<string, () => string | Promise<string>>>
  /** Checks invariants of every run: `before` runs before each step, `after` returns what a command violated. */
  readonly inspect?: {
    readonly before: (step: TranscriptStep) => void
    readonly after: (step: TranscriptCommand, run: TranscriptRun) => readonly string[]
  }
  /** Runs the hints that a command printed, and returns which of them are no help. */
  readonly runHints?: (command: string, stderr: string) => Promise<readonly string[]>
}

/** The result of a command. */
export type TranscriptRun = Pick<RunResult, 'code' | 'stdout' | 'stderr'> & { readonly terminal: string }

/** A mismatch between a transcript and what happened. */
export interface Difference {
  readonly line: number
  readonly what: string
  readonly expected: string
  readonly actual: string
}

/** Parses a transcript. Throws an error that names the line on invalid input. */
export function parseTranscript(text: string): readonly TranscriptStep[] {
  const blocks: { readonly line: number; readonly head: string; readonly body: string[] }[] = []
  for (const [index, row] of text.split('\n').entries()) {
    const isHead = /^(\$ .|-- \S+ --$|== \S+ ==$)/.test(row)
    if (isHead) blocks.push({ line: index + 1, head: row, body: [] })
    else if (blocks.length > 0) blocks.at(-1)?.body.push(row)
    else if (row !== '' && !row.startsWith('#')) throw new Error(`line ${index + 1}: not inside a block: ${row}`)
  }
  return blocks.map(({ line, head, body }) => {
    while (body.at(-1) === '') body.pop()
    if (head.startsWith('$ ')) return parseCommand(line, head.slice(2), body)
    return { kind: head.startsWith('-- ') ? 'set-up' : 'state', line, path: head.slice(3, -3), content: body }
  })
}

function parseCommand(line: number, command: string, body: readonly string[]): TranscriptStep {
  const rows = body
    .map((row, index) => ({ row, line: line + index + 1 }))
    .filter(({ row }) => row !== '' && !row.startsWith('#'))
  const after = (mark: string): string[] =>
    rows.filter(({ row }) => row.startsWith(`${mark} `) || row === mark).map(({ row }) => row.slice(mark.length + 1))
  const invalid = rows.find(({ row }) => !/^(>|!>|tty>|tty|\?)( |$)/.test(row))
  if (invalid !== undefined) throw new Error(`line ${invalid.line}: unknown prefix: ${invalid.row}`)
  const code = Number(after('?')[0] ?? 0)
  return {
    kind: 'command',
    line,
    command,
    typed: after('tty'),
    stdout: after('>'),
    stderr: after('!>'),
    terminal: after('tty>'),
    code,
  }
}

/** Runs a transcript and returns every difference from it; an empty array means it passed. */
export async function runTranscript(
  steps: readonly TranscriptStep[],
  world: TranscriptContext,
): Promise<readonly Difference[]> {
  const differences: Difference[] = []
  for (const step of steps) {
    world.inspect?.before(step)
    if (step.kind === 'command') differences.push(...(await commandDifferences(step, world)))
    else if (step.kind === 'set-up') world.home.write(step.path, joinLines(await substituteRows(step.content, world)))
    else differences.push(...stateDifferences(step, await substituteRows(step.content, world), world.home))
  }
  return differences
}

async function commandDifferences(step: TranscriptCommand, world: TranscriptContext): Promise<readonly Difference[]> {
  const command = await substitute(step.command, world)
  const run = await (step.typed.length > 0 ? runAtTerminal(command, step, world) : runDetached(command, world))
  const { stdout, stderr, code, terminal } = run
  const compare = (what: string, expected: readonly string[], actual: string): readonly Difference[] =>
    matches(expected, actual)
      ? []
      : [{ line: step.line, what: `${what} of: ${step.command}`, expected: expected.join('\n'), actual }]
  return [
    ...compare('exit code', [String(step.code)], `${String(code)}\n`),
    ...compare('stdout', step.stdout, stdout),
    ...compare('stderr', step.stderr, stderr),
    ...(step.terminal.length > 0 ? compare('terminal', step.terminal, terminal) : []),
    ...[...(world.inspect?.after(step, run) ?? []), ...((await world.runHints?.(command, stderr)) ?? [])].map(
      (actual) => ({
        line: step.line,
        what: `promise broken by: ${step.command}`,
        expected: '',
        actual,
      }),
    ),
  ]
}

async function runDetached(command: string, { home, environment }: TranscriptContext): Promise<TranscriptRun> {
  return { ...(await runProgram(['/bin/sh', '-c', command], { environment, cwd: home.path })), terminal: '' }
}

/** Redirects stdout and stderr to files, so that the terminal shows only prompts. */
async function runAtTerminal(
  command: string,
  step: TranscriptCommand,
  world: TranscriptContext,
): Promise<TranscriptRun> {
  const { home, environment } = world
  const [out, err] = [join(home.path, '.transcript-stdout'), join(home.path, '.transcript-stderr')]
  // Ctrl-C reaches the shell too; the empty trap keeps it alive to return the command's exit code.
  const script = 'trap : INT; out=$1 err=$2; shift 2; eval "$1" >"$out" 2>"$err"; exit $?'
  const pty = await openPty(['/bin/sh', '-c', script, 'sh', out, err, command], {
    environment: { TERM: 'dumb', ...environment },
    cwd: home.path,
    // A transcript has each prompt on one line.
    columns: 400,
  })
  try {
    for (const row of step.typed) {
      await pty.expect(/[:?\]] $/)
      pty.send(row === '^C' ? '\u0003' : row === '^D' ? '\u0004' : `${await substitute(row, world)}\r`)
    }
    const { code } = await pty.exit()
    return {
      code,
      stdout: readFileSync(out, 'utf8'),
      stderr: readFileSync(err, 'utf8'),
      terminal: pty.output().replaceAll('\r\n', '\n'),
    }
  } finally {
    pty.close()
  }
}

function stateDifferences(
  step: { readonly line: number; readonly path: string },
  content: readonly string[],
  home: TempHome,
): readonly Difference[] {
  const what = `content of ${step.path}`
  const actual = existsSync(join(home.path, step.path)) ? home.read(step.path).toString() : undefined
  if (content.length === 0 && actual === undefined) return []
  return actual !== undefined && matches(content, actual)
    ? []
    : [{ line: step.line, what, expected: content.join('\n'), actual: actual ?? 'no such file' }]
}

/** Returns whether the text consists of exactly these lines; the last newline may be missing. */
function matches(expected: readonly string[], actual: string): boolean {
  const pattern = expected
    .map((row) => (row === '…' ? '(?:.*\n)*' : `${row.split('…').map(escapeRegExp).join('.*')}\n`))
    .join('')
  return new RegExp(`^${pattern}$`).test(actual === '' || actual.endsWith('\n') ? actual : `${actual}\n`)
}

function escapeRegExp(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')
}

function joinLines(rows: readonly string[]): string {
  return rows.map((row) => `${row}\n`).join('')
}

/** Evaluates rows in order, since a variable such as `{code}` returns another value each time. */
async function substituteRows(rows: readonly string[], world: TranscriptContext): Promise<readonly string[]> {
  const done: string[] = []
  for (const row of rows) done.push(await substitute(row, world))
  return done
}

async function substitute(row: string, { variables }: TranscriptContext): Promise<string> {
  let text = ''
  for (const [index, part] of row.split(/\{([a-z][a-z-]*)\}/).entries()) {
    const variable = index % 2 === 1 ? variables[part] : undefined
    text += variable === undefined ? (index % 2 === 1 ? `{${part}}` : part) : await variable()
  }
  return text
}
