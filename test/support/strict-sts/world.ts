/**
 * The accounts, users, keys, MFA devices and roles that the server knows: a "world", as plain data that a test defines.
 * It is sent to the server as JSON over stdin, never in argv.
 */

export type Partition = 'aws' | 'aws-us-gov' | 'aws-cn'

/**
 * `created`, `lastUsed`: as IAM returns them; by default the key is of January 2025 and was never used. `createdMs`: of
 * a key that CreateAccessKey made, in milliseconds since 1970 on the server's clock.
 */
export type AccessKey = {
  readonly id: string
  readonly secret: string
  readonly isActive: boolean
  readonly created?: string
  readonly lastUsed?: string
  readonly createdMs?: number
}

/**
 * A TOTP device (virtual or hardware) has a seed: base32, or hexadecimal after `hex:`. A FIDO device has none: STS
 * accepts no codes for it. A disabled device is neither listed nor accepted. ListMFADevices returns `enableDate`.
 */
export type MfaDevice = {
  readonly serial: string
  readonly kind: 'totp' | 'fido'
  readonly seed?: string
  readonly isEnabled: boolean
  readonly enableDate: string
}

/** `isRoot`: the account's root user, who cannot assume roles and whose sessions last at most one hour. */
export type User = {
  readonly name: string
  readonly arn: string
  readonly userId: string
  readonly accessKeys: readonly AccessKey[]
  readonly devices: readonly MfaDevice[]
  /** `by-name`: a policy for `user/${aws:username}` allows it, which a request without UserName does not match. */
  readonly mayListMfaDevices: boolean | 'by-name'
  readonly isRoot?: boolean
}

/**
 * The trust policy of a role. `principals` are ARNs of users or roles, or `arn:…:iam::<account>:root` for a whole
 * account. A request must match `externalId` if it is set; otherwise an external ID is ignored, as AWS does.
 */
export type Trust = {
  readonly principals: readonly string[]
  readonly requiresMfa: boolean
  readonly externalId?: string
}

/** `isDenied`: the caller's own policies do not allow sts:AssumeRole on this role, regardless of its trust policy. */
export type Role = {
  readonly arn: string
  readonly roleId: string
  readonly maxSessionDurationSeconds: number
  readonly trust: Trust
  readonly isDenied?: boolean
}

/** `regionsOff`: STS regions that are not active in the account. */
export type Account = {
  readonly id: string
  readonly partition: Partition
  readonly users: readonly User[]
  readonly roles: readonly Role[]
  readonly regionsOff?: readonly string[]
}

/**
 * - keyNodes: STS has that many nodes, which take turns, and each knows a new access key so many seconds after it was
 *   made; default: one, at once
 * - endsSessionsWithKeys: sessions of a key that is inactive or deleted are refused; AWS documents neither
 * - deniedKeyActions: calls for access keys that no policy allows, such as `CreateAccessKey`
 */
export type Rules = {
  readonly keyNodes?: readonly number[]
  readonly endsSessionsWithKeys?: boolean
  readonly deniedKeyActions?: readonly string[]
}

export type World = Rules & { readonly accounts: readonly Account[] }

export type KeyOwner = { readonly account: Account; readonly user: User; readonly key: AccessKey }
export type RoleOwner = { readonly account: Account; readonly role: Role }

/** A world with constant-time lookup. IAM's calls change its keys. */
export type IndexedWorld = Rules & {
  readonly keys: Map<string, KeyOwner>
  readonly roles: ReadonlyMap<string, RoleOwner>
}

/** Indexes a world by access key ID and by role ARN. Among duplicates the last one wins. */
export const indexWorld = ({ accounts, ...rules }: World): IndexedWorld => ({
  ...rules,
  keys: new Map(
    accounts.flatMap((account) =>
      account.users.flatMap((user) => user.accessKeys.map((key) => [key.id, { account, user, key }] as const)),
    ),
  ),
  roles: new Map(accounts.flatMap((account) => account.roles.map((role) => [role.arn, { account, role }] as const))),
})

/** Finds a device of any user by its serial number. */
export const findDevice = (world: World, serial: string): MfaDevice | undefined => {
  for (const account of world.accounts) {
    for (const user of account.users) {
      const device = user.devices.find((candidate) => candidate.serial === serial)
      if (device !== undefined) return device
    }
  }
  return undefined
}
