import type { ProfileView } from '../files/profile-view.ts'
import { LEGACY_TOKEN_KEY } from '../files/managed-keys.ts'
import { isIgnored } from './store-profile.ts'
import { sessionInCredentialsFile } from '../status/profile-status.ts'
import type { ShortTermCredentials, SigningCredentials } from '../sessions/credentials.ts'
import { secondsUntil } from '../sessions/expiration.ts'
import { EXPIRING_SECONDS } from '../sessions/session-state.ts'

/** A session to hand on. `expiration` undefined: nothing says when it ends. */
export interface GivenSession extends Required<SigningCredentials> {
  readonly expiration: Date | undefined
}

/** Gives the session in a profile's section of the credentials file, whoever wrote it; undefined unless all of it is there. */
export function sessionInSection(profile: ProfileView | undefined): GivenSession | undefined {
  const found = sessionInCredentialsFile(profile)
  const valueOf = (key: string): string => profile?.getFrom('credentials', key)?.value ?? ''
  const secretAccessKey = valueOf('aws_secret_access_key')
  // Older tools write the token under its first name alone.
  const sessionToken = valueOf('aws_session_token') || valueOf(LEGACY_TOKEN_KEY)
  if (found === undefined || secretAccessKey === '' || sessionToken === '') return undefined
  return { accessKeyId: found.accessKeyId, secretAccessKey, sessionToken, expiration: found.expiration }
}

/**
 * Gives the session in a profile's section of the credentials file, whoever wrote it, where every tool would use it and it
 * holds for more than 15 minutes, or `minimumSeconds` if that is more. Undefined where nothing says when it ends: whoever
 * takes it could not tell when to renew it.
 */
export function usableSectionSession(profile: ProfileView | undefined, now: Date, minimumSeconds: number): ShortTermCredentials | undefined {
  const found = isIgnored(profile) ? undefined : sessionInSection(profile)
  if (found?.expiration === undefined || secondsUntil(found.expiration, now) <= Math.max(EXPIRING_SECONDS, minimumSeconds)) return undefined
  return { ...found, expiration: found.expiration }
}
