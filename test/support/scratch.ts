/** Temporary folders for tests with real files. They are removed after the test. */
import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { isWindows } from './on-windows.ts'

/** Creates an empty folder that is removed when the running test finishes. Its path contains no symbolic links. */
export function scratchFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'awsmfa-test-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  return folder
}

/** Writes a file with a modification time of an hour ago, so that it does not look as if it is being written. */
export function writeAgedFile(path: string, text: string, mode = 0o600): void {
  writeFileSync(path, text, { encoding: 'latin1', mode })
  const anHourAgo = new Date(Date.now() - 3_600_000)
  utimesSync(path, anHourAgo, anHourAgo)
}

/** Reads a file as Latin-1: one UTF-16 code unit for each byte. */
export function readBytes(path: string): string {
  return readFileSync(path, 'latin1')
}

/** Returns the names in a folder except the expected ones: what was left behind. */
export function namesBeside(folder: string, ...expected: string[]): readonly string[] {
  return readdirSync(folder).filter((name) => !expected.includes(name))
}

/** Expects files and folders that only their owner can read; on Windows, which has no modes, that they exist. */
export function expectPrivate(...paths: readonly string[]): void {
  for (const path of paths) {
    const stat = statSync(path)
    if (!isWindows) expect([path, stat.mode & 0o777]).toEqual([path, stat.isDirectory() ? 0o700 : 0o600])
  }
}
