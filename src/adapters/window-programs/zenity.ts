import { firstLine, withProblem } from './window-program.ts'
import type { WindowEnd, WindowAnswer, WindowProgramSpec } from './window-program.ts'

/** Exit codes of our choosing (zenity's manual, "Exit codes"), since 1 is also that of a window that could not be opened. */
const CANCELLED = 10
const TIMED_OUT = 11

/** zenity's entry dialog. */
export const ZENITY: WindowProgramSpec = {
  files: ['zenity'],
  call: (text, seconds) => ({
    words: ['--entry', `--title=${text.title}`, `--text=${escapeZenity(withProblem(text))}`, `--timeout=${seconds}`],
    variables: { ZENITY_CANCEL: String(CANCELLED), ZENITY_ESC: String(CANCELLED), ZENITY_TIMEOUT: String(TIMED_OUT) },
  }),
  answer: readEnd,
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
    .replace(/[^\x20-\x7e]/gu, (character) => Array.from(Buffer.from(character), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(''))
}

function readEnd({ exitCode, output, talk }: WindowEnd): WindowAnswer {
  if (exitCode === 0) return { kind: 'text', text: output.replace(/\r?\n$/, '') }
  // Programs that stand in for zenity may not know the variables: whoever cannot open a window says why.
  if (exitCode === CANCELLED || (exitCode === 1 && talk === '')) return { kind: 'cancelled' }
  if (exitCode === TIMED_OUT || exitCode === 5) return { kind: 'timed-out' }
  return { kind: 'failed', detail: firstLine(talk) }
}
