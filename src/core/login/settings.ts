/**
 * Looks a setting up, place by place, in the order of its row in the setting table. Flags before and after `--` that say
 * different things are an error; otherwise the first place that has a value wins. An empty variable counts as unset.
 */
import type { ProfileView } from '../files/profile-view.ts'
import { AwsmfaError } from '../failures.ts'
import type { Invocation } from '../invocation.ts'
import type { Origin, Place, Resolved } from '../origin.ts'
import { DURATION_FORM, parseDuration } from './duration.ts'
import { readKeys } from './profile-keys.ts'
import { settingRow } from './setting-table.ts'
import type { SettingName } from './setting-row.ts'
import type { ParsedStsArguments } from './sts-arguments.ts'
import { stsArgument } from './sts-values.ts'
import type { Environment } from './target-profile.ts'

/** One value of awsmfa's own settings file, and where it stands there. */
export interface GlobalDefault {
  readonly value: string
  readonly place: Place
}

/** awsmfa's own settings file, by key: what holds where nothing else says anything. */
export type GlobalDefaults = Readonly<Record<string, GlobalDefault>>

/** Everywhere a setting may stand. `walk`: the views of the profiles met, in order; the first is the one that gets the session. */
export interface SettingSources {
  readonly options: Invocation['options']
  readonly tail: ParsedStsArguments
  readonly environment: Environment
  readonly walk: readonly (ProfileView | undefined)[]
  readonly defaults: GlobalDefaults
}

/** Gives what a flag says, before or after `--`. Throws STS_ARGUMENT where both speak and contradict each other. */
export function findFlag(name: SettingName, { options, tail }: Pick<SettingSources, 'options' | 'tail'>): Resolved<string> | undefined {
  const row = settingRow(name)
  const after = row.stsFlags.map((flag) => tail.texts[flag]).find((value) => value !== undefined)
  const before = row.flags.map((flag) => [flag, options[flag]] as const).find(([, value]) => value !== undefined)
  const value = before?.[1] === true ? 'true' : before?.[1]
  if (before === undefined || value === undefined) return after
  if (after !== undefined && after.value !== value) throw contradiction(after.origin, value, after.value)
  return { value, origin: { kind: 'flag', flag: `--${before[0]}` } }
}

/** Gives what the environment says. */
export function findVariable(name: SettingName, environment: Environment): Resolved<string> | undefined {
  const { variables, isPresence } = settingRow(name)
  for (const variable of variables) {
    const value = environment[variable]
    if (value !== undefined && value !== '') return { value: isPresence === true ? 'true' : value, origin: { kind: 'environment', variable } }
  }
  return undefined
}

/** Gives what the profiles say: the first met for most settings, each in turn for those that may stand anywhere on the walk. */
export function findInProfiles(name: SettingName, { walk }: Pick<SettingSources, 'walk'>): Resolved<string> | undefined {
  const { profileKeys, profiles } = settingRow(name)
  for (const profile of profiles === 'target' ? walk.slice(0, 1) : walk) {
    const found = readKeys(profile, profileKeys)
    if (found !== undefined) return found
  }
  return undefined
}

/** Gives what awsmfa's own settings file says. */
export function findDefault(name: SettingName, defaults: GlobalDefaults): Resolved<string> | undefined {
  const key = settingRow(name).settingsKey
  const found = key === undefined ? undefined : defaults[key]
  if (key === undefined || found === undefined || found.value === '') return undefined
  return { value: found.value, origin: { kind: 'settings', key, place: found.place } }
}

/** Gives the setting from the first place that has it: flags, environment, profiles, settings file. */
export function findSetting(name: SettingName, sources: SettingSources): Resolved<string> | undefined {
  return findFlag(name, sources) ?? findVariable(name, sources.environment) ?? findInProfiles(name, sources) ?? findDefault(name, sources.defaults)
}

/** Gives a setting that has nothing to do with profiles: flags, environment, settings file. */
export function findOutsideLogin(name: SettingName, sources: Pick<SettingSources, 'options' | 'environment' | 'defaults'>): Resolved<string> | undefined {
  return findSetting(name, { ...sources, tail: NO_TAIL, walk: [] })
}

/** Nothing after `--`. */
export const NO_TAIL: ParsedStsArguments = { operation: 'AssumeRole', texts: {}, durationSeconds: undefined, extras: {} }

/** Reads yes or no: true, yes, on, 1 and their opposites. Throws USAGE, naming where it stands, for anything else. */
export function toSwitch({ value, origin }: Resolved<string>): Resolved<boolean> {
  if (/^(?:true|yes|on|1)$/i.test(value)) return { value: true, origin }
  if (/^(?:false|no|off|0)$/i.test(value)) return { value: false, origin }
  throw badSetting({ value, origin }, 'true or false')
}

/**
 * Gives the asked-for length in seconds, or undefined where nothing asks. Checks no limits but those that parsing the tail
 * checked. Throws USAGE for text that is no length, naming its place, and STS_ARGUMENT for flags that contradict each other.
 */
export function findDuration(sources: SettingSources): Resolved<number> | undefined {
  const { durationSeconds } = sources.tail
  const before = findFlag('duration', sources)
  if (durationSeconds === undefined) {
    const found = findSetting('duration', sources)
    return found === undefined ? undefined : toSeconds(found)
  }
  const seconds = before === undefined ? undefined : toSeconds(before)
  if (before !== undefined && seconds?.value !== durationSeconds.value) throw contradiction(durationSeconds.origin, before.value, String(durationSeconds.value))
  return durationSeconds
}

/** Parses a length with its origin. Throws USAGE, naming where it stands, for text that is none. */
export function toSeconds({ value, origin }: Resolved<string>): Resolved<number> {
  // `--duration-seconds` takes digits alone, as it does in the AWS CLI.
  const onlyDigits = origin.kind === 'flag' && origin.flag === '--duration-seconds'
  const seconds = onlyDigits && !/^[0-9]+$/.test(value) ? undefined : parseDuration(value)
  if (seconds === undefined) throw badSetting({ value, origin }, onlyDigits ? 'a whole number of seconds' : DURATION_FORM)
  return { value: seconds, origin }
}

/** Reads the length that a setting names. Throws USAGE, naming where it stands, for text that is none and beyond the setting's limit. */
export function toLength(name: SettingName, found: Resolved<string>): Resolved<number> {
  const { longestSeconds } = settingRow(name)
  const seconds = toSeconds(found)
  if (longestSeconds === undefined || (seconds.value > 0 && seconds.value <= longestSeconds)) return seconds
  throw badSetting(found, `a length of time up to ${longestSeconds / 60}m, such as 20s`)
}

/** Makes the failure of a setting whose value cannot be, with its place. */
export function badSetting({ value, origin }: Resolved<string>, expected: string): AwsmfaError {
  return new AwsmfaError({ code: 'USAGE', problem: { kind: 'bad-value', option: nameOf(origin), value, expected, origin } })
}

/** Makes the failure of a flag after `--` that says something else than one before it. */
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
