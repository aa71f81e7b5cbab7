/**
 * Plans a setup: the layout in which one session serves every role, and the edits that bring both files into it. Pure.
 *
 * - The long-term keys are in a section of their own, `[base-long-term]`; login writes the session to `[base]`.
 * - Role profiles have `base` as their source profile, and neither an `mfa_serial`, at which tools prompt for a code of
 *   their own, nor a `duration_seconds` above the hour that AWS allows a role that is assumed with a session.
 * - The device is set as `awsmfa_mfa_serial`, a key that no tool reads; a `source_profile` without a role, which
 *   Terraform and the SDKs for Go and .NET refuse, becomes `awsmfa_source_profile`.
 * - With `--layout process`, tools run awsmfa through a `credential_process` line, which renews inside long-running
 *   programs, too.
 */
import { encodeUtf8 } from '../aws-files/ini-document.ts'
import type { ByteEdit } from '../aws-files/ini-document.ts'
import { editsBetweenFiles } from '../aws-files/lines.ts'
import { classifyProfile } from '../aws-files/ownership.ts'
import {
  findSession,
  findLongTermKeys,
  isAssumeRoleProfile,
  isOwnProcess,
  readKeys,
  visible,
} from '../aws-files/profile-keys.ts'
import { assertNewProfileName, findPlace, readShared, removeKey } from '../aws-files/sections.ts'
import type { KeyValue, SharedDocuments } from '../aws-files/sections.ts'
import { planSessionRemoval } from '../aws-files/session-section.ts'
import { withEdits } from '../aws-files/profiles.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import type { LayoutName } from '../command-line/spec.ts'
import { findDependents, findSetupBase, unsuitable } from './setup-base.ts'
import type { DependentProfiles, SetupBase } from './setup-base.ts'
import { addSection, planKeyMove, planProfileEdits, setKeys } from './setup-edits.ts'
import { settingRow } from '../login/setting-table.ts'
import { parseSerialNumber } from '../mfa/device.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { LongTermCredentials } from '../model/credentials.ts'
import type { Place, ProfileView, Profiles, Resolved, SharedFileName } from '../model/profile.ts'
import { hasWindowsQuotes, quoteForShell, quoteForWindows } from '../shell/words.ts'

export interface SetupInput {
  readonly snapshots: SharedSnapshots
  readonly target: Resolved<string>
  /** Typed, or from the environment, for a base that has none. */
  readonly credentials: LongTermCredentials | undefined
  /** The device to set: from the command line, or found through IAM where the files name none. */
  readonly serialNumber: Resolved<string> | undefined
  readonly region: string | undefined
  readonly layout?: WantedLayout
  /** Makes the target the profile of a role first. */
  readonly role?: NewRole | undefined
}

/** A role, and the profile whose session assumes it. */
export interface NewRole {
  readonly roleArn: string
  readonly sourceProfile: string
}

/** The edits of a setup; none if the files are in the layout already. */
export interface SetupPlan {
  readonly base: string
  /** The device in the files afterwards, if any. */
  readonly serialNumber: string | undefined
  readonly edits: Readonly<Record<SharedFileName, readonly ByteEdit[]>>
}

/** Returns the base of a target in both files. Throws what findSetupBase throws. */
export function findBaseIn(
  { snapshots, target }: Pick<SetupInput, 'snapshots' | 'target'>,
  mayBeNew: boolean,
): SetupBase {
  return findSetupBase({ target, profiles: snapshots.profiles, paths: snapshots.paths }, mayBeNew)
}

/**
 * Plans a setup. Planned on its own outcome it has no edits. Throws what findSetupBase throws; LAYOUT_UNSUITABLE if
 * something is in the way or ambiguous; FILE_MALFORMED for an ambiguous section; MFA_SERIAL_MALFORMED; TEXT_REFUSED for
 * a name that no new section may have; LONG_TERM_CREDENTIALS_MISSING if there are no keys and none were given.
 */
export function planSetup(input: SetupInput): SetupPlan {
  return input.role === undefined ? planBase(input) : planWithRole(input, input.role)
}

/** Returns whether a plain setup of the profile would change nothing; false also for one that cannot be set up. */
export function isSetUp(name: string, snapshots: SharedSnapshots): boolean {
  const target = { value: name, origin: { kind: 'default' } } as const
  try {
    const { edits, serialNumber } = planBase({
      snapshots,
      target,
      credentials: undefined,
      serialNumber: undefined,
      region: undefined,
    })
    return serialNumber !== undefined && edits.credentials.length === 0 && edits.config.length === 0
  } catch (error) {
    if (error instanceof AwsmfaError) return false
    throw error
  }
}

function planWithRole(input: SetupInput, role: NewRole): SetupPlan {
  const { snapshots } = input
  const added = addRole(snapshots, input.target, role)
  const plan = planBase({ ...input, snapshots: added })
  return { ...plan, edits: editsBetweenFiles(snapshots, withEdits(added, plan.edits)) }
}

/** Keys of a profile that gets its credentials otherwise than by assuming a role from a source profile. */
const OTHER_SOURCES = [
  'credential_process',
  'credential_source',
  'login_session',
  'sso_session',
  'sso_start_url',
  'web_identity_token_file',
]

/**
 * Returns the files with the profile of a role in config; a role profile that is there gets the new role. Throws
 * LAYOUT_UNSUITABLE for a profile with credentials of its own and for the source profile of others; TEXT_REFUSED;
 * FILE_MALFORMED.
 */
export function addRole(
  snapshots: SharedSnapshots,
  { value: name, origin }: Resolved<string>,
  role: NewRole,
): SharedSnapshots {
  const { profiles, config } = snapshots
  assertNewProfileName(name, origin)
  const profile = profiles.find(name)
  const own = placeOfCredentials(profile, snapshots.paths)
  if (own !== undefined) throw unsuitable(name, 'credentials-in-role', [own])
  const isRole = profile !== undefined && isAssumeRoleProfile(profile)
  const dependent = profiles.names().find((each) => {
    const source = each === name ? undefined : readKeys(profiles.find(each), SOURCE_KEYS)
    return source?.value === name
  })
  if (dependent !== undefined && !isRole)
    throw unsuitable(name, 'source-of-others', [{ path: config.path, line: profiles.find(dependent)?.lines.config }])
  const settings = [
    { key: 'role_arn', value: encodeUtf8(role.roleArn) },
    { key: 'source_profile', value: encodeUtf8(role.sourceProfile) },
  ]
  return withEdits(snapshots, { config: setKeys(readShared(snapshots).config, name, settings) })
}

const SOURCE_KEYS = ['source_profile', 'awsmfa_source_profile']

function placeOfCredentials(profile: ProfileView | undefined, paths: SharedSnapshots['paths']): Place | undefined {
  if (profile === undefined) return undefined
  const other = readKeys(profile, OTHER_SOURCES)
  return (
    findLongTermKeys(profile, paths)?.place ?? findSession(profile, paths) ?? (other && placeOf(other.origin, paths))
  )
}

function planBase(input: SetupInput): SetupPlan {
  const { snapshots, target, credentials: given } = input
  const { profiles } = snapshots
  const documents = readShared(snapshots)
  const found = findBaseIn({ snapshots, target }, given !== undefined)
  const { base } = found
  assertNewProfileName(base, target.origin)
  if (snapshots.credentials.path === snapshots.config.path)
    throw unsuitable(base, 'one-file', [{ path: snapshots.config.path }])
  const move = planKeyMove({ found, given, profiles, documents })
  const dependents = findDependents(found, profiles)
  const device = deviceFor(input, found, dependents, profiles)
  const { renamedIn } = move
  const region = input.region ?? regionOf(found, profiles)
  const baseRegion = profiles.find(base)?.get('region') === undefined ? region : input.region
  const editing = { base, dependents, profiles, documents, renamedIn, replacesDevice: device.replaces, region }
  const processLayout = planProcessLayout({ base, wanted: input.layout, profiles, documents, renamedIn })
  const settings = [
    ...move.settings.filter(({ key }) => key !== 'region' || baseRegion === undefined),
    ...(baseRegion === undefined ? [] : [{ key: 'region', value: encodeUtf8(baseRegion) }]),
    ...(device.write === undefined ? [] : [{ key: 'awsmfa_mfa_serial', value: encodeUtf8(device.write) }]),
    ...processLayout.settings.map(({ key, value }) => ({ key, value: encodeUtf8(value) })),
  ]
  const setOrAdd = renamedIn === 'config' ? addSection : setKeys
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
        ...setOrAdd(documents.config, base, settings),
      ],
    },
  }
}

/** Returns the region of the first profile that has one, from the base to its keys. */
function regionOf({ sources }: SetupBase, profiles: Profiles): string | undefined {
  return sources.map((name) => readKeys(profiles.find(name), ['region'])?.value).find((region) => region !== undefined)
}

interface DeviceDecision {
  readonly serialNumber: string | undefined
  /** The serial to set for the base; undefined if it has the right one. */
  readonly write: string | undefined
  /** Whether the base's present device is replaced. */
  readonly replaces: boolean
}

/**
 * The device from the command line; otherwise the one of the profiles from the base to its keys; otherwise the one of
 * all its roles.
 */
function deviceFor(
  { serialNumber, snapshots }: SetupInput,
  { base, sources }: SetupBase,
  dependents: DependentProfiles,
  profiles: Profiles,
): DeviceDecision {
  const { profileKeys } = settingRow('MFA device')
  const named = sources.map((name) => readKeys(profiles.find(name), profileKeys)).find((device) => device !== undefined)
  if (serialNumber !== undefined) {
    const value = parseSerialNumber(serialNumber.value, serialNumber.origin)
    return value === named?.value
      ? { serialNumber: value, write: undefined, replaces: false }
      : { serialNumber: value, write: value, replaces: named !== undefined }
  }
  if (named !== undefined)
    return { serialNumber: parseSerialNumber(named.value, named.origin), write: undefined, replaces: false }
  const devices = dependents.roles.flatMap((name) => deviceOfRole(profiles.find(name)) ?? [])
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

/** How a config file starts awsmfa. All paths are absolute: programs started from a desktop have a short PATH. */
export interface ProcessStart {
  readonly command: readonly [string, ...string[]]
  /** `awsmfa.cmd` as npm installs it on Windows; undefined if there is none. */
  readonly shim?: string | undefined
  readonly isWindows: boolean
}

/** `process`: tools run awsmfa; `session`: tools read the credentials file; undefined: as it is. */
export type WantedLayout =
  | { readonly kind: 'process'; readonly start: ProcessStart }
  | { readonly kind: Exclude<LayoutName, 'process'> }
  | undefined

export interface ProcessLayoutInput {
  readonly base: string
  readonly wanted: WantedLayout
  readonly profiles: Profiles
  readonly documents: SharedDocuments
  /** The file in which the base's section is renamed. */
  readonly renamedIn: SharedFileName | undefined
}

export interface ProcessLayoutPlan {
  readonly settings: readonly KeyValue[]
  readonly edits: Readonly<Record<SharedFileName, readonly ByteEdit[]>>
}

/**
 * Plans the `credential_process` line or its removal. Throws LAYOUT_UNSUITABLE for keys in the base's section that
 * tools would use instead, and for a name that no line can contain; FILE_MALFORMED for an ambiguous section.
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
  if (line === undefined) throw unsuitable(base, 'name-in-process', [{ path: documents.config.path }])
  return {
    settings: [{ key: 'credential_process', value: line }],
    edits: { credentials: removeSession(input), config: [] },
  }
}

/**
 * Returns the `credential_process` line. botocore splits it like a POSIX shell (or like Windows), other SDKs pass it to
 * a shell, and some parsers end a value at ` #` or ` ;`: undefined for a profile name that does not survive all of
 * them. On Windows, uses the shim if node's path has blanks and the shim's has none: see `hasWindowsQuotes`.
 */
export function processLine(profile: string, { command, shim, isWindows }: ProcessStart): string | undefined {
  const quote = isWindows ? quoteForWindows : quoteForShell
  const lineFor = (...start: readonly string[]): string | undefined => {
    const quoted = [...start, 'credential-process', '--profile', profile].map(quote)
    return quoted.some((word) => word === undefined) || profile.startsWith('-') ? undefined : quoted.join(' ')
  }
  const line = lineFor(...command)
  const shorter = isWindows && shim !== undefined ? lineFor(shim) : undefined
  const isQuoted = (text: string): boolean => hasWindowsQuotes(text, isWindows)
  return shorter !== undefined && line !== undefined && isQuoted(line) && !isQuoted(shorter) ? shorter : line
}

function removeProcess({ base, documents }: ProcessLayoutInput): readonly ByteEdit[] {
  const place = findPlace(documents.config, base, ['credential_process'])
  return place === undefined
    ? []
    : place.body.entries.filter(({ key }) => key === 'credential_process').flatMap(removeKey)
}

/** Most tools prefer keys in the base's section of the credentials file, and would never run the process. */
function removeSession({ base, profiles, documents, renamedIn }: ProcessLayoutInput): readonly ByteEdit[] {
  if (renamedIn === 'credentials') return []
  const profile = profiles.find(base)
  const { document, path } = documents.credentials
  if (classifyProfile(profile).kind === 'foreign-session') {
    const line = profile?.lines.credentials
    throw unsuitable(base, 'session-beside-process', [{ path, line }])
  }
  return planSessionRemoval({ document, path, profile: base }).edits
}
