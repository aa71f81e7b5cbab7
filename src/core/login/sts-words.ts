/**
 * The words after `--`, sorted into flags and their values as the AWS CLI does it. Its global flags take part first, so `--p x`
 * is `--profile x`; what is no prefix of a global flag must be a unique prefix among the operation's own flags.
 * Source: Python's argparse as awscli/argparser.py uses it; observed with aws-cli 1.45 and 2.36.
 */
import { nearest } from '../nearest.ts'
import type { StsOperation } from '../failures.ts'
import { OWN_GLOBALS, REFUSED_GLOBALS, REFUSED_OPERATION_FLAGS, STS_FLAGS } from './sts-flags.ts'
import type { OwnFlagName, OwnGlobalName } from './sts-flags.ts'
import { badValue, stsArgument } from './sts-values.ts'

/** A flag with the words that are its value; none for `--debug`. */
export interface FlagWords {
  readonly flag: OwnFlagName
  readonly words: readonly string[]
}

const OWN_GLOBAL_NAMES: readonly OwnGlobalName[] = OWN_GLOBALS.map((row) => row.flag)
const GLOBAL_NAMES: readonly string[] = [...OWN_GLOBAL_NAMES, ...REFUSED_GLOBALS.map((row) => row.flag)]
const REFUSED = [...REFUSED_GLOBALS, ...REFUSED_OPERATION_FLAGS]

/** Gives the profile that the words name with `--profile` or a prefix of it, the last one; checks nothing else. */
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

/** Tells whether the words name a role, which makes the operation AssumeRole before anything else is read. */
export function namesRole(tail: readonly string[]): boolean {
  return tail.some((word) => {
    const { name } = splitWord(word)
    return name.length >= '--role-a'.length && '--role-arn'.startsWith(name)
  })
}

/**
 * Sorts the words. Of a flag that stands several times only the last counts, for lists too. Throws STS_ARGUMENT for a word
 * that is no flag's value, an unknown, ambiguous or refused flag, a role's flag without a role, and a missing value.
 */
export function sortWords(tail: readonly string[], operation: StsOperation): readonly FlagWords[] {
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
  if (values.length === 0) throw stsArgument({ kind: 'missing-value', flag, ...(next === undefined || next.startsWith('--') ? {} : { leadingDash: next }) })
  return isList(flag) ? values : values.slice(0, 1)
}

function resolveFlag(name: string, operation: StsOperation): OwnFlagName {
  const own = STS_FLAGS.filter((row) => row.operations.includes(operation)).map((row) => row.flag)
  const operationNames: readonly string[] = [...own, ...REFUSED_OPERATION_FLAGS.map((row) => row.flag)]
  const match = findOne(name, GLOBAL_NAMES) ?? findOne(name, operationNames)
  const refused = REFUSED.find((row) => row.flag === match)
  if (refused !== undefined) throw stsArgument({ kind: 'refused-flag', ...refused })
  const flag = [...own, ...OWN_GLOBAL_NAMES].find((known) => known === match)
  if (flag !== undefined) return flag
  const roleFlag = operation === 'AssumeRole' ? undefined : findOne(name, STS_FLAGS.map((row) => row.flag))
  if (roleFlag !== undefined) throw stsArgument({ kind: 'role-flag-without-role', flag: roleFlag })
  const near = nearest(name, [...own, ...OWN_GLOBAL_NAMES])
  throw stsArgument({ kind: 'unknown-flag', flag: name, operation, ...(near === undefined ? {} : { nearest: near }) })
}

/** The flag of that name or unique prefix; undefined where none begins so. Throws where several do. */
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

/** What argparse will not take as a value: a dash with something after it, but no number, and no space before any `=`. */
function looksLikeOption(word: string): boolean {
  return /^-(?:[^ ]+$|-[^ =]+=)/.test(word) && !/^-(?:\d+|\d*\.\d+)$/.test(word)
}

function isList(flag: OwnFlagName): boolean {
  const shape = STS_FLAGS.find((row) => row.flag === flag)?.shape.kind
  return shape === 'texts' || shape === 'structures'
}
