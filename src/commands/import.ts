/** `import`: what other tools sign in → which tool → shown, asked, made (flow) → report. */
import { AwsmfaError } from '../core/failures.ts'
import type { Invocation } from '../core/invocation.ts'
import { findForeignProfiles } from '../core/layouts/foreign/detectors.ts'
import type { ForeignProfile, ForeignTool } from '../core/layouts/foreign/foreign-profile.ts'
import { FOREIGN_TOOLS } from '../core/layouts/foreign/foreign-profile.ts'
import { planImport } from '../core/layouts/import-plan.ts'
import type { ImportPlan } from '../core/layouts/import-plan.ts'
import type { Environment } from '../core/login/target-profile.ts'
import type { Backups, Terminal } from '../core/ports.ts'
import { changeFiles } from '../flows/change-files.ts'
import type { ChangeEffects, ChangeOutcome } from '../flows/change-files.ts'
import { renderFound, renderImported, renderLeavesOld, renderNothingFound, renderNothingMissing, toolLabel, TOOL_QUESTION } from '../render/import.ts'
import { renderWriteWarning } from '../render/login.ts'
import { shownChange } from './shown-change.ts'

/** What import needs. */
export interface ImportContext extends Omit<ChangeEffects, 'backups' | 'terminal'> {
  readonly environment: Environment
  readonly home: string | undefined
  readonly terminal: Terminal
  readonly backups: Backups
}

/**
 * Makes the profiles of one other tool awsmfa's and gives the exit code 0, also where there is nothing to import. Throws
 * IMPORT_AMBIGUOUS where there are several tools and nobody can be asked, PROMPT_UNAVAILABLE where nobody can agree, and everything else that can refuse; then
 * no file is changed, unless the failure says otherwise.
 */
export async function importFrom(invocation: Invocation, context: ImportContext): Promise<number> {
  const { terminal, files, environment, backups } = context
  backups.sweep()
  const named = namedTool(invocation)
  const found = findForeignProfiles(files.read(), environment, named).filter(({ tool }) => named === undefined || tool === named)
  if (found.length === 0) {
    terminal.writeTalk(renderNothingFound(named))
    return 0
  }
  const tools = toolsOf(found)
  terminal.writeTalk(tools.map((tool) => renderFound(tool, found.filter((each) => each.tool === tool))).join(''))
  const tool = await chooseTool(tools, context)
  const outcome = await change(tool, invocation, context)
  for (const warning of outcome.warnings) terminal.writeTalk(renderWriteWarning(warning, context.home))
  if (outcome.kind === 'nothing') terminal.writeTalk(renderNothingMissing(tool))
  if (outcome.kind === 'changed') terminal.writeTalk(renderImported(outcome.result.profiles, terminal.talk))
  if (outcome.kind !== 'shown' && outcome.result.leavesOld) terminal.writeTalk(renderLeavesOld(tool))
  return 0
}

function namedTool({ positionals: [word] }: Invocation): ForeignTool | undefined {
  const tool = FOREIGN_TOOLS.find((name) => name === word)
  if (word === undefined || tool !== undefined) return tool
  throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'bad-value', option: 'tool', value: word, expected: `one of ${FOREIGN_TOOLS.join(', ')}` } })
}

function toolsOf(found: readonly ForeignProfile[]): readonly ForeignTool[] {
  return FOREIGN_TOOLS.filter((name) => found.some(({ tool }) => tool === name))
}

async function chooseTool(tools: readonly ForeignTool[], { terminal, cancelled }: ImportContext): Promise<ForeignTool> {
  const [first, second] = tools
  if (first === undefined) throw new Error('something was found')
  if (second === undefined) return first
  if (!terminal.canAsk()) throw new AwsmfaError({ code: 'IMPORT_AMBIGUOUS', tools })
  return tools[await terminal.choose(TOOL_QUESTION, tools.map(toolLabel), cancelled)] ?? first
}

function change(tool: ForeignTool, invocation: Invocation, context: ImportContext): Promise<ChangeOutcome<ImportPlan>> {
  const { environment } = context
  return changeFiles<ImportPlan>(
    {
      plan: (snapshots) => {
        const plan = planImport({ tool, snapshots, environment, removesOld: invocation.options['remove-old'] === true })
        return { edits: plan.edits, result: plan }
      },
      ...shownChange(invocation, context),
      keepsBackup: true,
    },
    context,
  )
}
