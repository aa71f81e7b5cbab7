import type { ShortTermCredentials } from '../sessions/credentials.ts'
import type { ByteEdit } from './byte-edit.ts'
import type { IniDocument } from './ini-document.ts'

/** What login wants written. */
export interface SessionWrite {
  /** The credentials file. */
  readonly document: IniDocument
  /** Its path, for messages. */
  readonly path: string
  readonly profile: string
  readonly credentials: ShortTermCredentials
  /** What shaped the request, `[0-9a-f.]{1,80}`; opaque here. */
  readonly requestHash: string
}

/** What logout wants removed. */
export interface SessionRemoval {
  readonly document: IniDocument
  readonly path: string
  readonly profile: string
}

/**
 * What logout does: nothing was there; only marks (and a dead session token) went; our keys went; or the section with them.
 */
export interface SessionRemovalPlan {
  readonly edits: readonly ByteEdit[]
  readonly removed: 'nothing' | 'marks' | 'keys' | 'section'
}

/**
 * Plans the edit that puts a session into a profile's section of the credentials file. Whether it may be put there is not
 * asked here: `classifySection` says so. Throws FILE_MALFORMED where the place is not beyond doubt, TEXT_REFUSED for names
 * and values that could not be read back.
 */
export function planSessionWrite(_write: SessionWrite): readonly ByteEdit[] {
  return []
}

/** Plans the edit that takes out of a profile's section what login wrote. Throws FILE_MALFORMED like `planSessionWrite`. */
export function planSessionRemoval(_removal: SessionRemoval): SessionRemovalPlan {
  return { edits: [], removed: 'nothing' }
}

/** What an edited credentials file must be, compared with what it was. */
export interface Containment {
  readonly before: string
  readonly after: string
  readonly profile: string
}

/** Tells whether nothing outside the profile's section differs between two states of the credentials file. */
export function isEditContained(_containment: Containment): boolean {
  return false
}
