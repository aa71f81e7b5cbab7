import type { Node as JsonNode, ParseError } from 'jsonc-parser'
import type { TomlDate, TomlValue } from 'smol-toml'
import type * as Yaml from 'yaml'
import type { Document, Node as YamlNode, Scalar } from 'yaml'
import { globalDefaults } from './settings.ts'
import type { GlobalDefaults, ReadSettings, SettingsEntry, SettingsFormat } from './settings.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { SETTINGS_FILES, childPath } from '../platform/paths.ts'
import { isThere, readRegularFile } from '../platform/read-file.ts'

/**
 * awsmfa's own settings: one file in its config folder, in one of four formats, with what holds where nothing else says
 * anything. The parser of a format is loaded where a file of that format is there. The file is only ever read.
 */

/**
 * Reads the settings file of that folder; where there is none, there are no settings. Throws SETTINGS_UNREADABLE or
 * FILE_NOT_REGULAR for a file that is there but cannot be read, and USAGE for two files, for one that is not what its name
 * says, and for what no settings file may hold.
 */
export async function readSettingsFile(configFolder: string): Promise<GlobalDefaults> {
  const found = SETTINGS_FILES.map((name) => ({ path: childPath(configFolder, name), format: formatOf(name) })).filter(
    ({ path }) => isFound(path),
  )
  const [file, ...others] = found
  if (file === undefined) return {}
  if (others.length > 0)
    throw new AwsmfaError({
      code: 'USAGE',
      problem: { kind: 'several-settings-files', paths: found.map(({ path }) => path) },
    })
  const { path, format } = file
  const text = readText(path, format)
  if (text.trim() === '') return {}
  const read = await parseAs(format, text)
  if (read.kind === 'malformed') throw malformed(path, format, read.line)
  return globalDefaults(read.entries, path)
}

/** Gives what reads that folder's settings file at the first call, and after that the same answer, or the same error. */
export function settingsReader(configFolder: string): () => Promise<GlobalDefaults> {
  let read: Promise<GlobalDefaults> | undefined
  return () => (read ??= readSettingsFile(configFolder))
}

function formatOf(name: (typeof SETTINGS_FILES)[number]): SettingsFormat {
  const extension = name.slice(name.lastIndexOf('.') + 1) as SettingsFormat | 'yml'
  return extension === 'yml' ? 'yaml' : extension
}

async function parseAs(format: SettingsFormat, text: string): Promise<ReadSettings> {
  switch (format) {
    case 'ini':
      return await readIni(text)
    case 'toml':
      return await readToml(text)
    case 'yaml':
      return await readYaml(text)
    case 'json':
      return await readJson(text)
  }
}

function isFound(path: string): boolean {
  try {
    return isThere(path)
  } catch (error) {
    throw new AwsmfaError(
      { code: 'SETTINGS_UNREADABLE', place: { path }, errno: (error as NodeJS.ErrnoException).code ?? 'unknown' },
      { cause: error },
    )
  }
}

/** The text without a byte order mark. What is no UTF-8, such as the UTF-16 of some editors, would be read as something else. */
function readText(path: string, format: SettingsFormat): string {
  const { bytes } = readBytes(path)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw malformed(path, format, undefined)
  }
}

function readBytes(path: string): { readonly bytes: Buffer } {
  try {
    return readRegularFile(path)
  } catch (error) {
    if (!isFailure(error, 'FILE_UNREADABLE')) throw error
    throw new AwsmfaError(
      { code: 'SETTINGS_UNREADABLE', place: { path }, errno: error.failure.errno },
      { cause: error },
    )
  }
}

function malformed(path: string, format: SettingsFormat, line: number | undefined): AwsmfaError {
  return new AwsmfaError({
    code: 'USAGE',
    problem: { kind: 'malformed-settings', path, format, ...(line === undefined ? {} : { line }) },
  })
}

/** Settings in an ini file. The package must never touch AWS's files, whose values it would change. */

/**
 * Reads it; any text can be read. A section is a key with a table behind it. A key that stands there twice is given twice,
 * though for the parser the last one counts; and so is `__proto__`, which the parser passes over in silence.
 */
async function readIni(text: string): Promise<ReadSettings> {
  const { parse } = await import('ini')
  const lines = keyLines(linesOf(text))
  const entries = Object.entries(parse(text)).flatMap(([key, value]): readonly SettingsEntry[] => {
    const found = lines.filter((candidate) => candidate.key === key || candidate.key === `${key}[]`)
    const given = { key, value: valueOf(value) }
    if (given.value.kind === 'table') return [{ ...given, line: lineOfHeader(key, text) }]
    return given.value.kind === 'list'
      ? [{ ...given, line: found[0]?.line }]
      : found.map(({ line }) => ({ ...given, line }))
  })
  const header = lineOfHeader('__proto__', text)
  const passedOver = [...lines, ...(header === undefined ? [] : [{ key: '__proto__', line: header }])]
    .filter(({ key }) => key === '__proto__')
    .map(({ key, line }): SettingsEntry => ({ key, line, value: { kind: 'table' } }))
  return { kind: 'read', entries: [...entries, ...passedOver] }
}

/** The lines with a key before the first section. */
function keyLines(lines: readonly string[]): readonly { readonly key: string; readonly line: number }[] {
  const header = lines.findIndex((line) => /^\s*\[/.test(line))
  const before = header === -1 ? lines : lines.slice(0, header)
  return before
    .map((line, index) => ({ key: /^\s*[;#]/.test(line) ? '' : (line.split('=')[0] ?? '').trim(), line: index + 1 }))
    .filter(({ key }) => key !== '')
}

/** A dot in a section's name makes a table of the part before it. */
function lineOfHeader(key: string, text: string): number | undefined {
  const index = linesOf(text).findIndex((line) => line.trim().startsWith(`[${key}`))
  return index === -1 ? undefined : index + 1
}

function valueOf(value: unknown): SettingsEntry['value'] {
  if (Array.isArray(value)) return { kind: 'list' }
  return typeof value === 'object' && value !== null ? { kind: 'table' } : { kind: 'text', text: String(value) }
}

/** Settings in a JSON file, by a parser that says where things stand, which JSON.parse does not. */

/** Reads it, as strictly as JSON.parse: no comments, no comma at the end. A key that stands there twice is given twice. */
async function readJson(text: string): Promise<ReadSettings> {
  const { parseTree } = await import('jsonc-parser')
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false })
  const [error] = errors
  if (error !== undefined) return { kind: 'malformed', line: lineAt(text, error.offset) }
  if (root?.type !== 'object') return { kind: 'malformed', line: lineAt(text, root?.offset ?? 0) }
  return { kind: 'read', entries: (root.children ?? []).flatMap((property) => entryOf(property, text)) }
}

function entryOf({ children: [key, value] = [] }: JsonNode, text: string): readonly SettingsEntry[] {
  return key === undefined || value === undefined
    ? []
    : [{ key: String(key.value), line: lineAt(text, key.offset), value: jsonValueOf(value, text) }]
}

function jsonValueOf(node: JsonNode, text: string): SettingsEntry['value'] {
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

/** Lines of a text, for parsers that do not say where what they read stands. */

/** Gives the lines without their ends, whichever these are. */
function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|\r|\n/)
}

/** Gives the line, counted from 1, in which an offset lies. */
function lineAt(text: string, offset: number): number {
  return linesOf(text.slice(0, offset)).length
}

/** Settings in a TOML file. */

/** Reads it. The parser does not say where a key stands, so its line is the first that begins with it. */
async function readToml(text: string): Promise<ReadSettings> {
  const { TomlDate, TomlError, parse } = await import('smol-toml')
  try {
    const lines = linesOf(text)
    const entries = Object.entries(parse(text, { integersAsBigInt: 'asNeeded' }))
    return {
      kind: 'read',
      entries: entries.map(([key, value]) => ({ key, line: lineOf(key, lines), value: tomlValueOf(value, TomlDate) })),
    }
  } catch (error) {
    if (error instanceof TomlError) return { kind: 'malformed', line: error.line }
    throw error
  }
}

function lineOf(key: string, lines: readonly string[]): number | undefined {
  const index = lines.findIndex((line) => /^\s*\[{0,2}\s*["']?([^"'\s=.\]]*)/.exec(line)?.[1] === key)
  return index === -1 ? undefined : index + 1
}

function tomlValueOf(value: TomlValue, DateClass: typeof TomlDate): SettingsEntry['value'] {
  if (value instanceof DateClass) return { kind: 'date' }
  if (Array.isArray(value)) return { kind: 'list' }
  return typeof value === 'object' ? { kind: 'table' } : { kind: 'text', text: String(value) }
}

/** Settings in a YAML file. */

/**
 * Reads it. Only the keys at the top are looked at, and an alias is followed once: nothing is built from what hangs below, so
 * that a small file cannot become a big thing. Tags of one's own, several documents and a key given twice are malformed.
 */
async function readYaml(text: string): Promise<ReadSettings> {
  const yaml = await import('yaml')
  const { isAlias, isMap, isScalar } = yaml
  const lineCounter = new yaml.LineCounter()
  // Errors do not quote the file, which may hold what is no message's business.
  const document = yaml.parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' })
  const lineOf = (offset: number | undefined): number | undefined =>
    offset === undefined ? undefined : lineCounter.linePos(offset).line
  const [wrong] = [...document.errors, ...document.warnings]
  if (wrong !== undefined) return { kind: 'malformed', line: lineOf(wrong.pos[0]) }
  const { contents } = document
  if (contents === null || (isScalar(contents) && contents.value === null)) return { kind: 'read', entries: [] }
  if (!isMap(contents)) return { kind: 'malformed', line: lineOf(contents.range[0]) }
  const entries: SettingsEntry[] = []
  for (const { key, value } of contents.items) {
    const line = lineOf((key as YamlNode).range?.[0])
    if (!isScalar(key) || (isAlias(value) && value.resolve(document) === undefined)) return { kind: 'malformed', line }
    entries.push({ key: textOf(key), line, value: yamlValueOf(yaml, value, document) })
  }
  return { kind: 'read', entries }
}

function yamlValueOf(
  { isAlias, isScalar, isSeq }: typeof Yaml,
  value: unknown,
  document: Document,
): SettingsEntry['value'] {
  const node = isAlias(value) ? value.resolve(document) : value
  if (isSeq(node)) return { kind: 'list' }
  if (!isScalar(node)) return { kind: node === null || node === undefined ? 'nothing' : 'table' }
  if (node.value === null) return { kind: 'nothing' }
  return node.value instanceof Date ? { kind: 'date' } : { kind: 'text', text: textOf(node) }
}

/** What is no text for YAML is taken as it is written: a serial number keeps its zeros. */
function textOf({ value, source }: Scalar): string {
  return typeof value === 'string' ? value : (source ?? String(value))
}
