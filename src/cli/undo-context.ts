import { createBackups } from '../adapters/backups.ts'
import type { UndoContext } from '../commands/undo.ts'
import type { Context } from './context.ts'

/** Makes the effects of undo, which needs nothing of AWS. */
export function createUndoContext(context: Context): UndoContext {
  return { ...context, backups: createBackups({ stateFolder: context.folders.state, now: context.now }) }
}
