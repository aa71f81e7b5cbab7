/** Reading a setting from a profile: the first of several keys, as each key's own readers would read it. */
import type { Resolved } from '../origin.ts'
import type { ProfileView } from '../files/profile-view.ts'

/**
 * Gives the first of these keys that has a value, with its place. An empty value counts as none.
 *
 * Keys that begin with `_` or `vegas_` are read by vegas-credentials alone, whose parser takes ` # …` and ` ; …` after a value
 * for a comment, and whose README shows such lines. All other keys are read by the AWS CLI, which takes the whole text.
 */
export function readKeys(profile: ProfileView | undefined, keys: readonly string[]): Resolved<string> | undefined {
  for (const key of keys) {
    const found = profile?.get(key)
    const value = found === undefined || !/^(?:_|vegas_)/.test(key) ? found?.value : withoutComment(found.value)
    if (profile === undefined || found === undefined || value === undefined || value === '') continue
    return { value, origin: { kind: 'file', file: found.file, profile: profile.name, key, line: found.line } }
  }
  return undefined
}

/** The text before a ` #` or ` ;` with a blank before it. */
export function withoutComment(value: string): string {
  return value.replace(/\s+[#;].*$/s, '')
}
