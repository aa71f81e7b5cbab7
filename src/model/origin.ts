/** Where values come from: the shared files, settings, flags, the environment. */

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
