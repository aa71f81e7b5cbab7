/** What comes before every change of the person's files: it is shown, and they are asked. */
import type { Invocation } from '../core/invocation.ts'
import type { Terminal } from '../core/ports.ts'
import type { ChangedFile, FileChange } from '../flows/change-files.ts'
import { renderDiff } from '../render/diff.ts'
import { CHANGE_QUESTION, renderShownAgain } from '../render/setup.ts'

interface ShownContext {
  readonly home: string | undefined
  readonly terminal: Pick<Terminal, 'writeData' | 'writeTalk' | 'data' | 'talk'>
}

/** The part of a change that is the same for every command. `show` takes besides what stands below the diff, in whole lines. */
export interface ShownChange extends Pick<FileChange<unknown>, 'question' | 'consent'> {
  readonly show: (files: readonly ChangedFile[], again: boolean, below?: string) => void
}

/**
 * Gives how a change is shown and agreed to: with `--dry-run` its diff is data, on stdout, and that is all; with `--yes` it is
 * talk, and nobody is asked; else somebody has to agree, and changeFiles refuses where there is nobody. With `--json`, where a
 * command has that, stdout is for the JSON, and the diff is talk; with `--quiet` it is shown to who is asked alone.
 */
export function shownChange({ options }: Invocation, { terminal, home }: ShownContext, question = CHANGE_QUESTION): ShownChange {
  const isDry = options['dry-run'] === true
  const consent = isDry ? 'none' : options['yes'] === true ? 'given' : 'asked'
  const [write, style] = isDry && options['json'] !== true ? [terminal.writeData, terminal.data] : [terminal.writeTalk, terminal.talk]
  return {
    show: (files, again, below = '') => {
      if (options['quiet'] === true && consent !== 'asked') return
      if (again) terminal.writeTalk(renderShownAgain())
      write(renderDiff(files, home, style) + below)
    },
    question,
    consent,
  }
}
