/**
 * The shared files as botocore reads them: configloader.py › raw_config_parse, which is Python's RawConfigParser (strict; 3.11),
 * _parse_nested and build_profile_map; session.py › full_config. Held against botocore in test/interop/doctor.test.ts.
 */
import { splitCommand } from '../../shell-words.ts'
import type { SharedFileName } from '../../origin.ts'
import type { SeenFile, SeenProfile, SeenValue } from './seen.ts'

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
export function readAsBotocore(text: string, file: SharedFileName): SeenFile {
  const state: State = { sections: new Map(), defaults: { header: 0, options: new Map() }, current: undefined, option: undefined, indent: 0, hasFailed: false }
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
