import type { ShellName } from '../../core/shell-names.ts'
import { renderBash } from './bash.ts'
import type { CompletedCommand } from './completion.ts'
import { renderFish } from './fish.ts'
import { renderPowerShell } from './powershell.ts'
import { renderZsh } from './zsh.ts'

/**
 * Gives the code that a shell reads at its start. It prints nothing and fails nowhere, also under errexit and nounset; what it
 * does at each prompt it does without starting a program.
 */
export function renderShellInit(shell: ShellName, commands: readonly CompletedCommand[]): string {
  return RENDERERS[shell](commands)
}

const RENDERERS: Readonly<Record<ShellName, (commands: readonly CompletedCommand[]) => string>> = {
  bash: renderBash,
  zsh: renderZsh,
  fish: renderFish,
  powershell: renderPowerShell,
}
