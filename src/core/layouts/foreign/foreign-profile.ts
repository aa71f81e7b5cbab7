/** What import finds: profiles that another tool signs in, and what would make each one awsmfa's. */
import type { Environment } from '../../login/target-profile.ts'
import type { Profiles } from '../../files/profile-view.ts'
import type { SharedFileName } from '../../origin.ts'
import type { SharedDocuments } from '../section-edits.ts'

/** The tools whose layouts import knows, by the names that are typed. */
export const FOREIGN_TOOLS = ['aws-mfa', 'reusabit-awsmfa', 'dcoker-awsmfa', 'mfa-login', 'vegas-credentials'] as const

/** One of them. */
export type ForeignTool = (typeof FOREIGN_TOOLS)[number]

/** A key and its value as text. */
export interface WantedKey {
  readonly key: string
  readonly value: string
}

/** Something of the other tool's that awsmfa does not need. */
export type OldPart =
  /** Keys of a profile's section. */
  | { readonly kind: 'keys'; readonly file: SharedFileName; readonly profile: string; readonly keys: readonly string[] }
  /** A section of config without `profile ` before its name, whole. */
  | { readonly kind: 'bare-section'; readonly profile: string }
  /** The section of the credentials file with the long-term keys has a name that only the other tool needs. */
  | { readonly kind: 'name'; readonly profile: string; readonly to: string }

/** A profile that another tool signs in. */
export interface ForeignProfile {
  readonly tool: ForeignTool
  /** The profile that gets the sessions. */
  readonly profile: string
  /** The one with the long-term keys. */
  readonly source: string
  /** What `[profile NAME]` of config has to say, where it does not say so yet. */
  readonly wanted: readonly WantedKey[]
  readonly old: readonly OldPart[]
}

/** What detectors look at. */
export interface ForeignFiles {
  readonly profiles: Profiles
  readonly documents: SharedDocuments
  readonly environment: Environment
  /** The tool that the person says it is. */
  readonly named: ForeignTool | undefined
  /** Tells whether a profile has static long-term keys of its own. Never throws. */
  readonly holdsKeys: (name: string) => boolean
}
