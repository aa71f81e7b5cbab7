/**
 * Records of changes to both shared files, for undo: one file each, mode 0600, in a folder of mode 0700, removed after
 * 30 days. They contain long-term keys.
 */
import { readFileSync, readdirSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import type { ByteEdit } from '../aws-files/edit.ts'
import type { SharedFileName } from '../model/origin.ts'
import { sweepStages, writeWhole } from '../platform/atomic-file.ts'
import { errnoOf } from '../platform/system-error.ts'
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

export interface Backups {
  /** Writes a record, whole or not at all, and returns its name. Throws FILE_NOT_WRITABLE, FILE_INCOMPLETE_WRITE. */
  readonly keep: (record: ChangeRecord) => string
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

const KEPT_MS = 30 * 24 * 60 * 60 * 1000

/** Names sort by time, in UTC: `change-20261121074011123-0a1b2c3d4e5f.json`. */
const NAME = /^change-(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})-[0-9a-f]{12}\.json$/

/** Makes the store. Touches no file yet. */
export function createBackups({ stateFolder, now }: BackupsOptions): Backups {
  const folder = join(stateFolder, 'backups')
  const remove = (name: string): void => void errnoOf(() => unlinkSync(join(folder, name)))
  return {
    keep: (record) => {
      const name = `change-${record.at.toISOString().replaceAll(/\D/g, '')}-${randomBytes(6).toString('hex')}.json`
      writeWhole(join(folder, name), `${JSON.stringify({ version: 1, ...record })}\n`)
      return name
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
    if (version !== 1 || typeof at !== 'string' || credentials === undefined || config === undefined) return undefined
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
