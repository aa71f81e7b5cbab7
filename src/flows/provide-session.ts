/**
 * A session for the program that asks: which keys, which device → a kept session, or a new one with a code. Nothing is
 * written but awsmfa's own cache.
 */
import { planLogin } from '../core/login/login-plan.ts'
import type { LoginResolution, LongTermSource } from '../core/login/resolution.ts'
import type { StsSession, Terminal } from '../core/ports.ts'
import type { LongTermCredentials } from '../core/sessions/credentials.ts'
import { findDevice } from './find-device.ts'
import { findKeptSession, obtainSessions } from './obtain-session.ts'
import type { SessionEffects, SessionRequest } from './obtain-session.ts'
import type { Connection } from './sign-in.ts'

/** What a program wants. */
export interface ProvideRequest {
  readonly resolution: LoginResolution
  /** The program itself named a length, and means it; what files say only limits how long a session may be. */
  readonly isLengthMeant: boolean
  /** The session must hold for longer than this, in seconds; never less than 15 minutes. */
  readonly minimumSeconds: number
  /** As for obtainSessions. */
  readonly refusalHoldsMs?: number
}

/** The effects that providing a session has. */
export interface ProvideEffects extends Omit<SessionEffects, 'sts'> {
  readonly connection: Connection
  readonly runCredentialProcess: (source: Extract<LongTermSource, { readonly kind: 'process' }>) => Promise<LongTermCredentials>
  readonly terminal: Pick<Terminal, 'canAsk' | 'choose'>
}

/** A session, and the account that it belongs to where that is known without a call. */
export interface ProvidedSession extends StsSession {
  readonly account: string | undefined
}

/** As many as keep a code out of AssumeRole (planLogin): then it serves every role, and roles are renewed without another. */
const CODE_FOR_ALL = 2

/**
 * Gives a kept session that will do, else a new one. A role whose length the program named may take a code of its own; any
 * other is made from the MFA session, an hour at a time, and renewed from it without a code. Throws what obtainSessions and
 * findDevice throw, and the failure of the role.
 */
export async function provideSession(request: ProvideRequest, effects: ProvideEffects): Promise<ProvidedSession> {
  const provision = await openProvision(request, effects)
  return provision.findKept() ?? (await provision.obtain(effects.sources))
}

/** The two ways to a session, once it is known whose keys and which device it is about. */
export interface Provision {
  /** Finds a kept session with more than `floorSeconds` left, 15 minutes unless given. */
  readonly findKept: (floorSeconds?: number) => ProvidedSession | undefined
  /** Whether `obtain` would make a role's session from a kept MFA session. */
  readonly needsNoCode: () => boolean
  /** Gets a session, with a code from these sources where no MFA session is kept. */
  readonly obtain: (sources: SessionEffects['sources']) => Promise<ProvidedSession>
}

/** Finds out whose keys and which device. Throws what the credential process and findDevice throw. */
export async function openProvision(request: ProvideRequest, effects: ProvideEffects): Promise<Provision> {
  const { resolution, isLengthMeant, minimumSeconds, refusalHoldsMs = 0 } = request
  const { connection, deadline, facts } = effects
  const { longTerm } = resolution
  const signer = longTerm.kind === 'process' ? await deadline.pauseWhile(effects.runCredentialProcess(longTerm)) : longTerm.credentials
  const serialNumber = resolution.serialNumber?.value ?? (await deviceFromIam(resolution, signer, effects))
  const calling = { ...effects, sts: connection.sts }
  const requestFor = (targets: number): SessionRequest => ({
    members: [{ resolution, plan: planLogin(resolution, targets) }],
    signer,
    serialNumber,
    endpoint: connection.endpoint,
    renew: false,
    minimumSeconds,
    refusalHoldsMs,
  })
  const withAccount = (session: StsSession): ProvidedSession => ({ ...session, account: session.assumedRoleArn?.split(':')[4] ?? facts.identityOf(signer.accessKeyId)?.account })
  return {
    findKept: (floorSeconds) => {
      // A role session of full length that login made with a code of its own is as good.
      const plans = isLengthMeant ? [1] : [1, CODE_FOR_ALL]
      const limits = floorSeconds === undefined ? {} : { floorSeconds, minimumSeconds: 0 }
      const kept = plans.map((targets) => findKeptSession({ ...requestFor(targets), ...limits }, calling)).find((session) => session !== undefined)
      return kept === undefined ? undefined : withAccount(kept)
    },
    needsNoCode: () => {
      const user = { ...resolution, roles: [] }
      return resolution.roles.length > 0 && findKeptSession({ ...requestFor(CODE_FOR_ALL), members: [{ resolution: user, plan: planLogin(user, CODE_FOR_ALL) }] }, calling) !== undefined
    },
    obtain: async (sources) => {
      const [outcome] = await obtainSessions(requestFor(isLengthMeant ? 1 : CODE_FOR_ALL), { ...calling, sources })
      if (outcome === undefined) throw new Error('a member has an outcome')
      if (outcome.kind === 'failed') throw outcome.error
      const { session } = outcome
      if (session.identity !== undefined) facts.rememberIdentity(session.credentials.accessKeyId, session.identity)
      return withAccount(session)
    },
  }
}

async function deviceFromIam({ target, path, prompt }: LoginResolution, signer: LongTermCredentials, { connection, deadline, terminal, cancelled }: ProvideEffects): Promise<string> {
  const list = () => connection.listMfaDevices(signer, deadline.signal)
  return (await findDevice({ profile: target.value, path, hideArns: prompt.hideArns, list, terminal, deadline, cancelled })).serialNumber
}
