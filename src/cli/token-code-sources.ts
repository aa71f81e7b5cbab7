/**
 * Which sources of token codes one login asks, in the order of the list; the first answer wins and the others are withdrawn.
 * Each is loaded for those alone who use it.
 */
import type { Asker } from '../adapters/controlling-terminal.ts'
import { createGivenTokenCode } from '../adapters/token-code/given.ts'
import { codeSourceOf } from '../core/login/code-source.ts'
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

/** Makes them, as `codeSourceOf` decides. A pipe is read only for the code `-`. */
export async function tokenCodeSources(resolution: LoginResolution, options: SourcesOptions): Promise<readonly TokenCodeSource[]> {
  const { asker, environment } = options
  const source = codeSourceOf(resolution)
  switch (source.kind) {
    case 'given':
      return [createGivenTokenCode(source.code.value, source.code.origin.kind === 'sts-flag' ? 'sts-flag' : 'flag')]
    case 'command': {
      const { createTokenCommand } = await import('../adapters/token-code/command.ts')
      return [createTokenCommand(source.command, { environment: { ...environment }, profile: resolution.target.value, obstacle: asker.obstacle })]
    }
    case 'yubikey':
      return (await import('./yubikey-sources.ts')).besideYubiKey(source.settings, resolution, options)
    case 'typed': {
      const { typedTokenCode } = await import('./typed-token-code.ts')
      return [typedTokenCode(resolution, { asker, environment })]
    }
  }
}
