import type { ProxySettings } from './transport-settings.ts'

/** Whether a proxy stands on the way to one host. `ignored`: one is set, but NO_PROXY names the host. */
export interface ProxyChoice {
  readonly proxyUrl: string | undefined
  readonly ignored: boolean
}

/**
 * Chooses the proxy for an address: HTTPS_PROXY for https, HTTP_PROXY for http, none where NO_PROXY lists the host. An entry
 * is a host or the end of one, with or without a leading dot and with or without a port; `*` is every host. Networks such as
 * 10.0.0.0/8 are not understood. Source: Python's urllib.request › proxy_bypass_environment, which botocore asks.
 */
export function chooseProxy(url: URL, proxies: ProxySettings): ProxyChoice {
  const proxyUrl = url.protocol === 'https:' ? proxies.https : proxies.http
  if (proxyUrl === undefined) return { proxyUrl: undefined, ignored: false }
  const bypassed = proxies.bypass.some((entry) => matchesEntry(url, entry.toLowerCase()))
  return bypassed ? { proxyUrl: undefined, ignored: true } : { proxyUrl, ignored: false }
}

function matchesEntry(url: URL, entry: string): boolean {
  if (entry === '*') return true
  const name = entry.replace(/^\*?\.+/, '')
  if (name === '') return false
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, '')
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  return [host, `${host}:${port}`, `[${host}]`, `[${host}]:${port}`].some((form) => form === name || form.endsWith(`.${name}`))
}

/** Gives a proxy as it may be shown: host and port, never its user and password. */
export function labelOfProxy(proxyUrl: string): string {
  return new URL(proxyUrl).host
}
