/**
 * The two parsers that are known line by line: what botocore and the SDK for JavaScript see in a shared file, right or
 * wrong. test/interop/doctor.test.ts compares both with the real ones.
 */
import type { SharedFileName } from '../model/origin.ts'
import { splitCommand } from '../shell/words.ts'

export interface ParsedValue {
  readonly value: string
  /** The line of the key; counts from 1. */
  readonly line: number
}

/** A profile in one file: the lines of its headers, and its keys as the parser spells them. */
export interface ParsedProfile {
  readonly headers: readonly number[]
  readonly values: ReadonlyMap<string, ParsedValue>
}

/** The profiles of a file by name; `refused`: the tool fails on the file. */
export type ParsedFile = ReadonlyMap<string, ParsedProfile> | 'refused'

export type KnownEngine = 'botocore' | 'js'

/** Returns what an engine sees in a file, whose text is decoded. Never throws. */
export function parseAs(engine: KnownEngine, text: string, file: SharedFileName): ParsedFile {
  return engine === 'botocore' ? parseAsBotocore(text, file) : parseAsJavaScript(text, file)
}

// botocore: configloader.py › raw_config_parse, which is Python's RawConfigParser (strict; 3.11), _parse_nested and
// build_profile_map; session.py › full_config.

interface OpenSection {
  readonly header: number
  /** A key whose further lines are not read yet is a list of lines. */
  readonly options: Map<string, { readonly line: number; readonly lines: string[] }>
}

interface ParserState {
  readonly sections: Map<string, OpenSection>
  readonly defaults: OpenSection
  current: OpenSection | undefined
  option: string[] | undefined
  indent: number
  hasFailed: boolean
}

function parseAsBotocore(text: string, file: SharedFileName): ParsedFile {
  const state: ParserState = {
    sections: new Map(),
    defaults: { header: 0, options: new Map() },
    current: undefined,
    option: undefined,
    indent: 0,
    hasFailed: false,
  }
  for (const [index, line] of universalLines(text).entries()) readLine(state, line, index + 1)
  if (state.hasFailed) return 'refused'
  const profiles = new Map<string, ParsedProfile>()
  for (const [name, section] of state.sections) {
    const values = valuesOf(section, state.defaults)
    if (values === undefined) return 'refused'
    const profile = file === 'credentials' ? name : botocoreProfileOf(name)
    if (profile !== undefined) profiles.set(profile, { headers: [section.header], values })
  }
  return profiles
}

/** Python's universal newlines: there is no line after the last one. */
function universalLines(text: string): readonly string[] {
  const lines = text.split(/\r\n|\r|\n/)
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

function readLine(state: ParserState, line: string, number: number): void {
  const content = strip(line)
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

function openSection(state: ParserState, name: string, header: number): void {
  if (state.sections.has(name)) state.hasFailed = true
  state.current = name === 'DEFAULT' ? state.defaults : { header, options: new Map() }
  if (name !== 'DEFAULT') state.sections.set(name, state.current)
  state.option = undefined
}

function readOption(state: ParserState, content: string, line: number): void {
  const [, written = '', value = ''] = /^([^=:]*)[=:](.*)$/s.exec(content) ?? []
  const key = strip(written).toLowerCase()
  // A line without a delimiter or a key, above the first header, or with a key that the section has already.
  if (state.current === undefined || key === '' || state.current.options.has(key)) {
    state.hasFailed = true
    return
  }
  state.option = [strip(value)]
  state.current.options.set(key, { line, lines: state.option })
}

/** Nested blocks are no values; undefined if one of them has a line that is no key, which botocore refuses. */
function valuesOf(section: OpenSection, defaults: OpenSection): ReadonlyMap<string, ParsedValue> | undefined {
  const values = new Map<string, ParsedValue>()
  for (const [key, { line, lines }] of [...defaults.options, ...section.options]) {
    const value = lines.join('\n').replace(/[^\S\ufeff]+$/, '')
    if (!value.startsWith('\n')) values.set(key, { value, line })
    else if (value.split('\n').some((part) => part !== '' && !part.includes('='))) return undefined
    else values.delete(key)
  }
  return values
}

/** The profile that a section of config opens. Of two sections for one profile the later one wins. */
function botocoreProfileOf(name: string): string | undefined {
  if (!name.startsWith('profile')) return name === 'default' ? name : undefined
  const words = splitCommand(name)
  return words?.length === 2 ? words[1] : undefined
}

/** Python's strip, which keeps a byte order mark. */
function strip(text: string): string {
  return text.replace(/^[^\S\ufeff]+|[^\S\ufeff]+$/g, '')
}

// The SDK for JavaScript: @smithy/core › parseIni, getConfigData, loadSharedConfigFiles.

interface OpenProfile {
  readonly headers: number[]
  readonly values: Map<string, ParsedValue>
}

/** The first word of a section name that has two. */
const PREFIXES = new Set(['profile', 'sso-session', 'services'])

const FORBIDDEN = new Set(['__proto__', 'profile __proto__'])

/** Where the SDK gives up on a file, it silently sees no profile. */
function parseAsJavaScript(text: string, file: SharedFileName): ParsedFile {
  const sections = new Map<string, OpenProfile>()
  let current: OpenProfile | undefined
  let block: string | undefined
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = withoutComment(line)
    if (content.startsWith('[') && content.endsWith(']')) {
      const inner = content.slice(1, -1)
      if (FORBIDDEN.has(inner)) return new Map()
      const name = sectionName(inner)
      current = name === undefined || name === '' ? undefined : openProfile(sections, name, index + 1)
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
  return file === 'credentials' ? sections : profilesOfConfig(sections)
}

/** The part of a line before a comment, which begins the line or follows a blank. */
function withoutComment(line: string): string {
  const sign = line.search(/(?:^|\s)[;#]/)
  return (sign === -1 ? line : line.slice(0, sign)).trim()
}

/** The name under which the SDK stores a section; undefined: it ignores the section. */
function sectionName(inner: string): string | undefined {
  const [, prefix = '', quote = '', name = '', closing = ''] =
    /^([\w-]+)\s(["']?)([\w\-@+.%:/]+)(["']?)$/.exec(inner) ?? []
  if (name === '' || quote !== closing) return inner
  return PREFIXES.has(prefix) ? `${prefix}.${name}` : undefined
}

function openProfile(sections: Map<string, OpenProfile>, name: string, line: number): OpenProfile {
  const profile = sections.get(name) ?? { headers: [], values: new Map<string, ParsedValue>() }
  profile.headers.push(line)
  // The SDK loses names that every object has.
  if (!(name in {})) sections.set(name, profile)
  return profile
}

function profilesOfConfig(sections: ReadonlyMap<string, OpenProfile>): ParsedFile {
  const profiles = new Map<string, ParsedProfile>()
  const plain = sections.get('default')
  if (plain !== undefined && plain.values.size > 0) profiles.set('default', plain)
  for (const [name, profile] of sections)
    if (name.startsWith('profile.') && (profile.values.size > 0 || !profiles.has(name.slice(8))))
      profiles.set(name.slice(8), profile)
  return profiles
}
