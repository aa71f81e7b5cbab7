/**
 * Runs all checks, and renders what they find. To add a check: a row in finding.ts, a function and the message in the
 * check-….ts of its subject, the function in a list below; if --fix fixes it, the edit in fix.ts. Its example is
 * fixtures/homes/doctor-<code>; test/doctor/broken-homes.test.ts writes the expected report beside it.
 */
import { diffLine } from '../aws-files/diff.ts'
import { isUtf16 } from '../aws-files/profiles.ts'
import * as credentials from './check-credentials.ts'
import * as environment from './check-machine.ts'
import * as headers from './check-headers.ts'
import * as machine from './check-machine.ts'
import { ROLE_MESSAGES, checkRoles } from './check-roles.ts'
import * as settings from './check-settings.ts'
import * as syntax from './check-syntax.ts'
import type { Examination, ExaminedFile } from './examination.ts'
import { showPath } from './finding.ts'
import type { Finding, FindingCode, MessageContext, Messages, Severity } from './finding.ts'
import { OUTCOME_MESSAGES, findOutcomes } from './outcomes.ts'
import { LONG_TERM_SUFFIXES } from '../aws-files/profile-keys.ts'
import type { ProfileView } from '../model/profile.ts'
import { paint, wrapLines } from '../ui/style.ts'
import type { Color, TextStyle } from '../ui/style.ts'
import { commandLine, note, tick, visible } from '../ui/words.ts'

/** The checks of each file by itself. */
const FILE_CHECKS: readonly ((file: ExaminedFile) => readonly Finding[])[] = [
  syntax.checkReadable,
  syntax.checkBytes,
  syntax.checkStrayLines,
  headers.checkDuplicateSections,
  headers.checkHeaders,
  syntax.checkKeys,
  syntax.checkIndentedComments,
]

/** The checks of each profile. */
const PROFILE_CHECKS: readonly ((profile: ProfileView, examination: Examination) => readonly Finding[])[] = [
  credentials.checkKeyPairs,
  credentials.checkSecurityToken,
  credentials.checkSession,
  checkRoles,
  credentials.checkDevices,
  credentials.checkKeyAge,
  settings.checkSettings,
  settings.checkCaBundle,
  settings.checkRegion,
  settings.checkAmbiguousSource,
  settings.checkStoredKeys,
  machine.checkProcess,
]

/** The checks of everything around the files. */
const MACHINE_CHECKS: readonly ((examination: Examination) => readonly Finding[])[] = [
  machine.checkPermissions,
  machine.checkCaches,
  machine.checkClock,
  machine.checkPrograms,
  environment.checkVariableKeys,
  environment.checkVariableProfiles,
  environment.checkVariableFiles,
  settings.checkEmpty,
]

const MESSAGES: Required<Messages> = {
  ...syntax.SYNTAX_MESSAGES,
  ...headers.HEADER_MESSAGES,
  ...credentials.CREDENTIAL_MESSAGES,
  ...ROLE_MESSAGES,
  ...settings.SETTING_MESSAGES,
  ...machine.MACHINE_MESSAGES,
  ...environment.ENVIRONMENT_MESSAGES,
  ...OUTCOME_MESSAGES,
}

/** Returns the checks for a file: what else is found in UTF-16 comes from reading it as UTF-8. */
function checksOf({ text }: ExaminedFile): typeof FILE_CHECKS {
  return isUtf16(text) ? [syntax.checkBytes] : FILE_CHECKS
}

/**
 * Returns all findings: those in the files, credentials first, by line; then those around them; then what tools do with
 * each profile. With `only`, the ones about profiles are limited to those profiles and their source chains.
 */
export function diagnose(examination: Examination, only?: readonly string[]): readonly Finding[] {
  const { files, profiles } = examination
  const known = profiles
    .names()
    .map((name) => profiles.find(name))
    .filter((profile) => profile !== undefined)
  const rankOf = ({ file }: Finding): number =>
    file === files.credentials.path ? 0 : file === files.config.path ? 1 : 2
  const inFiles = [
    ...[files.credentials, files.config].flatMap((file) => checksOf(file).flatMap((check) => check(file))),
    ...known.flatMap((profile) => PROFILE_CHECKS.flatMap((check) => check(profile, examination))),
  ].toSorted((left, right) => rankOf(left) - rankOf(right) || (left.line ?? 0) - (right.line ?? 0))
  const around = MACHINE_CHECKS.flatMap((check) => check(examination))
  const all = [...inFiles, ...around, ...findOutcomes(known, examination, inFiles)]
  return only === undefined ? all : all.filter(isAbout(only, examination))
}

/** Returns which findings are about profiles or their source chains. Faults of a whole file affect every profile. */
export function isAbout(
  only: readonly string[],
  { profiles, sourceChainOf }: Examination,
): (found: Finding) => boolean {
  const chain = only.flatMap((name) => {
    const profile = profiles.find(name)
    return profile === undefined ? [name] : sourceChainOf(profile).chain.map((link) => link.name)
  })
  const names = new Set(chain.flatMap((link) => [link, ...LONG_TERM_SUFFIXES.map((suffix) => link + suffix)]))
  return (found) =>
    found.profile === undefined ||
    names.has(found.profile) ||
    (found.severity === 'error' && WHOLE_FILE_CODES.has(found.code))
}

const WHOLE_FILE_CODES: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'duplicate-section',
  'duplicate-key',
  'colon-delimiter',
  'proto-section',
  'first-key-indented',
  'name-with-comment-sign',
  'line-without-key',
  'joined-comment',
  'text-after-header',
  'empty-header',
  'line-in-block',
  'nameless-in-block',
])

/** Returns all findings as one JSON array. Every field is always there; fields may be added, none is removed. */
export function renderFindingsJson(findings: readonly Finding[], context: MessageContext): string {
  const rows = findings.map((found) => {
    const [what, wayOut = null] = MESSAGES[found.code](found, context)
    const { code, severity, file = null, line = null, profile = null, tools, isFixable } = found
    return { code, severity, file, line, profile, tools, what, wayOut, fixable: isFixable }
  })
  return `${JSON.stringify(rows)}\n`
}

const COLORS: Readonly<Record<Severity, Color>> = { error: 'red', warning: 'yellow', note: 'dim' }

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note']

const FIX_LINE = commandLine('doctor', '--fix')

/** What a report for people shows. */
export interface ReportScope {
  /** The number of profiles that were checked. */
  readonly profiles: number
  /** Whether to show, besides problems, notes about profiles and what each tool does with each profile. */
  readonly isVerbose: boolean
}

/** Returns the report for people: problems by file, errors first; what tools do by profile; one line that counts. */
export function renderFindings(
  findings: readonly Finding[],
  { profiles, isVerbose }: ReportScope,
  context: MessageContext,
  style: TextStyle,
): string {
  const isOutcome = ({ code }: Finding): boolean => code === 'tools-use' || code === 'tools-fail'
  const others = findings.filter(
    (found) => !isOutcome(found) && (isVerbose || found.severity !== 'note' || found.profile === undefined),
  )
  const byFile = group(
    others.toSorted((left, right) => SEVERITIES.indexOf(left.severity) - SEVERITIES.indexOf(right.severity)),
    ({ file }) => file,
  ).toSorted(([left], [right]) => Number(left === undefined) - Number(right === undefined))
  const byProfile = isVerbose ? group(findings.filter(isOutcome), ({ profile }) => profile) : []
  const text = [
    ...byFile.map(([file, found]) => {
      const heading = paint(file === undefined ? 'environment' : showPath(file, context), 'bold', style)
      return `${heading}\n${found.map((each) => renderFinding(each, { context, style, isVerbose })).join('')}`
    }),
    ...byProfile.map(([profile, found]) => {
      const lines = found.map((each) => `  ${MESSAGES[each.code](each, context)[0]}\n`)
      return `${paint(visible(profile ?? ''), 'bold', style)}\n${lines.join('')}`
    }),
    renderCount(others, profiles, style),
  ].join(isVerbose ? '\n' : '')
  return wrapLines(text, style.columns)
}

/** Groups findings in the order of their first ones. */
function group(
  findings: readonly Finding[],
  keyOf: (found: Finding) => string | undefined,
): readonly (readonly [string | undefined, readonly Finding[]])[] {
  const groups = new Map<string | undefined, Finding[]>()
  for (const found of findings) {
    const key = keyOf(found)
    groups.set(key, groups.get(key) ?? [])
    groups.get(key)?.push(found)
  }
  return [...groups]
}

function renderFinding(
  found: Finding,
  { context, style, isVerbose }: Pick<ReportScope, 'isVerbose'> & { context: MessageContext; style: TextStyle },
): string {
  const [what, wayOut] = MESSAGES[found.code](found, context)
  const { severity, code, line, profile, isFixable } = found
  const name = visible(profile ?? '')
  const place = line === undefined ? name : `line ${line}${name === '' ? '' : ` (${name})`}`
  const label = paint(severity, COLORS[severity], style) + ' '.repeat(MARGIN - 2 - severity.length)
  const id = isVerbose ? ` ${paint(`[${code}]`, 'dim', style)}` : ''
  const hint = wayOut === undefined ? '' : `${' '.repeat(MARGIN)}${isFixable ? `${wayOut}: ${FIX_LINE}` : wayOut}\n`
  return `  ${label}${place === '' ? '' : `${place}: `}${what}${id}\n${hint}`
}

/** Where messages begin, after the severity. */
const MARGIN = 11

function renderCount(findings: readonly Finding[], profiles: number, style: TextStyle): string {
  const count = (severity: Severity): number => findings.filter((found) => found.severity === severity).length
  const [errors, warnings] = [count('error'), count('warning')]
  if (errors + warnings === 0)
    return profiles === 0 ? '' : `${tick(style)} No problems found in ${plural(profiles, 'profile')}\n`
  const fixable = findings.filter(({ isFixable }) => isFixable).length
  const fix = fixable === 0 ? '' : `. To fix ${fixable} of them: ${FIX_LINE}`
  return `${plural(errors, 'error')}, ${plural(warnings, 'warning')}${fix}\n`
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

/** Returns what `--fix` does besides changing the two files, as a diff: modes, and cache entries that it removes. */
export function renderRepairs(findings: readonly Finding[], context: MessageContext, style: TextStyle): string {
  return findings
    .map(({ code, file, name }) =>
      code === 'loose-permissions'
        ? `${showPath(file, context)}\n  ${diffLine('-', `mode ${name ?? ''}`, style)}\n  ${diffLine('+', 'mode 0600', style)}\n`
        : `${showPath(file, context)}\n  ${diffLine('-', '(damaged entry)', style)}\n`,
    )
    .join('')
}

/** Returns the line after a fix. Undo restores the two files, not modes or cache entries. */
export function renderFixed(hasFileChanges: boolean, style: TextStyle): string {
  const undo = hasFileChanges ? ` To undo the changes to config and credentials: ${commandLine('undo')}` : ''
  return `${tick(style)} Fixed.${undo}\n`
}

export function renderNothingToFix(): string {
  return note('nothing to fix automatically')
}
