import { AwsmfaError } from '../core/failures.ts'
import { applyEdits, differenceOf } from '../core/files/byte-edit.ts'
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
 * Writes sessions into the credentials file, all in one write, and gives the warnings of the write. What stands in the
 * sections is looked at again under the lock: the person may have taken a minute to type, and long-term credentials that came
 * in meanwhile are not overwritten (SECTION_HOLDS_LONG_TERM_CREDENTIALS). Throws also what `transact` throws, FILE_MALFORMED,
 * TEXT_REFUSED, and EDIT_NOT_CONTAINED should an edit touch anything outside its section; then none is written.
 */
export function storeSessions(files: SharedFiles, sessions: readonly SessionToStore[]): readonly WriteWarning[] {
  const outcome = files.transact(['credentials'], ({ credentials }) => {
    const after = sessions.reduce((text, session) => withSession({ ...credentials, text }, session), credentials.text)
    return { edits: { credentials: differenceOf(credentials.text, after) }, result: undefined }
  })
  return outcome.warnings
}

/**
 * Finds out, before a code is spent, whether `storeSessions` could write that profile's session now: plans it with a session
 * of the usual size and makes a trial stage. Throws what `storeSessions` would throw; changes nothing.
 */
export function rehearseStore(files: SharedFiles, profile: string, now: Date): void {
  const credentials: ShortTermCredentials = { accessKeyId: `ASIA${'A'.repeat(16)}`, secretAccessKey: 'A'.repeat(40), sessionToken: 'A'.repeat(600), expiration: now }
  withSession(files.read().credentials, { profile, credentials, requestHash: '0' })
  files.rehearse(['credentials'])
}

function withSession({ text, path }: Pick<FileSnapshot, 'text' | 'path'>, session: SessionToStore): string {
  const after = applyEdits(text, planSessionWrite({ document: readIniDocument(text), path, ...session }))
  if (!isEditContained({ before: text, after, profile: session.profile, intended: session.credentials })) throw new AwsmfaError({ code: 'EDIT_NOT_CONTAINED', place: { path } })
  return after
}
