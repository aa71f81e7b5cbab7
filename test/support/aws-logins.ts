/**
 * What the AWS CLI leaves of `aws sso login` and `aws login`, and a server that answers in place of AWS: as the portal
 * of IAM Identity Center, as STS, and as the federation endpoint.
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const START_URL = 'https://example.awsapps.com/start'
const USER = 'arn:aws:iam::111111111111:user/alice'
/** Profiles that the AWS CLI signs in to, and a role that is assumed with one. */
const CONFIG = `[sso-session corp]
sso_start_url = ${START_URL}
sso_region = eu-west-1
[profile sso]
sso_session = corp
sso_account_id = 111111111111
sso_role_name = Dev
region = eu-west-1
[profile admin]
role_arn = arn:aws:iam::222222222222:role/Admin
source_profile = sso
[profile denied]
sso_session = corp
sso_account_id = 111111111111
sso_role_name = Admin
[profile ended]
sso_start_url = ${START_URL}
sso_region = eu-west-1
sso_account_id = 111111111111
sso_role_name = Dev
[profile login]
login_session = ${USER}
[profile renewed]
login_session = arn:aws:iam::111111111111:user/carol
[profile nobody]
login_session = arn:aws:iam::111111111111:user/bob
`

const ROLE = 'arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/alice@example.com'
const ADMIN = 'arn:aws:sts::222222222222:assumed-role/Admin/alice'

/** The answers of STS, as far as they are read. */
function stsAnswer(action: string): string {
  const result =
    action === 'AssumeRole'
      ? `<Credentials><AccessKeyId>ASIAADMINADMINADMIN1</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${inHours(1)}</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>AROA:alice</AssumedRoleId><Arn>${ADMIN}</Arn></AssumedRoleUser>`
      : `<Account>111111111111</Account><Arn>${ROLE}</Arn><UserId>AROA:alice@example.com</UserId>`
  return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${result}</${action}Result></${action}Response>`
}

export const hash = (name: string, text: string): string => createHash(name).update(text).digest('hex')

const inHours = (hours: number): string =>
  new Date(Date.now() + hours * 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z')

/** Returns the files of a home in which the AWS CLI has signed in, in which it has not, and in which it has expired. */
export function signedInFiles(): Readonly<Record<string, string>> {
  const sso = (expiresAt: string, accessToken: string): string =>
    JSON.stringify({ startUrl: START_URL, region: 'eu-west-1', accessToken, expiresAt })
  const login = { accessKeyId: 'ASIALOGIN', secretAccessKey: 's', sessionToken: 't', accountId: '111111111111' }
  return {
    '.aws/config': CONFIG,
    [`.aws/sso/cache/${hash('sha1', 'corp')}.json`]: sso(inHours(8.01), 'aoaEXAMPLE'),
    [`.aws/sso/cache/${hash('sha1', START_URL)}.json`]: sso(inHours(-1), 'aoaENDED'),
    [`.aws/login/cache/${hash('sha256', USER)}.json`]: JSON.stringify({
      accessToken: { ...login, expiresAt: inHours(0.2) },
    }),
    [`.aws/login/cache/${hash('sha256', 'arn:aws:iam::111111111111:user/carol')}.json`]: JSON.stringify({
      accessToken: { ...login, expiresAt: inHours(-1) },
      refreshToken: 'r',
    }),
  }
}

/** A server in place of AWS. */
export interface Portal {
  /** What was asked, in order: the method and path of the portal, or the action. A test may empty it. */
  readonly requests: string[]
  /** The variables that lead there. */
  readonly environment: () => Readonly<Record<string, string>>
  readonly stop: () => void
}

/** Starts the server. */
export async function startPortal(): Promise<Portal> {
  const requests: string[] = []
  const server = listen(requests)
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    requests,
    environment: () => ({ AWS_ENDPOINT_URL_SSO: url, AWS_ENDPOINT_URL_STS: url, AWSMFA_SIGNIN_ENDPOINT: url }),
    stop: () => server.close(),
  }
}

/** Answers GetRoleCredentials as the portal of IAM Identity Center does, STS, and the federation endpoint. */
function listen(requests: string[]): Server {
  return createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost')
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (request.method === 'POST') {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk) => (body += String(chunk)))
      request.on('end', () => {
        const form = new URLSearchParams(body)
        const action = form.get('Action') ?? ''
        const { sessionId } = JSON.parse(form.get('Session') ?? '{}') as { readonly sessionId?: string }
        requests.push([action, sessionId ?? form.get('RoleArn') ?? ''].join(' ').trim())
        if (action === 'getSigninToken') answer(200, { SigninToken: 'a-token' })
        else response.writeHead(200, { 'content-type': 'text/xml' }).end(stsAnswer(action))
      })
      return
    }
    requests.push(`${request.method ?? ''} ${url.pathname}${url.search}`)
    if (request.headers['x-amz-sso_bearer_token'] !== 'aoaEXAMPLE')
      answer(401, { message: 'Session token not found or invalid' })
    else if (url.searchParams.get('role_name') !== 'Dev') answer(403, { message: 'No access' })
    else
      answer(200, {
        roleCredentials: {
          accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
          secretAccessKey: 'secret',
          sessionToken: 'token',
          expiration: Date.now() + 3_600_000,
        },
      })
  }).listen(0, '127.0.0.1')
}
