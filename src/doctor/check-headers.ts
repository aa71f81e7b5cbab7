/** Checks the headers of sections: those that not every tool reads, and sections that exist twice. */
import { rivalOf } from './examination.ts'
import type { ExaminedFile, ExaminedSection, Rival } from './examination.ts'
import { REFUSED, REFUSERS, finding, otherPlace, quote, show, syntaxFinding, toolNames } from './finding.ts'
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

const JS_LOSES =
  'for CDK and the SDK for JavaScript the line is no header, and the keys below it count for the section above'

/** What each finding says, and what to do. */
export const HEADER_MESSAGES = {
  'duplicate-section': (found) => [
    `[${show(found.name ?? found.profile)}] stands here again, first in ${otherPlace(found)}; ${REFUSERS}`,
    'put the keys of both into one section',
  ],
  'proto-section': (found) => [
    `a section of this name makes ${toolNames(found.tools)} give the whole file up, silently`,
    'give it another name',
  ],
  'default-in-capitals': (found) => [
    `the keys of [DEFAULT] count for every profile of this file with ${toolNames(found.tools)}, and for none with the others`,
    'call it [default] if the default profile is meant',
  ],
  'profile-prefix-in-credentials': (found) => [
    `in the credentials file a header has no 'profile': ${toolNames(found.tools)} do not read this section`,
    wayOut(found, `call it [${show(found.profile)}]`),
  ],
  'bare-section-in-config': (found) => [
    `without 'profile' before its name no tool reads this section`,
    wayOut(found, `call it [profile ${show(found.profile)}]`),
  ],
  'bare-section-of-awsmfa': (found) => [
    `awsmfa reads [${show(found.name ?? found.profile)}], as reusabit/awsmfa does; no other tool does`,
  ],
  'two-default-sections': (found) => [
    `[profile default] counts and [default] in ${otherPlace(found)} does not, except for the SDK for .NET; with the AWS CLI, boto3 and SAM the later of the two`,
    'put the keys of both into [default]',
  ],
  'padded-header': (found) => [
    `${toolNames(found.tools)} do not take this section for ${quote(found.profile)}: there are blanks too many in its header`,
    wayOut(found, 'take the blanks out'),
  ],
  'quoted-header': (found) => [
    `${toolNames(found.tools)} do not take this section for ${quote(found.profile)}: its name stands in quotes`,
    wayOut(found, 'take the quotes out'),
  ],
  'comment-after-header': (found) => [
    `behind the header stands a comment; ${toolNames(found.tools)} refuses the whole file`,
    'give the comment a line of its own',
  ],
  'joined-comment': () => [
    `no blank stands before the comment behind the header: ${JS_LOSES}; the SDK for .NET refuses the whole file`,
    'give the comment a line of its own',
  ],
  'text-after-header': (found) => [
    `behind the header stands what is no comment: ${JS_LOSES}; the other SDKs and Terraform do not see ${quote(found.profile)}, or refuse the whole file`,
    'write it as a comment, on a line of its own',
  ],
  'double-bracket': (found) => [
    `another ']' stands behind the header: ${toolNames(found.tools)} ${found.tools.length === TOOL_IDS.length ? 'takes' : 'take'} another name from it, or none`,
    "take out what stands behind the first ']'",
  ],
  'bracket-after-header': (found) => [
    `a ']' stands in the comment behind the header: ${toolNames(found.tools)} take another name from it, or refuse the whole file`,
    'give the comment a line of its own',
  ],
  'empty-header': (found) => [
    `a header without a name; ${toolNames(found.tools)} ${REFUSED}`,
    'give it a name, or take it out',
  ],
  'indented-header': (found) => [
    `this header does not begin its line: for ${toolNames(found.tools)} it is part of the value above it`,
    'take the blanks before it out',
  ],
  'name-not-portable': (found) => [
    `${toolNames(found.tools)} do not see ${quote(found.profile)} under this name: not all of them take more than letters, digits and _-/.%@:+`,
    'give it a name of these',
  ],
  'name-with-comment-sign': (found) => [
    `a name with '#' or ';' makes ${toolNames(found.tools)} miss the profile or refuse the whole file`,
    'give it another name',
  ],
} satisfies Messages

/** With a rival, a fixed header would open the profile twice, or set its identity beside the other file. */
function wayOut(found: Finding, withoutRival: string): string {
  if (found.otherLine !== undefined)
    return `another section for ${quote(found.profile)} stands in ${otherPlace(found)}: put the keys of both into one`
  return found.other === undefined
    ? withoutRival
    : `the ${found.other} file says too who ${quote(found.profile)} is: keep one of the two, under a plain header`
}
