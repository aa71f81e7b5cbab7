/** Which file is meant by the name of a program that awsmfa runs. */
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { isSystemError } from './system-error.ts'
import { findNpmShim, findWindowsProgram, windowsStart } from './windows-program.ts'
import type { ProgramStart, StartTrouble, WindowsProgram } from './windows-program.ts'

/** Folders that a process started by a desktop may not have on its PATH. */
const USUAL_FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin', '/opt/homebrew/bin']

/** Returns what to spawn for a program: on Windows see `windowsStart`; elsewhere execvp(3) searches PATH. */
export function startOf(called: WindowsProgram): ProgramStart | StartTrouble {
  return process.platform === 'win32'
    ? windowsStart(called, isRegularFile)
    : { file: called.program, words: called.words, verbatim: false }
}

/**
 * Returns the path of a program that can be run, by its absolute path, or by its name in the absolute folders of PATH
 * and, except on Windows, in the usual ones.
 */
export function findProgram(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  if (process.platform === 'win32') return findWindowsProgram(name, environment, isRegularFile)
  const folders = [...(environment['PATH'] ?? '').split(delimiter), ...USUAL_FOLDERS].filter((folder) =>
    isAbsolute(folder),
  )
  const places = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name))
  return places.find(isExecutable)
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
