/**
 * The federation endpoint of AWS Sign-In: `getSigninToken` exchanges the credentials of a role for a token, `login`
 * signs a browser in with it. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
 */
import { randomBytes } from 'node:crypto'
import type { ReceivedRequest } from './sigv4.ts'
import type { ServerState, Session } from './state.ts'
import { arnOfSigner, serverNow } from './state.ts'

/** The answer to a browser or program. `location`: where a browser goes next. */
export type Page = {
  readonly status: number
  readonly contentType: string
  readonly body: string
  readonly location?: string
}

const TOKEN_MS = 15 * 60_000

/** Texts as users of aws-vault report them: #1191 and #77. */
const NOT_A_ROLE = 'Only federation tokens or assume role tokens may be used for federated login'
const BAD_CREDENTIALS = 'Invalid credentials parameter'

const refuse = (text: string): Page => ({
  status: 400,
  contentType: 'text/html',
  body: `<html><head><title>Error</title></head><body><h1>${text}</h1></body></html>`,
})

/** Returns whether a request is for the endpoints of the console. */
export const isForConsole = ({ path }: ReceivedRequest): boolean => /^\/(federation|oauth)(\?|$)/.test(path)

const sessionIn = (state: ServerState, text: string | null): Session | undefined => {
  try {
    const { sessionId, sessionKey, sessionToken } = JSON.parse(text ?? '') as Record<string, unknown>
    const found = state.sessions.get(String(sessionId))
    return found?.secretAccessKey === sessionKey && found?.sessionToken === sessionToken ? found : undefined
  } catch {
    return undefined
  }
}

const getSigninToken = (state: ServerState, session: Session | undefined, duration: string | null): Page => {
  if (session === undefined || session.expirationMs <= serverNow(state)) return refuse(BAD_CREDENTIALS)
  if (session.owner.kind !== 'assumed-role') return refuse(NOT_A_ROLE)
  if (duration !== null) {
    const seconds = Number(duration)
    const isPossible = seconds >= 900 && seconds <= Math.min(43_200, session.owner.role.maxSessionDurationSeconds)
    if (session.owner.isChained || !isPossible) return refuse(BAD_CREDENTIALS)
  }
  const token = randomBytes(240).toString('base64url')
  state.signinTokens.set(token, serverNow(state) + TOKEN_MS)
  return { status: 200, contentType: 'application/json', body: JSON.stringify({ SigninToken: token }) }
}

const login = (state: ServerState, query: URLSearchParams): Page => {
  const until = state.signinTokens.get(query.get('SigninToken') ?? '') ?? 0
  const destination = query.get('Destination') ?? ''
  if (until <= serverNow(state) || !URL.canParse(destination)) return refuse('Bad Request')
  return { status: 302, contentType: 'text/html', body: '', location: destination }
}

/**
 * Answers and logs a request. A program must send credentials by POST: in a URL they would be in logs. The log has the
 * fields without the credentials and the token.
 */
export const serveFederation = (
  state: ServerState,
  request: ReceivedRequest,
  where: { readonly transport: 'http' | 'https'; readonly connection: number },
): Page => {
  const url = new URL(request.path, 'http://localhost')
  const form = request.method === 'POST' ? new URLSearchParams(Buffer.from(request.body).toString()) : url.searchParams
  const action = form.get('Action')
  const session = sessionIn(state, form.get('Session'))
  const page =
    url.pathname === '/oauth' && action === 'logout'
      ? { status: 302, contentType: 'text/html', body: '', location: form.get('redirect_uri') ?? '' }
      : action === 'getSigninToken' && request.method === 'POST' && url.search === ''
        ? getSigninToken(state, session, form.get('SessionDuration'))
        : action === 'login' && request.method === 'GET'
          ? login(state, form)
          : refuse('Bad Request')
  const hidden = ['Action', 'Session', 'SigninToken', 'redirect_uri']
  state.log.push({
    ...where,
    time: new Date().toISOString(),
    method: request.method,
    service: 'signin',
    operation: action,
    parameters: Object.fromEntries([...form].filter(([name]) => !hidden.includes(name))),
    accessKeyId: session?.accessKeyId ?? null,
    region: null,
    signer: session?.owner.kind ?? null,
    signerArn: session === undefined ? null : arnOfSigner(session.owner),
    isMfaPresent: false,
    status: page.status,
    outcome: page.status < 400 ? 'OK' : null,
    faults: [],
    host: request.headers['host'] ?? '',
    userAgent: request.headers['user-agent'] ?? '',
  })
  return page
}
