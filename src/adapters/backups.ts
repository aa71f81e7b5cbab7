/**
 * Private copies of both shared files as they were before a change, with the change, so that undo can take it back: one file
 * each, mode 0600, in a folder with mode 0700, gone after 30 days. They hold long-term keys.
 */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, unlinkSync } from 'node:fs'
import type { ByteEdit } from '../core/files/byte-edit.ts'
import type { Backups, ChangeRecord, Now, RecordedFile } from '../core/ports.ts'
import { childPath } from './child-path.ts'
import { sweepFolder, writeWhole } from './staged-write.ts'
import { refusalOf } from './system-error.ts'

export interface BackupsOptions {
  readonly stateFolder: string
  readonly now: Now
}

const KEPT_MS = 30 * 24 * 60 * 60 * 1000
const STAGE_MS = 60_000

/** Names sort by time, in UTC: `change-20261121074011123-0a1b2c3d4e5f.json`. */
const NAME = /^change-(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})-[0-9a-f]{12}\.json$/

/** Makes the store of backups. Touches nothing until it is asked. */
export function createBackups({ stateFolder, now }: BackupsOptions): Backups {
  const folder = childPath(stateFolder, 'backups')
  const remove = (name: string): void => void refusalOf(() => unlinkSync(childPath(folder, name)))
  return {
    keep: (record) => {
      const name = `change-${record.at.toISOString().replaceAll(/\D/g, '')}-${randomBytes(6).toString('hex')}.json`
      writeWhole(childPath(folder, name), `${JSON.stringify({ version: 1, ...record })}\n`)
      return name
    },
    list: (paths) =>
      namesIn(folder)
        .filter((name) => NAME.test(name))
        .toSorted()
        .reverse()
        .flatMap((name) => {
          const record = readRecord(childPath(folder, name))
          return record?.files.credentials.path === paths.credentials && record.files.config.path === paths.config ? [{ name, ...record }] : []
        }),
    remove,
    sweep: () => {
      const names = namesIn(folder)
      for (const name of names) if (isOlder(name, now().getTime() - KEPT_MS)) remove(name)
      sweepFolder(folder, names, STAGE_MS)
    },
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    // No folder, or none that can be read: there are no backups.
    return []
  }
}

function isOlder(name: string, timeMs: number): boolean {
  const [, year, month, day, hour, minute, second, ms] = (NAME.exec(name) ?? []).map(Number)
  return year !== undefined && Date.UTC(year, (month ?? 1) - 1, day, hour, minute, second, ms) < timeMs
}

/** Reads a record as this version writes it; undefined for anything else. */
function readRecord(path: string): ChangeRecord | undefined {
  try {
    const { version, at, files } = asObject(JSON.parse(readFileSync(path, 'utf8')))
    const both = asObject(files)
    const [credentials, config] = [readFile(both['credentials']), readFile(both['config'])]
    if (version !== 1 || typeof at !== 'string' || credentials === undefined || config === undefined) return undefined
    return { at: new Date(at), files: { credentials, config } }
  } catch {
    // Missing, unreadable or damaged: nothing that undo could go by.
    return undefined
  }
}

function readFile(value: unknown): RecordedFile | undefined {
  const { path, before, edits } = asObject(value)
  return typeof path === 'string' && typeof before === 'string' && Array.isArray(edits) && edits.every(isEdit) ? { path, before, edits } : undefined
}

function isEdit(value: unknown): value is ByteEdit {
  const { offset, length, content } = asObject(value)
  return typeof offset === 'number' && typeof length === 'number' && typeof content === 'string'
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}
