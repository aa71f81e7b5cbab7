import { decodeUtf8 } from '../aws-files/edit.ts'
import { lowerAscii, parseSection, readIniDocument, trimBlanks } from '../aws-files/ini-document.ts'
import type { IniBody, IniDocument, IniSection } from '../aws-files/ini-document.ts'
import { readProfiles } from '../aws-files/profiles.ts'
import { knowledgeOf } from './credential-order.ts'
import type { ProfileKnowledge } from './credential-order.ts'
import { readFileAs } from './parsers.ts'
import type { KnownEngine, SeenFile } from './parsers.ts'
import type { Environment } from '../model/invocation.ts'
import type { SharedFileName } from '../model/origin.ts'
import type { ProfileView, Profiles } from '../model/profile.ts'
import { nearest } from '../ui/words.ts'

/** What doctor looks at: all of it gathered before, none of it fetched here. */

/** One of the shared files. `text` is a byte string, '' where it is not there or cannot be read. */
export interface ExaminedFile {
  readonly path: string
  readonly text: string
  readonly exists: boolean
  /** Why it cannot be read: the system's error, or what it is in place of a file. */
  readonly unreadable: string | undefined
  readonly modifiedAt: Date | undefined
}

/** A file or folder of the person's with its mode. */
export interface OpenFile {
  readonly path: string
  readonly mode: number
}

/** What is known of the program that a `credential_process` starts. `needs`: what stands in its first line, looked for on PATH. */
export interface ProgramFacts {
  readonly isThere: boolean
  readonly needs: string | undefined
}

/** A cache entry that its readers fail on. `profile`: whose; undefined: awsmfa's own cache. */
export interface DamagedEntry {
  readonly path: string
  readonly cache: 'cli-cache' | 'boto-cache' | 'awsmfa-cache'
  readonly profile: string | undefined
}

/** What doctor knows of this machine. */
export interface MachineFacts {
  readonly platform: 'windows' | 'posix'
  readonly nodeMajor: number
  readonly environment: Environment
  readonly now: Date
  /** Files with secrets that others may read; none on Windows. */
  readonly openFiles: readonly OpenFile[]
  readonly damagedEntries: readonly DamagedEntry[]
  /** Until when the AWS CLI or SAM take a role's session from their cache and ask nobody; undefined: they do not. */
  readonly quietUntil: (profile: ProfileView, tool: 'aws-cli' | 'sam') => Date | undefined
  readonly program: (path: string) => ProgramFacts
  /** The files that environment variables name and that are not there, by the variable. */
  readonly missingFiles: readonly { readonly variable: string; readonly path: string }[]
  readonly homeConflict: { readonly home: string; readonly userProfile: string } | undefined
  /** Other programs called awsmfa on PATH; `first`: they run in place of this one. */
  readonly otherAwsmfas: readonly { readonly path: string; readonly isFirst: boolean }[]
  /** The clock of AWS, less this one, in seconds; undefined: not asked; `none`: no answer. */
  readonly clockOffsetSeconds: number | 'none' | undefined
  /** Who a key belongs to, as `alice in 111111111111`, where that is remembered. */
  readonly ownerOf: (accessKeyId: string) => string | undefined
}

/** A section with what stands in it. */
export interface ExaminedSection {
  readonly section: IniSection
  readonly header: Header
  readonly body: IniBody
}

/** A shared file, taken apart once for all checks. */
export interface ExaminedDocument extends ExaminedFile {
  readonly name: SharedFileName
  readonly document: IniDocument
  readonly sections: readonly ExaminedSection[]
  /** The sections that are meant to open a profile. */
  readonly sectionsFor: (profile: string) => readonly ExaminedSection[]
  /** The profiles about which the other file says who they are. */
  readonly decidedElsewhere: ReadonlySet<string>
  /** What the parsers that are known line by line make of the file. */
  readonly readAs: Readonly<Record<KnownEngine, () => SeenFile>>
  /** The number, from 1, of the line that holds an offset. */
  readonly lineAt: (offset: number) => number
}

/** Everything that the checks look at. */
export interface Examination extends ProfileKnowledge {
  readonly files: Readonly<Record<SharedFileName, ExaminedDocument>>
  readonly profiles: Profiles
  readonly machine: MachineFacts
  /** The profile that a name that is none was most likely meant to be; looked for only for the first hundred names. */
  readonly nearestName: (name: string) => string | undefined
}

/** Each is compared with every profile, which takes its time; nobody reads so many. */
const MAXIMUM_NEAREST = 100

/** Takes both files apart. `profiles` are those of these files, where they have been read. Never throws. */
export function examine(
  files: Readonly<Record<SharedFileName, ExaminedFile>>,
  machine: MachineFacts,
  profiles: Profiles = profilesIn(files),
): Examination {
  const near = new Map<string, string | undefined>()
  return {
    files: bothTakenApart(files),
    profiles,
    ...knowledgeOf(profiles.find),
    machine,
    nearestName: (name) => {
      if (!near.has(name) && near.size < MAXIMUM_NEAREST) near.set(name, nearest(name, profiles.names()))
      return near.get(name)
    },
  }
}

/** Gives the profiles of both files, each parsed once: checks ask for the same ones again and again. */
export function profilesIn({ credentials, config }: Readonly<Record<SharedFileName, ExaminedFile>>): Profiles {
  const profiles = readProfiles({ credentials: credentials.text, config: config.text })
  const found = new Map<string, ProfileView | undefined>()
  let names: readonly string[] | undefined
  return {
    find: (name) => {
      if (!found.has(name)) found.set(name, profiles.find(name))
      return found.get(name)
    },
    names: () => (names ??= profiles.names()),
  }
}

/** Takes both files apart, each knowing what the other decides. Never throws. */
export function bothTakenApart(
  files: Readonly<Record<SharedFileName, ExaminedFile>>,
): Readonly<Record<SharedFileName, ExaminedDocument>> {
  const [credentials, config] = [takenApart('credentials', files.credentials), takenApart('config', files.config)]
  return {
    credentials: { ...credentials, decidedElsewhere: decidedIn(config.sections) },
    config: { ...config, decidedElsewhere: decidedIn(credentials.sections) },
  }
}

/** Takes one file apart; `decidedElsewhere` is what is known of the other. Never throws. */
export function takenApart(
  name: SharedFileName,
  file: ExaminedFile,
  decidedElsewhere: ReadonlySet<string> = new Set(),
): ExaminedDocument {
  const document = readIniDocument(file.text)
  const sections = document.sections.map((section) => ({
    section,
    header: headerOf(document, section, name),
    body: parseSection(document, section),
  }))
  const byProfile = new Map<string, ExaminedSection[]>()
  for (const own of sections) {
    const { profile } = own.header
    const standing = profile === undefined ? undefined : byProfile.get(profile)
    if (standing !== undefined) standing.push(own)
    else if (profile !== undefined) byProfile.set(profile, [own])
  }
  return {
    ...file,
    name,
    document,
    sections,
    sectionsFor: (profile) => byProfile.get(profile) ?? [],
    decidedElsewhere,
    readAs: {
      botocore: once(() => readFileAs('botocore', { ...file, name })),
      js: once(() => readFileAs('js', { ...file, name })),
    },
    lineAt: document.lineAt,
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

/** What the name of a section stands for, and what is wrong with how a header is written. */

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
function headerOf({ text }: IniDocument, section: IniSection, file: SharedFileName): Header {
  const line = text.slice(section.start, section.bodyStart).replace(/[\r\n]+$/, '')
  const open = line.indexOf('[') + 1
  const close = line.indexOf(']')
  const inner = line.slice(open, close)
  const prefixed = /^profile([ \t\v\f]+)(.*)$/.exec(section.name)
  const written = prefixed?.[2] ?? section.name
  const quoted = /^(["'])(.*)\1$/.exec(written)
  const isPrefixed = prefixed !== null
  const isPadded = inner !== section.name || (file === 'config' && isPrefixed && !/^[ \t]$/.test(prefixed[1] ?? ''))
  const isProfile =
    section.name !== '' && section.name !== 'DEFAULT' && !(file === 'config' && OTHER_SECTIONS.test(section.name))
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

/** Whether it is beyond doubt which keys tools take for a profile's, so that `--fix` changes how they are written and not whose they are. */

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
function decidedIn(sections: readonly ExaminedSection[]): ReadonlySet<string> {
  const decided = new Set<string>()
  let above: string | undefined
  for (const own of sections) {
    const { profile } = own.header
    // Below what is no header for JavaScript the keys count for the section above.
    for (const name of [profile, isHeaderForAll(own) ? undefined : above])
      if (name !== undefined && saysWho(own)) decided.add(name)
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
  return saysWho(own) && file.decidedElsewhere.has(profile)
    ? { other: file.name === 'config' ? 'credentials' : 'config' }
    : undefined
}

/**
 * Tells whether every tool that reads a section at all takes the same lines for it, and nothing else says who its profile is.
 * Only then keys of it can be made readable for more tools. `next` is the section after it.
 */
export function isSettled(file: ExaminedDocument, own: ExaminedSection, next: ExaminedSection | undefined): boolean {
  const { section, body } = own
  const isHeader = isHeaderForAll(own) && (next === undefined || isHeaderForAll(next))
  const doubtful = [...body.strays, ...body.entries.flatMap(({ continuations }) => continuations)].some(
    ({ start, contentEnd }) => {
      const line = trimBlanks(file.text.slice(start, contentEnd))
      return line.startsWith('[') || isDeciding(lowerAscii(trimBlanks(/^[^=:]*/.exec(line)?.[0] ?? '')))
    },
  )
  return isHeader && !section.isIndented && !doubtful && rivalOf(file, own) === undefined
}

function isHeaderForAll({ header: { rest, isCommented } }: ExaminedSection): boolean {
  return rest === '' || (isCommented && !rest.includes(']'))
}

function saysWho({ body }: ExaminedSection): boolean {
  return body.entries.some(({ key, continuations }) => isDeciding(key) || continuations.length > 0)
}
