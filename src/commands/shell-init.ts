import { SHELL_NAMES, findShell } from '../command-line/spec.ts'
import type { Invocation } from '../command-line/table.ts'
import { AwsmfaError } from '../model/failure.ts'
import { renderShellInit } from '../shell/shell-init.ts'
import type { CompletedCommand } from '../shell/shell-init.ts'
import type { Terminal } from '../ui/terminal.ts'

/** What shell-init needs: a stream, and the command table for completion. It reads no file. */
export interface ShellInitContext {
  readonly terminal: Pick<Terminal, 'stdout'>
  readonly commands: readonly CompletedCommand[]
}

/** Prints the code for the named shell and gives the exit code 0. Throws USAGE. */
export function shellInit(
  { positionals: [word] }: Invocation<'shell-init'>,
  { terminal, commands }: ShellInitContext,
): number {
  const shell = word === undefined ? undefined : findShell(word)
  if (shell === undefined)
    throw new AwsmfaError({
      code: 'USAGE',
      problem: { kind: 'unknown-shell', ...(word === undefined ? {} : { word }), known: SHELL_NAMES },
    })
  terminal.stdout(renderShellInit(shell, commands))
  return 0
}
