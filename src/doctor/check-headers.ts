/** Checks the headers of sections: those that not every tool reads, and sections that exist twice. */
import { rivalOf } from './examination.ts'
import type { ExaminedFile, ExaminedSection, Rival } from './examination.ts'
import { REJECT, REJECTERS, finding, otherPlace, quote, show, syntaxFinding, toolNames } from './finding.ts'
import type { Finding, FindingCode, FindingDetails, Messages } from './finding.ts'
import { TOOLS, TOOL_IDS } from './tools.ts'
import type { ToolId } from './tools.ts'

/** A section in its file. */
interface SectionContext {
  readonly file: ExaminedFile
  readonly own: ExaminedSection
  readonly line: number
  /**
   * Where else the identity of its profile is set, so that fixing this header would change whose credentials tools use.
   */
  readonly rival: Rival | undefined
  /**
   * An indented header is part of the value above it for some tools, if there is one; otherwise it is a header for all.
   */
  readonly isInValue: boolean
  /**
   * The form that reusabit/awsmfa reads (its README, "AWS files"): a source without a role, or a section that such a
   * one names.
   */
  readonly isReusabit: boolean
}

/** Returns a finding for each header that some tool misreads, with the tools that miss its profile. */
export function checkHeaders(file: ExaminedFile): readonly Finding[] {
  const sourcesWithoutRole = new Set(file.sections.filter((own) => !hasRole(own)).map(sourceOf))
  return file.sections.flatMap((own, index) =>
    headerFindings({
      file,
      own,
      line: file.lineAt(own.section.start),
      rival: rivalOf(file, own),
      isInValue: isInValue(file.sections, index),
      isReusabit: (sourceOf(own) !== undefined && !hasRole(own)) || sourcesWithoutRole.has(own.header.name),
    }),
  )
}

/**
 * Returns sections that exist twice, their names compared as botocore does, blanks included; and `[default]` in two
 * forms.
 */
export function checkDuplicateSections(file: ExaminedFile): readonly Finding[] {
  const { path, sections, lineAt } = file
  const seen = new Map<string, ExaminedSection>()
  const found: Finding[] = []
  for (const [index, own] of sections.entries()) {
    const { greedyName, profile, name } = own.header
    if (greedyName === 'DEFAULT' || isInValue(sections, index)) continue
    const first = seen.get(greedyName)
    if (first === undefined) {
      seen.set(greedyName, own)
      continue
    }
    const isReadByAll = [first, own].every(({ header }) => header.rest === '' || header.isCommented)
    const place = { file: path, line: lineAt(own.section.start), otherLine: lineAt(first.section.start), profile, name }
    found.push(
      syntaxFinding('duplicate-section', { ...place, isFixable: isReadByAll && isSameBody(file.text, first, own) }),
    )
  }
  const [plain, prefixed] = [seen.get('default'), seen.get('profile default')]
  if (file.name === 'config' && plain !== undefined && prefixed !== undefined) {
    const [line, otherLine] = [lineAt(prefixed.section.start), lineAt(plain.section.start)]
    found.push(finding('two-default-sections', { file: path, line, otherLine, profile: 'default' }))
  }
  return found
}

function isInValue(sections: readonly ExaminedSection[], index: number): boolean {
  return sections[index]?.section.isIndented === true && (sections[index - 1]?.body.entries.length ?? 0) > 0
}

/** Whether two sections have the same keys with the same values, and the second one nothing else that would be lost. */
function isSameBody(text: string, first: ExaminedSection, second: ExaminedSection): boolean {
  const keysOf = ({ body }: ExaminedSection): string => {
    const keys = body.entries.map(({ key, value, continuations }) =>
      [key, value, ...continuations.map(({ start, contentEnd }) => text.slice(start, contentEnd))].join('\n'),
    )
    return JSON.stringify(keys.toSorted())
  }
  const others = first.body.strays.length + second.body.strays.length + second.body.comments.length
  return others === 0 && keysOf(first) === keysOf(second)
}

function headerFindings(context: SectionContext): readonly Finding[] {
  const { file, own, line } = context
  const { name, profile, greedyName } = own.header
  const details = { file: file.path, line, profile, name }
  if (name === '__proto__' || name === 'profile __proto__') return [syntaxFinding('proto-section', details)]
  if (greedyName === '') return context.isInValue ? [] : [syntaxFinding('empty-header', details)]
  if (name === 'DEFAULT') return own.body.entries.length === 0 ? [] : [syntaxFinding('default-in-capitals', details)]
  if (profile === undefined) return []
  return [
    ...(context.isInValue ? [syntaxFinding('indented-header', details)] : []),
    ...checkForm(context, details),
    ...checkRest(own, details),
    ...checkName(profile, details),
  ]
    .map((found) => ({ ...found, tools: toolsMissing(found, context) }))
    .filter(({ tools, code }) => tools.length > 0 || code === 'bare-section-of-awsmfa')
}

/** For these codes, whether a tool misses the profile depends on the file and on what else the header has. */
const VARYING: readonly FindingCode[] = [
  'bracket-after-header',
  'name-not-portable',
  'name-with-comment-sign',
  'quoted-header',
]

/** The tools that do not open the profile with this section; for known parsers, by what they see in the file. */
function toolsMissing({ code, tools }: Finding, { file, own, line }: SectionContext): readonly ToolId[] {
  if (code === 'bare-section-of-awsmfa') return tools
  return TOOL_IDS.filter((tool) => {
    const { engine } = TOOLS[tool]
    const parsed = engine === 'botocore' || engine === 'js' ? file.readAs(engine) : 'refused'
    if (parsed === 'refused') return tools.includes(tool)
    const isSeen = parsed.get(own.header.profile ?? '')?.headers.includes(line) === true
    return !isSeen && (tools.includes(tool) || VARYING.includes(code))
  })
}

/** Checks the text in the brackets, apart from the name itself. */
function checkForm({ file, own: { header }, rival, isReusabit }: SectionContext, place: FindingDetails): Finding[] {
  const { isPrefixed, isQuoted, isPadded, profile } = header
  const isConfig = file.name === 'config'
  if (isConfig && !isPrefixed && profile !== 'default')
    return isReusabit
      ? [finding('bare-section-of-awsmfa', { ...place, tools: [] })]
      : [syntaxFinding('bare-section-in-config', { ...place, ...rival })]
  const details = { ...place, ...rival }
  const isFixable = rival === undefined && header.isUniversal
  const isFixableName = isFixable && isPortable(profile)
  if (!isConfig && isPrefixed)
    return [syntaxFinding('profile-prefix-in-credentials', { ...details, isFixable: isFixableName })]
  return [
    ...(isPadded ? [syntaxFinding('padded-header', { ...details, isFixable })] : []),
    ...(isQuoted && (!isConfig || isPortable(profile))
      ? [syntaxFinding('quoted-header', { ...details, isFixable: isFixableName })]
      : []),
  ]
}

/**
 * JavaScript wants a header to end with its bracket or a comment after a blank; botocore reads on to the last bracket.
 */
function checkRest({ header: { rest, isCommented } }: ExaminedSection, details: FindingDetails): readonly Finding[] {
  const isComment = /^[#;]/.test(rest)
  if (rest.includes(']')) return [syntaxFinding(isComment ? 'bracket-after-header' : 'double-bracket', details)]
  if (isCommented) return [syntaxFinding('comment-after-header', { ...details, isFixable: true })]
  return rest === '' ? [] : [syntaxFinding(isComment ? 'joined-comment' : 'text-after-header', details)]
}

function checkName(name: string, details: FindingDetails): readonly Finding[] {
  if (/[#;]/.test(name)) return [syntaxFinding('name-with-comment-sign', details)]
  // A quoted name has a finding of its own.
  return isPortable(name) || /^["']/.test(name) ? [] : [syntaxFinding('name-not-portable', details)]
}

/**
 * Whether every tool accepts a name (Java, ProfileFileReader › VALID_IDENTIFIER; Rust, normalize.rs ›
 * validate_identifier).
 */
function isPortable(name: string | undefined): boolean {
  return name !== undefined && /^[A-Za-z0-9_\-/.%@:+]+$/.test(name)
}

function sourceOf({ body }: ExaminedSection): string | undefined {
  return body.entries.find(({ key }) => key === 'source_profile')?.value
}

function hasRole({ body }: ExaminedSection): boolean {
  return body.entries.some(({ key }) => key === 'role_arn')
}

const JS_LOSES = 'CDK and the SDK for JavaScript read the keys below as keys of the section above'

/** The message of each finding, and its fix. */
export const HEADER_MESSAGES = {
  'duplicate-section': (found) => [
    `[${show(found.name ?? found.profile)}] is also in ${otherPlace(found)}; ${REJECTERS}`,
    'merge them',
  ],
  'proto-section': (found) => [`because of this name, ${toolNames(found.tools)} silently ignore the file`, 'rename it'],
  'default-in-capitals': (found) => [
    `${toolNames(found.tools)} apply [DEFAULT] to all profiles in the file; other tools ignore it`,
    'rename it to [default] if you mean the default profile',
  ],
  'profile-prefix-in-credentials': (found) => [
    `${toolNames(found.tools)} ignore [profile ${show(found.profile)}] in the credentials file`,
    wayOut(found, `rename it to [${show(found.profile)}]`),
  ],
  'bare-section-in-config': (found) => [
    `tools ignore [${show(found.profile)}] in the config file`,
    wayOut(found, `rename it to [profile ${show(found.profile)}]`),
  ],
  'bare-section-of-awsmfa': (found) => [`only awsmfa and reusabit/awsmfa read [${show(found.name ?? found.profile)}]`],
  'two-default-sections': (found) => [
    `[profile default] overrides [default] (${otherPlace(found)}) in most tools; the AWS CLI, boto3 and SAM use the later one`,
    'merge them into [default]',
  ],
  'padded-header': (found) => [
    `${toolNames(found.tools)} do not read ${quote(found.profile)}: extra spaces in the header`,
    wayOut(found, 'remove the spaces'),
  ],
  'quoted-header': (found) => [
    `${toolNames(found.tools)} do not read ${quote(found.profile)}: quotes in the header`,
    wayOut(found, 'remove the quotes'),
  ],
  'comment-after-header': (found) => [
    `comment after the header; ${toolNames(found.tools)} rejects the file`,
    'move it to its own line',
  ],
  'joined-comment': () => [
    `comment directly after the header; ${JS_LOSES}; the SDK for .NET rejects the file`,
    'move it to its own line',
  ],
  'text-after-header': (found) => [
    `text after the header; ${JS_LOSES}; the other SDKs and Terraform miss ${quote(found.profile)} or reject the file`,
    'move it to its own line as a comment',
  ],
  'double-bracket': (found) => [
    `another ']' after the header; ${toolNames(found.tools)} ${found.tools.length === TOOL_IDS.length ? 'misreads' : 'misread'} the name`,
    "remove everything after the first ']'",
  ],
  'bracket-after-header': (found) => [
    `']' in the comment after the header; ${toolNames(found.tools)} misread the name or reject the file`,
    'move the comment to its own line',
  ],
  'empty-header': (found) => [`header without a name; ${toolNames(found.tools)} ${REJECT}`, 'name or remove it'],
  'indented-header': (found) => [
    `indented header; ${toolNames(found.tools)} read it as part of the value above`,
    'remove the indent',
  ],
  'name-not-portable': (found) => [
    `${toolNames(found.tools)} do not read the name ${quote(found.profile)}`,
    'use letters, digits and _-/.%@:+',
  ],
  'name-with-comment-sign': (found) => [
    `'#' or ';' in the name; ${toolNames(found.tools)} miss the profile or reject the file`,
    'rename it',
  ],
} satisfies Messages

/** With a rival, a fixed header would define the profile twice, or its credentials in both files. */
function wayOut(found: Finding, withoutRival: string): string {
  if (found.otherLine !== undefined)
    return `merge it with the other section of ${quote(found.profile)} in ${otherPlace(found)}`
  return found.other === undefined
    ? withoutRival
    : `the ${found.other} file also has credentials of ${quote(found.profile)}: keep one of them`
}
