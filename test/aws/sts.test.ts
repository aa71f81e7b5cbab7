/** The STS client against the strict STS: identity, sessions, roles, errors. */
import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AwsCallerOptions } from '../../src/aws/sts.ts'
import { createSts } from '../../src/aws/sts.ts'
import type { Failure } from '../../src/model/failure.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { Sts } from '../../src/aws/sts.ts'
import type { LongTermCredentials, SigningCredentials } from '../../src/model/credentials.ts'
import { settingsFor } from '../support/sts-settings.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { Fault } from '../support/strict-sts/faults.ts'
import { BAD_GATEWAY, EMPTY_SUCCESS } from '../support/strict-sts/faults.ts'
import { aliceWorld, keyIdFor, READ_ONLY_EXTERNAL_ID, secretFor } from '../support/strict-sts/worlds.ts'

const ACCOUNT = '111111111111'
const SERIAL = `arn:aws:iam::${ACCOUNT}:mfa/alice`
const ADMIN = 'arn:aws:iam::222222222222:role/Admin'
const POLICY = '{"Version":"2012-10-17","Statement":[]}'
const NEVER = new AbortController().signal

const keysOf = (name: string, keyNumber = 1): LongTermCredentials => ({
  accessKeyId: keyIdFor(ACCOUNT, keyNumber),
  secretAccessKey: secretFor(`arn:aws:iam::${ACCOUNT}:user/${name}`),
})
const alice = keysOf('alice')

let server: StrictSts
const stsAt = (changes: Partial<AwsCallerOptions> = {}): Sts =>
  createSts({
    region: 'eu-west-1',
    transport: settingsFor(server.url),
    now: () => new Date(),
    retryDelayMs: 1,
    ...changes,
  })

const failureOf = async (call: Promise<unknown>): Promise<Failure> => {
  const error: unknown = await call.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (error instanceof AwsmfaError) return error.failure
  throw new Error('expected an AwsmfaError', { cause: error })
}

const operationsAsked = async (): Promise<readonly (string | null)[]> =>
  (await server.log()).map((entry) => entry.operation)

beforeAll(async () => {
  server = await startStrictSts(aliceWorld())
})
afterAll(() => server.stop())
beforeEach(() => server.configure({ faults: [], clockOffsetMs: 0, forgetSpentCodes: true, clearLog: true }))

describe('answers', () => {
  it('tells who a key belongs to', async () => {
    expect(await stsAt().getCallerIdentity(alice, NEVER)).toEqual({
      account: ACCOUNT,
      arn: `arn:aws:iam::${ACCOUNT}:user/alice`,
      userId: expect.stringMatching(/^AIDA/),
    })
  })

  it('gives a session for a code, and the session is who it should be', async () => {
    const sts = stsAt()
    const mfa = { serialNumber: SERIAL, tokenCode: server.code(SERIAL) }
    const session = await sts.getSessionToken(alice, { durationSeconds: 3600, mfa }, NEVER)
    const leftSeconds = (session.credentials.expiration.getTime() - Date.now()) / 1000
    expect(session.credentials.accessKeyId).toMatch(/^ASIA/)
    expect(leftSeconds).toBeGreaterThan(3590)
    expect(leftSeconds).toBeLessThan(3605)
    expect(await sts.getCallerIdentity(session.credentials, NEVER)).toMatchObject({
      arn: `arn:aws:iam::${ACCOUNT}:user/alice`,
    })
    expect(
      (await server.log()).map(({ operation, parameters, region, accessKeyId }) => ({
        operation,
        parameters,
        region,
        accessKeyId,
      })),
    ).toEqual([
      {
        operation: 'GetSessionToken',
        region: 'eu-west-1',
        accessKeyId: alice.accessKeyId,
        parameters: { DurationSeconds: '3600', SerialNumber: SERIAL, TokenCode: mfa.tokenCode },
      },
      {
        operation: 'GetCallerIdentity',
        region: 'eu-west-1',
        accessKeyId: session.credentials.accessKeyId,
        parameters: {},
      },
    ])
  })

  it('assumes a role with everything that AssumeRole takes', async () => {
    const session = await stsAt().assumeRole(
      alice,
      {
        roleArn: ADMIN,
        roleSessionName: 'alice',
        durationSeconds: 7200,
        mfa: { serialNumber: SERIAL, tokenCode: server.code(SERIAL) },
        externalId: READ_ONLY_EXTERNAL_ID,
        policy: POLICY,
        policyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
        tags: [{ key: 'Team', value: 'blue' }],
        transitiveTagKeys: ['Team'],
        sourceIdentity: 'alice',
      },
      NEVER,
    )
    expect(session.assumedRoleArn).toBe('arn:aws:sts::222222222222:assumed-role/Admin/alice')
    const [entry] = await server.log()
    expect(entry?.parameters).toMatchObject({
      RoleArn: ADMIN,
      RoleSessionName: 'alice',
      DurationSeconds: '7200',
      ExternalId: READ_ONLY_EXTERNAL_ID,
      Policy: POLICY,
      SourceIdentity: 'alice',
    })
    expect(JSON.stringify(entry?.parameters)).toContain('ReadOnlyAccess')
  })
})

describe('refusals', () => {
  const session = (
    sts: Sts,
    code: string,
    serialNumber = SERIAL,
    signer: SigningCredentials = alice,
  ): Promise<unknown> =>
    sts.getSessionToken(signer, { durationSeconds: 3600, mfa: { serialNumber, tokenCode: code } }, NEVER)

  it('a wrong code, and one that was used, are the same to STS', async () => {
    const code = server.code(SERIAL)
    await session(stsAt(), code)
    for (const refused of [code, server.code(SERIAL, 40)]) {
      expect(await failureOf(session(stsAt(), refused))).toEqual({
        code: 'TOKEN_CODE_REJECTED',
        known: 'wrong-or-used',
        answerLost: false,
        nextCodeInSeconds: expect.toSatisfy((n: number) => n >= 1 && n <= 30),
      })
    }
  })

  it('a device of somebody else', async () => {
    const serial = `arn:aws:iam::${ACCOUNT}:mfa/mina-phone`
    const origin = { kind: 'flag', flag: '--serial-number' } as const
    expect(await failureOf(session(stsAt({ origins: { serial: origin } }), server.code(serial), serial))).toEqual({
      code: 'MFA_SERIAL_REJECTED',
      serial,
      origin,
    })
  })

  it.each([
    ['an unknown key', { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' }, 'unknown-key'],
    ['an inactive key', keysOf('ivan', 8), 'unknown-key'],
    ['a wrong secret', { ...alice, secretAccessKey: 'wrong' }, 'wrong-secret'],
  ] as const)('%s', async (_, signer, reason) => {
    const origin = { kind: 'environment', variable: 'AWS_ACCESS_KEY_ID' } as const
    expect(await failureOf(stsAt({ origins: { longTerm: origin } }).getCallerIdentity(signer, NEVER))).toEqual({
      code: 'CREDENTIALS_REJECTED',
      accessKeyId: `…${signer.accessKeyId.slice(-4)}`,
      reason,
      origin,
    })
  })

  it('a session where long-term credentials are needed, and one that is over', async () => {
    const sts = stsAt()
    const { credentials } = await sts.getSessionToken(alice, { durationSeconds: 900 }, NEVER)
    const accessKeyId = `…${credentials.accessKeyId.slice(-4)}`
    expect(await failureOf(sts.getSessionToken(credentials, { durationSeconds: 900 }, NEVER))).toEqual({
      code: 'CREDENTIALS_REJECTED',
      accessKeyId,
      reason: 'session',
      origin: 'session',
    })
    await server.configure({ expireSessions: true })
    expect(await failureOf(sts.getCallerIdentity(credentials, NEVER))).toEqual({
      code: 'CREDENTIALS_REJECTED',
      accessKeyId,
      reason: 'expired',
      origin: 'session',
    })
  })

  it('a role that may not be assumed', async () => {
    const roleArn = 'arn:aws:iam::333333333333:role/Deploy'
    expect(
      await failureOf(stsAt().assumeRole(alice, { roleArn, roleSessionName: 'alice', durationSeconds: 900 }, NEVER)),
    ).toMatchObject({
      code: 'ACCESS_DENIED',
      operation: 'AssumeRole',
      roleArn,
      message: expect.stringContaining('is not authorized to perform: sts:AssumeRole'),
    })
  })

  it('a session longer than the role allows, and one that AWS counts as chained', async () => {
    const sts = stsAt()
    const role = { roleArn: 'arn:aws:iam::222222222222:role/Open', roleSessionName: 'alice', durationSeconds: 43_200 }
    expect(await failureOf(sts.assumeRole(alice, role, NEVER))).toMatchObject({
      code: 'REQUEST_REFUSED',
      awsCode: 'ValidationError',
      reason: 'role-maximum',
    })
    const { credentials } = await sts.getSessionToken(alice, { durationSeconds: 900 }, NEVER)
    expect(await failureOf(sts.assumeRole(credentials, { ...role, durationSeconds: 7200 }, NEVER))).toMatchObject({
      code: 'REQUEST_REFUSED',
      reason: 'chained',
    })
  })

  it('never shows the token code, though AWS quotes what it was sent', async () => {
    const failure = await failureOf(session(stsAt(), '12345x'))
    expect(failure).toMatchObject({ code: 'REQUEST_REFUSED', awsCode: 'ValidationError' })
    expect(JSON.stringify(failure)).not.toContain('12345x')
  })

  it.each([
    [-3600_000, 3600],
    [1200_000, -1200],
  ])('a clock that differs: the server is %i ms off', async (clockOffsetMs, expected) => {
    await server.configure({ clockOffsetMs })
    const failure = await failureOf(stsAt().getCallerIdentity(alice, NEVER))
    expect(failure).toEqual({
      code: 'CLOCK_SKEWED',
      skewSeconds: expect.toSatisfy((s: number) => Math.abs(s - expected) <= 2),
    })
  })
})

describe('trouble on the way', () => {
  const code = (): {
    readonly durationSeconds: number
    readonly mfa: { readonly serialNumber: string; readonly tokenCode: string }
  } => ({ durationSeconds: 3600, mfa: { serialNumber: SERIAL, tokenCode: server.code(SERIAL) } })
  const quick = { answerTimeoutMs: 1_000 }

  const HEALED: readonly (readonly [string, Fault])[] = [
    ['throttled', { kind: 'throttle', status: 400 }],
    ['throttled with 503', { kind: 'throttle', status: 503 }],
    ['dropped', { kind: 'drop', when: 'before' }],
    ['hanging', { kind: 'hang', when: 'before' }],
    ['answered by a gateway', BAD_GATEWAY],
    ['answered with nothing', EMPTY_SUCCESS],
  ]
  it.each(HEALED)('a request without a code is sent again when it was %s', async (_, fault) => {
    await server.configure({ faults: [fault] })
    expect(await stsAt(quick).getCallerIdentity(alice, NEVER)).toMatchObject({ account: ACCOUNT })
    expect(await operationsAsked()).toEqual(['GetCallerIdentity', 'GetCallerIdentity'])
  })
  it.each(HEALED)('a request with a code that did not arrive is sent again when it was %s', async (_, fault) => {
    await server.configure({ faults: [fault] })
    expect(await stsAt(quick).getSessionToken(alice, code(), NEVER)).toHaveProperty('credentials')
    expect(await operationsAsked()).toEqual(['GetSessionToken', 'GetSessionToken'])
  })

  const LOST: readonly (readonly [string, Fault])[] = [
    ['dropped', { kind: 'drop', when: 'after' }],
    ['hanging', { kind: 'hang', when: 'after' }],
    ['cut short', { kind: 'truncate' }],
    ['replaced by a gateway', { ...BAD_GATEWAY, when: 'after' } as Fault],
    ['emptied', { ...EMPTY_SUCCESS, when: 'after' } as Fault],
  ]
  it.each(LOST)('a code whose answer was %s is sent once more, and the refusal says so', async (_, fault) => {
    await server.configure({ faults: [fault] })
    expect(await failureOf(stsAt(quick).getSessionToken(alice, code(), NEVER))).toMatchObject({
      code: 'TOKEN_CODE_REJECTED',
      answerLost: true,
    })
    expect(await operationsAsked()).toEqual(['GetSessionToken', 'GetSessionToken'])
  })

  it.each([
    [{ kind: 'throttle', status: 400 }, { code: 'THROTTLED', operation: 'GetSessionToken' }, 3],
    [{ kind: 'throttle', status: 503 }, { code: 'STS_UNEXPECTED', status: 503, awsCode: 'ServiceUnavailable' }, 3],
    [{ kind: 'drop', when: 'before' }, { code: 'NETWORK_UNREACHABLE', reason: 'reset' }, 2],
    [{ kind: 'hang', when: 'before' }, { code: 'NETWORK_UNREACHABLE', reason: 'no-answer', timeoutSeconds: 1 }, 2],
    [BAD_GATEWAY, { code: 'STS_UNEXPECTED', status: 502, awsCode: undefined }, 2],
    [EMPTY_SUCCESS, { code: 'STS_UNEXPECTED', status: 200, awsCode: undefined }, 2],
    [{ kind: 'truncate', bytes: 90 }, { code: 'NETWORK_UNREACHABLE', reason: 'reset' }, 2],
    [
      { kind: 'answer', status: 200, contentType: 'text/xml', body: '<a><b' },
      { code: 'STS_UNEXPECTED', status: 200 },
      2,
    ],
    [
      {
        kind: 'answer',
        status: 200,
        contentType: 'text/xml',
        body: '<GetSessionTokenResponse><GetSessionTokenResult/></GetSessionTokenResponse>',
      },
      { code: 'STS_UNEXPECTED', status: 200 },
      2,
    ],
    [
      { kind: 'refuse', status: 500, code: 'InternalFailure', message: 'x' },
      { code: 'STS_UNEXPECTED', status: 500, awsCode: 'InternalFailure' },
      2,
    ],
    [{ kind: 'expiration', value: null }, { code: 'STS_UNEXPECTED', status: 200, codeMayBeSpent: true }, 1],
    [
      { kind: 'expiration', value: '2001-01-01T00:00:00Z' },
      { code: 'STS_UNEXPECTED', status: 200, codeMayBeSpent: true },
      1,
    ],
    [
      { kind: 'expiration', value: '2999-01-01T00:00:00Z' },
      { code: 'STS_UNEXPECTED', status: 200, codeMayBeSpent: true },
      1,
    ],
    [{ kind: 'expiration', value: 'tomorrow' }, { code: 'TOKEN_CODE_REJECTED', answerLost: true }, 2],
    [{ kind: 'credentials', SecretAccessKey: 'abc\n[default]\nx = y' }, { code: 'STS_UNEXPECTED', status: 200 }, 1],
    [
      { kind: 'credentials', SessionToken: 'abc\rdef' },
      { code: 'STS_UNEXPECTED', status: 200, codeMayBeSpent: true },
      1,
    ],
    [{ kind: 'credentials', AccessKeyId: 'ASIA\u0007EXAMPLEEXAMPLE' }, { code: 'STS_UNEXPECTED', status: 200 }, 1],
    [
      { kind: 'credentials', AccessKeyId: alice.accessKeyId },
      { code: 'STS_UNEXPECTED', defect: 'its access key ID is the one that signed' },
      1,
    ],
    [{ kind: 'credentials', SessionToken: '' }, { code: 'TOKEN_CODE_REJECTED', answerLost: true }, 2],
    [
      { kind: 'refuse', status: 403, code: 'AccessDenied', message: 'Something new.' },
      { code: 'ACCESS_DENIED', message: 'Something new.' },
      1,
    ],
    [
      { kind: 'refuse', status: 403, code: 'RegionDisabledException', message: 'STS is not activated in this region' },
      { code: 'REGION_DISABLED', region: 'eu-west-1' },
      1,
    ],
    [
      { kind: 'refuse', status: 400, code: 'PackedPolicyTooLarge', message: 'x' },
      { code: 'REQUEST_REFUSED', reason: 'packed-policy' },
      1,
    ],
    [
      { kind: 'refuse', status: 403, code: 'AccessDenied', message: 'Roles may not be assumed by root accounts.' },
      { code: 'REQUEST_REFUSED', reason: 'root-account' },
      1,
    ],
  ] as readonly (readonly [Fault, Partial<Failure>, number])[])(
    'always %j gives %j',
    async (fault, failure, requests) => {
      await server.configure({ faults: [{ ...fault, times: 'always' }] })
      expect(await failureOf(stsAt(quick).getSessionToken(alice, code(), NEVER))).toMatchObject(failure)
      expect(await operationsAsked()).toHaveLength(requests)
    },
  )

  it.each([
    ['a token code, that it may be spent', true],
    ['no token code, unchanged', false],
  ])('aborted in flight throws the reason: with %s', async (_, hasCode) => {
    await server.configure({ faults: [{ kind: 'hang', when: 'before' }] })
    const deadline = new AbortController()
    const reason = { code: 'DEADLINE_EXCEEDED', seconds: 55, waitingFor: 'STS' } as const
    const sts = stsAt()
    const call = hasCode
      ? sts.getSessionToken(alice, code(), deadline.signal)
      : sts.getCallerIdentity(alice, deadline.signal)
    const failed = failureOf(call)
    await expect.poll(operationsAsked, { timeout: 60_000 }).toHaveLength(1)
    deadline.abort(new AwsmfaError(reason))
    expect(await failed).toEqual({ ...reason, ...(hasCode ? { codeMayBeSpent: true } : {}) })
  })

  it.each([
    ['is longer than any of AWS', 'x'.repeat(2 * 1024 * 1024)],
    [
      'names an account that is none',
      '<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/a</Arn><UserId>A</UserId><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
    ],
    ['names nobody', '<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>'],
  ])('an identity that %s is not taken', async (_, body) => {
    await server.configure({
      faults: [{ kind: 'answer', status: 200, contentType: 'text/xml', body, times: 'always' }],
    })
    expect(
      await failureOf(
        stsAt({ transport: settingsFor(server.url, { maxAttempts: 1 }) }).getCallerIdentity(alice, NEVER),
      ),
    ).toMatchObject({
      code: 'STS_UNEXPECTED',
      operation: 'GetCallerIdentity',
      status: 200,
    })
  })

  it.each([
    [
      'quotes the request',
      {
        kind: 'refuse',
        status: 403,
        code: 'SignatureDoesNotMatch',
        message: 'The Canonical String should have been x-amz-security-token:TOPSECRETSESSION wrong',
      },
    ],
    [
      'is cut in the middle of credentials',
      {
        kind: 'answer',
        status: 200,
        contentType: 'text/xml',
        body: '<GetCallerIdentityResponse><a>TOPSECRETSESSION</b>',
      },
    ],
  ] as const)('an answer that %s leaves no secret anywhere in the error', async (_, fault) => {
    await server.configure({ faults: [{ ...fault, times: 'always' }] })
    const signer = { ...alice, secretAccessKey: 'TOPSECRETKEY', sessionToken: 'TOPSECRETSESSION' }
    const error: unknown = await stsAt()
      .getCallerIdentity(signer, NEVER)
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(AwsmfaError)
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('TOPSECRET')
  })
})
