/** What is wrong with sections and their headers. */
import type { ExaminedDocument, ExaminedSection } from '../examination.ts'
import { finding, spelling } from '../finding.ts'
import type { Finding } from '../finding.ts'
import type { Header } from '../section-names.ts'

/** A section with its header taken apart, and those of the same file. */
interface Place {
  readonly file: ExaminedDocument
  readonly own: ExaminedSection
  readonly header: Header
  readonly line: number
  /** Another section opens the same profile in a form that all tools read, so that mending this one would make a double. */
  readonly isTaken: boolean
  /** The section above has keys, so that an indented header could belong to a value; else it is one for everybody. */
  readonly isBelowKey: boolean
  /** The form that reusabit/awsmfa reads (its README, "AWS files"): a source without a role, or one that such a section names. */
  readonly isReusabits: boolean
}

/** Headers that not every tool reads. */
export function checkHeaders(file: ExaminedDocument): readonly Finding[] {
  const sourcesWithoutRole = new Set(file.sections.filter((each) => !hasRole(each)).map(sourceOf))
  return file.sections.flatMap((own, index) => {
    const { header } = own
    const isTaken = header.profile !== undefined && file.countOf(header.profile) > 1
    const isBelowKey = (file.sections[index - 1]?.body.entries.length ?? 0) > 0
    const isReusabits = (sourceOf(own) !== undefined && !hasRole(own)) || sourcesWithoutRole.has(header.name)
    return headerFindings({ file, own, header, line: file.lineAt(own.section.start), isTaken, isBelowKey, isReusabits })
  })
}

/** Sections that stand twice; `[default]` in two forms. */
export function checkDoubles({ path, text, sections, name, lineAt }: ExaminedDocument): readonly Finding[] {
  const seen = new Map<string, ExaminedSection>()
  const found: Finding[] = []
  for (const own of sections) {
    const key = own.section.name
    const first = seen.get(key)
    if (first === undefined) seen.set(key, own)
    else {
      const isMendable = saysTheSame(text, first, own)
      found.push(spelling('duplicate-section', { file: path, line: lineAt(own.section.start), otherLine: lineAt(first.section.start), profile: own.header.profile, name: own.header.name, isMendable }))
    }
  }
  const [plain, prefixed] = [seen.get('default'), seen.get('profile default')]
  if (name === 'config' && plain !== undefined && prefixed !== undefined) {
    found.push(finding('two-default-sections', { file: path, line: lineAt(prefixed.section.start), otherLine: lineAt(plain.section.start), profile: 'default' }))
  }
  return found
}

/** Tells whether two sections hold the same keys with the same values, and nothing that could be lost. */
function saysTheSame(text: string, first: ExaminedSection, second: ExaminedSection): boolean {
  const linesOf = ({ body }: ExaminedSection): readonly string[] =>
    body.entries.map((entry) => [entry.key, entry.value, ...entry.continuations.map(({ start, contentEnd }) => text.slice(start, contentEnd))].join('\n')).toSorted()
  const [left, right] = [linesOf(first), linesOf(second)]
  return first.body.strays.length + second.body.strays.length + second.body.comments.length === 0 && left.length === right.length && left.every((line, index) => line === right[index])
}

function headerFindings(place: Place): readonly Finding[] {
  const { file, own, header, line } = place
  const details = { file: file.path, line, profile: header.profile, name: header.name }
  if (header.name === '__proto__' || header.name === 'profile __proto__') return [spelling('proto-section', details)]
  if (header.name === 'DEFAULT') return own.body.entries.length === 0 ? [] : [spelling('default-in-capitals', details)]
  if (header.profile === undefined) return []
  return [
    ...(own.section.isIndented && place.isBelowKey ? [spelling('indented-header', details)] : []),
    ...(file.name === 'credentials' ? ofCredentials(place, details) : ofConfig(place, details)),
    ...(/^[#;]/.test(header.rest) ? [spelling('comment-after-header', { ...details, isMendable: !header.rest.includes(']') })] : []),
    ...ofName(header.profile, details),
  ]
}

type Details = Parameters<typeof spelling>[1]

function ofCredentials({ header, isTaken }: Place, details: Details): readonly Finding[] {
  if (header.isPrefixed) return [spelling('profile-prefix-in-credentials', { ...details, isMendable: !isTaken && isPlain(header.profile) })]
  return [
    ...(header.isPadded ? [spelling('padded-header', { ...details, isMendable: !isTaken })] : []),
    ...(header.isQuoted ? [spelling('quoted-header', { ...details, isMendable: !isTaken && isPlain(header.profile) })] : []),
  ]
}

function ofConfig(place: Place, details: Details): readonly Finding[] {
  const { header, isTaken, isReusabits } = place
  if (!header.isPrefixed && header.profile !== 'default') return isReusabits ? [finding('bare-section-of-awsmfa', { ...details, tools: [] })] : [spelling('bare-section-in-config', details)]
  return [
    ...(header.isPadded ? [spelling('padded-header', { ...details, isMendable: !isTaken })] : []),
    ...(header.isQuoted && isPlain(header.profile) ? [spelling('quoted-header', { ...details, isMendable: !isTaken })] : []),
  ]
}

function sourceOf({ body }: ExaminedSection): string | undefined {
  return body.entries.find(({ key }) => key === 'source_profile')?.value
}

function hasRole({ body }: ExaminedSection): boolean {
  return body.entries.some(({ key }) => key === 'role_arn')
}

function ofName(name: string, details: Details): readonly Finding[] {
  if (/[#;]/.test(name)) return [spelling('name-with-comment-sign', details)]
  // The name as it stands in quotes is told of there.
  return isPlain(name) || /^["']/.test(name) ? [] : [spelling('name-not-portable', details)]
}

/** Names that every tool takes (Java, ProfileFileReader › VALID_IDENTIFIER; Rust, normalize.rs › validate_identifier). */
function isPlain(name: string | undefined): boolean {
  return name !== undefined && /^[A-Za-z0-9_\-/.%@:+]+$/.test(name)
}
