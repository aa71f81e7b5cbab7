/** `import`: what other tools sign in → which tool → show the change, ask, make it → report. */
import { findIgnoringKey, isOwnProcess } from '../aws-files/profile-keys.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import { FOREIGN_TOOLS } from '../command-line/spec.ts'
import type { ForeignTool } from '../command-line/spec.ts'
import type { Invocation } from '../command-line/table.ts'
import { renderWriteWarning } from '../errors/files.ts'
import { changeFiles, shownChange } from '../layouts/change-files.ts'
import type { FileChange } from '../layouts/change-files.ts'
import { findForeignProfiles } from '../layouts/foreign-tools.ts'
import { planImport } from '../layouts/import-plan.ts'
import type { ImportPlan } from '../layouts/import-plan.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { commandLine, hint, note, profileWord, quoted, tick, visible } from '../ui/words.ts'

/** What import needs. */
type ImportRuntime = Pick<Runtime, 'files' | 'backups' | 'terminal' | 'now' | 'cancelled' | 'home' | 'environment'>

/**
 * Sets up the profiles of one other tool for awsmfa, and returns the exit code 0, also if there is nothing to import.
 * Throws IMPORT_AMBIGUOUS if there are several tools and nobody to ask, PROMPT_UNAVAILABLE if nobody can confirm, and
 * everything else that can refuse; in that case no file is changed, unless the failure says otherwise.
 */
export async function importFrom(invocation: Invocation<'import'>, runtime: ImportRuntime): Promise<number> {
  const { terminal, files, environment, backups } = runtime
  backups.sweep()
  const named = namedTool(invocation)
  const found = findForeignProfiles(files.read(), environment, named).filter(
    ({ tool }) => named === undefined || tool === named,
  )
  if (found.length === 0) {
    terminal.stderr(note(`nothing to import${named === undefined ? '' : ` from ${LABELS[named]}`}`))
    return 0
  }
  const tools = FOREIGN_TOOLS.filter((name) => found.some((each) => each.tool === name))
  for (const name of tools) {
    const profiles = found.filter((each) => each.tool === name)
    const shown = profiles
      .slice(0, MOST_LISTED)
      .map(({ profile, source }) => `${quoted(profile)} (key in [${visible(source)}])`)
    const more = profiles.length - shown.length
    terminal.stderr(`Found ${LABELS[name]}: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}\n`)
  }
  const tool = await chooseTool(tools, runtime)
  const change: FileChange<ImportPlan> = {
    plan: (snapshots) => {
      const plan = planImport({ tool, snapshots, environment, removesOld: invocation.options.removeOld === true })
      return { edits: plan.edits, result: plan }
    },
    ...shownChange(invocation, runtime),
    keepsBackup: true,
  }
  const { kind, result, warnings } = await changeFiles(change, runtime)
  for (const warning of warnings) terminal.stderr(renderWriteWarning(warning, runtime.home))
  if (kind === 'nothing') terminal.stderr(note(`nothing to import from ${LABELS[tool]}: all of it is already imported`))
  if (kind === 'changed') {
    terminal.stderr(`${tick(terminal.talk)} Applied. To undo: ${commandLine('undo')}\n`)
    terminal.stderr(hint(signInHint(result.profiles, files.read())))
  }
  if (kind !== 'shown' && result.leavesOld)
    terminal.stderr(hint(`to remove old settings: ${commandLine('import', tool, '--remove-old')}`))
  return 0
}

/** Login refuses a profile that another program serves, such as vegas-credentials under a name of the user's own. */
function signInHint(names: readonly string[], { profiles }: SharedSnapshots): string {
  const isServed = (name: string): boolean => {
    const profile = profiles.find(name)
    if (profile === undefined || isOwnProcess(profile)) return false
    return findIgnoringKey(profile)?.key === 'credential_process'
  }
  const [first = ''] = names
  const usable = names.find((name) => !isServed(name)) ?? first
  const login = commandLine('login', profileWord(usable))
  return isServed(usable)
    ? `to sign in, remove the 'credential_process' line of ${quoted(usable)}, then: ${login}`
    : `to sign in: ${login}`
}

function namedTool({ positionals: [word] }: Invocation<'import'>): ForeignTool | undefined {
  const tool = FOREIGN_TOOLS.find((name) => name === word)
  if (word === undefined || tool !== undefined) return tool
  throw new AwsmfaError({
    code: 'USAGE',
    problem: { kind: 'bad-value', option: 'tool', value: word, expected: `one of ${FOREIGN_TOOLS.join(', ')}` },
  })
}

async function chooseTool(tools: readonly ForeignTool[], { terminal, cancelled }: ImportRuntime): Promise<ForeignTool> {
  const [first, second] = tools
  if (first === undefined) throw new Error('something was found')
  if (second === undefined) return first
  if (!terminal.canAsk()) throw new AwsmfaError({ code: 'IMPORT_AMBIGUOUS', tools })
  const labels = tools.map((tool) => LABELS[tool])
  return (
    tools[
      await terminal.choose(
        'Import from:',
        labels.map((name) => ({ name })),
        cancelled,
      )
    ] ?? first
  )
}

/** The tools by the names that people know. */
const LABELS: Readonly<Record<ForeignTool, string>> = {
  'aws-mfa': 'aws-mfa (broamski)',
  'reusabit-awsmfa': "reusabit's awsmfa",
  'dcoker-awsmfa': "dcoker's awsmfa",
  'mfa-login': 'aws configure mfa-login',
  'vegas-credentials': 'vegas-credentials',
}

/** How many profiles of a tool are named; a team may have hundreds. */
const MOST_LISTED = 8
