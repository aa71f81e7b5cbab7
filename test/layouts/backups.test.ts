/** Backups of the shared files, for `awsmfa undo`. */
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createBackups } from '../../src/layouts/backups.ts'
import type { ChangeRecord } from '../../src/layouts/backups.ts'
import { expectPrivate, scratchFolder } from '../support/scratch.ts'

const PATHS = { credentials: '/home/alice/.aws/credentials', config: '/home/alice/.aws/config' }
const NOON = new Date('2026-11-21T12:00:00.123Z')

function recordAt(at: Date, before = 'caf\xc3\xa9\xff'): ChangeRecord {
  return {
    at,
    files: {
      credentials: { path: PATHS.credentials, before, edits: [{ offset: 0, length: 1, content: '\xe9' }] },
      config: { path: PATHS.config, before: '', edits: [] },
    },
  }
}

function open(now = NOON): {
  readonly folder: string
  readonly backups: ReturnType<typeof createBackups>
  readonly state: string
} {
  const state = join(scratchFolder(), 'state')
  return { state, folder: join(state, 'backups'), backups: createBackups({ stateFolder: state, now: () => now }) }
}

test('a record comes back as it was, byte for byte, the newest first', () => {
  const { backups } = open()
  const first = backups.keep(recordAt(new Date(NOON.getTime() - 1), 'older'))
  const second = backups.keep(recordAt(NOON))
  expect(backups.list(PATHS)).toEqual([
    { name: second, ...recordAt(NOON) },
    { name: first, ...recordAt(new Date(NOON.getTime() - 1), 'older') },
  ])
})

test('is readable only by its owner', () => {
  const { backups, folder } = open()
  const name = backups.keep(recordAt(NOON))
  expectPrivate(folder, join(folder, name))
})

test('records of other files, and what is no record, are passed over', () => {
  const { backups, folder } = open()
  backups.keep(recordAt(NOON))
  expect(backups.list({ ...PATHS, config: '/elsewhere' })).toEqual([])
  for (const [index, text] of [
    '{',
    '[]',
    'null',
    '{"version":2}',
    '{"version":1,"at":"x","files":{}}',
    '{"version":1,"at":"x","files":{"credentials":{"path":"a","before":"","edits":[{}]},"config":1}}',
  ].entries()) {
    writeFileSync(join(folder, `change-2026112112000012${index}-00000000000${index}.json`), text)
  }
  expect(backups.list(PATHS)).toHaveLength(1)
})

test('where there is no folder there is nothing, and nothing is made', () => {
  const { backups, state } = open()
  expect(backups.list(PATHS)).toEqual([])
  backups.sweep()
  backups.remove('x.json')
  expect(() => statSync(state)).toThrow('ENOENT')
})

test('what is older than 30 days goes, with what killed processes left; other files stay', () => {
  const { backups, folder } = open(new Date('2026-12-21T12:00:00.124Z'))
  backups.keep(recordAt(NOON))
  const young = backups.keep(recordAt(new Date(NOON.getTime() + 2)))
  mkdirSync(folder, { recursive: true })
  const stage = `${young}.awsmfa-999999999-0123456789ab`
  for (const name of [stage, 'notes.txt']) writeFileSync(join(folder, name), '')
  utimesSync(join(folder, stage), 0, 0)
  backups.sweep()
  expect(readdirSync(folder).toSorted()).toEqual([young, 'notes.txt'].toSorted())
})
