/**
 * The programs that show a window with one question and one line to type into: osascript on macOS, PowerShell on
 * Windows, zenity and pinentry elsewhere. For each: its files, how it is called, and what its end means. Pure.
 */
import type { WindowProgram } from '../model/failure.ts'

/** The text of a window: plain, nothing in it escaped. */
export interface WindowText {
  readonly title: string
  /** What is asked for, in lines that end with \n. */
  readonly text: string
  /** Why it is asked again. */
  readonly problem: string | undefined
  /** The label of the line to type into, without a colon. */
  readonly label: string
}

/** How a program is called. The text of the window is data, never code. */
export interface WindowCall {
  readonly words: readonly string[]
  /** Variables that are added to its environment. */
  readonly variables?: Readonly<Record<string, string>>
  /** What it reads from stdin. */
  readonly input?: string
}

/** How a program ended, with all that it wrote. */
export interface WindowEnd {
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** What that means. `failed`: it showed no window, so another program may; `detail` is one line of its own words. */
export type WindowAnswer =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'failed'; readonly detail: string }

export interface WindowProgramSpec {
  /** Names to look for on PATH, or absolute paths; the first that is found and works is used. */
  readonly files: readonly string[]
  /** Returns the call of a window that closes by itself after so many seconds. */
  readonly call: (text: WindowText, seconds: number) => WindowCall
  readonly answer: (end: WindowEnd) => WindowAnswer
}

/** Returns the description of a program. */
export function windowProgram(program: WindowProgram, systemRoot: string): WindowProgramSpec {
  switch (program) {
    case 'osascript':
      return OSASCRIPT
    case 'powershell':
      return powershellSpec(systemRoot)
    case 'zenity':
      return ZENITY
    case 'pinentry':
      return PINENTRY
  }
}

function firstLine(text: string): string {
  return (/\S.*/.exec(text)?.[0] ?? '').trim()
}

function withProblem({ text, problem }: WindowText): string {
  return problem === undefined ? text : `${problem}\n\n${text}`
}

function typed(stdout: string): WindowAnswer {
  return { kind: 'text', text: stdout.replace(/\r?\n$/, '') }
}

/**
 * AppleScript, the same for every question: what it shows are the arguments of `run`. A prefix tells an empty answer
 * from none. (AppleScript Language Guide, "display dialog"; man osascript.)
 */
export const OSASCRIPT_SOURCE: readonly string[] = [
  'on run argv',
  'activate',
  'set shown to display dialog (item 1 of argv) default answer "" with title (item 2 of argv) buttons {"Cancel", "OK"} default button "OK" cancel button "Cancel" giving up after ((item 3 of argv) as integer)',
  'if gave up of shown then return "gave up"',
  'return "typed:" & text returned of shown',
  'end run',
]

/** The dialog of macOS. The first argument begins with a letter, so that none is taken for an option. */
export const OSASCRIPT: WindowProgramSpec = {
  files: ['/usr/bin/osascript'],
  call: (text, seconds) => ({
    words: [...OSASCRIPT_SOURCE.flatMap((line) => ['-e', line]), withProblem(text), text.title, String(seconds)],
  }),
  answer: ({ exitCode, stdout, stderr }) => {
    if (exitCode === 0 && stdout.startsWith('typed:')) return typed(stdout.slice('typed:'.length))
    if (exitCode === 0 && /^gave up\r?\n?$/.test(stdout)) return { kind: 'timed-out' }
    // userCanceledErr, the same number in every language.
    return stderr.includes('(-128)') ? { kind: 'cancelled' } : { kind: 'failed', detail: firstLine(stderr) }
  },
}

/** Exit codes of the script; PowerShell exits with 1 if the script throws. */
const POWERSHELL_EXIT = { cancelled: 10, timedOut: 11 }

/**
 * A script, the same for every question: what it shows comes from its environment. No double quotes, which would have
 * to survive two parsers. The first form is invisible: Windows shows the first window of a process as its parent asked,
 * here hidden because of the console (ShowWindow, nCmdShow). (Windows Forms; about_PowerShell_exe, "-Command", "-STA".)
 */
export const POWERSHELL_SOURCE = [
  "$ErrorActionPreference = 'Stop'",
  'Add-Type -AssemblyName System.Windows.Forms, System.Drawing',
  '[Windows.Forms.Application]::EnableVisualStyles()',
  '$first = New-Object Windows.Forms.Form -Property @{ ShowInTaskbar = $false; Opacity = 0 }',
  '$first.Show()',
  '$first.Close()',
  "$form = New-Object Windows.Forms.Form -Property @{ Text = $env:AWSMFA_WINDOW_TITLE; TopMost = $true; StartPosition = 'CenterScreen'; FormBorderStyle = 'FixedDialog'; MaximizeBox = $false; MinimizeBox = $false; AutoSize = $true; AutoSizeMode = 'GrowAndShrink'; Padding = 12 }",
  "$panel = New-Object Windows.Forms.FlowLayoutPanel -Property @{ FlowDirection = 'TopDown'; AutoSize = $true; WrapContents = $false }",
  '$text = New-Object Windows.Forms.Label -Property @{ Text = $env:AWSMFA_WINDOW_TEXT; UseMnemonic = $false; AutoSize = $true; MaximumSize = (New-Object Drawing.Size 560, 0) }',
  '$code = New-Object Windows.Forms.TextBox -Property @{ Width = 200; AccessibleName = $env:AWSMFA_WINDOW_LABEL }',
  "$buttons = New-Object Windows.Forms.FlowLayoutPanel -Property @{ FlowDirection = 'LeftToRight'; AutoSize = $true }",
  "$ok = New-Object Windows.Forms.Button -Property @{ Text = 'OK'; DialogResult = 'OK' }",
  "$cancel = New-Object Windows.Forms.Button -Property @{ Text = 'Cancel'; DialogResult = 'Cancel' }",
  '$buttons.Controls.AddRange(@($ok, $cancel))',
  '$panel.Controls.AddRange(@($text, $code, $buttons))',
  '$form.Controls.Add($panel)',
  '$form.AcceptButton = $ok',
  '$form.CancelButton = $cancel',
  '$timer = New-Object Windows.Forms.Timer -Property @{ Interval = 1000 * [int]$env:AWSMFA_WINDOW_SECONDS }',
  "$timer.Add_Tick({ $form.DialogResult = 'Abort' })",
  '$form.Add_Shown({ $timer.Start(); $form.Activate(); $code.Focus() })',
  '$result = $form.ShowDialog()',
  `if ($result -eq 'Abort') { exit ${POWERSHELL_EXIT.timedOut} }`,
  `if ($result -ne 'OK') { exit ${POWERSHELL_EXIT.cancelled} }`,
  '[Console]::Out.Write($code.Text)',
].join('; ')

/** Windows PowerShell, which is part of Windows. */
export function powershellSpec(systemRoot: string): WindowProgramSpec {
  return {
    files: [`${systemRoot}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`],
    call: (text, seconds) => ({
      words: ['-NoLogo', '-NoProfile', '-NonInteractive', '-STA', '-Command', POWERSHELL_SOURCE],
      variables: {
        AWSMFA_WINDOW_TITLE: text.title,
        AWSMFA_WINDOW_TEXT: withProblem(text),
        AWSMFA_WINDOW_LABEL: text.label,
        AWSMFA_WINDOW_SECONDS: String(seconds),
      },
    }),
    answer: ({ exitCode, stdout, stderr }) => {
      if (exitCode === 0) return typed(stdout)
      if (exitCode === POWERSHELL_EXIT.cancelled) return { kind: 'cancelled' }
      return exitCode === POWERSHELL_EXIT.timedOut
        ? { kind: 'timed-out' }
        : { kind: 'failed', detail: firstLine(stderr) }
    },
  }
}

/** Exit codes for zenity (its manual, "Exit codes"): its default, 1, also means that there is no display. */
const ZENITY_EXIT = { cancelled: 10, timedOut: 11 }

/** zenity's entry dialog. */
export const ZENITY: WindowProgramSpec = {
  files: ['zenity'],
  call: (text, seconds) => ({
    words: ['--entry', `--title=${text.title}`, `--text=${escapeZenity(withProblem(text))}`, `--timeout=${seconds}`],
    variables: {
      ZENITY_CANCEL: String(ZENITY_EXIT.cancelled),
      ZENITY_ESC: String(ZENITY_EXIT.cancelled),
      ZENITY_TIMEOUT: String(ZENITY_EXIT.timedOut),
    },
  }),
  answer: ({ exitCode, stdout, stderr }) => {
    if (exitCode === 0) return typed(stdout)
    // Programs that stand in for zenity may ignore the variables, but explain why a window cannot be opened.
    if (exitCode === ZENITY_EXIT.cancelled || (exitCode === 1 && stderr === '')) return { kind: 'cancelled' }
    if (exitCode === ZENITY_EXIT.timedOut || exitCode === 5) return { kind: 'timed-out' }
    return { kind: 'failed', detail: firstLine(stderr) }
  },
}

/**
 * Returns text that zenity shows literally. The entry dialog reads C escapes and mnemonics (zenity's entry.c:
 * g_strcompress, gtk_label_set_text_with_mnemonic), no markup. GLib refuses an option that is not ASCII unless the
 * locale is UTF-8.
 */
export function escapeZenity(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('_', '__')
    .replace(/[^\x20-\x7e]/gu, (character) =>
      Array.from(Buffer.from(character), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(''),
    )
}

/** The longest Assuan line in bytes, with its end (the Assuan manual, "Client requests"). */
const LONGEST_LINE = 1000

/** gpg-error.h: GPG_ERR_CANCELED, GPG_ERR_FULLY_CANCELED, GPG_ERR_TIMEOUT; the upper bits of a code are its source. */
const GPG_CANCELLED = [99, 198]
const GPG_TIMED_OUT = 62

/** GnuPG's pinentry. The plain name comes last: it may be one that asks at a terminal, which its flavor then tells. */
export const PINENTRY: WindowProgramSpec = {
  files: [
    'pinentry-mac',
    'pinentry-qt',
    'pinentry-qt5',
    'pinentry-gtk-2',
    'pinentry-gnome3',
    'pinentry-fltk',
    'pinentry',
  ],
  // All commands at once: each is answered by OK or ERR, in this order.
  call: (text, seconds) => ({ words: [], input: `${pinentryCommands(text, seconds).join('\n')}\n` }),
  answer: ({ stdout }) => {
    const [greeting, ...replies] = readReplies(stdout)
    const flavor = replies[FLAVOR]?.data.replace(/.*:/, '') ?? ''
    if (/curses|tty|emacs/.test(flavor)) return { kind: 'failed', detail: `it is pinentry-${flavor}` }
    const reply = replies[GETPIN]
    if (greeting === undefined || reply === undefined) return { kind: 'failed', detail: '' }
    if (reply.error === undefined) return { kind: 'text', text: reply.data }
    const code = Number.parseInt(reply.error, 10) & 0xffff
    if (GPG_CANCELLED.includes(code)) return { kind: 'cancelled' }
    return code === GPG_TIMED_OUT ? { kind: 'timed-out' } : { kind: 'failed', detail: reply.error.replace(/^\d+ /, '') }
  },
}

/** Returns the commands of one question. `no-grab` keeps other windows usable, such as an authenticator's. */
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

/** Where the replies to these two are among those to `pinentryCommands`. */
const FLAVOR = 0
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

/** Percent-escapes what a line cannot contain, and `<` by its number, because Qt takes text with tags for HTML. */
function escapeAssuan(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('<', '\\x3c')
}

/** `error` is undefined for OK. */
interface WindowReply {
  readonly data: string
  readonly error: string | undefined
}

/** Returns the greeting and the reply to each command that was answered. */
function readReplies(output: string): readonly WindowReply[] {
  const replies: WindowReply[] = []
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
