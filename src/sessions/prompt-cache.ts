import { readFileSync, readdirSync, rmdirSync, statSync, unlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import type { SharedFiles } from '../aws-files/shared-files.ts'
import { sweepFolder, writeEachWhole } from '../platform/atomic-file.ts'
import { childPath } from '../platform/paths.ts'
import { errnoOf } from '../platform/system-error.ts'
import type { Now } from '../platform/time.ts'
import { isPromptLine, promptFileOf } from './prompt-line.ts'
import type { PromptFile } from './prompt-line.ts'
import { statusOfProfile } from './status.ts'
import type { StatusLookup } from './status.ts'

/**
 * The one-line files for prompts, in the folder `<credentials file>.awsmfa`. They are kept true in passing, by commands that do
 * something else, so nothing here ever fails or takes long.
 *
 * A file gets the modification time of the credentials file from which it was made, and a millisecond: whoever finds the
 * credentials file newer than that knows that it was changed since, however many wrote meanwhile.
 */

/** What the files lie beside, and who may write them. */
export interface PromptFilesOptions {
  /** The credentials file by the name that shells know too: a link is not followed. */
  readonly credentialsPath: string
  readonly uid: number | undefined
  /** Root leaves other people's folders alone unless told otherwise. */
  readonly allowRoot: boolean
  /** Told what stood in the way, for `--debug`. */
  readonly onOddity: (text: string) => void
}

/** The files as they lie there. */
export interface PromptFiles {
  /** Makes the files those that `wanted` gives, which is asked after the time of the credentials file was noted. Never throws. */
  readonly keep: (wanted: () => readonly PromptFile[]) => void
}

/** A write in between makes the files old before they are there; then they are made anew, so many times at most. */
const ROUNDS = 3

const SECONDS_LATER = 0.001

/** As long as a stage may be another process's, at work. */
const STAGE_MS = 60_000

/** Makes it. Touches nothing until it is asked. */
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
  const untrue = wanted.filter(
    ({ name, content }) => !names.includes(name) || contentOf(childPath(folder, name)) !== content,
  )
  if (untrue.length > 0) writeEachWhole(folder, untrue)
  for (const { name } of wanted) dateFrom(childPath(folder, name), madeFromMs)
  sweepFolder(folder, names, STAGE_MS)
  const kept = new Set(wanted.map(({ name }) => name))
  for (const name of names)
    if (!kept.has(name) && isPromptLine(contentOf(childPath(folder, name))))
      errnoOf(() => unlinkSync(join(folder, name)))
  if (wanted.length === 0) errnoOf(() => rmdirSync(folder))
  // Last, since every change in it gives it another date. The entry of awsmfa looks at it alone.
  if (statSync(folder, { throwIfNoEntry: false }) !== undefined) dateFrom(folder, madeFromMs)
}

/** Lines are short; what is longer, or no file, is none. */
function contentOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat?.isFile() === true && stat.size < 1024 ? readFileSync(path, 'utf8') : ''
}

/** Left alone where it is right already, so that a command that only reads writes nothing. */
function dateFrom(path: string, madeFromMs: number): void {
  const { mtimeMs } = statSync(path)
  const seconds = madeFromMs / 1000 + SECONDS_LATER
  if (Math.abs(mtimeMs / 1000 - seconds) > SECONDS_LATER / 2) utimesSync(path, seconds, seconds)
}

/** Where sessions are looked for, and where the lines go. */
export interface PromptLineEffects {
  readonly files: Pick<SharedFiles, 'read'>
  readonly now: Now
  readonly cachedSessionOf: StatusLookup['cachedSessionOf']
  readonly keepPromptFiles: (wanted: () => readonly PromptFile[]) => void
}

/** Makes the lines for prompts say what `status` would say of every profile now. Never throws. */
export function updatePromptCache({ files, now, cachedSessionOf, keepPromptFiles }: PromptLineEffects): void {
  keepPromptFiles(() => {
    const { profiles } = files.read()
    const lookup: StatusLookup = {
      profiles,
      now: now(),
      minTtlSeconds: 0,
      identityOf: () => undefined,
      cachedSessionOf,
    }
    return profiles.names().flatMap((name) => promptFileOf(statusOfProfile(name, lookup), lookup.now) ?? [])
  })
}
