/**
 * Changes to the user's two files that are shown before they are made: show the diff, ask, keep a backup, write. What
 * is written is what was shown: if a file has changed so that the plan differs, it is shown and asked again.
 */
import { renderDiff } from '../aws-files/diff.ts'
import type { FileDifference } from '../aws-files/diff.ts'
import { applyEdits } from '../aws-files/ini-document.ts'
import { changesBetween, splitLines } from '../aws-files/lines.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import type { FilePlan, SharedFiles } from '../aws-files/shared-files.ts'
import type { AnyInvocation } from '../command-line/table.ts'
import type { Backups, StoredSecret } from './backups.ts'
import { fileToReplaceFirst } from './keys-plan.ts'
import { AwsmfaError } from '../model/failure.ts'
import { SHARED_FILES } from '../model/profile.ts'
import type { SharedFileName } from '../model/profile.ts'
import type { WriteWarning } from '../platform/atomic-file.ts'
import type { Now } from '../platform/time.ts'
import type { TextStyle } from '../ui/style.ts'
import type { Terminal } from '../ui/terminal.ts'
import { note } from '../ui/words.ts'

/** A change of the two files. */
export interface FileChange<T> {
  /** Plans from both files as they are; called again under their locks. May throw; then nothing is changed. */
  readonly plan: (snapshots: SharedSnapshots) => FilePlan<T>
  /** Shows what would change; `again`: the files and the plan have changed since it was last shown. */
  readonly show: (files: readonly FileDifference[], again: boolean) => void
  /** `given`: make it without asking; `none`: only show it. */
  readonly consent: 'asked' | 'given' | 'none'
  /** What is asked; left out: whether to apply the changes. */
  readonly question?: string
  /** Whether `undo` can restore what was there. */
  readonly keepsBackup: boolean
  /** Runs once the change is agreed to, before anything is written. May throw; then no file is changed. */
  readonly beforeWrite?: (result: T) => Promise<void>
  /** The secrets that the backup must not have, as they are known after `beforeWrite`. */
  readonly hidden?: () => readonly StoredSecret[]
}

export interface ChangeOutcome<T> {
  /** `nothing`: there was nothing to change. */
  readonly kind: 'nothing' | 'shown' | 'changed'
  readonly result: T
  readonly warnings: readonly WriteWarning[]
}

/** What a change needs. */
export interface ChangeEffects {
  readonly files: SharedFiles
  readonly backups: Pick<Backups, 'keep' | 'remove'>
  readonly terminal: Pick<Terminal, 'confirm'>
  readonly now: Now
  readonly cancelled: AbortSignal
}

const NAMES: readonly SharedFileName[] = ['config', 'credentials']

/**
 * Shows a change, asks, and makes it in both files. Throws PROMPT_UNAVAILABLE if nobody can be asked, DECLINED for a
 * no, and what the plan and the write throw; then nothing is changed, unless the failure says otherwise.
 */
export async function changeFiles<T>(change: FileChange<T>, effects: ChangeEffects): Promise<ChangeOutcome<T>> {
  const { files } = effects
  for (let again = false; ; again = true) {
    const snapshots = files.read()
    const planned = change.plan(snapshots)
    const changed = changedFiles(snapshots, planned)
    if (changed.length === 0) return { kind: 'nothing', result: planned.result, warnings: [] }
    change.show(changed, again)
    if (change.consent === 'none') return { kind: 'shown', result: planned.result, warnings: [] }
    files.preflight(NAMES.filter((name) => (planned.edits[name] ?? []).length > 0))
    if (change.consent === 'asked') await confirmChange(change.question, effects)
    await change.beforeWrite?.(planned.result)
    await files.whenUnlocked(NAMES, effects.cancelled)
    const outcome = apply(change, changed, effects)
    if (outcome !== undefined) return outcome
  }
}

/** Asks whether to make a change. Throws DECLINED for a no, and what `confirm` throws. */
export async function confirmChange(
  question = 'Apply these changes?',
  { terminal, cancelled }: Pick<ChangeEffects, 'terminal' | 'cancelled'>,
): Promise<void> {
  if (!(await terminal.confirm({ text: question, wanted: 'consent' }, cancelled)))
    throw new AwsmfaError({ code: 'DECLINED' })
}

/** Returns undefined, having changed nothing, if the user agreed to another plan than the present one. */
function apply<T>(
  change: FileChange<T>,
  shown: readonly FileDifference[],
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
      if (replacedLines(changed) !== replacedLines(shown)) {
        if (change.consent === 'asked') return { edits: {}, result: undefined }
        change.show(changed, true)
      }
      if (change.keepsBackup && changed.length > 0)
        kept = backups.keep(recordOf(snapshots, planned, now()), change.hidden?.())
      return {
        edits: planned.edits,
        first: fileToReplaceFirst(snapshots, planned.edits),
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
    // It may have been changed: the backup stays.
    return false
  }
}

function changedFiles(snapshots: SharedSnapshots, { edits }: FilePlan<unknown>): readonly FileDifference[] {
  return SHARED_FILES.map((name) => ({
    path: snapshots[name].path,
    before: snapshots[name].text,
    after: applyEdits(snapshots[name].text, edits[name] ?? []),
  })).filter(({ before, after }) => before !== after)
}

/** The lines that a change replaces, wherever they are: a login elsewhere in the file does not alter the change. */
function replacedLines(files: readonly FileDifference[]): string {
  const contents = (text: string): readonly string[] => splitLines(text).map(({ content }) => content)
  const replaced = files.map(({ path, before, after }) => {
    const [old, fresh] = [contents(before), contents(after)]
    return [
      path,
      changesBetween(old, fresh).map(({ beforeStart, beforeEnd, afterStart, afterEnd }) => [
        old.slice(beforeStart, beforeEnd),
        fresh.slice(afterStart, afterEnd),
      ]),
    ]
  })
  return JSON.stringify(replaced)
}

/** How a change is shown and confirmed, by the options that several commands share. */
interface ShownChange extends Pick<FileChange<unknown>, 'consent'> {
  /** `below`: returns whole lines to print under the diff. */
  readonly show: (files: readonly FileDifference[], again: boolean, below?: (style: TextStyle) => string) => void
}

interface ShownContext {
  readonly home: string | undefined
  readonly terminal: Pick<Terminal, 'stdout' | 'stderr' | 'data' | 'talk'>
}

/**
 * Returns how a command shows a change and asks. The diff goes to stderr, with `--dry-run` to stdout as data (unless
 * `--json` has stdout). `--yes` does not ask. With `--quiet` the diff is shown only if it is asked about.
 */
export function shownChange({ options }: AnyInvocation, { terminal, home }: ShownContext): ShownChange {
  const isDry = options.dryRun === true
  const consent = isDry ? 'none' : options.yes === true ? 'given' : 'asked'
  const [write, style] =
    isDry && options.json !== true ? [terminal.stdout, terminal.data] : [terminal.stderr, terminal.talk]
  return {
    show: (files, again, below = () => '') => {
      if (options.quiet === true && consent !== 'asked') return
      if (again) terminal.stderr(note('the files have just changed; the new changes:'))
      write(renderDiff(files, home, style) + below(style))
    },
    consent,
  }
}
