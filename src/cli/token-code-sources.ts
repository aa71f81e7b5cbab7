/** Which sources of token codes one login asks, in the order of the list; the first answer wins and the others are withdrawn. */
import type { Asker } from '../adapters/controlling-terminal.ts'
import { createTokenCommand } from '../adapters/token-code/command.ts'
import { createGivenTokenCode } from '../adapters/token-code/given.ts'
import { createTerminalTokenCode } from '../adapters/token-code/terminal.ts'
import type { LoginResolution } from '../core/login/resolution.ts'
import type { Environment } from '../core/login/target-profile.ts'
import type { TokenCodeSource } from '../core/ports.ts'
import { tokenCodeQuestion, tokenCodeRefusal } from '../render/prompt.ts'

/** What the sources are made from. */
export interface SourcesOptions {
  readonly asker: Asker
  readonly environment: Environment
}

/**
 * Makes them. A code that was given is used, whatever could be asked, and a pipe is read only for `-`; then a token command,
 * which nobody is asked beside.
 */
export function tokenCodeSources({ tokenCode, tokenCommand }: LoginResolution, { asker, environment }: SourcesOptions): readonly TokenCodeSource[] {
  if (tokenCode !== undefined) return [createGivenTokenCode(tokenCode.value, tokenCode.origin.kind === 'sts-flag' ? 'sts-flag' : 'flag')]
  if (tokenCommand !== undefined) return [createTokenCommand(tokenCommand, { environment: { ...environment }, obstacle: asker.obstacle })]
  return [createTerminalTokenCode(asker, { question: tokenCodeQuestion, refusal: tokenCodeRefusal })]
}
