import { withProblem } from './window-program.ts'
import type { WindowEnd, WindowAnswer, WindowProgramSpec, WindowText } from './window-program.ts'

/** Assuan lines have at most 1000 bytes, with the line end (the Assuan manual, "Client requests"). */
const LONGEST_LINE = 1000

/** gpg-error.h: GPG_ERR_CANCELED, GPG_ERR_FULLY_CANCELED, GPG_ERR_TIMEOUT; the upper bits of a code name its source. */
const CANCELLED = [99, 198]
const TIMED_OUT = 62

/**
 * GnuPG's pinentry, in those of its kinds that open a window. The plain name comes last: it may stand for one that asks at a
 * terminal, which it has none of here, and then says so by its flavour.
 */
export const PINENTRY: WindowProgramSpec = {
  files: ['pinentry-mac', 'pinentry-qt', 'pinentry-qt5', 'pinentry-gtk-2', 'pinentry-gnome3', 'pinentry-fltk', 'pinentry'],
  // All commands at once: each is answered by OK or ERR, in their order, whatever the program.
  call: (text, seconds) => ({ words: [], variables: {}, input: `${pinentryCommands(text, seconds).join('\n')}\n` }),
  answer: readEnd,
}

/** The commands of one question, always as many. `no-grab`: other windows stay usable, an authenticator's too. */
export function pinentryCommands(text: WindowText, seconds: number): readonly string[] {
  return [
    'GETINFO flavor',
    'OPTION no-grab',
    command('SETTITLE', text.title),
    command('SETDESC', withProblem(text)),
    command('SETPROMPT', `${text.label}:`),
    `SETTIMEOUT ${seconds}`,
    'GETPIN',
    'BYE',
  ]
}

const FLAVOUR = 0
const GETPIN = 6

function command(name: string, text: string): string {
  const start = `${name} `
  let line = start
  for (const character of text) {
    const escaped = escapeAssuan(character)
    if (Buffer.byteLength(line) + Buffer.byteLength(escaped) >= LONGEST_LINE) return line
    line += escaped
  }
  return line
}

/** What may not stand in a line is escaped with `%`; `<` is shown by its number, because Qt takes text with tags for HTML. */
function escapeAssuan(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('<', '\\x3c')
}

interface Reply {
  readonly data: string
  /** Undefined: OK. */
  readonly error: string | undefined
}

function readEnd({ output }: WindowEnd): WindowAnswer {
  const [greeting, ...replies] = readReplies(output)
  if (greeting === undefined) return { kind: 'failed', detail: '' }
  const flavour = replies[FLAVOUR]?.data ?? ''
  if (/curses|tty|emacs/.test(flavour)) return { kind: 'failed', detail: `it is pinentry-${flavour.replace(/.*:/, '')}` }
  const reply = replies[GETPIN]
  if (reply === undefined) return { kind: 'failed', detail: '' }
  if (reply.error === undefined) return { kind: 'text', text: reply.data }
  const number = Number.parseInt(reply.error, 10) & 0xffff
  if (CANCELLED.includes(number)) return { kind: 'cancelled' }
  return number === TIMED_OUT ? { kind: 'timed-out' } : { kind: 'failed', detail: reply.error.replace(/^\d+ /, '') }
}

/** One for the greeting and one for each command that was answered. */
function readReplies(output: string): readonly Reply[] {
  const replies: Reply[] = []
  let data = ''
  for (const line of output.split('\n')) {
    if (line.startsWith('D ')) data += withoutPercents(line.slice(2))
    if (!/^(?:OK|ERR)\b/.test(line)) continue
    replies.push({ data, error: line.startsWith('ERR ') ? line.slice(4) : undefined })
    data = ''
  }
  return replies
}

function withoutPercents(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}
