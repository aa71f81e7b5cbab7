/** The shared credentials file as a store of sessions: what login writes there, found and taken out again. */
import { isFailure } from '../../core/failures.ts'
import { applyEdits, differenceOf } from '../../core/files/byte-edit.ts'
import { readIniDocument } from '../../core/files/ini-document.ts'
import { classifyProfile } from '../../core/files/ownership.ts'
import { readProfiles } from '../../core/files/profiles.ts'
import { planSessionRemoval } from '../../core/files/session-removal.ts'
import type { Removal, SessionStore, SharedFiles } from '../../core/ports.ts'
import { sessionInCredentialsFile } from '../../core/status/profile-status.ts'

/** Makes the store on top of the shared files; every write goes through their protocol. */
export function createCredentialsFileStore(files: SharedFiles): SessionStore {
  const profilesNow = (): ReturnType<typeof readProfiles> => readProfiles({ credentials: files.read().credentials.text, config: '' })
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
      if (planned.removals.every(({ removed }) => removed === 'nothing')) return { removals: planned.removals, warnings: [] }
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
function planRemovals({ text, path }: { readonly text: string; readonly path: string }, names: readonly string[]): PlannedRemovals {
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
