/** Which sources of token codes one login asks, in the order of the list; the first answer wins and the others are withdrawn. */
import type { Asker } from '../adapters/controlling-terminal.ts'
import { createTokenCommand } from '../adapters/token-code/command.ts'
import { createGivenTokenCode } from '../adapters/token-code/given.ts'
import { createInterruptibleAsker } from '../adapters/token-code/interruptible-asker.ts'
import { createYubiKeyTokenCode } from '../adapters/token-code/yubikey.ts'
import type { YubiKeyTalk } from '../adapters/token-code/yubikey.ts'
import type { LoginResolution, YubiKeySettings } from '../core/login/resolution.ts'
import type { Environment } from '../core/login/target-profile.ts'
import type { TokenCodeSource } from '../core/ports.ts'
import { oathPasswordQuestion, TOUCH_LINE, TOUCH_PREFACE, yubiKeyFailureLine } from '../render/prompt.ts'
import { canAskPerson, typedTokenCode } from './typed-token-code.ts'

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
export function tokenCodeSources(resolution: LoginResolution, options: SourcesOptions): readonly TokenCodeSource[] {
  const { target, tokenCode, tokenCommand, yubiKey } = resolution
  const { asker, environment } = options
  if (tokenCode !== undefined) return [createGivenTokenCode(tokenCode.value, tokenCode.origin.kind === 'sts-flag' ? 'sts-flag' : 'flag')]
  if (tokenCommand !== undefined) return [createTokenCommand(tokenCommand, { environment: { ...environment }, profile: target.value, obstacle: asker.obstacle })]
  if (yubiKey !== undefined) return besideYubiKey(yubiKey, resolution, options)
  return [typedTokenCode(resolution, { asker, environment })]
}

/** Tells whether one of them could give a code, here and now: a program of the person's, or a person. */
export function canGetTokenCode(resolution: LoginResolution, options: SourcesOptions): boolean {
  const { tokenCode, tokenCommand, yubiKey } = resolution
  return tokenCode !== undefined || tokenCommand !== undefined || yubiKey !== undefined || canAskPerson(resolution, options)
}

/** The YubiKey and the question, at once: what is to be said of the key comes between. */
function besideYubiKey(settings: YubiKeySettings, resolution: LoginResolution, { asker, environment, writeTalk }: SourcesOptions): readonly TokenCodeSource[] {
  const shared = createInterruptibleAsker(asker)
  const canType = (): boolean => asker.obstacle() === undefined
  const talk: YubiKeyTalk = {
    askPassword: async (serial, again, signal) =>
      await shared.interrupt((own) => own.askLine({ text: oathPasswordQuestion(serial, again), wanted: 'token-code', keep: false, hidden: true }, signal)),
    showTouch: (isAwaited) => {
      shared.preface(isAwaited ? TOUCH_PREFACE : '')
      if (isAwaited && !canType()) writeTalk?.(`${TOUCH_LINE}\n`)
    },
    tellFailure: async ({ failure }) => {
      if (!canType()) return
      await shared.interrupt((own) => {
        shared.preface('')
        own.say(`${yubiKeyFailureLine(failure, own.style)}\n`)
      })
    },
  }
  return [createYubiKeyTokenCode(settings, { environment: { ...environment }, talk }), typedTokenCode(resolution, { asker: shared, environment })]
}
