/** What import says, apart from the diff. Each function gives whole lines with their ends. */
import type { ForeignProfile, ForeignTool } from '../core/layouts/foreign/foreign-profile.ts'
import type { TextStyle } from '../core/ports.ts'
import { visible } from '../core/visible-text.ts'
import { paint } from './colour.ts'
import { commandLine, profileWord } from './command-line.ts'

/** What stands above the tools of which one is to be chosen. */
export const TOOL_QUESTION = 'Import from which?'

const LABELS: Readonly<Record<ForeignTool, string>> = {
  'aws-mfa': 'aws-mfa (broamski)',
  'reusabit-awsmfa': "reusabit's awsmfa",
  'dcoker-awsmfa': "dcoker's awsmfa",
  'mfa-login': 'aws configure mfa-login',
  'vegas-credentials': 'vegas-credentials',
}

/** The tool by the name that people know it by. */
export function toolLabel(tool: ForeignTool): string {
  return LABELS[tool]
}

/** More are counted: a team may have hundreds. */
const MOST_LISTED = 8

/** What a tool signs in, and with whose keys. */
export function renderFound(tool: ForeignTool, profiles: readonly ForeignProfile[]): string {
  const shown = profiles.slice(0, MOST_LISTED).map(({ profile, source }) => `'${visible(profile)}' with the keys of [${visible(source)}]`)
  const more = profiles.length - shown.length
  return note(`${LABELS[tool]} signs in ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`)
}

/** Nothing of the tool, or of any. */
export function renderNothingFound(tool: ForeignTool | undefined): string {
  return note(tool === undefined ? 'no layout of another tool is found; there is nothing to import' : `nothing of ${LABELS[tool]} is found; there is nothing to import`)
}

/** awsmfa has all that it needs. */
export function renderNothingMissing(tool: ForeignTool): string {
  return note(`what ${LABELS[tool]} signs in is imported already; there is nothing to change`)
}

/** `✔ done. To take it back: awsmfa undo`, and what to do next. */
export function renderImported(profiles: readonly string[], style: TextStyle): string {
  const [first = ''] = profiles
  return `${paint(style.unicode ? '✔' : 'ok', 'green', style)} done. To take it back: ${commandLine('undo')}\nawsmfa: hint: to sign in: ${commandLine('login', profileWord(first))}\n`
}

/** Both tools work by now, and one will do. */
export function renderLeavesOld(tool: ForeignTool): string {
  return `awsmfa: hint: what only ${LABELS[tool]} needs is still there; to take it out: ${commandLine('import', tool, '--remove-old')}\n`
}

function note(text: string): string {
  return `awsmfa: note: ${text}\n`
}
