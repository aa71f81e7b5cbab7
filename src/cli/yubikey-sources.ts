/** The sources of token codes of a login with a YubiKey: the key, and the question to whoever would rather type. */
import { createInterruptibleAsker } from '../adapters/token-code/interruptible-asker.ts'
import { createYubiKeyTokenCode } from '../adapters/token-code/yubikey.ts'
import type { YubiKeyTalk } from '../adapters/token-code/yubikey.ts'
import type { LoginResolution, YubiKeySettings } from '../core/login/resolution.ts'
import type { TokenCodeSource } from '../core/ports.ts'
import { oathPasswordQuestion, TOUCH_LINE, TOUCH_PREFACE, yubiKeyFailureLine } from '../render/prompt.ts'
import type { SourcesOptions } from './token-code-sources.ts'
import { typedTokenCode } from './typed-token-code.ts'

/** Makes both. What is to be said of the key comes between the question and its answer. */
export function besideYubiKey(settings: YubiKeySettings, resolution: LoginResolution, { asker, environment, writeTalk }: SourcesOptions): readonly TokenCodeSource[] {
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
