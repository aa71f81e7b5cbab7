/** What a tool's own parser makes of a shared file. */
import type { SharedFileName } from '../../origin.ts'
import type { ProfileValue, ProfileView } from '../../files/profile-view.ts'

/** A value with the line, from 1, that its key stands on. */
export interface SeenValue {
  readonly value: string
  readonly line: number
}

/** A profile as a parser sees it in one file: the lines of its headers, and its keys as that parser spells them. */
export interface SeenProfile {
  readonly headers: readonly number[]
  readonly values: ReadonlyMap<string, SeenValue>
}

/** The profiles of a file by name; `refused`: the tool fails on the file. */
export type SeenFile = ReadonlyMap<string, SeenProfile> | 'refused'

/** The profiles that a tool sees in both files; `refused`: every call of it fails. */
export type SeenProfiles = { readonly find: (name: string) => ProfileView | undefined } | 'refused'

/** Gives the view of a profile from what a parser sees of it in each file; undefined: it sees it in neither. */
export function viewOfSeen(name: string, seen: Readonly<Record<SharedFileName, SeenProfile | undefined>>): ProfileView | undefined {
  if (seen.credentials === undefined && seen.config === undefined) return undefined
  const getFrom = (file: SharedFileName, key: string): ProfileValue | undefined => {
    const found = seen[file]?.values.get(key)
    return found === undefined ? undefined : { ...found, file }
  }
  const lineIn = (file: SharedFileName): object => (seen[file] === undefined ? {} : { [file]: seen[file].headers[0] })
  return {
    name,
    get: (key) => getFrom('credentials', key) ?? getFrom('config', key),
    getFrom,
    keys: () => [...new Set([...(seen.credentials?.values.keys() ?? []), ...(seen.config?.values.keys() ?? [])])],
    lines: { ...lineIn('credentials'), ...lineIn('config') },
    configForm: seen.config === undefined ? undefined : 'standard',
  }
}
