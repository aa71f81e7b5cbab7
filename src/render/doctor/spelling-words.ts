/** The words for findings about how the two files are written. */
import type { FindingCode } from '../../core/doctor/finding-table.ts'
import { TOOL_IDS } from '../../core/doctor/tools.ts'
import type { SpellingCode } from '../../core/doctor/parser-behaviour.ts'
import { visible } from '../../core/visible-text.ts'
import { keyOf, otherLine, quote, sectionOf, toolNames } from './wording.ts'
import type { FindingWords } from './wording.ts'
import type { Finding } from '../../core/doctor/finding.ts'

type FileCode = SpellingCode | Extract<FindingCode, 'file-unreadable' | 'bare-section-of-awsmfa' | 'two-default-sections'>

const REFUSED = 'refuse the whole file: every call fails, for all profiles'
const REFUSERS = `the AWS CLI, boto3 and SAM ${REFUSED}; the SDK for .NET reads less than the others`

const JS_LOSES = 'for CDK and the SDK for JavaScript the line is no header, and the keys below it count for the section above'

/** By code. The tools that are named are those of the table of parsers. */
export const SPELLING_WORDS: FindingWords<FileCode> = {
  'file-unreadable': ({ facts }) => [`the file cannot be read (${visible(facts.name ?? '')}); no tool gets anything from it`, 'see to its owner and mode, or put the file where the folder or link is'],
  'byte-order-mark': (found) => [`the file begins with a byte order mark; ${toolNames(found.tools)} refuse it whole, or miss its first section`, 'save it as UTF-8 without the mark'],
  'not-utf8': (found) => [`the first byte here that is no UTF-8; ${toolNames(found.tools)} ${REFUSED}`, 'save the file as UTF-8; a comment counts too'],
  'carriage-returns': (found) => [`lines end with CR alone; ${toolNames(found.tools)} see no section in the file`, 'save it with LF or CR LF'],
  'key-before-section': (found) => [`a key stands above the first section; ${toolNames(found.tools)} ${REFUSED}`, 'move it below a header, or take it out'],
  'line-without-key': (found) => [
    `this line ${found.facts.key === undefined ? 'is no key' : `has ${keyOf(found)} and no '='`}; ${toolNames(found.tools)} ${REFUSED}`,
    found.facts.key === undefined ? "begin it with '#' or take it out" : "put '=' between key and value",
  ],
  'duplicate-section': (found) => [`${sectionOf(found)} stands here again, first in ${otherLine(found)}; ${REFUSERS}`, 'put the keys of both into one section'],
  'duplicate-key': (found) => [`${keyOf(found)} stands here again, first in ${otherLine(found)}; ${REFUSERS}`, 'take one of the two out'],
  'proto-section': (found) => [`a section of this name makes ${toolNames(found.tools)} give the whole file up, silently`, 'give it another name'],
  'default-in-capitals': (found) => [`the keys of [DEFAULT] count for every profile of this file with ${toolNames(found.tools)}, and for none with the others`, 'call it [default] if the default profile is meant'],
  'profile-prefix-in-credentials': (found) => [`in the credentials file a header has no 'profile': ${toolNames(found.tools)} do not read this section`, wayOutOf(found, `call it [${visible(found.profile ?? '')}]`)],
  'bare-section-in-config': (found) => [`without 'profile' before its name no tool reads this section`, wayOutOf(found, `call it [profile ${visible(found.profile ?? '')}]`)],
  'bare-section-of-awsmfa': (found) => [`awsmfa reads ${sectionOf(found)}, as reusabit/awsmfa does; no other tool does`],
  'two-default-sections': (found) => [`[profile default] counts and [default] in ${otherLine(found)} does not, except for the SDK for .NET; with the AWS CLI, boto3 and SAM the later of the two`, 'put the keys of both into [default]'],
  'padded-header': (found) => [`${toolNames(found.tools)} do not take this section for ${quote(found.profile)}: there are blanks too many in its header`, wayOutOf(found, 'take the blanks out')],
  'quoted-header': (found) => [`${toolNames(found.tools)} do not take this section for ${quote(found.profile)}: its name stands in quotes`, wayOutOf(found, 'take the quotes out')],
  'comment-after-header': (found) => [`behind the header stands a comment; ${toolNames(found.tools)} refuses the whole file`, 'give the comment a line of its own'],
  'joined-comment': () => [`no blank stands before the comment behind the header: ${JS_LOSES}; the SDK for .NET refuses the whole file`, 'give the comment a line of its own'],
  'text-after-header': (found) => [`behind the header stands what is no comment: ${JS_LOSES}; the other SDKs and Terraform do not see ${quote(found.profile)}, or refuse the whole file`, 'write it as a comment, on a line of its own'],
  'double-bracket': (found) => [`another ']' stands behind the header: ${toolNames(found.tools)} ${found.tools.length === TOOL_IDS.length ? 'takes' : 'take'} another name from it, or none`, "take out what stands behind the first ']'"],
  'bracket-after-header': (found) => [`a ']' stands in the comment behind the header: ${toolNames(found.tools)} take another name from it, or refuse the whole file`, 'give the comment a line of its own'],
  'empty-header': (found) => [`a header without a name; ${toolNames(found.tools)} ${REFUSED}`, 'give it a name, or take it out'],
  'indented-header': (found) => [`this header does not begin its line: for ${toolNames(found.tools)} it is part of the value above it`, 'take the blanks before it out'],
  'name-not-portable': (found) => [`${toolNames(found.tools)} do not see ${quote(found.profile)} under this name: not all of them take more than letters, digits and _-/.%@:+`, 'give it a name of these'],
  'name-with-comment-sign': (found) => [`a name with '#' or ';' makes ${toolNames(found.tools)} miss the profile or refuse the whole file`, 'give it another name'],
  'upper-case-key': (found) => [`${keyOf(found)} is not seen by ${toolNames(found.tools)}, which know it in small letters alone`, 'write it in small letters'],
  'colon-delimiter': (found) => [`':' stands behind ${keyOf(found)}; ${toolNames(found.tools)} miss the key or refuse the whole file`, "write '='"],
  'inline-comment': (found) => [`for ${toolNames(found.tools)} the comment is part of the value of ${keyOf(found)}`, 'give the comment a line of its own'],
  'quoted-value': (found) => [`for ${toolNames(found.tools)} the quotes are part of the value of ${keyOf(found)}`, 'take the quotes out'],
  'first-key-indented': (found) => [`${keyOf(found)} does not begin its line; ${toolNames(found.tools)} miss it or refuse the whole file`, 'take the blanks before it out'],
  'key-in-value': (found) => [`for ${toolNames(found.tools)} ${keyOf(found)} is part of the value of ${quote(found.facts.other)} above it, or not there`, 'take the blanks before it out'],
  'line-in-block': (found) => [`this line belongs to ${keyOf(found)} above it, and has no '='; ${toolNames(found.tools)} ${REFUSED}`, `put the value of ${keyOf(found)} into its own line, or '=' into this one`],
  'indented-comment': (found) => [`this comment does not begin its line; ${toolNames(found.tools)} take it for part of a value or refuse the whole file`, 'take the blanks before it out'],
}

/** Mended, the section would be there twice, or would count beside what the other file says of the same profile. */
function wayOutOf(found: Finding, plain: string): string {
  const { otherLine: line, other } = found.facts
  if (line !== undefined) return `another section for ${quote(found.profile)} stands in ${otherLine(found)}: put the keys of both into one`
  return other === undefined ? plain : `the ${other} file says too who ${quote(found.profile)} is: keep one of the two, under a plain header`
}
