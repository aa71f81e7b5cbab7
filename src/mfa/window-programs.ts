/**
 * AppleScript that is the same for every question: what it shows comes as the arguments of `run`. The answer has a word before
 * it, so that an empty one and one that did not come differ. (AppleScript Language Guide, "display dialog"; man osascript.)
 */
export const OSASCRIPT_SOURCE: readonly string[] = [
  'on run argv',
  'activate',
  'set shown to display dialog (item 1 of argv) default answer "" with title (item 2 of argv) buttons {"Cancel", "OK"} default button "OK" cancel button "Cancel" giving up after ((item 3 of argv) as integer)',
  'if gave up of shown then return "gave up"',
  'return "typed:" & text returned of shown',
  'end run',
]

/** The dialog of macOS. Its first argument begins with a letter, so that none is taken for an option. */
export const OSASCRIPT: WindowProgramSpec = {
  files: ['/usr/bin/osascript'],
  call: (text, seconds) => ({
    words: [...OSASCRIPT_SOURCE.flatMap((line) => ['-e', line]), withProblem(text), text.title, String(seconds)],
    variables: {},
  }),
  answer: readEnd,
}

function readEnd({ exitCode, output, talk }: WindowEnd): WindowAnswer {
  const line = output.replace(/\r?\n$/, '')
  if (exitCode === 0 && line.startsWith('typed:')) return { kind: 'text', text: line.slice('typed:'.length) }
  if (exitCode === 0 && line === 'gave up') return { kind: 'timed-out' }
  // errAECancelled: the number stays what it is in every language of the system.
  return talk.includes('(-128)') ? { kind: 'cancelled' } : { kind: 'failed', detail: firstLine(talk) }
}

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
  files: [
    'pinentry-mac',
    'pinentry-qt',
    'pinentry-qt5',
    'pinentry-gtk-2',
    'pinentry-gnome3',
    'pinentry-fltk',
    'pinentry',
  ],
  // All commands at once: each is answered by OK or ERR, in their order, whatever the program.
  call: (text, seconds) => ({ words: [], variables: {}, input: `${pinentryCommands(text, seconds).join('\n')}\n` }),
  answer: pinentryReadEnd,
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

function pinentryReadEnd({ output }: WindowEnd): WindowAnswer {
  const [greeting, ...replies] = readReplies(output)
  if (greeting === undefined) return { kind: 'failed', detail: '' }
  const flavour = replies[FLAVOUR]?.data ?? ''
  if (/curses|tty|emacs/.test(flavour))
    return { kind: 'failed', detail: `it is pinentry-${flavour.replace(/.*:/, '')}` }
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

/** Exit codes of the script's own; PowerShell ends with 1 where the script throws. */
const POWERSHELL_CANCELLED = 10

const POWERSHELL_TIMED_OUT = 11

/**
 * A script that is the same for every question: what it shows comes from its environment. Without double quotes, which would
 * have to survive two parsers. The first form is seen by nobody: Windows shows the first window of a process as whoever started
 * it wants, which is hidden here for the sake of the console (ShowWindow, nCmdShow). (Windows Forms; about_PowerShell_exe,
 * "-Command", "-STA".)
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
  `if ($result -eq 'Abort') { exit ${POWERSHELL_TIMED_OUT} }`,
  `if ($result -ne 'OK') { exit ${POWERSHELL_CANCELLED} }`,
  '[Console]::Out.Write($code.Text)',
].join('; ')

/** Windows PowerShell, which every Windows has, where every Windows has it. */
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
    answer: powershellReadEnd,
  }
}

function powershellReadEnd({ exitCode, output, talk }: WindowEnd): WindowAnswer {
  if (exitCode === 0) return { kind: 'text', text: output.replace(/\r?\n$/, '') }
  if (exitCode === POWERSHELL_CANCELLED) return { kind: 'cancelled' }
  return exitCode === POWERSHELL_TIMED_OUT ? { kind: 'timed-out' } : { kind: 'failed', detail: firstLine(talk) }
}

/** What is common to the programs that show a window with one question and one line to type into. */

/** The text of a window: plain, several lines, nothing in it escaped for anybody. */
export interface WindowText {
  readonly title: string
  /** What is asked for, and whose it is; lines end with \n. */
  readonly text: string
  /** Why it is asked again. */
  readonly problem: string | undefined
  /** What stands before the line to type into, without a colon. */
  readonly label: string
}

/** How a program is called. Text is in none of these but as data. */
export interface WindowCall {
  readonly words: readonly string[]
  /** Variables to be added to its environment. */
  readonly variables: Readonly<Record<string, string>>
  /** What it reads from stdin. */
  readonly input?: string
}

/** How the program ended; `talk` is what it wrote to stderr. */
export interface WindowEnd {
  readonly exitCode: number | undefined
  readonly output: string
  readonly talk: string
}

/** What that means. `failed`: no window was shown, so that another program may be tried; `detail` is one line of its own words. */
export type WindowAnswer =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'failed'; readonly detail: string }

/** One program. */
export interface WindowProgramSpec {
  /** Names to look for on PATH, or absolute paths, the first that is there and works is used. */
  readonly files: readonly string[]
  /** Makes the call of a window that closes by itself after so many seconds. */
  readonly call: (text: WindowText, seconds: number) => WindowCall
  readonly answer: (end: WindowEnd) => WindowAnswer
}

/** The first line that says something. */
function firstLine(talk: string): string {
  return (
    talk
      .split('\n')
      .map((line) => line.trim())
      .find((line) => line !== '') ?? ''
  )
}

/** The problem and the text as one. */
function withProblem({ text, problem }: WindowText): string {
  return problem === undefined ? text : `${problem}\n\n${text}`
}

/** Exit codes of our choosing (zenity's manual, "Exit codes"), since 1 is also that of a window that could not be opened. */
const ZENITY_CANCELLED = 10

const ZENITY_TIMED_OUT = 11

/** zenity's entry dialog. */
export const ZENITY: WindowProgramSpec = {
  files: ['zenity'],
  call: (text, seconds) => ({
    words: ['--entry', `--title=${text.title}`, `--text=${escapeZenity(withProblem(text))}`, `--timeout=${seconds}`],
    variables: {
      ZENITY_CANCEL: String(ZENITY_CANCELLED),
      ZENITY_ESC: String(ZENITY_CANCELLED),
      ZENITY_TIMEOUT: String(ZENITY_TIMED_OUT),
    },
  }),
  answer: zenityReadEnd,
}

/**
 * Makes text that zenity shows as it is. The entry dialog takes C's escapes and mnemonics in it (zenity's entry.c: g_strcompress,
 * then gtk_label_set_text_with_mnemonic) and no markup. What is not ASCII is escaped too: GLib refuses it as an option's value
 * where the locale is not UTF-8.
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

function zenityReadEnd({ exitCode, output, talk }: WindowEnd): WindowAnswer {
  if (exitCode === 0) return { kind: 'text', text: output.replace(/\r?\n$/, '') }
  // Programs that stand in for zenity may not know the variables: whoever cannot open a window says why.
  if (exitCode === ZENITY_CANCELLED || (exitCode === 1 && talk === '')) return { kind: 'cancelled' }
  if (exitCode === ZENITY_TIMED_OUT || exitCode === 5) return { kind: 'timed-out' }
  return { kind: 'failed', detail: firstLine(talk) }
}
