/** Where a person types the token code: at the terminal or in a window. What does windows is loaded only for one. */
import { hasContainerMark } from '../adapters/container-mark.ts'
import type { Asker } from '../adapters/controlling-terminal.ts'
import { createTerminalTokenCode } from '../adapters/token-code/terminal.ts'
import { AwsmfaError } from '../core/failures.ts'
import type { PromptObstacle, WindowTrouble } from '../core/failures.ts'
import { choosePrompt } from '../core/login/prompt-choice.ts'
import type { PromptDecision } from '../core/login/prompt-choice.ts'
import type { LoginResolution } from '../core/login/resolution.ts'
import type { Environment } from '../core/login/target-profile.ts'
import type { TokenCodeSource } from '../core/ports.ts'
import { tokenCodeQuestion, tokenCodeRefusal } from '../render/prompt.ts'

/** What it is made from. */
export interface TypedOptions {
  readonly asker: Asker
  readonly environment: Environment
}

/** Tells whether a person can be asked, here and now. */
export function canAskPerson({ prompt }: Pick<LoginResolution, 'prompt'>, options: TypedOptions): boolean {
  return decide(prompt, options).kind !== 'nothing'
}

function decide(prompt: LoginResolution['prompt'], { asker, environment }: TypedOptions): PromptDecision {
  return choosePrompt(prompt, { platform: process.platform, environment, hasContainerMark: hasContainerMark(), canAskTerminal: asker.obstacle() === undefined })
}

/** Makes the source. It decides when it is asked, because a terminal may be there by then, or gone. */
export function typedTokenCode(resolution: Pick<LoginResolution, 'prompt' | 'roles'>, options: TypedOptions): TokenCodeSource {
  const { asker, environment } = options
  const { prompt, roles } = resolution
  const terminal = createTerminalTokenCode(asker, { question: tokenCodeQuestion, refusal: tokenCodeRefusal })
  return async (request, signal) => {
    signal.throwIfAborted()
    const decision = decide(prompt, options)
    if (decision.kind === 'terminal') return await terminal(request, signal)
    const unavailable = (window: WindowTrouble): AwsmfaError => noWindow(decision.isChosen ? 'no-window' : (asker.obstacle() ?? 'no-terminal'), window)
    if (decision.kind === 'nothing') throw unavailable({ kind: decision.why })
    const [{ createWindowTokenCode }, { tokenCodeWindow }] = await Promise.all([import('../adapters/token-code/window.ts'), import('../render/window.ts')])
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
