/**
 * Which file is meant by the name of a program that awsmfa runs, and how it starts itself. Only the absolute folders of
 * PATH are searched: `.`, an empty entry or a relative one would run a program of the current folder, which can be
 * anyone's.
 */
import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { basename, delimiter, isAbsolute, join } from 'node:path'
import type { Environment } from '../model/invocation.ts'
import { isSystemError, orElse } from './system-error.ts'
import { findNpmShim, findWindowsProgram, windowsStart } from './windows-program.ts'
import type { ProgramStart, StartTrouble, WindowsProgram } from './windows-program.ts'

/** Folders that a process started by a desktop may not have on its PATH. */
export const USUAL_FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin', '/opt/homebrew/bin']

/** Returns what to spawn for a program that awsmfa needs, or that the user's settings name. */
export function startOf(called: WindowsProgram): ProgramStart | StartTrouble {
  if (process.platform === 'win32') return windowsStart(called, isRegularFile)
  const { program, words, environment } = called
  if (program.includes('/')) return { file: program, words, verbatim: false }
  const places = placesOf(program, environment)
  // One that may not be executed is reported as such.
  const file = places.find(isExecutable) ?? places.find(isRegularFile)
  return file === undefined ? 'not-found' : { file, words, verbatim: false }
}

/** Returns what to spawn for the command of `exec`, found as a shell finds it: execvp(3) searches all of PATH. */
export function startOfCommand(called: WindowsProgram): ProgramStart | StartTrouble {
  return process.platform === 'win32'
    ? windowsStart(called, isRegularFile)
    : { file: called.program, words: called.words, verbatim: false }
}

/**
 * Returns the path of a program that can be run, by its absolute path, or by its name in the absolute folders of PATH
 * and, except on Windows, in `moreFolders`.
 */
export function findProgram(
  name: string,
  environment: Environment,
  moreFolders: readonly string[] = [],
): string | undefined {
  if (process.platform === 'win32') return findWindowsProgram(name, environment, isRegularFile)
  const places = isAbsolute(name) ? [name] : placesOf(name, environment, moreFolders)
  return places.find(isExecutable)
}

/** What execvp(3) searches without PATH, as glibc and macOS have it. */
const DEFAULT_PATH = '/bin:/usr/bin'

function placesOf(name: string, environment: Environment, moreFolders: readonly string[] = []): readonly string[] {
  const folders = [...(environment['PATH'] ?? DEFAULT_PATH).split(delimiter), ...moreFolders]
  return folders.filter((folder) => isAbsolute(folder)).map((folder) => join(folder, name))
}

/** Where Bun keeps the files inside a standalone executable: /$bunfs/root, on Windows B:\~BUN\root. */
const INSIDE_EXECUTABLE = /^(?:\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/

/**
 * Returns the words that start awsmfa again, with absolute paths: `[executable]`, or `[node, program]` with the program
 * that runs now.
 */
export function ownCommand(program?: string): readonly [string, ...string[]] {
  const running = process.argv[1] ?? ''
  return INSIDE_EXECUTABLE.test(running) ? [process.execPath] : [process.execPath, program ?? running]
}

/**
 * Returns the name in PATH that leads to a program, or else its own path. A package manager keeps each version in a
 * folder of its own and moves a link: what names the link still works after an upgrade.
 */
export function lastingPath(path: string, environment: Environment): string {
  const found = findProgram(basename(path), environment)
  return found !== undefined && orElse('', () => realpathSync.native(found)) === path ? found : path
}

/** Returns the batch file by which Windows starts a program that npm installed; undefined elsewhere. */
export function findShim(program: string): string | undefined {
  return process.platform === 'win32' ? findNpmShim(program, isRegularFile) : undefined
}

/**
 * Returns the errno of a program that could not be started. If a folder of PATH may not be searched, execvp(3) reports
 * EACCES for a program that is in none of them; as in a shell, such a program is not found: ENOENT.
 */
export function startErrno(
  error: unknown,
  { program, environment }: Pick<WindowsProgram, 'program' | 'environment'>,
): string | undefined {
  const errno = isSystemError(error) ? error.code : undefined
  const isNowhere =
    errno === 'EACCES' && process.platform !== 'win32' && !program.includes('/') && !isInPath(program, environment)
  return isNowhere ? 'ENOENT' : errno
}

/** Returns whether a program's file exists, executable or not, by its path or in a folder of PATH. */
export function isInPath(program: string, environment: Readonly<Record<string, string | undefined>>): boolean {
  const places = program.includes('/')
    ? [program]
    : (environment['PATH'] ?? '').split(delimiter).map((folder) => join(folder, program))
  return places.some(isRegularFile)
}

function isRegularFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    // What cannot be examined cannot be run.
    return false
  }
}

/** Returns whether a path is a regular file that this process may run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // What cannot be examined cannot be run.
    return false
  }
}
