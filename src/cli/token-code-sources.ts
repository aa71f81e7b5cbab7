/**
 * Which sources of token codes one login asks, in the order of the list; the first answer wins and the others are withdrawn.
 * Each is loaded for those alone who use it.
 */
import type { Asker } from '../adapters/controlling-terminal.ts'
import { createGivenTokenCode } from '../adapters/token-code/given.ts'
import type { LoginResolution } from '../core/login/resolution.ts'
import type { Environment } from '../core/login/target-profile.ts'
import type { TokenCodeSource } from '../core/ports.ts'

/** What the sources are made from. */
export interface SourcesOptions {
  readonly asker: Asker
  readonly environment: Environment
  /** Takes lines for stderr, for when there is no terminal; left out: nobody reads them. */
  readonly writeTalk?: (text: string) => void
}

/**
 * Makes them. A code that was given is used, whatever could be asked, and a pipe is read only for `-`; then a token command,
 * which nobody is asked beside.
 */
export async function tokenCodeSources(resolution: LoginResolution, options: SourcesOptions): Promise<readonly TokenCodeSource[]> {
  const { target, tokenCode, tokenCommand, yubiKey } = resolution
  const { asker, environment } = options
  if (tokenCode !== undefined) return [createGivenTokenCode(tokenCode.value, tokenCode.origin.kind === 'sts-flag' ? 'sts-flag' : 'flag')]
  if (tokenCommand !== undefined) {
    const { createTokenCommand } = await import('../adapters/token-code/command.ts')
    return [createTokenCommand(tokenCommand, { environment: { ...environment }, profile: target.value, obstacle: asker.obstacle })]
  }
  if (yubiKey !== undefined) return (await import('./yubikey-sources.ts')).besideYubiKey(yubiKey, resolution, options)
  const { typedTokenCode } = await import('./typed-token-code.ts')
  return [typedTokenCode(resolution, { asker, environment })]
}
