/**
 * Provides a session to a program: from a cache, from another session, or with a token code. Nothing is written but
 * awsmfa's own cache.
 */
import type { StsSession } from '../aws/sts-api.ts'
import type { Connection, LoginEffects } from './prepare.ts'
import { credentialSource } from './long-term-keys.ts'
import {
  assumeRoleOnce,
  findCachedSession,
  findRoleSession,
  obtainSessions,
  roleIdentity,
  roleRequests,
} from './obtain-session.ts'
import type { RoleChain, SessionEffects, SessionRequest } from './obtain-session.ts'
import { planLogin } from './plan.ts'
import { defaultSessionName } from './profile-chain.ts'
import type { LoginResolution } from './resolution.ts'
import { resolveChainedRoles } from './resolve.ts'
import type { ChainedRoles, ChainedRolesInput } from './resolve.ts'
import { findDevice } from '../mfa/device.ts'
import { userNameOf } from '../mfa/token-code.ts'
import type { CallerIdentity, GivenSession, ShortTermCredentials } from '../model/credentials.ts'
import { secondsUntil } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { ProfileView, Profiles } from '../model/profile.ts'
import type { AwsLogins } from '../sessions/aws-logins.ts'
import { refreshAction } from '../sessions/reuse.ts'
import type { StoredSession } from '../sessions/reuse.ts'
import { cacheSession, findCached } from '../sessions/session-cache.ts'
import type { CacheEffects } from '../sessions/session-cache.ts'
import type { SessionRecord } from '../sessions/session-record.ts'
import { findCurrentSession, findSignIn } from '../sessions/status.ts'
import type { CachedSessionOf, CurrentSession } from '../sessions/status.ts'

export interface ProvideRequest {
  readonly resolution: LoginResolution
  /** The program itself requested the duration; a duration in a file only limits how long a session may be. */
  readonly isDurationRequired: boolean
  /** The session must be valid for longer than this, in seconds; never less than 15 minutes. */
  readonly minimumSeconds: number
  /** As for obtainSessions. */
  readonly refusalMaxAgeMs?: number
}

export interface ProvideEffects
  extends SessionEffects, Connection, Pick<LoginEffects, 'runCredentialProcess' | 'openStore'> {}

/** A session, and its account if that is known without a call. */
export interface ProvidedSession extends StsSession {
  readonly account: string | undefined
}

/**
 * Returns a cached session, otherwise a new one. Only a role whose duration the program requested may take a code of
 * its own; any other is assumed with the MFA session, an hour at a time, and renewed from it without a code. Throws
 * what obtainSessions and findDevice throw, and the failure of the role.
 */
export async function provideSession(request: ProvideRequest, effects: ProvideEffects): Promise<ProvidedSession> {
  const provider = await openProvider(request, effects)
  return provider.findCached() ?? (await provider.obtain(effects.sources))
}

/** A session for `credential-process`. */
export interface ProcessRequest {
  readonly resolution: LoginResolution
  /** A session with less time remaining, in seconds, is renewed even if a token code is required. */
  readonly windowSeconds: number
  /** As for obtainSessions: a program that asks again at once gets the same answer. */
  readonly refusalMaxAgeMs: number
  /** Called with the reason if a session that is about to expire is returned. */
  readonly onNotRenewed: (error: AwsmfaError, expiration: Date) => void
}

/**
 * Returns a session, renewed before it expires. A valid one is returned whatever happens to its renewal: STS is down,
 * there is nobody to ask. Throws what provideSession throws if there is none.
 */
export async function answerProcess(
  { resolution, windowSeconds, refusalMaxAgeMs, onNotRenewed }: ProcessRequest,
  effects: ProvideEffects,
): Promise<ProvidedSession> {
  const provider = await openProvider(
    { resolution, isDurationRequired: false, minimumSeconds: windowSeconds, refusalMaxAgeMs },
    effects,
  )
  const cached = provider.findCached(0)
  if (cached === undefined) return await provider.obtain(effects.sources)
  const { expiration } = cached.credentials
  const action = refreshAction(expiration, effects.now(), windowSeconds)
  if (action === 'serve' || (action === 'try' && !provider.needsNoCode())) return cached
  try {
    return await provider.obtain(action === 'renew' ? effects.sources : [])
  } catch (error) {
    throwIfStopped(effects.cancelled)
    if (!(error instanceof AwsmfaError)) throw error
    onNotRenewed(error, expiration)
    return cached
  }
}

/** Throws the reason if the command was stopped from outside: by Ctrl-C or a signal, not by its own time limit. */
export function throwIfStopped({ reason }: AbortSignal): void {
  if (isFailure(reason, 'CANCELLED') || isFailure(reason, 'INTERRUPTED')) throw reason
}

interface Provider {
  /** Returns a cached session with more than `floorSeconds` remaining, 15 minutes unless given. */
  readonly findCached: (floorSeconds?: number) => ProvidedSession | undefined
  /** Whether `obtain` would assume the role with a cached MFA session. */
  readonly needsNoCode: () => boolean
  /** Obtains a session, with a code from these sources where no MFA session is cached. */
  readonly obtain: (sources: SessionEffects['sources']) => Promise<ProvidedSession>
}

/**
 * The number of targets that keeps the code out of AssumeRole (planLogin): it serves every role, and renews them
 * without another.
 */
const CODE_FOR_ALL = 2

/** Gets the long-term credentials and the device. Throws what the credential process and findDevice throw. */
async function openProvider(request: ProvideRequest, effects: ProvideEffects): Promise<Provider> {
  const { resolution, isDurationRequired, minimumSeconds, refusalMaxAgeMs } = request
  const { endpoint, facts } = effects
  const signer = await credentialSource(resolution, effects)
  const { accessKeyId } = signer
  const { partition } = resolution
  const serialNumber =
    resolution.serialNumber?.value ??
    (signer.known() === undefined ? deviceOfSession({ partition, endpoint, accessKeyId }, effects) : undefined) ??
    (await findDevice(resolution, await signer.open(), effects)).serialNumber
  const requestFor = (member: LoginResolution, targets: number): SessionRequest => ({
    members: [{ resolution: member, plan: planLogin(member, targets) }],
    signer,
    key: { partition, endpoint, accessKeyId, serialNumber },
    renew: false,
    minimumSeconds,
    refusalMaxAgeMs,
  })
  const withAccount = (session: StsSession): ProvidedSession => ({
    ...session,
    account: (roleIdentity(session) ?? facts.identityOf(accessKeyId))?.account,
  })
  return {
    findCached: (floorSeconds) => {
      // A role session of full duration that login made with a code of its own is as good.
      const targets = isDurationRequired ? [1] : [1, CODE_FOR_ALL]
      const limits = floorSeconds === undefined ? {} : { floorSeconds, minimumSeconds: 0 }
      const cached = targets
        .map((count) => findCachedSession({ ...requestFor(resolution, count), ...limits }, effects))
        .find((session) => session !== undefined)
      return cached && withAccount(cached)
    },
    needsNoCode: () =>
      resolution.roles.length > 0 &&
      findCachedSession(requestFor({ ...resolution, roles: [] }, CODE_FOR_ALL), effects) !== undefined,
    obtain: async (sources) => {
      const targets = isDurationRequired ? 1 : CODE_FOR_ALL
      const [session] = await obtainSessions(requestFor(resolution, targets), { ...effects, sources })
      if (session === undefined) throw new Error('a member has a session or a failure')
      if (session instanceof AwsmfaError) throw session
      if (session.identity !== undefined) facts.rememberIdentity(session.credentials.accessKeyId, session.identity)
      return withAccount(session)
    },
  }
}

/** Returns the device of a cached session of this access key: to ask IAM, a store would have to be opened. */
function deviceOfSession(
  wanted: Pick<SessionRecord['key'], 'partition' | 'endpoint' | 'accessKeyId'>,
  { cache }: Pick<CacheEffects, 'cache'>,
): string | undefined {
  return cache
    .list()
    .map(({ key }) => key)
    .find(
      ({ partition, endpoint, accessKeyId }) =>
        partition === wanted.partition && endpoint === wanted.endpoint && accessKeyId === wanted.accessKeyId,
    )?.serialNumber
}

/** The session that a profile works with now. */
export interface CurrentRequest extends Pick<ChainedRolesInput, 'options' | 'environment' | 'defaults'> {
  readonly profile: string
  readonly profiles: Profiles
  /** How long it must last at least, in seconds. */
  readonly minimumSeconds: number
}

export interface CurrentEffects
  extends CacheEffects, Pick<LoginEffects, 'facts' | 'deadline' | 'sha256' | 'osUser' | 'terminal' | 'lockQuestion'> {
  readonly cachedSessionOf: CachedSessionOf
  readonly awsLogins: Pick<AwsLogins, 'signInKeyOf'>
  /** Returns the session that a token of single sign-on gives; undefined if there is none. Left out: nobody asks. */
  readonly ssoSessionOf?: (profile: ProfileView) => Promise<StoredSession | undefined>
  readonly connect: (settings: ChainedRoles & { readonly path: readonly string[] }) => Connection
}

/** `stored` is undefined for the session of a role that was assumed just now. */
export type CurrentOutcome =
  | {
      readonly kind: 'session'
      readonly session: GivenSession
      readonly stored: StoredSession | undefined
      /** Of a role that was assumed. */
      readonly identity?: CallerIdentity | undefined
    }
  | Extract<CurrentSession, { readonly kind: 'none' }>

/**
 * Returns the session that a profile works with now, without a question: from a file, or a role's, assumed with the
 * session of its source profile. The portal of single sign-on is asked only if no session of the role is cached. Throws
 * what resolveChainedRoles, AssumeRole and `ssoSessionOf` throw.
 */
export async function currentCredentials(request: CurrentRequest, effects: CurrentEffects): Promise<CurrentOutcome> {
  const { profile, profiles, minimumSeconds } = request
  const search = { profiles, cachedSessionOf: effects.cachedSessionOf, now: effects.now(), minimumSeconds }
  const found = findCurrentSession(profile, search)
  if (found.kind === 'none' || found.kind === 'session') return found
  const source = profiles.find(found.path.at(-1) ?? profile)
  const signInKey = source && effects.awsLogins.signInKeyOf(source)
  const isBase = found.path.length > 1
  const stored = async (): Promise<StoredSession | undefined> =>
    found.kind === 'sso'
      ? source &&
        (await ssoSession(source, { ...request, signInKey, minimumSeconds: isBase ? 0 : minimumSeconds }, effects))
      : (found.session.expiration ?? Infinity) > effects.now()
        ? found.stored
        : undefined
  if (found.path.length > 1) {
    const role = await chainedRole(found, signInKey, { request, stored }, effects)
    if (role !== undefined) return role
  }
  // Without a token, a session that another tool cached for the role is left.
  const direct = found.path.length === 1 ? await stored() : undefined
  const withoutToken: CachedSessionOf = (view) => (view.name === source?.name ? direct : effects.cachedSessionOf(view))
  const own = findCurrentSession(profile, { ...search, cachedSessionOf: withoutToken })
  return own.kind === 'session' || own.kind === 'none' ? own : { kind: 'none' }
}

/** Role sessions of this form come from the portal of single sign-on; the key of the sign-in names the role. */
const FROM_PORTAL = 'sso'

/** Returns the cached session of a profile of single sign-on, else the portal's; undefined if it refuses the token. */
async function ssoSession(
  source: ProfileView,
  {
    signInKey = '',
    minimumSeconds,
    environment,
  }: Pick<CurrentRequest, 'minimumSeconds' | 'environment'> & { readonly signInKey: string | undefined },
  effects: CurrentEffects,
): Promise<StoredSession | undefined> {
  if (effects.ssoSessionOf === undefined) return undefined
  const endpoint = environment['AWS_ENDPOINT_URL_SSO'] ?? ''
  const key = { partition: '', endpoint, accessKeyId: signInKey, serialNumber: '', chain: FROM_PORTAL }
  const profiles = [source.name]
  const cached = findCached(
    { key, profiles, renew: false, since: undefined, minimumSeconds, durationSeconds: undefined },
    effects,
  )?.credentials
  if (cached !== undefined) {
    const { accessKeyId, expiration } = cached
    return { source: 'aws-sso-cache', accessKeyId, expiration, managedBy: 'other', credentials: cached }
  }
  const made = await effects.ssoSessionOf(source)
  if (made?.credentials?.expiration !== undefined) {
    const credentials = { ...made.credentials, expiration: made.credentials.expiration }
    const durationSeconds = secondsUntil(credentials.expiration, effects.now())
    cacheSession({ key, session: { credentials }, durationSeconds, profiles }, effects)
  }
  return made
}

/** Returns the session of a role at the end of a path; undefined if there is no session to assume it with. */
async function chainedRole(
  found: Extract<CurrentSession, { readonly kind: 'through' | 'sso' }>,
  signInKey: string | undefined,
  { request, stored }: { readonly request: CurrentRequest; readonly stored: () => Promise<StoredSession | undefined> },
  effects: CurrentEffects,
): Promise<CurrentOutcome | undefined> {
  const { path } = found
  const { profiles, minimumSeconds } = request
  const settings = resolveChainedRoles({ ...request, path: path.map((name) => profiles.find(name)) })
  for (const note of settings.plan.notes)
    effects.debug(`${note.roleArn} is asked for ${note.cappedToSeconds} s: more cannot be had from a session`)
  const { sts, endpoint } = effects.connect({ ...settings, path })
  const { accessKeyId, identity: user } =
    found.kind === 'through'
      ? { ...found.session, identity: found.stored.identity ?? effects.facts.identityOf(found.session.accessKeyId) }
      : { accessKeyId: '', identity: undefined }
  const chain: RoleChain = {
    requests: roleRequests(settings.plan, {}, defaultSessionName(userNameOf({ known: () => user }), effects.osUser)),
    isDirect: false,
    // Under the key of the session, so that a new one never meets a role session of the old one.
    key: { partition: settings.partition, endpoint, accessKeyId: signInKey ?? accessKeyId, serialNumber: '' },
    // The profile with the session, whose logout removes this one too, and the role profile, to be listed first.
    profiles: [...path.slice(-1), ...path.slice(0, 1)],
  }
  const base = async (): Promise<GivenSession | undefined> => (await stored())?.credentials
  const current = await roleSession(chain, chain.requests.length - 1, { base, minimumSeconds }, { ...effects, sts })
  if (current === undefined) return undefined
  const identity = roleIdentity(current)
  // With a key that changes with each renewal, the facts would pile up.
  if (identity !== undefined && signInKey === undefined)
    effects.facts.rememberIdentity(current.credentials.accessKeyId, identity)
  return { kind: 'session', session: current.credentials, stored: undefined, identity }
}

/** A session that exists, and its account if that is known without a call. */
export interface ExistingSession extends ShortTermCredentials {
  readonly account: string | undefined
  readonly stored: StoredSession | undefined
}

/**
 * Returns the session that a profile works with now, for a program that renews it: undefined if there is none, if
 * nothing says when it expires, or if the role could not be assumed. Asks nobody for a code.
 */
export async function existingSession(
  request: CurrentRequest,
  effects: CurrentEffects & { readonly cancelled: AbortSignal },
): Promise<ExistingSession | undefined> {
  try {
    return asExisting(await currentCredentials(request, effects), request, effects)
  } catch (error) {
    if (!(error instanceof AwsmfaError) || effects.cancelled.aborted) throw error
    effects.debug(`the existing session cannot be used (${error.failure.code})`)
    return undefined
  }
}

/**
 * Returns the session of a profile that the AWS CLI signs in to, for which awsmfa has no other way to one. Throws
 * SESSION_MISSING with the command that signs in, and what currentCredentials throws.
 */
export async function sessionOfAwsCli(request: CurrentRequest, effects: CurrentEffects): Promise<ExistingSession> {
  const { profile, profiles, minimumSeconds: wantedSeconds } = request
  const found = await currentCredentials(request, effects)
  const existing = asExisting(found, request, effects)
  if (existing === undefined) throw notSignedIn(profile, found, profiles, { ...effects, wantedSeconds })
  return existing
}

function asExisting(
  found: CurrentOutcome,
  { profile, profiles }: CurrentRequest,
  { facts }: CurrentEffects,
): ExistingSession | undefined {
  if (found.kind === 'none' || found.session.expiration === undefined) return undefined
  const { session, stored } = found
  const identity = found.identity ?? stored?.identity ?? facts.identityOf(session.accessKeyId)
  // Of a session of single sign-on the profile names the account.
  const named = stored?.source === 'aws-sso-cache' ? profiles.find(profile)?.get('sso_account_id')?.value : undefined
  return { ...session, expiration: found.session.expiration, account: identity?.account ?? named, stored }
}

/** Returns SESSION_MISSING, with the command of the AWS CLI that signs in to the profile or to its source profile. */
export function notSignedIn(
  profile: string,
  found: CurrentOutcome,
  profiles: Profiles,
  {
    cachedSessionOf,
    now,
    wantedSeconds,
  }: Pick<CurrentEffects, 'cachedSessionOf' | 'now'> & { readonly wantedSeconds?: number },
): AwsmfaError {
  const signIn = findSignIn(profile, profiles)
  const view = signIn && profiles.find(signIn.profile)
  const ended = found.kind === 'none' ? found.expiration : undefined
  const { expiration: token, isRenewable = false } = (view && cachedSessionOf(view)) ?? {}
  const expiration = ended ?? (token !== undefined && token <= now() ? token : undefined)
  return new AwsmfaError({
    code: 'SESSION_MISSING',
    profile,
    signIn: signIn && { ...signIn, isRenewable },
    expiration,
    wantedSeconds,
  })
}

/**
 * Returns the cached session of a role of the chain, else assumes it with the session of the role before. Undefined if
 * that takes the session that the first role is assumed with, and `base` has none.
 */
async function roleSession(
  chain: RoleChain,
  index: number,
  { base, minimumSeconds }: { readonly base: () => Promise<GivenSession | undefined>; readonly minimumSeconds: number },
  effects: CurrentEffects & Pick<SessionEffects, 'sts'>,
): Promise<StsSession | undefined> {
  const limits = { minimumSeconds, renew: false }
  const cached = findRoleSession(chain, index, { ...limits, since: undefined }, effects)
  if (cached !== undefined) return cached
  const signer =
    index === 0
      ? await base()
      : (await roleSession(chain, index - 1, { base, minimumSeconds: 0 }, effects))?.credentials
  return signer && (await assumeRoleOnce(chain, index, { signer, ...limits }, effects))
}
