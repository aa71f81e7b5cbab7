/** Scratch folders for tests of real files. Everything in them is removed after the test. */
import { mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Makes an empty folder that is gone when the running test is over. Its path has no links, as the system gives it for open files. */
export function scratchFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'awsmfa-test-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes a file as if it had lain there for an hour, so that nothing takes it for one that is just being written. */
export function writeAgedFile(path: string, text: string, mode = 0o600): void {
  writeFileSync(path, text, { encoding: 'latin1', mode })
  const anHourAgo = new Date(Date.now() - 3_600_000)
  utimesSync(path, anHourAgo, anHourAgo)
}

/** A file's bytes, one code unit each. */
export function readBytes(path: string): string {
  return readFileSync(path, 'latin1')
}

/** The names in a folder other than those given, so that leftovers show. */
export function namesBeside(folder: string, ...expected: string[]): readonly string[] {
  return readdirSync(folder).filter((name) => !expected.includes(name))
}
