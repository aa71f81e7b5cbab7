/**
 * The sessions of profiles whose `credential_process` is awsmfa, as a store. They lie in the session cache, where what is
 * shared goes with its last user, and that is seen to by whoever walks the cache; so nothing is removed here, only told.
 */
import { isOwnProcess } from '../../core/login/own-process-line.ts'
import type { Profiles } from '../../core/files/profile-view.ts'
import type { SessionCache, SessionStore, StoredSession } from '../../core/ports.ts'
import { findOwnCachedSession } from '../../core/status/own-cache-session.ts'

export interface OwnCacheStoreOptions {
  readonly cache: Pick<SessionCache, 'list'>
  readonly readProfiles: () => Profiles
}

/** Makes the store. Reads nothing before it is asked. */
export function createOwnCacheStore({ cache, readProfiles }: OwnCacheStoreOptions): SessionStore {
  const findIn = (profiles: Profiles, name: string, records = cache.list): StoredSession | undefined => {
    const view = profiles.find(name)
    const found = view === undefined ? undefined : findOwnCachedSession(view, records, () => undefined)
    return found === undefined ? undefined : { source: found.source, accessKeyId: found.accessKeyId, expiration: found.expiration, managedBy: found.managedBy }
  }
  return {
    source: 'awsmfa-cache',
    find: (profile) => findIn(readProfiles(), profile),
    managedProfiles: () => {
      const profiles = readProfiles()
      return profiles.names().filter((name) => isOwnProcess(profiles.find(name)) && findIn(profiles, name) !== undefined)
    },
    remove: (names) => {
      const profiles = readProfiles()
      return {
        removals: names.map((profile) => {
          // A role's session is its own; the MFA session that it was made from may have other users.
          const session = findIn(profiles, profile, () => cache.list().filter(({ key }) => key.chain !== '')) ?? findIn(profiles, profile)
          return { profile, removed: session === undefined ? 'nothing' : 'session', session }
        }),
        warnings: [],
      }
    },
  }
}
