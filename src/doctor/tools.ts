/**
 * The programs that doctor reports on, how they read the shared files and the environment, as data, and the two parsers
 * that are known line by line: botocore's and that of the SDK for JavaScript. The tests compare every row with the
 * programs themselves, but for the SDK for .NET, whose source was read: test/interop/doctor.test.ts,
 * test/interop/tools/doctor-{files,variables}.test.ts.
 */
import type { SharedFileName } from '../model/profile.ts'
import { splitCommand } from '../shell/words.ts'

/** What reads the shared files and chooses the credentials: one for each family of programs. */
export const ENGINES = ['botocore', 'js', 'go', 'rust', 'java', 'dotnet'] as const

export type Engine = (typeof ENGINES)[number]

/** The programs, by the names that `--json` prints. */
export const TOOLS = {
  'aws-cli': { engine: 'botocore', name: 'the AWS CLI' },
  boto3: { engine: 'botocore', name: 'boto3' },
  sam: { engine: 'botocore', name: 'SAM' },
  'sdk-js': { engine: 'js', name: 'the SDK for JavaScript' },
  cdk: { engine: 'js', name: 'CDK' },
  'sdk-go': { engine: 'go', name: 'the SDK for Go' },
  terraform: { engine: 'go', name: 'Terraform' },
  'sdk-rust': { engine: 'rust', name: 'the SDK for Rust' },
  'sdk-java': { engine: 'java', name: 'the SDK for Java' },
  'sdk-dotnet': { engine: 'dotnet', name: 'the SDK for .NET' },
} as const satisfies Readonly<Record<string, { readonly engine: Engine; readonly name: string }>>

export type ToolId = keyof typeof TOOLS

/** All programs, in the order in which messages list them. */
export const TOOL_IDS: readonly ToolId[] = Object.keys(TOOLS).filter(isToolId)

/** Returns the programs that use one of these engines, in the order in which messages list them. */
export function toolsOf(...engines: readonly Engine[]): readonly ToolId[] {
  return TOOL_IDS.filter((tool) => engines.includes(TOOLS[tool].engine))
}

function isToolId(text: string): text is ToolId {
  return Object.hasOwn(TOOLS, text)
}

/**
 * What a parser does with a file. `file-refused`: it reads none of it, and calls fail; `file-skipped`: it reads none of
 * it, silently; `profile-missed`, `key-missed`: it reads the file without it; `value-changed`: it reads another value;
 * `spreads`: the keys apply to every profile; `fine`: it reads what was meant.
 */
export type ParserEffect =
  'file-refused' | 'file-skipped' | 'profile-missed' | 'key-missed' | 'value-changed' | 'spreads' | 'fine'

type ParserRow = Readonly<Partial<Record<Engine, ParserEffect>>>

/**
 * What each parser does with the syntax on which they differ, by the code of the finding; an engine that is not named
 * reads it as meant. An example of each row is in fixtures/homes/doctor-<code>. Sources:
 *
 * - botocore: configloader.py › raw_config_parse (Python's RawConfigParser, strict) and build_profile_map; observed
 *   with aws-cli 1.45 and 2.36 and boto3 1.43;
 * - JavaScript: @smithy/shared-ini-file-loader › parseIni, getConfigData, loadSharedConfigFiles (swallowError);
 *   observed;
 * - Go: aws-sdk-go-v2 config/internal/ini › tokenize, strings, parse (handleSubProperty makes a key of an indented line
 *   that looks like one), and config/shared_config.go; observed with config 1.33;
 * - Rust: aws-runtime env_config › parse, normalize; observed with aws-config 1.13;
 * - Java: profiles/internal/ProfileFileReader.java, ProfileFile.java; observed with 2.34;
 * - .NET: Runtime/Internal/Util/{IniFile,ProfileIniFile}.cs, CredentialManagement/SharedCredentialsFile.cs: read, not
 *   run.
 */
export const PARSER_BEHAVIOR = {
  'duplicate-section': { botocore: 'file-refused', dotnet: 'key-missed' },
  'duplicate-key': { botocore: 'file-refused', dotnet: 'profile-missed' },
  'byte-order-mark': { botocore: 'file-refused', go: 'profile-missed', rust: 'file-refused', java: 'file-refused' },
  'not-utf8': { botocore: 'file-refused', rust: 'file-skipped' },
  'line-without-key': { botocore: 'file-refused', rust: 'file-refused', java: 'file-refused', dotnet: 'file-refused' },
  'key-before-section': { botocore: 'file-refused', rust: 'file-refused', java: 'file-refused' },
  'profile-prefix-in-credentials': {
    botocore: 'profile-missed',
    js: 'profile-missed',
    go: 'profile-missed',
    rust: 'profile-missed',
    java: 'profile-missed',
  },
  'bare-section-in-config': everywhere('profile-missed'),
  'upper-case-key': { js: 'key-missed', java: 'key-missed' },
  'inline-comment': { botocore: 'value-changed', dotnet: 'value-changed' },
  'proto-section': { js: 'file-skipped' },
  'default-in-capitals': { botocore: 'spreads' },
  'colon-delimiter': { js: 'key-missed', rust: 'file-refused', java: 'file-refused', dotnet: 'file-refused' },
  'first-key-indented': { rust: 'file-refused', java: 'file-refused' },
  'line-in-block': { botocore: 'file-refused', rust: 'file-refused', java: 'file-refused' },
  'nameless-in-block': { rust: 'file-refused', java: 'file-refused' },
  'key-in-value': { botocore: 'key-missed', rust: 'key-missed', java: 'key-missed' },
  'indented-comment': { rust: 'file-refused', java: 'file-refused' },
  'padded-header': { botocore: 'profile-missed', js: 'profile-missed' },
  'quoted-header': { go: 'profile-missed', rust: 'profile-missed', java: 'profile-missed', dotnet: 'profile-missed' },
  'comment-after-header': { dotnet: 'file-refused' },
  'joined-comment': { js: 'profile-missed', dotnet: 'file-refused' },
  'text-after-header': {
    js: 'profile-missed',
    go: 'profile-missed',
    rust: 'file-refused',
    java: 'file-refused',
    dotnet: 'file-refused',
  },
  'double-bracket': everywhere('profile-missed'),
  'bracket-after-header': { botocore: 'profile-missed', dotnet: 'file-refused' },
  'empty-header': { botocore: 'file-refused' },
  'indented-header': { botocore: 'profile-missed', rust: 'profile-missed', java: 'profile-missed' },
  'name-not-portable': { rust: 'profile-missed', java: 'profile-missed' },
  'name-with-comment-sign': { go: 'profile-missed', rust: 'file-refused', java: 'file-refused' },
  'carriage-returns': { js: 'file-skipped', go: 'file-skipped', rust: 'file-refused' },
  'quoted-value': {
    botocore: 'value-changed',
    js: 'value-changed',
    rust: 'value-changed',
    java: 'value-changed',
    dotnet: 'value-changed',
  },
} as const satisfies Readonly<Record<string, ParserRow>>

/** The findings about syntax that tools read differently. */
export type SyntaxCode = keyof typeof PARSER_BEHAVIOR

export function isSyntaxCode(code: string): code is SyntaxCode {
  return Object.hasOwn(PARSER_BEHAVIOR, code)
}

/** Returns what an engine's parser does with a syntax. */
export function effectOn(code: SyntaxCode, engine: Engine): ParserEffect {
  const row: ParserRow = PARSER_BEHAVIOR[code]
  return row[engine] ?? 'fine'
}

function everywhere(effect: ParserEffect): ParserRow {
  return { botocore: effect, js: effect, go: effect, rust: effect, java: effect, dotnet: effect }
}

/**
 * Which programs do what is named with environment variables. The .NET sources: EnvironmentVariableAWSCredentials,
 * FallbackCredentialsFactory.
 */
const VARIABLE_BEHAVIOR = {
  'AWS_PROFILE overrides keys': ['sdk-js'],
  'AWS_DEFAULT_PROFILE overrides AWS_PROFILE': ['aws-cli', 'boto3', 'sam'],
  'AWS_DEFAULT_PROFILE is ignored': ['sdk-js', 'sdk-rust', 'sdk-java', 'sdk-dotnet'],
  'an empty AWS_PROFILE fails': toolsOf('botocore', 'rust', 'java'),
  'an empty AWS_SHARED_CREDENTIALS_FILE means no file': toolsOf('botocore', 'rust', 'java'),
  'an empty AWS_CONFIG_FILE means no file': toolsOf('botocore', 'rust', 'java'),
  '$ in a path is literal': toolsOf('js', 'go', 'rust', 'java'),
  '~ in a path is literal': toolsOf('go'),
  // The others send expired keys. None uses a profile instead.
  'a past AWS_CREDENTIAL_EXPIRATION fails': toolsOf('botocore'),
  // credentials.py › EnvProvider._create_credentials_fetcher, load. The others go on to profiles, or do not read the
  // date.
  'half a key pair fails': toolsOf('botocore'),
  'a malformed AWS_CREDENTIAL_EXPIRATION fails': toolsOf('botocore'),
  'AWS_SECURITY_TOKEN overrides AWS_SESSION_TOKEN': toolsOf('botocore'),
} as const satisfies Readonly<Record<string, readonly ToolId[]>>

export type VariableBehavior = keyof typeof VARIABLE_BEHAVIOR

/** What version 1 of the AWS CLI does, and version 2 does not. Doctor does not look up which version is installed. */
export const BEHAVIOR_OF_AWS_CLI_1: readonly VariableBehavior[] = ['AWS_DEFAULT_PROFILE overrides AWS_PROFILE']

/** Returns the programs that do what is named. */
export function toolsWhere(behavior: VariableBehavior): readonly ToolId[] {
  return VARIABLE_BEHAVIOR[behavior]
}

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
