import {
  PROFILE_WORDS,
  checkDevices,
  checkKeyAge,
  checkKeyPairs,
  checkSecurityToken,
  checkSession,
} from './check-credentials.ts'
import { checkDoubles, checkHeaders } from './check-headers.ts'
import {
  MACHINE_WORDS,
  checkCaches,
  checkClock,
  checkPermissions,
  checkProcess,
  checkPrograms,
  checkVariableFiles,
  checkVariableKeys,
  checkVariableProfiles,
} from './check-machine.ts'
import { checkProfileKeys } from './check-shadows.ts'
import {
  SPELLING_WORDS,
  checkBytes,
  checkIndentedComments,
  checkKeys,
  checkReadable,
  checkStrayLines,
} from './check-spelling.ts'
import type { Examination } from './examination.ts'
import { FIX_LINE } from './finding.ts'
import type { Finding, FindingCode, FindingText, FindingView, FindingWords, Severity } from './finding.ts'
import { outcomeFindings } from './outcomes.ts'
import { LONG_TERM_SUFFIXES } from '../login/profile-chain.ts'
import { paint } from '../ui/style.ts'
import type { Color, TextStyle } from '../ui/style.ts'
import { displayPath, visible } from '../ui/words.ts'

/** All checks together: everything that doctor finds, in the order in which it is told. */

/**
 * Gives all findings: those in the files in the order of their lines, credentials first, then those round them, then what
 * tools do with each profile. With `only`, of those about profiles only the ones about it and what it works through.
 */
export function diagnose(examination: Examination, only?: string): readonly Finding[] {
  const { files, profiles } = examination
  const named = profiles
    .names()
    .map((name) => profiles.find(name))
    .filter((profile) => profile !== undefined)
  const inFiles = [files.credentials, files.config].flatMap((file) =>
    [checkReadable, checkBytes, checkStrayLines, checkDoubles, checkHeaders, checkKeys, checkIndentedComments].flatMap(
      (check) => check(file),
    ),
  )
  const inProfiles = named.flatMap((profile) => [
    ...[checkKeyPairs, checkSecurityToken, checkSession].flatMap((check) => check({ profile, examination })),
    ...[checkProfileKeys, checkDevices, checkKeyAge, checkProcess].flatMap((check) => check(profile, examination)),
  ])
  const round = [
    checkPermissions,
    checkCaches,
    checkClock,
    checkPrograms,
    checkVariableKeys,
    checkVariableProfiles,
    checkVariableFiles,
  ].flatMap((check) => check(examination))
  const placed = [...inFiles, ...inProfiles].toSorted(
    (left, right) => rankOf(left, files) - rankOf(right, files) || (left.line ?? 0) - (right.line ?? 0),
  )
  const outcomes = outcomeFindings(named, examination, placed)
  const all = [...placed, ...round, ...outcomes]
  return only === undefined ? all : all.filter(isAbout(only, examination))
}

function rankOf({ file }: Finding, files: Examination['files']): number {
  return file === files.credentials.path ? 0 : file === files.config.path ? 1 : 2
}

/** Gives which findings are about a profile and what it works through. Faults of a whole file concern every profile. */
export function isAbout(name: string, { profiles, sourcePathOf }: Examination): (finding: Finding) => boolean {
  const profile = profiles.find(name)
  const path = profile === undefined ? [name] : sourcePathOf(profile).path.map((each) => each.name)
  const concerned = new Set(path.flatMap((each) => [each, ...LONG_TERM_SUFFIXES.map((suffix) => each + suffix)]))
  return (found) =>
    found.profile === undefined || concerned.has(found.profile) || (found.severity === 'error' && isOfFile(found))
}

function isOfFile({ code }: Finding): boolean {
  return [
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
  ].includes(code)
}

/** What doctor says: findings grouped by file, with their lines, the worst first to be seen; or as JSON. */

const WORDS: FindingWords<FindingCode> = { ...SPELLING_WORDS, ...PROFILE_WORDS, ...MACHINE_WORDS }

const COLOURS: Readonly<Record<Severity, Color>> = { error: 'red', warning: 'yellow', note: 'dim' }

/** The question under what `--fix` would do besides changing the two files. */
export const MEND_QUESTION = 'Make these changes?'

/** The words of a finding. */
function findingText(finding: Finding, view: FindingView): FindingText {
  const [what, wayOut] = WORDS[finding.code](finding, view)
  return { what, wayOut }
}

/** Gives all findings as one JSON array; every field is always there. Fields may be added, none goes. */
export function renderFindingsJson(findings: readonly Finding[], view: FindingView): string {
  const rows = findings.map((finding) => {
    const { code, severity, file, line, profile, tools, isMendable } = finding
    const { what, wayOut } = findingText(finding, view)
    return {
      code,
      severity,
      file: file ?? null,
      line: line ?? null,
      profile: profile ?? null,
      tools,
      what,
      wayOut: wayOut ?? null,
      fixable: isMendable,
    }
  })
  return `${JSON.stringify(rows)}\n`
}

/** Gives the report for people: what is wrong by file, then what tools do by profile, then one line that counts. */
export function renderFindings(findings: readonly Finding[], view: FindingView, style: TextStyle): string {
  const outcomes = findings.filter(({ code }) => isOutcome(code))
  const others = findings.filter(({ code }) => !isOutcome(code))
  const files = [...new Set(others.map(({ file }) => file))].toSorted(
    (left, right) => Number(left === undefined) - Number(right === undefined),
  )
  const groups = files.map((file) => {
    const head = paint(file === undefined ? 'environment' : visible(displayPath(file, view.home), 1000), 'bold', style)
    return `${head}\n${others
      .filter((finding) => finding.file === file)
      .map((finding) => rowsOf(finding, view, style))
      .join('')}`
  })
  const byProfile = new Map<string, string[]>()
  for (const finding of outcomes) {
    const rows = byProfile.get(finding.profile ?? '') ?? []
    byProfile.set(finding.profile ?? '', rows)
    rows.push(`  ${findingText(finding, view).what}\n`)
  }
  const profiles = [...byProfile].map(
    ([profile, rows]) => `${paint(visible(profile), 'bold', style)}\n${rows.join('')}`,
  )
  return [...groups, ...profiles, countLine(others, style)].join('\n')
}

function rowsOf(finding: Finding, view: FindingView, style: TextStyle): string {
  const { what, wayOut } = findingText(finding, view)
  const { severity, code, line, profile } = finding
  const place = [line === undefined ? '' : `line ${line}`, profile === undefined ? '' : visible(profile)]
    .filter((part) => part !== '')
    .join(', ')
  const mark = paint(severity, COLOURS[severity], style)
  const hint = wayOut === undefined ? '' : `    ${finding.isMendable ? `${wayOut}: ${FIX_LINE}` : wayOut}\n`
  return `  ${mark}  ${place === '' ? '' : `${place}: `}${what} ${paint(`[${code}]`, 'dim', style)}\n${hint}`
}

function countLine(findings: readonly Finding[], style: TextStyle): string {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length
  const [errors, warnings] = [count('error'), count('warning')]
  if (errors + warnings === 0) return `${paint(style.unicode ? '✔' : 'ok', 'green', style)} nothing is wrong\n`
  const mark = paint(style.unicode ? '✖' : 'x', errors > 0 ? 'red' : 'yellow', style)
  const mendable = findings.filter(({ isMendable }) => isMendable).length
  const fix = mendable === 0 ? '' : `; to mend ${mendable} of them: ${FIX_LINE}`
  return `${mark} ${plural(errors, 'error')}, ${plural(warnings, 'warning')}${fix}\n`
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

function isOutcome(code: FindingCode): boolean {
  return code === 'tools-use' || code === 'tools-fail'
}

/** What `--fix` does besides changing the two files: modes, and damaged entries of caches that go. */
export function renderRepairs(findings: readonly Finding[], { home }: FindingView): string {
  return findings
    .map(({ code, file, facts }) => {
      const path = visible(displayPath(file ?? '', home), 1000)
      return code === 'loose-permissions'
        ? `${path}\n  -mode ${facts.name ?? ''}\n  +mode 0600\n`
        : `${path}\n  -(a damaged entry; it is removed)\n`
    })
    .join('')
}

/** `✔ done. To take it back: awsmfa undo`; modes and caches are not brought back. */
export function renderMended(hasFileChanges: boolean, undoLine: string, style: TextStyle): string {
  return `${paint(style.unicode ? '✔' : 'ok', 'green', style)} done.${hasFileChanges ? ` To take the changes of the two files back: ${undoLine}` : ''}\n`
}

/** Nothing that `--fix` mends. */
export function renderNothingToMend(): string {
  return 'awsmfa: note: there is nothing that --fix mends\n'
}
