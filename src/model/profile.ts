/** Profiles as both shared AWS files define them together, and where a value came from. */

/** A value of a file: outer spaces removed, nothing else; decoded from UTF-8. `line` counts from 1. */
export interface ProfileValue {
  readonly value: string
  readonly file: SharedFileName
  readonly line: number
}

/**
 * One profile, its sections in both files seen as one: credentials over config, key by key, as every SDK merges them.
 * Keys are asked for in lower case and match in any case. Several sections or keys of one name: the last key wins.
 */
export interface ProfileView {
  readonly name: string
  /** The merged value. */
  readonly get: (key: string) => ProfileValue | undefined
  /** The value in one file alone: a key triple must come from one file. */
  readonly getFrom: (file: SharedFileName, key: string) => ProfileValue | undefined
  /** The keys of both files, lower case. */
  readonly keys: () => readonly string[]
  /** The header's line in each file that has this profile. */
  readonly lines: Readonly<Partial<Record<SharedFileName, number>>>
  /** How config names it: `[profile x]` or `[default]`; or bare `[x]`, which no SDK reads; undefined: not in config. */
  readonly configForm: 'standard' | 'bare' | undefined
  /** Spaces or tabs inside the brackets of its section of the credentials file, where some tools do not see it. */
  readonly hasPaddedHeader: boolean
}

/** All profiles of both files. */
export interface Profiles {
  readonly find: (name: string) => ProfileView | undefined
  /** The names in order of appearance, credentials first, each once. */
  readonly names: () => readonly string[]
}

/** The two shared files of AWS, in the order in which values count. */
export const SHARED_FILES = ['credentials', 'config'] as const

export type SharedFileName = (typeof SHARED_FILES)[number]

/** Where a resolved value came from, for messages and `--debug`. Lines count from 1. */
export type Origin =
  | { readonly kind: 'flag'; readonly flag: string }
  | { readonly kind: 'sts-flag'; readonly flag: string }
  | { readonly kind: 'environment'; readonly variable: string }
  | {
      readonly kind: 'file'
      readonly file: SharedFileName
      readonly profile: string
      readonly key: string
      readonly line: number
    }
  | { readonly kind: 'settings'; readonly key: string; readonly place: Place }
  | { readonly kind: 'iam' }
  | { readonly kind: 'typed' }
  | { readonly kind: 'default' }

/** A value together with where it came from. */
export interface Resolved<T> {
  readonly value: T
  readonly origin: Origin
}

/** A place in one of the person's files. `path` is the file's path as it was opened; `line` counts from 1. */
export interface Place {
  readonly path: string
  readonly line?: number | undefined
}
