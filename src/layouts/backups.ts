/**
 * Records of changes to both shared files, for undo: one file each, mode 0600, in a folder of mode 0700, removed after
 * 30 days. They contain long-term keys, except those that a store has: a reference replaces their secrets.
 */
import { readFileSync, readdirSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { applyEdits } from '../aws-files/ini-document.ts'
import type { ByteEdit } from '../aws-files/ini-document.ts'
import { editsBetween } from '../aws-files/lines.ts'
import { KEY_STORES } from '../model/credentials.ts'
import type { KeyStoreName, LongTermCredentials } from '../model/credentials.ts'
import type { SharedFileName } from '../model/profile.ts'
import { sweepStages, writeWhole } from '../platform/atomic-file.ts'
import { errnoOf, orElse } from '../platform/system-error.ts'
import type { Now } from '../platform/time.ts'

/** A shared file before a change, as a byte string, and the change. */
export interface RecordedFile {
  readonly path: string
  readonly before: string
  readonly edits: readonly ByteEdit[]
}

export interface ChangeRecord {
  readonly at: Date
  readonly files: Readonly<Record<SharedFileName, RecordedFile>>
}

/** The secret of an access key, and the store that has it. */
export interface StoredSecret extends LongTermCredentials {
  readonly store: KeyStoreName
}

export interface Backups {
  /**
   * Writes a record, whole or not at all, without these secrets, and returns its name. Throws FILE_NOT_WRITABLE,
   * FILE_INCOMPLETE_WRITE.
   */
  readonly keep: (record: ChangeRecord, hidden?: readonly StoredSecret[]) => string
  /** Hides secrets in all records. Throws what `keep` throws. */
  readonly hide: (secrets: readonly StoredSecret[]) => void
  /** Removes the records with the secret of an access key, or a reference to it. Never throws. */
  readonly removeWith: (keys: Pick<LongTermCredentials, 'accessKeyId'> & Partial<LongTermCredentials>) => void
  /** Returns the records of changes to these files, the newest first, without unreadable ones. Never throws. */
  readonly list: (
    paths: Readonly<Record<SharedFileName, string>>,
  ) => readonly (ChangeRecord & { readonly name: string })[]
  /** Removes a record. Never throws. */
  readonly remove: (name: string) => void
  /** Removes records older than 30 days. Never throws. */
  readonly sweep: () => void
}

export interface BackupsOptions {
  readonly stateFolder: string
  readonly now: Now
}

/** Stands for the secret of an access key: `{awsmfa-secret pass AKIA…}`. */
const REFERENCE = /\{awsmfa-secret ([a-z-]+) (\w+)\}/g

function referenceTo({ store, accessKeyId }: Pick<StoredSecret, 'store' | 'accessKeyId'>): string {
  return `{awsmfa-secret ${store} ${accessKeyId}}`
}

/** Returns the access keys whose secrets are hidden in a record, each once. */
export function hiddenIn({ files }: ChangeRecord): readonly Pick<StoredSecret, 'store' | 'accessKeyId'>[] {
  const texts = [files.credentials, files.config].flatMap(({ before, edits }) => [before, applyEdits(before, edits)])
  const found = texts.flatMap((text) => [...text.matchAll(REFERENCE)])
  const unique = new Map(found.map(([reference, store, accessKeyId = '']) => [reference, { store, accessKeyId }]))
  return [...unique.values()].flatMap(({ store: name, accessKeyId }) => {
    const store = KEY_STORES.find((each) => each === name)
    return store === undefined ? [] : [{ store, accessKeyId }]
  })
}

/** Returns a record with the secrets instead of the references to them. */
export function reveal(record: ChangeRecord, secrets: readonly StoredSecret[]): ChangeRecord {
  return withTexts(record, (text) =>
    secrets.reduce((revealed, secret) => revealed.replaceAll(referenceTo(secret), () => secret.secretAccessKey), text),
  )
}

function hideIn(record: ChangeRecord, secrets: readonly StoredSecret[]): ChangeRecord {
  return withTexts(record, (text) =>
    secrets.reduce((hidden, secret) => hidden.replaceAll(secret.secretAccessKey, () => referenceTo(secret)), text),
  )
}

/** Changes both texts of each file, before and after the change. */
function withTexts(record: ChangeRecord, change: (text: string) => string): ChangeRecord {
  const changed = ({ path, before, edits }: RecordedFile): RecordedFile => {
    const [old, made] = [change(before), change(applyEdits(before, edits))]
    return old === before && made === applyEdits(before, edits)
      ? { path, before, edits }
      : { path, before: old, edits: editsBetween(old, made) }
  }
  const { credentials, config } = record.files
  return { at: record.at, files: { credentials: changed(credentials), config: changed(config) } }
}

const KEPT_MS = 30 * 24 * 60 * 60 * 1000

/** Names sort by time, in UTC: `change-20261121074011123-0a1b2c3d4e5f.json`. */
const NAME = /^change-(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})-[0-9a-f]{12}\.json$/

/** Makes the store. Touches no file yet. */
export function createBackups({ stateFolder, now }: BackupsOptions): Backups {
  const folder = join(stateFolder, 'backups')
  const remove = (name: string): void => void errnoOf(() => unlinkSync(join(folder, name)))
  return {
    keep: (record, hidden = []) => {
      const name = `change-${record.at.toISOString().replaceAll(/\D/g, '')}-${randomBytes(6).toString('hex')}.json`
      writeWhole(join(folder, name), encodeRecord(hideIn(record, hidden)))
      return name
    },
    hide: (secrets) => {
      for (const name of namesWith(
        folder,
        secrets.map(({ secretAccessKey }) => secretAccessKey),
      )) {
        const record = NAME.test(name) ? readRecord(join(folder, name)) : undefined
        // What a killed process left, or a damaged record: neither can be undone.
        if (record === undefined) remove(name)
        else writeWhole(join(folder, name), encodeRecord(hideIn(record, secrets)))
      }
    },
    removeWith: ({ accessKeyId, secretAccessKey }) => {
      const references = KEY_STORES.map((store) => referenceTo({ store, accessKeyId }))
      const texts = secretAccessKey === undefined ? references : [...references, secretAccessKey]
      for (const name of namesWith(folder, texts)) remove(name)
    },
    list: (paths) =>
      namesIn(folder)
        .filter((name) => NAME.test(name))
        .toSorted()
        .reverse()
        .flatMap((name) => {
          const record = readRecord(join(folder, name))
          return record?.files.credentials.path === paths.credentials && record.files.config.path === paths.config
            ? [{ name, ...record }]
            : []
        }),
    remove,
    sweep: () => {
      for (const name of namesIn(folder)) if (isOlder(name, now().getTime() - KEPT_MS)) remove(name)
      sweepStages(folder)
    },
  }
}

function encodeRecord(record: ChangeRecord): string {
  // An earlier version of awsmfa would write the references into the files.
  return `${JSON.stringify({ version: hiddenIn(record).length > 0 ? 2 : 1, ...record })}\n`
}

/** The names of the files in which one of these texts is, as JSON has it. */
function namesWith(folder: string, texts: readonly string[]): readonly string[] {
  const written = texts.map((text) => JSON.stringify(text).slice(1, -1))
  return namesIn(folder).filter((name) => {
    const content = orElse('', () => readFileSync(join(folder, name), 'utf8'))
    return written.some((text) => content.includes(text))
  })
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    // No folder, or an unreadable one: there are no records.
    return []
  }
}

function isOlder(name: string, timeMs: number): boolean {
  const [, year, month, day, hour, minute, second, ms] = (NAME.exec(name) ?? []).map(Number)
  return year !== undefined && Date.UTC(year, (month ?? 1) - 1, day, hour, minute, second, ms) < timeMs
}

/** Reads a record of this version; undefined for anything else. */
function readRecord(path: string): ChangeRecord | undefined {
  try {
    const { version, at, files } = asObject(JSON.parse(readFileSync(path, 'utf8')))
    const both = asObject(files)
    const [credentials, config] = [readFile(both['credentials']), readFile(both['config'])]
    if ((version !== 1 && version !== 2) || typeof at !== 'string' || credentials === undefined || config === undefined)
      return undefined
    return { at: new Date(at), files: { credentials, config } }
  } catch {
    // Missing, unreadable or damaged.
    return undefined
  }
}

function readFile(value: unknown): RecordedFile | undefined {
  const { path, before, edits } = asObject(value)
  return typeof path === 'string' && typeof before === 'string' && Array.isArray(edits) && edits.every(isEdit)
    ? { path, before, edits }
    : undefined
}

function isEdit(value: unknown): value is ByteEdit {
  const { offset, length, content } = asObject(value)
  return typeof offset === 'number' && typeof length === 'number' && typeof content === 'string'
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}
