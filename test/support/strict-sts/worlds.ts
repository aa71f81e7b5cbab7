/** Predefined worlds for tests. All secrets are fictitious. */
import { createHash } from 'node:crypto'
import type { Account, MfaDevice, Partition, Role, User, World } from './world.ts'
import { accessKeyIdFor } from './access-key-id.ts'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const ENABLE_DATE = '2025-01-02T03:04:05Z'

const digestOf = (label: string): Buffer => createHash('sha256').update(label).digest()
const base32Of = (label: string, length: number): string =>
  Array.from(digestOf(label).subarray(0, length), (byte) => BASE32[byte & 31]).join('')

/** Returns a secret key in AWS's format (40 characters of base64), deterministic for a label. */
export const secretFor = (label: string): string =>
  digestOf(`secret ${label}`).toString('base64').slice(0, 32) + 'EXAMPLE+'

/** Returns the access key ID of key number `serial` of an account. */
export const keyIdFor = (account: string, serial = 1): string => accessKeyIdFor('AKIA', account, serial)

/** Returns a virtual device `mfa/<name>`, with a seed derived from its serial number. */
export const virtualDevice = (account: string, name: string, partition: Partition = 'aws'): MfaDevice => {
  const serial = `arn:${partition}:iam::${account}:mfa/${name}`
  return { serial, kind: 'totp', seed: base32Of(serial, 32), isEnabled: true, enableDate: ENABLE_DATE }
}

type UserOptions = {
  readonly partition?: Partition
  readonly keyNumber?: number
  readonly devices?: readonly MfaDevice[]
  readonly mayListMfaDevices?: User['mayListMfaDevices']
}

/** Returns a user with one active key and, by default, one virtual device with the same name. */
export const userOf = (account: string, name: string, options: UserOptions = {}): User => {
  const partition = options.partition ?? 'aws'
  const arn = `arn:${partition}:iam::${account}:user/${name}`
  return {
    name,
    arn,
    userId: 'AIDA' + base32Of(arn, 17),
    accessKeys: [{ id: keyIdFor(account, options.keyNumber ?? 1), secret: secretFor(arn), isActive: true }],
    devices: options.devices ?? [virtualDevice(account, name, partition)],
    mayListMfaDevices: options.mayListMfaDevices ?? true,
  }
}

type RoleOptions = {
  readonly trusts: readonly string[]
  readonly maxHours?: number
  readonly requiresMfa?: boolean
  readonly externalId?: string
  readonly isDenied?: boolean
}

/** Returns a role; by default it requires MFA and its sessions last at most one hour. */
export const roleOf = (account: string, name: string, options: RoleOptions, partition: Partition = 'aws'): Role => {
  const arn = `arn:${partition}:iam::${account}:role/${name}`
  return {
    arn,
    roleId: 'AROA' + base32Of(arn, 17),
    maxSessionDurationSeconds: (options.maxHours ?? 1) * 3600,
    trust: {
      principals: options.trusts,
      requiresMfa: options.requiresMfa ?? true,
      ...(options.externalId === undefined ? {} : { externalId: options.externalId }),
    },
    ...(options.isDenied === undefined ? {} : { isDenied: options.isDenied }),
  }
}

const HOME = '111111111111'
const TRUSTS_HOME = [`arn:aws:iam::${HOME}:root`]

/** The serial number of a hardware token, which is not an ARN. */
export const HARDWARE_SERIAL = 'GAHT12345678'
/** The external ID that the role ReadOnly of `aliceWorld` requires. */
export const READ_ONLY_EXTERNAL_ID = 'example-external-id:42'

const SELMA_ARN = `arn:aws:iam::${HOME}:user/team/selma`

const homeAccount = (): Account => {
  const hardware: MfaDevice = {
    serial: HARDWARE_SERIAL,
    kind: 'totp',
    seed: 'hex:3132333435363738393031323334353637383930',
    isEnabled: true,
    enableDate: ENABLE_DATE,
  }
  const passkey: MfaDevice = {
    serial: `arn:aws:iam::${HOME}:u2f/user/frida/key-EXAMPLEEXAMPLEEXAMPLE1`,
    kind: 'fido',
    isEnabled: true,
    enableDate: ENABLE_DATE,
  }
  const disabled: MfaDevice = { ...virtualDevice(HOME, 'dora'), isEnabled: false }
  const retired = userOf(HOME, 'ivan', { keyNumber: 8 })
  const hanna = userOf(HOME, 'hanna', { keyNumber: 11 })
  const root: User = {
    ...userOf(HOME, 'root', { keyNumber: 9 }),
    arn: `arn:aws:iam::${HOME}:root`,
    userId: HOME,
    isRoot: true,
  }
  return {
    id: HOME,
    partition: 'aws',
    users: [
      userOf(HOME, 'alice'),
      userOf(HOME, 'bob', { keyNumber: 2, mayListMfaDevices: false }),
      userOf(HOME, 'hank', { keyNumber: 3, devices: [hardware] }),
      userOf(HOME, 'frida', { keyNumber: 4, devices: [passkey] }),
      userOf(HOME, 'dora', { keyNumber: 5, devices: [disabled] }),
      userOf(HOME, 'mina', {
        keyNumber: 6,
        devices: [virtualDevice(HOME, 'mina-phone'), virtualDevice(HOME, 'mina-tablet')],
      }),
      userOf(HOME, 'nomfa', { keyNumber: 7, devices: [] }),
      { ...retired, accessKeys: retired.accessKeys.map((key) => ({ ...key, isActive: false })) },
      {
        ...hanna,
        accessKeys: [...hanna.accessKeys, { id: keyIdFor(HOME, 12), secret: secretFor('hanna 2'), isActive: false }],
      },
      { ...userOf(HOME, 'selma', { keyNumber: 10, mayListMfaDevices: 'by-name' }), arn: SELMA_ARN },
      root,
    ],
    roles: [],
  }
}

const foreignAccount = (partition: Partition, id: string, name: string): Account => ({
  id,
  partition,
  users: [userOf(id, name, { partition })],
  roles: [roleOf(id, 'Admin', { trusts: [`arn:${partition}:iam::${id}:root`], maxHours: 12 }, partition)],
})

/**
 * The world of most tests. Account 111111111111: alice (device mfa/alice), bob (may not list devices), hank (hardware
 * token), frida (passkey only), dora (disabled device), mina (two devices), nomfa (no device), ivan (inactive key),
 * selma (path /team/, may list devices by name), hanna (a second key, inactive), root. Roles: 222222222222 Admin
 * (12 h, MFA), Open (no MFA required) and Chained (trusts only Admin), 333333333333 Deploy (denied), 444444444444
 * ReadOnly (external ID). GovCloud 555555555555 with gus, China 666666666666 with chen, each with a role Admin.
 */
export const aliceWorld = (): World => ({
  accounts: [
    homeAccount(),
    {
      id: '222222222222',
      partition: 'aws',
      users: [],
      roles: [
        roleOf('222222222222', 'Admin', { trusts: TRUSTS_HOME, maxHours: 12 }),
        roleOf('222222222222', 'Open', { trusts: TRUSTS_HOME, requiresMfa: false, maxHours: 2 }),
        roleOf('222222222222', 'Chained', {
          trusts: ['arn:aws:iam::222222222222:role/Admin'],
          requiresMfa: false,
          maxHours: 12,
        }),
      ],
    },
    {
      id: '333333333333',
      partition: 'aws',
      users: [],
      roles: [roleOf('333333333333', 'Deploy', { trusts: TRUSTS_HOME, isDenied: true })],
    },
    {
      id: '444444444444',
      partition: 'aws',
      users: [],
      roles: [roleOf('444444444444', 'ReadOnly', { trusts: TRUSTS_HOME, externalId: READ_ONLY_EXTERNAL_ID })],
    },
    foreignAccount('aws-us-gov', '555555555555', 'gus'),
    foreignAccount('aws-cn', '666666666666', 'chen'),
  ],
})

/**
 * A world for many concurrent logins: `count` users `user0`, `user1`, … in account 111111111111, each with an access
 * key (`keyIdFor(account, n + 1)`) and a virtual device, and a role 222222222222 Admin that trusts them all.
 */
export const manyUsersWorld = (count: number): World => ({
  accounts: [
    {
      id: HOME,
      partition: 'aws',
      users: Array.from({ length: count }, (_, n) => userOf(HOME, `user${n}`, { keyNumber: n + 1 })),
      roles: [],
    },
    {
      id: '222222222222',
      partition: 'aws',
      users: [],
      roles: [roleOf('222222222222', 'Admin', { trusts: TRUSTS_HOME, maxHours: 12 })],
    },
  ],
})
