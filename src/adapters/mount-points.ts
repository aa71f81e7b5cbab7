/** Which paths are mount points, where no other file can be renamed to. */
import { readFileSync, realpathSync } from 'node:fs'
import { isSystemError } from './system-error.ts'

/**
 * Tells whether a file is itself a mount point, as a single file that is mounted into a container is. Known on Linux alone
 * (proc(5), /proc/self/mountinfo: the fifth field, with space, tab, line end and backslash written as octal numbers).
 */
export function isMountPoint(path: string): boolean {
  try {
    const real = realpathSync.native(path)
    return readFileSync('/proc/self/mountinfo', 'utf8').split('\n').some((line) => unescapeOctal(line.split(' ')[4] ?? '') === real)
  } catch (error) {
    if (isSystemError(error)) return false
    throw error
  }
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)))
}
