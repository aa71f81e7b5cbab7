/**
 * The one-line files that a shell's prompt reads with its builtins alone: one for each profile that has a session, with
 * its expiration. They hold no secret, and are a copy: each snippet of `shell-init` ignores a line that is older than
 * the credentials file.
 *
 *     1 1795286400 ends work
 *     1 0 unknown play
 *
 * Version, whole seconds since 1970, `ends` or `unknown` (the expiration is not recorded), and the profile's name,
 * because file systems may not distinguish `Prod` from `prod`.
 *
 * For AWSMFA_PS1_FORMAT there is a second file, its name with a dot in front, with the account and the name of the user
 * or role, each `-` if it is not known. It is a file of its own because the snippet of an older awsmfa, which runs in a
 * shell until that ends, knows only version 1.
 *
 *     2 1795286400 ends 111111111111 alice work
 */
import type { StatusEntry } from './status.ts'

/** A file of one line. `name` has no path. */
export interface PromptFile {
  readonly name: string
  readonly content: string
}

/** How long a prompt shows an expired session. */
const SHOWN_AFTER_EXPIRATION_SECONDS = 86_400

/** 255 bytes are the limit of most file systems, and the name of a stage is longer by 35. */
const MAXIMUM_NAME_BYTES = 200

/** Characters of a profile's name that are percent-encoded in the file's name. The snippets do the same. */
export const ENCODED_CHARACTERS: readonly string[] = ['%', '/', '\\', ':', '*', '?', '"', '<', '>', '|']

/** Whose session a profile has: twelve digits, and the name of the user or role. Undefined if not known. */
export interface PromptIdentity {
  readonly account: string | undefined
  readonly identity: string | undefined
}

/** Returns the files for a profile; none if there is nothing to show, or no name for them. */
export function promptFilesOf(
  { profile, source, expiration }: Pick<StatusEntry, 'profile' | 'source' | 'expiration'>,
  { account = '', identity = '' }: PromptIdentity,
  now: Date,
): readonly PromptFile[] {
  const name = promptFileName(profile)
  if (source === undefined || name === undefined) return []
  const seconds = expiration === undefined ? 0 : Math.floor(expiration.getTime() / 1000)
  if (expiration !== undefined && seconds + SHOWN_AFTER_EXPIRATION_SECONDS < now.getTime() / 1000) return []
  const end = `${seconds} ${expiration === undefined ? 'unknown' : 'ends'}`
  const who = [/^\d{12}$/.test(account) ? account : '-', /^[\w+=,.@-]{1,128}$/.test(identity) ? identity : '-'].join(
    ' ',
  )
  return [
    { name, content: `1 ${end} ${profile}\n` },
    ...(who === '- -' ? [] : [{ name: `.${name}`, content: `2 ${end} ${who} ${profile}\n` }]),
  ]
}

/** Returns whether a text is the content of such a file, of any version. */
export function isPromptLine(text: string): boolean {
  return /^\d+ \d+ \w+ [^\n]+\n$/.test(text)
}

/**
 * Returns the name of a profile's file: the profile's name, in which characters that some system forbids in file names,
 * and a leading dot, are percent-encoded. Undefined for names with control characters, and those too long for a file.
 */
export function promptFileName(profile: string): string | undefined {
  if (profile === '' || /[\p{Cc}\u2028\u2029\ufffd]/u.test(profile)) return undefined
  const name = Array.from(profile, (character, index) =>
    ENCODED_CHARACTERS.includes(character) || (index === 0 && character === '.')
      ? `%${character.charCodeAt(0).toString(16).toUpperCase()}`
      : character,
  ).join('')
  return new TextEncoder().encode(name).length > MAXIMUM_NAME_BYTES ? undefined : name
}
