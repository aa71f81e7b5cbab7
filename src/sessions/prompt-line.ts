import type { StatusEntry } from './status.ts'

/**
 * The one-line files that a shell's prompt reads with nothing but its builtins: one for each profile that has a session, saying
 * when that ends. They hold no secret. They are a copy: the credentials file is the truth, and a line that is older than it
 * counts for nothing (each snippet of `shell-init` looks).
 *
 *     1 1795286400 ends work
 *     1 0 unknown play
 *
 * Version, whole seconds since 1970, `ends` or `unknown` (a session of which nobody has written down the end), and the
 * profile's name as it is. The name is there because file systems may not tell `Prod` from `prod`.
 */

/** A file of one line. `name` has no path. */
export interface PromptFile {
  readonly name: string
  readonly content: string
}

/** So many seconds after its end a session is of no interest to a prompt any more. */
const PROMPT_FORGETS_SECONDS = 86_400

/** What stands for a character of a profile's name in a file's name, where it cannot stand for itself. The snippets do the same. */
export const ENCODED_CHARACTERS: readonly string[] = ['%', '/', '\\', ':', '*', '?', '"', '<', '>', '|']

/** Gives the file that tells a prompt of a profile; undefined where there is nothing to tell, or no name for it. */
export function promptFileOf(
  { profile, source, expiration }: Pick<StatusEntry, 'profile' | 'source' | 'expiration'>,
  now: Date,
): PromptFile | undefined {
  const name = promptFileName(profile)
  if (source === undefined || name === undefined) return undefined
  if (expiration === undefined) return { name, content: `1 0 unknown ${profile}\n` }
  const seconds = Math.floor(expiration.getTime() / 1000)
  return seconds + PROMPT_FORGETS_SECONDS < now.getTime() / 1000
    ? undefined
    : { name, content: `1 ${seconds} ends ${profile}\n` }
}

/** Tells whether a text is the content of such a file, of this version or of another. */
export function isPromptLine(text: string): boolean {
  return /^\d+ \d+ \w+ [^\n]+\n$/.test(text)
}

/**
 * Gives the name of a profile's file: the profile's name, in which characters that are no part of a file's name everywhere, and a
 * dot at the start, are `%` and two digits. Undefined for names with control characters, and for those too long for a file.
 */
export function promptFileName(profile: string): string | undefined {
  if (profile === '' || /[\p{Cc}\u2028\u2029\ufffd]/u.test(profile)) return undefined
  const name = Array.from(profile, (character, index) =>
    ENCODED_CHARACTERS.includes(character) || (index === 0 && character === '.') ? percent(character) : character,
  ).join('')
  // 255 bytes are the limit of most file systems, and a stage's name is longer by 35.
  return new TextEncoder().encode(name).length > 200 ? undefined : name
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
