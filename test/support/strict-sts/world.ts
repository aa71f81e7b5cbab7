/**
 * What exists behind the strict STS: accounts, users, keys, devices and roles, as plain data that a test writes down.
 * A world travels as JSON over the server's stdin, never in argv.
 */

export type Partition = 'aws' | 'aws-us-gov' | 'aws-cn'

export type AccessKey = { readonly id: string; readonly secret: string; readonly isActive: boolean }

/**
 * A TOTP device (virtual or hardware) has a seed: base32, or hexadecimal after `hex:`. A FIDO device has none: STS takes no code for it.
 * A device that is not enabled is neither listed nor accepted. `enableDate` is what ListMFADevices shows.
 */
export type MfaDevice = {
  readonly serial: string
  readonly kind: 'totp' | 'fido'
  readonly seed?: string
  readonly isEnabled: boolean
  readonly enableDate: string
}

/** `isRoot`: the account's root user, which may not assume roles and whose sessions are capped at one hour. */
export type User = {
  readonly name: string
  readonly arn: string
  readonly userId: string
  readonly accessKeys: readonly AccessKey[]
  readonly devices: readonly MfaDevice[]
  readonly mayListMfaDevices: boolean
  readonly isRoot?: boolean
}

/**
 * Who may assume a role. `principals` are ARNs of users or roles, or `arn:…:iam::<account>:root` for a whole account.
 * An external id, where set, must be given exactly; one that is given where none is set is ignored, as AWS does.
 */
export type Trust = {
  readonly principals: readonly string[]
  readonly requiresMfa: boolean
  readonly externalId?: string
}

/** `isDenied`: the caller's own policies do not allow sts:AssumeRole on it, whatever the trust policy says. */
export type Role = {
  readonly arn: string
  readonly roleId: string
  readonly maxSessionDurationSeconds: number
  readonly trust: Trust
  readonly isDenied?: boolean
}

/** `regionsOff`: STS regions that are not activated for the account. */
export type Account = {
  readonly id: string
  readonly partition: Partition
  readonly users: readonly User[]
  readonly roles: readonly Role[]
  readonly regionsOff?: readonly string[]
}

export type World = { readonly accounts: readonly Account[] }

export type KeyOwner = { readonly account: Account; readonly user: User; readonly key: AccessKey }
export type RoleOwner = { readonly account: Account; readonly role: Role }

/** A world that can be asked in constant time, whatever its size. */
export type IndexedWorld = {
  readonly keys: ReadonlyMap<string, KeyOwner>
  readonly roles: ReadonlyMap<string, RoleOwner>
}

/** Indexes a world by access key id and by role ARN. Of two equal ids the later one wins. */
export const indexWorld = (world: World): IndexedWorld => ({
  keys: new Map(
    world.accounts.flatMap((account) =>
      account.users.flatMap((user) => user.accessKeys.map((key) => [key.id, { account, user, key }] as const)),
    ),
  ),
  roles: new Map(
    world.accounts.flatMap((account) => account.roles.map((role) => [role.arn, { account, role }] as const)),
  ),
})

/** Finds a device of any user by its serial. */
export const findDevice = (world: World, serial: string): MfaDevice | undefined => {
  for (const account of world.accounts) {
    for (const user of account.users) {
      const device = user.devices.find((candidate) => candidate.serial === serial)
      if (device !== undefined) return device
    }
  }
  return undefined
}
