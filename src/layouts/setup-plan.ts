import { encodeUtf8 } from '../aws-files/edit.ts'
import type { ByteEdit } from '../aws-files/edit.ts'
import type { IniDocument } from '../aws-files/ini-document.ts'
import { classifyProfile } from '../aws-files/ownership.ts'
import { isOwnProcess, readKeys, visible } from '../aws-files/profile-keys.ts'
import {
  appendSection,
  assertNewProfileName,
  configSectionName,
  findPlace,
  insertKeys,
  readShared,
  replaceValue,
  wholeValue,
} from '../aws-files/sections.ts'
import type { KeyValue, SectionPlace, SharedDocument, SharedDocuments } from '../aws-files/sections.ts'
import { planSessionRemoval, removalsOf } from '../aws-files/session-section.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import type { LayoutName } from '../command-line/spec.ts'
import { findHangingProfiles, findSetupBase } from './setup-base.ts'
import type { HangingProfiles, SetupBase } from './setup-base.ts'
import { planKeyMove, planProfileEdits } from './setup-edits.ts'
import { settingRow } from '../login/setting-table.ts'
import { parseSerialNumber } from '../mfa/device.ts'
import type { LongTermCredentials } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Place, Resolved, SharedFileName } from '../model/origin.ts'
import type { ProfileView, Profiles } from '../model/profile.ts'
import { quoteForShell, quoteForWindows } from '../shell/words.ts'

/**
 * The layout in which tools ask awsmfa itself for the session of the base, by a `credential_process` line in its config
 * section: it is renewed inside programs that run for long, too. Or the way back from it.
 */

/** How awsmfa is started from a config file: both paths are absolute, since programs started from a desktop have a short PATH. */
export interface ProcessStart {
  readonly node: string
  readonly program: string
  readonly isWindows: boolean
}

/** `process`: tools ask awsmfa; `session`: the session stands in the credentials file. Undefined: as it is. */
export type WantedLayout =
  | { readonly kind: 'process'; readonly start: ProcessStart }
  | { readonly kind: Exclude<LayoutName, 'process'> }
  | undefined

/** What is planned for the base. */
export interface ProcessLayoutInput {
  readonly base: string
  readonly wanted: WantedLayout
  readonly profiles: Profiles
  readonly documents: SharedDocuments
  /** The file in which the base's section gets another name. */
  readonly renamedIn: SharedFileName | undefined
}

/** Settings of the base in config, and edits elsewhere. */
export interface ProcessLayoutPlan {
  readonly settings: readonly KeyValue[]
  readonly edits: Readonly<Record<SharedFileName, readonly ByteEdit[]>>
}

/**
 * Plans it. Throws LAYOUT_UNSUITABLE for keys in the base's section that tools would take instead, and for a name that no line
 * can carry; FILE_MALFORMED where a place is not beyond doubt.
 */
function planProcessLayout(input: ProcessLayoutInput): ProcessLayoutPlan {
  const { base, wanted, documents } = input
  if (wanted === undefined) return { settings: [], edits: { credentials: [], config: [] } }
  if (wanted.kind === 'session')
    return {
      settings: [],
      edits: { credentials: [], config: isOwnProcess(input.profiles.find(base)) ? removeProcess(input) : [] },
    }
  const line = processLine(base, wanted.start)
  if (line === undefined)
    throw new AwsmfaError({
      code: 'LAYOUT_UNSUITABLE',
      profile: base,
      reason: 'name-in-process',
      places: [{ path: documents.config.path }],
    })
  return {
    settings: [{ key: 'credential_process', value: line }],
    edits: { credentials: removeSession(input), config: [] },
  }
}

/**
 * The line: split by botocore as a POSIX shell would (or as Windows does), run through a shell by other SDKs, and read by
 * parsers that end a value at ` #` or ` ;`. Undefined for a profile whose name cannot be carried through all of them.
 */
export function processLine(profile: string, { node, program, isWindows }: ProcessStart): string | undefined {
  const words = [node, program, 'credential-process', '--profile', profile]
  const quoted = words.map((word) => (isWindows ? quoteForWindows(word) : quoteForShell(word)))
  return quoted.some((word) => word === undefined) || profile.startsWith('-') ? undefined : quoted.join(' ')
}

function removeProcess({ base, documents }: ProcessLayoutInput): readonly ByteEdit[] {
  const place = findPlace(documents.config, base, ['credential_process'])
  return place === undefined
    ? []
    : place.body.entries.filter(({ key }) => key === 'credential_process').flatMap(removalsOf)
}

/** Keys in the base's section of the credentials file are what most tools take, and they never start the process. */
function removeSession({ base, profiles, documents, renamedIn }: ProcessLayoutInput): readonly ByteEdit[] {
  if (renamedIn === 'credentials') return []
  const profile = profiles.find(base)
  const { document, path } = documents.credentials
  if (classifyProfile(profile).kind === 'foreign-session') {
    const line = profile?.lines.credentials
    throw new AwsmfaError({
      code: 'LAYOUT_UNSUITABLE',
      profile: base,
      reason: 'session-beside-process',
      places: [{ path, ...(line === undefined ? {} : { line }) }],
    })
  }
  return planSessionRemoval({ document, path, profile: base }).edits
}

/**
 * The layout in which one session serves every role, and the edits that bring two files into it:
 *
 * - the long-term keys stand in a section of their own, `[base-long-term]`, and login writes the session into `[base]`;
 * - role profiles hang on `base` and carry neither `mfa_serial`, at which tools ask for a code of their own, nor a
 *   `duration_seconds` above the hour that AWS allows a role made from a session;
 * - the device stands as `awsmfa_mfa_serial`, a key that no tool minds; and `source_profile` without a role, which Terraform
 *   and the SDKs for Go and .NET refuse, as `awsmfa_source_profile`.
 */

/** What a setup starts from. */
export interface SetupInput {
  readonly snapshots: SharedSnapshots
  readonly target: Resolved<string>
  /** Long-term credentials that were typed or come from the environment, for a base that has none. */
  readonly credentials: LongTermCredentials | undefined
  /** A device to set, whatever the files say: named on the command line, or found where they name none. */
  readonly serialNumber: Resolved<string> | undefined
  /** A region to set. */
  readonly region: string | undefined
  readonly layout?: WantedLayout
}

/** What a setup does. No edits: the files are in the layout already. */
export interface SetupPlan {
  readonly base: string
  /** The device that the files name afterwards; undefined: none. */
  readonly serialNumber: string | undefined
  readonly edits: Readonly<Record<SharedFileName, readonly ByteEdit[]>>
}

/** Finds the base in what was read. Throws what `findSetupBase` throws. */
export function findBaseIn(
  { snapshots, target }: Pick<SetupInput, 'snapshots' | 'target'>,
  mayBeNew: boolean,
): SetupBase {
  return findSetupBase({ target, profiles: snapshots.profiles, paths: snapshots.paths }, mayBeNew)
}

/**
 * Plans a setup from both files as they are. The same setup planned on its own outcome gives no edits. Throws what
 * `findSetupBase` throws; LAYOUT_UNSUITABLE where something is in the way or can be meant in two ways; FILE_MALFORMED where a
 * place is not beyond doubt; MFA_SERIAL_MALFORMED for a device that cannot work; TEXT_REFUSED for a name that no new section
 * may have; LONG_TERM_CREDENTIALS_MISSING where there are no keys and none were given.
 */
export function planSetup(input: SetupInput): SetupPlan {
  const { snapshots, target, credentials: given } = input
  const { profiles } = snapshots
  const documents = readShared(snapshots)
  const found = findBaseIn({ snapshots, target }, given !== undefined)
  const { base } = found
  assertNewProfileName(base, target.origin)
  if (snapshots.credentials.path === snapshots.config.path)
    throw unsuitable(base, 'one-file', [{ path: snapshots.config.path }])
  const move = planKeyMove({ found, given, profiles, documents })
  const hanging = findHangingProfiles(found, profiles)
  const device = deviceFor(input, found, hanging, profiles)
  const editing = { base, hanging, profiles, documents, renamedIn: move.renamedIn, replacesDevice: device.replaces }
  const processLayout = planProcessLayout({
    base,
    wanted: input.layout,
    profiles,
    documents,
    renamedIn: move.renamedIn,
  })
  const settings = [
    ...move.settings.filter(({ key }) => key !== 'region' || input.region === undefined),
    ...(input.region === undefined ? [] : [{ key: 'region', value: encodeUtf8(input.region) }]),
    ...(device.write === undefined ? [] : [{ key: 'awsmfa_mfa_serial', value: encodeUtf8(device.write) }]),
    ...processLayout.settings.map(({ key, value }) => ({ key, value: encodeUtf8(value) })),
  ]
  const inConfig = settingEdits(documents.config, base, settings, move.renamedIn === 'config')
  return {
    base,
    serialNumber: device.serialNumber,
    edits: {
      credentials: [
        ...(move.edits.credentials ?? []),
        ...planProfileEdits('credentials', editing),
        ...processLayout.edits.credentials,
      ],
      config: [
        ...(move.edits.config ?? []),
        ...planProfileEdits('config', editing),
        ...processLayout.edits.config,
        ...inConfig,
      ],
    },
  }
}

interface DeviceDecision {
  readonly serialNumber: string | undefined
  /** The serial that the base has to be given; undefined: what stands there will do. */
  readonly write: string | undefined
  /** What the base names now gives way. */
  readonly replaces: boolean
}

/** The device: as asked for, else what the base's way to its keys names, else what all of its roles name. */
function deviceFor(
  { serialNumber, snapshots }: SetupInput,
  { base, sources }: SetupBase,
  hanging: HangingProfiles,
  profiles: Profiles,
): DeviceDecision {
  const named = sources.reduce<Resolved<string> | undefined>(
    (device, name) => device ?? readKeys(profiles.find(name), settingRow('MFA device serial').profileKeys),
    undefined,
  )
  if (serialNumber !== undefined) {
    const value = parseSerialNumber(serialNumber.value, serialNumber.origin)
    return value === named?.value
      ? { serialNumber: value, write: undefined, replaces: false }
      : { serialNumber: value, write: value, replaces: named !== undefined }
  }
  if (named !== undefined)
    return { serialNumber: parseSerialNumber(named.value, named.origin), write: undefined, replaces: false }
  const devices = hanging.roles.flatMap((name) => deviceOfRole(profiles.find(name)) ?? [])
  const [first] = devices
  if (first === undefined) return { serialNumber: undefined, write: undefined, replaces: false }
  const others = devices.filter(({ value }, index) => devices.findIndex((device) => device.value === value) === index)
  if (others.length > 1)
    throw unsuitable(
      base,
      'devices-differ',
      others.map(({ origin }) => placeOf(origin, snapshots.paths)),
    )
  const value = parseSerialNumber(first.value, first.origin)
  return { serialNumber: value, write: value, replaces: false }
}

function deviceOfRole(profile: ProfileView | undefined): Resolved<string> | undefined {
  const value = profile === undefined ? undefined : visible(profile, 'mfa_serial')
  if (profile === undefined || value === undefined || value.value === '') return undefined
  return {
    value: value.value,
    origin: { kind: 'file', file: value.file, profile: profile.name, key: 'mfa_serial', line: value.line },
  }
}

function placeOf(origin: Resolved<string>['origin'], paths: Readonly<Record<SharedFileName, string>>): Place {
  return origin.kind === 'file' ? { path: paths[origin.file], line: origin.line } : { path: paths.config }
}

/** Sets keys of the base in config: replaces, adds, or makes the section. */
function settingEdits(
  config: SharedDocument,
  base: string,
  settings: readonly KeyValue[],
  isRenamed: boolean,
): readonly ByteEdit[] {
  const { document } = config
  const section = isRenamed ? undefined : findPlace(config, base, [])
  const wanted = settings.filter(({ key, value }) => section === undefined || valueIn(document, section, key) !== value)
  if (wanted.length === 0) return []
  const place =
    section === undefined
      ? undefined
      : findPlace(
          config,
          base,
          wanted.map(({ key }) => key),
        )
  if (place === undefined) return [appendSection(document, configSectionName(base), wanted)]
  const standing = wanted.map(({ key, value }) => ({
    key,
    value,
    entry: place.body.entries.findLast((entry) => entry.key === key),
  }))
  const missing = standing.filter(({ entry }) => entry === undefined)
  return [
    ...standing.flatMap(({ value, entry }) => (entry === undefined ? [] : replaceValue(document, place, entry, value))),
    ...(missing.length === 0 ? [] : [insertKeys(document, place, missing)]),
  ]
}

function valueIn({ text }: IniDocument, { body }: SectionPlace, key: string): string | undefined {
  const entry = body.entries.findLast((each) => each.key === key)
  return entry === undefined ? undefined : wholeValue(text, entry)
}

function unsuitable(profile: string, reason: 'one-file' | 'devices-differ', places: readonly Place[]): AwsmfaError {
  return new AwsmfaError({ code: 'LAYOUT_UNSUITABLE', profile, reason, places })
}
