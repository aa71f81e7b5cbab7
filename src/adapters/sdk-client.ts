/**
 * What the clients of both services have in common: everything that the SDK would otherwise look up in files, in the
 * environment or at an instance's metadata address is given to it, and each answer is watched as it arrives.
 */
import type { Agent } from 'node:http'
import type { SigningCredentials } from '../core/sessions/credentials.ts'
import type { ObserveAnswer } from './request-handler.ts'
import { createRequestHandler } from './request-handler.ts'
import type { ServiceEndpoint } from './sts-endpoint.ts'

/** Options of one `send`: the SDK hands them on to the request handler, which finds `observe` in them. */
export interface SendOptions {
  readonly abortSignal: AbortSignal
  readonly observe: ObserveAnswer
}

/** The settings of a client. `signer` is asked at each request. */
export function clientSettings(endpoint: ServiceEndpoint, signer: () => SigningCredentials, agent: Agent) {
  return {
    endpoint: endpoint.url,
    region: endpoint.signingRegion,
    credentials: () => Promise.resolve(identityOf(signer())),
    requestHandler: createRequestHandler(agent),
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard' as const,
    // The endpoint already is the FIPS or dual-stack one.
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    streamCollector: collectBody,
    userAgentAppId: () => Promise.resolve(undefined),
    customUserAgent: 'awsmfa',
    authSchemePreference: [] as string[],
    sigv4aSigningRegionSet: [] as string[],
    disableClockSkewCorrection: false,
  }
}

const LONGEST_BODY = 1024 * 1024

/**
 * Reads an answer to its end; one longer than 1 MB is cut off with an error, since AWS's are a few KB. In place of the SDK's own
 * collector, which looks at the global ReadableStream and so makes Node load its web streams (4 ms).
 */
async function collectBody(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    length += chunk.length
    if (length > LONGEST_BODY) throw new Error('the answer is longer than any of AWS')
  }
  return new Uint8Array(Buffer.concat(chunks))
}

function identityOf(signer: SigningCredentials): SigningCredentials {
  const { accessKeyId, secretAccessKey, sessionToken } = signer
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
}

const WARNING_SWITCH = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'

/**
 * Makes a client without the SDK's warning about old Node versions on stderr, which is for programmers, not for who logs in.
 * Its switch is an environment variable, set for the duration of the call alone, so that no child inherits it.
 */
export function withoutVersionWarning<T>(make: () => T): T {
  const before = process.env[WARNING_SWITCH]
  process.env[WARNING_SWITCH] = 'true'
  try {
    return make()
  } finally {
    if (before === undefined) Reflect.deleteProperty(process.env, WARNING_SWITCH)
    else process.env[WARNING_SWITCH] = before
  }
}
