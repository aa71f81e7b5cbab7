/** The control server, through which a test configures the STS server and reads its log. Listens on a separate port. */
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { Fault } from './faults.ts'
import type { ConnectEntry, LogEntry, ServerState } from './state.ts'
import type { Rules, World } from './world.ts'
import { armFaults } from './faults.ts'
import { indexWorld } from './world.ts'

/**
 * Changes to a running server. Omitted members stay as they are.
 * - faults: replaces all pending faults
 * - release: sends all answers held by `hold` faults and removes those faults
 * - clockOffsetMs: how far the server's clock is ahead of the machine's; negative if behind
 * - world: replaces accounts, users and roles; sessions remain
 * - rules: changes these rules of the world
 * - forgetSpentCodes: allows every code to be used again
 * - tokenBytes: the length of session tokens from now on; by default it varies, as AWS's does
 * - expireSessions: expires all sessions issued so far
 * - clearLog: clears the log of requests and CONNECTs
 * - keep: `state` remembers everything above, its sessions, used codes and log; `restore` brings it back
 */
export type Changes = {
  readonly faults?: readonly Fault[]
  readonly release?: boolean
  readonly clockOffsetMs?: number
  readonly world?: World
  readonly rules?: Rules
  readonly forgetSpentCodes?: boolean
  readonly tokenBytes?: number
  readonly expireSessions?: boolean
  readonly clearLog?: boolean
  readonly keep?: 'state' | 'restore'
}

export type Log = { readonly requests: readonly LogEntry[]; readonly connects: readonly ConnectEntry[] }

/** The state without what has no copy: the answers that `hold` holds. Of the logs, only their lengths. */
type Kept = Omit<ServerState, 'held' | 'log' | 'connects'> & { readonly lengths: readonly [number, number] }

const keptOf = ({ held: _, log, connects, ...state }: ServerState): Kept => ({
  ...structuredClone(state),
  lengths: [log.length, connects.length],
})

const restore = (state: ServerState, { lengths, sessions, signinTokens, spentSteps, ...rest }: Kept): void => {
  Object.assign(state, rest)
  const refill = <K, V>(map: Map<K, V>, from: ReadonlyMap<K, V>): void => {
    map.clear()
    for (const [key, value] of from) map.set(key, value)
  }
  refill(state.sessions, sessions)
  refill(state.signinTokens, signinTokens)
  refill(state.spentSteps, spentSteps)
  state.log.length = Math.min(state.log.length, lengths[0])
  state.connects.length = Math.min(state.connects.length, lengths[1])
}

const applyChanges = (state: ServerState, changes: Changes, memory: { kept?: Kept }): void => {
  if (changes.keep === 'state') memory.kept = keptOf(state)
  if (changes.keep === 'restore' && memory.kept !== undefined) restore(state, memory.kept)
  if (changes.faults !== undefined) state.faults = armFaults(changes.faults)
  if (changes.release === true) {
    state.faults = state.faults.filter(({ fault }) => fault.kind !== 'hold')
    for (const send of state.held.splice(0)) send()
  }
  if (changes.clockOffsetMs !== undefined) state.clockOffsetMs = changes.clockOffsetMs
  if (changes.world !== undefined) state.world = indexWorld(changes.world)
  if (changes.rules !== undefined) state.world = { ...state.world, ...changes.rules }
  if (changes.forgetSpentCodes === true) state.spentSteps.clear()
  state.tokenBytes = changes.tokenBytes ?? state.tokenBytes
  if (changes.expireSessions === true) {
    for (const [id, session] of state.sessions) state.sessions.set(id, { ...session, expirationMs: 0 })
  }
  if (changes.clearLog === true) {
    state.log.length = 0
    state.connects.length = 0
  }
}

/** Creates the control server: `GET /_control/log` returns a `Log`, `POST /_control/configure` accepts `Changes`. */
export const createControl = (state: ServerState): Server => {
  const memory: { kept?: Kept } = {}
  return createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const answer = (status: number, body: unknown): void => {
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
      }
      const route = `${request.method ?? ''} ${request.url ?? ''}`
      if (route === 'GET /_control/log')
        return answer(200, { requests: state.log, connects: state.connects } satisfies Log)
      if (route !== 'POST /_control/configure') return answer(404, { error: `unknown route: ${route}` })
      try {
        applyChanges(state, JSON.parse(Buffer.concat(chunks).toString('utf8')) as Changes, memory)
        answer(200, {})
      } catch (error) {
        answer(400, { error: String(error) })
      }
    })
  })
}
