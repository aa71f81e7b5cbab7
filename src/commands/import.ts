/** `import`: what other tools sign in → which tool → show the change, ask, make it → report. */
import { FOREIGN_TOOLS } from '../command-line/spec.ts'
import type { ForeignTool } from '../command-line/spec.ts'
import type { Invocation } from '../command-line/table.ts'
import { renderWriteWarning } from '../errors/files.ts'
import { changeFiles, shownChange } from '../layouts/change-files.ts'
import type { ChangeOutcome } from '../layouts/change-files.ts'
import { findForeignProfiles } from '../layouts/foreign-tools.ts'
import type { ForeignProfile } from '../layouts/foreign-tools.ts'
import { planImport } from '../layouts/import-plan.ts'
import type { ImportPlan } from '../layouts/import-plan.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { TextStyle } from '../ui/style.ts'
import { commandLine, note, profileWord, tick, visible } from '../ui/words.ts'

/** What import needs. */
type ImportRuntime = Pick<Runtime, 'files' | 'backups' | 'terminal' | 'now' | 'cancelled' | 'home' | 'environment'>

/**
 * Makes the profiles of one other tool awsmfa's and returns the exit code 0, also where there is nothing to import.
 * Throws IMPORT_AMBIGUOUS where there are several tools and nobody can be asked, PROMPT_UNAVAILABLE where nobody can
 * agree, and everything else that can refuse; then no file is changed, unless the failure says otherwise.
 */
export async function importFrom(invocation: Invocation<'import'>, runtime: ImportRuntime): Promise<number> {
  const { terminal, files, environment, backups } = runtime
  backups.sweep()
  const named = namedTool(invocation)
  const found = findForeignProfiles(files.read(), environment, named).filter(
    ({ tool }) => named === undefined || tool === named,
  )
  if (found.length === 0) {
    terminal.stderr(renderNothingFound(named))
    return 0
  }
  const tools = toolsOf(found)
  terminal.stderr(
    tools
      .map((tool) =>
        renderFound(
          tool,
          found.filter((each) => each.tool === tool),
        ),
      )
      .join(''),
  )
  const tool = await chooseTool(tools, runtime)
  const outcome = await change(tool, invocation, runtime)
  for (const warning of outcome.warnings) terminal.stderr(renderWriteWarning(warning, runtime.home))
  if (outcome.kind === 'nothing') terminal.stderr(renderNothingMissing(tool))
  if (outcome.kind === 'changed') terminal.stderr(renderImported(outcome.result.profiles, terminal.talk))
  if (outcome.kind !== 'shown' && outcome.result.leavesOld) terminal.stderr(renderLeavesOld(tool))
  return 0
}

function namedTool({ positionals: [word] }: Invocation<'import'>): ForeignTool | undefined {
  const tool = FOREIGN_TOOLS.find((name) => name === word)
  if (word === undefined || tool !== undefined) return tool
  throw new AwsmfaError({
    code: 'USAGE',
    problem: { kind: 'bad-value', option: 'tool', value: word, expected: `one of ${FOREIGN_TOOLS.join(', ')}` },
  })
}

function toolsOf(found: readonly ForeignProfile[]): readonly ForeignTool[] {
  return FOREIGN_TOOLS.filter((name) => found.some(({ tool }) => tool === name))
}

async function chooseTool(tools: readonly ForeignTool[], { terminal, cancelled }: ImportRuntime): Promise<ForeignTool> {
  const [first, second] = tools
  if (first === undefined) throw new Error('something was found')
  if (second === undefined) return first
  if (!terminal.canAsk()) throw new AwsmfaError({ code: 'IMPORT_AMBIGUOUS', tools })
  return tools[await terminal.choose(TOOL_QUESTION, tools.map(toolLabel), cancelled)] ?? first
}

function change(
  tool: ForeignTool,
  invocation: Invocation<'import'>,
  runtime: ImportRuntime,
): Promise<ChangeOutcome<ImportPlan>> {
  const { environment } = runtime
  return changeFiles<ImportPlan>(
    {
      plan: (snapshots) => {
        const plan = planImport({ tool, snapshots, environment, removesOld: invocation.options.removeOld === true })
        return { edits: plan.edits, result: plan }
      },
      ...shownChange(invocation, runtime),
      keepsBackup: true,
    },
    runtime,
  )
}

/** What stands above the tools of which one is to be chosen. */
const TOOL_QUESTION = 'Import from which?'

const LABELS: Readonly<Record<ForeignTool, string>> = {
  'aws-mfa': 'aws-mfa (broamski)',
  'reusabit-awsmfa': "reusabit's awsmfa",
  'dcoker-awsmfa': "dcoker's awsmfa",
  'mfa-login': 'aws configure mfa-login',
  'vegas-credentials': 'vegas-credentials',
}

/** The tool by the name that people know it by. */
function toolLabel(tool: ForeignTool): string {
  return LABELS[tool]
}

/** More are counted: a team may have hundreds. */
const MOST_LISTED = 8

/** What a tool signs in, and with whose keys. */
function renderFound(tool: ForeignTool, profiles: readonly ForeignProfile[]): string {
  const shown = profiles
    .slice(0, MOST_LISTED)
    .map(({ profile, source }) => `'${visible(profile)}' with the keys of [${visible(source)}]`)
  const more = profiles.length - shown.length
  return note(`${LABELS[tool]} signs in ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`)
}

/** Nothing of the tool, or of any. */
function renderNothingFound(tool: ForeignTool | undefined): string {
  return note(
    tool === undefined
      ? 'no layout of another tool is found; there is nothing to import'
      : `nothing of ${LABELS[tool]} is found; there is nothing to import`,
  )
}

/** awsmfa has all that it needs. */
function renderNothingMissing(tool: ForeignTool): string {
  return note(`what ${LABELS[tool]} signs in is imported already; there is nothing to change`)
}

/** `✔ done. To take it back: awsmfa undo`, and what to do next. */
function renderImported(profiles: readonly string[], style: TextStyle): string {
  const [first = ''] = profiles
  return `${tick(style)} done. To take it back: ${commandLine('undo')}\nawsmfa: hint: to sign in: ${commandLine('login', profileWord(first))}\n`
}

/** Both tools work by now, and one will do. */
function renderLeavesOld(tool: ForeignTool): string {
  return `awsmfa: hint: what only ${LABELS[tool]} needs is still there; to take it out: ${commandLine('import', tool, '--remove-old')}\n`
}
