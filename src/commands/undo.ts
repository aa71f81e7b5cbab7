/** `undo`: the newest change that is still in the files → shown, asked, taken back (flow) → report. */
import type { Invocation } from '../core/invocation.ts'
import { planUndo } from '../core/layouts/undo-plan.ts'
import type { UndoPlan } from '../core/layouts/undo-plan.ts'
import type { Backups, Terminal } from '../core/ports.ts'
import { changeFiles } from '../flows/change-files.ts'
import type { ChangeEffects, ChangeOutcome } from '../flows/change-files.ts'
import { renderWriteWarning } from '../render/login.ts'
import { renderNothingToUndo, renderUndone } from '../render/setup.ts'
import { shownChange } from './shown-change.ts'

/** What undo needs. */
export interface UndoContext extends Omit<ChangeEffects, 'backups' | 'terminal'> {
  readonly home: string | undefined
  readonly terminal: Terminal
  readonly backups: Backups
}

/**
 * Takes back what setup, import or doctor changed last and gives the exit code 0, also where there is none. Throws UNDO_CONFLICT where one of
 * its lines was changed since, and everything else that can refuse; then no file is changed, unless the failure says otherwise.
 */
export async function undo(invocation: Invocation, context: UndoContext): Promise<number> {
  const { backups, files, terminal, home } = context
  backups.sweep()
  const { credentials, config } = files.read()
  for (const record of backups.list({ credentials: credentials.path, config: config.path })) {
    const outcome = await takeBack(record, invocation, context)
    if (outcome.kind === 'shown') return 0
    if (invocation.options['dry-run'] !== true) backups.remove(record.name)
    if (outcome.kind === 'nothing') continue
    for (const warning of outcome.warnings) terminal.writeTalk(renderWriteWarning(warning, home))
    terminal.writeTalk(renderUndone(outcome.result.signedOut, terminal.talk))
    return 0
  }
  terminal.writeTalk(renderNothingToUndo())
  return 0
}

function takeBack(record: Parameters<typeof planUndo>[0], invocation: Invocation, context: UndoContext): Promise<ChangeOutcome<UndoPlan>> {
  return changeFiles<UndoPlan>(
    {
      plan: (snapshots) => {
        const plan = planUndo(record, snapshots)
        return { edits: plan.edits, result: plan }
      },
      ...shownChange(invocation, context),
      keepsBackup: false,
    },
    context,
  )
}
