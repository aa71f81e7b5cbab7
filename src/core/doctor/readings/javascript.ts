/**
 * The shared files as the SDK for JavaScript reads them: @smithy/core › parseIni, getConfigData, loadSharedConfigFiles. Held
 * against it in test/interop/doctor.test.ts.
 */
import type { SharedFileName } from '../../origin.ts'
import type { SeenFile, SeenProfile, SeenValue } from './seen.ts'

interface OpenProfile {
  readonly headers: number[]
  readonly values: Map<string, SeenValue>
}

/** What stands before the name of a section that has two words. */
const KINDS = new Set(['profile', 'sso-session', 'services'])
const FORBIDDEN = new Set(['__proto__', 'profile __proto__'])

/** Gives what the SDK sees in a file, decoded: nothing at all where it gives up. Never throws. */
export function readAsJavaScript(text: string, file: SharedFileName): SeenFile {
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
  const [, kind = '', quote = '', name = '', closing = ''] = /^([\w-]+)\s(["']?)([\w\-@+.%:/]+)(["']?)$/.exec(inner) ?? []
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
  for (const [name, profile] of sections) if (name.startsWith('profile.') && (profile.values.size > 0 || !profiles.has(name.slice(8)))) profiles.set(name.slice(8), profile)
  return profiles
}
