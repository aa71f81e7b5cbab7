/**
 * IAM's calls for access keys, and which key ids may sign.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html and its neighbors
 */
import { randomBytes, randomInt } from 'node:crypto'
import type { Answer, Refusal } from './answers.ts'
import type { Parameters } from './query-protocol.ts'
import type { ServerState, SessionOwner, Signer } from './state.ts'
import type { KeyOwner, User } from './world.ts'
import { accessKeyIdFor } from './access-key-id.ts'
import { INVALID_CLIENT_TOKEN_ID, accessDenied, refusal, validationError } from './answers.ts'
import { textOf } from './query-protocol.ts'
import { arnOfSigner, serverNow } from './state.ts'

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const QUOTA = 2

const instant = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')

const keysOf = (state: ServerState, user: User): readonly KeyOwner[] =>
  [...state.world.keys.values()].filter((owner) => owner.user.arn === user.arn)

type Caller = Pick<KeyOwner, 'account' | 'user'>

/**
 * The user that a call is about, or why the signer may not make it. Users may manage their own keys, with MFA alone:
 * the policy of the IAM User Guide denies everything else explicitly. Temporary credentials must name the user.
 */
const callerOf = (state: ServerState, signer: Signer, action: string, parameters: Parameters): Caller | Refusal => {
  if (signer.kind === 'session-token' && !signer.isMfaPresent) return INVALID_CLIENT_TOKEN_ID
  const name = textOf(parameters, 'UserName')
  if (signer.kind !== 'user' && name === undefined)
    return validationError('Must specify userName when calling with non-User credentials')
  const denied = (because: string): Refusal =>
    accessDenied(
      `User: ${arnOfSigner(signer)} is not authorized to perform: iam:${action} on resource: user ${name ?? ''} ${because}`,
    )
  if (signer.kind === 'assumed-role' || (name !== undefined && name !== signer.user.name))
    return denied(`because no identity-based policy allows the iam:${action} action`)
  if (state.world.deniedKeyActions?.includes(action) === true)
    return denied(`because no identity-based policy allows the iam:${action} action`)
  if (signer.kind === 'user') return denied('with an explicit deny in an identity-based policy')
  return { account: signer.account, user: signer.user }
}

const missing = (id: string): Refusal => refusal(404, 'NoSuchEntity', `The Access Key with id ${id} cannot be found.`)

type KeyCall = (state: ServerState, caller: Caller, parameters: Parameters) => Answer
type Operation = (state: ServerState, signer: Signer, parameters: Parameters) => Answer

const forUser =
  (action: string, call: KeyCall): Operation =>
  (state, signer, parameters) => {
    const caller = callerOf(state, signer, action, parameters)
    return 'isOk' in caller ? caller : call(state, caller, parameters)
  }

const withKey =
  (call: (state: ServerState, owner: KeyOwner, parameters: Parameters) => Answer): KeyCall =>
  (state, { user }, parameters) => {
    const id = textOf(parameters, 'AccessKeyId') ?? ''
    const owner = state.world.keys.get(id)
    return owner?.user.arn === user.arn ? call(state, owner, parameters) : missing(id)
  }

const statusOf = ({ key }: KeyOwner): string => (key.isActive ? 'Active' : 'Inactive')

/** Returns the user's keys without their secrets. */
export const listAccessKeys = forUser('ListAccessKeys', (state, { user }) => ({
  isOk: true,
  result: {
    UserName: user.name,
    AccessKeyMetadata: keysOf(state, user).map((owner) => ({
      UserName: user.name,
      AccessKeyId: owner.key.id,
      Status: statusOf(owner),
      CreateDate: owner.key.created ?? '2025-01-02T03:04:05Z',
    })),
    IsTruncated: 'false',
  },
}))

/** Returns when a key was used last; N/A stands for never, and then there is no date. */
export const getAccessKeyLastUsed: Operation = (state, signer, parameters) => {
  const id = textOf(parameters, 'AccessKeyId') ?? ''
  const owner = state.world.keys.get(id)
  const named = owner === undefined ? parameters : { ...parameters, UserName: owner.user.name }
  const caller = callerOf(state, signer, 'GetAccessKeyLastUsed', named)
  if ('isOk' in caller) return caller
  if (owner === undefined) return missing(id)
  const { lastUsed } = owner.key
  return {
    isOk: true,
    result: {
      UserName: owner.user.name,
      AccessKeyLastUsed:
        lastUsed === undefined
          ? { Region: 'N/A', ServiceName: 'N/A' }
          : { LastUsedDate: lastUsed, Region: 'us-east-1', ServiceName: 'sts' },
    },
  }
}

/** Makes a key, unless the user has two. Its answer alone has the secret. */
export const createAccessKey = forUser('CreateAccessKey', (state, { account, user }) => {
  if (keysOf(state, user).length >= QUOTA)
    return refusal(409, 'LimitExceeded', `Cannot exceed quota for AccessKeysPerUser: ${QUOTA}`)
  const created = instant(serverNow(state))
  const key = {
    id: accessKeyIdFor('AKIA', account.id, randomInt(2 ** 20, 2 ** 30)),
    secret: randomBytes(30).toString('base64'),
    isActive: true,
    created,
    // In whole seconds, as the time in a request.
    createdMs: Math.floor(serverNow(state) / 1000) * 1000,
  }
  state.world.keys.set(key.id, { account, user, key })
  return {
    isOk: true,
    result: {
      AccessKey: {
        UserName: user.name,
        AccessKeyId: key.id,
        Status: 'Active',
        SecretAccessKey: key.secret,
        CreateDate: created,
      },
    },
  }
})

/** Makes a key active or inactive. */
export const updateAccessKey = forUser(
  'UpdateAccessKey',
  withKey((state, owner, parameters) => {
    const isActive = textOf(parameters, 'Status') === 'Active'
    state.world.keys.set(owner.key.id, { ...owner, key: { ...owner.key, isActive } })
    return { isOk: true, result: {} }
  }),
)

/** Deletes a key. */
export const deleteAccessKey = forUser(
  'DeleteAccessKey',
  withKey((state, owner) => {
    state.world.keys.delete(owner.key.id)
    return { isOk: true, result: {} }
  }),
)

/**
 * Returns whether the node that serves this request knows a key: the nodes take turns, and each learns of a new key so
 * many seconds after it was made (`keyNodes`), by the time in the request.
 */
export const knowsKey = (state: ServerState, { key }: KeyOwner, requestMs: number): boolean => {
  const { keyNodes = [] } = state.world
  if (keyNodes.length === 0 || key.createdMs === undefined) return true
  const seconds = keyNodes[state.turns++ % keyNodes.length] ?? 0
  return requestMs - key.createdMs >= seconds * 1000
}

/** Returns whether a session may sign: of an inactive or deleted key it may, unless the world says otherwise. */
export const maySessionSign = (state: ServerState, { keyId }: SessionOwner): boolean =>
  state.world.endsSessionsWithKeys !== true || state.world.keys.get(keyId)?.key.isActive === true
