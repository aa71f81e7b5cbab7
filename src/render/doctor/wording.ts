/** What the words of findings share. */
import { displayPath } from '../../core/display-path.ts'
import type { Finding } from '../../core/doctor/finding.ts'
import type { FindingCode } from '../../core/doctor/finding-table.ts'
import { TOOL_IDS, TOOLS } from '../../core/doctor/tools.ts'
import type { ToolId } from '../../core/doctor/tools.ts'
import { visible } from '../../core/visible-text.ts'
import { commandLine, profileWord } from '../command-line.ts'

/** What a finding says: what is so, and the way out; undefined where there is nothing to do. */
export interface FindingText {
  readonly what: string
  readonly wayOut: string | undefined
}

/** What the words depend on besides the finding. */
export interface FindingView {
  readonly home: string | undefined
  readonly now: Date
}

/** The words for some codes. */
export type FindingWords<Code extends FindingCode> = Readonly<Record<Code, (finding: Finding, view: FindingView) => readonly [what: string, wayOut?: string | undefined]>>

/** A name in single quotes, made harmless; `''` where there is none. */
export function quote(name: string | undefined): string {
  return `'${visible(name ?? '')}'`
}

/** The section of a profile in the credentials file. */
export function sectionOf({ facts, profile }: Finding): string {
  return `[${visible(facts.name ?? profile ?? '')}]`
}

/** The key or variable that a finding is about. */
export function keyOf({ facts }: Finding): string {
  return quote(facts.key)
}

/** `line 3`, of the other place. */
export function otherLine({ facts }: Finding): string {
  return `line ${facts.otherLine ?? 0}`
}

/** A path with `~`. */
export function shownPath(path: string | undefined, { home }: FindingView): string {
  return visible(displayPath(path ?? '', home), 1000)
}

/** Programs by name, as a list; `every tool` for all of them. */
export function toolNames(tools: readonly ToolId[]): string {
  if (tools.length === TOOL_IDS.length) return 'every tool'
  const sdks = tools.filter((tool) => TOOLS[tool].name.startsWith('the SDK for ')).map((tool) => TOOLS[tool].name.replace('the SDK for ', ''))
  const others: readonly string[] = tools.filter((tool) => !TOOLS[tool].name.startsWith('the SDK for ')).map((tool) => TOOLS[tool].name)
  const sdkWords = sdks.length === 0 ? [] : [`the SDK${sdks.length > 1 ? 's' : ''} for ${listed(sdks)}`]
  return listed([...others, ...sdkWords])
}

/** `no tool uses`, `boto3 and SAM do not use`, `the SDK for Go does not use`. */
export function noTools(tools: readonly ToolId[], verb: string): string {
  if (tools.length === TOOL_IDS.length) return `no tool ${verb}s`
  return `${toolNames(tools)} ${tools.length === 1 ? 'does' : 'do'} not ${verb}`
}

/** `a, b and c`. */
function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.slice(-1).join('')}`
}

/** The line that mends what `--fix` can. */
export const FIX_LINE = commandLine('doctor', '--fix')

/** A command for the profile of a finding. */
export function forProfile(command: Parameters<typeof commandLine>[0], { profile }: Finding): string {
  return profile === undefined ? commandLine(command) : commandLine(command, profileWord(profile))
}
