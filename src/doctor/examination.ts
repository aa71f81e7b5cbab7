/**
 * What the checks look at: both shared files parsed once, their profiles, and what is known of the machine. Everything
 * is read beforehand (machine.ts), so that checks only compute.
 */
import { decodeUtf8, lowerAscii, parseSection, readIniDocument, trimBlanks } from '../aws-files/ini-document.ts'
import type { IniBody, IniDocument, IniSection } from '../aws-files/ini-document.ts'
import { readProfiles } from '../aws-files/profiles.ts'
import { analyzeProfiles, memoize } from './credential-order.ts'
import type { ProfileAnalysis } from './credential-order.ts'
import { parseAs } from './tools.ts'
import type { KnownEngine, ParsedFile } from './tools.ts'
import type { Environment } from '../model/invocation.ts'
import type { ProfileView, Profiles, SharedFileName } from '../model/profile.ts'
import { nearest } from '../ui/words.ts'

/** A shared file. `text` is a byte string, '' if the file does not exist or cannot be read. */
export interface InputFile {
  readonly path: string
  readonly text: string
  readonly exists: boolean
  /** Why it cannot be read: the system's error, or what it is instead of a file. */
  readonly unreadable: string | undefined
  readonly modifiedAt: Date | undefined
}

export type InputFiles = Readonly<Record<SharedFileName, InputFile>>

/**
 * A cache entry that its readers fail on. `profile`: the role profile that it is for; undefined for awsmfa's own cache.
 */
export interface DamagedEntry {
  readonly path: string
  readonly cache: 'cli-cache' | 'boto-cache' | 'awsmfa-cache'
  readonly profile: string | undefined
}

/** What is known of the machine. */
export interface Machine {
  readonly platform: 'windows' | 'posix'
  readonly nodeMajor: number
  readonly environment: Environment
  readonly now: Date
  /** Files with secrets that others may read or write; none on Windows. */
  readonly openFiles: readonly { readonly path: string; readonly mode: number }[]
  readonly damagedEntries: readonly DamagedEntry[]
  /** Until when the AWS CLI or SAM use a role's cached session and do not ask for a code; undefined: they have none. */
  readonly quietUntil: (profile: ProfileView, tool: 'aws-cli' | 'sam') => Date | undefined
  /** The program at a path. `needs`: what its first line looks up on PATH. */
  readonly program: (path: string) => { readonly isThere: boolean; readonly needs: string | undefined }
  /** The files that a variable names and that do not exist. */
  readonly missingFiles: readonly { readonly variable: string; readonly path: string }[]
  readonly homeConflict: { readonly home: string; readonly userProfile: string } | undefined
  /** Other programs called awsmfa on PATH; `isFirst`: it runs instead of this one. */
  readonly otherAwsmfas: readonly { readonly path: string; readonly isFirst: boolean }[]
  /** The clock of AWS minus this one, in seconds; undefined: not asked; `none`: no answer. */
  readonly clockOffsetSeconds: number | 'none' | undefined
  /** The identity that a key belongs to, as `alice (111111111111)`, if it is remembered. */
  readonly ownerOf: (accessKeyId: string) => string | undefined
}

/** A section with its header and its body parsed. */
export interface ExaminedSection {
  readonly section: IniSection
  readonly header: Header
  readonly body: IniBody
}

/** A shared file, parsed for all checks. */
export interface ExaminedFile extends InputFile {
  readonly name: SharedFileName
  readonly document: IniDocument
  readonly sections: readonly ExaminedSection[]
  /** The sections that are meant to open a profile. */
  readonly sectionsFor: (profile: string) => readonly ExaminedSection[]
  /** The profiles whose identity the other file sets. */
  readonly identifiedElsewhere: ReadonlySet<string>
  /** What a known parser sees in the file. */
  readonly readAs: (engine: KnownEngine) => ParsedFile
  /** The line of an offset; counts from 1. */
  readonly lineAt: (offset: number) => number
}

export type ExaminedFiles = Readonly<Record<SharedFileName, ExaminedFile>>

/** Everything that the checks look at. */
export interface Examination extends ProfileAnalysis {
  readonly files: ExaminedFiles
  readonly profiles: Profiles
  readonly machine: Machine
  /** The profile that an unknown name was most likely meant to be; searched for the first hundred names only. */
  readonly nearestName: (name: string) => string | undefined
}

/** Each name is compared with every profile, which takes time; nobody reads so many suggestions. */
const MAXIMUM_NEAREST = 100

/** Examines both files. `profiles` are those of the files, if they have been read already. Never throws. */
export function examine(files: InputFiles, machine: Machine, profiles: Profiles = profilesIn(files)): Examination {
  let searches = 0
  return {
    files: examineFiles(files),
    profiles,
    ...analyzeProfiles(profiles.find),
    machine,
    nearestName: memoize((name) => (++searches > MAXIMUM_NEAREST ? undefined : nearest(name, profiles.names()))),
  }
}

/**
 * Returns the profiles of both files; each is parsed once, so that the checks can ask for the same ones again and
 * again.
 */
export function profilesIn({ credentials, config }: InputFiles): Profiles {
  const profiles = readProfiles({ credentials: credentials.text, config: config.text })
  let names: readonly string[] | undefined
  return { find: memoize(profiles.find), names: () => (names ??= profiles.names()) }
}

/** Examines both files; each knows the identities that the other sets. Never throws. */
export function examineFiles(files: InputFiles): ExaminedFiles {
  const credentials = examineFile('credentials', files.credentials)
  const config = examineFile('config', files.config)
  return {
    credentials: { ...credentials, identifiedElsewhere: identifiedIn(config.sections) },
    config: { ...config, identifiedElsewhere: identifiedIn(credentials.sections) },
  }
}

/** Examines one file. Never throws. */
export function examineFile(
  name: SharedFileName,
  file: InputFile,
  identifiedElsewhere: ReadonlySet<string> = new Set(),
): ExaminedFile {
  const document = readIniDocument(file.text)
  const sections = document.sections.map((section) => ({
    section,
    header: parseHeader(document, section, name),
    body: parseSection(document, section),
  }))
  const byProfile = new Map<string | undefined, ExaminedSection[]>()
  for (const own of sections) {
    const { profile } = own.header
    byProfile.set(profile, byProfile.get(profile) ?? [])
    byProfile.get(profile)?.push(own)
  }
  return {
    ...file,
    name,
    document,
    sections,
    sectionsFor: (profile) => byProfile.get(profile) ?? [],
    identifiedElsewhere,
    readAs: memoize((engine) => parseAs(engine, decodeUtf8(file.text), name)),
    lineAt: document.lineAt,
  }
}

/** The header of a section, decoded. */
export interface Header {
  /** The text between the brackets, trimmed. */
  readonly name: string
  /** The profile that it is meant to open; undefined: none. */
  readonly profile: string | undefined
  /** The name begins with `profile`. */
  readonly isPrefixed: boolean
  readonly isQuoted: boolean
  /** There are more blanks in the brackets than one after `profile`. */
  readonly isPadded: boolean
  /** The text after the bracket. */
  readonly rest: string
  /** The rest is a comment with a blank before it, as JavaScript requires. */
  readonly isCommented: boolean
  /** Every tool takes the line for a header. */
  readonly isUniversal: boolean
  /** What botocore takes for the name: everything up to the last bracket (Python, RawConfigParser › SECTCRE). */
  readonly greedyName: string
}

/** Sections of config that are no profiles. */
const OTHER_SECTIONS = /^(?:plugins|preview|(?:sso-session|services)[ \t].*)$/

function parseHeader({ text }: IniDocument, section: IniSection, file: SharedFileName): Header {
  const line = text.slice(section.start, section.bodyStart).replace(/[\r\n]+$/, '')
  const open = line.indexOf('[') + 1
  const close = line.indexOf(']')
  const inner = line.slice(open, close)
  const prefixed = /^profile([ \t\v\f]+)(.*)$/.exec(section.name)
  const written = prefixed?.[2] ?? section.name
  const quoted = /^(["'])(.*)\1$/.exec(written)
  const isProfile =
    section.name !== '' && section.name !== 'DEFAULT' && !(file === 'config' && OTHER_SECTIONS.test(section.name))
  const rest = decodeUtf8(trimBlanks(line.slice(close + 1)))
  const isCommented = /^[ \t\v\f]+[#;]/.test(line.slice(close + 1))
  return {
    name: decodeUtf8(section.name),
    profile: isProfile ? decodeUtf8(quoted?.[2] ?? written) : undefined,
    isPrefixed: prefixed !== null,
    isQuoted: quoted !== null,
    isPadded: inner !== section.name || (file === 'config' && prefixed !== null && !/^[ \t]$/.test(prefixed[1] ?? '')),
    rest,
    isCommented,
    isUniversal: rest === '' || (isCommented && !rest.includes(']')),
    greedyName: decodeUtf8(line.slice(open, line.lastIndexOf(']'))),
  }
}

/** The keys that decide whose credentials a profile gives, besides those of single sign-on. */
const IDENTITY_KEYS = new Set([
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

/** Returns whether a key (in lower case) decides whose credentials a profile gives. */
export function isIdentityKey(key: string): boolean {
  return IDENTITY_KEYS.has(key) || key.startsWith('sso_')
}

/** The profiles whose identity these sections set, whichever tool can read that. */
function identifiedIn(sections: readonly ExaminedSection[]): ReadonlySet<string> {
  const profiles = new Set<string>()
  let above: string | undefined
  for (const own of sections) {
    const { profile, isUniversal } = own.header
    // If JavaScript does not take the line for a header, the keys below it belong to the section above.
    for (const name of [profile, isUniversal ? undefined : above])
      if (name !== undefined && setsIdentity(own)) profiles.add(name)
    if (isUniversal) above = profile
  }
  return profiles
}

function setsIdentity({ body }: ExaminedSection): boolean {
  return body.entries.some(({ key, continuations }) => isIdentityKey(key) || continuations.length > 0)
}

/** Where else the identity of a profile is set: in another line of the same file, or in the other file. */
export type Rival = { readonly otherLine: number } | { readonly other: SharedFileName }

/**
 * Returns where else the identity of a section's profile is set; undefined: nowhere. Only then the section can be made
 * readable for more tools without changing whose credentials they use.
 */
export function rivalOf(file: ExaminedFile, own: ExaminedSection): Rival | undefined {
  const { profile } = own.header
  if (profile === undefined) return undefined
  const twin = file.sectionsFor(profile).find((each) => each !== own)
  if (twin !== undefined) return { otherLine: file.lineAt(twin.section.start) }
  return setsIdentity(own) && file.identifiedElsewhere.has(profile)
    ? { other: file.name === 'config' ? 'credentials' : 'config' }
    : undefined
}

/**
 * Returns whether every tool that reads a section at all assigns the same lines to it, and nothing else sets its
 * profile's identity. Only then its keys can be made readable for more tools. `next` is the section after it.
 */
export function isUnambiguous(file: ExaminedFile, own: ExaminedSection, next: ExaminedSection | undefined): boolean {
  const { section, header, body } = own
  const lines = [...body.strays, ...body.entries.flatMap(({ continuations }) => continuations)]
  const isDoubtful = lines.some(({ start, contentEnd }) => {
    const line = trimBlanks(file.text.slice(start, contentEnd))
    return line.startsWith('[') || isIdentityKey(lowerAscii(trimBlanks(/^[^=:]*/.exec(line)?.[0] ?? '')))
  })
  return (
    header.isUniversal &&
    next?.header.isUniversal !== false &&
    !section.isIndented &&
    !isDoubtful &&
    rivalOf(file, own) === undefined
  )
}
