import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Tells whether an outside program that a test needs is on PATH, for `describe.skipIf(!needsProgram('strace'))`. On a
 * person's machine a missing one skips the test by name; where CI is set, on Linux, it throws, so that nothing is skipped
 * there unseen.
 */
export function needsProgram(name: string): boolean {
  return found(
    (process.env['PATH'] ?? '').split(delimiter).some((folder) => isExecutable(join(folder, name))),
    name,
  )
}

/** Tells the same of a file that a package of the system installs and that is no program. */
export function needsInstalledFile(path: string): boolean {
  return found(existsSync(path), path)
}

function found(isThere: boolean, name: string): boolean {
  if (!isThere && (process.env['CI'] ?? '') !== '' && process.platform === 'linux')
    throw new Error(`CI has no '${name}', which a test needs`)
  return isThere
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
