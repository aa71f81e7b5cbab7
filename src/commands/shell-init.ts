import { AwsmfaError } from '../core/failures.ts'
import type { Invocation } from '../core/invocation.ts'
import type { Terminal } from '../core/ports.ts'
import { findShell, SHELL_NAMES } from '../core/shell-names.ts'
import type { CompletedCommand } from '../render/shell-init/completion.ts'
import { renderShellInit } from '../render/shell-init/shell-init.ts'

/** What shell-init needs: a stream, and the command table for completion. It reads no file. */
export interface ShellInitContext {
  readonly terminal: Pick<Terminal, 'writeData'>
  readonly commands: readonly CompletedCommand[]
}

/** Prints the code for the named shell and gives the exit code 0. Throws USAGE. */
export function shellInit({ positionals: [word] }: Invocation, { terminal, commands }: ShellInitContext): number {
  const shell = word === undefined ? undefined : findShell(word)
  if (shell === undefined) throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'unknown-shell', ...(word === undefined ? {} : { word }), known: SHELL_NAMES } })
  terminal.writeData(renderShellInit(shell, commands))
  return 0
}
