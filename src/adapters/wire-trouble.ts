import type { NetworkTrouble } from '../core/failures.ts'

/** What went wrong on the way. `sent`: the request may have reached the server, so that it may have been carried out. */
export interface WireTrouble {
  readonly reason: NetworkTrouble
  readonly sent: boolean
}

// Sources: Node's documentation, "Common system errors"; libuv's EAI_* names.
const BY_CODE: Readonly<Record<string, WireTrouble>> = {
  ENOTFOUND: { reason: 'dns', sent: false },
  EAI_AGAIN: { reason: 'dns', sent: false },
  EAI_FAIL: { reason: 'dns', sent: false },
  EAI_NODATA: { reason: 'dns', sent: false },
  EAI_NONAME: { reason: 'dns', sent: false },
  ECONNREFUSED: { reason: 'refused', sent: false },
  EHOSTUNREACH: { reason: 'unreachable', sent: false },
  ENETUNREACH: { reason: 'unreachable', sent: false },
  ENETDOWN: { reason: 'unreachable', sent: false },
  EHOSTDOWN: { reason: 'unreachable', sent: false },
  EADDRNOTAVAIL: { reason: 'unreachable', sent: false },
  EPROTO: { reason: 'tls', sent: false },
  ECONNRESET: { reason: 'reset', sent: true },
  ECONNABORTED: { reason: 'reset', sent: true },
  EPIPE: { reason: 'reset', sent: true },
  ERR_STREAM_PREMATURE_CLOSE: { reason: 'reset', sent: true },
  ETIMEDOUT: { reason: 'timeout', sent: true },
}

// OpenSSL's names of what can be wrong with a certificate (Node's documentation, "X509 certificate error codes"), and Node's own two.
const CERTIFICATE = /^(CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_CERT|ERROR_IN_CERT_|ERROR_IN_CRL_|INVALID_(CA|PURPOSE)|PATH_LENGTH_|HOSTNAME_MISMATCH|ERR_TLS_CERT_)/

/**
 * Finds what a caught error says about the network, looking through its causes and, where several addresses were tried, at
 * the first of them. Gives undefined for an error that is not of the network.
 */
export function findWireTrouble(error: unknown): WireTrouble | undefined {
  const links = chainOf(error)
  const proxied = links.find((link) => link['proxyFailed'] === true)
  for (const link of links) {
    const trouble = troubleOf(link)
    if (trouble === undefined) continue
    return proxied === undefined || trouble.reason === 'certificate' ? trouble : { reason: proxyReason(proxied), sent: false }
  }
  return proxied === undefined ? undefined : { reason: proxyReason(proxied), sent: false }
}

type Link = Readonly<Record<string, unknown>>

function chainOf(error: unknown): readonly Link[] {
  const links: Link[] = []
  for (let current = error; current instanceof Error && links.length < 8; ) {
    links.push(current as unknown as Link)
    current = current instanceof AggregateError ? current.errors[0] : current.cause
  }
  return links
}

const proxyReason = (link: Link): NetworkTrouble => (link['proxyStatus'] === 407 ? 'proxy-auth' : link['code'] === 'ETIMEDOUT' ? 'timeout' : 'proxy')

function troubleOf(link: Link): WireTrouble | undefined {
  const code = typeof link['code'] === 'string' ? link['code'] : ''
  if (CERTIFICATE.test(code)) return { reason: 'certificate', sent: false }
  if (/^ERR_(SSL|TLS|OSSL)_/.test(code)) return { reason: 'tls', sent: false }
  // Node: "Client network socket disconnected before secure TLS connection was established" alone carries these properties.
  if (code === 'ECONNRESET' && 'localAddress' in link) return { reason: 'reset', sent: false }
  const found = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined
  return found !== undefined && (link['syscall'] === 'connect' || link['syscall'] === 'getaddrinfo') ? { ...found, sent: false } : found
}
