/** Whether it is beyond doubt which keys tools take for a profile's, so that `--fix` changes how they are written and not whose they are. */
import { lowerAscii, trimBlanks } from '../files/ini-document.ts'
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
  const decided = new Set<string>()
  let above: string | undefined
  for (const own of sections) {
    const { profile } = own.header
    // Below what is no header for JavaScript the keys count for the section above.
    for (const name of [profile, isHeaderForAll(own) ? undefined : above]) if (name !== undefined && saysWho(own)) decided.add(name)
    if (isHeaderForAll(own)) above = profile
  }
  return decided
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
 * Only then keys of it can be made readable for more tools. `next` is the section after it.
 */
export function isSettled(file: ExaminedDocument, own: ExaminedSection, next: ExaminedSection | undefined): boolean {
  const { section, body } = own
  const isHeader = isHeaderForAll(own) && (next === undefined || isHeaderForAll(next))
  const doubtful = [...body.strays, ...body.entries.flatMap(({ continuations }) => continuations)].some(({ start, contentEnd }) => {
    const line = trimBlanks(file.text.slice(start, contentEnd))
    return line.startsWith('[') || isDeciding(lowerAscii(trimBlanks(/^[^=:]*/.exec(line)?.[0] ?? '')))
  })
  return isHeader && !section.isIndented && !doubtful && rivalOf(file, own) === undefined
}

function isHeaderForAll({ header: { rest, isCommented } }: ExaminedSection): boolean {
  return rest === '' || (isCommented && !rest.includes(']'))
}

function saysWho({ body }: ExaminedSection): boolean {
  return body.entries.some(({ key, continuations }) => isDeciding(key) || continuations.length > 0)
}
