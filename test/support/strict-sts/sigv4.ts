/**
 * Verifies Signature Version 4: signs the received request again with the secret of its key ID and compares the
 * signatures. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHash } from 'node:crypto'
import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Refusal } from './answers.ts'
import type { Service } from './query-protocol.ts'
import type { ServerState, Signer } from './state.ts'
import type { Partition } from './world.ts'
import {
  EXPIRED_TOKEN,
  INVALID_CLIENT_TOKEN_ID,
  MISSING_AUTHENTICATION,
  refusal,
  signatureDoesNotMatch,
} from './answers.ts'
import { knowsKey, maySessionSign } from './access-keys.ts'
import { serverNow } from './state.ts'

/** A request as received. Header names are lower case. */
export type ReceivedRequest = {
  readonly method: string
  readonly path: string
  readonly headers: { readonly [name: string]: string }
  readonly body: Uint8Array
}

type Authorization = {
  readonly accessKeyId: string
  readonly day: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

type Secret = { readonly secretAccessKey: string; readonly sessionToken?: string; readonly signer: Signer }

/** The signer, or the error; and the key ID and region of the Authorization header, if it could be parsed. */
export type Verification = {
  readonly accessKeyId: string | null
  readonly region: string | null
  readonly verdict: { readonly isOk: true; readonly signer: Signer } | Refusal
}

const SKEW_MS = 15 * 60 * 1000
const AUTHORIZATION = new RegExp(
  '^AWS4-HMAC-SHA256\\s+Credential=([^/,\\s]+)/(\\d{8})/([^/,\\s]+)/([^/,\\s]+)/aws4_request,' +
    '\\s*SignedHeaders=([^,\\s]+),\\s*Signature=([0-9a-f]{64})$',
)
const REGION = /^(?:us|eu|ap|sa|ca|me|af|il|mx|cn)(?:-gov)?-[a-z]+-\d$/
const MISMATCH = signatureDoesNotMatch(
  'The request signature we calculated does not match the signature you provided. ' +
    'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
)

const parseAuthorization = (header: string): Authorization | undefined => {
  const [, accessKeyId, day, region, service, signedHeaders, signature] = AUTHORIZATION.exec(header) ?? []
  if (accessKeyId === undefined || day === undefined || region === undefined || service === undefined) return undefined
  if (signedHeaders === undefined || signature === undefined) return undefined
  return { accessKeyId, day, region, service, signedHeaders: signedHeaders.split(';'), signature }
}

const basicTime = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '')

const parseBasicTime = (text: string): number => {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  return match ? Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}Z`) : Number.NaN
}

const checkTime = (amzDate: string, day: string, now: number): Refusal | undefined => {
  const signed = parseBasicTime(amzDate)
  if (Number.isNaN(signed))
    return refusal(403, 'IncompleteSignature', `Date must be in ISO-8601 'basic format'. Got '${amzDate}'.`)
  if (!amzDate.startsWith(day)) {
    return signatureDoesNotMatch(
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
        `'${day}' != '${amzDate.slice(0, 8)}', from '${amzDate}'.`,
    )
  }
  if (signed < now - SKEW_MS) {
    const earliest = basicTime(now - SKEW_MS)
    return signatureDoesNotMatch(
      `Signature expired: ${amzDate} is now earlier than ${earliest} (${basicTime(now)} - 15 min.)`,
    )
  }
  if (signed > now + SKEW_MS) {
    const latest = basicTime(now + SKEW_MS)
    return signatureDoesNotMatch(
      `Signature not yet current: ${amzDate} is still later than ${latest} (${basicTime(now)} + 15 min.)`,
    )
  }
  return undefined
}

/** Returns the partition of a region. */
const partitionOf = (region: string): Partition =>
  region.startsWith('us-gov-') ? 'aws-us-gov' : region.startsWith('cn-') ? 'aws-cn' : 'aws'

/**
 * Returns the signing region of a public STS or IAM host name; undefined for other hosts, such as loopback.
 * https://docs.aws.amazon.com/general/latest/gr/sts.html and iam-service.html
 */
const regionOfHost = (host: string): string | undefined => {
  const match = /^(?:sts|iam)(?:-fips)?(?:\.([a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?(?::\d+)?$/.exec(host)
  if (match === null) return undefined
  if (match[1] === undefined) return 'us-east-1'
  return match[1] === 'us-gov' ? 'us-gov-west-1' : match[1]
}

const checkScope = (scope: Authorization, service: Service, host: string): Refusal | undefined => {
  if (scope.service !== service)
    return signatureDoesNotMatch(`Credential should be scoped to correct service: '${service}'. `)
  const expected = regionOfHost(host)
  if (!REGION.test(scope.region) || (expected !== undefined && expected !== scope.region)) {
    return signatureDoesNotMatch('Credential should be scoped to a valid region. ')
  }
  return undefined
}

const checkSignedHeaders = (request: ReceivedRequest, scope: Authorization): Refusal | undefined => {
  const needed = ['host', ...Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'))]
  const unsigned = needed.find((name) => !scope.signedHeaders.includes(name))
  const missing = scope.signedHeaders.find((name) => request.headers[name] === undefined)
  if (unsigned === undefined && missing === undefined) return undefined
  return signatureDoesNotMatch(`'${unsigned ?? missing ?? ''}' must be a 'SignedHeader' in the AWS Authorization.`)
}

const findSecret = (
  state: ServerState,
  scope: Authorization,
  headers: ReceivedRequest['headers'],
): Secret | Refusal => {
  const sessionToken = headers['x-amz-security-token']
  const partition = partitionOf(scope.region)
  const owner = state.world.keys.get(scope.accessKeyId)
  if (owner?.key.isActive === true && owner.account.partition === partition && sessionToken === undefined) {
    if (!knowsKey(state, owner, parseBasicTime(headers['x-amz-date'] ?? ''))) return INVALID_CLIENT_TOKEN_ID
    const { account, user, key } = owner
    return { secretAccessKey: key.secret, signer: { kind: 'user', account, user, keyId: key.id } }
  }
  const session = state.sessions.get(scope.accessKeyId)
  if (session === undefined || session.sessionToken !== sessionToken || session.owner.account.partition !== partition) {
    return INVALID_CLIENT_TOKEN_ID
  }
  if (session.expirationMs <= serverNow(state)) return EXPIRED_TOKEN
  if (!maySessionSign(state, session.owner)) return INVALID_CLIENT_TOKEN_ID
  return { secretAccessKey: session.secretAccessKey, sessionToken: session.sessionToken, signer: session.owner }
}

const computeSignature = async (
  request: ReceivedRequest,
  scope: Authorization,
  secret: Secret,
): Promise<string | undefined> => {
  const signer = new SignatureV4({
    service: scope.service,
    region: scope.region,
    sha256: Sha256,
    applyChecksum: false,
    credentials: {
      accessKeyId: scope.accessKeyId,
      secretAccessKey: secret.secretAccessKey,
      ...(secret.sessionToken === undefined ? {} : { sessionToken: secret.sessionToken }),
    },
  })
  const headers = Object.fromEntries(scope.signedHeaders.map((name) => [name, request.headers[name] ?? '']))
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: 'http:',
      hostname: 'localhost',
      path: request.path,
      query: {},
      headers,
      body: request.body,
    },
    {
      signingDate: new Date(parseBasicTime(request.headers['x-amz-date'] ?? '')),
      signableHeaders: new Set(scope.signedHeaders),
    },
  )
  return parseAuthorization(signed.headers['authorization'] ?? '')?.signature
}

const matchesBodyHash = (request: ReceivedRequest): boolean => {
  const claimed = request.headers['x-amz-content-sha256']
  return claimed === undefined || claimed === createHash('sha256').update(request.body).digest('hex')
}

type Verify = (
  state: ServerState,
  request: ReceivedRequest,
  scope: Authorization,
  service: Service,
) => Promise<Verification['verdict']>

const verify: Verify = async (state, request, scope, service) => {
  const refused =
    checkScope(scope, service, request.headers['host'] ?? '') ??
    checkSignedHeaders(request, scope) ??
    checkTime(request.headers['x-amz-date'] ?? '', scope.day, serverNow(state))
  if (refused !== undefined) return refused
  const secret = findSecret(state, scope, request.headers)
  if ('code' in secret) return secret
  if (!matchesBodyHash(request) || (await computeSignature(request, scope, secret)) !== scope.signature) return MISMATCH
  if (secret.signer.account.regionsOff?.includes(scope.region) === true) {
    return refusal(
      403,
      'RegionDisabledException',
      `STS is not activated in this region for account:${secret.signer.account.id}. ` +
        'Your account administrator can activate STS in this region using the IAM Console.',
    )
  }
  return { isOk: true, signer: secret.signer }
}

/**
 * Verifies the signature of a request to `service`. Fails for a missing signature, a signature for another service or
 * region, a clock more than 15 minutes off, a key ID unknown in the region's partition, an expired session, a wrong
 * secret, a modified body, and a region that is not active in the account.
 */
export const verifyRequest = async (
  state: ServerState,
  request: ReceivedRequest,
  service: Service,
): Promise<Verification> => {
  const header = request.headers['authorization']
  if (header === undefined) return { accessKeyId: null, region: null, verdict: MISSING_AUTHENTICATION }
  const scope = parseAuthorization(header)
  if (scope === undefined) {
    const verdict = refusal(403, 'IncompleteSignature', 'Authorization header is not of Signature Version 4.')
    return { accessKeyId: null, region: null, verdict }
  }
  return { accessKeyId: scope.accessKeyId, region: scope.region, verdict: await verify(state, request, scope, service) }
}
