/**
 * The AWS CLI's shorthand for one structure: `Key=a,Value=b`. What it takes (source: awscli, shorthand.py › ShorthandParser;
 * observed with aws-cli 1.45 and 2.36): spaces round keys, `=` and after `,` do not count; a plain value goes up to the next
 * `,` and may hold `=`, `:`, inner spaces; a comma stands in quotes or after a backslash; `"` and `'` quote, with `\"` and
 * `\'` inside; `Key@=file://p` loads a file; nothing after `=` is the empty text. Not taken: lists and nested structures,
 * since no structure of STS has them.
 */

/** Why a word is no shorthand, in words, and where: an offset from 0. */
export interface ShorthandError {
  readonly error: string
  readonly at: number
}

/** One member: its text, and whether `@=` asks for the contents of the file that the text names. */
export interface ShorthandMember {
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

/** Parses one word into its members, in order. Gives a ShorthandError where the AWS CLI refuses the word. */
export function parseShorthand(word: string): readonly ShorthandMember[] | ShorthandError {
  const members: ShorthandMember[] = []
  let offset = 0
  for (;;) {
    const key = readAt(KEY, word, offset)
    if (key === undefined) return { error: members.length === 0 ? 'Key=value is expected' : 'another Key=value is expected after the comma', at: offset }
    const name = key.value[1] ?? ''
    if (members.some((member) => member.key === name)) return { error: `${name} stands twice in one word; each item is a word of its own`, at: offset }
    const value = readValue(word, key.end)
    if (value === undefined) return { error: `the value of ${name} is no plain or quoted text`, at: key.end }
    members.push({ key: name, text: value.value, fromFile: key.value[2] === '@' })
    const comma = readAt(COMMA, word, value.end)
    if (comma === undefined) {
      return word.slice(value.end).trim() === '' ? members : { error: `a comma is expected after the value of ${name}`, at: value.end }
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

/** Matches a sticky pattern at an offset, on a copy: patterns keep no place between calls. */
function readAt(pattern: RegExp, word: string, offset: number): Read<RegExpExecArray> | undefined {
  const sticky = new RegExp(pattern.source, pattern.flags)
  sticky.lastIndex = offset
  const match = sticky.exec(word)
  return match === null ? undefined : { value: match, end: sticky.lastIndex }
}
