/** `shell-init`: prints the code that a shell evaluates, with completion from the command table. */
import { findShell, SHELL_NAMES } from '../command-line/spec.ts'
import type { Invocation } from '../command-line/table.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { completedCommands, renderShellInit } from '../shell/shell-init.ts'

/** Prints the code for the named shell and gives the exit code 0. Throws USAGE. */
export function shellInit(
  { positionals: [word] }: Invocation<'shell-init'>,
  { terminal }: Pick<Runtime, 'terminal'>,
): number {
  const shell = word === undefined ? undefined : findShell(word)
  if (shell === undefined)
    throw new AwsmfaError({
      code: 'USAGE',
      problem: { kind: 'unknown-shell', ...(word === undefined ? {} : { word }), known: SHELL_NAMES },
    })
  terminal.stdout(renderShellInit(shell, completedCommands()))
  return 0
}
