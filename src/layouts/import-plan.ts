/**
 * Plans an import: awsmfa's own keys are added to `[profile NAME]` of config, and nothing else changes, so that the
 * other tool goes on working. With `removesOld`, what only the other tool needs is removed, and the section with the
 * long-term keys is renamed. Pure.
 */
import { encodeUtf8 } from '../aws-files/edit.ts'
import type { ByteEdit } from '../aws-files/edit.ts'
import { parseSection } from '../aws-files/ini-document.ts'
import { runsProgram } from '../aws-files/profile-keys.ts'
import { editsBetweenFiles } from '../aws-files/lines.ts'
import { withEdits } from '../aws-files/profiles.ts'
import {
  appendSection,
  configSectionName,
  findPlace,
  insertKeys,
  readShared,
  removeKey,
  renameKey,
  renameSection,
} from '../aws-files/sections.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import type { ForeignTool, KeyPlace } from '../command-line/spec.ts'
import type { ForeignHome, ObsoletePart, WantedKey } from './foreign-profile.ts'
import { findForeignProfiles } from './foreign-tools.ts'
import { listHeldKeys, planKeysChanges } from './keys-plan.ts'
import type { KeysChange } from './keys-plan.ts'
import { LONG_TERM_SUFFIX } from './setup-base.ts'
import type { LongTermCredentials } from '../model/credentials.ts'
import type { Environment } from '../model/invocation.ts'
import type { SharedFileName } from '../model/origin.ts'

export interface ImportInput {
  readonly tool: ForeignTool
  readonly snapshots: SharedSnapshots
  readonly environment: Environment
  readonly home?: ForeignHome
  /** Removes what only the other tool needs. */
  readonly removesOld: boolean
}

/** The edits of an import; none if nothing is missing. */
export interface ImportPlan {
  readonly profiles: readonly string[]
  /** Whether something remains that only the other tool needs. */
  readonly leavesOld: boolean
  readonly edits: Readonly<Record<SharedFileName, readonly ByteEdit[]>>
}

type Edits = Readonly<Partial<Record<SharedFileName, readonly ByteEdit[]>>>

/**
 * Plans the import of all profiles of one tool. Planned on its own outcome it has no edits. Throws FILE_MALFORMED if a
 * section that needs an edit is ambiguous.
 */
export function planImport({ tool, snapshots, environment, home = {}, removesOld }: ImportInput): ImportPlan {
  const found = findForeignProfiles({ snapshots, environment, home, named: tool }).filter((each) => each.tool === tool)
  const parts = distinct(found.flatMap(({ old }) => old))
  const renamed = removesOld ? parts.flatMap((part) => (part.kind === 'name' ? [part.profile] : [])) : []
  const sections = found.flatMap(({ added }) => (added && !isThere(added.profile, snapshots) ? [added] : []))
  const added = [...found.map(({ profile, wanted }) => ({ profile, keys: wanted })), ...sections].reduce(
    (files, each) => withEdits(files, keysOf(each, renamed, files)),
    snapshots,
  )
  const after = removesOld ? parts.reduce((files, part) => withEdits(files, removalOf(part, files)), added) : added
  return {
    profiles: found.map(({ profile }) => profile),
    leavesOld:
      !removesOld && parts.some((part) => Object.values(removalOf(part, snapshots)).some((edits) => edits.length > 0)),
    edits: editsBetweenFiles(snapshots, after),
  }
}

/** An access key of aws-vault, as it was read. */
export interface TakenKey {
  readonly profile: string
  readonly keys: LongTermCredentials
}

/**
 * Plans the import of aws-vault's profiles with their access keys, which go to a store instead of being asked of
 * aws-vault. Throws what planImport and planKeysChanges throw.
 */
export function planKeyImport(
  input: Omit<ImportInput, 'tool'>,
  taken: readonly TakenKey[],
  to: KeyPlace,
): ImportPlan & { readonly changes: readonly KeysChange[] } {
  const { snapshots } = input
  const plan = planImport({ ...input, tool: 'aws-vault' })
  const imported = withEdits(snapshots, plan.edits)
  const held = listHeldKeys(imported).map(({ profile }) => profile)
  const changes = taken.flatMap(({ profile, keys }) => {
    const names = [profile + LONG_TERM_SUFFIX, profile]
    const holder = names.find((name) => isThere(name, imported)) ?? profile
    return names.some((name) => held.includes(name)) ? [] : [{ profile: holder, to, keys }]
  })
  const cleared = changes.reduce((files, change) => withEdits(files, vaultLineOf(change.profile, files)), imported)
  const after = withEdits(cleared, planKeysChanges(changes, cleared))
  return { ...plan, changes, edits: editsBetweenFiles(snapshots, after) }
}

/** The line that asks aws-vault for the access key of `[work-long-term]`. */
function vaultLineOf(profile: string, snapshots: SharedSnapshots): Edits {
  const line = snapshots.profiles.find(profile)?.getFrom('config', 'credential_process')?.value ?? ''
  if (!profile.endsWith(LONG_TERM_SUFFIX) || !runsProgram(line, ['aws-vault'])) return {}
  return removalOf({ kind: 'keys', file: 'config', profile, keys: ['credential_process'] }, snapshots)
}

function distinct(parts: readonly ObsoletePart[]): readonly ObsoletePart[] {
  return [...new Map(parts.map((part) => [JSON.stringify(part), part])).values()]
}

function isThere(profile: string, { profiles }: SharedSnapshots): boolean {
  return profiles.find(profile) !== undefined
}

interface WantedSection {
  readonly profile: string
  readonly keys: readonly WantedKey[]
}

/**
 * Adds to the profile's section of config what is missing there; a key that is there is the user's, whatever its value.
 */
function keysOf(
  { profile, keys: wanted }: WantedSection,
  renamed: readonly string[],
  snapshots: SharedSnapshots,
): Edits {
  const { config } = readShared(snapshots)
  const view = snapshots.profiles.find(profile)
  const isInConfig = view?.configForm === 'standard'
  const isNeeded = ({ key, value }: WantedKey): boolean => !(key === 'awsmfa_source_profile' && renamed.includes(value))
  const missing = wanted
    .filter((each) => isNeeded(each) && !(isInConfig && view.get(each.key) !== undefined))
    .map(({ key, value }) => ({ key, value: encodeUtf8(value) }))
  if (missing.length === 0) return {}
  const keys = missing.map(({ key }) => key)
  const place = isInConfig ? findPlace(config, profile, keys) : undefined
  return {
    config: [
      place === undefined
        ? appendSection(config.document, configSectionName(profile), missing)
        : insertKeys(config.document, place, missing),
    ],
  }
}

function removalOf(part: ObsoletePart, snapshots: SharedSnapshots): Edits {
  const documents = readShared(snapshots)
  switch (part.kind) {
    case 'keys': {
      const place = findPlace(documents[part.file], part.profile, part.keys)
      return {
        [part.file]: (place?.body.entries ?? []).filter(({ key }) => part.keys.includes(key)).flatMap(removeKey),
      }
    }
    case 'renamed-keys': {
      const place = findPlace(documents.config, part.profile, Object.keys(part.names))
      const entries = place?.body.entries ?? []
      const { document } = documents.config
      return {
        config: entries.flatMap((entry) => {
          const name = part.names[entry.key]
          if (name === undefined) return []
          return entries.some(({ key }) => key === name) ? removeKey(entry) : [renameKey(document, entry, name)]
        }),
      }
    }
    case 'bare-section':
      return { config: bareSectionRemoval(part.profile, snapshots) }
    case 'name': {
      const place = findPlace(documents.credentials, part.profile, [])
      return { credentials: place === undefined ? [] : [renameSection(documents.credentials.document, place, part.to)] }
    }
  }
}

/** Comments and stray lines stay. */
function bareSectionRemoval(profile: string, snapshots: SharedSnapshots): readonly ByteEdit[] {
  const { document } = readShared(snapshots).config
  return document.named(encodeUtf8(profile)).flatMap((section) => {
    const { entries, comments, strays } = parseSection(document, section)
    if (comments.length + strays.length === 0)
      return [{ offset: section.start, length: section.end - section.start, content: '' }]
    return [
      { offset: section.start, length: section.bodyStart - section.start, content: '' },
      ...entries.flatMap(removeKey),
    ]
  })
}
