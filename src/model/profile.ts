/** Profiles as the shared AWS files make them together. */
import type { SharedFileName } from './origin.ts'

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
