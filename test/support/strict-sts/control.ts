/** The control channel: a port of its own, so that nothing that is signed can be taken for it, nor the other way round. */
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { Fault } from './faults.ts'
import type { ConnectEntry, LogEntry, ServerState } from './state.ts'
import type { World } from './world.ts'
import { armFaults } from './faults.ts'
import { indexWorld } from './world.ts'

/**
 * What can be changed while the server runs; what is left out stays.
 * - faults: replaces all faults, also those that were not met yet
 * - release: sends every answer that a `hold` keeps back, and nothing is held any more
 * - clockOffsetMs: the server's clock is this far ahead of the machine's; negative is behind
 * - world: replaces accounts, users and roles; sessions stay
 * - forgetSpentCodes: every code counts as new again
 * - expireSessions: every session issued so far is over
 * - clearLog: forgets requests and CONNECTs
 */
export type Changes = {
  readonly faults?: readonly Fault[]
  readonly release?: boolean
  readonly clockOffsetMs?: number
  readonly world?: World
  readonly forgetSpentCodes?: boolean
  readonly expireSessions?: boolean
  readonly clearLog?: boolean
}

export type Log = { readonly requests: readonly LogEntry[]; readonly connects: readonly ConnectEntry[] }

const applyChanges = (state: ServerState, changes: Changes): void => {
  if (changes.faults !== undefined) state.faults = armFaults(changes.faults)
  if (changes.release === true) {
    state.faults = state.faults.filter(({ fault }) => fault.kind !== 'hold')
    for (const send of state.held.splice(0)) send()
  }
  if (changes.clockOffsetMs !== undefined) state.clockOffsetMs = changes.clockOffsetMs
  if (changes.world !== undefined) state.world = indexWorld(changes.world)
  if (changes.forgetSpentCodes === true) state.spentSteps.clear()
  if (changes.expireSessions === true) {
    for (const [id, session] of state.sessions) state.sessions.set(id, { ...session, expirationMs: 0 })
  }
  if (changes.clearLog === true) {
    state.log.length = 0
    state.connects.length = 0
  }
}

/** The control server, not yet listening: `GET /_control/log` gives a `Log`, `POST /_control/configure` takes `Changes`. */
export const createControl = (state: ServerState): Server =>
  createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const answer = (status: number, body: unknown): void => {
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
      }
      const route = `${request.method ?? ''} ${request.url ?? ''}`
      if (route === 'GET /_control/log')
        return answer(200, { requests: state.log, connects: state.connects } satisfies Log)
      if (route !== 'POST /_control/configure') return answer(404, { error: `no such control: ${route}` })
      try {
        applyChanges(state, JSON.parse(Buffer.concat(chunks).toString('utf8')) as Changes)
        answer(200, {})
      } catch (error) {
        answer(400, { error: String(error) })
      }
    })
  })
