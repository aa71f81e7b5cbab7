import type { Origin } from '../origin.ts'
import type { Profiles } from './profile-view.ts'

/**
 * Reads all profiles of both files, given as byte strings. Never throws. Sections are parsed when they are asked for.
 */
export function readProfiles(_files: { readonly credentials: string; readonly config: string }): Profiles {
  return { find: () => undefined, names: () => [] }
}

/** Throws TEXT_REFUSED when a profile name must never reach a section header, new or old. */
export function assertProfileName(_name: string, _origin: Origin): void {
  throw new Error('not built yet')
}

/** Throws TEXT_REFUSED when a profile name must not become a new section; stricter than `assertProfileName`. */
export function assertNewProfileName(_name: string, _origin: Origin): void {
  throw new Error('not built yet')
}
