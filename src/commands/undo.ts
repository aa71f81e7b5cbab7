/** `undo`: the newest change that is still in the files → show it, ask, undo it → report. */
import { withEdits } from '../aws-files/profiles.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import type { Invocation } from '../command-line/table.ts'
import { renderWriteWarning } from '../errors/files.ts'
import { createRotationFiles } from '../keys/stores.ts'
import { assertReferencesStored, revealRecord, storesFor } from '../layouts/access-keys.ts'
import type { StoreOf } from '../layouts/access-keys.ts'
import { hiddenIn } from '../layouts/backups.ts'
import type { ChangeRecord } from '../layouts/backups.ts'
import { changeFiles, shownChange } from '../layouts/change-files.ts'
import { decodeRotation } from '../layouts/rotation.ts'
import { findRotationInTheWay, planUndo } from '../layouts/undo-plan.ts'
import type { UndoPlan } from '../layouts/undo-plan.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { note, quoted, tick, visible } from '../ui/words.ts'

/** What undo needs. */
type UndoRuntime = Pick<
  Runtime,
  | 'environment'
  | 'files'
  | 'folders'
  | 'backups'
  | 'keyStore'
  | 'readSettings'
  | 'terminal'
  | 'now'
  | 'cancelled'
  | 'home'
>

/**
 * Undoes the last change of setup, import, keys or doctor, and returns the exit code 0, also if there is none. Throws
 * UNDO_CONFLICT if one of its lines was changed since, and everything else that can refuse; in that case no file is
 * changed, unless the failure says otherwise.
 */
export async function undo(invocation: Invocation<'undo'>, runtime: UndoRuntime): Promise<number> {
  const { backups, files, terminal, home } = runtime
  backups.sweep()
  for (const { name, ...hidden } of backups.list(files.read().paths)) {
    const record = await revealed(hidden, invocation, runtime)
    const assertStored = async ({ edits }: UndoPlan): Promise<void> => {
      const snapshots = files.read()
      const effects = { storeOf: await storesOf(invocation, runtime), cancelled: runtime.cancelled }
      await assertReferencesStored(snapshots, withEdits(snapshots, edits), effects)
    }
    const change = {
      plan: (snapshots: SharedSnapshots) => {
        const plan = planUndo(record, snapshots)
        return { edits: plan.edits, result: plan }
      },
      ...shownChange(invocation, runtime),
      keepsBackup: false,
      beforeWrite: assertStored,
    }
    const checked = async () => {
      await assertStored(planUndo(record, files.read()))
      return await changeFiles(change, runtime)
    }
    const outcome = await checked().catch(async (error: unknown) => {
      if (!isFailure(error, 'UNDO_CONFLICT') || error.failure.reason !== 'changed') throw error
      const rotated = await rotationInTheWay(record, runtime)
      throw new AwsmfaError({ ...error.failure, rotated }, { cause: error })
    })
    if (outcome.kind === 'shown') return 0
    if (invocation.options.dryRun !== true) backups.remove(name)
    if (outcome.kind === 'nothing') continue
    for (const warning of outcome.warnings) terminal.stderr(renderWriteWarning(warning, home))
    terminal.stderr(`${tick(terminal.talk)} Undone\n`)
    for (const profile of outcome.result.signedOut)
      terminal.stderr(note(`${quoted(profile)} is signed out; its access key is back in [${visible(profile)}]`))
    return 0
  }
  terminal.stderr(note('nothing to undo'))
  return 0
}

/** Returns the profile whose rotation must be undone first; undefined if that does not help. */
async function rotationInTheWay(
  record: ChangeRecord,
  { files, folders, cancelled }: UndoRuntime,
): Promise<string | undefined> {
  const { notes, pairs } = createRotationFiles(folders.state)
  const rotations = notes()
    .flatMap((text) => decodeRotation(text) ?? [])
    .map(async (rotation) => {
      // One that cannot be read cannot be undone either.
      const oldPair = await pairs.find(rotation.oldKeyId, cancelled).catch(() => undefined)
      return { rotation, oldPair }
    })
  return findRotationInTheWay(record, files.read(), await Promise.all(rotations))
}

/** Returns the record of a change, with the secrets that are in a store now. */
async function revealed(
  record: ChangeRecord,
  invocation: Invocation<'undo'>,
  runtime: UndoRuntime,
): Promise<ChangeRecord> {
  if (hiddenIn(record).length === 0) return record
  const storeOf = await storesOf(invocation, runtime)
  return await revealRecord(record, runtime.files.read(), { storeOf, cancelled: runtime.cancelled })
}

async function storesOf(
  { options }: Invocation<'undo'>,
  { environment, keyStore, readSettings }: UndoRuntime,
): Promise<StoreOf> {
  return storesFor({ options }, { environment, defaults: await readSettings(), keyStore })
}
