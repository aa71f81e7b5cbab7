/**
 * Reads awsmfa's own settings: one file in its config folder, in one of four formats. The parser of a format is loaded
 * only where a file of that format exists. The file is never written.
 */
import { join } from 'node:path'
import type { Node as JsonNode, ParseError } from 'jsonc-parser'
import type { TomlDate, TomlValue } from 'smol-toml'
import type * as Yaml from 'yaml'
import type { Document, Node as YamlNode, Scalar } from 'yaml'
import { SETTINGS_FILE_KEYS, SETTING_TABLE } from './setting-table.ts'
import type { GlobalDefaults } from './settings.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { UsageProblem } from '../model/invocation.ts'
import { SETTINGS_FILES } from '../platform/paths.ts'
import { isThere, readRegularFile } from '../platform/read-file.ts'
import { nearest } from '../ui/words.ts'

/**
 * Returns a function that reads the settings file of that folder once; later calls return the same settings or error.
 */
export function settingsReader(configFolder: string): () => Promise<GlobalDefaults> {
  let read: Promise<GlobalDefaults> | undefined
  return () => (read ??= readSettingsFile(configFolder))
}

/**
 * Reads the settings file of that folder; without a file there are no settings. Throws SETTINGS_UNREADABLE or
 * FILE_NOT_REGULAR for a file that cannot be read, and USAGE for two files, a malformed one, and entries that no
 * settings file may have.
 */
export async function readSettingsFile(configFolder: string): Promise<GlobalDefaults> {
  const files = SETTINGS_FILES.map((name) => ({ name, path: join(configFolder, name) })).filter(({ path }) =>
    reading(path, () => isThere(path)),
  )
  const [file, ...others] = files
  if (file === undefined) return {}
  const { name, path } = file
  if (others.length > 0) throw usage({ kind: 'several-settings-files', paths: files.map((each) => each.path) })
  const { format, read } = FORMATS[name]
  const malformed = (line: number | undefined): AwsmfaError => usage({ kind: 'malformed-settings', path, format, line })
  const text = decodeUtf8(reading(path, () => readRegularFile(path).bytes))
  if (text === undefined) throw malformed(undefined)
  return text.trim() === '' ? {} : toDefaults(await read(text, malformed), path)
}

/** A key of the file. Numbers, true and false are text, as they are written in the file. */
interface Entry {
  readonly key: string
  /** Counts from 1; undefined where the parser does not say. */
  readonly line: number | undefined
  readonly value: Value
}

type Value = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'nothing' | 'list' | 'table' | 'date' }

/** Reads the entries of a text. Throws `malformed`, with the line where the parser says it. */
type Reader = (text: string, malformed: (line: number | undefined) => AwsmfaError) => Promise<readonly Entry[]>

const YAML_FORMAT = { format: 'yaml', read: readYaml } as const

const FORMATS = {
  'config.ini': { format: 'ini', read: readIni },
  'config.toml': { format: 'toml', read: readToml },
  'config.yaml': YAML_FORMAT,
  'config.yml': YAML_FORMAT,
  'config.json': { format: 'json', read: readJson },
} as const satisfies Record<(typeof SETTINGS_FILES)[number], { readonly format: string; readonly read: Reader }>

/** Returns what `read` does. Throws SETTINGS_UNREADABLE for an error of the system. */
function reading<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof AwsmfaError && !isFailure(error, 'FILE_UNREADABLE')) throw error
    const errno = isFailure(error, 'FILE_UNREADABLE') ? error.failure.errno : (error as NodeJS.ErrnoException).code
    throw new AwsmfaError({ code: 'SETTINGS_UNREADABLE', place: { path }, errno: errno ?? 'unknown' }, { cause: error })
  }
}

/** Drops a byte order mark. Returns undefined for other encodings, such as the UTF-16 of some editors. */
function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * Checks the entries: a mistake in this file would go unnoticed for long. A key without a value counts as absent, as in
 * AWS's files. Throws USAGE for an unknown key, a repeated one, and a value that is a list, a table or a date.
 */
function toDefaults(entries: readonly Entry[], path: string): GlobalDefaults {
  const seen = new Map<string, Entry>()
  for (const entry of entries) {
    const { key, line, value } = entry
    if (!SETTINGS_FILE_KEYS.includes(key)) throw unknownKey(entry, path)
    const first = seen.get(key)
    if (first !== undefined)
      throw usage({
        kind: 'repeated-setting',
        path,
        key,
        lines: [first.line, line].filter((each) => each !== undefined),
      })
    if (value.kind !== 'text' && value.kind !== 'nothing')
      throw usage({ kind: 'setting-type', path, key, found: value.kind, line })
    seen.set(key, entry)
  }
  return Object.fromEntries(
    [...seen.values()].flatMap(({ key, line, value }) =>
      value.kind === 'text' ? [[key, { value: value.text, place: { path, line } }]] : [],
    ),
  )
}

function unknownKey({ key, line }: Entry, path: string): AwsmfaError {
  const instead = SETTING_TABLE.find(({ notInFile }) => notInFile?.key === key)?.notInFile?.instead
  const near = instead === undefined ? nearest(key, SETTINGS_FILE_KEYS) : undefined
  return usage({ kind: 'unknown-setting', path, key, line, nearest: near, instead })
}

function usage(problem: UsageProblem): AwsmfaError {
  return new AwsmfaError({ code: 'USAGE', problem })
}

function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|\r|\n/)
}

/** Returns the line, counted from 1, that contains an offset. */
function lineAt(text: string, offset: number): number {
  return linesOf(text.slice(0, offset)).length
}

/** Returns the number of the first line that passes; undefined where none does. */
function lineOf(text: string, passes: (line: string) => boolean): number | undefined {
  const index = linesOf(text).findIndex(passes)
  return index === -1 ? undefined : index + 1
}

/**
 * Reads ini, which has no malformed text. A section is a key with a table as its value. The package keeps the last of a
 * repeated key and drops `__proto__`: both are found again in the lines. It would change the values of AWS's files:
 * never use it for those.
 */
async function readIni(text: string): Promise<readonly Entry[]> {
  const { parse } = await import('ini')
  const lines = iniKeys(text)
  // A dot in a section's name makes a table of the part before it.
  const headerOf = (key: string): number | undefined => lineOf(text, (line) => line.trim().startsWith(`[${key}`))
  const entries = Object.entries(parse(text)).flatMap(([key, parsed]): readonly Entry[] => {
    const value = iniValue(parsed)
    if (value.kind === 'table') return [{ key, line: headerOf(key), value }]
    const found = lines.filter((each) => each.key === key || each.key === `${key}[]`)
    return (value.kind === 'list' ? found.slice(0, 1) : found).map(({ line }) => ({ key, line, value }))
  })
  const dropped = [...lines.filter(({ key }) => key === '__proto__').map(({ line }) => line), headerOf('__proto__')]
  return [
    ...entries,
    ...dropped.flatMap((line): readonly Entry[] =>
      line === undefined ? [] : [{ key: '__proto__', line, value: { kind: 'table' } }],
    ),
  ]
}

/** Returns the keys before the first section. */
function iniKeys(text: string): readonly { readonly key: string; readonly line: number }[] {
  const lines = linesOf(text)
  const header = lines.findIndex((line) => /^\s*\[/.test(line))
  return (header === -1 ? lines : lines.slice(0, header)).flatMap((line, index) => {
    const key = /^\s*[;#]/.test(line) ? '' : (line.split('=')[0] ?? '').trim()
    return key === '' ? [] : [{ key, line: index + 1 }]
  })
}

function iniValue(value: unknown): Value {
  if (Array.isArray(value)) return { kind: 'list' }
  return typeof value === 'object' && value !== null ? { kind: 'table' } : { kind: 'text', text: String(value) }
}

/** Reads JSON as strictly as JSON.parse, by a parser that says where a key is and reports a repeated one. */
async function readJson(...[text, malformed]: Parameters<Reader>): Promise<readonly Entry[]> {
  const { parseTree } = await import('jsonc-parser')
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false })
  const [error] = errors
  if (error !== undefined) throw malformed(lineAt(text, error.offset))
  if (root?.type !== 'object') throw malformed(lineAt(text, root?.offset ?? 0))
  return (root.children ?? []).flatMap(({ children: [key, value] = [] }) =>
    key === undefined || value === undefined
      ? []
      : [{ key: String(key.value), line: lineAt(text, key.offset), value: jsonValue(value, text) }],
  )
}

function jsonValue(node: JsonNode, text: string): Value {
  switch (node.type) {
    case 'array':
      return { kind: 'list' }
    case 'object':
    case 'property':
      return { kind: 'table' }
    case 'null':
      return { kind: 'nothing' }
    case 'string':
      return { kind: 'text', text: String(node.value) }
    case 'number':
    case 'boolean':
      return { kind: 'text', text: text.slice(node.offset, node.offset + node.length) }
  }
}

/** Reads TOML. The parser does not say where a key is, so its line is the first that begins with it. */
async function readToml(...[text, malformed]: Parameters<Reader>): Promise<readonly Entry[]> {
  const { TomlDate, TomlError, parse } = await import('smol-toml')
  const beginsWith = (key: string) => (line: string) => /^\s*\[{0,2}\s*["']?([^"'\s=.\]]*)/.exec(line)?.[1] === key
  try {
    return Object.entries(parse(text, { integersAsBigInt: 'asNeeded' })).map(([key, value]) => ({
      key,
      line: lineOf(text, beginsWith(key)),
      value: tomlValue(value, TomlDate),
    }))
  } catch (error) {
    throw error instanceof TomlError ? malformed(error.line) : error
  }
}

function tomlValue(value: TomlValue, DateClass: typeof TomlDate): Value {
  if (value instanceof DateClass) return { kind: 'date' }
  if (Array.isArray(value)) return { kind: 'list' }
  return typeof value === 'object' ? { kind: 'table' } : { kind: 'text', text: String(value) }
}

/**
 * Reads YAML: the top level only, following an alias once, so that a small file cannot expand into a large one. Custom
 * tags, several documents and a repeated key are malformed.
 */
async function readYaml(...[text, malformed]: Parameters<Reader>): Promise<readonly Entry[]> {
  const yaml = await import('yaml')
  const { isAlias, isMap, isScalar } = yaml
  const lineCounter = new yaml.LineCounter()
  // Pretty errors would quote the file, which may hold secrets.
  const document = yaml.parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' })
  const lineOfOffset = (offset: number | undefined): number | undefined =>
    offset === undefined ? undefined : lineCounter.linePos(offset).line
  const [wrong] = [...document.errors, ...document.warnings]
  if (wrong !== undefined) throw malformed(lineOfOffset(wrong.pos[0]))
  const { contents } = document
  if (contents === null || (isScalar(contents) && contents.value === null)) return []
  if (!isMap(contents)) throw malformed(lineOfOffset(contents.range[0]))
  return contents.items.map(({ key, value }) => {
    const line = lineOfOffset((key as YamlNode).range?.[0])
    if (!isScalar(key) || (isAlias(value) && value.resolve(document) === undefined)) throw malformed(line)
    return { key: yamlText(key), line, value: yamlValue(yaml, value, document) }
  })
}

function yamlValue({ isAlias, isScalar, isSeq }: typeof Yaml, value: unknown, document: Document): Value {
  const node = isAlias(value) ? value.resolve(document) : value
  if (isSeq(node)) return { kind: 'list' }
  if (!isScalar(node)) return { kind: node === null || node === undefined ? 'nothing' : 'table' }
  if (node.value === null) return { kind: 'nothing' }
  return node.value instanceof Date ? { kind: 'date' } : { kind: 'text', text: yamlText(node) }
}

/** Numbers are taken as they are written: a serial number keeps its zeros. */
function yamlText({ value, source }: Scalar): string {
  return typeof value === 'string' ? value : (source ?? String(value))
}
