/** The session that a profile works with now, got without asking anybody: as it stands in a file, or a role's, made from it. */
import type { Profiles } from '../core/files/profile-view.ts'
import { defaultSessionName } from '../core/login/session-name.ts'
import type { LoginStep } from '../core/login/login-plan.ts'
import { resolveThroughSession } from '../core/login/through-session.ts'
import type { ThroughInput, ThroughSession } from '../core/login/through-session.ts'
import type { AssumeRoleRequest, AwsCache, Deadline, RememberedFacts, Sha256, StsSession } from '../core/ports.ts'
import { findCurrentSession } from '../core/sessions/current-session.ts'
import type { GivenSession } from '../core/login/section-session.ts'
import type { CurrentSession } from '../core/sessions/current-session.ts'
import { chainOf } from '../core/sessions/session-key.ts'
import type { SessionKey } from '../core/sessions/session-key.ts'
import { findKept, keep } from './kept-sessions.ts'
import type { KeepingEffects } from './kept-sessions.ts'
import { roleRequest } from './obtain-session.ts'
import type { Connection } from './sign-in.ts'

/** Whose session is wanted. */
export interface CurrentRequest extends Pick<ThroughInput, 'options' | 'environment' | 'defaults'> {
  readonly profile: string
  readonly profiles: Profiles
  /** How long it has to last at least, in seconds. */
  readonly minimumSeconds: number
}

/** The effects that getting it has. */
export interface CurrentEffects extends KeepingEffects {
  readonly awsCaches: readonly Pick<AwsCache, 'findFor'>[]
  readonly facts: Pick<RememberedFacts, 'identityOf' | 'rememberIdentity'>
  readonly connect: (settings: ThroughSession & { readonly path: readonly string[] }) => Connection
  readonly deadline: Pick<Deadline, 'signal'>
  readonly sha256: Sha256
  readonly osUser: string | undefined
  readonly showWaiting: (text: string) => () => void
}

/** The session, or none. */
export type CurrentOutcome = Exclude<CurrentSession, { readonly kind: 'through' }>

/**
 * Gets it. A role profile's session is made from the one that it hangs on and kept in awsmfa's own cache under that, so that a
 * new session never meets a role session of the old one. Throws what resolveThroughSession and AssumeRole throw.
 */
export async function currentCredentials(request: CurrentRequest, effects: CurrentEffects): Promise<CurrentOutcome> {
  const { profile, profiles, minimumSeconds } = request
  const found = findCurrentSession(profile, { profiles, caches: effects.awsCaches, now: effects.now(), minimumSeconds })
  if (found.kind !== 'through') return found
  const settings = resolveThroughSession({ ...request, path: found.path.map((name) => profiles.find(name)) })
  for (const note of settings.plan.notes) effects.debug(`${note.roleArn} is asked for ${note.cappedToSeconds} s: more cannot be had from a session`)
  const { credentials } = await assumeRoles({ ...found, settings, minimumSeconds }, effects)
  return { kind: 'session', session: credentials }
}

interface ThroughWork {
  readonly path: readonly string[]
  readonly session: GivenSession
  readonly settings: ThroughSession
  readonly minimumSeconds: number
}

/** Goes on from the last role of the chain whose session is kept. */
async function assumeRoles({ path, session, settings, minimumSeconds }: ThroughWork, effects: CurrentEffects): Promise<StsSession> {
  const { sha256, facts, deadline } = effects
  const { sts, endpoint } = effects.connect({ ...settings, path })
  const requests = requestsOf(settings.plan.steps, session, effects)
  const profiles = path.slice(-1)
  const keyOf = (index: number): SessionKey => {
    const chain = chainOf(requests.slice(0, index + 1), false, sha256)
    return { partition: settings.partition, endpoint, accessKeyId: session.accessKeyId, serialNumber: '', chain }
  }
  const keptAt = (index: number): StsSession | undefined => {
    const wanted = { key: keyOf(index), profiles, renew: false, since: undefined, durationSeconds: undefined }
    return findKept({ ...wanted, minimumSeconds: index === requests.length - 1 ? minimumSeconds : 0 }, effects)
  }
  const last = requests.findLastIndex((_, index) => keptAt(index) !== undefined)
  let current = last === -1 ? undefined : keptAt(last)
  for (const [index, role] of requests.entries()) {
    if (index <= last) continue
    const signer = current?.credentials ?? session
    const stopWaiting = effects.showWaiting('assuming the role')
    current = await sts.assumeRole(signer, role, deadline.signal).finally(stopWaiting)
    keep({ key: keyOf(index), session: current, durationSeconds: role.durationSeconds, profiles }, effects)
  }
  if (current === undefined) throw new Error('a role profile has a role')
  const { assumedRoleArn: arn, credentials } = current
  if (arn !== undefined) facts.rememberIdentity(credentials.accessKeyId, { account: arn.split(':')[4] ?? '', arn, userId: '' })
  return current
}

function requestsOf(steps: readonly LoginStep[], session: GivenSession, { facts, osUser }: CurrentEffects): readonly AssumeRoleRequest[] {
  const arn = facts.identityOf(session.accessKeyId)?.arn
  const userName = arn?.includes(':user/') === true ? arn.slice(arn.lastIndexOf('/') + 1) : undefined
  const defaultName = defaultSessionName(userName, osUser)
  return steps.flatMap((step) => (step.call === 'AssumeRole' ? [roleRequest(step.role, step.durationSeconds, defaultName)] : []))
}
