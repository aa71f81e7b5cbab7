/**
 * Resolves everything that a login needs before it asks anybody anything: which profile, which long-term credentials,
 * which device and roles, for how long, and where the session goes. Each value comes from the first place that has it.
 */
import type { SharedPaths } from '../aws-files/profile-keys.ts'
import { assertNewProfileName, assertProfileName } from '../aws-files/sections.ts'
import { DURATION_LIMITS, assertDuration } from '../aws/sts-api.ts'
import type { AnyInvocation } from '../command-line/table.ts'
import { assertNotElsewhere, decideStore, profileOfOwnProcess } from './destination.ts'
import type { ResolutionNote, StoreDecision } from './destination.ts'
import { assertUsableKeys } from './long-term-keys.ts'
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
import { accountIdOfAccessKeyId, keyIdOf } from '../model/credentials.ts'
import type { LongTermCredentials, LongTermSource } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import type { Environment } from '../model/invocation.ts'
import type { ProfileView, Profiles, Resolved } from '../model/profile.ts'

export interface LoginInput {
  readonly invocation: AnyInvocation
  readonly environment: Environment
  readonly profiles: Profiles
  readonly paths: SharedPaths
  /** awsmfa's own settings file. */
  readonly defaults: GlobalDefaults
  readonly readFile: ReadParameterFile
  /** The text of the config file, for the `[services]` section that a profile may name. */
  readonly config: string
  /** How many profiles are signed in together; 1 unless given. */
  readonly targets?: number
  /**
   * The session is for the program that asks and is not stored, so it does not matter which tools would read it. A role
   * profile then means its role, whatever profile is before the long-term credentials.
   */
  readonly forProgram?: boolean
  /** Whether a `credential_process` is split as Windows does it. */
  readonly isWindows: boolean
}

/**
 * Resolves one login. Reads no file but those that values after `--` name. Throws USAGE,
 * LONG_TERM_CREDENTIALS_MALFORMED, STS_ARGUMENT, TEXT_REFUSED,
 * DURATION_OUT_OF_RANGE, TOKEN_CODE_MALFORMED, MFA_SERIAL_MALFORMED, LONG_TERM_VARIABLES_MISSING,
 * SESSION_WOULD_BE_IGNORED, REGION_UNKNOWN, and what resolveProfileChain throws.
 */
export function resolveLogin(input: LoginInput): LoginResolution {
  const { invocation, environment, profiles, paths, defaults, readFile } = input
  const words = invocation.tail ?? []
  const target = throughOwnProcess(resolveTarget(input, words), input)
  assertProfileName(target.value, target.origin)
  const isStored = input.forProgram !== true
  if (isStored) assertNotElsewhere(profiles.find(target.value), paths)
  const chain = chainFrom(target, input)
  assertUsableKeys(chain.longTerm, profiles)
  const roleFromFlag = invocation.options.roleArn !== undefined || namesRole(words)
  // A session cannot be written where long-term credentials are; where they are only referred to, it can.
  const isFree = chain.longTerm.kind === 'environment' || chain.longTerm.kind === 'stored'
  const before = isFree ? chain.path : chain.path.slice(0, -1)
  const { storeProfile, storeIn, notes }: StoreDecision = isStored
    ? decideStore({ target: target.value, before, profiles, paths, roleFromFlag })
    : { storeProfile: target.value, storeIn: 'nowhere', notes: [] }
  if (storeIn === 'section' && profiles.find(storeProfile)?.lines.credentials === undefined)
    assertNewProfileName(storeProfile, target.origin)

  const views = chain.path.map((name) => profiles.find(name))
  const stored = views.slice(chain.path.indexOf(storeProfile))
  // Tools assume the role of a profile that is its own source profile, with the session that is stored there.
  const isToolsRole = storeIn === 'section' && storeProfile === target.value && isOwnSourceRole(target.value, profiles)
  const found = isToolsRole ? [] : findRoles({ profileChain: stored, lastIsSource: chain.reachedByName, defaults })
  const tail = parseStsArguments(words, { roleKnown: roleFromFlag || found.length > 0, readFile })
  const sources: SettingSources = { options: invocation.options, tail, environment, profileChain: stored, defaults }
  const onChain: SettingSources = { ...sources, profileChain: views }

  const roles = resolveRoles(found, sources)
  const durationSeconds = capGeneral(findDuration(isToolsRole ? { ...sources, profileChain: [] } : sources), roles)
  assertDurations(durationSeconds, roles)
  const { serialNumber, notes: serialNotes } = resolveSerial(onChain, chain.longTerm, input.targets ?? 1)
  const endpoint = resolveEndpoint(onChain, input.config)
  const { region, partition } = resolveRegion(
    onChain,
    ownerOfSerial(serialNumber)?.partition ?? partitionOfRoles(roles),
    endpoint !== undefined,
  )
  const minTtl = findSetting('minimum time', sources)
  const suffixNote: readonly ResolutionNote[] = chain.ownSuffix
    ? [{ kind: 'own-suffix', profile: target.value, source: chain.path.at(-1) ?? '' }]
    : []
  const resolution: Omit<LoginResolution, 'trail'> = {
    target,
    storeProfile,
    storeIn,
    longTerm: chain.longTerm,
    passphraseCommand: findSetting('passphrase command', sources),
    path: chain.path,
    roles,
    roleExtras: tail.extras,
    serialNumber,
    durationSeconds,
    region,
    partition,
    endpoint,
    caBundle: findSetting('CA bundle', onChain),
    tokenCode: resolveTokenCode(sources),
    tokenCommand: findSetting('token command', onChain),
    yubiKey: resolveYubiKey(onChain),
    prompt: resolvePrompt(onChain),
    minTtlSeconds: minTtl && toSeconds(minTtl).value,
    notes: [...suffixNote, ...notes, ...serialNotes],
  }
  return { ...resolution, trail: describeTrail(resolution) }
}

function resolveTarget({ invocation, environment }: LoginInput, words: readonly string[]): Resolved<string> {
  const before = resolveTargetProfile(invocation, environment)
  const after = findProfileWord(words)
  if (after === undefined) return before
  const origin = { kind: 'sts-flag', flag: '--profile' } as const
  if (before.origin.kind === 'flag' && before.value !== after) throw contradiction(origin, before.value, after)
  return before.origin.kind === 'flag' ? before : { value: after, origin }
}

/** Returns the profile that the target's `credential_process` asks awsmfa for, if that exists; else the target. */
function throughOwnProcess(target: Resolved<string>, { profiles, isWindows }: LoginInput): Resolved<string> {
  const asked = profileOfOwnProcess(profiles.find(target.value), isWindows) ?? target.value
  return asked === target.value || profiles.find(asked) === undefined ? target : { ...target, value: asked }
}

function chainFrom(
  target: Resolved<string>,
  { invocation, environment, profiles, paths, defaults }: LoginInput,
): ProfileChain {
  const general = { options: invocation.options, environment, defaults }
  const source = findFlag('source profile', general) ?? findVariable('source profile', general)
  const input = { target, source, generalSource: findDefault('source profile', general), profiles, paths }
  if (!takesEnvironment(source, general)) return resolveProfileChain(input)
  return {
    path: pathOfSources(input),
    longTerm: { kind: 'environment', credentials: keysFromEnvironment(environment) },
    reachedByName: false,
    ownSuffix: false,
  }
}

/** A source profile that a flag or variable names beats `source_env` in the settings file. */
function takesEnvironment(
  source: Resolved<string> | undefined,
  general: Pick<SettingSources, 'options' | 'environment' | 'defaults'>,
): boolean {
  const found = findSetting('source environment', general)
  return found !== undefined && (found.origin.kind === 'flag' || source === undefined) && toSwitch(found).value
}

/** Returns the long-term keys in the environment. Throws LONG_TERM_VARIABLES_MISSING, also beside a session token. */
export function keysFromEnvironment(environment: Environment): LongTermCredentials {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId = '',
    AWS_SECRET_ACCESS_KEY: secretAccessKey = '',
    AWS_SESSION_TOKEN: sessionToken = '',
  } = environment
  if (accessKeyId !== '' && secretAccessKey !== '' && sessionToken === '') return { accessKeyId, secretAccessKey }
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

/**
 * A general duration, from a variable or awsmfa's settings, is capped for a role; any other is taken as it is, and
 * checked.
 */
function capGeneral(asked: Resolved<number> | undefined, roles: readonly RoleStep[]): Resolved<number> | undefined {
  const { maximum } = DURATION_LIMITS.AssumeRole
  const isGeneral = asked?.origin.kind === 'environment' || asked?.origin.kind === 'settings'
  return isGeneral && roles.length > 0 && asked.value > maximum ? { ...asked, value: maximum } : asked
}

/** The session that is stored has the limits of its operation, and every role those of AssumeRole. */
function assertDurations(asked: Resolved<number> | undefined, roles: readonly RoleStep[]): void {
  if (asked !== undefined) assertDuration(asked, roles.length > 0 ? 'AssumeRole' : 'GetSessionToken')
  for (const { durationSeconds } of roles)
    if (durationSeconds !== undefined) assertDuration(durationSeconds, 'AssumeRole')
}

/**
 * With several targets, a serial from a variable or from awsmfa's settings counts only where its account is that of the
 * access key.
 */
function resolveSerial(
  sources: SettingSources,
  longTerm: LongTermSource,
  targets: number,
): Pick<LoginResolution, 'serialNumber' | 'notes'> {
  const keyAccount = longTerm.kind === 'process' ? undefined : accountIdOfAccessKeyId(keyIdOf(longTerm))
  const flag = findFlag('MFA device', sources)
  const variable = flag === undefined ? findVariable('MFA device', sources) : undefined
  const owner = ownerOfSerial(variable)
  const isForeign = targets > 1 && owner !== undefined && isOfOther(variable, keyAccount)
  const general = findDefault('MFA device', sources)
  const chosen =
    flag ??
    (isForeign ? undefined : variable) ??
    findInProfiles('MFA device', sources) ??
    (targets > 1 && isOfOther(general, keyAccount) ? undefined : general)
  const serialNumber = chosen && { ...chosen, value: parseSerialNumber(chosen.value, chosen.origin) }
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

/** Throws USAGE. ykman takes an integer (ykman/_cli/__main__.py › cli, --device). */
export function assertYubiKeySerial(serial: Resolved<string>): void {
  if (!/^[0-9]{1,20}$/.test(serial.value))
    throw badSetting(serial, "a YubiKey's serial number, as ykman list prints it")
}

/** Undefined unless a serial or a label is configured. */
function resolveYubiKey(sources: SettingSources): YubiKeySettings | undefined {
  const serial = findSetting('YubiKey serial', sources)
  const label = findSetting('YubiKey account', sources)
  if (serial !== undefined) assertYubiKeySerial(serial)
  return serial === undefined && label === undefined ? undefined : { serial, label }
}

/** Roles that are assumed with an existing session. `path`: from the role profile to the profile with the session. */
export interface ChainedRolesInput extends Pick<SettingSources, 'options' | 'environment' | 'defaults'> {
  readonly path: readonly (ProfileView | undefined)[]
}

/** What assuming them needs. The session of the plan exists. */
export interface ChainedRoles extends Pick<LoginResolution, 'region' | 'partition' | 'endpoint' | 'caBundle'> {
  readonly plan: LoginPlan
}

/**
 * Resolves how roles are assumed with an existing session, without a code. Throws USAGE for invalid settings, and
 * REGION_UNKNOWN.
 */
export function resolveChainedRoles({ path, ...rest }: ChainedRolesInput): ChainedRoles {
  const sources: SettingSources = { ...rest, profileChain: path }
  // The role of the profile with the session is assumed already.
  const before = path.slice(0, -1)
  const roles = resolveRoles(findRoles({ profileChain: before, lastIsSource: false }), {
    ...sources,
    profileChain: before,
  })
  const endpoint = resolveEndpoint(sources)
  return {
    ...resolveRegion(sources, partitionOfRoles(roles), endpoint !== undefined),
    endpoint,
    caBundle: findSetting('CA bundle', sources),
    // Two targets: the code never goes into AssumeRole.
    plan: planLogin({ roles, durationSeconds: undefined }, 2),
  }
}
