import { rivalOf } from './examination.ts'
import type { ExaminedDocument, ExaminedSection, Header, Rival } from './examination.ts'
import { finding, spelling } from './finding.ts'
import type { Finding } from './finding.ts'
import { TOOLS, TOOL_IDS } from './tools.ts'
import type { ToolId } from './tools.ts'

/** What is wrong with sections and their headers. */

/** A section with its header taken apart, and those of the same file. */
interface Place {
  readonly file: ExaminedDocument
  readonly own: ExaminedSection
  readonly header: Header
  readonly line: number
  /** Another section opens the same profile, or says in the other file who it is: mending this one would change that. */
  readonly rival: Rival | undefined
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
    const rival = rivalOf(file, own)
    const isReusabits = (sourceOf(own) !== undefined && !hasRole(own)) || sourcesWithoutRole.has(header.name)
    return headerFindings({
      file,
      own,
      header,
      line: file.lineAt(own.section.start),
      rival,
      isBelowKey: isBelowKey(file.sections, index),
      isReusabits,
    })
  })
}

/** Sections that stand twice, their names compared as botocore does, blanks and all; `[default]` in two forms. */
export function checkDoubles({ path, text, sections, name, lineAt }: ExaminedDocument): readonly Finding[] {
  const seen = new Map<string, ExaminedSection>()
  const found: Finding[] = []
  for (const [index, own] of sections.entries()) {
    const key = own.header.greedyName
    const first = seen.get(key)
    if (key === 'DEFAULT' || (own.section.isIndented && isBelowKey(sections, index))) continue
    if (first === undefined) seen.set(key, own)
    else {
      const isMendable =
        [first, own].every(({ header }) => header.rest === '' || header.isCommented) && saysTheSame(text, first, own)
      found.push(
        spelling('duplicate-section', {
          file: path,
          line: lineAt(own.section.start),
          otherLine: lineAt(first.section.start),
          profile: own.header.profile,
          name: own.header.name,
          isMendable,
        }),
      )
    }
  }
  const [plain, prefixed] = ['default', 'profile default'].map((key) => seen.get(key))
  if (name === 'config' && plain !== undefined && prefixed !== undefined) {
    found.push(
      finding('two-default-sections', {
        file: path,
        line: lineAt(prefixed.section.start),
        otherLine: lineAt(plain.section.start),
        profile: 'default',
      }),
    )
  }
  return found
}

function isBelowKey(sections: readonly ExaminedSection[], index: number): boolean {
  return (sections[index - 1]?.body.entries.length ?? 0) > 0
}

/** Tells whether two sections hold the same keys with the same values, and nothing that could be lost. */
function saysTheSame(text: string, first: ExaminedSection, second: ExaminedSection): boolean {
  const linesOf = ({ body }: ExaminedSection): readonly string[] =>
    body.entries
      .map((entry) =>
        [
          entry.key,
          entry.value,
          ...entry.continuations.map(({ start, contentEnd }) => text.slice(start, contentEnd)),
        ].join('\n'),
      )
      .toSorted()
  const [left, right] = [linesOf(first), linesOf(second)]
  return (
    first.body.strays.length + second.body.strays.length + second.body.comments.length === 0 &&
    left.length === right.length &&
    left.every((line, index) => line === right[index])
  )
}

function headerFindings(place: Place): readonly Finding[] {
  const { file, own, header, line } = place
  const details = { file: file.path, line, profile: header.profile, name: header.name }
  if (header.name === '__proto__' || header.name === 'profile __proto__') return [spelling('proto-section', details)]
  if (header.greedyName === '')
    return own.section.isIndented && place.isBelowKey ? [] : [spelling('empty-header', details)]
  if (header.name === 'DEFAULT') return own.body.entries.length === 0 ? [] : [spelling('default-in-capitals', details)]
  if (header.profile === undefined) return []
  const found = [
    ...(own.section.isIndented && place.isBelowKey ? [spelling('indented-header', details)] : []),
    ...(file.name === 'credentials' ? ofCredentials(place, details) : ofConfig(place, details)),
    ...behindHeader(header, details),
    ...ofName(header.profile, details),
  ]
  return found
    .map((each) => ({ ...each, tools: toolsMissing(each, place) }))
    .filter(({ tools, code }) => tools.length > 0 || code === 'bare-section-of-awsmfa')
}

/** On these, how much is missed depends on the file and on what else stands in the header. */
const VARYING: readonly Finding['code'][] = [
  'bracket-after-header',
  'name-not-portable',
  'name-with-comment-sign',
  'quoted-header',
]

/** The tools that do not take the section for its profile; those whose parsers are known line by line by what they make of it. */
function toolsMissing({ code, tools }: Finding, { file, header, line }: Place): readonly ToolId[] {
  const misses = (tool: ToolId): boolean => {
    const { engine } = TOOLS[tool]
    const seen = engine === 'botocore' || engine === 'js' ? file.readAs[engine]() : 'refused'
    if (seen === 'refused') return tools.includes(tool)
    return (
      seen.get(header.profile ?? '')?.headers.includes(line) !== true &&
      (tools.includes(tool) || VARYING.includes(code))
    )
  }
  return code === 'bare-section-of-awsmfa' ? tools : TOOL_IDS.filter(misses)
}

/** JavaScript takes a line for a header that ends with its bracket, or with a comment that has a blank before it; botocore reads on to the last bracket. */
function behindHeader({ rest, isCommented }: Header, details: Details): readonly Finding[] {
  const isComment = /^[#;]/.test(rest)
  if (rest.includes(']')) return [spelling(isComment ? 'bracket-after-header' : 'double-bracket', details)]
  if (isCommented) return [spelling('comment-after-header', { ...details, isMendable: true })]
  return rest === '' ? [] : [spelling(isComment ? 'joined-comment' : 'text-after-header', details)]
}

type Details = Parameters<typeof spelling>[1]

function ofCredentials({ header, rival }: Place, plain: Details): readonly Finding[] {
  const details = { ...plain, ...rival }
  const isMendable = rival === undefined && isClosed(header)
  if (header.isPrefixed)
    return [
      spelling('profile-prefix-in-credentials', { ...details, isMendable: isMendable && isPlain(header.profile) }),
    ]
  return [
    ...(header.isPadded ? [spelling('padded-header', { ...details, isMendable })] : []),
    ...(header.isQuoted
      ? [spelling('quoted-header', { ...details, isMendable: isMendable && isPlain(header.profile) })]
      : []),
  ]
}

function ofConfig({ header, rival, isReusabits }: Place, plain: Details): readonly Finding[] {
  const details = { ...plain, ...rival }
  const isMendable = rival === undefined && isClosed(header)
  if (!header.isPrefixed && header.profile !== 'default')
    return isReusabits
      ? [finding('bare-section-of-awsmfa', { ...plain, tools: [] })]
      : [spelling('bare-section-in-config', details)]
  return [
    ...(header.isPadded ? [spelling('padded-header', { ...details, isMendable })] : []),
    ...(header.isQuoted && isPlain(header.profile) ? [spelling('quoted-header', { ...details, isMendable })] : []),
  ]
}

/** Every tool takes the line for a header. */
function isClosed({ rest, isCommented }: Header): boolean {
  return rest === '' || (isCommented && !rest.includes(']'))
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
