/** Which sources of token codes a login asks. They race, see `askTokenCode`; each is loaded only if it is used. */
import { AwsmfaError } from '../model/failure.ts'
import type { PromptObstacle, WindowTrouble } from '../model/failure.ts'
import type { Environment } from '../model/invocation.ts'
import type { Resolved } from '../model/origin.ts'
import { hasContainerMark } from '../platform/process-info.ts'
import type { Asker } from '../ui/question.ts'
import { createGivenTokenCode } from './given.ts'
import { choosePrompt, createTerminalTokenCode } from './prompt.ts'
import type { PromptDecision, PromptSettings } from './prompt.ts'
import type { TokenCodeSource } from './token-code.ts'
import type { YubiKeySettings } from './ykman.ts'

/** The settings of a login that concern its token code. */
export interface TokenCodeSettings {
  /** The profile that was asked for. */
  readonly target: Resolved<string>
  /** The roles in the order in which they are assumed. */
  readonly roles: readonly { readonly roleArn: Resolved<string> }[]
  /** A code of six digits; `-` is one line from stdin. */
  readonly tokenCode: Resolved<string> | undefined
  /** The command that prints token codes. Only its program may be shown. */
  readonly tokenCommand: Resolved<string> | undefined
  readonly yubiKey: YubiKeySettings | undefined
  readonly prompt: PromptSettings
}

/** What a prompt depends on besides the settings. */
export interface TypedOptions {
  readonly asker: Asker
  readonly environment: Environment
}

export interface SourcesOptions extends TypedOptions {
  /** Writes lines to stderr, for a login without a terminal; if missing, nobody reads them. */
  readonly stderr?: (text: string) => void
}

/** The one source that a login uses; a person may type beside a YubiKey. */
export type CodeSource =
  | { readonly kind: 'given'; readonly code: Resolved<string> }
  | { readonly kind: 'command'; readonly command: Resolved<string> }
  | { readonly kind: 'yubikey'; readonly settings: YubiKeySettings }
  | { readonly kind: 'typed' }

/** Returns the source by precedence: a code that was given, a token command, a YubiKey, a prompt. */
export function codeSourceOf({
  tokenCode,
  tokenCommand,
  yubiKey,
}: Pick<TokenCodeSettings, 'tokenCode' | 'tokenCommand' | 'yubiKey'>): CodeSource {
  if (tokenCode !== undefined) return { kind: 'given', code: tokenCode }
  if (tokenCommand !== undefined) return { kind: 'command', command: tokenCommand }
  return yubiKey === undefined ? { kind: 'typed' } : { kind: 'yubikey', settings: yubiKey }
}

/** Returns the sources to ask. stdin is read only for the code `-`. */
export async function tokenCodeSources(
  settings: TokenCodeSettings,
  { asker, environment, stderr }: SourcesOptions,
): Promise<readonly TokenCodeSource[]> {
  const source = codeSourceOf(settings)
  switch (source.kind) {
    case 'given':
      return [createGivenTokenCode(source.code.value, source.code.origin.kind === 'sts-flag' ? 'sts-flag' : 'flag')]
    case 'command': {
      const { createTokenCommand } = await import('./command.ts')
      const options = { environment: { ...environment }, profile: settings.target.value, obstacle: asker.obstacle }
      return [createTokenCommand(source.command, options)]
    }
    case 'yubikey': {
      const { createInterruptibleAsker, createYubiKeyTokenCode, terminalTalk } = await import('./yubikey.ts')
      const shared = createInterruptibleAsker(asker)
      const options = { environment: { ...environment }, talk: terminalTalk(shared, stderr) }
      return [
        createYubiKeyTokenCode(source.settings, options),
        typedTokenCode(settings, { asker: shared, environment }),
      ]
    }
    case 'typed':
      return [typedTokenCode(settings, { asker, environment })]
  }
}

/** Returns whether someone can be prompted now. */
export function canAskPerson({ prompt }: Pick<TokenCodeSettings, 'prompt'>, options: TypedOptions): boolean {
  return decide(prompt, options).kind !== 'nothing'
}

function decide(prompt: PromptSettings, { asker, environment }: TypedOptions): PromptDecision {
  return choosePrompt(prompt, {
    platform: process.platform,
    environment,
    hasContainerMark: hasContainerMark(),
    canAskTerminal: asker.obstacle() === undefined,
  })
}

/** Prompts at the terminal or in a window; decides when it is asked, since the terminal may have come or gone. */
function typedTokenCode(
  { prompt, roles }: Pick<TokenCodeSettings, 'prompt' | 'roles'>,
  options: TypedOptions,
): TokenCodeSource {
  const { asker, environment } = options
  const terminal = createTerminalTokenCode(asker)
  return async (request, signal) => {
    signal.throwIfAborted()
    const decision = decide(prompt, options)
    if (decision.kind === 'terminal') return await terminal(request, signal)
    const unavailable = (window: WindowTrouble): AwsmfaError => {
      const obstacle: PromptObstacle = decision.isChosen ? 'no-window' : (asker.obstacle() ?? 'no-terminal')
      return new AwsmfaError({ code: 'PROMPT_UNAVAILABLE', obstacle, wanted: 'token-code', window })
    }
    if (decision.kind === 'nothing') throw unavailable({ kind: decision.why })
    const { createWindowTokenCode, tokenCodeWindow } = await import('./window.ts')
    const role = roles.at(-1)?.roleArn.value
    const ask = createWindowTokenCode({
      programs: decision.programs,
      environment: { ...environment },
      textOf: (asked, malformed) => tokenCodeWindow(asked, { role, hideArns: prompt.hideArns, malformed }),
      unavailable,
    })
    return await ask(request, signal)
  }
}
