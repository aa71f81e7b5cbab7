import type { ProfileView } from '../files/profile-view.ts'
import { LEGACY_TOKEN_KEY } from '../files/managed-keys.ts'
import { isIgnored } from './store-profile.ts'
import { sessionInCredentialsFile } from '../status/profile-status.ts'
import type { ShortTermCredentials } from '../sessions/credentials.ts'
import { secondsUntil } from '../sessions/expiration.ts'
import { EXPIRING_SECONDS } from '../sessions/session-state.ts'

/**
 * Gives the session in a profile's section of the credentials file, whoever wrote it, where every tool would use it and it
 * holds for more than 15 minutes, or `minimumSeconds` if that is more. Undefined where nothing says when it ends: whoever
 * takes it could not tell when to renew it.
 */
export function usableSectionSession(profile: ProfileView | undefined, now: Date, minimumSeconds: number): ShortTermCredentials | undefined {
  const stored = isIgnored(profile) ? undefined : sessionInCredentialsFile(profile)
  if (stored?.expiration === undefined || secondsUntil(stored.expiration, now) <= Math.max(EXPIRING_SECONDS, minimumSeconds)) return undefined
  const valueOf = (key: string): string => profile?.getFrom('credentials', key)?.value ?? ''
  const secretAccessKey = valueOf('aws_secret_access_key')
  const sessionToken = valueOf('aws_session_token') || valueOf(LEGACY_TOKEN_KEY)
  if (secretAccessKey === '' || sessionToken === '') return undefined
  return { accessKeyId: stored.accessKeyId, secretAccessKey, sessionToken, expiration: stored.expiration }
}
