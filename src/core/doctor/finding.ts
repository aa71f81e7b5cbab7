/** One thing that doctor found, without words. */
import { enginesMisreading } from './parser-behaviour.ts'
import type { SpellingCode } from './parser-behaviour.ts'
import { findingRow } from './finding-table.ts'
import type { FindingCode, Severity } from './finding-table.ts'
import { TOOL_IDS, toolsOf } from './tools.ts'
import type { ToolId } from './tools.ts'

/** What the words of a finding need besides its place. None of it is a secret. Each code uses what it names. */
export interface FindingFacts {
  /** A key of a file or a variable of the environment. */
  readonly key?: string
  /** A name or value: of a section, another profile, a program, a role. */
  readonly name?: string
  readonly other?: string
  readonly otherLine?: number
  readonly path?: string
  readonly at?: Date
  readonly seconds?: number
}

/** One thing that doctor found. `file` is a path; `line` counts from 1. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  readonly file: string | undefined
  readonly line: number | undefined
  readonly profile: string | undefined
  /** The programs that it concerns. */
  readonly tools: readonly ToolId[]
  /** `--fix` mends it. */
  readonly isMendable: boolean
  readonly facts: FindingFacts
}

/** Where a finding is, and what else is known of it; everything but the place may be left out. */
export interface FindingDetails extends FindingFacts {
  readonly file?: string | undefined
  readonly line?: number | undefined
  readonly profile?: string | undefined
  readonly tools?: readonly ToolId[]
  readonly isMendable?: boolean
  readonly severity?: Severity
}

/** Makes a finding; all programs where none are named. */
export function finding(code: FindingCode, details: FindingDetails): Finding {
  const { file, line, profile, tools = TOOL_IDS, isMendable = false, severity = findingRow(code).severity, ...facts } = details
  return { code, severity, file, line, profile, tools, isMendable, facts }
}

/** Makes a finding about spelling: the programs are those whose parsers misread it. */
export function spelling(code: SpellingCode, details: Omit<FindingDetails, 'tools'>): Finding {
  return finding(code, { ...details, tools: toolsOf(enginesMisreading(code)) })
}
