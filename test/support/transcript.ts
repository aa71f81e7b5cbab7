/**
 * Transcripts: what a person does and sees, as text that is run.
 *
 *     # a comment                      -- .aws/config --    from here on the content of a file in the home folder,
 *     $ awsmfa status                  [profile work]       up to the next line that begins with `$ `, `-- ` or `== `
 *     > work  valid  … left
 *     $ awsmfa login                   == .aws/config ==    the same, as it has to be after the last command
 *     tty 123456
 *     tty> MFA code for alice (profile 'work'): 123456
 *     !> ✔ work: …
 *     ? 0
 *
 * `$` runs a line in sh, `>` and `!>` are all of its stdout and stderr, `?` its exit code (0 where it is not said). `tty`
 * types a line (`^C`, `^D`: those keys) as soon as the terminal waits behind a question; without any `tty` there is no
 * terminal. `tty>` is all that was shown there, where anything is said about it. `…` stands for any part of one line, or,
 * alone on a line, for any number of lines. `{code}` is the next token code, and what else a test defines. Blank lines
 * between blocks mean nothing.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openPty } from './pty.ts'
import { runProgram } from './run-cli.ts'
import type { RunResult } from './run-cli.ts'
import type { TempHome } from './temp-home.ts'

/** One command of a transcript with what it has to do. Numbers are lines of the transcript, from 1. */
export interface TranscriptCommand {
  readonly line: number
  readonly command: string
  readonly typed: readonly string[]
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
  readonly terminal: readonly string[]
  readonly code: number
}

/** A part of a transcript. */
export type TranscriptStep =
  | ({ readonly kind: 'command' } & TranscriptCommand)
  | {
      readonly kind: 'set-up' | 'state'
      readonly line: number
      readonly path: string
      readonly content: readonly string[]
    }

/** What commands run in. `variables` are asked anew each time a line with `{name}` is met. */
export interface TranscriptWorld {
  readonly home: TempHome
  readonly environment: Readonly<Record<string, string>>
  readonly variables: Readonly<Record<string, () => string | Promise<string>>>
  /** Looks at what is true of every run: `before` each step, and `after` each command, where it gives what is wrong. */
  readonly inspect?: {
    readonly before: (step: TranscriptStep) => void
    readonly after: (step: TranscriptCommand, run: TranscriptRun) => readonly string[]
  }
}

/** What a command did. */
export type TranscriptRun = Pick<RunResult, 'code' | 'stdout' | 'stderr'> & { readonly terminal: string }

/** Tells where a transcript and what happened part: line, what was wanted, what there was. */
export interface Difference {
  readonly line: number
  readonly what: string
  readonly wanted: string
  readonly found: string
}

/** Reads a transcript. Throws, naming the line, where it makes no sense. */
export function parseTranscript(text: string): readonly TranscriptStep[] {
  const blocks: { readonly line: number; readonly head: string; readonly body: string[] }[] = []
  for (const [index, row] of text.split('\n').entries()) {
    const isHead = /^(\$ .|-- \S+ --$|== \S+ ==$)/.test(row)
    if (isHead) blocks.push({ line: index + 1, head: row, body: [] })
    else if (blocks.length > 0) blocks.at(-1)?.body.push(row)
    else if (row !== '' && !row.startsWith('#')) throw new Error(`line ${index + 1}: nothing to say that about: ${row}`)
  }
  return blocks.map(({ line, head, body }) => {
    while (body.at(-1) === '') body.pop()
    if (head.startsWith('$ ')) return commandOf(line, head.slice(2), body)
    return { kind: head.startsWith('-- ') ? 'set-up' : 'state', line, path: head.slice(3, -3), content: body }
  })
}

function commandOf(line: number, command: string, body: readonly string[]): TranscriptStep {
  const rows = body
    .map((row, index) => ({ row, line: line + index + 1 }))
    .filter(({ row }) => row !== '' && !row.startsWith('#'))
  const after = (mark: string): string[] =>
    rows.filter(({ row }) => row.startsWith(`${mark} `) || row === mark).map(({ row }) => row.slice(mark.length + 1))
  const odd = rows.find(({ row }) => !/^(>|!>|tty>|tty|\?)( |$)/.test(row))
  if (odd !== undefined) throw new Error(`line ${odd.line}: is neither output, nor exit code, nor typed: ${odd.row}`)
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

/** Runs a transcript step by step and gives everything in which it was not as it says; none: it is true. */
export async function runTranscript(
  steps: readonly TranscriptStep[],
  world: TranscriptWorld,
): Promise<readonly Difference[]> {
  const differences: Difference[] = []
  for (const step of steps) {
    world.inspect?.before(step)
    if (step.kind === 'command') differences.push(...(await commandDifferences(step, world)))
    else if (step.kind === 'set-up') world.home.write(step.path, fileOf(await filledRows(step.content, world)))
    else differences.push(...stateDifferences(step, await filledRows(step.content, world), world.home))
  }
  return differences
}

async function commandDifferences(step: TranscriptCommand, world: TranscriptWorld): Promise<readonly Difference[]> {
  const command = await filled(step.command, world)
  const run = await (step.typed.length > 0 ? runAtTerminal(command, step, world) : runDetached(command, world))
  const { stdout, stderr, code, terminal } = run
  const compare = (what: string, wanted: readonly string[], found: string): readonly Difference[] =>
    matches(wanted, found)
      ? []
      : [{ line: step.line, what: `${what} of: ${step.command}`, wanted: wanted.join('\n'), found }]
  return [
    ...compare('exit code', [String(step.code)], `${String(code)}\n`),
    ...compare('stdout', step.stdout, stdout),
    ...compare('stderr', step.stderr, stderr),
    ...(step.terminal.length > 0 ? compare('terminal', step.terminal, terminal) : []),
    ...(world.inspect?.after(step, run) ?? []).map((found) => ({
      line: step.line,
      what: `promise broken by: ${step.command}`,
      wanted: '',
      found,
    })),
  ]
}

async function runDetached(command: string, { home, environment }: TranscriptWorld): Promise<TranscriptRun> {
  return { ...(await runProgram(['/bin/sh', '-c', command], { environment, cwd: home.path })), terminal: '' }
}

/** stdout and stderr go to files, so that the terminal shows questions alone. */
async function runAtTerminal(command: string, step: TranscriptCommand, world: TranscriptWorld): Promise<TranscriptRun> {
  const { home, environment } = world
  const [out, err] = [join(home.path, '.transcript-stdout'), join(home.path, '.transcript-stderr')]
  // Ctrl-C reaches the shell too; a trap that does nothing lets it live on to tell the command's exit code.
  const script = 'trap : INT; out=$1 err=$2; shift 2; eval "$1" >"$out" 2>"$err"; exit $?'
  const pty = await openPty(['/bin/sh', '-c', script, 'sh', out, err, command], {
    environment: { TERM: 'dumb', ...environment },
    cwd: home.path,
  })
  try {
    for (const row of step.typed) {
      await pty.expect(/[:?\]] $/)
      pty.send(row === '^C' ? '\u0003' : row === '^D' ? '\u0004' : `${await filled(row, world)}\r`)
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
  const found = existsSync(join(home.path, step.path)) ? home.read(step.path).toString() : undefined
  if (content.length === 0 && found === undefined) return []
  return found !== undefined && matches(content, found)
    ? []
    : [{ line: step.line, what, wanted: content.join('\n'), found: found ?? 'no such file' }]
}

/** Tells whether a text is made of these lines, each ended; the last end may be missing. */
function matches(wanted: readonly string[], found: string): boolean {
  const pattern = wanted
    .map((row) => (row === '…' ? '(?:.*\n)*' : `${row.split('…').map(escaped).join('.*')}\n`))
    .join('')
  return new RegExp(`^${pattern}$`).test(found === '' || found.endsWith('\n') ? found : `${found}\n`)
}

function escaped(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')
}

function fileOf(rows: readonly string[]): string {
  return rows.map((row) => `${row}\n`).join('')
}

/** One after another, since asking for a variable may change what the next one is. */
async function filledRows(rows: readonly string[], world: TranscriptWorld): Promise<readonly string[]> {
  const done: string[] = []
  for (const row of rows) done.push(await filled(row, world))
  return done
}

async function filled(row: string, { variables }: TranscriptWorld): Promise<string> {
  let text = ''
  for (const [index, part] of row.split(/\{([a-z][a-z-]*)\}/).entries()) {
    const variable = index % 2 === 1 ? variables[part] : undefined
    text += variable === undefined ? (index % 2 === 1 ? `{${part}}` : part) : await variable()
  }
  return text
}
