/** Error responses of AWS, from fixtures, as failures of awsmfa. */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSts } from '../../src/aws/sts.ts'
import type { RequestContext } from '../../src/aws/error-mapping.ts'
import { explainFailure, harmless } from '../../src/aws/error-mapping.ts'
import { findWireProblem } from '../../src/aws/error-mapping.ts'
import type { Failure } from '../../src/model/failure.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { Origin } from '../../src/model/profile.ts'
import { settingsFor } from '../support/sts-settings.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'

const NEVER = new AbortController().signal
const FOLDER = 'fixtures/sts'
const SERIAL = 'arn:aws:iam::111111111111:mfa/alice'
const ROLE = 'arn:aws:iam::222222222222:role/Admin'
const SERIAL_ORIGIN: Origin = { kind: 'flag', flag: '--serial-number' }
const KEY_ORIGIN: Origin = { kind: 'environment', variable: 'AWS_ACCESS_KEY_ID' }
const rejected = (reason: 'unknown-key' | 'wrong-secret' | 'session' | 'expired'): Failure => ({
  code: 'CREDENTIALS_REJECTED',
  accessKeyId: '…MPLE',
  reason,
  origin: KEY_ORIGIN,
})
const refused = (awsCode: string, message: string, rest: object = {}): object => ({
  code: 'REQUEST_REFUSED',
  operation: 'AssumeRole',
  awsCode,
  message,
  ...rest,
})
const denied = (message: string): object => ({ code: 'ACCESS_DENIED', operation: 'AssumeRole', roleArn: ROLE, message })
const NOT_AUTHORIZED = `User: arn:aws:iam::111111111111:user/alice is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`

/**
 * Every kept answer, with the status that AWS gives it, and what it means. The texts are as people quote them in public
 * reports.
 */
const KEPT: Readonly<Record<string, readonly [number, object]>> = {
  'bad-policy': [400, refused('MalformedPolicyDocument', 'This policy contains invalid Json')],
  'clock-ahead': [403, { code: 'CLOCK_SKEWED', skewSeconds: expect.any(Number) }],
  'clock-behind': [403, { code: 'CLOCK_SKEWED', skewSeconds: expect.any(Number) }],
  'expired-session': [403, rejected('expired')],
  'expired-session-as-modelled': [400, rejected('expired')],
  'longer-than-chaining-allows': [
    400,
    refused(
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
      { reason: 'chained' },
    ),
  ],
  'longer-than-role-allows': [
    400,
    refused('ValidationError', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.', {
      reason: 'role-maximum',
    }),
  ],
  'malformed-parameter': [
    400,
    refused(
      'ValidationError',
      "1 validation error detected: Value '…' at 'tokenCode' failed to satisfy constraint: Member must have length greater than or equal to 6",
    ),
  ],
  'not-authorized': [403, denied(NOT_AUTHORIZED)],
  'not-authorized-explicit-deny': [403, denied(`${NOT_AUTHORIZED} with an explicit deny in an identity-based policy`)],
  'policy-too-large': [
    400,
    refused('PackedPolicyTooLarge', 'Packed size of session tags consumes 112% of allotted space.', {
      reason: 'packed-policy',
    }),
  ],
  'region-off': [403, { code: 'REGION_DISABLED', region: 'eu-west-1' }],
  'root-assumes-role': [
    403,
    refused('AccessDenied', 'Roles may not be assumed by root accounts.', { reason: 'root-account' }),
  ],
  'session-where-long-term-is-needed': [403, rejected('session')],
  throttled: [400, { code: 'THROTTLED', operation: 'AssumeRole' }],
  'two-line-text': [403, denied('first line second \u009b31m line')],
  'unknown-key': [403, rejected('unknown-key')],
  'unknown-key-without-full-stop': [403, rejected('unknown-key')],
  'wrong-code': [
    403,
    { code: 'TOKEN_CODE_REJECTED', known: 'wrong-or-used', answerLost: false, nextCodeInSeconds: expect.any(Number) },
  ],
  'wrong-device': [403, { code: 'MFA_SERIAL_REJECTED', serial: SERIAL, origin: SERIAL_ORIGIN }],
  'wrong-secret': [403, rejected('wrong-secret')],
}

describe('answers of AWS', () => {
  let server: StrictSts
  beforeAll(async () => {
    server = await startStrictSts({ accounts: [] })
  })
  afterAll(() => server.stop())

  it('are all known here', () => {
    expect(
      readdirSync(FOLDER)
        .map((name) => name.replace('.xml', ''))
        .sort(),
    ).toEqual(Object.keys(KEPT).sort())
  })

  it.each(Object.entries(KEPT))('%s', async (name, [status, failure]) => {
    const body = readFileSync(`${FOLDER}/${name}.xml`, 'utf8')
    await server.configure({ faults: [{ kind: 'answer', status, contentType: 'text/xml', body, times: 'always' }] })
    const sts = createSts({
      region: 'eu-west-1',
      transport: settingsFor(server.url),
      now: () => new Date(),
      retryDelayMs: 1,
      origins: { serial: SERIAL_ORIGIN, longTerm: KEY_ORIGIN },
    })
    const call = sts.assumeRole(
      { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' },
      {
        roleArn: ROLE,
        roleSessionName: 'alice',
        durationSeconds: 900,
        mfa: { serialNumber: SERIAL, tokenCode: '12345' },
      },
      NEVER,
    )
    const error: unknown = await call.catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(AwsmfaError)
    expect((error as AwsmfaError).failure).toEqual(failure)
  })
})

const REQUEST: RequestContext = {
  operation: 'GetSessionToken',
  region: 'eu-west-1',
  host: 'sts.eu-west-1.amazonaws.com',
  proxy: undefined,
  proxyIgnored: false,
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  credentialsOrigin: KEY_ORIGIN,
  serial: { value: SERIAL, origin: SERIAL_ORIGIN },
  roleArn: undefined,
  connectTimeoutMs: 5000,
  answerTimeoutMs: 20_000,
  hidden: ['wJalrXUtnFEMI', '123456', ''],
}
const awsError = (Code: string, message: string): Error => Object.assign(new Error(message), { name: Code, Code })
const at = (now: string, serverTime?: string) => ({
  status: 403,
  unanswered: false,
  now: new Date(now),
  serverTime: serverTime === undefined ? undefined : new Date(serverTime),
})

describe('clocks', () => {
  const SKEWED = 'Signature expired: 20261121T080000Z is now earlier than 20261121T084500Z (20261121T090000Z - 15 min.)'
  const WRONG = 'The request signature we calculated does not match the signature you provided.'
  it.each([
    [
      'ours is ahead',
      WRONG,
      '2026-11-21T10:00:00Z',
      '2026-11-21T09:00:00Z',
      { code: 'CLOCK_SKEWED', skewSeconds: 3600 },
    ],
    [
      'ours is behind',
      WRONG,
      '2026-11-21T09:00:00Z',
      '2026-11-21T09:20:00Z',
      { code: 'CLOCK_SKEWED', skewSeconds: -1200 },
    ],
    [
      'AWS says so, and the difference is small',
      SKEWED,
      '2026-11-21T09:00:00Z',
      '2026-11-21T09:04:00Z',
      { code: 'CLOCK_SKEWED', skewSeconds: -240 },
    ],
    [
      'AWS says so without a Date',
      SKEWED,
      '2026-11-21T09:00:00Z',
      undefined,
      { code: 'CLOCK_SKEWED', skewSeconds: undefined },
    ],
    ['they agree well enough', WRONG, '2026-11-21T09:00:00Z', '2026-11-21T09:05:00Z', rejected('wrong-secret')],
    ['nothing is known', WRONG, '2026-11-21T09:00:00Z', undefined, rejected('wrong-secret')],
  ] as const)('%s', (_, message, now, serverTime, failure) => {
    expect(explainFailure(awsError('SignatureDoesNotMatch', message), REQUEST, at(now, serverTime))).toEqual({
      failure,
      fate: 'refused',
    })
  })

  it.each([
    ['2026-11-21T09:00:00Z', '2026-11-21T09:00:12Z', 18],
    ['2026-11-21T09:00:29.900Z', undefined, 1],
    ['2026-11-21T09:00:30Z', undefined, 30],
  ])('the next code after %s (AWS: %s) comes in %i s, on the clock of AWS', (now, serverTime, nextCodeInSeconds) => {
    const error = awsError('AccessDenied', 'MultiFactorAuthentication failed with invalid MFA one time pass code. ')
    expect(explainFailure(error, REQUEST, at(now, serverTime)).failure).toMatchObject({
      code: 'TOKEN_CODE_REJECTED',
      nextCodeInSeconds,
    })
  })
})

describe('text of AWS', () => {
  it('loses every secret and line end, and has an end; control characters are made harmless where they are shown', () => {
    expect(harmless('key wJalrXUtnFEMI,\r\n code 123456\u001b[2J\u2028.', REQUEST)).toBe('key …,  code …\u001b[2J .')
    expect(harmless('x'.repeat(5000), REQUEST)).toHaveLength(1000)
  })
  it('a role whose name reads like a wrong code is still a role', () => {
    const message =
      'User: x is not authorized to perform: sts:AssumeRole on resource: MultiFactorAuthentication failed with invalid MFA one time pass code'
    expect(
      explainFailure(awsError('AccessDenied', message), REQUEST, at('2026-11-21T09:00:00Z')).failure,
    ).toMatchObject({ code: 'ACCESS_DENIED', message })
  })
})

const nodeError = (code: string, rest: object = {}): Error => Object.assign(new Error(code), { code, ...rest })

describe('what the network says', () => {
  it.each([
    [nodeError('ENOTFOUND', { syscall: 'getaddrinfo' }), { reason: 'dns', sent: false }],
    [nodeError('EAI_AGAIN', { syscall: 'getaddrinfo' }), { reason: 'dns', sent: false }],
    [nodeError('ECONNREFUSED', { syscall: 'connect' }), { reason: 'refused', sent: false }],
    [nodeError('ENETUNREACH', { syscall: 'connect' }), { reason: 'unreachable', sent: false }],
    [nodeError('ETIMEDOUT', { syscall: 'connect' }), { reason: 'timeout', sent: false }],
    [nodeError('ETIMEDOUT', { syscall: 'read' }), { reason: 'timeout', sent: true }],
    [nodeError('ECONNRESET', { syscall: 'connect' }), { reason: 'reset', sent: false }],
    [nodeError('ECONNRESET', { syscall: 'read' }), { reason: 'reset', sent: true }],
    [nodeError('ECONNRESET', { host: 'x', port: 443, localAddress: undefined }), { reason: 'reset', sent: false }],
    [nodeError('EPIPE', { syscall: 'write' }), { reason: 'reset', sent: true }],
    [nodeError('CERT_HAS_EXPIRED'), { reason: 'certificate', sent: false }],
    [nodeError('SELF_SIGNED_CERT_IN_CHAIN'), { reason: 'certificate', sent: false }],
    [nodeError('DEPTH_ZERO_SELF_SIGNED_CERT'), { reason: 'certificate', sent: false }],
    [nodeError('UNABLE_TO_GET_ISSUER_CERT_LOCALLY'), { reason: 'certificate', sent: false }],
    [nodeError('ERR_TLS_CERT_ALTNAME_INVALID'), { reason: 'certificate', sent: false }],
    [nodeError('ERR_SSL_WRONG_VERSION_NUMBER'), { reason: 'tls', sent: false }],
    [nodeError('EPROTO', { syscall: 'write' }), { reason: 'tls', sent: false }],
    [
      new Error('wrapped', { cause: nodeError('ECONNREFUSED', { syscall: 'connect' }) }),
      { reason: 'refused', sent: false },
    ],
    [new AggregateError([nodeError('EHOSTUNREACH', { syscall: 'connect' })]), { reason: 'unreachable', sent: false }],
    [nodeError('ECONNREFUSED', { proxyFailed: true }), { reason: 'proxy', sent: false }],
    [
      Object.assign(new Error('Bad response: 407'), { proxyFailed: true, proxyStatus: 407 }),
      { reason: 'proxy-auth', sent: false },
    ],
    [
      Object.assign(new Error('Bad response: 502'), { proxyFailed: true, proxyStatus: 502 }),
      { reason: 'proxy', sent: false },
    ],
    [nodeError('ETIMEDOUT', { proxyFailed: true, syscall: 'connect' }), { reason: 'timeout', sent: false }],
    [nodeError('CERT_HAS_EXPIRED', { proxyFailed: true }), { reason: 'certificate', sent: false }],
    [new Error('plain'), undefined],
    [nodeError('constructor'), undefined],
    ['text', undefined],
    [undefined, undefined],
  ])('%s', (error, trouble) => {
    expect(findWireProblem(error)).toEqual(trouble)
  })
})
