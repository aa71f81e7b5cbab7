/** The mutable state of the server, and its log. */
import type { Parameters } from './query-protocol.ts'
import type { Account, IndexedWorld, Role, User, World } from './world.ts'
import type { ArmedFault } from './faults.ts'
import { indexWorld } from './world.ts'

/**
 * The identity of a session, and the access key that it was made from. Only sessions from GetSessionToken carry MFA
 * information; role sessions do not.
 */
export type SessionOwner =
  | {
      readonly kind: 'session-token'
      readonly account: Account
      readonly user: User
      readonly keyId: string
      readonly isMfaPresent: boolean
    }
  | {
      readonly kind: 'assumed-role'
      readonly account: Account
      readonly role: Role
      readonly keyId: string
      readonly sessionName: string
      /** Whether it was assumed with another session. */
      readonly isChained: boolean
    }

/** The identity that signed a request. */
export type Signer =
  { readonly kind: 'user'; readonly account: Account; readonly user: User; readonly keyId: string } | SessionOwner

export type Session = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expirationMs: number
  readonly owner: SessionOwner
}

/**
 * A request to STS or IAM. `time` is real time, not the server's clock. Requests with the same `connection` number used
 * the same connection. `outcome` is `OK` or the error code, or null if the request was not processed; `faults` are the
 * kinds of its faults. `parameters` are unflattened, without Action and Version, and include the token code.
 */
export type LogEntry = {
  readonly time: string
  readonly transport: 'http' | 'https'
  readonly connection: number
  readonly method: string
  readonly service: 'sts' | 'iam' | 'signin' | null
  readonly operation: string | null
  readonly parameters: Parameters
  readonly accessKeyId: string | null
  readonly region: string | null
  readonly signer: Signer['kind'] | null
  readonly signerArn: string | null
  readonly isMfaPresent: boolean
  readonly status: number | null
  readonly outcome: string | null
  readonly faults: readonly string[]
  readonly host: string
  readonly userAgent: string
}

/** A CONNECT request to the proxy. */
export type ConnectEntry = {
  readonly time: string
  readonly target: string
  readonly status: 200 | 407
  readonly user: string | null
}

export type ServerState = {
  world: IndexedWorld
  readonly sessions: Map<string, Session>
  /** When each sign-in token of the console ends to be valid, in milliseconds since 1970 on the server's clock. */
  readonly signinTokens: Map<string, number>
  /** How many requests were signed with a key that not every node knows: the nodes take turns. */
  turns: number
  readonly spentSteps: Map<string, Set<number>>
  clockOffsetMs: number
  /** The length of new session tokens before Base64; undefined: it varies. */
  tokenBytes: number | undefined
  faults: ArmedFault[]
  /** Functions that send the answers held by `hold` faults. */
  readonly held: (() => void)[]
  readonly log: LogEntry[]
  readonly connects: ConnectEntry[]
  connections: number
}

/** Returns the initial state of a server. */
export const createState = (world: World, clockOffsetMs: number): ServerState => ({
  world: indexWorld(world),
  sessions: new Map(),
  signinTokens: new Map(),
  turns: 0,
  spentSteps: new Map(),
  clockOffsetMs,
  tokenBytes: undefined,
  faults: [],
  held: [],
  log: [],
  connects: [],
  connections: 0,
})

/** Returns the server's time, in milliseconds since 1970. */
export const serverNow = (state: ServerState): number => Date.now() + state.clockOffsetMs

/** Returns the ARN of a signer, as in GetCallerIdentity. */
export const arnOfSigner = (signer: Signer): string => {
  if (signer.kind !== 'assumed-role') return signer.user.arn
  const roleName = signer.role.arn.slice(signer.role.arn.lastIndexOf('/') + 1)
  return `arn:${signer.account.partition}:sts::${signer.account.id}:assumed-role/${roleName}/${signer.sessionName}`
}
