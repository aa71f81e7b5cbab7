/** Issues temporary credentials in AWS's format. */
import { randomBytes, randomInt } from 'node:crypto'
import type { ServerState, Session, SessionOwner } from './state.ts'
import { accessKeyIdFor } from './access-key-id.ts'
import { serverNow } from './state.ts'

// The common prefix of tokens from GetSessionToken.
const TOKEN_HEAD = Buffer.from('FwoGZXIvYXdz', 'base64')

const randomSessionToken = (bytes: number | undefined): string => {
  // 226 to 448 bytes, never a multiple of three: 304 to 600 characters that end in '='.
  const length = bytes ?? 3 * randomInt(75, 149) + randomInt(1, 3)
  for (;;) {
    const token = Buffer.concat([TOKEN_HEAD, randomBytes(length - TOKEN_HEAD.length)]).toString('base64')
    if (token.includes('+') && token.includes('/')) return token
  }
}

/**
 * Issues a session for `owner` that expires `durationSeconds` after the server's current time, in whole seconds like
 * AWS.
 */
export const issueSession = (state: ServerState, owner: SessionOwner, durationSeconds: number): Session => {
  const session: Session = {
    accessKeyId: accessKeyIdFor('ASIA', owner.account.id, randomInt(2 ** 30)),
    secretAccessKey: randomBytes(30).toString('base64'),
    sessionToken: randomSessionToken(state.tokenBytes),
    expirationMs: (Math.floor(serverNow(state) / 1000) + durationSeconds) * 1000,
    owner,
  }
  state.sessions.set(session.accessKeyId, session)
  return session
}

/** Formats a timestamp like AWS: `2026-11-21T18:40:00Z`. */
const formatInstant = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')

/** Returns the Credentials element of a response. */
export const credentialsElement = (session: Session): { readonly [name: string]: string } => ({
  AccessKeyId: session.accessKeyId,
  SecretAccessKey: session.secretAccessKey,
  SessionToken: session.sessionToken,
  Expiration: formatInstant(session.expirationMs),
})
