/** What time it is at AWS: the Date header of an answer to a request that carries no credentials. */
import { createTransport } from './sts-transport.ts'
import { createRequestHandler } from './request-handler.ts'
import { stsEndpoint } from './sts-endpoint.ts'
import type { TransportSettings } from './transport-settings.ts'

const CONNECT_MS = 5_000
const ANSWER_MS = 10_000

/**
 * Gives the clock of STS less this one, in whole seconds (the header knows no less), half of the way there and back taken off;
 * `none` where there is no answer. Whatever STS answers, a refusal as a rule, has the header. Never throws.
 */
export async function measureClock(settings: TransportSettings, region: string, now: () => Date): Promise<number | 'none'> {
  const url = new URL(settings.stsEndpointUrl?.value ?? stsEndpoint(region, settings).url)
  const transport = createTransport({ url: url.href, proxies: settings.proxies, ca: settings.ca, preconnect: false, connectTimeoutMs: CONNECT_MS })
  try {
    const handler = createRequestHandler(await transport.agent())
    const started = now().getTime()
    const request = { protocol: url.protocol, hostname: url.hostname, ...(url.port === '' ? {} : { port: Number(url.port) }), method: 'GET', path: '/', headers: { host: url.host } }
    const { response } = await handler.handle(request, { abortSignal: AbortSignal.timeout(ANSWER_MS) })
    const half = (now().getTime() - started) / 2
    response.body.resume()
    handler.destroy()
    const theirs = Date.parse(response.headers['date'] ?? '')
    return Number.isNaN(theirs) ? 'none' : Math.round((theirs - (started + half)) / 1000)
  } catch {
    // No way there, no certificate that is trusted, no answer in time: for the clock it is all one.
    return 'none'
  } finally {
    transport.settle()
  }
}
