/**
 * The profiles of both shared files, seen as one. How a section's name makes a profile:
 *
 * - credentials: `[x]`, blanks inside the brackets allowed (Go, Rust, Java, .NET). `[profile x]` is read by .NET alone:
 *   none;
 * - config: `[profile x]` in every spelling that some tool reads (blanks, tabs, quotes as shlex takes them: botocore
 *   configloader.py › build_profile_map), and `[default]`, over which `[profile default]` wins whole (JavaScript, Go,
 *   Rust, Java); else bare `[x]`, which no SDK reads but reusabit/awsmfa does, unless it names something that is no
 *   profile;
 * - `[DEFAULT]` is none: configparser gives its keys to all.
 */
import { applyEdits, decodeUtf8, encodeUtf8, parseSection, readIniDocument, trimBlanks } from './ini-document.ts'
import type { ByteEdit, IniDocument, IniEntry, IniSection } from './ini-document.ts'
import { classifyProfile } from './ownership.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { ProfileValue, ProfileView, Profiles, Resolved, SharedFileName } from '../model/profile.ts'
import { nearest } from '../ui/words.ts'

type ConfigForm = NonNullable<ProfileView['configForm']>

type SectionsByName = ReadonlyMap<string, readonly IniSection[]>

interface ConfigIndex {
  readonly standard: SectionsByName
  readonly bare: SectionsByName
}

/** The keys of one profile in one file, the last of a name winning. */
interface FileKeys {
  readonly document: IniDocument
  readonly sections: readonly IniSection[]
  readonly entries: ReadonlyMap<string, IniEntry>
}

/** Sections of config that are no profiles though they have no prefix: the AWS CLI's plugins and CLI v1's previews. */
const NO_PROFILES = new Set(['plugins', 'preview'])

/** A section name of config with its prefix; the name that follows it. */
const PREFIXED = /^profile[ \t\v\f]+(.*)$/

/**
 * One of the shared files as it was read. `text` is a byte string: one code unit from 0 to 255 for each byte, so that
 * every offset is a byte offset and nothing is lost. A file that does not exist has the text ''.
 */
export interface FileSnapshot {
  readonly path: string
  readonly text: string
  readonly exists: boolean
}

/** Both shared files as they were read, and the profiles that they make together. */
export interface SharedSnapshots extends Readonly<Record<SharedFileName, FileSnapshot>> {
  readonly profiles: Profiles
  readonly paths: Readonly<Record<SharedFileName, string>>
}

/**
 * Returns both files with their profiles, none of which is parsed before it is asked for. Throws
 * FILE_ENCODING_UNSUPPORTED for a
 * file in UTF-16, in which no tool would find a profile.
 */
export function snapshotsOf({ credentials, config }: Readonly<Record<SharedFileName, FileSnapshot>>): SharedSnapshots {
  for (const { path, text } of [credentials, config])
    if (isUtf16(text)) throw new AwsmfaError({ code: 'FILE_ENCODING_UNSUPPORTED', place: { path } })
  return {
    credentials,
    config,
    profiles: readProfiles({ credentials: credentials.text, config: config.text }),
    paths: { credentials: credentials.path, config: config.path },
  }
}

/** Returns both files as they are after edits. Throws what snapshotsOf throws. */
export function withEdits(
  { credentials, config }: SharedSnapshots,
  edits: Readonly<Partial<Record<SharedFileName, readonly ByteEdit[]>>>,
): SharedSnapshots {
  return snapshotsOf({
    credentials: { ...credentials, text: applyEdits(credentials.text, edits.credentials ?? []) },
    config: { ...config, text: applyEdits(config.text, edits.config ?? []) },
  })
}

/**
 * The profiles that the words of a command line name. `byPattern`: a pattern named some of them. `isList`: the outcome
 * is a list, whose form must not depend on how many a pattern matches.
 */
export interface NamedProfiles {
  readonly profiles: readonly string[]
  readonly byPattern: boolean
  readonly isList: boolean
}

/** Returns whether a word may be a pattern: `*` matches any characters, `?` one. */
export function hasWildcard(word: string): boolean {
  return /[*?]/.test(word)
}

/**
 * Returns the profiles that words name, each once and in their order. A word that is the name of a profile, or has no
 * wildcard, is a name, known or not; any other one is a pattern. A pattern also matches `others`, names that are in
 * neither file, and passes over long-term credentials, which are nobody's session. Throws PROFILE_NOT_FOUND for a
 * pattern that matches nothing.
 */
export function expandProfiles(
  words: readonly string[],
  { profiles, paths }: Pick<SharedSnapshots, 'profiles' | 'paths'>,
  others: readonly string[] = [],
): NamedProfiles {
  const known = words.some(hasWildcard) ? [...new Set([...profiles.names(), ...others])] : []
  const isPattern = (word: string): boolean => hasWildcard(word) && !known.includes(word)
  const matching = (word: string): readonly string[] => {
    const pattern = toPattern(word)
    const names = known.filter(
      (name) => pattern.test(name) && classifyProfile(profiles.find(name)).kind !== 'long-term',
    )
    if (names.length === 0) throw profileNotFound(namedOnLine(word), { profiles, paths })
    return names
  }
  const named = [...new Set(words.flatMap((word) => (isPattern(word) ? matching(word) : [word])))]
  const byPattern = words.some(isPattern)
  return { profiles: named, byPattern, isList: byPattern || named.length > 1 }
}

function toPattern(word: string): RegExp {
  const source = word
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 'su')
}

/** Returns a profile that a word of the command line names. */
export function namedOnLine(profile: string): Resolved<string> {
  return { value: profile, origin: { kind: 'flag', flag: 'profile' } }
}

/** Returns the failure of a name or pattern that matches no profile. */
export function profileNotFound(
  { value: profile, origin }: Resolved<string>,
  { profiles, paths: { config, credentials } }: Pick<SharedSnapshots, 'profiles' | 'paths'>,
): AwsmfaError {
  const names = profiles.names()
  return new AwsmfaError({
    code: 'PROFILE_NOT_FOUND',
    profile,
    origin,
    paths: [config, credentials],
    nearest: nearest(profile, names),
    other: exampleOf(names, profiles),
  })
}

/** Returns a profile to name in a hint: preferably one with an MFA device, else one without long-term credentials. */
function exampleOf(names: readonly string[], profiles: Profiles): string | undefined {
  const hasDevice = (name: string): boolean =>
    ['mfa_serial', 'awsmfa_mfa_serial'].some((key) => profiles.find(name)?.getFrom('config', key) !== undefined)
  const isLongTerm = (name: string): boolean => classifyProfile(profiles.find(name)).kind === 'long-term'
  return names.find(hasDevice) ?? names.find((name) => !isLongTerm(name)) ?? names[0]
}

/** Returns whether a byte string is UTF-16 with its mark, as `>` writes it in Windows PowerShell. */
export function isUtf16(text: string): boolean {
  return /^(?:\xff\xfe|\xfe\xff)/.test(text)
}

/**
 * Reads all profiles of both files, given as byte strings. Never throws: what cannot be made out is not there. Nothing
 * is read before it is asked for: the first few profiles are searched for in the credentials file by themselves, a
 * section is parsed when its keys are wanted, lines are counted when they are.
 */
export function readProfiles(files: { readonly credentials: string; readonly config: string }): Profiles {
  const credentials = readIniDocument(files.credentials)
  const config = readIniDocument(files.config)
  const indexOfConfig = once(() => indexConfig(config))
  const viewNamed = (name: string): ProfileView | undefined => {
    const own = sectionsNamed(credentials, name).filter(isCredentialsProfile)
    const standard = indexOfConfig().standard.get(name)
    const inConfig = standard ?? indexOfConfig().bare.get(name) ?? []
    if (own.length + inConfig.length === 0) return undefined
    const form = inConfig.length === 0 ? undefined : standard === undefined ? 'bare' : 'standard'
    return viewOf(name, { credentials: keysOf(credentials, own), config: keysOf(config, inConfig) }, form)
  }
  const views = new Map<string, ProfileView | undefined>()
  return {
    find: (name) => {
      if (!views.has(name)) views.set(name, viewNamed(name))
      return views.get(name)
    },
    names: () => {
      const { standard, bare } = indexOfConfig()
      const inConfig = config.sections.flatMap((section) => configName(section)?.name ?? [])
      const inCredentials = credentials.sections.filter(isCredentialsProfile).map(({ name }) => decodeUtf8(name))
      return [...new Set([...inCredentials, ...inConfig.filter((name) => standard.has(name) || bare.has(name))])]
    },
  }
}

/**
 * Returns the sections of the config file that make a profile, in order: those that tools read, else bare ones. Never
 * throws.
 */
export function configSectionsOf(document: IniDocument, name: string): readonly IniSection[] {
  const { standard, bare } = indexConfig(document)
  return standard.get(name) ?? bare.get(name) ?? []
}

function viewOf(
  name: string,
  files: Readonly<Record<SharedFileName, () => FileKeys>>,
  configForm: ConfigForm | undefined,
): ProfileView {
  const getFrom = (file: SharedFileName, key: string): ProfileValue | undefined => {
    const { document, entries } = files[file]()
    const entry = entries.get(key)
    return entry === undefined ? undefined : valueOf(file, document, entry)
  }
  return {
    name,
    get: (key) => getFrom('credentials', key) ?? getFrom('config', key),
    getFrom,
    keys: () => [...new Set([...files.credentials().entries.keys(), ...files.config().entries.keys()])],
    get lines() {
      return { ...headerLine('credentials', files.credentials()), ...headerLine('config', files.config()) }
    },
    configForm,
    get hasPaddedHeader() {
      const { document, sections } = files.credentials()
      return sections.some((section) => isPadded(document, section))
    },
  }
}

function isPadded({ text }: IniDocument, { name, start }: IniSection): boolean {
  return !text.startsWith(`[${name}]`, text.indexOf('[', start))
}

function headerLine(file: SharedFileName, { document, sections }: FileKeys): Partial<Record<SharedFileName, number>> {
  const [first] = sections
  return first === undefined ? {} : { [file]: document.lineAt(first.start) }
}

function valueOf(file: SharedFileName, document: IniDocument, entry: IniEntry): ProfileValue {
  const further = entry.continuations.map(({ start, contentEnd }) => trimBlanks(document.text.slice(start, contentEnd)))
  return {
    value: decodeUtf8([entry.value, ...further].join('\n')),
    file,
    get line() {
      return document.lineAt(entry.start)
    },
  }
}

function keysOf(document: IniDocument, sections: readonly IniSection[]): () => FileKeys {
  return once(() => {
    const entries = new Map(
      sections
        .flatMap((section) => parseSection(document, section).entries)
        .map((entry) => [decodeUtf8(entry.key), entry]),
    )
    return { document, sections, entries }
  })
}

function isCredentialsProfile({ name }: IniSection): boolean {
  return name !== '' && name !== 'DEFAULT' && !(name.startsWith('profile') && PREFIXED.test(name))
}

function indexConfig({ sections }: IniDocument): ConfigIndex {
  const index = { standard: new Map<string, IniSection[]>(), bare: new Map<string, IniSection[]>() }
  const plainDefault: IniSection[] = []
  for (const section of sections) {
    const found = configName(section)
    if (found === undefined) continue
    if (section.name === 'default') plainDefault.push(section)
    else add(index[found.form], found.name, section)
  }
  if (plainDefault.length > 0 && !index.standard.has('default')) index.standard.set('default', plainDefault)
  return index
}

function configName({ name }: IniSection): { readonly name: string; readonly form: ConfigForm } | undefined {
  const prefixed = PREFIXED.exec(name)?.[1]
  if (prefixed !== undefined) {
    const inner = /^(["'])(.+)\1$/.exec(prefixed)?.[2]
    return { name: decodeUtf8(inner ?? prefixed), form: 'standard' }
  }
  if (name === 'default') return { name, form: 'standard' }
  if (name === '' || name === 'DEFAULT' || NO_PROFILES.has(name) || /[ \t\v\f]/.test(name)) return undefined
  return { name: decodeUtf8(name), form: 'bare' }
}

function add(index: Map<string, IniSection[]>, name: string, section: IniSection): void {
  const standing = index.get(name)
  if (standing === undefined) index.set(name, [section])
  else standing.push(section)
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

/** Returns all sections of the credentials file that are named like a profile, in UTF-8 or latin-1. Never throws. */
export function sectionsNamed(document: IniDocument, profile: string): readonly IniSection[] {
  const bytes = encodeUtf8(profile)
  const sections = document.named(bytes)
  if (bytes === profile || decodeUtf8(profile) !== profile || /[^\0-\xff]/.test(profile)) return sections
  return [...sections, ...document.named(profile)].toSorted((a, b) => a.start - b.start)
}
