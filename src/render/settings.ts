/** `settings`: every setting with its value and where it comes from, as a table and as JSON. */
import type { Failure } from '../core/failures.ts'
import { settingRow } from '../core/login/setting-table.ts'
import type { ReportedSetting, SettingsReport } from '../core/login/settings-report.ts'
import type { Origin, SharedFileName } from '../core/origin.ts'
import type { TextStyle } from '../core/ports.ts'
import { visible } from '../core/visible-text.ts'
import { paint } from './colour.ts'
import { exactDuration } from './duration-words.ts'
import { renderFailure } from './failure.ts'
import type { FailureView } from './failure.ts'
import { showOrigin } from './failures/wording.ts'
import { displayWidth, padDisplay } from './width.ts'

/** The table with its header, each line ended: setting, value, where it comes from. */
export function renderSettingsTable({ settings }: SettingsReport, view: FailureView, style: TextStyle): string {
  const rows = settings.map((setting) => [visible(setting.name), valueInWords(setting), originInWords(setting, view)] as const)
  const header = ['SETTING', 'VALUE', 'FROM'] as const
  const widths = [0, 1].map((column) => Math.max(...[header, ...rows].map((row) => displayWidth(row[column] ?? ''))))
  const line = (row: readonly string[]): string => row.map((cell, column) => padDisplay(cell, widths[column] ?? 0)).join('  ').trimEnd()
  return [paint(line(header), 'bold', style), ...rows.map((row, index) => (settings[index]?.origin === undefined ? paint(line(row), 'dim', style) : line(row)))].map((text) => `${text}\n`).join('')
}

/** The object of `settings --json`: every field always there, lengths in seconds. */
export function settingsObject({ profile, path, settings, failures }: SettingsReport, view: FailureView): object {
  return {
    profile,
    profiles: path,
    settings: settings.map(({ name, value, origin, fallback }) => ({ setting: name, value: value ?? null, ...originObject(origin, view), fallback: fallback ?? null })),
    problems: failures.map((failure) => renderFailure(failure, view).error),
  }
}

/** Says what cannot be, or, with `refusesLogin`, why a login would be refused, and how to mend it, in lines for stderr. */
export function renderSettingsProblem(failure: Failure, refusesLogin: boolean, view: FailureView): string {
  const { error, hints } = renderFailure(failure, view)
  return [`note: ${refusesLogin ? 'a login would be refused: ' : ''}${error}`, ...hints.map((hint) => `hint: ${hint}`)].map((line) => `awsmfa: ${line}\n`).join('')
}

function valueInWords({ name, value, fallback }: ReportedSetting): string {
  if (value === undefined) return fallback ?? 'not set'
  if (typeof value === 'number' && settingRow(name).kind === 'length') return exactDuration(value)
  return visible(String(value), 1000)
}

function originInWords({ origin, fallback }: ReportedSetting, view: FailureView): string {
  if (origin === undefined) return fallback === undefined ? '' : 'built-in'
  if (origin.kind === 'default') return 'built-in'
  // A word of the command line has no dashes.
  if (origin.kind === 'flag' && !origin.flag.startsWith('-')) return 'the command line'
  return showOrigin(origin, view)
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
      return { origin: 'profile', key: origin.key, profile: origin.profile, path: pathOf(origin.file, files), line: origin.line }
    case 'settings':
      return { origin: 'settings-file', key: origin.key, profile: null, path: origin.place.path, line: origin.place.line ?? null }
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
