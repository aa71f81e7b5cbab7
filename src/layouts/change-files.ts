import { renderDiff } from '../aws-files/diff.ts'
import { applyEdits } from '../aws-files/edit.ts'
import { changesBetween, splitLines } from '../aws-files/lines.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import type { FilePlan, SharedFiles } from '../aws-files/shared-files.ts'
import type { AnyInvocation } from '../command-line/table.ts'
import type { Backups } from './backups.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { SharedFileName } from '../model/origin.ts'
import type { WriteWarning } from '../platform/atomic-file.ts'
import type { Now } from '../platform/time.ts'
import type { Terminal } from '../ui/terminal.ts'
import { note } from '../ui/words.ts'

/** What comes before every change of the person's files: it is shown, and they are asked. */

interface ShownContext {
  readonly home: string | undefined
  readonly terminal: Pick<Terminal, 'stdout' | 'stderr' | 'data' | 'talk'>
}

/**
 * The part of a change that is the same for every command. `show` takes besides what stands below the diff, in whole
 * lines.
 */
export interface ShownChange extends Pick<FileChange<unknown>, 'question' | 'consent'> {
  readonly show: (files: readonly ChangedFile[], again: boolean, below?: string) => void
}

/**
 * Gives how a change is shown and agreed to: with `--dry-run` its diff is data, on stdout, and that is all; with
 * `--yes` it is talk, and nobody is asked; else somebody has to agree, and changeFiles refuses where there is nobody.
 * With `--json`, where a command has that, stdout is for the JSON, and the diff is talk; with `--quiet` it is shown to
 * who is asked alone.
 */
export function shownChange(
  { options }: AnyInvocation,
  { terminal, home }: ShownContext,
  question = CHANGE_QUESTION,
): ShownChange {
  const isDry = options.dryRun === true
  const consent = isDry ? 'none' : options.yes === true ? 'given' : 'asked'
  const [write, style] =
    isDry && options.json !== true ? [terminal.stdout, terminal.data] : [terminal.stderr, terminal.talk]
  return {
    show: (files, again, below = '') => {
      if (options.quiet === true && consent !== 'asked') return
      if (again) terminal.stderr(renderShownAgain())
      write(renderDiff(files, home, style) + below)
    },
    question,
    consent,
  }
}

/** A change of the person's files that they see before it is made. */
export interface FileChange<T> {
  /** Plans from both files as they are; asked again under their locks. May throw, and then nothing is changed. */
  readonly plan: (snapshots: SharedSnapshots) => FilePlan<T>
  /** Shows what would change; `again`: the files have changed since it was shown, and so has the plan. */
  readonly show: (files: readonly ChangedFile[], again: boolean) => void
  readonly question: string
  /** `given`: not asked. `none`: shown, and that is all. */
  readonly consent: 'asked' | 'given' | 'none'
  /** Whether undo shall be able to take it back. */
  readonly keepsBackup: boolean
}

/** A file before and after, as byte strings. */
export interface ChangedFile {
  readonly path: string
  readonly before: string
  readonly after: string
}

/** `nothing`: there was nothing to change. */
export interface ChangeOutcome<T> {
  readonly kind: 'nothing' | 'shown' | 'changed'
  readonly result: T
  readonly warnings: readonly WriteWarning[]
}

/** What a change needs. */
export interface ChangeEffects {
  readonly files: SharedFiles
  readonly backups: Pick<Backups, 'keep' | 'remove'>
  readonly terminal: Pick<Terminal, 'ask'>
  readonly now: Now
  readonly cancelled: AbortSignal
}

const NAMES: readonly SharedFileName[] = ['config', 'credentials']

/**
 * Shows a change, asks, and makes it in both files. What is made is what was shown: where a file was changed meanwhile
 * so that the plan is another one, it is shown and asked again. A backup is there before the first byte is changed.
 *
 * Throws PROMPT_UNAVAILABLE where nobody can be asked, DECLINED for a no, and what the plan and the write throw; then
 * nothing is changed, unless the failure says otherwise.
 */
export async function changeFiles<T>(change: FileChange<T>, effects: ChangeEffects): Promise<ChangeOutcome<T>> {
  const { files, terminal, cancelled } = effects
  for (let again = false; ; again = true) {
    const snapshots = files.read()
    const planned = change.plan(snapshots)
    const changed = changedFiles(snapshots, planned)
    if (changed.length === 0) return { kind: 'nothing', result: planned.result, warnings: [] }
    change.show(changed, again)
    if (change.consent === 'none') return { kind: 'shown', result: planned.result, warnings: [] }
    files.preflight(NAMES.filter((name) => (planned.edits[name] ?? []).length > 0))
    if (change.consent === 'asked') {
      const answer = await terminal.ask({ text: `${change.question} [y/N] `, wanted: 'consent' }, cancelled)
      if (!/^y(es)?$/i.test(answer)) throw new AwsmfaError({ code: 'DECLINED' })
    }
    const outcome = apply(change, changed, effects)
    if (outcome !== undefined) return outcome
  }
}

/** Gives undefined, having changed nothing, where the plan is not the one that was shown and somebody was asked. */
function apply<T>(
  change: FileChange<T>,
  shown: readonly ChangedFile[],
  { files, backups, now }: ChangeEffects,
): ChangeOutcome<T> | undefined {
  const before = files.read()
  let kept: string | undefined
  const drop = (): void => {
    if (kept !== undefined) backups.remove(kept)
    kept = undefined
  }
  try {
    const outcome = files.transact(NAMES, (snapshots): FilePlan<ChangeOutcome<T> | undefined> => {
      drop()
      const planned = change.plan(snapshots)
      const changed = changedFiles(snapshots, planned)
      if (substance(changed) !== substance(shown)) {
        if (change.consent === 'asked') return { edits: {}, result: undefined }
        change.show(changed, true)
      }
      if (change.keepsBackup && changed.length > 0) kept = backups.keep(recordOf(snapshots, planned, now()))
      return {
        edits: planned.edits,
        result: { kind: changed.length > 0 ? 'changed' : 'nothing', result: planned.result, warnings: [] },
      }
    })
    return outcome.result === undefined ? undefined : { ...outcome.result, warnings: outcome.warnings }
  } catch (error) {
    if (isUnchanged(before, files)) drop()
    throw error
  }
}

function recordOf(snapshots: SharedSnapshots, { edits }: FilePlan<unknown>, at: Date): Parameters<Backups['keep']>[0] {
  const fileOf = (name: SharedFileName) => ({
    path: snapshots[name].path,
    before: snapshots[name].text,
    edits: edits[name] ?? [],
  })
  return { at, files: { credentials: fileOf('credentials'), config: fileOf('config') } }
}

function isUnchanged(before: SharedSnapshots, files: SharedFiles): boolean {
  try {
    const after = files.read()
    return NAMES.every((name) => after[name].text === before[name].text)
  } catch {
    // What cannot be read may have been changed: the backup stays.
    return false
  }
}

function changedFiles(snapshots: SharedSnapshots, { edits }: FilePlan<unknown>): readonly ChangedFile[] {
  return (['credentials', 'config'] as const)
    .map((name) => ({
      path: snapshots[name].path,
      before: snapshots[name].text,
      after: applyEdits(snapshots[name].text, edits[name] ?? []),
    }))
    .filter(({ before, after }) => before !== after)
}

/** What a change does, wherever its lines stand: a login elsewhere in the file makes it no other change. */
function substance(files: readonly ChangedFile[]): string {
  const contents = (text: string): readonly string[] => splitLines(text).map(({ content }) => content)
  return JSON.stringify(
    files.map(({ path, before, after }) => {
      const [old, fresh] = [contents(before), contents(after)]
      return [
        path,
        changesBetween(old, fresh).map(({ beforeStart, beforeEnd, afterStart, afterEnd }) => [
          old.slice(beforeStart, beforeEnd),
          fresh.slice(afterStart, afterEnd),
        ]),
      ]
    }),
  )
}

/** What setup and undo say, apart from the diff. Each function gives whole lines with their ends. */

/** The question under a diff. */
const CHANGE_QUESTION = 'Make these changes?'

/** The files have changed while the question stood there, and with them what would be done. */
function renderShownAgain(): string {
  return note('the files have changed meanwhile, and so have the changes:')
}
