/** What doctor looks at: all of it gathered before, none of it fetched here. */
import type { IniDocument, IniSection, IniBody } from '../files/ini-document.ts'
import { parseSection, readIniDocument } from '../files/ini-document.ts'
import type { Profiles, ProfileView } from '../files/profile-view.ts'
import { readProfiles } from '../files/profiles.ts'
import { nearest } from '../nearest.ts'
import { headerOf } from './section-names.ts'
import type { Header } from './section-names.ts'
import { knowledgeOf } from './traits.ts'
import type { ProfileKnowledge } from './traits.ts'
import { readFileAs } from './readings/by-tool.ts'
import type { KnownEngine } from './readings/by-tool.ts'
import type { SeenFile } from './readings/seen.ts'
import { decidedIn } from './settled.ts'
import type { Environment } from '../login/target-profile.ts'
import type { SharedFileName } from '../origin.ts'

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
export function examine(files: Readonly<Record<SharedFileName, ExaminedFile>>, machine: MachineFacts, profiles: Profiles = profilesIn(files)): Examination {
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
export function bothTakenApart(files: Readonly<Record<SharedFileName, ExaminedFile>>): Readonly<Record<SharedFileName, ExaminedDocument>> {
  const [credentials, config] = [takenApart('credentials', files.credentials), takenApart('config', files.config)]
  return { credentials: { ...credentials, decidedElsewhere: decidedIn(config.sections) }, config: { ...config, decidedElsewhere: decidedIn(credentials.sections) } }
}

/** Takes one file apart; `decidedElsewhere` is what is known of the other. Never throws. */
export function takenApart(name: SharedFileName, file: ExaminedFile, decidedElsewhere: ReadonlySet<string> = new Set()): ExaminedDocument {
  const document = readIniDocument(file.text)
  const sections = document.sections.map((section) => ({ section, header: headerOf(document, section, name), body: parseSection(document, section) }))
  const byProfile = new Map<string, ExaminedSection[]>()
  for (const own of sections) {
    const { profile } = own.header
    const standing = profile === undefined ? undefined : byProfile.get(profile)
    if (standing !== undefined) standing.push(own)
    else if (profile !== undefined) byProfile.set(profile, [own])
  }
  return { ...file, name, document, sections, sectionsFor: (profile) => byProfile.get(profile) ?? [], decidedElsewhere, readAs: { botocore: once(() => readFileAs('botocore', { ...file, name })), js: once(() => readFileAs('js', { ...file, name })) }, lineAt: document.lineAt }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
