import { decodeUtf8 } from '../aws-files/edit.ts'
import type { ExaminedDocument } from './examination.ts'
import type { SharedFileName } from '../model/origin.ts'
import type { ProfileValue, ProfileView } from '../model/profile.ts'
import { splitCommand } from '../shell/words.ts'

/**
 * The shared files as botocore reads them: configloader.py › raw_config_parse, which is Python's RawConfigParser (strict; 3.11),
 * _parse_nested and build_profile_map; session.py › full_config. Held against botocore in test/interop/doctor.test.ts.
 */

/** A section while it is read. A key whose lines are not all known yet is a list of them. */
interface OpenSection {
  readonly header: number
  readonly options: Map<string, { readonly line: number; readonly lines: string[] }>
}

interface State {
  readonly sections: Map<string, OpenSection>
  readonly defaults: OpenSection
  current: OpenSection | undefined
  option: string[] | undefined
  indent: number
  hasFailed: boolean
}

/** Gives what botocore sees in a file, decoded. Never throws. */
function readAsBotocore(text: string, file: SharedFileName): SeenFile {
  const state: State = {
    sections: new Map(),
    defaults: { header: 0, options: new Map() },
    current: undefined,
    option: undefined,
    indent: 0,
    hasFailed: false,
  }
  for (const [index, line] of linesOf(text).entries()) readLine(state, line, index + 1)
  if (state.hasFailed) return 'refused'
  const profiles = new Map<string, SeenProfile>()
  for (const [name, section] of state.sections) {
    const values = valuesOf(section, state.defaults)
    if (values === undefined) return 'refused'
    const profile = file === 'credentials' ? name : profileIn(name)
    if (profile !== undefined) profiles.set(profile, { headers: [section.header], values })
  }
  return profiles
}

/** Python's universal newlines; behind the last one there is no further line. */
function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r\n|\r|\n/)
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

function readLine(state: State, line: string, number: number): void {
  const content = stripped(line)
  if (/^[#;]/.test(content)) return
  if (content === '') {
    state.option?.push('')
    return
  }
  const indent = line.search(/\S|\ufeff/)
  if (state.option !== undefined && indent > state.indent) {
    state.option.push(content)
    return
  }
  state.indent = indent
  const name = /^\[(.+)\]/.exec(content)?.[1]
  if (name !== undefined) openSection(state, name, number)
  else readOption(state, content, number)
}

function openSection(state: State, name: string, header: number): void {
  if (state.sections.has(name)) state.hasFailed = true
  state.current = name === 'DEFAULT' ? state.defaults : { header, options: new Map() }
  if (name !== 'DEFAULT') state.sections.set(name, state.current)
  state.option = undefined
}

function readOption(state: State, content: string, line: number): void {
  const [, written = '', value = ''] = /^([^=:]*)[=:](.*)$/s.exec(content) ?? []
  const key = stripped(written).toLowerCase()
  // A line without a delimiter, without a key, above the first header, or a key twice.
  if (state.current === undefined || key === '' || state.current.options.has(key)) {
    state.hasFailed = true
    return
  }
  state.option = [stripped(value)]
  state.current.options.set(key, { line, lines: state.option })
}

/** undefined: a nested block with a line that is no key, which botocore refuses. A nested block is no value. */
function valuesOf(section: OpenSection, defaults: OpenSection): ReadonlyMap<string, SeenValue> | undefined {
  const values = new Map<string, SeenValue>()
  for (const [key, { line, lines }] of [...defaults.options, ...section.options]) {
    const value = lines.join('\n').replace(/[^\S\ufeff]+$/, '')
    if (!value.startsWith('\n')) values.set(key, { value, line })
    else if (value.split('\n').some((part) => part !== '' && !part.includes('='))) return undefined
    else values.delete(key)
  }
  return values
}

/** The profile that a section of config opens; the later of two counts. */
function profileIn(name: string): string | undefined {
  if (!name.startsWith('profile')) return name === 'default' ? name : undefined
  const words = splitCommand(name)
  return words?.length === 2 ? words[1] : undefined
}

/** Python's strip, which leaves a byte order mark. */
function stripped(text: string): string {
  return text.replace(/^[^\S\ufeff]+|[^\S\ufeff]+$/g, '')
}

/** The two whose parsers are known line by line. */
export type KnownEngine = 'botocore' | 'js'

/** Gives what a parser that is known sees in a file. Never throws. */
export function readFileAs(engine: KnownEngine, { text, name }: Pick<ExaminedDocument, 'text' | 'name'>): SeenFile {
  return engine === 'botocore' ? readAsBotocore(decodeUtf8(text), name) : readAsJavaScript(decodeUtf8(text), name)
}

/**
 * The shared files as the SDK for JavaScript reads them: @smithy/core › parseIni, getConfigData, loadSharedConfigFiles. Held
 * against it in test/interop/doctor.test.ts.
 */

interface OpenProfile {
  readonly headers: number[]
  readonly values: Map<string, SeenValue>
}

/** What stands before the name of a section that has two words. */
const KINDS = new Set(['profile', 'sso-session', 'services'])

const FORBIDDEN = new Set(['__proto__', 'profile __proto__'])

/** Gives what the SDK sees in a file, decoded: nothing at all where it gives up. Never throws. */
function readAsJavaScript(text: string, file: SharedFileName): SeenFile {
  const sections = new Map<string, OpenProfile>()
  let current: OpenProfile | undefined
  let block: string | undefined
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = withoutComment(line)
    if (content.startsWith('[') && content.endsWith(']')) {
      const inner = content.slice(1, -1)
      if (FORBIDDEN.has(inner)) return new Map()
      const name = sectionNamed(inner)
      current = name === undefined || name === '' ? undefined : opened(sections, name, index + 1)
      block = undefined
      continue
    }
    const sign = content.indexOf('=')
    if (current === undefined || sign < 1) continue
    const [key, value] = [content.slice(0, sign).trim(), content.slice(sign + 1).trim()]
    if (value === '') block = key
    else {
      if (line.trimStart() === line) block = undefined
      current.values.set(block === undefined || block === '' ? key : `${block}.${key}`, { value, line: index + 1 })
    }
  }
  return profilesIn(sections, file)
}

/** What of a line stands before a comment, which begins the line or has a blank before it. */
function withoutComment(line: string): string {
  const sign = line.search(/(?:^|\s)[;#]/)
  return (sign === -1 ? line : line.slice(0, sign)).trim()
}

/** The name that a section is kept under; undefined: it is passed over. */
function sectionNamed(inner: string): string | undefined {
  const [, kind = '', quote = '', name = '', closing = ''] =
    /^([\w-]+)\s(["']?)([\w\-@+.%:/]+)(["']?)$/.exec(inner) ?? []
  if (name === '' || quote !== closing) return inner
  return KINDS.has(kind) ? `${kind}.${name}` : undefined
}

function opened(sections: Map<string, OpenProfile>, name: string, line: number): OpenProfile {
  const standing = sections.get(name)
  if (standing !== undefined) {
    standing.headers.push(line)
    return standing
  }
  const made = { headers: [line], values: new Map<string, SeenValue>() }
  // Names that every object has are lost there.
  if (!(name in {})) sections.set(name, made)
  return made
}

function profilesIn(sections: ReadonlyMap<string, OpenProfile>, file: SharedFileName): SeenFile {
  if (file === 'credentials') return sections
  const profiles = new Map<string, SeenProfile>()
  const plain = sections.get('default')
  if (plain !== undefined && plain.values.size > 0) profiles.set('default', plain)
  for (const [name, profile] of sections)
    if (name.startsWith('profile.') && (profile.values.size > 0 || !profiles.has(name.slice(8))))
      profiles.set(name.slice(8), profile)
  return profiles
}

/** What a tool's own parser makes of a shared file. */

/** A value with the line, from 1, that its key stands on. */
export interface SeenValue {
  readonly value: string
  readonly line: number
}

/** A profile as a parser sees it in one file: the lines of its headers, and its keys as that parser spells them. */
export interface SeenProfile {
  readonly headers: readonly number[]
  readonly values: ReadonlyMap<string, SeenValue>
}

/** The profiles of a file by name; `refused`: the tool fails on the file. */
export type SeenFile = ReadonlyMap<string, SeenProfile> | 'refused'

/** The profiles that a tool sees in both files; `refused`: every call of it fails. */
export type SeenProfiles = { readonly find: (name: string) => ProfileView | undefined } | 'refused'

/** Gives the view of a profile from what a parser sees of it in each file; undefined: it sees it in neither. */
export function viewOfSeen(
  name: string,
  seen: Readonly<Record<SharedFileName, SeenProfile | undefined>>,
): ProfileView | undefined {
  if (seen.credentials === undefined && seen.config === undefined) return undefined
  const getFrom = (file: SharedFileName, key: string): ProfileValue | undefined => {
    const found = seen[file]?.values.get(key)
    return found === undefined ? undefined : { ...found, file }
  }
  const lineIn = (file: SharedFileName): object => (seen[file] === undefined ? {} : { [file]: seen[file].headers[0] })
  return {
    name,
    get: (key) => getFrom('credentials', key) ?? getFrom('config', key),
    getFrom,
    keys: () => [...new Set([...(seen.credentials?.values.keys() ?? []), ...(seen.config?.values.keys() ?? [])])],
    lines: { ...lineIn('credentials'), ...lineIn('config') },
    configForm: seen.config === undefined ? undefined : 'standard',
  }
}
