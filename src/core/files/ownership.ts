import type { ExpirationFormat } from '../sessions/expiration-markers.ts'
import type { ProfileView } from './profile-view.ts'

/** A key and its value as they stand in a section; keys in lower case. */
export interface SectionEntry {
  readonly key: string
  readonly value: string
}

/** When a session ends, as a marker in the section says it. */
export interface MarkedExpiration {
  readonly key: string
  readonly value: string
  readonly format: ExpirationFormat
}

/** Whose credentials stand in a section, and so what login and logout may do with it. */
export type SectionOwnership =
  /** No such section: login makes it. */
  | { readonly kind: 'absent' }
  /** No credentials, or a session token alone, which is of no use: taken. */
  | { readonly kind: 'empty' }
  /** What login wrote. */
  | { readonly kind: 'ours'; readonly accessKeyId: string; readonly expiration: string | undefined; readonly requestHash: string }
  /** Never overwritten, never removed. `complete`: key id and secret are both there. `marked`: login's marks stand there too. */
  | { readonly kind: 'long-term'; readonly accessKeyId: string | undefined; readonly complete: boolean; readonly marked: boolean }
  /** Another's session. `expiration` undefined: unknown. */
  | {
      readonly kind: 'foreign-session'
      readonly accessKeyId: string | undefined
      readonly complete: boolean
      readonly manager: string | undefined
      readonly expiration: MarkedExpiration | undefined
    }

/** Tells whose credentials a section holds; `entries` undefined: there is no such section. */
export function classifySection(_entries: readonly SectionEntry[] | undefined): SectionOwnership {
  return { kind: 'absent' }
}

/** Tells whose credentials a profile's section in the credentials file holds. */
export function classifyProfile(_profile: ProfileView | undefined): SectionOwnership {
  return { kind: 'absent' }
}
