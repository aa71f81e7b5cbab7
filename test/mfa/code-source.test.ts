/** Which source of token codes a login uses. */
import { expect, test } from 'vitest'
import { codeSourceOf } from '../../src/mfa/sources.ts'
import type { Resolved } from '../../src/model/origin.ts'

const from = (value: string): Resolved<string> => ({ value, origin: { kind: 'default' } })
const code = from('123456')
const command = from('op')
const settings = { serial: from('12345678'), label: undefined }

test.each([
  [
    'a code that was passed, before all others',
    { tokenCode: code, tokenCommand: command, yubiKey: settings },
    { kind: 'given', code },
  ],
  [
    'a command before a YubiKey',
    { tokenCode: undefined, tokenCommand: command, yubiKey: settings },
    { kind: 'command', command },
  ],
  ['a YubiKey', { tokenCode: undefined, tokenCommand: undefined, yubiKey: settings }, { kind: 'yubikey', settings }],
  [
    'a prompt, if there is no other source',
    { tokenCode: undefined, tokenCommand: undefined, yubiKey: undefined },
    { kind: 'typed' },
  ],
])('the token code comes from %s', (_, resolution, source) => {
  expect(codeSourceOf(resolution)).toEqual(source)
})
