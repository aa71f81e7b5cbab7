/** Whether it is beyond doubt which keys tools take for a profile's, so that `--fix` changes how they are written and not whose they are. */
import { leadingBlanks } from '../files/ini-document.ts'
import type { ExaminedDocument, ExaminedSection } from './examination.ts'

const DECIDING = new Set([
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'aws_security_token',
  'credential_process',
  'credential_source',
  'login_session',
  'role_arn',
  'source_profile',
  'web_identity_token_file',
])

/** Tells whether a key (in lower case) is one of those that decide who a profile is. */
export function isDeciding(key: string): boolean {
  return DECIDING.has(key) || key.startsWith('sso_')
}

/** Gives the profiles about which these sections say who they are, whatever tool can read that. */
export function decidedIn(sections: readonly ExaminedSection[]): ReadonlySet<string> {
  return new Set(sections.filter(saysWho).flatMap(({ header }) => header.profile ?? []))
}

/** Where else it is said who the profile of a section is: on another line of the same file, or in the other file. */
export type Rival = { readonly otherLine: number } | { readonly other: 'credentials' | 'config' }

/** Gives the other place that says who the profile of a section is; undefined: there is none, and this section can be made readable. */
export function rivalOf(file: ExaminedDocument, own: ExaminedSection): Rival | undefined {
  const { profile } = own.header
  if (profile === undefined) return undefined
  const twin = file.sectionsFor(profile).find((each) => each !== own)
  if (twin !== undefined) return { otherLine: file.lineAt(twin.section.start) }
  return saysWho(own) && file.decidedElsewhere.has(profile) ? { other: file.name === 'config' ? 'credentials' : 'config' } : undefined
}

/**
 * Tells whether every tool that reads a section at all takes the same lines for it, and nothing else says who its profile is.
 * Only then keys of it can be made readable for more tools.
 */
export function isSettled(file: ExaminedDocument, own: ExaminedSection): boolean {
  const { section, header, body } = own
  const isHeader = (header.rest === '' || header.isCommented) && !header.rest.includes(']')
  const brackets = [...body.strays, ...body.entries.flatMap(({ continuations }) => continuations)].filter(({ start, contentEnd }) => file.text.charAt(start + leadingBlanks(file.text.slice(start, contentEnd))) === '[')
  return isHeader && !section.isIndented && brackets.length === 0 && rivalOf(file, own) === undefined
}

function saysWho({ body }: ExaminedSection): boolean {
  return body.entries.some(({ key, continuations }) => isDeciding(key) || continuations.length > 0)
}
