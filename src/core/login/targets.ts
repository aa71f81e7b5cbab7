import { AwsmfaError } from '../failures.ts'
import type { Invocation } from '../invocation.ts'
import { nearest } from '../nearest.ts'
import { findProfileWord } from './sts-words.ts'
import { resolveTargetProfile } from './target-profile.ts'
import type { Environment } from './target-profile.ts'

/** What `login` was told to sign in. */
export interface TargetWords {
  /** Names and patterns; empty where none were given. */
  readonly words: readonly string[]
  /** Every profile of both files. */
  readonly names: readonly string[]
  /** Whether a profile holds long-term credentials, which no session may replace. */
  readonly holdsKeys: (name: string) => boolean
  /** Where the names come from, for a pattern that fits none of them. */
  readonly paths: readonly string[]
}

/** The profiles that are meant. */
export interface Targets {
  readonly profiles: readonly string[]
  /** More than a person has typed by name: worth a question. */
  readonly byPattern: boolean
}

/**
 * Finds the profiles that words mean, each once and in the order of the words; `*` stands for any characters and `?` for one.
 * Profiles that hold long-term credentials are no target of a pattern. A word without either is a name, known or not. Throws PROFILE_NOT_FOUND for a pattern that fits no profile.
 */
export function expandTargets({ words, names, holdsKeys, paths }: TargetWords): Targets {
  const targets = new Set<string>()
  let byPattern = false
  for (const word of words) {
    if (names.includes(word) || !/[*?]/.test(word)) {
      targets.add(word)
      continue
    }
    const pattern = toPattern(word)
    const fitting = names.filter((name) => pattern.test(name) && !holdsKeys(name))
    if (fitting.length === 0) throw notFound(word, names, paths)
    byPattern = true
    for (const name of fitting) targets.add(name)
  }
  return { profiles: [...targets], byPattern }
}

function toPattern(word: string): RegExp {
  const source = word.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')
  return new RegExp(`^${source}$`, 'su')
}

function notFound(pattern: string, names: readonly string[], paths: readonly string[]): AwsmfaError {
  const near = nearest(pattern, names)
  return new AwsmfaError({ code: 'PROFILE_NOT_FOUND', profile: pattern, origin: { kind: 'flag', flag: 'profile' }, paths, ...(near === undefined ? {} : { nearest: near }) })
}

/** Tells whether nobody has said which profile is meant: not the line, not the environment. */
export function isProfileUnnamed({ invocation, environment }: { readonly invocation: Invocation; readonly environment: Environment }): boolean {
  return resolveTargetProfile(invocation, environment).origin.kind === 'default' && findProfileWord(invocation.tail ?? []) === undefined
}
