/** Which sources of token codes a login uses. */
import { describe, expect, test } from 'vitest'
import { canGetCode, tokenCodeSources } from '../../src/mfa/sources.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { Resolved } from '../../src/model/profile.ts'
import type { Asker } from '../../src/ui/question.ts'
import { posixOnly } from '../support/on-windows.ts'

const from = (value: string): Resolved<string> => ({ value, origin: { kind: 'default' } })
const nothing = {
  target: from('work'),
  roles: [],
  tokenCode: undefined,
  tokenCommand: undefined,
  yubiKey: undefined,
  prompt: { choice: undefined, noGui: undefined, hideArns: false },
}
const tokenCode = from('123456')
const tokenCommand = from('awsmfa-test-no-such-program')
const yubiKey = { serial: from('12345678'), label: undefined }
const unexpected = (): never => {
  throw new Error('nothing is asked')
}
const asker: Asker = {
  style: { color: false, unicode: false, columns: undefined },
  drawsMenus: false,
  obstacle: () => 'no-terminal',
  askLine: unexpected,
  say: () => undefined,
  printAbove: unexpected,
  preface: () => undefined,
}
const options = { asker, environment: {} }
const request = { profile: 'work', profiles: 1, serialNumber: 'arn:aws:iam::111111111111:mfa/alice' }

describe('the sources of a token code', () => {
  type Settings = Partial<Parameters<typeof canGetCode>[0]>
  test.each<readonly [string, Settings, readonly string[]]>([
    ['a code that was passed, before all others', { tokenCode, tokenCommand, yubiKey }, ['123456']],
    ['a command before a YubiKey', { tokenCommand, yubiKey }, ['TOKEN_COMMAND_FAILED']],
    // On Windows there is always a window.
    ...posixOnly(
      ['a YubiKey and a prompt', { yubiKey }, ['YUBIKEY_FAILED', 'PROMPT_UNAVAILABLE']],
      ['a prompt, if there is no other source', {}, ['PROMPT_UNAVAILABLE']],
    ),
  ])('are %s', async (_, settings, expected) => {
    const sources = await tokenCodeSources({ ...nothing, ...settings }, { ...options, environment: { PATH: '' } })
    const outcomes = await Promise.all(
      sources.map(async (source) => {
        try {
          const answer = await source(request, new AbortController().signal)
          return answer === 'unavailable' ? answer : answer.code
        } catch (error) {
          return error instanceof AwsmfaError ? error.failure.code : error
        }
      }),
    )
    expect(outcomes).toEqual(expected)
  })

  const alice = 'arn:aws:iam::111111111111:mfa/alice'
  test.each([
    ['alone', [alice], 'MFA code for alice (work): '],
    ['among devices of other names', [alice, 'arn:aws:iam::222222222222:mfa/bob'], 'MFA code for alice (work): '],
    ['named twice', [alice, alice, 'GAHT12345678'], 'MFA code for alice (work): '],
    [
      'beside its namesake in another account',
      [alice, 'arn:aws:iam::222222222222:mfa/alice'],
      'MFA code for alice (111111111111, work): ',
    ],
  ])('name the account of a device only where its name does not: %s', async (_, serials, question) => {
    const asked: string[] = []
    const askLine: Asker['askLine'] = ({ text }) => Promise.resolve((asked.push(text), '123456'))
    const [source] = await tokenCodeSources(nothing, {
      asker: { ...asker, obstacle: () => undefined, askLine },
      environment: {},
      deviceSerials: () => serials,
    })
    await source?.(request, new AbortController().signal)
    expect(asked).toEqual([question])
  })

  test.each<readonly [string, Settings, boolean]>([
    ['can be asked without a terminal if there is one beside the prompt', { yubiKey }, true],
    ...posixOnly(['cannot be asked without a terminal and a display', {}, false]),
  ])('%s', (_, settings, expected) => {
    expect(canGetCode({ ...nothing, ...settings }, options)).toBe(expected)
  })
})
