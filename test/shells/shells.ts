import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { needsProgram } from '../support/outside-program.ts'
import { runProgram } from '../support/run-cli.ts'
import type { RunResult } from '../support/run-cli.ts'
import type { TempHome } from '../support/temp-home.ts'

/** Shells that read POSIX code, and fish. */
export const POSIX_SHELLS = ['sh', 'bash', 'zsh'] as const
export const ALL_SHELLS = [...POSIX_SHELLS, 'fish'] as const

/** One of them. */
export type Shell = (typeof ALL_SHELLS)[number]

/** Tells whether a test with that shell has to be skipped. Linux's package of zsh and fish is of the same name. */
export function lacks(shell: Shell): boolean {
  return process.platform === 'win32' || !needsProgram(shell)
}

/** Runs a script in a shell that reads nobody's start-up files. */
export async function runScript(
  shell: Shell,
  script: string,
  home: TempHome,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  const path = join(home.path, 'script')
  writeFileSync(path, script)
  const plain: Readonly<Record<Shell, readonly string[]>> = {
    sh: [],
    bash: ['--norc', '--noprofile'],
    zsh: ['-f'],
    fish: ['--no-config'],
  }
  return await runProgram([shell, ...plain[shell], path], { environment: home.environment(environment) })
}
