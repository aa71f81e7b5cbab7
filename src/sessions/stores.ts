/** The places that hold sessions by profile, as one interface, and the shared credentials file as such a store. */
import type { ByteEdit } from '../aws-files/ini-document.ts'
import { readIniDocument } from '../aws-files/ini-document.ts'
import { classifyProfile } from '../aws-files/ownership.ts'
import { readProfiles } from '../aws-files/profiles.ts'
import type { FileSnapshot } from '../aws-files/profiles.ts'
import { planSessionRemovals } from '../aws-files/session-section.ts'
import type { SharedFiles } from '../aws-files/shared-files.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Failure } from '../model/failure.ts'
import type { Profiles } from '../model/profile.ts'
import type { WriteWarning } from '../platform/atomic-file.ts'
import type { SessionSource, StoredSession } from './reuse.ts'
import { sectionSession } from './status.ts'
import { note } from '../ui/words.ts'

/** One place that holds sessions by profile, for `logout` and `--all`. */
export interface SessionStore {
  readonly source: SessionSource
  /** Returns the profiles for which awsmfa wrote something here. */
  readonly managedProfiles: () => readonly string[]
  /**
   * Removes, in one write, what awsmfa wrote for these profiles, and only that. Returns one removal for each, in their
   * order; a profile whose own section cannot be edited safely fails alone, in its removal. Throws the signal's reason,
   * before it changes anything.
   */
  readonly remove: (profiles: readonly string[], signal: AbortSignal) => RemovalOutcome | Promise<RemovalOutcome>
}

/** What happened to each of the profiles. */
export interface RemovalOutcome {
  readonly removals: readonly Removal[]
  readonly warnings: readonly WriteWarning[]
}

/** What was removed for one profile. `nothing`: the store held nothing of it that awsmfa may remove. */
export interface Removal {
  readonly profile: string
  readonly removed: 'session' | 'marks' | 'nothing'
  /** The session that was removed; undefined if there was none. */
  readonly session: StoredSession | undefined
  /** Why nothing could be removed for this profile alone. */
  readonly failure?: Failure | undefined
}

/** Returns every profile for which one of the stores holds something that awsmfa wrote, each once. */
export function managedProfiles(stores: readonly SessionStore[]): readonly string[] {
  return [...new Set(stores.flatMap((store) => store.managedProfiles()))]
}

/** Makes the store of the credentials file. Every write follows the protocol of the shared files. */
export function createCredentialsFileStore(files: SharedFiles): SessionStore {
  return {
    source: 'credentials-file',
    managedProfiles: () => {
      const profiles = profilesIn(files.read().credentials.text)
      return profiles.names().filter((name) => hasLoginMarks(profiles, name))
    },
    remove: async (names, signal) => {
      // With nothing to remove there is nothing to lock, and a file that cannot be written does not matter.
      const { removals } = planRemovals(files.read().credentials, names)
      if (removals.every(({ removed }) => removed === 'nothing')) return { removals, warnings: [] }
      await files.whenUnlocked(['credentials'], signal)
      const { result, warnings } = files.transact(['credentials'], ({ credentials }) => {
        const planned = planRemovals(credentials, names)
        return { edits: { credentials: planned.edits }, result: planned.removals }
      })
      return { removals: result, warnings }
    },
  }
}

/** Plans the removals for all of these profiles, on one reading of the file. */
function planRemovals(
  { text, path }: Pick<FileSnapshot, 'text' | 'path'>,
  names: readonly string[],
): { readonly edits: readonly ByteEdit[]; readonly removals: readonly Removal[] } {
  const profiles = profilesIn(text)
  const { edits, removed } = planSessionRemovals({ document: readIniDocument(text), path }, names)
  const removals = names.map((profile): Removal => {
    const outcome = removed.get(profile) ?? 'nothing'
    if (outcome === 'nothing' || outcome === 'marks') return { profile, removed: outcome, session: undefined }
    return outcome instanceof AwsmfaError
      ? { profile, removed: 'nothing', session: undefined, failure: outcome.failure }
      : { profile, removed: 'session', session: sectionSession(profiles.find(profile)) }
  })
  return { edits, removals }
}

function profilesIn(credentials: string): Profiles {
  return readProfiles({ credentials, config: '' })
}

/** Returns whether login wrote in the section: a session that is still there, or marks beside what replaced it. */
function hasLoginMarks(profiles: Profiles, name: string): boolean {
  const profile = profiles.find(name)
  return (
    classifyProfile(profile).kind === 'ours' || (profile?.getFrom('credentials', 'awsmfa_state')?.value ?? '') !== ''
  )
}

/** Returns the note for `--all` if awsmfa wrote a session for no profile. */
export function renderNothingManaged(): string {
  return note('no profile is signed in')
}
