import type { Failure } from '../../core/failures.ts'
import { visible } from '../../core/visible-text.ts'
import { commandLine } from '../command-line.ts'
import type { FailureText, WordsFor } from './wording.ts'
import { fromOrigin, listed, quoted, say } from './wording.ts'

type CommandFailure = Extract<Failure, { readonly code: 'TOKEN_COMMAND_FAILED' }>
type YubiKeyFailure = Extract<Failure, { readonly code: 'YUBIKEY_FAILED' }>

const TYPE_IT = `to sign in without it: ${commandLine('login')} --token-code 123456`
const BY_LABEL = "its label is the device's ARN, unless yubikey_label says another; to see all: ykman oath accounts list"

/** Words for sources of token codes that gave none. */
export const TOKEN_CODE_WORDS: WordsFor<'TOKEN_COMMAND_FAILED' | 'YUBIKEY_FAILED'> = {
  TOKEN_COMMAND_FAILED: (failure, view) => {
    const { program, origin, wantsShell } = failure
    const error = `the token command ${quoted(program)}${fromOrigin(origin, view)} failed: ${whyCommandFailed(failure)}`
    const shell = wantsShell ? "it is run without a shell; for pipes, variables and the like: sh -c 'LINE'" : wayForCommand(failure)
    return say(error, shell, TYPE_IT)
  },
  YUBIKEY_FAILED: (failure) => yubiKeyWords(failure),
}

function whyCommandFailed({ reason, exitCode, seconds }: CommandFailure): string {
  switch (reason) {
    case 'not-found':
      return 'it was not found'
    case 'not-executable':
      return 'it cannot be run'
    case 'quote':
      return 'a quote in the command is not closed'
    case 'exit':
      return exitCode === undefined ? 'it was stopped' : `it ended with exit code ${exitCode}`
    case 'timed-out':
      return `it gave no answer${seconds === undefined ? ' in time' : ` in ${seconds} s`}`
    case 'output':
      return 'what it printed is no token code'
    case 'circle':
      return 'it starts awsmfa for this same profile again'
  }
}

function wayForCommand({ reason }: CommandFailure): string | undefined {
  if (reason === 'not-found') return 'give its full path: programs that others start may have another PATH'
  return reason === 'output' ? 'it has to print six digits on one line, and nothing else on stdout' : undefined
}

/** Says why a YubiKey gave no code, on whatever view. */
export function yubiKeyWords({ reason, label, serial, serials, detail }: YubiKeyFailure): FailureText {
  const key = serial === undefined ? 'the YubiKey' : `the YubiKey ${visible(serial)}`
  switch (reason) {
    case 'no-program':
      return say('ykman, which asks a YubiKey for its codes, was not found', 'it comes with YubiKey Manager, as the package yubikey-manager or ykman', TYPE_IT)
    case 'no-key':
      return say('no YubiKey is plugged in', TYPE_IT)
    case 'other-key':
      return say(`${key} is not plugged in, or may not be used`, 'to see which are: ykman list', TYPE_IT)
    case 'no-service':
      return say("ykman cannot reach the system's smart card service", 'on Linux, start pcscd; to see more: ykman info', TYPE_IT)
    case 'several-keys': {
      const plugged = serials.length === 0 ? '' : ` (${listed(serials.map((one) => visible(one)), 'and')})`
      return say(`several YubiKeys are plugged in${plugged}`, `say in the profile which one is meant: yubikey_serial = ${visible(serials[0] ?? '12345678')}`)
    }
    case 'no-account':
      return say(`${key} has no account ${quoted(label)}`, BY_LABEL)
    case 'several-accounts':
      return say(`${key} has several accounts that match ${quoted(label)}`, 'set yubikey_label to the whole name of one; to see all: ykman oath accounts list')
    case 'password':
      return say(`${key} wants its OATH password, and there is no terminal to ask at`, 'to have ykman remember it on this computer: ykman oath access remember')
    case 'wrong-password':
      return say(`that is not the OATH password of ${key}`, 'where ykman remembers one that is no longer right: ykman oath access remember', TYPE_IT)
    case 'not-touched':
      return say(`${key} was not touched in time`)
    case 'no-oath':
      return say(`${key} cannot be asked for codes: its OATH application is off, or not there`, 'to see what is on: ykman info')
    case 'timed-out':
      return say(`ykman gave no answer for ${key} in time`, TYPE_IT)
    case 'other': {
      const said = detail === undefined ? 'it did not say why' : visible(detail.replace(/[.!]+$/, ''), 200)
      return say(`ykman gave no code of ${key}: ${said}`, TYPE_IT)
    }
  }
}
