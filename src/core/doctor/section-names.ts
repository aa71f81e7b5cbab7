/** What the name of a section stands for, and what is wrong with how a header is written. */
import { decodeUtf8 } from '../files/byte-text.ts'
import { trimBlanks } from '../files/ini-document.ts'
import type { IniDocument, IniSection } from '../files/ini-document.ts'
import type { SharedFileName } from '../origin.ts'

/** A header, taken apart. All are texts; `inner` is what stands between the brackets, as it is written. */
export interface Header {
  readonly inner: string
  readonly name: string
  /** The profile that it is meant to open; undefined: none. */
  readonly profile: string | undefined
  readonly isPrefixed: boolean
  readonly isQuoted: boolean
  readonly isPadded: boolean
  /** What stands behind the bracket; `isCommented`: it is a comment for JavaScript too, which wants a blank before it. */
  readonly rest: string
  readonly isCommented: boolean
  /** What botocore takes for the name: all up to the last bracket (Python, RawConfigParser › SECTCRE). */
  readonly greedyName: string
}

/** Sections of config that are no profiles: what they are called, and what stands before their name. */
const OTHER_SECTIONS = /^(?:plugins|preview|(?:sso-session|services)[ \t].*)$/

/** Takes the header of a section apart. */
export function headerOf({ text }: IniDocument, section: IniSection, file: SharedFileName): Header {
  const line = text.slice(section.start, section.bodyStart).replace(/[\r\n]+$/, '')
  const open = line.indexOf('[') + 1
  const close = line.indexOf(']')
  const inner = line.slice(open, close)
  const prefixed = /^profile([ \t\v\f]+)(.*)$/.exec(section.name)
  const written = prefixed?.[2] ?? section.name
  const quoted = /^(["'])(.*)\1$/.exec(written)
  const isPrefixed = prefixed !== null
  const isPadded = inner !== section.name || (file === 'config' && isPrefixed && !/^[ \t]$/.test(prefixed[1] ?? ''))
  const isProfile = section.name !== '' && section.name !== 'DEFAULT' && !(file === 'config' && OTHER_SECTIONS.test(section.name))
  return {
    inner: decodeUtf8(inner),
    name: decodeUtf8(section.name),
    profile: isProfile ? decodeUtf8(quoted?.[2] ?? written) : undefined,
    isPrefixed,
    isQuoted: quoted !== null,
    isPadded,
    rest: decodeUtf8(trimBlanks(line.slice(close + 1))),
    isCommented: /^[ \t\v\f]+[#;]/.test(line.slice(close + 1)),
    greedyName: decodeUtf8(line.slice(open, line.lastIndexOf(']'))),
  }
}
