/**
 * Plans an import: awsmfa's own keys are added to `[profile NAME]` of config, and nothing else changes, so that the
 * other tool goes on working. With `removesOld`, what only the other tool needs is removed, and the section with the
 * long-term keys is renamed. Pure.
 */
import { encodeUtf8, parseSection } from '../aws-files/ini-document.ts'
import type { ByteEdit } from '../aws-files/ini-document.ts'
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
import type { HeldKeys, KeysChange } from './keys-plan.ts'
import { parseVaultLine } from '../keys/aws-vault.ts'
import { LONG_TERM_SUFFIX } from './setup-base.ts'
import type { LongTermCredentials } from '../model/credentials.ts'
import type { Environment } from '../model/invocation.ts'
import type { SharedFileName } from '../model/profile.ts'

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
  const sections = found.flatMap(({ added }) => added ?? [])
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
  /** Its name in aws-vault. */
  readonly profile: string
  readonly keys: LongTermCredentials
}

/** A key of aws-vault that stays there, because this profile gets another one, or this very one. */
export interface KeptKey {
  readonly item: string
  readonly profile: string
  /** The files have the same pair. */
  readonly isSame: boolean
}

export interface KeyImportPlan extends ImportPlan {
  /** `item`: the key's name in aws-vault. */
  readonly changes: readonly (KeysChange & { readonly item: string })[]
  readonly kept: readonly KeptKey[]
}

/**
 * Plans the import of aws-vault's profiles with their access keys, which go to a store instead of being asked of
 * aws-vault: to each profile whose line asks for that key, else to the one of its name. Throws what planImport and
 * planKeysChanges throw.
 */
export function planKeyImport(
  input: Omit<ImportInput, 'tool'>,
  taken: readonly TakenKey[],
  to: KeyPlace,
): KeyImportPlan {
  const { snapshots } = input
  const plan = planImport({ ...input, tool: 'aws-vault' })
  const imported = withEdits(snapshots, plan.edits)
  const held = listHeldKeys(imported)
  const outcomes = taken.flatMap(({ profile: item, keys }) =>
    holdersOf(item, imported).map(({ holder, names, isFree, asks }) => {
      const isStoredKey = (each: HeldKeys): boolean => each.kind === 'stored' && each.accessKeyId === keys.accessKeyId
      // Taken over earlier, for a profile of another name, and no profile of this name needs it.
      const isElsewhere = !asks && !isThere(holder, imported) && held.some(isStoredKey)
      const other = held.find((each) => names.includes(each.profile) || (isElsewhere && isStoredKey(each)))
      if (other === undefined && isFree) return { change: { item, profile: holder, to, keys } }
      const isSame = other?.kind === 'static' && isSamePair(other.credentials, keys)
      return other !== undefined && isStoredKey(other)
        ? {}
        : { kept: { item, profile: other?.profile ?? holder, isSame } }
    }),
  )
  const changes = outcomes.flatMap(({ change }) => change ?? [])
  const cleared = changes.reduce((files, change) => withEdits(files, vaultLineOf(change.profile, files)), imported)
  const after = withEdits(cleared, planKeysChanges(changes, cleared))
  return {
    ...plan,
    changes,
    kept: outcomes.flatMap(({ kept }) => kept ?? []),
    edits: editsBetweenFiles(snapshots, after),
  }
}

function isSamePair(one: LongTermCredentials, other: LongTermCredentials): boolean {
  return one.accessKeyId === other.accessKeyId && one.secretAccessKey === other.secretAccessKey
}

interface Holder {
  readonly holder: string
  /** The names under which this profile may have a key already. */
  readonly names: readonly string[]
  /** No line in it asks for something else. */
  readonly isFree: boolean
  /** A line in it asks aws-vault for the key. */
  readonly asks: boolean
}

/** Returns the profiles that get a key: those that ask aws-vault for it, else the one of its name. */
function holdersOf(item: string, snapshots: SharedSnapshots): readonly Holder[] {
  const asking = snapshots.profiles
    .names()
    .filter((name) => name.endsWith(LONG_TERM_SUFFIX) && parseVaultLine(lineOf(name, snapshots))?.item === item)
  if (asking.length > 0)
    return asking.map((name) => ({
      holder: name,
      names: [name, name.slice(0, -LONG_TERM_SUFFIX.length)],
      isFree: true,
      asks: true,
    }))
  const names = [item + LONG_TERM_SUFFIX, item]
  const holder = names.find((name) => isThere(name, snapshots)) ?? item
  const line = lineOf(holder, snapshots)
  return [{ holder, names, isFree: line === '' || parseVaultLine(line)?.item === item, asks: false }]
}

function lineOf(profile: string, { profiles }: SharedSnapshots): string {
  return profiles.find(profile)?.getFrom('config', 'credential_process')?.value ?? ''
}

/** The line that asks aws-vault for the access key of `[work-long-term]`. */
function vaultLineOf(profile: string, snapshots: SharedSnapshots): Edits {
  if (!profile.endsWith(LONG_TERM_SUFFIX) || !runsProgram(lineOf(profile, snapshots), ['aws-vault'])) return {}
  return removalOf({ kind: 'keys', file: 'config', profile, keys: ['credential_process'] }, snapshots)
}

/** Returns whether a line of aws-vault may need an item, other than in profiles that are imported. */
export function isAskedOfVault(item: string, imported: readonly string[], snapshots: SharedSnapshots): boolean {
  return snapshots.profiles.names().some((name) => {
    const line = lineOf(name, snapshots)
    return !imported.includes(name) && runsProgram(line, ['aws-vault']) && line.split(/[\s"']+/).includes(item)
  })
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
