/**
 * awsmfa's own cache of sessions: one file for each key, `<cache folder>/sessions/<name>.sealed`, 0600 in a folder 0700, each
 * sealed under its name with the cache key. What does not open is a miss, and the next store replaces it.
 */
import { readdirSync, rmSync } from 'node:fs'
import type { SessionCache, Sha256 } from '../../core/ports.ts'
import { sessionName } from '../../core/sessions/session-key.ts'
import { decodeAnySessionRecord, decodeSessionRecord, encodeSessionRecord } from '../../core/sessions/session-record.ts'
import type { SessionRecord } from '../../core/sessions/session-record.ts'
import { inspectSealed, openSealed, seal } from '../cache-cipher.ts'
import type { CacheKeySource } from '../cache-key.ts'
import { childPath } from '../child-path.ts'
import { readWhole } from '../read-whole.ts'
import { makeFolder, sweepFolder, tryStage, writeWhole } from '../staged-write.ts'
import { refusalOf, writing } from '../system-error.ts'

export interface SessionCacheOptions {
  readonly cacheFolder: string
  /** Asked for the key only where there is an entry to open or to store. */
  readonly keySource: CacheKeySource
  readonly sha256: Sha256
  /** Told what was found unreadable or damaged, for `--debug`; never a secret. */
  readonly onOddity: (text: string) => void
}

const SEALED_NAME = /^([0-9a-f]{40})\.sealed$/
/** As sessions were kept before they were sealed, in plain text. They are never read. */
const PLAIN_NAME = /^[0-9a-f]{40}\.json$/

/** An entry is about as long. */
const TRIAL_BYTES = 2048

/** Makes the cache. Touches nothing until it is asked. */
export function createSessionCache({ cacheFolder, keySource, sha256, onOddity }: SessionCacheOptions): SessionCache {
  const folder = childPath(cacheFolder, 'sessions')
  const pathOf = (name: string): string => childPath(folder, `${name}.sealed`)
  const read = (name: string, decode: (text: string) => SessionRecord | undefined): SessionRecord | undefined => {
    const path = pathOf(name)
    const sealed = readIfThere(path, onOddity)
    if (sealed === undefined) return undefined
    const { text, trouble } = open(sealed, name, keySource)
    const record = text === undefined ? undefined : decode(text)
    if (record === undefined) onOddity(`the cache entry ${path} ${trouble ?? DAMAGED}; it is ignored and will be replaced`)
    return record
  }
  const sealedNames = (): readonly string[] => namesIn(folder).flatMap((name) => SEALED_NAME.exec(name)?.[1] ?? [])
  return {
    find: (key) => read(sessionName(key, sha256), (text) => decodeSessionRecord(text, key)),
    store: (record) => {
      removePlain(folder)
      const name = sessionName(record.key, sha256)
      writeWhole(pathOf(name), seal(Buffer.from(encodeSessionRecord(record)), entryName(name), keySource.findOrCreate()))
    },
    rehearse: () => {
      keySource.findOrCreate()
      const trial = childPath(folder, 'trial')
      makeFolder(trial)
      tryStage(trial, TRIAL_BYTES)
    },
    list: () => sealedNames().flatMap((name) => read(name, decodeAnySessionRecord) ?? []),
    remove: (key) => removeFile(pathOf(sessionName(key, sha256))),
    count: () => sealedNames().length,
    removeAll: () => sealedNames().forEach((name) => removeFile(pathOf(name))),
    sweep: () => {
      removePlain(folder)
      sweepFolder(folder, namesIn(folder), 0)
    },
  }
}

const DAMAGED = 'is damaged or not of this version'

interface Opened {
  readonly text?: string
  /** Why it did not open. */
  readonly trouble?: string
}

function open(sealed: Buffer, name: string, keySource: CacheKeySource): Opened {
  const found = inspectSealed(sealed)
  if (found === 'newer') return { trouble: 'was made by a later version of awsmfa' }
  if (found === 'damaged') return { trouble: DAMAGED }
  const key = keySource.find()
  if (key === undefined) return { trouble: 'cannot be opened: there is no key for it' }
  const text = openSealed(sealed, entryName(name), key)?.toString('utf8')
  if (text !== undefined) return { text }
  return { trouble: found === key.id ? DAMAGED : 'was sealed with another key' }
}

/** The name under which an entry is sealed; other kinds of entries have other folders. */
function entryName(name: string): string {
  return `sessions/${name}`
}

function removeFile(path: string): void {
  writing(path, 'remove', () => rmSync(path, { force: true }))
}

function removePlain(folder: string): void {
  for (const name of namesIn(folder).filter((found) => PLAIN_NAME.test(found))) refusalOf(() => rmSync(childPath(folder, name), { force: true }))
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    // No folder, or none that can be read: the cache is empty, which costs a question and loses nothing.
    return []
  }
}

function readIfThere(path: string, onOddity: (text: string) => void): Buffer | undefined {
  try {
    return readWhole(path)
  } catch (error) {
    onOddity(`the cache entry ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'it is no whole file'})`)
    return undefined
  }
}
