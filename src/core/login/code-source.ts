/** What gives the token code of a login: one thing, settled before anybody is asked. */
import type { Resolved } from '../origin.ts'
import type { LoginResolution, YubiKeySettings } from './resolution.ts'

/** It, with its settings. Beside a YubiKey a person may type; `typed` is a person alone, at the terminal or in a window. */
export type CodeSource =
  | { readonly kind: 'given'; readonly code: Resolved<string> }
  | { readonly kind: 'command'; readonly command: Resolved<string> }
  | { readonly kind: 'yubikey'; readonly settings: YubiKeySettings }
  | { readonly kind: 'typed' }

/** Decides: a code that was given is used, whatever could be asked; then a token command, which nobody is asked beside; then a YubiKey. */
export function codeSourceOf({ tokenCode, tokenCommand, yubiKey }: Pick<LoginResolution, 'tokenCode' | 'tokenCommand' | 'yubiKey'>): CodeSource {
  if (tokenCode !== undefined) return { kind: 'given', code: tokenCode }
  if (tokenCommand !== undefined) return { kind: 'command', command: tokenCommand }
  return yubiKey === undefined ? { kind: 'typed' } : { kind: 'yubikey', settings: yubiKey }
}
