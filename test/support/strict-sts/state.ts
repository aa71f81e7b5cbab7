/** Everything that changes while the server runs, in one value that is passed along; and what has been logged. */
import type { Parameters } from './query-protocol.ts'
import type { Account, IndexedWorld, Role, User, World } from './world.ts'
import type { ArmedFault } from './faults.ts'
import { indexWorld } from './world.ts'

/** Whom a session speaks for. Only GetSessionToken's sessions know about MFA: AssumeRole's carry no such information. */
export type SessionOwner =
  | { readonly kind: 'session-token'; readonly account: Account; readonly user: User; readonly isMfaPresent: boolean }
  | { readonly kind: 'assumed-role'; readonly account: Account; readonly role: Role; readonly sessionName: string }

/** Who signed a request. */
export type Signer = { readonly kind: 'user'; readonly account: Account; readonly user: User } | SessionOwner

export type Session = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expirationMs: number
  readonly owner: SessionOwner
}

/**
 * One request to STS or IAM. `time` is real time, not the server's shifted clock. `connection` tells connections apart: two requests with
 * the same number came over the same one. `outcome` is `OK` or the error code that the processing gave, null where there was none;
 * `faults` are the kinds that it met. `parameters` are unflattened, without Action and Version; the token code is in them.
 */
export type LogEntry = {
  readonly time: string
  readonly transport: 'http' | 'https'
  readonly connection: number
  readonly method: string
  readonly service: 'sts' | 'iam' | null
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

/** One CONNECT to the proxy. */
export type ConnectEntry = {
  readonly time: string
  readonly target: string
  readonly status: 200 | 407
  readonly user: string | null
}

export type ServerState = {
  world: IndexedWorld
  readonly sessions: Map<string, Session>
  readonly spentSteps: Map<string, Set<number>>
  clockOffsetMs: number
  faults: ArmedFault[]
  /** Sends each answer that is being held. */
  readonly held: (() => void)[]
  readonly log: LogEntry[]
  readonly connects: ConnectEntry[]
  connections: number
}

/** A server that has seen nothing yet. */
export const createState = (world: World, clockOffsetMs: number): ServerState => ({
  world: indexWorld(world),
  sessions: new Map(),
  spentSteps: new Map(),
  clockOffsetMs,
  faults: [],
  held: [],
  log: [],
  connects: [],
  connections: 0,
})

/** The server's clock, in milliseconds since 1970. */
export const serverNow = (state: ServerState): number => Date.now() + state.clockOffsetMs

/** The ARN that AWS shows for a signer. */
export const arnOfSigner = (signer: Signer): string => {
  if (signer.kind !== 'assumed-role') return signer.user.arn
  const roleName = signer.role.arn.slice(signer.role.arn.lastIndexOf('/') + 1)
  return `arn:${signer.account.partition}:sts::${signer.account.id}:assumed-role/${roleName}/${signer.sessionName}`
}
