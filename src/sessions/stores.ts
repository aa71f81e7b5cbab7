import { applyEdits, differenceOf } from '../aws-files/edit.ts'
import { readIniDocument } from '../aws-files/ini-document.ts'
import { classifyProfile } from '../aws-files/ownership.ts'
import { readProfiles } from '../aws-files/profiles.ts'
import { planSessionRemoval } from '../aws-files/session-section.ts'
import type { SharedFiles } from '../aws-files/shared-files.ts'
import { isFailure } from '../model/failure.ts'
import type { Failure } from '../model/failure.ts'
import type { WriteWarning } from '../platform/atomic-file.ts'
import { sessionInCredentialsFile } from './reuse.ts'
import type { SessionSource, StoredSession } from './reuse.ts'
import { note } from '../ui/words.ts'

/** The shared credentials file as a store of sessions: what login writes there, found and taken out again. */

/** Makes the store on top of the shared files; every write goes through their protocol. */
export function createCredentialsFileStore(files: SharedFiles): SessionStore {
  const profilesNow = (): ReturnType<typeof readProfiles> =>
    readProfiles({ credentials: files.read().credentials.text, config: '' })
  return {
    source: 'credentials-file',
    find: (profile) => sessionInCredentialsFile(profilesNow().find(profile)),
    managedProfiles: () => {
      const profiles = profilesNow()
      return profiles.names().filter((name) => isMarked(profiles.find(name)))
    },
    remove: (names) => {
      // Without anything to take out there is nothing to lock, and a file that cannot be written is no obstacle.
      const planned = planRemovals(files.read().credentials, names)
      if (planned.removals.every(({ removed }) => removed === 'nothing'))
        return { removals: planned.removals, warnings: [] }
      const { result, warnings } = files.transact(['credentials'], ({ credentials }) => {
        const { after, removals } = planRemovals(credentials, names)
        return { edits: { credentials: differenceOf(credentials.text, after) }, result: removals }
      })
      return { removals: result, warnings }
    },
  }
}

interface PlannedRemovals {
  readonly after: string
  readonly removals: readonly Removal[]
}

/** One removal after the other, each on what the one before left: neighbours may share the blank line between them. */
function planRemovals(
  { text, path }: { readonly text: string; readonly path: string },
  names: readonly string[],
): PlannedRemovals {
  const removals: Removal[] = []
  let after = text
  for (const profile of names) {
    try {
      const session = sessionInCredentialsFile(readProfiles({ credentials: after, config: '' }).find(profile))
      const { edits, removed } = planSessionRemoval({ document: readIniDocument(after), path, profile })
      after = applyEdits(after, edits)
      const isSession = removed === 'keys' || removed === 'section'
      removals.push({ profile, removed: isSession ? 'session' : removed, session: isSession ? session : undefined })
    } catch (error) {
      if (!isFailure(error, 'FILE_MALFORMED')) throw error
      removals.push({ profile, removed: 'nothing', session: undefined, failure: error.failure })
    }
  }
  return { after, removals }
}

/** Tells whether login wrote something here, a session that still stands or marks beside what came after it. */
function isMarked(profile: Parameters<typeof classifyProfile>[0]): boolean {
  return classifyProfile(profile).kind === 'ours' || profile?.getFrom('credentials', 'awsmfa_state') !== undefined
}

/** What was taken out for one profile. `nothing`: the store held nothing of it that awsmfa may take out. */
export interface Removal {
  readonly profile: string
  readonly removed: 'session' | 'marks' | 'nothing'
  /** The session that went, as the store held it; undefined where none did. */
  readonly session: StoredSession | undefined
  /** Why nothing could be taken out for this profile, where others had no such trouble. */
  readonly failure?: Failure
}

/** One place that holds sessions by profile. status and logout walk all of them. */
export interface SessionStore {
  readonly source: SessionSource
  /** Gives what the store holds for a profile; absence is undefined. Throws for files that cannot be read. */
  readonly find: (profile: string) => StoredSession | undefined
  /** The profiles for which awsmfa wrote something here. */
  readonly managedProfiles: () => readonly string[]
  /**
   * Takes out, in one write, what awsmfa wrote for these profiles, and only that; one removal for each, in their order. A
   * profile whose own place is in doubt fails alone, in its removal.
   */
  readonly remove: (profiles: readonly string[]) => {
    readonly removals: readonly Removal[]
    readonly warnings: readonly WriteWarning[]
  }
}

/** `--all` means the profiles that awsmfa wrote to, and there is none. */
export function renderNothingManaged(): string {
  return note('no profile holds a session of awsmfa')
}
