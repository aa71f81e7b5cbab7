/** Tests the strict STS server, on which all other tests rely, with the clients of the AWS SDK. */
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent as HttpAgent, request } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListMFADevicesCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import type { AssumeRoleCommandInput, Credentials } from '@aws-sdk/client-sts'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { HttpsProxyAgent } from 'hpagent'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { accessKeyIdFor, accountOf } from '../support/strict-sts/access-key-id.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import type { Fault } from '../support/strict-sts/faults.ts'
import { BAD_GATEWAY, EMPTY_SUCCESS } from '../support/strict-sts/faults.ts'
import { parseQueryBody } from '../support/strict-sts/query-protocol.ts'
import { codeOfStep, findStepOfCode } from '../support/strict-sts/totp.ts'
import {
  aliceWorld,
  manyUsersWorld,
  HARDWARE_SERIAL,
  keyIdFor,
  READ_ONLY_EXTERNAL_ID,
  secretFor,
} from '../support/strict-sts/worlds.ts'

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'

type Keys = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }

const HOME = '111111111111'
const ALICE_DEVICE = `arn:aws:iam::${HOME}:mfa/alice`
const ALICE = `arn:aws:iam::${HOME}:user/alice`
const ADMIN = 'arn:aws:iam::222222222222:role/Admin'
const OPEN = 'arn:aws:iam::222222222222:role/Open'
const CHAINED = 'arn:aws:iam::222222222222:role/Chained'
const DEPLOY = 'arn:aws:iam::333333333333:role/Deploy'
const READ_ONLY = 'arn:aws:iam::444444444444:role/ReadOnly'

const keysOf = (name: string, number = 1, account = HOME, partition = 'aws'): Keys => ({
  accessKeyId: keyIdFor(account, number),
  secretAccessKey: secretFor(`arn:${partition}:iam::${account}:user/${name}`),
})
const alice = keysOf('alice')
const sessionKeys = (credentials: Credentials | undefined): Keys => ({
  accessKeyId: credentials?.AccessKeyId ?? '',
  secretAccessKey: credentials?.SecretAccessKey ?? '',
  sessionToken: credentials?.SessionToken ?? '',
})

let server: StrictSts
const clients: { destroy: () => void }[] = []
const optionsFor = (credentials: Keys, region: string) => ({
  endpoint: server.url,
  region,
  credentials,
  maxAttempts: 1,
})
const sts = (credentials: Keys = alice, region = 'eu-west-1'): STSClient => {
  const client = new STSClient(optionsFor(credentials, region))
  clients.push(client)
  return client
}
const iam = (credentials: Keys = alice): IAMClient => {
  const client = new IAMClient(optionsFor(credentials, 'us-east-1'))
  clients.push(client)
  return client
}
const errorOf = async (
  call: Promise<unknown>,
): Promise<{ name: string; message: string; status: number | undefined }> => {
  try {
    await call
  } catch (error) {
    const { name, message, $metadata } = error as {
      name: string
      message: string
      $metadata?: { httpStatusCode?: number }
    }
    return { name, message, status: $metadata?.httpStatusCode }
  }
  throw new Error('the call did not fail')
}
const login = (extra: { DurationSeconds?: number } = {}, keys = alice) =>
  sts(keys).send(
    new GetSessionTokenCommand({ SerialNumber: ALICE_DEVICE, TokenCode: server.code(ALICE_DEVICE), ...extra }),
  )
const assume = (keys: Keys, extra: Partial<AssumeRoleCommandInput> = {}) =>
  sts(keys).send(new AssumeRoleCommand({ RoleArn: ADMIN, RoleSessionName: 'alice', ...extra }))
const withCode = (offset = 0) => ({ SerialNumber: ALICE_DEVICE, TokenCode: server.code(ALICE_DEVICE, offset) })

beforeAll(async () => {
  server = await startStrictSts(aliceWorld(), { tls: true, proxy: { user: 'pat', password: 'p@ss' } })
}, 30_000)
beforeEach(() =>
  server.configure({ world: aliceWorld(), faults: [], clockOffsetMs: 0, forgetSpentCodes: true, clearLog: true }),
)
afterAll(async () => {
  for (const client of clients) client.destroy()
  await server.stop()
})

describe('token codes', () => {
  const RFC_SEED = 'hex:3132333435363738393031323334353637383930'
  // RFC 6238, appendix B, the SHA-1 rows.
  test.each([
    [59, '94287082'],
    [1111111109, '07081804'],
    [1111111111, '14050471'],
    [1234567890, '89005924'],
    [2000000000, '69279037'],
    [20000000000, '65353130'],
  ])('match RFC 6238 at second %i', (second, code) => {
    expect(codeOfStep(RFC_SEED, Math.floor(second / 30), 8)).toBe(code)
    expect(codeOfStep('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', Math.floor(second / 30))).toBe(code.slice(2))
  })

  test('are valid in the previous, the current and the next step, each once', () => {
    const now = 1_700_000_000_000
    const step = Math.floor(now / 30_000)
    const found = [-2, -1, 0, 1, 2].map((offset) =>
      findStepOfCode(RFC_SEED, codeOfStep(RFC_SEED, step + offset), now, new Set([step])),
    )
    expect(found).toEqual([undefined, step - 1, undefined, step + 1, undefined])
  })
})

describe('access key IDs', () => {
  test('encode the account like the published example', () => {
    expect(accountOf('ASIAQNZGKIQY56JQ7WML')).toBe('029608264753')
  })

  test.each(['111111111111', '000000000001', '999999999999'])('encode account %s in 20 characters', (account) => {
    const id = accessKeyIdFor('AKIA', account, 7)
    expect([accountOf(id), id.length, /^AKIA[A-Z2-7]{16}$/.test(id)]).toEqual([account, 20, true])
  })
})

describe('the query protocol', () => {
  test.each([
    [
      'Action=A&Tags.member.1.Key=k&Tags.member.1.Value=a%2Bb+c&Tags.member.2.Key=l',
      { Action: 'A', Tags: [{ Key: 'k', Value: 'a+b c' }, { Key: 'l' }] },
    ],
    ['Keys.member.2=b&Keys.member.1=a', { Keys: ['a', 'b'] }],
    ['A=1&A=2', undefined],
    ['Keys.member.2=b', undefined],
    ['A=1&A.B=2', undefined],
  ])('parses %s', (body, expected) => {
    expect(parseQueryBody(body)).toEqual(expected)
  })
})

describe('signatures', () => {
  test('a valid one is accepted and identifies the caller', async () => {
    const { Account, Arn, UserId } = await sts().send(new GetCallerIdentityCommand())
    expect({ Account, Arn, isUserId: /^AIDA[A-Z2-7]{17}$/.test(UserId ?? '') }).toEqual({
      Account: HOME,
      Arn: ALICE,
      isUserId: true,
    })
  })

  test.each<[string, Keys, string, string]>([
    ['a wrong secret', { ...alice, secretAccessKey: secretFor('someone else') }, 'eu-west-1', 'SignatureDoesNotMatch'],
    ['an unknown key ID', { ...alice, accessKeyId: keyIdFor(HOME, 77) }, 'eu-west-1', 'InvalidClientTokenId'],
    ['an inactive key', keysOf('ivan', 8), 'eu-west-1', 'InvalidClientTokenId'],
    [
      'a session token with long-term keys',
      { ...alice, sessionToken: 'left-over' },
      'eu-west-1',
      'InvalidClientTokenId',
    ],
    ['a key of another partition', alice, 'us-gov-west-1', 'InvalidClientTokenId'],
    ['an unknown region', alice, 'moon-1', 'SignatureDoesNotMatch'],
  ])('%s is rejected', async (_title, keys, region, code) => {
    expect(await errorOf(sts(keys, region).send(new GetCallerIdentityCommand()))).toMatchObject({
      name: code,
      status: 403,
    })
  })

  test.each<[string, string, string]>([
    ['gus', '555555555555', 'us-gov-west-1'],
    ['chen', '666666666666', 'cn-north-1'],
  ])('%s signs in another partition', async (name, account, region) => {
    const partition = region.startsWith('cn') ? 'aws-cn' : 'aws-us-gov'
    const { Arn } = await sts(keysOf(name, 1, account, partition), region).send(new GetCallerIdentityCommand())
    expect(Arn).toBe(`arn:${partition}:iam::${account}:user/${name}`)
  })

  test.each([
    [16 * 60_000, /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 15 min\.\)$/],
    [
      -16 * 60_000,
      /^Signature not yet current: \d{8}T\d{6}Z is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 15 min\.\)$/,
    ],
  ])(
    'a clock difference of %i ms is reported, with the correct time in the Date header',
    async (clockOffsetMs, text) => {
      await server.configure({ clockOffsetMs })
      const { name, message } = await errorOf(sts().send(new GetCallerIdentityCommand()))
      expect({ name, matches: text.test(message) }).toEqual({ name: 'SignatureDoesNotMatch', matches: true })
      const date = await new Promise<string>((resolve) =>
        request(server.url, (response) => {
          response.resume()
          resolve(response.headers.date ?? '')
        }).end(),
      )
      expect(Math.abs(Date.parse(date) - Date.now() - clockOffsetMs)).toBeLessThan(5000)
    },
  )

  test.each([
    ['its body was modified', (body: string) => `${body}&DurationSeconds=900`, 'SignatureDoesNotMatch'],
    ['it is not signed', undefined, 'MissingAuthenticationToken'],
  ])('a request is rejected when %s', async (_title, change, code) => {
    const client = sts()
    client.middlewareStack.add(
      (next) => (args) => {
        const signed = args.request as { headers: Record<string, string>; body: string }
        if (change === undefined) delete signed.headers['authorization']
        else signed.body = change(signed.body)
        delete signed.headers['content-length']
        return next(args)
      },
      { step: 'finalizeRequest', priority: 'low' },
    )
    expect(await errorOf(client.send(new GetSessionTokenCommand({})))).toMatchObject({ name: code, status: 403 })
  })

  test('a region that is not active in the account is rejected', async () => {
    const world = aliceWorld()
    await server.configure({
      world: { accounts: world.accounts.map((account) => ({ ...account, regionsOff: ['af-south-1'] })) },
    })
    expect(await errorOf(sts(alice, 'af-south-1').send(new GetCallerIdentityCommand()))).toEqual({
      name: 'RegionDisabledException',
      status: 403,
      message: `STS is not activated in this region for account:${HOME}. Your account administrator can activate STS in this region using the IAM Console.`,
    })
  })
})

describe('GetSessionToken', () => {
  test("returns a working session in AWS's format", async () => {
    const before = Math.floor(Date.now() / 1000)
    const { Credentials: credentials } = await login({ DurationSeconds: 7200 })
    const token = credentials?.SessionToken ?? ''
    expect({
      id: /^ASIA[A-Z2-7]{16}$/.test(credentials?.AccessKeyId ?? ''),
      account: accountOf(credentials?.AccessKeyId ?? ''),
      secret: credentials?.SecretAccessKey?.length,
      alphabet: /^[A-Za-z0-9+/]+={1,2}$/.test(token) && /\+/.test(token) && /\//.test(token),
      length: token.length >= 300 && token.length <= 600,
    }).toEqual({ id: true, account: HOME, secret: 40, alphabet: true, length: true })
    const expiration = (credentials?.Expiration?.getTime() ?? 0) / 1000
    expect(Number.isInteger(expiration) && expiration >= before + 7200 && expiration <= before + 7210).toBe(true)
    expect((await sts(sessionKeys(credentials)).send(new GetCallerIdentityCommand())).Arn).toBe(ALICE)
  })

  test('accepts a code once', async () => {
    const code = withCode()
    await sts().send(new GetSessionTokenCommand(code))
    expect(await errorOf(sts().send(new GetSessionTokenCommand(code)))).toEqual({
      name: 'AccessDenied',
      status: 403,
      message: 'MultiFactorAuthentication failed with invalid MFA one time pass code. ',
    })
    await sts().send(new GetSessionTokenCommand(withCode(1)))
    expect((await server.log()).map((entry) => entry.outcome)).toEqual(['OK', 'AccessDenied', 'OK'])
  })

  const unable =
    'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.'
  test.each<[string, Keys, { SerialNumber?: string; TokenCode?: string }, string]>([
    [
      'a wrong code',
      alice,
      { SerialNumber: ALICE_DEVICE, TokenCode: 'wrong' },
      'MultiFactorAuthentication failed with invalid MFA one time pass code. ',
    ],
    ["another user's device", keysOf('bob', 2), { SerialNumber: ALICE_DEVICE, TokenCode: '000000' }, unable],
    [
      'a disabled device',
      keysOf('dora', 5),
      { SerialNumber: `arn:aws:iam::${HOME}:mfa/dora`, TokenCode: '000000' },
      unable,
    ],
    [
      'a passkey',
      keysOf('frida', 4),
      { SerialNumber: `arn:aws:iam::${HOME}:u2f/user/frida/key-EXAMPLEEXAMPLEEXAMPLE1`, TokenCode: '000000' },
      unable,
    ],
    [
      'a serial number without a code',
      alice,
      { SerialNumber: ALICE_DEVICE },
      'MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.',
    ],
  ])('rejects %s', async (_title, keys, given, message) => {
    const usable = [-1, 0, 1].map((offset) => server.code(ALICE_DEVICE, offset))
    const wrong = ['123450', '123451', '123452', '123453'].find((code) => !usable.includes(code)) ?? ''
    const input = given.TokenCode === 'wrong' ? { ...given, TokenCode: wrong } : given
    expect(await errorOf(sts(keys).send(new GetSessionTokenCommand(input)))).toEqual({
      name: 'AccessDenied',
      status: 403,
      message,
    })
  })

  test.each<[string, object, string]>([
    [
      'a duration that is too long',
      { DurationSeconds: 129_601 },
      "1 validation error detected: Value '129601' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 129600",
    ],
    [
      'a duration that is too short',
      { DurationSeconds: 899 },
      "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
    ],
    [
      'a code of letters',
      { SerialNumber: ALICE_DEVICE, TokenCode: 'abcdef' },
      "1 validation error detected: Value 'abcdef' at 'tokenCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\d]*",
    ],
    [
      'two violations at once',
      { SerialNumber: 'short', TokenCode: '12345' },
      "2 validation errors detected: Value 'short' at 'serialNumber' failed to satisfy constraint: Member must have length greater than or equal to 9; Value '12345' at 'tokenCode' failed to satisfy constraint: Member must have length greater than or equal to 6",
    ],
  ])("rejects %s with AWS's message", async (_title, input, message) => {
    expect(await errorOf(sts().send(new GetSessionTokenCommand(input)))).toEqual({
      name: 'ValidationError',
      status: 400,
      message,
    })
  })

  test('rejects session credentials', async () => {
    const { Credentials: credentials } = await login()
    expect(await errorOf(sts(sessionKeys(credentials)).send(new GetSessionTokenCommand({})))).toEqual({
      name: 'AccessDenied',
      status: 403,
      message: 'Cannot call GetSessionToken with session credentials',
    })
  })

  test('accepts the serial number of a hardware token', async () => {
    const { Credentials: credentials } = await sts(keysOf('hank', 3)).send(
      new GetSessionTokenCommand({ SerialNumber: HARDWARE_SERIAL, TokenCode: server.code(HARDWARE_SERIAL) }),
    )
    expect(credentials?.AccessKeyId?.slice(0, 4)).toBe('ASIA')
  })

  test('limits sessions of the root user to an hour', async () => {
    const root = { accessKeyId: keyIdFor(HOME, 9), secretAccessKey: secretFor(`arn:aws:iam::${HOME}:user/root`) }
    const { Credentials: credentials } = await sts(root).send(new GetSessionTokenCommand({ DurationSeconds: 43_200 }))
    expect(Math.round(((credentials?.Expiration?.getTime() ?? 0) - Date.now()) / 60_000)).toBe(60)
    expect((await errorOf(assume(root))).message).toBe('Roles may not be assumed by root accounts.')
  })

  test('returns a session that expires, and rejects a modified token', async () => {
    const keys = sessionKeys((await login()).Credentials)
    expect(
      (
        await errorOf(
          sts({ ...keys, sessionToken: `${keys.sessionToken ?? ''}A` }).send(new GetCallerIdentityCommand()),
        )
      ).name,
    ).toBe('InvalidClientTokenId')
    await server.configure({ expireSessions: true })
    expect(await errorOf(sts(keys).send(new GetCallerIdentityCommand()))).toEqual({
      name: 'ExpiredToken',
      status: 403,
      message: 'The security token included in the request is expired',
    })
  })
})

describe('AssumeRole', () => {
  test("with a code, allows durations up to the role's maximum", async () => {
    const { Credentials: credentials, AssumedRoleUser: user } = await assume(alice, {
      ...withCode(),
      DurationSeconds: 43_200,
    })
    expect({
      account: accountOf(credentials?.AccessKeyId ?? ''),
      arn: user?.Arn,
      isId: /^AROA[A-Z2-7]{17}:alice$/.test(user?.AssumedRoleId ?? ''),
    }).toEqual({ account: '222222222222', arn: 'arn:aws:sts::222222222222:assumed-role/Admin/alice', isId: true })
    expect((await sts(sessionKeys(credentials)).send(new GetCallerIdentityCommand())).Arn).toBe(user?.Arn)
  })

  const notAllowed = (arn: string): string =>
    `User: ${ALICE} is not authorized to perform: sts:AssumeRole on resource: ${arn}`
  test.each<[string, Partial<AssumeRoleCommandInput>, { name: string; status: number; message: string }]>([
    ['no MFA', {}, { name: 'AccessDenied', status: 403, message: notAllowed(ADMIN) }],
    [
      'a missing role',
      { RoleArn: `${ADMIN}X` },
      { name: 'AccessDenied', status: 403, message: notAllowed(`${ADMIN}X`) },
    ],
    [
      'a role of another partition',
      { RoleArn: 'arn:aws-cn:iam::666666666666:role/Admin' },
      { name: 'AccessDenied', status: 403, message: notAllowed('arn:aws-cn:iam::666666666666:role/Admin') },
    ],
    [
      'a role that trusts another role',
      { RoleArn: CHAINED },
      { name: 'AccessDenied', status: 403, message: notAllowed(CHAINED) },
    ],
    [
      'a denied role',
      { RoleArn: DEPLOY },
      {
        name: 'AccessDenied',
        status: 403,
        message: `${notAllowed(DEPLOY)} because no identity-based policy allows the sts:AssumeRole action`,
      },
    ],
    [
      "more than the role's maximum",
      { RoleArn: OPEN, DurationSeconds: 7201 },
      {
        name: 'ValidationError',
        status: 400,
        message: 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      },
    ],
    [
      "more than any role's maximum",
      { DurationSeconds: 43_201 },
      {
        name: 'ValidationError',
        status: 400,
        message:
          "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200",
      },
    ],
    [
      'a session name with a space',
      { RoleSessionName: 'a b' },
      {
        name: 'ValidationError',
        status: 400,
        message:
          "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
      },
    ],
    [
      'no session name',
      { RoleSessionName: undefined },
      {
        name: 'ValidationError',
        status: 400,
        message:
          "1 validation error detected: Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null",
      },
    ],
    [
      'an ARN that is not of a role',
      { RoleArn: 'arn:aws:iam::1:user/alice-in-chains' },
      { name: 'ValidationError', status: 400, message: 'arn:aws:iam::1:user/alice-in-chains is invalid' },
    ],
    [
      'an invalid policy',
      { RoleArn: OPEN, Policy: '{' },
      { name: 'MalformedPolicyDocumentException', status: 400, message: 'This policy contains invalid Json' },
    ],
    [
      'policies that are too large',
      { RoleArn: OPEN, Policy: JSON.stringify({ Statement: [], Id: 'x'.repeat(2048) }) },
      {
        name: 'PackedPolicyTooLargeException',
        status: 400,
        message: 'Packed policy consumes 102% of allotted space, please use smaller policy.',
      },
    ],
    [
      'an invalid tag key',
      {
        RoleArn: OPEN,
        Tags: [
          { Key: 'a', Value: '' },
          { Key: 'b*', Value: '' },
        ],
      },
      {
        name: 'ValidationError',
        status: 400,
        message:
          "1 validation error detected: Value 'b*' at 'tags.2.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+",
      },
    ],
  ])('rejects %s', async (_title, input, expected) => {
    expect(await errorOf(assume(alice, input))).toEqual(expected)
  })

  test('requires the exact external ID', async () => {
    const given = async (ExternalId: string | undefined): Promise<string> => {
      await server.configure({ forgetSpentCodes: true })
      return assume(alice, { RoleArn: READ_ONLY, ...withCode(), ExternalId }).then(
        () => 'OK',
        (error: unknown) => (error as Error).name,
      )
    }
    expect([await given(undefined), await given('other'), await given(READ_ONLY_EXTERNAL_ID)]).toEqual([
      'AccessDenied',
      'AccessDenied',
      'OK',
    ])
  })

  test('accepts a session with MFA, for an hour at most, and rejects one without', async () => {
    const withMfa = sessionKeys((await login()).Credentials)
    const without = sessionKeys((await sts().send(new GetSessionTokenCommand({}))).Credentials)
    expect((await assume(withMfa, { DurationSeconds: 3600 })).AssumedRoleUser?.Arn).toBe(
      'arn:aws:sts::222222222222:assumed-role/Admin/alice',
    )
    expect((await errorOf(assume(without))).message).toBe(notAllowed(ADMIN))
    const chained = {
      name: 'ValidationError',
      status: 400,
      message: 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    }
    expect(await errorOf(assume(withMfa, { DurationSeconds: 3601 }))).toEqual(chained)
    const admin = sessionKeys((await assume(withMfa)).Credentials)
    expect(await errorOf(assume(admin, { RoleArn: CHAINED, DurationSeconds: 7200 }))).toEqual(chained)
    expect((await assume(admin, { RoleArn: CHAINED })).AssumedRoleUser?.Arn).toBe(
      'arn:aws:sts::222222222222:assumed-role/Chained/alice',
    )
    expect((await server.log()).map(({ signer, isMfaPresent }) => [signer, isMfaPresent])).toEqual([
      ['user', false],
      ['user', false],
      ['session-token', true],
      ['session-token', false],
      ['session-token', true],
      ['session-token', true],
      ['assumed-role', false],
      ['assumed-role', false],
    ])
  })

  test('unflattens policies, tags and lists, and logs them', async () => {
    const input = {
      RoleArn: OPEN,
      RoleSessionName: 'alice@example.com',
      Policy: '{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}',
      PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }, { arn: `arn:aws:iam::${HOME}:policy/team/x` }],
      Tags: [
        { Key: 'Größe', Value: 'a b+c=d/e' },
        { Key: 'empty', Value: '' },
      ],
      TransitiveTagKeys: ['empty'],
      SourceIdentity: 'alice',
      DurationSeconds: 900,
    }
    expect((await assume(alice, input)).SourceIdentity).toBe('alice')
    const [entry] = await server.log()
    expect(entry?.parameters).toEqual({ ...input, DurationSeconds: '900' })
    expect(entry).toMatchObject({
      service: 'sts',
      operation: 'AssumeRole',
      accessKeyId: alice.accessKeyId,
      region: 'eu-west-1',
      signer: 'user',
      signerArn: ALICE,
      status: 200,
      outcome: 'OK',
      transport: 'http',
      host: server.url.slice(7),
    })
    expect(entry?.userAgent).toMatch(/^aws-sdk-js\//)
  })
})

describe('ListMFADevices', () => {
  test.each<[string, Keys, readonly string[]]>([
    ['alice', alice, [ALICE_DEVICE]],
    ['mina', keysOf('mina', 6), [`arn:aws:iam::${HOME}:mfa/mina-phone`, `arn:aws:iam::${HOME}:mfa/mina-tablet`]],
    ['nomfa', keysOf('nomfa', 7), []],
    ['dora', keysOf('dora', 5), []],
    ['frida', keysOf('frida', 4), [`arn:aws:iam::${HOME}:u2f/user/frida/key-EXAMPLEEXAMPLEEXAMPLE1`]],
  ])('returns the enabled devices of %s', async (_name, keys, serials) => {
    const { MFADevices: devices, IsTruncated: isTruncated } = await iam(keys).send(new ListMFADevicesCommand({}))
    expect({ serials: devices?.map((device) => device.SerialNumber), isTruncated }).toEqual({
      serials,
      isTruncated: false,
    })
  })

  test('is paginated', async () => {
    const first = await iam(keysOf('mina', 6)).send(new ListMFADevicesCommand({ MaxItems: 1 }))
    const second = await iam(keysOf('mina', 6)).send(new ListMFADevicesCommand({ MaxItems: 1, Marker: first.Marker }))
    expect([first, second].map((page) => [page.MFADevices?.length, page.IsTruncated])).toEqual([
      [1, true],
      [1, false],
    ])
  })

  test('is denied without permission, and to a session without MFA', async () => {
    expect(await errorOf(iam(keysOf('bob', 2)).send(new ListMFADevicesCommand({})))).toEqual({
      name: 'AccessDenied',
      status: 403,
      message: `User: arn:aws:iam::${HOME}:user/bob is not authorized to perform: iam:ListMFADevices on resource: user bob because no identity-based policy allows the iam:ListMFADevices action`,
    })
    const without = sessionKeys((await sts().send(new GetSessionTokenCommand({}))).Credentials)
    expect((await errorOf(iam(without).send(new ListMFADevicesCommand({})))).name).toBe('InvalidClientTokenId')
    expect(
      (await iam(sessionKeys((await login()).Credentials)).send(new ListMFADevicesCommand({}))).MFADevices?.length,
    ).toBe(1)
  })
})

describe('access keys', () => {
  const UserName = 'alice'
  const withMfa = async (): Promise<IAMClient> => iam(sessionKeys((await login()).Credentials))
  const create = async (client: IAMClient): Promise<Keys> => {
    const { AccessKey: key } = await client.send(new CreateAccessKeyCommand({ UserName }))
    return { accessKeyId: key?.AccessKeyId ?? '', secretAccessKey: key?.SecretAccessKey ?? '' }
  }
  const whoIs = async (keys: Keys): Promise<string> => {
    const call = sts(keys).send(new GetCallerIdentityCommand({}))
    return await call.then(
      () => 'ok',
      async () => (await errorOf(call)).name,
    )
  }

  test('are created, used, deactivated, activated and deleted', async () => {
    const client = await withMfa()
    const keys = await create(client)
    expect(accountOf(keys.accessKeyId)).toBe(HOME)
    const { AccessKeyMetadata: listed } = await client.send(new ListAccessKeysCommand({ UserName }))
    expect(listed?.map(({ AccessKeyId: id, Status: status }) => [id, status])).toEqual([
      [alice.accessKeyId, 'Active'],
      [keys.accessKeyId, 'Active'],
    ])
    const AccessKeyId = keys.accessKeyId
    const used = await client.send(new GetAccessKeyLastUsedCommand({ AccessKeyId }))
    expect(used.AccessKeyLastUsed).toEqual({ Region: 'N/A', ServiceName: 'N/A' })
    expect(await whoIs(keys)).toBe('ok')
    await client.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: 'Inactive' }))
    expect(await whoIs(keys)).toBe('InvalidClientTokenId')
    await client.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: 'Active' }))
    expect(await whoIs(keys)).toBe('ok')
    await client.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }))
    expect(await whoIs(keys)).toBe('InvalidClientTokenId')
    const error = await errorOf(client.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId })))
    expect([error.name, error.status]).toEqual(['NoSuchEntityException', 404])
  })

  test('are two at most', async () => {
    const client = await withMfa()
    await create(client)
    const error = await errorOf(create(client))
    expect([error.name, error.status]).toEqual(['LimitExceededException', 409])
  })

  test('need MFA, the name of the user, and a policy', async () => {
    const denied = await errorOf(iam().send(new ListAccessKeysCommand({ UserName })))
    expect([denied.name, denied.message]).toEqual([
      'AccessDenied',
      expect.stringContaining('with an explicit deny in an identity-based policy'),
    ])
    const client = await withMfa()
    expect(await errorOf(client.send(new ListAccessKeysCommand({})))).toMatchObject({
      name: 'ValidationError',
      message: 'Must specify userName when calling with non-User credentials',
    })
    expect((await errorOf(client.send(new ListAccessKeysCommand({ UserName: 'bob' })))).name).toBe('AccessDenied')
    await server.configure({ rules: { deniedKeyActions: ['CreateAccessKey'] } })
    expect((await errorOf(create(client))).name).toBe('AccessDenied')
    const without = sessionKeys((await sts().send(new GetSessionTokenCommand({}))).Credentials)
    expect((await errorOf(iam(without).send(new ListAccessKeysCommand({ UserName })))).name).toBe(
      'InvalidClientTokenId',
    )
  })

  test('are unknown at first, to each node of STS for its own time', async () => {
    await server.configure({ rules: { keyNodes: [0, 3600] } })
    const keys = await create(await withMfa())
    const four = [await whoIs(keys), await whoIs(keys), await whoIs(keys), await whoIs(keys)]
    expect(four.toSorted()).toEqual(['InvalidClientTokenId', 'InvalidClientTokenId', 'ok', 'ok'])
    expect(await whoIs(alice)).toBe('ok')
  })

  test.each([
    [false, 'ok'],
    [true, 'InvalidClientTokenId'],
  ])('that are inactive end their sessions: %s', async (endsSessionsWithKeys, expected) => {
    await server.configure({ rules: { endsSessionsWithKeys } })
    const session = sessionKeys((await login()).Credentials)
    expect(await whoIs(session)).toBe('ok')
    await iam(session).send(
      new UpdateAccessKeyCommand({ UserName, AccessKeyId: alice.accessKeyId, Status: 'Inactive' }),
    )
    expect([await whoIs(alice), await whoIs(session)]).toEqual(['InvalidClientTokenId', expected])
  })
})

describe('faults', () => {
  const outcomes = async (faults: readonly Fault[], calls: number): Promise<readonly string[]> => {
    await server.configure({ faults })
    const names: string[] = []
    for (let call = 0; call < calls; call += 1) {
      names.push(
        await sts()
          .send(new GetCallerIdentityCommand())
          .then(
            ({ Arn }) => (Arn === ALICE ? 'OK' : 'empty'),
            (error: unknown) => (error as Error).name,
          ),
      )
    }
    return names
  }

  test.each<[string, readonly Fault[], readonly string[]]>([
    ['throttle twice', [{ kind: 'throttle', status: 400, times: 2 }], ['Throttling', 'Throttling', 'OK']],
    [
      'be unavailable after one success',
      [{ kind: 'throttle', status: 503, skip: 1 }],
      ['OK', 'ServiceUnavailable', 'OK'],
    ],
    ['drop a connection', [{ kind: 'drop', when: 'before' }], ['TimeoutError', 'OK']],
    ['truncate an answer', [{ kind: 'truncate' }], ['Error', 'OK']],
    ['send an empty answer', [EMPTY_SUCCESS], ['empty', 'OK']],
    [
      'return a given error',
      [{ kind: 'refuse', status: 403, code: 'AccessDenied', message: 'no' }],
      ['AccessDenied', 'OK'],
    ],
    [
      'affect only one operation',
      [{ kind: 'throttle', status: 400, operation: 'AssumeRole', times: 'always' }],
      ['OK'],
    ],
  ])('can %s', async (_title, faults, expected) => {
    expect(await outcomes(faults, expected.length)).toEqual(expected)
  })

  test('can answer with a page that is not XML', async () => {
    await server.configure({ faults: [BAD_GATEWAY] })
    expect((await errorOf(sts().send(new GetCallerIdentityCommand()))).status).toBe(502)
  })

  test('can drop the answer after using up the code', async () => {
    await server.configure({ faults: [{ kind: 'drop', when: 'after', operation: 'GetSessionToken' }] })
    const code = withCode()
    await errorOf(sts().send(new GetSessionTokenCommand(code)))
    expect((await errorOf(sts().send(new GetSessionTokenCommand(code)))).name).toBe('AccessDenied')
    expect((await server.log()).map(({ outcome, faults }) => [outcome, faults])).toEqual([
      ['OK', ['drop']],
      ['AccessDenied', []],
    ])
  })

  test('can drop a request before processing, which uses no code', async () => {
    await server.configure({ faults: [{ kind: 'drop', when: 'before' }] })
    const code = withCode()
    await errorOf(sts().send(new GetSessionTokenCommand(code)))
    await sts().send(new GetSessionTokenCommand(code))
    expect((await server.log()).map((entry) => entry.outcome)).toEqual([null, 'OK'])
  })

  test('can hang until the client gives up', async () => {
    await server.configure({ faults: [{ kind: 'hang', when: 'before' }] })
    const abort = new AbortController()
    const call = errorOf(sts().send(new GetCallerIdentityCommand(), { abortSignal: abort.signal }))
    await expect.poll(async () => (await server.log()).length).toBe(1)
    abort.abort()
    expect((await call).name).toBe('AbortError')
  })

  test('can delay an answer', async () => {
    await server.configure({ faults: [{ kind: 'delay', ms: 60 }] })
    const start = performance.now()
    await sts().send(new GetCallerIdentityCommand())
    expect(performance.now() - start).toBeGreaterThan(55)
  })

  test.each<[string, Fault, keyof Credentials, unknown]>([
    ['without Expiration', { kind: 'expiration', value: null }, 'Expiration', undefined],
    [
      'that has expired',
      { kind: 'expiration', value: '2001-01-01T00:00:00Z' },
      'Expiration',
      new Date('2001-01-01T00:00:00Z'),
    ],
    [
      'with line breaks in a key',
      { kind: 'credentials', SecretAccessKey: 'a\r\n[default]\u0007<&' },
      'SecretAccessKey',
      'a\r\n[default]\u0007<&',
    ],
  ])('can answer with a session %s', async (_title, fault, part, expected) => {
    await server.configure({ faults: [fault] })
    const { Credentials: credentials } = await sts().send(new GetSessionTokenCommand({}))
    expect({ isThere: credentials !== undefined, part: credentials?.[part] }).toEqual({ isThere: true, part: expected })
  })
})

describe('transports', () => {
  test('the log shows reused connections', async () => {
    const kept = sts()
    await kept.send(new GetCallerIdentityCommand())
    await kept.send(new GetCallerIdentityCommand())
    await sts().send(new GetCallerIdentityCommand())
    const [first, second, third] = (await server.log()).map((entry) => entry.connection)
    expect([first === second, first === third]).toEqual([true, false])
  })

  test('a GET that opens a connection is answered, and the next call reuses the connection', async () => {
    const agent = new HttpAgent({ keepAlive: true })
    await new Promise<void>((resolve) =>
      request(server.url, { agent }, (response) => response.resume().on('end', resolve)).end(),
    )
    const client = new STSClient({
      ...optionsFor(alice, 'eu-west-1'),
      requestHandler: new NodeHttpHandler({ httpAgent: agent }),
    })
    await client.send(new GetCallerIdentityCommand())
    client.destroy()
    const [opening, call] = await server.log()
    expect([opening?.method, opening?.connection === call?.connection]).toEqual(['GET', true])
  })

  test('TLS requires trust in the CA of the server', async () => {
    const options = { ...optionsFor(alice, 'eu-west-1'), endpoint: server.httpsUrl ?? '' }
    const trusting = new STSClient({
      ...options,
      requestHandler: new NodeHttpHandler({ httpsAgent: new HttpsAgent({ ca: readFileSync(server.caPemPath ?? '') }) }),
    })
    expect((await trusting.send(new GetCallerIdentityCommand())).Arn).toBe(ALICE)
    expect((await server.log()).map((entry) => entry.transport)).toEqual(['https'])
    const blind = new STSClient(options)
    expect((await errorOf(blind.send(new GetCallerIdentityCommand()))).message).toMatch(/certificate/)
    trusting.destroy()
    blind.destroy()
    expect(new X509Certificate(server.caPem ?? '').ca).toBe(true)
  })

  test.each<[string, string, string]>([
    ['eu-west-1', 'sts.eu-west-1.amazonaws.com', '200'],
    ['us-east-1', 'sts.us-east-1.amazonaws.com', '200'],
    ['eu-west-1', 'sts.eu-west-1.amazonaws.com', '407'],
  ])('the proxy connects %s (%s) to the server itself: %s', async (region, host, status) => {
    const proxy = (server.proxyUrl ?? '').replace('//', status === '200' ? '//pat:p%40ss@' : '//pat:wrong@')
    const agent = new HttpsProxyAgent({ proxy, ca: server.caPem ?? '' })
    const client = new STSClient({
      region,
      credentials: alice,
      maxAttempts: 1,
      endpoint: `https://${host}`,
      requestHandler: new NodeHttpHandler({ httpsAgent: agent }),
    })
    const call = client.send(new GetCallerIdentityCommand()).then(
      ({ Arn }) => Arn,
      () => 'refused',
    )
    expect(await call).toBe(status === '200' ? ALICE : 'refused')
    expect((await server.connects())[0]).toMatchObject({ target: `${host}:443`, status: Number(status), user: 'pat' })
    expect((await server.log()).map((entry) => entry.host)).toEqual(status === '200' ? [host] : [])
    client.destroy()
    agent.destroy()
  })

  test('an unknown operation is rejected', async () => {
    const body = 'Action=GetFederationToken&Version=2011-06-15'
    const answer = await new Promise<string>((resolve) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      request(server.url, { method: 'POST', headers }, (response) => {
        let text = ''
        response
          .setEncoding('utf8')
          .on('data', (chunk: string) => {
            text += chunk
          })
          .on('end', () => resolve(`${response.statusCode ?? 0} ${text}`))
      }).end(body)
    })
    expect(answer).toMatch(
      /^400 .*<Code>InvalidAction<\/Code><Message>Could not find operation GetFederationToken for version 2011-06-15<\/Message>/,
    )
  })

  test('a regional host rejects a signature for another region', async () => {
    const agent = new HttpsProxyAgent({
      proxy: (server.proxyUrl ?? '').replace('//', '//pat:p%40ss@'),
      ca: server.caPem ?? '',
    })
    const client = new STSClient({
      region: 'us-east-1',
      credentials: alice,
      maxAttempts: 1,
      endpoint: 'https://sts.eu-west-1.amazonaws.com',
      requestHandler: new NodeHttpHandler({ httpsAgent: agent }),
    })
    expect((await errorOf(client.send(new GetCallerIdentityCommand()))).message).toBe(
      'Credential should be scoped to a valid region. ',
    )
    client.destroy()
    agent.destroy()
  })
})

describe('the process', () => {
  test('serves many users, simulates latency, and ends on stop', async () => {
    const server = await startStrictSts(manyUsersWorld(50), { roundTripMs: 40 })
    const serial = `arn:aws:iam::${HOME}:mfa/user49`
    const client = new STSClient({
      endpoint: server.url,
      region: 'eu-west-1',
      credentials: keysOf('user49', 50),
      maxAttempts: 1,
    })
    const start = performance.now()
    const { Credentials: credentials } = await client.send(
      new GetSessionTokenCommand({ SerialNumber: serial, TokenCode: server.code(serial) }),
    )
    const first = performance.now() - start
    await client.send(new GetCallerIdentityCommand())
    const second = performance.now() - start - first
    expect([credentials?.AccessKeyId?.slice(0, 4), first >= 78, second >= 38 && second < first]).toEqual([
      'ASIA',
      true,
      true,
    ])
    client.destroy()
    await server.stop()
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH')
  })

  test('ends when its parent process ends', async () => {
    const script =
      'const { startStrictSts, aliceWorld } = await import(process.argv[1]); const s = await startStrictSts(aliceWorld()); console.log(s.pid, s.url)'
    const output = execFileSync(
      process.execPath,
      ['--input-type=module', '-e', script, new URL('../../build/strict-sts-client.mjs', import.meta.url).href],
      { encoding: 'utf8', timeout: 10_000 },
    )
    const [pid, url] = output.trim().split(' ')
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    await expect
      .poll(
        () => {
          try {
            return process.kill(Number(pid), 0)
          } catch {
            return false
          }
        },
        { timeout: 5000 },
      )
      .toBe(false)
  })
})
