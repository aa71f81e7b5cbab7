/** A login and a logout as edits of a credentials file, for tests. */
import { applyEdits, readIniDocument } from '../../src/aws-files/ini-document.ts'
import { planSessionRemoval } from '../../src/aws-files/session-section.ts'
import type { SessionRemovalPlan } from '../../src/aws-files/session-section.ts'
import { planSessionWrite } from '../../src/aws-files/session-section.ts'
import type { ShortTermCredentials } from '../../src/model/credentials.ts'

export const session: ShortTermCredentials = {
  accessKeyId: 'ASIANEW',
  secretAccessKey: 'S',
  sessionToken: 'T==',
  expiration: new Date('2026-11-21T18:40:00.999Z'),
}

/** Returns a credentials file with a session in [t]. */
export function signIn(text: string, change: Partial<ShortTermCredentials> = {}, requestHash = '0a'): string {
  return applyEdits(
    text,
    planSessionWrite({
      document: readIniDocument(text),
      path: 'c',
      profile: 't',
      credentials: { ...session, ...change },
      requestHash,
    }),
  )
}

/** Returns a credentials file after logout of [t], and what was removed. */
export function signOut(text: string): { readonly text: string; readonly removed: SessionRemovalPlan['removed'] } {
  const { edits, removed } = planSessionRemoval({ document: readIniDocument(text), path: 'c', profile: 't' })
  return { text: applyEdits(text, edits), removed }
}
