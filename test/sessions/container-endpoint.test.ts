/** The copy of the config file that `exec --server` gives to its program. The endpoint itself: test/transcripts. */
import { existsSync, mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { createConfigCopy, stateOfFiles, sweepConfigCopies } from '../../src/sessions/container-endpoint.ts'
import { expectPrivate, scratchFolder } from '../support/scratch.ts'

const BYTES = Buffer.from('[profile awsmfa-server]\n')
const DAY = 24 * 60 * 60_000
/** No system has so many processes. */
const ENDED = 2 ** 31 - 2

it('is a private file in the state folder, and is removed', () => {
  const state = scratchFolder()
  const copy = createConfigCopy(state, BYTES)
  expect(dirname(copy.path)).toBe(join(state, 'server'))
  expect(readFileSync(copy.path)).toEqual(BYTES)
  expectPrivate(copy.path)
  copy.remove()
  expect(readdirSync(join(state, 'server'))).toEqual([])
})

it('is in a private folder for temporary files where the state folder cannot be written', () => {
  const state = join(scratchFolder(), 'a-file')
  writeFileSync(state, '')
  const copy = createConfigCopy(state, BYTES)
  expect(readFileSync(copy.path)).toEqual(BYTES)
  expectPrivate(dirname(copy.path))
  copy.remove()
  expect(existsSync(dirname(copy.path))).toBe(false)
})

it('is swept after a week if its process was killed', () => {
  const state = scratchFolder()
  const folder = join(state, 'server')
  mkdirSync(folder, { recursive: true })
  const now = new Date()
  const write = (name: string, days: number): void => {
    writeFileSync(join(folder, name), '')
    utimesSync(join(folder, name), now, new Date(now.getTime() - days * DAY))
  }
  write(`${ENDED}-0123456789abcdef.config`, 8)
  write(`${ENDED}-fedcba9876543210.config`, 6)
  write(`${process.pid}-0123456789abcdef.config`, 8)
  write('notes', 8)
  sweepConfigCopies(state, () => now)
  expect(readdirSync(folder).toSorted()).toEqual(
    [`${ENDED}-fedcba9876543210.config`, `${process.pid}-0123456789abcdef.config`, 'notes'].toSorted(),
  )
  expect(() => sweepConfigCopies(join(state, 'missing'), () => now)).not.toThrow()
})

it('shows in the state of the files that a session was stored', () => {
  const folder = scratchFolder()
  const paths = { credentials: join(folder, 'credentials'), config: join(folder, 'config') }
  const state = (): string => stateOfFiles({ paths, folders: { cache: folder } })
  const states = [state()]
  writeFileSync(paths.credentials, 'a')
  states.push(state())
  writeFileSync(paths.credentials, 'a longer text')
  states.push(state())
  mkdirSync(join(folder, 'sessions'))
  states.push(state())
  expect(new Set(states).size).toBe(4)
  expect(state()).toBe(states[3])
})
