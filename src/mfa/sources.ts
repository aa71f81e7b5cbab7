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

/** What the sources depend on besides the settings. */
export interface SourcesOptions {
  readonly asker: Asker
  readonly environment: Environment
  /** Writes lines to stderr, for a login without a terminal; if missing, nobody reads them. */
  readonly stderr?: (text: string) => void
}

/**
 * Returns the sources to ask: a code that was given, otherwise a token command, otherwise a YubiKey beside a prompt,
 * otherwise a prompt. stdin is read only for the code `-`.
 */
export async function tokenCodeSources(
  settings: TokenCodeSettings,
  { asker, environment, stderr }: SourcesOptions,
): Promise<readonly TokenCodeSource[]> {
  const { tokenCode, tokenCommand, yubiKey, target } = settings
  const own = { environment: { ...environment } }
  if (tokenCode !== undefined)
    return [createGivenTokenCode(tokenCode.value, tokenCode.origin.kind === 'sts-flag' ? 'sts-flag' : 'flag')]
  if (tokenCommand !== undefined) {
    const { createTokenCommand } = await import('./command.ts')
    return [createTokenCommand(tokenCommand, { ...own, profile: target.value, obstacle: asker.obstacle })]
  }
  if (yubiKey === undefined) return [typedTokenCode(settings, { asker, environment })]
  const { createYubiKeyTokenCode, terminalDialog } = await import('./yubikey.ts')
  return [
    createYubiKeyTokenCode(yubiKey, { ...own, dialog: terminalDialog(asker, stderr) }),
    typedTokenCode(settings, { asker, environment }),
  ]
}

/** Whether a program or a person can provide a token code, here and now. */
export function canGetCode(
  { tokenCode, tokenCommand, yubiKey, prompt }: Omit<TokenCodeSettings, 'target' | 'roles'>,
  options: SourcesOptions,
): boolean {
  return (tokenCode ?? tokenCommand ?? yubiKey) !== undefined || decide(prompt, options).kind !== 'nothing'
}

function decide(prompt: PromptSettings, { asker, environment }: SourcesOptions): PromptDecision {
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
  options: SourcesOptions,
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
