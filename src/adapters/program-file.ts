/** Which file is meant by the name of a program, where awsmfa runs one. */
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { findWindowsProgram, windowsStart } from '../core/windows-program.ts'
import type { ProgramStart, StartTrouble, WindowsProgram } from '../core/windows-program.ts'
import { isSystemError } from './system-error.ts'

/** Where programs lie that a process started by a desktop may not have on its PATH. */
const USUAL_FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin', '/opt/homebrew/bin']

/** Gives what is to be spawned for a program: on Windows see `windowsStart`; elsewhere execvp(3) looks in the folders of PATH alone. */
export function startOf(called: WindowsProgram): ProgramStart | StartTrouble {
  return process.platform === 'win32' ? windowsStart(called, isRegularFile) : { file: called.program, words: called.words, verbatim: false }
}

/**
 * Looks for a program by its absolute path, or by its name in the absolute folders of PATH and, but on Windows, in the usual
 * ones. Gives a path that can be run.
 */
export function findProgram(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  if (process.platform === 'win32') return findWindowsProgram(name, environment, isRegularFile)
  const folders = [...(environment['PATH'] ?? '').split(delimiter), ...USUAL_FOLDERS].filter((folder) => isAbsolute(folder))
  const places = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name))
  return places.find(isExecutable)
}

/**
 * Returns the system's error of a program that could not be started. Where one folder of PATH may not be searched, execvp(3) says
 * EACCES of a program that is in none of them; as in a shell, that one is not found: ENOENT.
 */
export function startErrno(error: unknown, { program, environment }: Pick<WindowsProgram, 'program' | 'environment'>): string | undefined {
  const errno = isSystemError(error) ? error.code : undefined
  const isNowhere = errno === 'EACCES' && process.platform !== 'win32' && !program.includes('/') && !isInPath(program, environment)
  return isNowhere ? 'ENOENT' : errno
}

/** Returns whether a program's file is there, runnable or not, by its path or in a folder of PATH. */
export function isInPath(program: string, environment: Readonly<Record<string, string | undefined>>): boolean {
  const places = program.includes('/') ? [program] : (environment['PATH'] ?? '').split(delimiter).map((folder) => join(folder, program))
  return places.some(isRegularFile)
}

function isRegularFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    // What cannot be looked at cannot be run.
    return false
  }
}

/** Tells whether a path leads to a regular file that this process may run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // What cannot be looked at cannot be run.
    return false
  }
}
