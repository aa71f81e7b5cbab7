/** What may be said and known of a command that prints token codes. Its parameters may hold the secret that codes are made from. */
import { splitCommand, splitWindowsCommand } from '../shell-words.ts'

/** A token command, split and ready to be run without a shell. */
export interface TokenCommandWords {
  readonly program: string
  readonly parameters: readonly string[]
}

/** Splits a token command as botocore splits a `credential_process`. Gives undefined for an unclosed quote and for no word at all. */
export function splitTokenCommand(command: string, isWindows: boolean): TokenCommandWords | undefined {
  const [program, ...parameters] = (isWindows ? splitWindowsCommand(command) : splitCommand(command)) ?? []
  return program === undefined || program === '' ? undefined : { program, parameters }
}

/** A token command as it may be shown: its program alone, with `…` for the rest. */
export function showableCommand(command: string): string {
  const { program, parameters } = splitTokenCommand(command, false) ?? { program: firstChunk(command), parameters: ['…'] }
  return parameters.length > 0 ? `${program} …` : program
}

/** The program of a token command, also where it cannot be split. */
export function programOfCommand(command: string): string {
  return splitTokenCommand(command, false)?.program ?? firstChunk(command)
}

/** Tells whether a command holds what only a shell would understand (pipes, variables, lists) and does not call one itself. */
export function wantsShell(command: string): boolean {
  const isShell = /(?:^|[\\/])(?:ba|da|z|fi|k)?sh(?:\.exe)?$|(?:^|[\\/])(?:cmd|powershell|pwsh)(?:\.exe)?$/i.test(programOfCommand(command))
  return !isShell && /[|;&<>`]|\$[({A-Za-z_]|^\w+=/.test(command)
}

function firstChunk(command: string): string {
  return command.trim().split(/\s/)[0] ?? ''
}
