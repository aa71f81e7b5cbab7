/** The shells that the tests run, without start-up files, and how to quote a string in each. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { needsProgram } from '../support/outside-program.ts'
import { runProgram } from '../support/run-cli.ts'
import type { RunResult } from '../support/run-cli.ts'
import type { TempHome } from '../support/temp-home.ts'

/** Shells that read POSIX code, and fish. */
export const POSIX_SHELLS = ['sh', 'bash', 'zsh'] as const
export const ALL_SHELLS = [...POSIX_SHELLS, 'fish'] as const

export type Shell = (typeof ALL_SHELLS)[number]

/** The command line of each shell that reads no start-up files. */
export const PLAIN: Readonly<Record<Shell, readonly [string, ...string[]]>> = {
  sh: ['sh'],
  bash: ['bash', '--norc', '--noprofile'],
  zsh: ['zsh', '-f'],
  fish: ['fish', '--no-config'],
}

/** Returns whether the shell is not installed, so that its tests are skipped; fails the test where CI is set. */
export function isMissing(shell: Shell): boolean {
  return process.platform === 'win32' || !needsProgram(shell)
}

/** Returns a string, quoted for a shell. */
export function quoteFor(shell: Shell, text: string): string {
  return shell === 'fish'
    ? `'${text.replace(/[\\']/g, String.raw`\$&`)}'`
    : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** Runs a script in a shell that reads no start-up files. */
export async function runScript(
  shell: Shell,
  script: string,
  home: TempHome,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  const path = join(home.path, 'script')
  writeFileSync(path, script)
  return await runProgram([...PLAIN[shell], path], { environment: home.environment(environment) })
}
