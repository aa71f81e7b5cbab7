/**
 * GetCallerIdentity and ListMFADevices.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html,
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListMFADevices.html
 */
import type { Answer } from './answers.ts'
import type { Parameters } from './query-protocol.ts'
import type { ServerState, Signer } from './state.ts'
import { INVALID_CLIENT_TOKEN_ID, notAuthorized, validationError } from './answers.ts'
import { textOf } from './query-protocol.ts'
import { arnOfSigner } from './state.ts'

/** Returns the signer's identity. Needs no permission, and no policy can deny it. */
export const getCallerIdentity = (_state: ServerState, signer: Signer): Answer => ({
  isOk: true,
  result: {
    Arn: arnOfSigner(signer),
    UserId: signer.kind === 'assumed-role' ? `${signer.role.roleId}:${signer.sessionName}` : signer.user.userId,
    Account: signer.account.id,
  },
})

/**
 * Returns the signer's enabled devices, if the world allows it; never those of another user. A session without MFA
 * cannot call IAM. Paginated by MaxItems (default 100); the Marker is an index.
 */
export const listMfaDevices = (_state: ServerState, signer: Signer, parameters: Parameters): Answer => {
  if (signer.kind === 'session-token' && !signer.isMfaPresent) return INVALID_CLIENT_TOKEN_ID
  const name = textOf(parameters, 'UserName')
  if (signer.kind === 'assumed-role' && name === undefined) {
    return validationError('Must specify userName when calling with non-User credentials')
  }
  if (
    signer.kind === 'assumed-role' ||
    !signer.user.mayListMfaDevices ||
    (signer.user.mayListMfaDevices === 'by-name' && name === undefined) ||
    (name !== undefined && name !== signer.user.name)
  ) {
    const user = name ?? (signer.kind === 'assumed-role' ? '' : signer.user.name)
    const because = ' because no identity-based policy allows the iam:ListMFADevices action'
    return notAuthorized(arnOfSigner(signer), 'iam:ListMFADevices', `user ${user}`, because)
  }
  const enabled = signer.user.devices.filter((device) => device.isEnabled)
  const start = Number(textOf(parameters, 'Marker') ?? 0)
  const end = start + Number(textOf(parameters, 'MaxItems') ?? 100)
  const devices = enabled
    .slice(start, end)
    .map((device) => ({ UserName: signer.user.name, SerialNumber: device.serial, EnableDate: device.enableDate }))
  const isTruncated = end < enabled.length
  return {
    isOk: true,
    result: { MFADevices: devices, IsTruncated: String(isTruncated), Marker: isTruncated ? String(end) : undefined },
  }
}
