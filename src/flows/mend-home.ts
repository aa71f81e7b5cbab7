/** `doctor --fix`: shows everything that it would do, asks once, and does it: the two files with a backup, then the rest. */
import { AwsmfaError } from '../core/failures.ts'
import type { Finding } from '../core/doctor/finding.ts'
import type { FilePlan, SharedSnapshots } from '../core/ports.ts'
import { changeFiles } from './change-files.ts'
import type { ChangeEffects, ChangedFile, ChangeOutcome, FileChange } from './change-files.ts'

/** What is to be mended. */
export interface Mending {
  /** Plans the changes of the two files; asked again under their locks. */
  readonly plan: (snapshots: SharedSnapshots) => FilePlan<undefined>
  /** What is wrong besides the contents of the two files, and mendable. */
  readonly others: readonly Finding[]
  /** Shows changes of files and the other repairs; `again`: as for every change of the files. */
  readonly show: (files: readonly ChangedFile[], others: readonly Finding[], again: boolean) => void
  readonly question: string
  readonly consent: FileChange<undefined>['consent']
}

/** What mending needs besides changing files. Both throw FILE_NOT_WRITABLE. */
export interface MendEffects extends ChangeEffects {
  readonly makePrivate: (path: string) => void
  readonly removeDamaged: (path: string) => void
}

/** What was done. */
export interface MendOutcome extends Pick<ChangeOutcome<undefined>, 'kind' | 'warnings'> {
  /** The two files were changed, which undo takes back. */
  readonly hasFileChanges: boolean
}

/** Mends. Throws DECLINED, and what changing files throws; then nothing was done, unless the failure says otherwise. */
export async function mendHome(mending: Mending, effects: MendEffects): Promise<MendOutcome> {
  const { plan, others, show, question, consent } = mending
  const outcome = await changeFiles<undefined>(
    { plan, show: (files, again) => show(files, others, again), question, consent, keepsBackup: true },
    effects,
  )
  const { kind, warnings } = outcome
  if (kind === 'shown' || (kind === 'nothing' && others.length === 0)) return { kind, warnings, hasFileChanges: false }
  if (kind === 'nothing') {
    show([], others, false)
    if (consent === 'none') return { kind: 'shown', warnings, hasFileChanges: false }
    if (consent === 'asked') await ask(question, effects)
  }
  for (const { code, file } of others) {
    if (file === undefined) continue
    if (code === 'loose-permissions') effects.makePrivate(file)
    else effects.removeDamaged(file)
  }
  return { kind: 'changed', warnings, hasFileChanges: kind === 'changed' }
}

async function ask(question: string, { terminal, cancelled }: MendEffects): Promise<void> {
  const answer = await terminal.ask({ text: `${question} [y/N] `, wanted: 'consent' }, cancelled)
  if (!/^y(es)?$/i.test(answer)) throw new AwsmfaError({ code: 'DECLINED' })
}
