import { createGivenTokenCode } from './given.ts'
import {
  TOUCH_LINE,
  TOUCH_PREFACE,
  choosePrompt,
  createTerminalTokenCode,
  oathPasswordQuestion,
  tokenCodeQuestion,
  tokenCodeRefusal,
  yubiKeyFailureLine,
} from './prompt.ts'
import type { PromptDecision, PromptSettings } from './prompt.ts'
import type { TokenCodeSource } from './token-code.ts'
import type { YubiKeySettings } from './ykman.ts'
import { createInterruptibleAsker, createYubiKeyTokenCode } from './yubikey.ts'
import type { YubiKeyTalk } from './yubikey.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { PromptObstacle, WindowTrouble } from '../model/failure.ts'
import type { Environment } from '../model/invocation.ts'
import type { Resolved } from '../model/origin.ts'
import { hasContainerMark } from '../platform/process-info.ts'
import type { Asker } from '../ui/question.ts'

/**
 * Which sources of token codes one login asks, in the order of the list; the first answer wins and the others are withdrawn.
 * Each is loaded for those alone who use it.
 */

/** What a login has settled about its token code. */
export interface TokenCodeSettings {
  /** The profile that was asked for. */
  readonly target: Resolved<string>
  /** The roles in the order in which they are assumed. */
  readonly roles: readonly { readonly roleArn: Resolved<string> }[]
  /** A code that was given, six digits; `-` stands for one line from stdin. */
  readonly tokenCode: Resolved<string> | undefined
  /** The command that prints token codes, with whatever it holds: only its program may be shown. */
  readonly tokenCommand: Resolved<string> | undefined
  /** Undefined where no YubiKey is configured. */
  readonly yubiKey: YubiKeySettings | undefined
  /** Where a code is asked for, and with how many words. */
  readonly prompt: PromptSettings
}

/** What the sources are made from. */
export interface SourcesOptions {
  readonly asker: Asker
  readonly environment: Environment
  /** Takes lines for stderr, for when there is no terminal; left out: nobody reads them. */
  readonly stderr?: (text: string) => void
}

/** Makes them, as `codeSourceOf` decides. A pipe is read only for the code `-`. */
export async function tokenCodeSources(
  resolution: TokenCodeSettings,
  options: SourcesOptions,
): Promise<readonly TokenCodeSource[]> {
  const { asker, environment } = options
  const source = codeSourceOf(resolution)
  switch (source.kind) {
    case 'given':
      return [createGivenTokenCode(source.code.value, source.code.origin.kind === 'sts-flag' ? 'sts-flag' : 'flag')]
    case 'command': {
      const { createTokenCommand } = await import('./command.ts')
      return [
        createTokenCommand(source.command, {
          environment: { ...environment },
          profile: resolution.target.value,
          obstacle: asker.obstacle,
        }),
      ]
    }
    case 'yubikey':
      return besideYubiKey(source.settings, resolution, options)
    case 'typed': {
      return [typedTokenCode(resolution, { asker, environment })]
    }
  }
}

/** Where a person types the token code: at the terminal or in a window. What does windows is loaded only for one. */

/** What it is made from. */
export interface TypedOptions {
  readonly asker: Asker
  readonly environment: Environment
}

/** Tells whether a person can be asked, here and now. */
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

/** Makes the source. It decides when it is asked, because a terminal may be there by then, or gone. */
function typedTokenCode(
  resolution: Pick<TokenCodeSettings, 'prompt' | 'roles'>,
  options: TypedOptions,
): TokenCodeSource {
  const { asker, environment } = options
  const { prompt, roles } = resolution
  const terminal = createTerminalTokenCode(asker, { question: tokenCodeQuestion, refusal: tokenCodeRefusal })
  return async (request, signal) => {
    signal.throwIfAborted()
    const decision = decide(prompt, options)
    if (decision.kind === 'terminal') return await terminal(request, signal)
    const unavailable = (window: WindowTrouble): AwsmfaError =>
      noWindow(decision.isChosen ? 'no-window' : (asker.obstacle() ?? 'no-terminal'), window)
    if (decision.kind === 'nothing') throw unavailable({ kind: decision.why })
    const [{ createWindowTokenCode }, { tokenCodeWindow }] = await Promise.all([
      import('./window.ts'),
      import('./window.ts'),
    ])
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

function noWindow(obstacle: PromptObstacle, window: WindowTrouble): AwsmfaError {
  return new AwsmfaError({ code: 'PROMPT_UNAVAILABLE', obstacle, wanted: 'token-code', window })
}

/** The sources of token codes of a login with a YubiKey: the key, and the question to whoever would rather type. */

/** Makes both. What is to be said of the key comes between the question and its answer. */
function besideYubiKey(
  settings: YubiKeySettings,
  resolution: TokenCodeSettings,
  { asker, environment, stderr }: SourcesOptions,
): readonly TokenCodeSource[] {
  const shared = createInterruptibleAsker(asker)
  const canType = (): boolean => asker.obstacle() === undefined
  const talk: YubiKeyTalk = {
    askPassword: async (serial, again, signal) =>
      await shared.interrupt((own) =>
        own.askLine(
          { text: oathPasswordQuestion(serial, again), wanted: 'token-code', keep: false, hidden: true },
          signal,
        ),
      ),
    showTouch: (isAwaited) => {
      shared.preface(isAwaited ? TOUCH_PREFACE : '')
      if (isAwaited && !canType()) stderr?.(`${TOUCH_LINE}\n`)
    },
    tellFailure: async ({ failure }) => {
      if (!canType()) return
      await shared.interrupt((own) => {
        shared.preface('')
        own.say(`${yubiKeyFailureLine(failure, own.style)}\n`)
      })
    },
  }
  return [
    createYubiKeyTokenCode(settings, { environment: { ...environment }, talk }),
    typedTokenCode(resolution, { asker: shared, environment }),
  ]
}

/** What gives the token code of a login: one thing, settled before anybody is asked. */

/** It, with its settings. Beside a YubiKey a person may type; `typed` is a person alone, at the terminal or in a window. */
export type CodeSource =
  | { readonly kind: 'given'; readonly code: Resolved<string> }
  | { readonly kind: 'command'; readonly command: Resolved<string> }
  | { readonly kind: 'yubikey'; readonly settings: YubiKeySettings }
  | { readonly kind: 'typed' }

/** Decides: a code that was given is used, whatever could be asked; then a token command, which nobody is asked beside; then a YubiKey. */
export function codeSourceOf({
  tokenCode,
  tokenCommand,
  yubiKey,
}: Pick<TokenCodeSettings, 'tokenCode' | 'tokenCommand' | 'yubiKey'>): CodeSource {
  if (tokenCode !== undefined) return { kind: 'given', code: tokenCode }
  if (tokenCommand !== undefined) return { kind: 'command', command: tokenCommand }
  return yubiKey === undefined ? { kind: 'typed' } : { kind: 'yubikey', settings: yubiKey }
}
