/** What doctor says: findings grouped by file, with their lines, the worst first to be seen; or as JSON. */
import { displayPath } from '../core/display-path.ts'
import type { Finding } from '../core/doctor/finding.ts'
import type { Severity } from '../core/doctor/finding-table.ts'
import type { TextStyle } from '../core/ports.ts'
import { visible } from '../core/visible-text.ts'
import { paint } from './colour.ts'
import type { Colour } from './colour.ts'
import { MACHINE_WORDS } from './doctor/machine-words.ts'
import { PROFILE_WORDS } from './doctor/profile-words.ts'
import { SPELLING_WORDS } from './doctor/spelling-words.ts'
import { FIX_LINE } from './doctor/wording.ts'
import type { FindingText, FindingView, FindingWords } from './doctor/wording.ts'
import type { FindingCode } from '../core/doctor/finding-table.ts'

const WORDS: FindingWords<FindingCode> = { ...SPELLING_WORDS, ...PROFILE_WORDS, ...MACHINE_WORDS }
const COLOURS: Readonly<Record<Severity, Colour>> = { error: 'red', warning: 'yellow', note: 'dim' }

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
    return { code, severity, file: file ?? null, line: line ?? null, profile: profile ?? null, tools, what, wayOut: wayOut ?? null, fixable: isMendable }
  })
  return `${JSON.stringify(rows)}\n`
}

/** Gives the report for people: what is wrong by file, then what tools do by profile, then one line that counts. */
export function renderFindings(findings: readonly Finding[], view: FindingView, style: TextStyle): string {
  const outcomes = findings.filter(({ code }) => isOutcome(code))
  const others = findings.filter(({ code }) => !isOutcome(code))
  const files = [...new Set(others.map(({ file }) => file))].toSorted((left, right) => Number(left === undefined) - Number(right === undefined))
  const groups = files.map((file) => {
    const head = paint(file === undefined ? 'environment' : visible(displayPath(file, view.home), 1000), 'bold', style)
    return `${head}\n${others.filter((finding) => finding.file === file).map((finding) => rowsOf(finding, view, style)).join('')}`
  })
  const byProfile = new Map<string, string[]>()
  for (const finding of outcomes) {
    const rows = byProfile.get(finding.profile ?? '') ?? []
    byProfile.set(finding.profile ?? '', rows)
    rows.push(`  ${findingText(finding, view).what}\n`)
  }
  const profiles = [...byProfile].map(([profile, rows]) => `${paint(visible(profile), 'bold', style)}\n${rows.join('')}`)
  return [...groups, ...profiles, countLine(others, style)].join('\n')
}

function rowsOf(finding: Finding, view: FindingView, style: TextStyle): string {
  const { what, wayOut } = findingText(finding, view)
  const { severity, code, line, profile } = finding
  const place = [line === undefined ? '' : `line ${line}`, profile === undefined ? '' : visible(profile)].filter((part) => part !== '').join(', ')
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
      return code === 'loose-permissions' ? `${path}\n  -mode ${facts.name ?? ''}\n  +mode 0600\n` : `${path}\n  -(a damaged entry; it is removed)\n`
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

