/**
 * IAM users and roles for the strict STS that match the files in fixtures/homes, including their placeholder keys, so
 * that tests use those files unchanged. These users are not allowed to list MFA devices.
 */
import { readFileSync } from 'node:fs'
import type { Account, MfaDevice, User, World } from './strict-sts/world.ts'
import { roleOf, userOf, virtualDevice } from './strict-sts/worlds.ts'

interface SeedUser {
  readonly account: string
  readonly name: string
  readonly keyId: string
  readonly secret: string
  /** Default: `arn:aws:iam::<account>:mfa/<name>`. */
  readonly serial?: string
}

function userOfSeed({ account, name, keyId, secret, serial }: SeedUser): User {
  const device: MfaDevice = { ...virtualDevice(account, name), ...(serial === undefined ? {} : { serial }) }
  return {
    ...userOf(account, name, { devices: [device], mayListMfaDevices: false }),
    accessKeys: [{ id: keyId, secret, isActive: true }],
  }
}

const accountOf = (user: SeedUser): Account => ({
  id: user.account,
  partition: 'aws',
  users: [userOfSeed(user)],
  roles: [],
})

const roleAccount = (id: string, name: string, trusts: string, externalId?: string): Account => ({
  id,
  partition: 'aws',
  users: [],
  roles: [
    roleOf(id, name, {
      trusts: [`arn:aws:iam::${trusts}:root`],
      maxHours: 12,
      ...(externalId === undefined ? {} : { externalId }),
    }),
  ],
})

const EXAMPLE_KEY = { keyId: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }

/** The worlds by folder in fixtures/homes. */
export const SEED_WORLDS: Readonly<Record<string, World>> = {
  'reusabit-awsmfa': {
    accounts: [
      // The strict STS requires an account ID of digits; the files contain it only within the MFA serial.
      accountOf({
        account: '999999999999',
        name: 'REDACTED_USER_NAME',
        keyId: 'REDACTED',
        secret: 'REDACTED',
        serial: 'arn:aws:iam::REDACTED_ACCOUNT_NUMBER:mfa/REDACTED_USER_NAME',
      }),
    ],
  },
  'aws-mfa': {
    accounts: [
      accountOf({
        account: '123456788990',
        name: 'dudeman',
        keyId: 'YOUR_LONGTERM_KEY_ID',
        secret: 'YOUR_LONGTERM_ACCESS_KEY',
      }),
    ],
  },
  'vegas-credentials': {
    accounts: [
      accountOf({ account: '111111111111', name: 'MyUser', ...EXAMPLE_KEY }),
      roleAccount('222222222222', 'MyRole', '111111111111'),
    ],
  },
  'aws-cli-role': {
    accounts: [
      accountOf({ account: '123456789012', name: 'saanvi', ...EXAMPLE_KEY }),
      roleAccount('234567890123', 'SomeRole', '123456789012', '123456'),
    ],
  },
}

/** The worlds of homes that only `import` reads. */
export const IMPORT_WORLDS: Readonly<Record<string, World>> = {
  'dcoker-awsmfa': {
    accounts: [
      {
        ...accountOf({ account: '111111111111', name: 'dora', ...EXAMPLE_KEY }),
        users: [{ ...userOfSeed({ account: '111111111111', name: 'dora', ...EXAMPLE_KEY }), mayListMfaDevices: true }],
      },
    ],
  },
  'mfa-login': { accounts: [accountOf({ account: '123456789012', name: 'MyUser', ...EXAMPLE_KEY })] },
}

/** Returns the two files of a home, unchanged: in `.aws/`, and as copies in `seed/` to compare with. */
export function seedFiles(name: string): Readonly<Record<string, Uint8Array>> {
  const read = (file: string): Uint8Array =>
    readFileSync(new URL(`../../fixtures/homes/${name}/${file}`, import.meta.url))
  const [credentials, config] = [read('credentials'), read('config')]
  return {
    '.aws/credentials': credentials,
    '.aws/config': config,
    'seed/credentials': credentials,
    'seed/config': config,
  }
}
