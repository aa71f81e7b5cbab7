/** Skips tests that need a program which this machine does not have; in CI a missing program fails them. */
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Returns whether a program is on PATH, for `describe.skipIf(!needsProgram('strace'))`. Throws for a missing program if
 * CI is set, on Linux, so that CI skips nothing silently.
 */
export function needsProgram(name: string): boolean {
  return requireInCi(
    (process.env['PATH'] ?? '').split(delimiter).some((folder) => isExecutable(join(folder, name))),
    name,
  )
}

/** Like needsProgram, for another file that an operating system package installs. */
export function needsInstalledFile(path: string): boolean {
  return requireInCi(existsSync(path), path)
}

function requireInCi(exists: boolean, name: string): boolean {
  if (!exists && (process.env['CI'] ?? '') !== '' && process.platform === 'linux')
    throw new Error(`a test needs '${name}', which is not installed`)
  return exists
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
