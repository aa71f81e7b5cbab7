/** What stands after `--` in `login`: the AWS CLI's spelling of GetSessionToken's and AssumeRole's parameters. */
import type { StsOperation } from '../failures.ts'
import { AwsmfaError } from '../failures.ts'
import type { Origin, Resolved } from '../origin.ts'
import type { RoleExtras } from './resolution.ts'
import { assertDuration } from './duration.ts'
import { parseSerialNumber } from './mfa-device.ts'
import { parseShorthand } from './shorthand.ts'
import { STS_FLAGS } from './sts-flags.ts'
import type { OwnFlagName, OwnGlobalName, StsFlagName, StsFlagRow } from './sts-flags.ts'
import { badValue, checkItems, checkText, stsArgument } from './sts-values.ts'
import { namesRole, sortWords } from './sts-words.ts'
import { parseTokenCode } from './token-code.ts'

/** Gives the text of a file that a value names with `file://` or `fileb://`. May throw anything; `~` is its to expand. */
export type ReadParameterFile = (path: string) => string

/** The parameters that were given. What is not there was not said. */
export interface ParsedStsArguments {
  readonly operation: StsOperation
  /** Values of flags that are one text, each checked: all but the duration, the policy and the source identity. */
  readonly texts: Readonly<Partial<Record<OwnFlagName, Resolved<string>>>>
  readonly durationSeconds: Resolved<number> | undefined
  readonly extras: RoleExtras
}

/** What parsing needs besides the words. `roleKnown`: a flag before `--` or the profile names a role. */
export interface StsArgumentsContext {
  readonly roleKnown: boolean
  readonly readFile: ReadParameterFile
}

type Item = Readonly<Record<string, string>>

/**
 * Parses and checks everything after `--`: the spelling as the AWS CLI has it, the values as STS wants them. Throws
 * STS_ARGUMENT, DURATION_OUT_OF_RANGE, MFA_SERIAL_MALFORMED, TOKEN_CODE_MALFORMED; no failure holds a token code. Text with
 * `http://` or `https://` stays what it is, as in the AWS CLI v2; nothing is fetched.
 */
export function parseStsArguments(tail: readonly string[], context: StsArgumentsContext): ParsedStsArguments {
  const operation: StsOperation = context.roleKnown || namesRole(tail) ? 'AssumeRole' : 'GetSessionToken'
  const texts: Partial<Record<OwnFlagName, Resolved<string>>> = {}
  let durationSeconds: Resolved<number> | undefined
  let extras: RoleExtras = {}
  for (const { flag, words } of sortWords(tail, operation)) {
    const row = STS_FLAGS.find((candidate) => candidate.flag === flag)
    // Whether --debug stands there is asked before anything is parsed.
    if (flag === '--debug') continue
    if (row === undefined) texts[flag] = readGlobal(flag, words[0] ?? '')
    else if (flag === '--duration-seconds') durationSeconds = readDuration(words[0] ?? '', operation, context.readFile)
    else if (row.shape.kind !== 'text') extras = { ...extras, ...readList(row, words, context.readFile) }
    else {
      const value = readText(row.flag, words[0] ?? '', context.readFile)
      if (flag === '--policy') extras = { ...extras, policy: value }
      else if (flag === '--source-identity') extras = { ...extras, sourceIdentity: value }
      else texts[flag] = { value, origin: stsFlag(flag) }
    }
  }
  return { operation, texts, durationSeconds, extras }
}

function stsFlag(flag: OwnFlagName): Origin {
  return { kind: 'sts-flag', flag }
}

function readGlobal(flag: OwnFlagName, value: string): Resolved<string> {
  if (value === '') throw badValue(flag, value, GLOBAL_EXPECTED[flag as OwnGlobalName])
  return { value, origin: stsFlag(flag) }
}

const GLOBAL_EXPECTED: Readonly<Record<OwnGlobalName, string>> = {
  '--region': 'a region, such as eu-west-1',
  '--endpoint-url': 'a URL',
  '--profile': 'a profile name',
  '--ca-bundle': 'the path of a PEM file',
  '--debug': 'no value',
}

function readDuration(word: string, operation: StsOperation, readFile: ReadParameterFile): Resolved<number> {
  const text = loadFile('--duration-seconds', word, readFile)?.trim() ?? word
  if (!/^[0-9]{1,15}$/.test(text)) throw badValue('--duration-seconds', text, 'a whole number of seconds')
  const duration = { value: Number(text), origin: stsFlag('--duration-seconds') }
  assertDuration(duration, operation)
  return duration
}

function readText(flag: StsFlagName, word: string, readFile: ReadParameterFile): string {
  // A file's last line end is the editor's, not the value's.
  const text = loadFile(flag, word, readFile)?.replace(/\r?\n$/, '') ?? word
  if (flag === '--serial-number') return parseSerialNumber(text, stsFlag(flag))
  if (flag !== '--token-code') return checkText(flag, text)
  const code = parseTokenCode(text)
  if (code === undefined) throw new AwsmfaError({ code: 'TOKEN_CODE_MALFORMED', source: 'sts-flag' })
  return code
}

/** The file's text where the value names one, else undefined. */
function loadFile(flag: StsFlagName, word: string, readFile: ReadParameterFile): string | undefined {
  const path = /^fileb?:\/\/(.*)$/s.exec(word)?.[1]
  if (path === undefined) return undefined
  try {
    return readFile(path)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unreadable'
    throw stsArgument({ kind: 'unreadable-file', flag, path, reason })
  }
}

function readList(row: StsFlagRow, words: readonly string[], readFile: ReadParameterFile): RoleExtras {
  const [first = ''] = words
  // Only a list of one word may be a file: so the AWS CLI has it.
  const contents = words.length === 1 ? loadFile(row.flag, first, readFile) : undefined
  const given = contents === undefined ? words : [contents.replace(/\r?\n$/, '')]
  const items = row.shape.kind === 'texts' ? readTexts(row.flag, given) : readStructures(row, given, readFile)
  checkItems(row.flag, items)
  return toExtras(row.flag, items)
}

function readTexts(flag: StsFlagName, words: readonly string[]): readonly Item[] {
  const [first = ''] = words
  const texts = words.length === 1 && first.trimStart().startsWith('[') ? parseJson(flag, first) : words
  if (!Array.isArray(texts)) throw badValue(flag, first, 'a list of texts')
  return texts.map((text: unknown) => {
    if (typeof text !== 'string') throw badValue(flag, first, 'a list of texts')
    return { '': text }
  })
}

function readStructures(row: StsFlagRow, words: readonly string[], readFile: ReadParameterFile): readonly Item[] {
  // The first word decides for all of them, as in the AWS CLI.
  const isJson = /^\s*[[{]/.test(words[0] ?? '')
  if (!isJson) return words.map((word) => readShorthand(row, word, readFile))
  const values = words.map((word) => parseJson(row.flag, word))
  const items: unknown = values.length === 1 && Array.isArray(values[0]) ? values[0] : values
  return (items as readonly unknown[]).map((item) => checkMembers(row, item))
}

function readShorthand(row: StsFlagRow, word: string, readFile: ReadParameterFile): Item {
  const members = parseShorthand(word)
  if ('error' in members) throw badValue(row.flag, hide(row, word), `${formOf(row)}: ${members.error}, at character ${members.at + 1}`)
  const item = members.map(({ key, text, fromFile }) => [key, fromFile ? (loadFile(row.flag, text, readFile) ?? text) : text] as const)
  return checkMembers(row, Object.fromEntries(item))
}

function checkMembers(row: StsFlagRow, item: unknown): Item {
  const members = row.shape.kind === 'structures' ? row.shape.members : []
  if (typeof item !== 'object' || item === null || Array.isArray(item)) throw badValue(row.flag, 'an item that is no structure', formOf(row))
  for (const [key, text] of Object.entries(item)) {
    if (!members.includes(key)) throw badValue(row.flag, key, `only the members ${members.join(' and ')}, spelled so`)
    if (typeof text !== 'string') throw badValue(row.flag, key, 'a text as value')
  }
  return item as Item
}

function parseJson(flag: StsFlagName, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw badValue(flag, flag === '--provided-contexts' ? '…' : text, 'JSON that can be read')
  }
}

function formOf(row: StsFlagRow): string {
  const members = row.shape.kind === 'structures' ? row.shape.members : []
  return `${members.map((member) => `${member}=…`).join(',')} or JSON`
}

/** A context assertion is somebody's signed token: no part of such a word is ever shown. */
function hide(row: StsFlagRow, word: string): string {
  return row.flag === '--provided-contexts' ? '…' : word
}

function toExtras(flag: StsFlagName, items: readonly Item[]): RoleExtras {
  const member = (item: Item, name: string): string => item[name] ?? ''
  if (flag === '--policy-arns') return { policyArns: items.map((item) => member(item, 'arn')) }
  if (flag === '--tags') return { tags: items.map((item) => ({ key: member(item, 'Key'), value: member(item, 'Value') })) }
  if (flag === '--transitive-tag-keys') return { transitiveTagKeys: items.map((item) => member(item, '')) }
  return { providedContexts: items.map((item) => ({ providerArn: member(item, 'ProviderArn'), contextAssertion: member(item, 'ContextAssertion') })) }
}
