import { readKeys } from '../aws-files/profile-keys.ts'
import { stsArgument } from '../aws/sts-api.ts'
import { PROMPT_CHOICES } from '../command-line/spec.ts'
import { SETTINGS_FILE_KEYS, SETTING_TABLE, settingRow } from './setting-table.ts'
import type { SettingName } from './setting-table.ts'
import type { ParsedStsArguments } from './sts-options.ts'
import type { PromptChoice, PromptSettings } from '../mfa/prompt.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { UsageProblem } from '../model/failure.ts'
import type { Environment, Invocation } from '../model/invocation.ts'
import type { Origin, Place, Resolved } from '../model/origin.ts'
import type { ProfileView } from '../model/profile.ts'
import { DURATION_FORM, parseDuration } from '../ui/duration.ts'
import { nearest } from '../ui/words.ts'

/** Finds what is settled about questions. Throws USAGE, naming the place, for a word that is no way to ask, and for a switch that is neither yes nor no. */
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

function toChoice(text: Resolved<string>): Resolved<PromptChoice> {
  const value = PROMPT_CHOICES.find((choice) => choice === text.value)
  if (value === undefined) throw badSetting(text, `one of ${PROMPT_CHOICES.join(', ')}`)
  return { value, origin: text.origin }
}

/** awsmfa's own settings file, after its format has been read: which keys it may have, and of what type their values may be. */

/** What may stand behind a key, whatever the format. Numbers and yes or no are text, as they are written. */
export type SettingsValue =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'nothing' | 'list' | 'table' | 'date' }

/** A key of the file. Lines count from 1; undefined where the format's parser does not tell. */
export interface SettingsEntry {
  readonly key: string
  readonly line: number | undefined
  readonly value: SettingsValue
}

/** The formats of the settings file. */
export type SettingsFormat = 'ini' | 'toml' | 'yaml' | 'json'

/** What a format's reader makes of a text: its keys, or the line that it stumbles over. */
export type ReadSettings =
  | { readonly kind: 'read'; readonly entries: readonly SettingsEntry[] }
  | { readonly kind: 'malformed'; readonly line: number | undefined }

/**
 * Gives the global defaults. A key with nothing behind it counts as not there, as it does in the other files. Throws USAGE for
 * a key that means nothing, for one that stands there twice, and for a value that is a list, a table or a date: a slip in this
 * file would go unnoticed for long.
 */
export function globalDefaults(entries: readonly SettingsEntry[], path: string): GlobalDefaults {
  const seen = new Map<string, SettingsEntry>()
  for (const entry of entries) {
    assertKnown(entry, path)
    const first = seen.get(entry.key)
    if (first !== undefined)
      throw usage({
        kind: 'repeated-setting',
        path,
        key: entry.key,
        lines: [first.line, entry.line].filter((line) => line !== undefined),
      })
    if (entry.value.kind !== 'text' && entry.value.kind !== 'nothing')
      throw usage({ kind: 'setting-type', path, key: entry.key, found: entry.value.kind, ...lineOf(entry) })
    seen.set(entry.key, entry)
  }
  return Object.fromEntries(
    [...seen.values()].flatMap((entry) =>
      entry.value.kind === 'text' ? [[entry.key, { value: entry.value.text, place: { path, ...lineOf(entry) } }]] : [],
    ),
  )
}

function assertKnown(entry: SettingsEntry, path: string): void {
  const { key } = entry
  if (SETTINGS_FILE_KEYS.includes(key)) return
  const instead = SETTING_TABLE.find(({ notInFile }) => notInFile?.key === key)?.notInFile?.instead
  const near = instead === undefined ? nearest(key, SETTINGS_FILE_KEYS) : undefined
  throw usage({
    kind: 'unknown-setting',
    path,
    key,
    ...lineOf(entry),
    ...(near === undefined ? {} : { nearest: near }),
    ...(instead === undefined ? {} : { instead }),
  })
}

function lineOf({ line }: SettingsEntry): { readonly line?: number } {
  return line === undefined ? {} : { line }
}

function usage(problem: UsageProblem): AwsmfaError {
  return new AwsmfaError({ code: 'USAGE', problem })
}

/**
 * Looks a setting up, place by place, in the order of its row in the setting table. Flags before and after `--` that say
 * different things are an error; otherwise the first place that has a value wins. An empty variable counts as unset.
 */

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
export function findFlag(
  name: SettingName,
  { options, tail }: Pick<SettingSources, 'options' | 'tail'>,
): Resolved<string> | undefined {
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
    if (value !== undefined && value !== '')
      return { value: isPresence === true ? 'true' : value, origin: { kind: 'environment', variable } }
  }
  return undefined
}

/** Gives what the profiles say: the first met for most settings, each in turn for those that may stand anywhere on the walk. */
export function findInProfiles(
  name: SettingName,
  { walk }: Pick<SettingSources, 'walk'>,
): Resolved<string> | undefined {
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
  return (
    findFlag(name, sources) ??
    findVariable(name, sources.environment) ??
    findInProfiles(name, sources) ??
    findDefault(name, sources.defaults)
  )
}

/** Gives a setting that has nothing to do with profiles: flags, environment, settings file. */
export function findOutsideLogin(
  name: SettingName,
  sources: Pick<SettingSources, 'options' | 'environment' | 'defaults'>,
): Resolved<string> | undefined {
  return findSetting(name, { ...sources, tail: NO_TAIL, walk: [] })
}

/** Nothing after `--`. */
export const NO_TAIL: ParsedStsArguments = {
  operation: 'AssumeRole',
  texts: {},
  durationSeconds: undefined,
  extras: {},
}

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
  if (before !== undefined && seconds?.value !== durationSeconds.value)
    throw contradiction(durationSeconds.origin, before.value, String(durationSeconds.value))
  return durationSeconds
}

/** Parses a length with its origin. Throws USAGE, naming where it stands, for text that is none. */
export function toSeconds({ value, origin }: Resolved<string>): Resolved<number> {
  // `--duration-seconds` takes digits alone, as it does in the AWS CLI.
  const onlyDigits = origin.kind === 'flag' && origin.flag === '--duration-seconds'
  const seconds = onlyDigits && !/^[0-9]+$/.test(value) ? undefined : parseDuration(value)
  if (seconds === undefined)
    throw badSetting({ value, origin }, onlyDigits ? 'a whole number of seconds' : DURATION_FORM)
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
  return new AwsmfaError({
    code: 'USAGE',
    problem: { kind: 'bad-value', option: nameOf(origin), value, expected, origin },
  })
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
