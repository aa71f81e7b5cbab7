/** Lines of shared files as they may be shown, their secrets masked: what is shown may be pasted into a ticket. */
import { decodeUtf8 } from '../core/files/byte-text.ts'
import { keyOf } from '../core/layouts/sectioned-lines.ts'
import type { SectionedLine } from '../core/layouts/sectioned-lines.ts'
import { shortenAccessKeyId } from '../core/sessions/credentials.ts'

const HIDDEN_KEYS = /secret|password|passwd|passphrase|passcode|private|seed|api_?key|token(?!_)/

/** Keys whose value is a command: `credential_process`, `mfa_process`, `awsmfa_token_command`, and whatever is named like them. */
const COMMAND_KEYS = /(?:^|_)(?:process|command|cmd)$/

/**
 * Gives a line as text with its secrets masked, control characters left in. Of a command only the program is shown, since the
 * rest may hold a password or the seed of codes. Lines that are no key may be a part of the value above them (`parent`: its
 * key), so of these only comments and nested settings are shown; and in comments whatever looks like a key id or a secret is
 * masked, for keys that were commented out.
 */
export function maskedLine(line: SectionedLine, parent: string | undefined): string {
  const text = decodeUtf8(line.content)
  const trimmed = text.trim()
  if (trimmed === '') return text
  if (line.isHeader) return maskedHeader(text)
  if (/^[#;]/.test(trimmed)) return maskedComment(text)
  const [, name = '', delimiter = '', value = ''] = /^([^=:]*)([=:][ \t]*)(.*)$/s.exec(text) ?? []
  const own = keyOf(line)
  const key = own ?? name.trim().toLowerCase()
  if (own === undefined && !isNested(name, parent)) return '…'
  if (delimiter === '' || HIDDEN_KEYS.test(key)) return `${name}${delimiter}…`
  return `${name}${delimiter}${maskedValue(key, value)}`
}

/** Tells whether an indented line may be a setting inside another; a seed may end with `=` as well, but is no such name. */
function isNested(name: string, parent: string | undefined): boolean {
  const isInSecret = parent !== undefined && (HIDDEN_KEYS.test(parent) || COMMAND_KEYS.test(parent))
  return !isInSecret && /^\s*[a-z][a-z0-9_]*\s*$/i.test(name) && !/[A-Z2-7]{16}/.test(name)
}

function maskedHeader(text: string): string {
  const [, header = text, rest = ''] = /^([^\]]*\][ \t]*)(.*)$/s.exec(text) ?? []
  return rest === '' || /^[#;]/.test(rest) ? header + maskedComment(rest) : `${header}…`
}

function maskedValue(key: string, value: string): string {
  if (COMMAND_KEYS.test(key)) return maskedCommand(value)
  if (key.endsWith('access_key_id')) return shortenAccessKeyId(value.trim())
  const comment = /[ \t][#;]/.exec(value)?.index ?? value.length
  return value.slice(0, comment) + maskedComment(value.slice(comment))
}

/** Up to the first blank, quoted or not: a whole command may stand in quotes. */
function maskedCommand(value: string): string {
  const command = value.trim()
  const program = /^\S*/.exec(command)?.[0] ?? ''
  if (isAwsmfasOwn(command)) return command
  if (program.includes('=')) return '…'
  return program === command ? program : `${program} …`
}

/** Tells whether a command is what setup writes, or the like: awsmfa, and nothing said to it but a profile. */
function isAwsmfasOwn(command: string): boolean {
  const words = [...command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word.replaceAll(/['"]/g, ''))
  const at = words.indexOf('credential-process')
  const isAwsmfa = /^(?:.*[\\/])?awsmfa(?:\.[cm]?js|\.cmd|\.exe)?$/i.test(words[at - 1] ?? '')
  const isStart = at === 1 || (at === 2 && /^(?:.*[\\/])?node(?:\.exe)?$/i.test(words[0] ?? ''))
  return isAwsmfa && isStart && /^(?:\0(?:--profile|-p)\0[^\0]+|\0--profile=[^\0]+|\0[^-\0][^\0]*)?$/.test(words.slice(at + 1).map((word) => `\0${word}`).join(''))
}

function maskedComment(text: string): string {
  return text
    .replace(/((?:secret|token|password|passphrase|seed)[^=:]*[=:][ \t]*).*$/i, '$1…')
    .replace(/(_(?:process|command|cmd)[ \t]*[=:][ \t]*)(\S.*)$/i, (_, name: string, command: string) => name + maskedCommand(command))
    .replace(/\bA[KS]IA[A-Z0-9]{8,}/g, shortenAccessKeyId)
    .replace(/[A-Za-z0-9+/]{40,}={0,2}|\b[A-Z2-7]{16,}={0,6}/g, '…')
}
