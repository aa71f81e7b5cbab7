import { commandLine } from '../command-line.ts'
import type { WordsFor } from './wording.ts'
import { BATCH_FILE, quoted, say, showErrno, THROUGH_CMD } from './wording.ts'

/** Words for programs that are to get credentials, and for what cannot be handed to them. */
export const PROGRAM_WORDS: WordsFor<'PROGRAM_NOT_RUN' | 'VALUE_NOT_QUOTABLE'> = {
  PROGRAM_NOT_RUN: ({ program, reason, errno }) => {
    if (reason === 'not-found') return say(`there is no program ${quoted(program)}`, 'a line for a shell, with pipes or variables, needs one: sh -c LINE')
    if (reason === 'not-executable') return say(`${quoted(program)} cannot be run: ${showErrno(errno)}`)
    return say(`${quoted(program)} ${BATCH_FILE}`, `${THROUGH_CMD}: ${commandLine('exec')} '--' cmd /c …`)
  },
  VALUE_NOT_QUOTABLE: ({ variable, format }) =>
    say(`the value of ${variable} holds a character that --format ${format} cannot carry safely`, `run the program with it instead: ${commandLine('exec')} -- COMMAND`),
}
