/**
 * `settings`: every setting with its value and where it comes from, as a login of this profile would have it: by the
 * login's own resolution as far as that gets, and by the setting table for what it leaves out or cannot reach.
 */
import type { Invocation } from '../command-line/table.ts'
import { renderFailure } from '../errors/messages.ts'
import { showOrigin, showPath, showSharedFile } from '../errors/wording.ts'
import type { FailureView } from '../errors/wording.ts'
import { loginInput } from '../login/prepare.ts'
import { pathOfSources } from '../login/profile-chain.ts'
import type { LoginResolution } from '../login/resolution.ts'
import { resolveLogin } from '../login/resolve.ts'
import type { LoginInput } from '../login/resolve.ts'
import { SETTING_TABLE, settingRow } from '../login/setting-table.ts'
import type { SettingName, SettingRow } from '../login/setting-table.ts'
import { badSetting, findDefault, findSetting, toLength, toSwitch } from '../login/settings.ts'
import type { SettingSources } from '../login/settings.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Failure } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import type { Origin, Resolved, SharedFileName } from '../model/profile.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { exactDuration } from '../ui/duration-words.ts'
import { paint, wrapLines } from '../ui/style.ts'
import type { TextStyle } from '../ui/style.ts'
import { commandLine, hint, profileWord, visible, warn } from '../ui/words.ts'

/** What `settings` needs: it cannot reach AWS, run a command, nor write a file. */
type SettingsRuntime = Pick<
  Runtime,
  'environment' | 'home' | 'isWindows' | 'now' | 'files' | 'readSettings' | 'terminal'
>

/**
 * Prints settings with their values and sources, and returns the exit code 0, also for a profile that could not sign
 * in, which is reported on stderr. Throws PROFILE_NOT_FOUND, FILE_UNREADABLE, and what reading awsmfa's
 * own settings throws.
 */
export async function settings(invocation: Invocation<'settings'>, runtime: SettingsRuntime): Promise<number> {
  const { environment, home, isWindows, terminal } = runtime
  const snapshots = runtime.files.read()
  const { paths } = snapshots
  // Nothing follows `--`, so no value names a file.
  const context = { environment, isWindows, readFile: () => '' }
  const report = reportSettings(loginInput(invocation, snapshots, await runtime.readSettings(), context))
  const view = { home, files: paths, now: runtime.now(), debug: false }
  if (invocation.options.json === true) {
    terminal.stdout(`${JSON.stringify(settingsObject(report, view))}\n`)
    return 0
  }
  const isAll = invocation.options.all === true
  terminal.stdout(renderSettings(report.settings, { view, style: terminal.data, isAll }))
  for (const failure of report.failures) {
    const { error, hints } = renderFailure(failure, view)
    terminal.stderr(warn(`${failure === report.refusal ? 'login would fail: ' : ''}${error}`))
    for (const each of hints) terminal.stderr(hint(each))
  }
  if (!isAll) terminal.stderr(hint(`to include defaults: ${lineForAll(report.profile)}`))
  return 0
}

function lineForAll(profile: string): string {
  return commandLine('settings', profileWord(profile), '--all')
}

/** Returns `name = value  (source)` for the settings that are set, and after them, with `isAll`, for the others. */
function renderSettings(
  settings: readonly ReportedSetting[],
  { view, style, isAll }: { readonly view: FailureView; readonly style: TextStyle; readonly isAll: boolean },
): string {
  const isSet = ({ name, origin }: ReportedSetting): boolean =>
    name === 'profile' || (origin !== undefined && origin.kind !== 'default')
  const line = (setting: ReportedSetting): string =>
    `${setting.name} = ${valueInWords(setting)}  (${originInWords(setting, view)})`
  const lines = [
    ...settings.filter(isSet).map(line),
    ...(isAll
      ? settings.filter((setting) => !isSet(setting)).map((setting) => paint(line(setting), 'dim', style))
      : []),
  ]
  return wrapLines(lines.map((text) => `${text}\n`).join(''), style.columns)
}

/**
 * One setting. `value`: seconds for a length, true or false for a switch, otherwise a string, without what must not be
 * shown. `value` and `origin` are undefined if it is set nowhere; `fallback` says in words what applies in that case.
 */
export interface ReportedSetting {
  readonly name: SettingName
  readonly value: string | number | boolean | undefined
  readonly origin: Origin | undefined
  readonly fallback: string | undefined
}

/** The settings of a profile. */
export interface SettingsReport {
  readonly profile: string
  /** The source chain, the profile itself first. */
  readonly path: readonly string[]
  /** In the order of the table; one row for each role of the chain. */
  readonly settings: readonly ReportedSetting[]
  /** Why a login would be refused before it asks for a token code, and every invalid setting. */
  readonly failures: readonly Failure[]
  /** The one of them that would refuse a login; undefined if none would. */
  readonly refusal: Failure | undefined
}

/**
 * Returns the settings of the profile that the line is about. Throws PROFILE_NOT_FOUND for a profile that was named and
 * is in neither file; nothing else that a login throws.
 */
export function reportSettings(input: LoginInput): SettingsReport {
  const { invocation, environment, profiles, defaults } = input
  const { resolution, failure } = attempt(input)
  const target = resolution?.target ?? resolveTargetProfile(invocation, environment)
  if (failure?.failure.code === 'PROFILE_NOT_FOUND' && target.origin.kind !== 'default') throw failure
  const path = resolution?.path ?? pathAsFarAsItGoes(target, input)
  const sources: SettingSources = {
    options: invocation.options,
    environment,
    profileChain: path.map((name) => profiles.find(name)),
    defaults,
  }
  const known = resolution?.trail ?? [{ setting: 'profile', value: target.value, origin: target.origin }]
  const read = SETTING_TABLE.map((row) =>
    readRow(
      row,
      known.filter(({ setting }) => setting === row.name),
      { sources, path },
    ),
  )
  const failures = [...(failure === undefined ? [] : [failure]), ...read.flatMap((row) => row.failures)].map(
    (error) => error.failure,
  )
  return {
    profile: target.value,
    path,
    settings: read.flatMap(({ settings }) => settings),
    failures: failures.filter((one, index) => index === failures.findIndex((other) => isSame(one, other))),
    refusal: failure?.failure,
  }
}

interface ResolveAttempt {
  readonly resolution: LoginResolution | undefined
  readonly failure: AwsmfaError | undefined
}

function attempt(input: LoginInput): ResolveAttempt {
  try {
    return { resolution: resolveLogin(input), failure: undefined }
  } catch (error) {
    if (error instanceof AwsmfaError) return { resolution: undefined, failure: error }
    throw error
  }
}

function pathAsFarAsItGoes(target: Resolved<string>, { profiles, paths, defaults }: LoginInput): readonly string[] {
  try {
    return pathOfSources({
      target,
      source: undefined,
      generalSource: findDefault('source profile', { defaults }),
      profiles,
      paths,
    })
  } catch (error) {
    if (error instanceof AwsmfaError) return [target.value]
    throw error
  }
}

interface ReadRow {
  readonly settings: readonly ReportedSetting[]
  readonly failures: readonly AwsmfaError[]
}

function readRow(
  row: SettingRow,
  known: LoginResolution['trail'],
  { sources, path }: { readonly sources: SettingSources; readonly path: readonly string[] },
): ReadRow {
  const found: readonly Resolved<string>[] =
    known.length > 0
      ? known
      : [findSetting(row.name, sources) ?? viaSuffix(row.name, path)].filter((one) => one !== undefined)
  const { name, fallback } = row
  if (found.length === 0) return { settings: [{ name, value: undefined, origin: undefined, fallback }], failures: [] }
  const read = found.map((one) => readValue(row, one))
  return {
    settings: read.map(({ value }, index) => ({ name, value, origin: found[index]?.origin, fallback })),
    failures: read.flatMap(({ failure }) => (failure === undefined ? [] : [failure])),
  }
}

/** Returns the source profile that was found by its suffix, without a setting. */
function viaSuffix(name: SettingName, path: readonly string[]): Resolved<string> | undefined {
  const last = path.length > 1 ? path.at(-1) : undefined
  return name === 'source profile' && last !== undefined ? { value: last, origin: { kind: 'default' } } : undefined
}

function readValue(
  { name, kind, showable, choices }: SettingRow,
  found: Resolved<string>,
): { readonly value: string | number | boolean; readonly failure?: AwsmfaError } {
  const shown = showable?.(found.value) ?? found.value
  if (choices?.includes(found.value) === false)
    return { value: shown, failure: badSetting(found, choices.join(' or ')) }
  if (kind === undefined) return { value: shown }
  try {
    return { value: kind === 'switch' ? toSwitch(found).value : toLength(name, found).value }
  } catch (error) {
    if (error instanceof AwsmfaError) return { value: shown, failure: error }
    throw error
  }
}

/** The resolution and the table may report the same value. */
function isSame(one: Failure, other: Failure): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** The object of `settings --json`: every field always there, lengths in seconds. */
function settingsObject({ profile, path, settings, failures }: SettingsReport, view: FailureView): object {
  return {
    profile,
    profiles: path,
    settings: settings.map(({ name, value, origin, fallback }) => ({
      setting: settingRow(name).released?.name ?? name,
      value: value ?? null,
      ...originObject(origin, view),
      fallback: settingRow(name).released?.fallback ?? fallback ?? null,
    })),
    problems: failures.map((failure) => renderFailure(failure, view).error),
  }
}

function valueInWords({ name, value, fallback }: ReportedSetting): string {
  if (value === undefined) return fallback ?? 'none'
  if (typeof value === 'number' && settingRow(name).kind === 'length') return exactDuration(value)
  return visible(String(value), 1000)
}

function originInWords({ origin, fallback }: ReportedSetting, view: FailureView): string {
  if (origin === undefined) return fallback === undefined ? 'not set' : 'default'
  if (origin.kind === 'file') return `${showSharedFile(origin.file, view)}, line ${origin.line}`
  if (origin.kind === 'settings')
    return showPath(origin.place.path, view) + (origin.place.line === undefined ? '' : `, line ${origin.place.line}`)
  // A word of the command line has no dashes.
  if (origin.kind === 'flag' && !origin.flag.startsWith('-')) return 'command line'
  return origin.kind === 'default' ? 'default' : showOrigin(origin, view)
}

interface OriginObject {
  readonly origin: 'flag' | 'environment' | 'profile' | 'settings-file' | 'built-in' | null
  readonly key: string | null
  readonly profile: string | null
  readonly path: string | null
  readonly line: number | null
}

const NOWHERE: OriginObject = { origin: null, key: null, profile: null, path: null, line: null }

function originObject(origin: Origin | undefined, { files }: FailureView): OriginObject {
  switch (origin?.kind) {
    case 'flag':
    case 'sts-flag':
      return { ...NOWHERE, origin: 'flag', key: origin.flag }
    case 'environment':
      return { ...NOWHERE, origin: 'environment', key: origin.variable }
    case 'file':
      return {
        origin: 'profile',
        key: origin.key,
        profile: origin.profile,
        path: pathOf(origin.file, files),
        line: origin.line,
      }
    case 'settings':
      return {
        origin: 'settings-file',
        key: origin.key,
        profile: null,
        path: origin.place.path,
        line: origin.place.line ?? null,
      }
    case 'iam':
    case 'typed':
    case 'default':
      return { ...NOWHERE, origin: 'built-in' }
    case undefined:
      return NOWHERE
  }
}

function pathOf(file: SharedFileName, files: FailureView['files']): string | null {
  return files?.[file] ?? null
}
