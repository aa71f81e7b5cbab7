import { AwsmfaError } from '../core/failures.ts'
import { applyEdits } from '../core/files/byte-edit.ts'
import type { ByteEdit } from '../core/files/byte-edit.ts'
import { isEditContained } from '../core/files/containment.ts'
import { readIniDocument } from '../core/files/ini-document.ts'
import { planSessionWrite } from '../core/files/session-section.ts'
import type { FileSnapshot, SharedFiles, WriteWarning } from '../core/ports.ts'
import type { ShortTermCredentials } from '../core/sessions/credentials.ts'

/** What is to be written into a profile's section of the credentials file. */
export interface SessionToStore {
  readonly profile: string
  readonly credentials: ShortTermCredentials
  readonly requestHash: string
}

/**
 * Writes a session into the credentials file and gives the warnings of the write. What stands in the section is looked at
 * again under the lock: the person may have taken a minute to type, and long-term credentials that came in meanwhile are not
 * overwritten (SECTION_HOLDS_LONG_TERM_CREDENTIALS). Throws also what `transact` throws, FILE_MALFORMED, TEXT_REFUSED, and
 * EDIT_NOT_CONTAINED should the edit touch anything outside its section.
 */
export function storeSession(files: SharedFiles, session: SessionToStore): readonly WriteWarning[] {
  return files.transact(['credentials'], ({ credentials }) => ({ edits: { credentials: planEdits(credentials, session) }, result: undefined })).warnings
}

/**
 * Finds out, before a code is spent, whether `storeSession` could write that profile's session now: plans it with a session
 * of the usual size and makes a trial stage. Throws what `storeSession` would throw; changes nothing.
 */
export function rehearseStore(files: SharedFiles, profile: string, now: Date): void {
  const credentials: ShortTermCredentials = { accessKeyId: `ASIA${'A'.repeat(16)}`, secretAccessKey: 'A'.repeat(40), sessionToken: 'A'.repeat(600), expiration: now }
  planEdits(files.read().credentials, { profile, credentials, requestHash: '0' })
  files.rehearse(['credentials'])
}

function planEdits({ text, path }: FileSnapshot, { profile, credentials, requestHash }: SessionToStore): readonly ByteEdit[] {
  const edits = planSessionWrite({ document: readIniDocument(text), path, profile, credentials, requestHash })
  if (!isEditContained({ before: text, after: applyEdits(text, edits), profile })) throw new AwsmfaError({ code: 'EDIT_NOT_CONTAINED', place: { path } })
  return edits
}
