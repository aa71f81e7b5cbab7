/**
 * awsmfa's own cache of sessions: one file for each key, `<cache folder>/sessions/<name>.json`, 0600 in a folder 0700.
 * It holds secrets, in plain text, as the shared credentials file does.
 */
import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { SessionCache, Sha256 } from '../../core/ports.ts'
import { sessionName } from '../../core/sessions/session-key.ts'
import type { SessionKey } from '../../core/sessions/session-key.ts'
import { decodeAnySessionRecord, decodeSessionRecord, encodeSessionRecord } from '../../core/sessions/session-record.ts'
import type { SessionRecord } from '../../core/sessions/session-record.ts'
import { sweepFolder, writeWhole } from '../staged-write.ts'
import { writing } from '../system-error.ts'

export interface SessionCacheOptions {
  readonly cacheFolder: string
  readonly sha256: Sha256
  /** Told what was found unreadable or damaged, for `--debug`; never a secret. */
  readonly onOddity: (text: string) => void
}

/** Makes the cache. Touches nothing until it is asked. */
export function createSessionCache({ cacheFolder, sha256, onOddity }: SessionCacheOptions): SessionCache {
  const folder = join(cacheFolder, 'sessions')
  const fileOf = (key: SessionKey): string => join(folder, `${sessionName(key, sha256)}.json`)
  const decode = (path: string, read: (text: string) => SessionRecord | undefined): SessionRecord | undefined => {
    const text = readIfThere(path, onOddity)
    if (text === undefined) return undefined
    const record = read(text)
    if (record === undefined) onOddity(`the cache entry ${path} is damaged or not of this version; it is ignored and will be replaced`)
    return record
  }
  return {
    find: (key) => decode(fileOf(key), (text) => decodeSessionRecord(text, key)),
    store: (record) => writeWhole(fileOf(record.key), encodeSessionRecord(record)),
    list: () => entriesOf(folder).flatMap((name) => decode(join(folder, name), decodeAnySessionRecord) ?? []),
    remove: (key) => writing(fileOf(key), 'remove', () => rmSync(fileOf(key), { force: true })),
    sweep: () => sweepFolder(folder, namesIn(folder), 0),
  }
}

function entriesOf(folder: string): readonly string[] {
  return namesIn(folder).filter((name) => /^[0-9a-f]{40}\.json$/.test(name))
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    // No folder, or none that can be read: the cache is empty, which costs a question and loses nothing.
    return []
  }
}

function readIfThere(path: string, onOddity: (text: string) => void): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') onOddity(`the cache entry ${path} cannot be read (${code ?? 'unknown'})`)
    return undefined
  }
}
