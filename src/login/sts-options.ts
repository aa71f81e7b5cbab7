/**
 * Parses the flags of AWS STS after `--` in `login`, as the AWS CLI spells them. Sources: Python's argparse as
 * awscli/argparser.py uses it, shorthand.py › ShorthandParser; observed with aws-cli 1.45 and 2.36.
 */
import {
  OWN_GLOBALS,
  REFUSED_GLOBALS,
  REFUSED_OPERATION_FLAGS,
  STS_FLAGS,
  assertDuration,
  badValue,
  checkItems,
  checkText,
  stsArgument,
} from '../aws/sts-api.ts'
import type { OwnFlagName, OwnGlobalName, StsFlagName, StsFlagRow } from '../aws/sts-api.ts'
import type { RoleExtras } from './resolution.ts'
import { parseSerialNumber } from '../mfa/device.ts'
import { parseTokenCode } from '../mfa/token-code.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { StsOperation } from '../model/invocation.ts'
import type { Origin, Resolved } from '../model/profile.ts'
import { nearest } from '../ui/words.ts'

/** Reads a file that a value names with `file://` or `fileb://`. May throw anything; expands `~`. */
export type ReadParameterFile = (path: string) => string

/** The flags that were given. */
export interface ParsedStsArguments {
  readonly operation: StsOperation
  /** Flags whose value is one string, checked: all but the duration, the policy and the source identity. */
  readonly texts: Readonly<Partial<Record<OwnFlagName, Resolved<string>>>>
  readonly durationSeconds: Resolved<number> | undefined
  readonly extras: RoleExtras
}

/** What parsing needs beside the words. `roleKnown`: a flag before `--` or the profile names a role. */
export interface StsArgumentsContext {
  readonly roleKnown: boolean
  readonly readFile: ReadParameterFile
}

type Structure = Readonly<Record<string, string>>

/**
 * Parses the words, spelled as for the AWS CLI, and checks the values as STS does. Throws STS_ARGUMENT,
 * DURATION_OUT_OF_RANGE, MFA_SERIAL_MALFORMED, TOKEN_CODE_MALFORMED; no failure contains a token code. A value with
 * `http://` or `https://` is taken as it is, as in the AWS CLI v2: nothing is fetched.
 */
export function parseStsArguments(tail: readonly string[], context: StsArgumentsContext): ParsedStsArguments {
  const operation: StsOperation = context.roleKnown || namesRole(tail) ? 'AssumeRole' : 'GetSessionToken'
  const texts: Partial<Record<OwnFlagName, Resolved<string>>> = {}
  let durationSeconds: Resolved<number> | undefined
  let extras: RoleExtras = {}
  for (const { flag, words } of sortWords(tail, operation)) {
    const row = STS_FLAGS.find((candidate) => candidate.flag === flag)
    // `--debug` is looked up before anything is parsed.
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
  if (!/^[0-9]{1,15}$/.test(text)) throw badValue('--duration-seconds', text, 'an integer')
  const duration = { value: Number(text), origin: stsFlag('--duration-seconds') }
  assertDuration(duration, operation)
  return duration
}

function readText(flag: StsFlagName, word: string, readFile: ReadParameterFile): string {
  // The last line end of a file is not part of the value.
  const text = loadFile(flag, word, readFile)?.replace(/\r?\n$/, '') ?? word
  if (flag === '--serial-number') return parseSerialNumber(text, stsFlag(flag))
  if (flag !== '--token-code') return checkText(flag, text)
  const code = parseTokenCode(text)
  if (code === undefined) throw new AwsmfaError({ code: 'TOKEN_CODE_MALFORMED', source: 'sts-flag' })
  return code
}

/** Returns the text of the file that the value names; undefined if it names none. */
function loadFile(flag: StsFlagName, word: string, readFile: ReadParameterFile): string | undefined {
  const path = /^fileb?:\/\/(.*)$/s.exec(word)?.[1]
  if (path === undefined) return undefined
  try {
    return readFile(path)
  } catch (error) {
    const reason =
      error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unreadable'
    throw stsArgument({ kind: 'unreadable-file', flag, path, reason })
  }
}

function readList(row: StsFlagRow, words: readonly string[], readFile: ReadParameterFile): RoleExtras {
  const [first = ''] = words
  // Only a list of one word may be a file, as in the AWS CLI.
  const contents = words.length === 1 ? loadFile(row.flag, first, readFile) : undefined
  const given = contents === undefined ? words : [contents.replace(/\r?\n$/, '')]
  const items = row.shape.kind === 'texts' ? readTexts(row.flag, given) : readStructures(row, given, readFile)
  checkItems(row.flag, items)
  return toExtras(row.flag, items)
}

function readTexts(flag: StsFlagName, words: readonly string[]): readonly Structure[] {
  const [first = ''] = words
  const texts = words.length === 1 && first.trimStart().startsWith('[') ? parseJson(flag, first) : words
  if (!Array.isArray(texts)) throw badValue(flag, first, 'a list of texts')
  return texts.map((text: unknown) => {
    if (typeof text !== 'string') throw badValue(flag, first, 'a list of texts')
    return { '': text }
  })
}

function readStructures(row: StsFlagRow, words: readonly string[], readFile: ReadParameterFile): readonly Structure[] {
  // The first word decides for all of them, as in the AWS CLI.
  const isJson = /^\s*[[{]/.test(words[0] ?? '')
  if (!isJson) return words.map((word) => readShorthand(row, word, readFile))
  const values = words.map((word) => parseJson(row.flag, word))
  const items: unknown = values.length === 1 && Array.isArray(values[0]) ? values[0] : values
  return (items as readonly unknown[]).map((item) => checkMembers(row, item))
}

function readShorthand(row: StsFlagRow, word: string, readFile: ReadParameterFile): Structure {
  const members = parseShorthand(word)
  if ('error' in members)
    throw badValue(row.flag, hide(row, word), `${formOf(row)}: ${members.error}, at character ${members.at + 1}`)
  const item = members.map(
    ({ key, text, fromFile }) => [key, fromFile ? (loadFile(row.flag, text, readFile) ?? text) : text] as const,
  )
  return checkMembers(row, Object.fromEntries(item))
}

function checkMembers(row: StsFlagRow, item: unknown): Structure {
  const members = row.shape.kind === 'structures' ? row.shape.members : []
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    throw badValue(row.flag, 'an item that is no structure', formOf(row))
  for (const [key, text] of Object.entries(item)) {
    if (!members.includes(key)) throw badValue(row.flag, key, `only the members ${members.join(' and ')}, spelled so`)
    if (typeof text !== 'string') throw badValue(row.flag, key, 'a text as value')
  }
  return item as Structure
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

/** A context assertion is a signed token: no part of it is ever shown. */
function hide(row: StsFlagRow, word: string): string {
  return row.flag === '--provided-contexts' ? '…' : word
}

function toExtras(flag: StsFlagName, items: readonly Structure[]): RoleExtras {
  const member = (item: Structure, name: string): string => item[name] ?? ''
  if (flag === '--policy-arns') return { policyArns: items.map((item) => member(item, 'arn')) }
  if (flag === '--tags')
    return { tags: items.map((item) => ({ key: member(item, 'Key'), value: member(item, 'Value') })) }
  if (flag === '--transitive-tag-keys') return { transitiveTagKeys: items.map((item) => member(item, '')) }
  return {
    providedContexts: items.map((item) => ({
      providerArn: member(item, 'ProviderArn'),
      contextAssertion: member(item, 'ContextAssertion'),
    })),
  }
}

/** A flag and the words of its value; none for `--debug`. */
interface FlagWords {
  readonly flag: OwnFlagName
  readonly words: readonly string[]
}

const GLOBAL_NAMES: readonly string[] = [...OWN_GLOBALS, ...REFUSED_GLOBALS.map((row) => row.flag)]

const REFUSED = [...REFUSED_GLOBALS, ...REFUSED_OPERATION_FLAGS]

/** Returns the profile that the last `--profile`, or a prefix of it, names; checks nothing else. */
export function findProfileWord(tail: readonly string[]): string | undefined {
  let profile: string | undefined
  for (const [index, word] of tail.entries()) {
    const { name, value } = splitWord(word)
    if (!isFlagWord(word) || findOne(name, GLOBAL_NAMES) !== '--profile') continue
    const next = tail[index + 1]
    profile = value ?? (next !== undefined && !looksLikeOption(next) ? next : profile)
  }
  return profile
}

/** Whether the words name a role, which makes the operation AssumeRole before anything else is parsed. */
export function namesRole(tail: readonly string[]): boolean {
  return tail.some((word) => {
    const { name } = splitWord(word)
    return name.length >= '--role-a'.length && '--role-arn'.startsWith(name)
  })
}

/**
 * Sorts the words into flags and their values. Of a repeated flag the last counts, for lists too. A global flag wins
 * over an operation's own: `--p x` is `--profile x`. Throws STS_ARGUMENT for a word that is no flag's value, an
 * unknown, ambiguous or refused flag, a role's flag without a role, and a missing value.
 */
function sortWords(tail: readonly string[], operation: StsOperation): readonly FlagWords[] {
  const found = new Map<OwnFlagName, FlagWords>()
  let index = 0
  while (index < tail.length) {
    const word = tail[index] ?? ''
    if (!isFlagWord(word)) throw stsArgument({ kind: 'bare-word', word })
    const { name, value } = splitWord(word)
    const flag = resolveFlag(name, operation)
    const words = takeWords(flag, value, tail.slice(index + 1))
    index += 1 + (value === undefined ? words.length : 0)
    found.set(flag, { flag, words })
  }
  return [...found.values()]
}

function takeWords(flag: OwnFlagName, value: string | undefined, following: readonly string[]): readonly string[] {
  if (flag === '--debug') {
    if (value !== undefined) throw badValue(flag, value, 'no value')
    return []
  }
  if (value !== undefined) return [value]
  const end = following.findIndex(looksLikeOption)
  const values = end < 0 ? following : following.slice(0, end)
  const next = following[0]
  if (values.length === 0)
    throw stsArgument({
      kind: 'missing-value',
      flag,
      ...(next === undefined || next.startsWith('--') ? {} : { leadingDash: next }),
    })
  return isList(flag) ? values : values.slice(0, 1)
}

function resolveFlag(name: string, operation: StsOperation): OwnFlagName {
  const own = STS_FLAGS.filter((row) => row.operations.includes(operation)).map((row) => row.flag)
  const operationNames: readonly string[] = [...own, ...REFUSED_OPERATION_FLAGS.map((row) => row.flag)]
  const match = findOne(name, GLOBAL_NAMES) ?? findOne(name, operationNames)
  const refused = REFUSED.find((row) => row.flag === match)
  if (refused !== undefined) throw stsArgument({ kind: 'refused-flag', ...refused })
  const flag = [...own, ...OWN_GLOBALS].find((known) => known === match)
  if (flag !== undefined) return flag
  const roleFlag =
    operation === 'AssumeRole'
      ? undefined
      : findOne(
          name,
          STS_FLAGS.map((row) => row.flag),
        )
  if (roleFlag !== undefined) throw stsArgument({ kind: 'role-flag-without-role', flag: roleFlag })
  const near = nearest(name, [...own, ...OWN_GLOBALS])
  throw stsArgument({ kind: 'unknown-flag', flag: name, operation, nearest: near })
}

/** Returns the flag of that name or unique prefix; undefined if there is none. Throws STS_ARGUMENT for several. */
function findOne(name: string, flags: readonly string[]): string | undefined {
  if (flags.includes(name)) return name
  const candidates = flags.filter((flag) => flag.startsWith(name))
  if (candidates.length > 1) throw stsArgument({ kind: 'ambiguous-flag', flag: name, candidates })
  return candidates[0]
}

function splitWord(word: string): { readonly name: string; readonly value: string | undefined } {
  const equals = word.indexOf('=')
  return equals < 0 ? { name: word, value: undefined } : { name: word.slice(0, equals), value: word.slice(equals + 1) }
}

function isFlagWord(word: string): boolean {
  return word.startsWith('--') && word !== '--' && !word.startsWith('--=')
}

/** Whether argparse refuses the word as a value: a dash and more, but no number, and no space before any `=`. */
function looksLikeOption(word: string): boolean {
  return /^-(?:[^ ]+$|-[^ =]+=)/.test(word) && !/^-(?:\d+|\d*\.\d+)$/.test(word)
}

function isList(flag: OwnFlagName): boolean {
  const shape = STS_FLAGS.find((row) => row.flag === flag)?.shape.kind
  return shape === 'texts' || shape === 'structures'
}

/** Why a word is no shorthand, in words, and where: an offset from 0. */
interface ShorthandError {
  readonly error: string
  readonly at: number
}

/** One member; `fromFile`: `@=` asks for the contents of the file that the text names. */
interface ShorthandMember {
  readonly key: string
  readonly text: string
  readonly fromFile: boolean
}

interface Read<T> {
  readonly value: T
  readonly end: number
}

const KEY = /\s*([A-Za-z0-9\-_.#/:]+)\s*(@?)\s*=\s*/y

const SINGLE = /'((?:\\'|[^'])*)'/y

const DOUBLE = /"((?:\\"|[^"])*)"/y

// A plain value begins with none of `, " ' = [ {` and goes on without `, " ' ] }`; `\,` is a comma inside it.
const PLAIN = /(?:\\,|[^\s,"'=[{])(?:\\,|[^,"'\]}])*/y

const COMMA = /\s*,/y

/**
 * Parses the AWS CLI's shorthand for one structure, `Key=a,Value=b`, into its members. Blanks around keys, `=` and
 * after `,` are ignored; a plain value ends at the next `,` and may contain `=`, `:` and inner blanks; a comma is
 * quoted or escaped; `"` and `'` quote, with `\"` and `\'` inside; `Key@=file://p` reads a file; nothing after `=` is
 * the empty string. No lists and no nested structures, since STS has none. Returns a ShorthandError where the AWS CLI
 * refuses the word.
 */
export function parseShorthand(word: string): readonly ShorthandMember[] | ShorthandError {
  const members: ShorthandMember[] = []
  let offset = 0
  for (;;) {
    const key = readAt(KEY, word, offset)
    if (key === undefined)
      return {
        error: members.length === 0 ? 'expected Key=value' : 'expected Key=value after the comma',
        at: offset,
      }
    const name = key.value[1] ?? ''
    if (members.some((member) => member.key === name))
      return { error: `${name} is given twice; each item is an argument of its own`, at: offset }
    const value = readValue(word, key.end)
    if (value === undefined) return { error: `the value of ${name} is not a plain or quoted string`, at: key.end }
    members.push({ key: name, text: value.value, fromFile: key.value[2] === '@' })
    const comma = readAt(COMMA, word, value.end)
    if (comma === undefined) {
      return word.slice(value.end).trim() === ''
        ? members
        : { error: `expected a comma after the value of ${name}`, at: value.end }
    }
    offset = comma.end
  }
}

function readValue(word: string, offset: number): Read<string> | undefined {
  const rest = word.charAt(offset)
  if (rest === '' || rest === ',') return { value: '', end: offset }
  if (rest === "'" || rest === '"') {
    const quoted = readAt(rest === "'" ? SINGLE : DOUBLE, word, offset)
    if (quoted === undefined) return undefined
    return { value: (quoted.value[1] ?? '').replaceAll(`\\${rest}`, rest).replaceAll('\\\\', '\\'), end: quoted.end }
  }
  const plain = readAt(PLAIN, word, offset)
  return plain === undefined ? undefined : { value: plain.value[0].replaceAll('\\,', ',').trimEnd(), end: plain.end }
}

/** Matches a sticky pattern at an offset, on a copy, since a pattern would keep its place between calls. */
function readAt(pattern: RegExp, word: string, offset: number): Read<RegExpExecArray> | undefined {
  const sticky = new RegExp(pattern.source, pattern.flags)
  sticky.lastIndex = offset
  const match = sticky.exec(word)
  return match === null ? undefined : { value: match, end: sticky.lastIndex }
}
