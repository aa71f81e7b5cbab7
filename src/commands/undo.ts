/** `undo`: the newest change that is still in the files → show it, ask, undo it → report. */
import type { Invocation } from '../command-line/table.ts'
import { renderWriteWarning } from '../errors/files.ts'
import { changeFiles, shownChange } from '../layouts/change-files.ts'
import type { ChangeOutcome } from '../layouts/change-files.ts'
import { planUndo } from '../layouts/undo-plan.ts'
import type { UndoPlan } from '../layouts/undo-plan.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { TextStyle } from '../ui/style.ts'
import { note, tick, visible } from '../ui/words.ts'

/** What undo needs. */
type UndoRuntime = Pick<Runtime, 'files' | 'backups' | 'terminal' | 'now' | 'cancelled' | 'home'>

/**
 * Takes back what setup, import or doctor changed last and returns the exit code 0, also where there is none. Throws
 * UNDO_CONFLICT where one of its lines was changed since, and everything else that can refuse; then no file is changed,
 * unless the failure says otherwise.
 */
export async function undo(invocation: Invocation<'undo'>, runtime: UndoRuntime): Promise<number> {
  const { backups, files, terminal, home } = runtime
  backups.sweep()
  for (const record of backups.list(files.read().paths)) {
    const outcome = await takeBack(record, invocation, runtime)
    if (outcome.kind === 'shown') return 0
    if (invocation.options.dryRun !== true) backups.remove(record.name)
    if (outcome.kind === 'nothing') continue
    for (const warning of outcome.warnings) terminal.stderr(renderWriteWarning(warning, home))
    terminal.stderr(renderUndone(outcome.result.signedOut, terminal.talk))
    return 0
  }
  terminal.stderr(renderNothingToUndo())
  return 0
}

function takeBack(
  record: Parameters<typeof planUndo>[0],
  invocation: Invocation<'undo'>,
  runtime: UndoRuntime,
): Promise<ChangeOutcome<UndoPlan>> {
  return changeFiles<UndoPlan>(
    {
      plan: (snapshots) => {
        const plan = planUndo(record, snapshots)
        return { edits: plan.edits, result: plan }
      },
      ...shownChange(invocation, runtime),
      keepsBackup: false,
    },
    runtime,
  )
}

/** `✔ undone`, and whose session went. */
function renderUndone(signedOut: readonly string[], style: TextStyle): string {
  return `${tick(style)} undone\n${signedOut.map((profile) => note(`the session of '${visible(profile)}' is gone: its long-term keys are back in its place`)).join('')}`
}

/** No record of a change that could be taken back. */
function renderNothingToUndo(): string {
  return note('there is nothing to undo')
}
