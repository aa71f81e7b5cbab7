import { firstLine, withProblem } from './window-program.ts'
import type { WindowAnswer, WindowEnd, WindowProgramSpec } from './window-program.ts'

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
  call: (text, seconds) => ({ words: [...OSASCRIPT_SOURCE.flatMap((line) => ['-e', line]), withProblem(text), text.title, String(seconds)], variables: {} }),
  answer: readEnd,
}

function readEnd({ exitCode, output, talk }: WindowEnd): WindowAnswer {
  const line = output.replace(/\r?\n$/, '')
  if (exitCode === 0 && line.startsWith('typed:')) return { kind: 'text', text: line.slice('typed:'.length) }
  if (exitCode === 0 && line === 'gave up') return { kind: 'timed-out' }
  // errAECancelled: the number stays what it is in every language of the system.
  return talk.includes('(-128)') ? { kind: 'cancelled' } : { kind: 'failed', detail: firstLine(talk) }
}
