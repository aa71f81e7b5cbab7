/** GetSessionToken: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
import type { Answer } from './answers.ts'
import type { Parameters } from './query-protocol.ts'
import type { ServerState, Signer } from './state.ts'
import { accessDenied } from './answers.ts'
import { proveMfa } from './mfa.ts'
import { textOf } from './query-protocol.ts'
import { credentialsElement, issueSession } from './sessions.ts'

const DEFAULT_SECONDS = 43_200
const ROOT_SECONDS = 3600

/**
 * Returns a session for the signer, who must use long-term credentials. Sessions of the root user last at most an hour.
 */
export const getSessionToken = (state: ServerState, signer: Signer, parameters: Parameters): Answer => {
  if (signer.kind !== 'user') return accessDenied('Cannot call GetSessionToken with session credentials')
  const proof = proveMfa(state, signer, parameters)
  if (typeof proof !== 'string') return proof
  const requested = Number(textOf(parameters, 'DurationSeconds') ?? DEFAULT_SECONDS)
  const duration = signer.user.isRoot === true ? Math.min(requested, ROOT_SECONDS) : requested
  const owner = {
    kind: 'session-token',
    account: signer.account,
    user: signer.user,
    keyId: signer.keyId,
    isMfaPresent: proof === 'proven',
  } as const
  return { isOk: true, result: { Credentials: credentialsElement(issueSession(state, owner, duration)) } }
}
