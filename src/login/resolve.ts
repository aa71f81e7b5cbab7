import type { SharedPaths } from '../aws-files/profile-keys.ts'
import { assertNewProfileName, assertProfileName } from '../aws-files/sections.ts'
import { parseArn } from '../aws/arn.ts'
import { DURATION_LIMITS, assertDuration } from '../aws/sts-api.ts'
import type { AnyInvocation } from '../command-line/table.ts'
import { assertNotElsewhere, decideStore, profileOfOwnProcess } from './destination.ts'
import type { ResolutionNote, StoreDecision, StoreInput } from './destination.ts'
import { planLogin } from './plan.ts'
import type { LoginPlan } from './plan.ts'
import { findRoles, pathOfSources, resolveRoles, resolveProfileChain } from './profile-chain.ts'
import type { ProfileChain } from './profile-chain.ts'
import { partitionOfRoles, resolveEndpoint, resolveRegion } from './region.ts'
import { describeTrail } from './resolution.ts'
import type { LoginResolution, RoleStep } from './resolution.ts'
import {
  badSetting,
  contradiction,
  findDefault,
  findDuration,
  findFlag,
  findInProfiles,
  findSetting,
  findVariable,
  resolvePrompt,
  toSeconds,
  toSwitch,
} from './settings.ts'
import type { GlobalDefaults, SettingSources } from './settings.ts'
import { findProfileWord, namesRole, parseStsArguments } from './sts-options.ts'
import type { ReadParameterFile } from './sts-options.ts'
import { ownerOfSerial, parseSerialNumber } from '../mfa/device.ts'
import { parseTokenCode } from '../mfa/token-code.ts'
import type { YubiKeySettings } from '../mfa/ykman.ts'
import { accountIdOfAccessKeyId } from '../model/credentials.ts'
import type { LongTermSource } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import type { Environment } from '../model/invocation.ts'
import type { Resolved } from '../model/origin.ts'
import type { ProfileView, Profiles } from '../model/profile.ts'

/**
 * Everything that a login settles before it asks anybody anything: which profile, whose keys, which device and roles, for how
 * long, and where the session goes. Each value comes from the first place that has it and keeps that place.
 */

/** What a login starts from. */
export interface LoginInput {
  readonly invocation: AnyInvocation
  readonly environment: Environment
  readonly profiles: Profiles
  readonly paths: SharedPaths
  /** awsmfa's own settings file. */
  readonly defaults: GlobalDefaults
  readonly readFile: ReadParameterFile
  /** The text of the config file, for the `[services]` section that a profile may name. */
  readonly config?: string
  /** How many profiles this run signs in; 1 where nothing is said. */
  readonly targets?: number
  /**
   * The session is for the program that asks and goes into no file, so that it does not matter which tools would read it
   * there. A role profile then stands for its role, whatever profile lies on the way.
   */
  readonly storesNothing?: boolean
  /** A `credential_process` is split as Windows does it. */
  readonly isWindows?: boolean
}

/**
 * Resolves one login. Reads nothing but the files that values after `--` name. Throws USAGE, STS_ARGUMENT, TEXT_REFUSED,
 * DURATION_OUT_OF_RANGE, TOKEN_CODE_MALFORMED, MFA_SERIAL_MALFORMED, LONG_TERM_VARIABLES_MISSING, SESSION_WOULD_BE_IGNORED,
 * REGION_UNKNOWN, and what walkToLongTerm throws.
 */
export function resolveLogin(input: LoginInput): LoginResolution {
  const { invocation, environment, profiles, paths, defaults, readFile } = input
  const words = invocation.tail ?? []
  const target = throughOwnProcess(resolveTarget(input, words), input)
  assertProfileName(target.value, target.origin)
  const isStored = input.storesNothing !== true
  if (isStored) assertNotElsewhere(profiles.find(target.value), paths)
  const walk = walkFrom(target, input)
  const roleFromFlag = invocation.options.roleArn !== undefined || namesRole(words)
  const before = walk.longTerm.kind === 'environment' ? walk.path : walk.path.slice(0, -1)
  const decide = isStored ? decideStore : storeNowhere
  const { storeProfile, storeIn, notes } = decide({ target: target.value, before, profiles, paths, roleFromFlag })
  if (storeIn === 'section' && profiles.find(storeProfile)?.lines.credentials === undefined)
    assertNewProfileName(storeProfile, target.origin)

  const views = walk.path.map((name) => profiles.find(name))
  const stored = views.slice(walk.path.indexOf(storeProfile))
  // The role of a profile that is its own source is assumed by the tools, from the session that goes there.
  const isToolsRole = isStored && storeProfile === target.value && isOwnSourceRole(target.value, profiles)
  const found = isToolsRole ? [] : findRoles({ profileChain: stored, lastIsSource: walk.reachedByName, defaults })
  const tail = parseStsArguments(words, { roleKnown: roleFromFlag || found.length > 0, readFile })
  const sources: SettingSources = { options: invocation.options, tail, environment, profileChain: stored, defaults }
  const onWalk: SettingSources = { ...sources, profileChain: views }

  const roles = resolveRoles(found, sources)
  const durationSeconds = capGeneral(findDuration(isToolsRole ? { ...sources, profileChain: [] } : sources), roles)
  assertDurations(durationSeconds, roles)
  const { serialNumber, notes: serialNotes } = resolveSerial(onWalk, walk.longTerm, input.targets ?? 1)
  const { region, partition } = resolveRegion(onWalk, ownerOfSerial(serialNumber)?.partition ?? partitionOfRoles(roles))
  const suffixNote: readonly ResolutionNote[] = walk.ownSuffix
    ? [{ kind: 'own-suffix', profile: target.value, source: walk.path.at(-1) ?? '' }]
    : []
  const resolution: Omit<LoginResolution, 'trail'> = {
    target,
    storeProfile,
    storeIn,
    longTerm: walk.longTerm,
    path: walk.path,
    roles,
    roleExtras: tail.extras,
    serialNumber,
    durationSeconds,
    region,
    partition,
    endpoint: resolveEndpoint(onWalk, input.config),
    caBundle: findSetting('CA bundle', onWalk),
    tokenCode: resolveTokenCode(sources),
    tokenCommand: findSetting('token command', onWalk),
    yubiKey: resolveYubiKey(onWalk),
    prompt: resolvePrompt(onWalk),
    minTtlSeconds: resolveMinimum(sources),
    notes: [...suffixNote, ...notes, ...serialNotes],
  }
  return { ...resolution, trail: describeTrail(resolution) }
}

function storeNowhere({ target }: StoreInput): StoreDecision {
  return { storeProfile: target, storeIn: 'nowhere', notes: [] }
}

function resolveTarget({ invocation, environment }: LoginInput, words: readonly string[]): Resolved<string> {
  const before = resolveTargetProfile(invocation, environment)
  const after = findProfileWord(words)
  if (after === undefined) return before
  const origin = { kind: 'sts-flag', flag: '--profile' } as const
  if (before.origin.kind === 'flag' && before.value !== after) throw contradiction(origin, before.value, after)
  return before.origin.kind === 'flag' ? before : { value: after, origin }
}

/** A profile whose process asks awsmfa for another profile's session is signed in with that one. */
function throughOwnProcess(target: Resolved<string>, { profiles, isWindows = false }: LoginInput): Resolved<string> {
  const asked = profileOfOwnProcess(profiles.find(target.value), isWindows) ?? target.value
  return asked === target.value || profiles.find(asked) === undefined ? target : { ...target, value: asked }
}

function walkFrom(
  target: Resolved<string>,
  { invocation, environment, profiles, paths, defaults }: LoginInput,
): ProfileChain {
  const general = { options: invocation.options, environment, defaults }
  const source = findFlag('source profile', general) ?? findVariable('source profile', general)
  const input = { target, source, generalSource: findDefault('source profile', general), profiles, paths }
  if (!takesEnvironment(source, general)) return resolveProfileChain(input)
  return {
    path: pathOfSources(input),
    longTerm: longTermFromEnvironment(environment),
    reachedByName: false,
    ownSuffix: false,
  }
}

/** A source profile that was named for this run stands against a settings file that has the keys in the environment. */
function takesEnvironment(
  source: Resolved<string> | undefined,
  general: Pick<SettingSources, 'options' | 'environment' | 'defaults'>,
): boolean {
  const found = findSetting('source environment', general)
  return found !== undefined && (found.origin.kind === 'flag' || source === undefined) && toSwitch(found).value
}

function longTermFromEnvironment(environment: Environment): LongTermSource {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId = '',
    AWS_SECRET_ACCESS_KEY: secretAccessKey = '',
    AWS_SESSION_TOKEN: sessionToken = '',
  } = environment
  if (accessKeyId !== '' && secretAccessKey !== '' && sessionToken === '')
    return { kind: 'environment', credentials: { accessKeyId, secretAccessKey } }
  const missing = [
    ...(accessKeyId === '' ? ['AWS_ACCESS_KEY_ID'] : []),
    ...(secretAccessKey === '' ? ['AWS_SECRET_ACCESS_KEY'] : []),
  ]
  throw new AwsmfaError({ code: 'LONG_TERM_VARIABLES_MISSING', missing, sessionTokenSet: sessionToken !== '' })
}

function isOwnSourceRole(name: string, profiles: Profiles): boolean {
  const profile = profiles.find(name)
  return (
    profile?.configForm !== 'bare' &&
    profile?.get('role_arn') !== undefined &&
    profile.get('source_profile')?.value === name
  )
}

/** A length for everything, from a variable or awsmfa's settings, means "as long as may be" for a role; a flag means itself. */
function capGeneral(asked: Resolved<number> | undefined, roles: readonly RoleStep[]): Resolved<number> | undefined {
  const { maximum } = DURATION_LIMITS.AssumeRole
  const isGeneral = asked?.origin.kind === 'environment' || asked?.origin.kind === 'settings'
  return isGeneral && roles.length > 0 && asked.value > maximum ? { ...asked, value: maximum } : asked
}

/** The stored session's length is bound by its own operation, and every role's by AssumeRole. */
function assertDurations(asked: Resolved<number> | undefined, roles: readonly RoleStep[]): void {
  if (asked !== undefined) assertDuration(asked, roles.length > 0 ? 'AssumeRole' : 'GetSessionToken')
  for (const { durationSeconds } of roles)
    if (durationSeconds !== undefined) assertDuration(durationSeconds, 'AssumeRole')
}

interface SerialDecision {
  readonly serialNumber: Resolved<string> | undefined
  readonly notes: readonly ResolutionNote[]
}

/** With several targets neither a variable nor awsmfa's settings speak for all: they count where their account is that of the key. */
function resolveSerial(sources: SettingSources, longTerm: LongTermSource, targets: number): SerialDecision {
  const keyAccount = longTerm.kind === 'process' ? undefined : accountIdOfAccessKeyId(longTerm.credentials.accessKeyId)
  const flag = findFlag('MFA device serial', sources)
  const variable = flag === undefined ? findVariable('MFA device serial', sources) : undefined
  const owner = ownerOfSerial(variable)
  const isForeign = targets > 1 && owner !== undefined && isOfOther(variable, keyAccount)
  const general = findDefault('MFA device serial', sources)
  const chosen =
    flag ??
    (isForeign ? undefined : variable) ??
    findInProfiles('MFA device serial', sources) ??
    (targets > 1 && isOfOther(general, keyAccount) ? undefined : general)
  const serialNumber =
    chosen === undefined ? undefined : { value: parseSerialNumber(chosen.value, chosen.origin), origin: chosen.origin }
  const serialAccount = ownerOfSerial(serialNumber)?.account
  const notes: ResolutionNote[] = []
  if (isForeign) notes.push({ kind: 'environment-serial-ignored', variable: 'AWS_MFA_SERIAL', account: owner.account })
  if (keyAccount !== undefined && serialAccount !== undefined && serialAccount !== keyAccount)
    notes.push({ kind: 'serial-of-other-account', serialAccount, keyAccount })
  return { serialNumber, notes }
}

function isOfOther(serial: Resolved<string> | undefined, account: string | undefined): boolean {
  const owner = ownerOfSerial(serial)
  return owner !== undefined && owner.account !== account
}

function resolveTokenCode({ options, tail }: SettingSources): Resolved<string> | undefined {
  const after = tail?.texts['--token-code']
  const text = options.tokenCode
  if (text === undefined) return after
  const value = text === '-' ? text : parseTokenCode(text)
  if (value === undefined) throw new AwsmfaError({ code: 'TOKEN_CODE_MALFORMED', source: 'flag' })
  // Codes are never shown, so the failure says only that they differ.
  if (after !== undefined && after.value !== value) throw contradiction(after.origin, '…', '…')
  return { value, origin: { kind: 'flag', flag: '--token-code' } }
}

/** A YubiKey is asked where something about one is configured. */
function resolveYubiKey(sources: SettingSources): YubiKeySettings | undefined {
  const serial = findSetting('YubiKey serial', sources)
  const label = findSetting('YubiKey label', sources)
  // ykman takes a whole number (ykman/_cli/__main__.py › cli, --device).
  if (serial !== undefined && !/^[0-9]{1,20}$/.test(serial.value))
    throw badSetting(serial, 'the serial number of a YubiKey, digits as ykman list shows them')
  return serial === undefined && label === undefined ? undefined : { serial, label }
}

function resolveMinimum(sources: SettingSources): number | undefined {
  const minimum = findSetting('minimum time left', sources)
  return minimum === undefined ? undefined : toSeconds(minimum).value
}

/** How roles are assumed with a session that is there already, without the long-term credentials and without a code. */

/** Where the settings are looked for. `path`: from the role profile to the one that holds the session. */
export interface ThroughInput extends Pick<SettingSources, 'options' | 'environment' | 'defaults'> {
  readonly path: readonly (ProfileView | undefined)[]
}

/** Everything that the calls need. The first step of the plan is the session, which is there. */
export interface ThroughSession extends Pick<LoginResolution, 'region' | 'partition' | 'endpoint' | 'caBundle'> {
  readonly plan: LoginPlan
}

/** Settles it. Throws USAGE for settings that cannot be, naming their place, and REGION_UNKNOWN. */
export function resolveThroughSession({ path, ...rest }: ThroughInput): ThroughSession {
  const sources: SettingSources = { ...rest, profileChain: path }
  // What the holder's session is a session of, its own role included, is no step any more.
  const before = path.slice(0, -1)
  const roles = resolveRoles(findRoles({ profileChain: before, lastIsSource: false }), {
    ...sources,
    profileChain: before,
  })
  const partition = roles.map(({ roleArn }) => parseArn(roleArn.value)?.partition).find((found) => found !== undefined)
  // Two targets: never a code in AssumeRole itself.
  return {
    ...resolveRegion(sources, partition),
    endpoint: resolveEndpoint(sources),
    caBundle: findSetting('CA bundle', sources),
    plan: planLogin({ roles, durationSeconds: undefined }, 2),
  }
}
