/** What doctor mends besides the contents of the two files. */
import { chmodSync, unlinkSync } from 'node:fs'
import { refusalOf, writing } from './system-error.ts'
import { AwsmfaError } from '../core/failures.ts'

/** Takes a file from everybody but its owner: mode 0600. Throws FILE_NOT_WRITABLE. */
export function makePrivate(path: string): void {
  writing(path, 'stage', () => chmodSync(path, 0o600))
}

/** Removes a file; that it is gone already is what was wanted. Throws FILE_NOT_WRITABLE. */
export function removeDamaged(path: string): void {
  const errno = refusalOf(() => unlinkSync(path))
  if (errno !== undefined && errno !== 'ENOENT') throw new AwsmfaError({ code: 'FILE_NOT_WRITABLE', place: { path }, errno, step: 'remove' })
}
