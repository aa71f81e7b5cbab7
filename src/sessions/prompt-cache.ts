/**
 * The one-line files for prompts, in the folder `<credentials file>.awsmfa`. Commands that do something else update
 * them in passing, so nothing here fails or takes long.
 *
 * A file gets the modification time of the credentials file that it was made from, plus a millisecond: a reader that
 * finds the credentials file newer than that knows that it was changed since, however many programs wrote meanwhile.
 */
import { readFileSync, readdirSync, rmdirSync, statSync, unlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import type { SharedFiles } from '../aws-files/shared-files.ts'
import { makePrivateFolder, replaceFile, sweepStages } from '../platform/atomic-file.ts'
import { errnoOf, writing } from '../platform/system-error.ts'
import type { Now } from '../platform/time.ts'
import { isPromptLine, promptFilesOf } from './prompt-line.ts'
import type { PromptFile } from './prompt-line.ts'
import { promptIdentity } from './status-table.ts'
import { statusOfProfile } from './status.ts'
import type { StatusLookup } from './status.ts'

export interface PromptFilesOptions {
  /** The path of the credentials file that shells use too: a link is not followed. */
  readonly credentialsPath: string
  readonly uid: number | undefined
  /** Root leaves the folders of other users alone unless told otherwise. */
  readonly allowRoot: boolean
  /** Called with why they could not be written, for `--debug`. */
  readonly onOddity: (text: string) => void
}

export interface PromptFiles {
  /**
   * Makes the files those that `wanted` returns, which is called after the time of the credentials file was noted.
   * Never throws.
   */
  readonly keep: (wanted: () => readonly PromptFile[]) => void
}

/** How often to start over if the credentials file is written meanwhile, which makes the files old at once. */
const ROUNDS = 3

const SECONDS_LATER = 0.001

/** Makes the writer of the files. Touches nothing until it is used. */
export function createPromptFiles({ credentialsPath, uid, allowRoot, onOddity }: PromptFilesOptions): PromptFiles {
  const folder = `${credentialsPath}.awsmfa`
  return {
    keep: (wanted) => {
      try {
        for (let round = 0, last = -1; round < ROUNDS; round++) {
          const stat = statSync(credentialsPath, { throwIfNoEntry: false })
          const isForeign = uid === 0 && stat !== undefined && stat.uid !== 0 && !allowRoot
          if (isForeign || stat?.mtimeMs === last) return
          last = stat?.mtimeMs ?? 0
          keepOnce(folder, stat === undefined ? [] : wanted(), last)
          if (stat === undefined) return
        }
      } catch (error) {
        onOddity(
          `the lines for prompts in ${folder} were not written: ${error instanceof Error ? error.message : 'no reason given'}`,
        )
      }
    },
  }
}

function keepOnce(folder: string, wanted: readonly PromptFile[], madeFromMs: number): void {
  const isThere = statSync(folder, { throwIfNoEntry: false }) !== undefined
  if (!isThere && wanted.length === 0) return
  const names = isThere ? readdirSync(folder) : []
  const outdated = wanted.filter(
    ({ name, content }) => !names.includes(name) || contentOf(join(folder, name)) !== content,
  )
  if (outdated.length > 0) writing(folder, 'folder', () => makePrivateFolder(folder))
  for (const { name, content } of outdated) replaceFile(join(folder, name), content)
  for (const { name } of wanted) dateFrom(join(folder, name), madeFromMs)
  sweepStages(folder)
  const kept = new Set(wanted.map(({ name }) => name))
  for (const name of names)
    if (!kept.has(name) && isPromptLine(contentOf(join(folder, name)))) errnoOf(() => unlinkSync(join(folder, name)))
  if (wanted.length === 0) errnoOf(() => rmdirSync(folder))
  // Last, because every change in it changes its time. The quick answers look at the folder alone.
  if (statSync(folder, { throwIfNoEntry: false }) !== undefined) dateFrom(folder, madeFromMs)
}

/** Returns the content of a short file; '' for anything longer, and for what is not a file. */
function contentOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat?.isFile() === true && stat.size < 1024 ? readFileSync(path, 'utf8') : ''
}

/** Leaves a time that is right alone, so that a command that only reads writes nothing. */
function dateFrom(path: string, madeFromMs: number): void {
  const { mtimeMs } = statSync(path)
  const seconds = madeFromMs / 1000 + SECONDS_LATER
  if (Math.abs(mtimeMs / 1000 - seconds) > SECONDS_LATER / 2) utimesSync(path, seconds, seconds)
}

export interface PromptLineEffects extends Pick<StatusLookup, 'cachedSessionOf' | 'identityOf'> {
  readonly files: Pick<SharedFiles, 'read'>
  readonly now: Now
  readonly keepPromptFiles: (wanted: () => readonly PromptFile[]) => void
}

/** Updates the lines for prompts to what `status` would report of every profile now. Never throws. */
export function updatePromptCache({ files, now, keepPromptFiles, ...sources }: PromptLineEffects): void {
  keepPromptFiles(() => {
    const { profiles } = files.read()
    const lookup = { profiles, now: now(), ...sources }
    return profiles.names().flatMap((name) => {
      const entry = statusOfProfile(name, lookup)
      return promptFilesOf(entry, promptIdentity(entry, profiles.find(name)), lookup.now)
    })
  })
}
