import { AwsmfaError } from '../core/failures.ts'
import { readIniDocument } from '../core/files/ini-document.ts'
import { classifyProfile } from '../core/files/ownership.ts'
import { applyEdits } from '../core/files/byte-edit.ts'
import { readProfiles } from '../core/files/profiles.ts'
import { isEditContained, planSessionWrite } from '../core/files/session-section.ts'
import type { SharedFiles, WriteWarning } from '../core/ports.ts'
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
export function storeSession(files: SharedFiles, { profile, credentials, requestHash }: SessionToStore): readonly WriteWarning[] {
  const outcome = files.transact(['credentials'], ({ credentials: { text, path } }) => {
    const view = readProfiles({ credentials: text, config: '' }).find(profile)
    if (classifyProfile(view).kind === 'long-term') {
      const line = view?.lines.credentials
      throw new AwsmfaError({ code: 'SECTION_HOLDS_LONG_TERM_CREDENTIALS', profile, place: { path, ...(line === undefined ? {} : { line }) }, sourceIsSame: false })
    }
    const edits = planSessionWrite({ document: readIniDocument(text), path, profile, credentials, requestHash })
    if (!isEditContained({ before: text, after: applyEdits(text, edits), profile })) throw new AwsmfaError({ code: 'EDIT_NOT_CONTAINED', place: { path } })
    return { edits: { credentials: edits }, result: undefined }
  })
  return outcome.warnings
}
