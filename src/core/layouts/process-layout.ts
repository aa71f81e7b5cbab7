/**
 * The layout in which tools ask awsmfa itself for the session of the base, by a `credential_process` line in its config
 * section: it is renewed inside programs that run for long, too. Or the way back from it.
 */
import { AwsmfaError } from '../failures.ts'
import type { ByteEdit } from '../files/byte-edit.ts'
import { classifyProfile } from '../files/ownership.ts'
import type { Profiles } from '../files/profile-view.ts'
import { planSessionRemoval } from '../files/session-removal.ts'
import { removalsOf } from '../files/session-section.ts'
import { isOwnProcess } from '../login/own-process-line.ts'
import type { SharedFileName } from '../origin.ts'
import { findPlace } from './section-edits.ts'
import type { KeyValue, SharedDocuments } from './section-edits.ts'

/** How awsmfa is started from a config file: both paths are absolute, since programs started from a desktop have a short PATH. */
export interface ProcessStart {
  readonly node: string
  readonly program: string
  readonly isWindows: boolean
}

/** What `--layout` may say. */
export const LAYOUT_NAMES = ['session', 'process'] as const satisfies readonly NonNullable<WantedLayout>['kind'][]

/** `process`: tools ask awsmfa; `session`: the session stands in the credentials file. Undefined: as it is. */
export type WantedLayout = { readonly kind: 'process'; readonly start: ProcessStart } | { readonly kind: 'session' } | undefined

/** What is planned for the base. */
export interface ProcessLayoutInput {
  readonly base: string
  readonly wanted: WantedLayout
  readonly profiles: Profiles
  readonly documents: SharedDocuments
  /** The file in which the base's section gets another name. */
  readonly renamedIn: SharedFileName | undefined
}

/** Settings of the base in config, and edits elsewhere. */
export interface ProcessLayoutPlan {
  readonly settings: readonly KeyValue[]
  readonly edits: Readonly<Record<SharedFileName, readonly ByteEdit[]>>
}

/**
 * Plans it. Throws LAYOUT_UNSUITABLE for keys in the base's section that tools would take instead, and for a name that no line
 * can carry; FILE_MALFORMED where a place is not beyond doubt.
 */
export function planProcessLayout(input: ProcessLayoutInput): ProcessLayoutPlan {
  const { base, wanted, documents } = input
  if (wanted === undefined) return { settings: [], edits: { credentials: [], config: [] } }
  if (wanted.kind === 'session') return { settings: [], edits: { credentials: [], config: isOwnProcess(input.profiles.find(base)) ? removeProcess(input) : [] } }
  const line = processLine(base, wanted.start)
  if (line === undefined) throw new AwsmfaError({ code: 'LAYOUT_UNSUITABLE', profile: base, reason: 'name-in-process', places: [{ path: documents.config.path }] })
  return { settings: [{ key: 'credential_process', value: line }], edits: { credentials: removeSession(input), config: [] } }
}

/**
 * The line: split by botocore as a POSIX shell would (or as Windows does), run through a shell by other SDKs, and read by
 * parsers that end a value at ` #` or ` ;`. Undefined for a profile whose name cannot be carried through all of them.
 */
export function processLine(profile: string, { node, program, isWindows }: ProcessStart): string | undefined {
  const words = [node, program, 'credential-process', '--profile', profile]
  const quoted = words.map((word) => (isWindows ? quoteForWindows(word) : quoteForShell(word)))
  return quoted.some((word) => word === undefined) || profile.startsWith('-') ? undefined : quoted.join(' ')
}

function quoteForShell(word: string): string | undefined {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  return /\s[#;]|[\r\n]/.test(word) ? undefined : `'${word.replaceAll("'", `'"'"'`)}'`
}

/** No quoting keeps cmd.exe from reading these, nor a last backslash from taking the quote behind it along. */
function quoteForWindows(word: string): string | undefined {
  if (/["%!^&|<>\r\n]|\s[#;]|\\$/.test(word)) return undefined
  return /^[\w@+=:,.\\/-]+$/.test(word) ? word : `"${word}"`
}

function removeProcess({ base, documents }: ProcessLayoutInput): readonly ByteEdit[] {
  const place = findPlace(documents.config, base, ['credential_process'])
  return place === undefined ? [] : place.body.entries.filter(({ key }) => key === 'credential_process').flatMap(removalsOf)
}

/** Keys in the base's section of the credentials file are what most tools take, and they never start the process. */
function removeSession({ base, profiles, documents, renamedIn }: ProcessLayoutInput): readonly ByteEdit[] {
  if (renamedIn === 'credentials') return []
  const profile = profiles.find(base)
  const { document, path } = documents.credentials
  if (classifyProfile(profile).kind === 'foreign-session') {
    const line = profile?.lines.credentials
    throw new AwsmfaError({ code: 'LAYOUT_UNSUITABLE', profile: base, reason: 'session-beside-process', places: [{ path, ...(line === undefined ? {} : { line }) }] })
  }
  return planSessionRemoval({ document, path, profile: base }).edits
}
