/** Profiles whose `credential_process` is awsmfa itself: their session goes into the cache that it answers from. */
import type { ProfileView } from '../files/profile-view.ts'
import { splitCommand, splitWindowsCommand } from '../shell-words.ts'
import { isOwnProcess } from './own-process-line.ts'

/**
 * Gives the profile that the `credential_process` of this profile asks awsmfa for: named by `--profile`, `-p` or alone, else
 * this profile itself. Undefined where the profile has none that is awsmfa.
 */
export function profileOfOwnProcess(profile: ProfileView | undefined, isWindows: boolean): string | undefined {
  const line = isOwnProcess(profile) ? profile?.get('credential_process')?.value : undefined
  if (profile === undefined || line === undefined) return undefined
  const words = (isWindows ? splitWindowsCommand(line) : splitCommand(line)) ?? []
  const parameters = words.slice(words.indexOf('credential-process') + 1)
  return namedIn(parameters) ?? profile.name
}

/** Options with a value that is a word of its own, which is no profile. */
const VALUED = /^--(?:refresh-window|timeout|prompt|token-command|serial-number|source-profile|role-arn|region|endpoint-url|ca-bundle)$/

function namedIn(words: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word === '--profile' || word === '-p') return words[index + 1]
    if (word.startsWith('--profile=')) return word.slice('--profile='.length)
    if (!word.startsWith('-') && !VALUED.test(words[index - 1] ?? '')) return word
  }
  return undefined
}
