/**
 * Looks settings up, place by place in the order of their rows in the setting table, and reads their values. Each value
 * keeps its origin, which errors and `--debug` name.
 */
import { readKeys } from '../aws-files/profile-keys.ts'
import { stsArgument } from '../aws/sts-api.ts'
import { PROMPT_CHOICES, optionKey } from '../command-line/spec.ts'
import type { AnyOptions } from '../command-line/table.ts'
import { settingRow } from './setting-table.ts'
import type { SettingName } from './setting-table.ts'
import type { ParsedStsArguments } from './sts-options.ts'
import type { PromptChoice, PromptSettings } from '../mfa/prompt.ts'
import { AwsmfaError } from '../model/failure.ts'
import { isRegionOfAwsmfa } from '../model/invocation.ts'
import type { Environment } from '../model/invocation.ts'
import type { Origin, Place, ProfileView, Profiles, Resolved } from '../model/profile.ts'
import { DURATION_FORM, parseDuration } from '../ui/duration.ts'

/** awsmfa's own settings file, by key: the defaults of every profile. */
export type GlobalDefaults = Readonly<Record<string, { readonly value: string; readonly place: Place }>>

/** Everywhere a setting may be set. */
export interface SettingSources {
  readonly options: AnyOptions
  /** The flags after `--`; left out: there are none. */
  readonly tail?: ParsedStsArguments
  readonly environment: Environment
  /**
   * The profiles from the one that gets the session to the long-term credentials; left out: the setting is no
   * profile's.
   */
  readonly profileChain?: readonly (ProfileView | undefined)[]
  readonly defaults: GlobalDefaults
}

/** Returns a setting from the first place that has it. Throws STS_ARGUMENT for flags that contradict each other. */
export function findSetting(name: SettingName, sources: SettingSources): Resolved<string> | undefined {
  return (
    findFlag(name, sources) ??
    findVariable(name, sources) ??
    findInProfiles(name, sources) ??
    findDefault(name, sources)
  )
}

/**
 * Returns what a flag says, before or after `--`. Throws STS_ARGUMENT where both are given and contradict each other.
 */
export function findFlag(
  name: SettingName,
  { options, tail }: Pick<SettingSources, 'options' | 'tail'>,
): Resolved<string> | undefined {
  const row = settingRow(name)
  const after = row.stsFlags.map((flag) => tail?.texts[flag]).find((value) => value !== undefined)
  const before = row.flags
    .map((flag) => [flag, options[optionKey(flag)]] as const)
    .find(([, value]) => value !== undefined)
  const value = before?.[1] === true ? 'true' : before?.[1]
  if (before === undefined || value === undefined) return after
  if (after !== undefined && after.value !== value) throw contradiction(after.origin, value, after.value)
  return { value, origin: { kind: 'flag', flag: `--${before[0]}` } }
}

/** Returns what the environment says. An empty variable counts as unset. */
export function findVariable(
  name: SettingName,
  { environment }: Pick<SettingSources, 'environment'>,
): Resolved<string> | undefined {
  const { variables, isPresence } = settingRow(name)
  for (const variable of variables) {
    const value = environment[variable]
    if (value !== undefined && value !== '' && !isRegionOfAwsmfa(variable, environment))
      return { value: isPresence === true ? 'true' : value, origin: { kind: 'environment', variable } }
  }
  return undefined
}

/** Returns what the profiles say: the first that says anything of those that the setting's row admits. */
export function findInProfiles(
  name: SettingName,
  { profileChain = [] }: Pick<SettingSources, 'profileChain'>,
): Resolved<string> | undefined {
  const { profileKeys, profiles } = settingRow(name)
  for (const profile of profiles === 'target' ? profileChain.slice(0, 1) : profileChain) {
    const found = readKeys(profile, profileKeys)
    if (found !== undefined) return found
  }
  return undefined
}

/** Returns the MFA devices that profiles name, each as it is written. */
export function deviceSerials(profiles: Profiles): readonly string[] {
  return profiles.names().flatMap((name) => {
    return findInProfiles('MFA device', { profileChain: [profiles.find(name)] })?.value ?? []
  })
}

/** Returns what awsmfa's own settings file says. An empty value counts as unset. */
export function findDefault(
  name: SettingName,
  { defaults }: Pick<SettingSources, 'defaults'>,
): Resolved<string> | undefined {
  const key = settingRow(name).settingsKey
  const found = key === undefined ? undefined : defaults[key]
  if (key === undefined || found === undefined || found.value === '') return undefined
  return { value: found.value, origin: { kind: 'settings', key, place: found.place } }
}

/**
 * Returns the requested duration in seconds. Checks no limits but those that parsing the flags after `--` checked.
 * Throws USAGE for a value that is no duration, and STS_ARGUMENT for flags that contradict each other.
 */
export function findDuration(sources: SettingSources): Resolved<number> | undefined {
  const after = sources.tail?.durationSeconds
  if (after === undefined) {
    const found = findSetting('duration', sources)
    return found && toSeconds(found)
  }
  const before = findFlag('duration', sources)
  if (before !== undefined && toSeconds(before).value !== after.value)
    throw contradiction(after.origin, before.value, String(after.value))
  return after
}

/**
 * Reads where the token code is asked for. Throws USAGE for an unknown choice and for a switch that is neither yes nor
 * no.
 */
export function resolvePrompt(sources: SettingSources): PromptSettings {
  const choice = findSetting('prompt', sources)
  const noGui = findSetting('no window', sources)
  const hideArns = findSetting('hidden ARNs', sources)
  return {
    choice: choice && toChoice(choice),
    noGui: noGui && toSwitch(noGui),
    hideArns: hideArns !== undefined && toSwitch(hideArns).value,
  }
}

/** Reads where to ask. Throws USAGE for an unknown choice. */
export function toChoice(text: Resolved<string>): Resolved<PromptChoice> {
  const value = PROMPT_CHOICES.find((choice) => choice === text.value)
  if (value === undefined) throw badSetting(text, `one of ${PROMPT_CHOICES.join(', ')}`)
  return { value, origin: text.origin }
}

/** Reads yes or no: true, yes, on, 1 and their opposites. Throws USAGE for anything else. */
export function toSwitch({ value, origin }: Resolved<string>): Resolved<boolean> {
  if (/^(?:true|yes|on|1)$/i.test(value)) return { value: true, origin }
  if (/^(?:false|no|off|0)$/i.test(value)) return { value: false, origin }
  throw badSetting({ value, origin }, 'true or false')
}

/** Reads a duration in seconds. Throws USAGE for anything else. */
export function toSeconds({ value, origin }: Resolved<string>): Resolved<number> {
  // `--duration-seconds` takes digits alone, as it does in the AWS CLI.
  const onlyDigits = origin.kind === 'flag' && origin.flag === '--duration-seconds'
  const seconds = onlyDigits && !/^[0-9]+$/.test(value) ? undefined : parseDuration(value)
  if (seconds === undefined) throw badSetting({ value, origin }, onlyDigits ? 'an integer' : DURATION_FORM)
  return { value: seconds, origin }
}

/**
 * Reads the duration of a setting in seconds. Throws USAGE for anything else, and beyond the limit in the setting's
 * row.
 */
export function toLength(name: SettingName, found: Resolved<string>): Resolved<number> {
  const { longestSeconds } = settingRow(name)
  const seconds = toSeconds(found)
  if (longestSeconds === undefined || (seconds.value > 0 && seconds.value <= longestSeconds)) return seconds
  throw badSetting(found, `a duration up to ${longestSeconds / 60}m, such as 20s`)
}

/** Returns the failure of a setting with an invalid value; `nearest`: what was probably meant. */
export function badSetting({ value, origin }: Resolved<string>, expected: string, nearest?: string): AwsmfaError {
  return new AwsmfaError({
    code: 'USAGE',
    problem: { kind: 'bad-value', option: nameOf(origin), value, expected, origin, nearest },
  })
}

/** Returns the failure of a flag after `--` that contradicts one before it. */
export function contradiction(after: Origin, beforeValue: string, afterValue: string): AwsmfaError {
  return stsArgument({ kind: 'contradiction', flag: nameOf(after), before: beforeValue, after: afterValue })
}

function nameOf(origin: Origin): string {
  switch (origin.kind) {
    case 'flag':
    case 'sts-flag':
      return origin.flag
    case 'environment':
      return origin.variable
    case 'file':
    case 'settings':
      return origin.key
    case 'iam':
    case 'typed':
    case 'default':
      return origin.kind
  }
}
