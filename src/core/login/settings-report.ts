/**
 * Every setting with its value and where it comes from, as a login of this profile would have it: by the login's own resolution
 * as far as that gets, and by the setting table for what it leaves out or cannot reach.
 */
import { AwsmfaError } from '../failures.ts'
import type { Failure } from '../failures.ts'
import type { Origin, Resolved } from '../origin.ts'
import type { LoginResolution } from './resolution.ts'
import { resolveLogin } from './resolve-login.ts'
import type { LoginInput } from './resolve-login.ts'
import { pathOfSources } from './role-chain.ts'
import { SETTING_TABLE } from './setting-table.ts'
import type { SettingName, SettingRow } from './setting-row.ts'
import { NO_TAIL, findDefault, findSetting, toLength, toSwitch } from './settings.ts'
import type { SettingSources } from './settings.ts'
import { resolveTargetProfile } from './target-profile.ts'

/**
 * One setting. `value`: seconds for a length, true or false for a switch, else text; what must not be shown is left out of it.
 * Undefined, as `origin` is: nothing is said anywhere, and `fallback` tells in words what holds then.
 */
export interface ReportedSetting {
  readonly name: SettingName
  readonly value: string | number | boolean | undefined
  readonly origin: Origin | undefined
  readonly fallback: string | undefined
}

/** What is to be told of a profile's settings. */
export interface SettingsReport {
  readonly profile: string
  /** The profiles that were looked at, the one that was asked for first. */
  readonly path: readonly string[]
  /** In the order of the table; a role for each role on the way. */
  readonly settings: readonly ReportedSetting[]
  /** Why a login would be refused before any code is asked for; and what is said of a setting that cannot be. */
  readonly failures: readonly Failure[]
  /** The one of them for which a login would be refused; undefined: none. */
  readonly refusal: Failure | undefined
}

/** Makes it. Throws PROFILE_NOT_FOUND for a profile that was named and is in neither file; nothing else that a login throws. */
export function reportSettings(input: LoginInput): SettingsReport {
  const { invocation, environment, profiles, defaults } = input
  const { resolution, failure } = attempt(input)
  const target = resolution?.target ?? resolveTargetProfile(invocation, environment)
  if (failure?.failure.code === 'PROFILE_NOT_FOUND' && target.origin.kind !== 'default') throw failure
  const path = resolution?.path ?? pathAsFarAsItGoes(target, input)
  const sources: SettingSources = { options: invocation.options, tail: NO_TAIL, environment, walk: path.map((name) => profiles.find(name)), defaults }
  const known = resolution?.trail ?? [{ setting: 'profile', value: target.value, origin: target.origin }]
  const read = SETTING_TABLE.map((row) => readRow(row, known.filter(({ setting }) => setting === row.name), { sources, path }))
  const failures = [...(failure === undefined ? [] : [failure]), ...read.flatMap((row) => row.failures)].map((error) => error.failure)
  return { profile: target.value, path, settings: read.flatMap(({ settings }) => settings), failures: failures.filter((one, index) => index === failures.findIndex((other) => isSame(one, other))), refusal: failure?.failure }
}

interface Attempt {
  readonly resolution: LoginResolution | undefined
  readonly failure: AwsmfaError | undefined
}

function attempt(input: LoginInput): Attempt {
  try {
    return { resolution: resolveLogin(input), failure: undefined }
  } catch (error) {
    if (error instanceof AwsmfaError) return { resolution: undefined, failure: error }
    throw error
  }
}

function pathAsFarAsItGoes(target: Resolved<string>, { profiles, paths, defaults }: LoginInput): readonly string[] {
  try {
    return pathOfSources({ target, source: undefined, generalSource: findDefault('source profile', defaults), profiles, paths })
  } catch (error) {
    if (error instanceof AwsmfaError) return [target.value]
    throw error
  }
}

interface ReadRow {
  readonly settings: readonly ReportedSetting[]
  readonly failures: readonly AwsmfaError[]
}

function readRow(row: SettingRow, known: LoginResolution['trail'], { sources, path }: { readonly sources: SettingSources; readonly path: readonly string[] }): ReadRow {
  const found: readonly Resolved<string>[] = known.length > 0 ? known : [findSetting(row.name, sources) ?? viaSuffix(row.name, path)].filter((one) => one !== undefined)
  const { name, fallback } = row
  if (found.length === 0) return { settings: [{ name, value: undefined, origin: undefined, fallback }], failures: [] }
  const read = found.map((one) => readValue(row, one))
  return {
    settings: read.map(({ value }, index) => ({ name, value, origin: found[index]?.origin, fallback })),
    failures: read.flatMap(({ failure }) => (failure === undefined ? [] : [failure])),
  }
}

/** Keys that were found under another name, which nothing had to say. */
function viaSuffix(name: SettingName, path: readonly string[]): Resolved<string> | undefined {
  const last = path.length > 1 ? path.at(-1) : undefined
  return name === 'source profile' && last !== undefined ? { value: last, origin: { kind: 'default' } } : undefined
}

function readValue({ name, kind, showable }: SettingRow, found: Resolved<string>): { readonly value: string | number | boolean; readonly failure?: AwsmfaError } {
  const shown = showable?.(found.value) ?? found.value
  if (kind === undefined) return { value: shown }
  try {
    return { value: kind === 'switch' ? toSwitch(found).value : toLength(name, found).value }
  } catch (error) {
    if (error instanceof AwsmfaError) return { value: shown, failure: error }
    throw error
  }
}

/** The resolution and the table may stumble over the same value. */
function isSame(one: Failure, other: Failure): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
