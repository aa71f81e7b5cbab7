/** The profiles of both files as each family of tools sees them. */
import { decodeUtf8 } from '../../files/byte-text.ts'
import type { ProfileView } from '../../files/profile-view.ts'
import type { SharedFileName } from '../../origin.ts'
import type { ExaminedDocument, ExaminedSection } from '../examination.ts'
import type { Finding } from '../finding.ts'
import { effectOn, isSpelling } from '../parser-behaviour.ts'
import type { ParserEffect, SpellingCode } from '../parser-behaviour.ts'
import type { Engine } from '../tools.ts'
import { readAsBotocore } from './botocore.ts'
import { readAsJavaScript } from './javascript.ts'
import { viewOfSeen } from './seen.ts'
import type { SeenFile, SeenProfile, SeenProfiles, SeenValue } from './seen.ts'

type Files = Readonly<Record<SharedFileName, ExaminedDocument>>

/** The two whose parsers are known line by line. */
export type KnownEngine = 'botocore' | 'js'

/** Gives what a parser that is known sees in a file. Never throws. */
export function readFileAs(engine: KnownEngine, { text, name }: Pick<ExaminedDocument, 'text' | 'name'>): SeenFile {
  return engine === 'botocore' ? readAsBotocore(decodeUtf8(text), name) : readAsJavaScript(decodeUtf8(text), name)
}

/** Gives the profiles as a tool sees them; of parsers that are not known line by line, as the findings about spelling tell. */
export function profilesSeenBy(engine: Engine, files: Files, findings: readonly Finding[]): SeenProfiles {
  const effects = effectsOn(engine, files, findings)
  const isKnown = engine === 'botocore' || engine === 'js'
  if (isKnown ? effects.some(({ code, effect }) => code === 'not-utf8' && effect === 'file-refused') : effects.some(({ effect }) => effect === 'file-refused')) return 'refused'
  const seenIn = (file: SharedFileName): SeenFile => (isKnown ? files[file].readAs[engine]() : readAsListed(engine, files[file], effects.filter((each) => each.file === file)))
  const [credentials, config] = [seenIn('credentials'), seenIn('config')]
  if (credentials === 'refused' || config === 'refused') return 'refused'
  const known = new Map<string, ProfileView | undefined>()
  const look = (name: string): ProfileView | undefined => {
    const seen = { credentials: credentials.get(name), config: config.get(name) }
    return viewOfSeen(name, engine === 'js' ? merged(seen) : engine === 'botocore' ? withoutHalves(seen) : seen)
  }
  return {
    find: (name) => {
      if (!known.has(name)) known.set(name, look(name))
      return known.get(name)
    },
  }
}

type Seen = Readonly<Record<SharedFileName, SeenProfile | undefined>>

/** JavaScript takes every key by itself, wherever it stands: as if all stood in the credentials file. */
function merged({ credentials, config }: Seen): Seen {
  if (config === undefined) return { credentials, config }
  const values = new Map([...config.values, ...(credentials?.values ?? [])])
  return { credentials: { headers: credentials?.headers ?? [], values }, config: { headers: config.headers, values: new Map() } }
}

/** botocore takes a file's keys where it has a key id, and fails where the secret is missing there (credentials.py › SharedCredentialProvider). */
function withoutHalves({ credentials, config }: Seen): Seen {
  const isHalf = credentials?.values.has('aws_access_key_id') === true && !credentials.values.has('aws_secret_access_key')
  if (!isHalf || config === undefined) return { credentials, config }
  return { credentials, config: { ...config, values: new Map([...config.values].filter(([key]) => !/^aws_(?:access_key_id|secret_access_key)$/.test(key))) } }
}

interface Effect {
  readonly code: SpellingCode
  readonly effect: ParserEffect
  readonly file: SharedFileName
  readonly line: number
}

function effectsOn(engine: Engine, files: Files, findings: readonly Finding[]): readonly Effect[] {
  return findings.flatMap(({ code, file, line }) => {
    const effect = isSpelling(code) ? effectOn(code, engine) : 'fine'
    return isSpelling(code) && line !== undefined && effect !== 'fine' ? [{ code, effect, file: file === files.config.path ? 'config' : 'credentials', line }] : []
  })
}

function readAsListed(engine: Engine, file: ExaminedDocument, effects: readonly Effect[]): SeenFile {
  const profiles = new Map<string, { headers: number[]; readonly values: Map<string, SeenValue> }>()
  if (effects.some(({ effect }) => effect === 'file-skipped')) return profiles
  const linesWith = (...wanted: readonly ParserEffect[]): ReadonlySet<number> => new Set(effects.filter(({ effect }) => wanted.includes(effect)).map(({ line }) => line))
  const [missed, missedKeys] = [linesWith('profile-missed'), linesWith('profile-missed', 'key-missed')]
  const hasPrefixedDefault = file.sections.some(({ header }) => header.profile === 'default' && header.isPrefixed)
  let above = new Map<string, SeenValue>()
  for (const own of file.sections) {
    const { header, section, body } = own
    const { profile, isPrefixed } = header
    const line = file.lineAt(section.start)
    if (profile === undefined || (file.name === 'config' && !isPrefixed && (profile !== 'default' || hasPrefixedDefault))) continue
    if (missedKeys.has(line) || body.entries.some(({ start }) => missed.has(file.lineAt(start)))) {
      if (section.isIndented) lengthen(above)
      continue
    }
    const seen = profiles.get(profile) ?? { headers: [], values: new Map<string, SeenValue>() }
    seen.headers.push(line)
    for (const [key, value] of valuesOf(engine, file, own)) if (!missedKeys.has(value.line)) seen.values.set(key, value)
    profiles.set(profile, seen)
    above = seen.values
  }
  return profiles
}

/** An indented header that is none goes on with the value above it. */
function lengthen(values: Map<string, SeenValue>): void {
  const last = [...values].at(-1)
  if (last !== undefined) values.set(last[0], { ...last[1], value: `${last[1].value}\n[` })
}

function valuesOf(engine: Engine, file: ExaminedDocument, { body }: ExaminedSection): readonly (readonly [string, SeenValue])[] {
  const isCommentRead = effectOn('inline-comment', engine) === 'value-changed'
  const isQuoteRead = effectOn('quoted-value', engine) === 'value-changed'
  return body.entries.map(({ key, value, start }) => {
    const uncommented = isCommentRead ? value : value.replace(/[ \t]+[#;].*$/s, '')
    const plain = isQuoteRead ? uncommented : uncommented.replace(/^(["'])(.*)\1$/, '$2')
    return [decodeUtf8(key), { value: decodeUtf8(plain), line: file.lineAt(start) }]
  })
}
