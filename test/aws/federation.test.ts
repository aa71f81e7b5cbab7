/** The exchange of a role's credentials for a sign-in token of the console. */
import { createServer } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { consoleHosts, signInEndpoint } from '../../src/aws/console-urls.ts'
import { requestSigninToken } from '../../src/aws/federation.ts'
import { AwsmfaError } from '../../src/model/failure.ts'

const SESSION = {
  accessKeyId: 'ASIAQQQQQQQQQQQQEXPL',
  secretAccessKey: 'the/secret+key',
  sessionToken: 'the/session+token=',
  expiration: undefined,
}
const NEVER = new AbortController().signal

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** Serves each request with the next answer, and returns the address and what was received. */
async function serve(...answers: readonly ((response: ServerResponse, form: URLSearchParams) => void)[]) {
  const received: { readonly line: string; readonly form: URLSearchParams }[] = []
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const line = `${request.method ?? ''} ${request.url ?? ''} ${request.headers['content-type'] ?? ''}`
      const form = new URLSearchParams(Buffer.concat(chunks).toString())
      received.push({ line, form })
      answers[received.length - 1]?.(response, form)
    })
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { received, endpoint: signInEndpoint('aws', consoleHosts('aws'), url) }
}

const answer =
  (status: number, body: string) =>
  (response: ServerResponse): void =>
    void response.writeHead(status).end(body)
const drop = (response: ServerResponse): void => void response.socket?.destroy()
const TOKEN = answer(200, '{"SigninToken":"abc-_123"}')

const request = (endpoint: ReturnType<typeof signInEndpoint>, durationSeconds?: number) =>
  requestSigninToken(
    {
      endpoint,
      session: SESSION,
      durationSeconds,
      transport: { proxies: { https: undefined, http: undefined, bypass: [] }, ca: undefined },
    },
    NEVER,
  )

it.each([
  [undefined, {}],
  [28_800, { SessionDuration: '28800' }],
])('sends the credentials in the body of a POST; duration %s', async (seconds, more) => {
  const { received, endpoint } = await serve(TOKEN)
  expect(await request(endpoint, seconds)).toBe('abc-_123')
  expect(received.map(({ line }) => line)).toEqual(['POST /federation application/x-www-form-urlencoded'])
  const { Session, ...rest } = Object.fromEntries(received[0]?.form ?? [])
  expect(rest).toEqual({ Action: 'getSigninToken', ...more })
  expect(JSON.parse(Session ?? '')).toEqual({
    sessionId: SESSION.accessKeyId,
    sessionKey: SESSION.secretAccessKey,
    sessionToken: SESSION.sessionToken,
  })
})

it.each([
  ['a lost answer', drop],
  ['a server error', answer(503, 'busy')],
])('sends the request once more after %s', async (_, first) => {
  const { received, endpoint } = await serve(first, TOKEN)
  expect(await request(endpoint)).toBe('abc-_123')
  expect(received).toHaveLength(2)
})

it.each([
  ['twice lost', [drop, drop], { code: 'NETWORK_UNREACHABLE', service: 'AWS Sign-In', reason: 'reset' }],
  ['twice a server error', [answer(500, 'x'), answer(500, 'x')], { code: 'STS_UNEXPECTED', status: 500 }],
  ['no token', [answer(200, '{}')], { code: 'STS_UNEXPECTED', status: 200 }],
  ['a token that is none', [answer(200, '{"SigninToken":"a&b"}')], { code: 'STS_UNEXPECTED', status: 200 }],
  ['a page of a proxy', [answer(200, '<html>sign in</html>')], { code: 'STS_UNEXPECTED', status: 200 }],
  ['a redirect', [answer(302, '')], { code: 'STS_UNEXPECTED', status: 302 }],
  [
    'credentials of a user',
    [answer(400, '<h1>Only federation tokens or assume role tokens may be used for federated login</h1>')],
    { code: 'CONSOLE_REFUSED', status: 400, reason: 'not-a-role' },
  ],
  [
    'a duration for a chained role',
    [answer(400, 'Invalid credentials parameter')],
    { code: 'CONSOLE_REFUSED', status: 400, reason: 'chained' },
  ],
  [
    'a refusal that quotes the request',
    [answer(403, `<p>no: ${SESSION.sessionToken}</p>`)],
    { code: 'CONSOLE_REFUSED', status: 403, reason: 'other', detail: 'no: …' },
  ],
  [
    'a refusal that quotes the form',
    [(response: ServerResponse, form: URLSearchParams) => void response.writeHead(403).end(form.toString())],
    {
      code: 'CONSOLE_REFUSED',
      status: 403,
      reason: 'other',
      detail: expect.stringContaining('sessionToken') as unknown,
    },
  ],
])('fails after %s', async (_, answers, failure) => {
  const { received, endpoint } = await serve(...answers)
  const error: unknown = await request(endpoint).catch((caught: unknown) => caught)
  const found = error instanceof AwsmfaError ? error.failure : error
  expect(found).toMatchObject(failure)
  expect(JSON.stringify(found)).not.toMatch(/the(\/|%2F)s/)
  expect(received).toHaveLength(answers.length)
})
