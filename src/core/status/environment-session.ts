import type { Environment } from '../login/target-profile.ts'
import { shortenAccessKeyId } from '../sessions/credentials.ts'
import { parseExpiration } from '../sessions/expiration.ts'
import { stateOfSession } from '../sessions/session-state.ts'
import type { StatusLookup } from './profile-status.ts'
import type { StatusEntry } from './status-entry.ts'

/**
 * Says what is left of the session that `exec` put into the environment; undefined outside of it. Where somebody has set a
 * profile since, that is what they want to know of.
 */
export function statusOfEnvironment(environment: Environment, { now, minTtlSeconds, identityOf }: Pick<StatusLookup, 'now' | 'minTtlSeconds' | 'identityOf'>): StatusEntry | undefined {
  const valueOf = (name: string): string => environment[name] ?? ''
  const [profile, accessKeyId] = [valueOf('AWSMFA_PROFILE'), valueOf('AWS_ACCESS_KEY_ID')]
  const isComplete = [profile, accessKeyId, valueOf('AWS_SECRET_ACCESS_KEY'), valueOf('AWS_SESSION_TOKEN')].every((value) => value !== '')
  if (!isComplete || valueOf('AWS_PROFILE') !== '' || valueOf('AWS_DEFAULT_PROFILE') !== '') return undefined
  const expiration = parseExpiration(valueOf('AWS_CREDENTIAL_EXPIRATION'), 'rfc3339')
  const identity = identityOf(accessKeyId)
  return {
    profile,
    state: stateOfSession(expiration, now, minTtlSeconds),
    expiration,
    source: 'environment',
    sourceProfile: undefined,
    managedBy: 'awsmfa',
    accessKeyId: shortenAccessKeyId(accessKeyId),
    account: identity?.account,
    arn: identity?.arn,
  }
}
