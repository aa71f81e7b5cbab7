/**
 * The addresses of the AWS console: its pages, its sign-in, and the URL that signs in. Source: IAM User Guide,
 * "Enabling custom identity broker access to the AWS console".
 */
import { isUnencrypted } from './connection-settings.ts'
import { homeRegion } from './endpoints.ts'
import { AwsmfaError } from '../model/failure.ts'

/** Where a partition's console and its sign-in are. */
export interface ConsoleHosts {
  readonly signIn: string
  readonly console: string
}

/**
 * The isolated partitions are left out: what their consoles accept is not public. Hosts of the European Sovereign Cloud
 * as in the SDKs' endpoint rules of the service "signin".
 */
const HOSTS: Readonly<Record<string, ConsoleHosts>> = {
  aws: { signIn: 'signin.aws.amazon.com', console: 'console.aws.amazon.com' },
  'aws-us-gov': { signIn: 'signin.amazonaws-us-gov.com', console: 'console.amazonaws-us-gov.com' },
  'aws-cn': { signIn: 'signin.amazonaws.cn', console: 'console.amazonaws.cn' },
  'aws-eusc': { signIn: 'eusc-de-east-1.signin.amazonaws-eusc.eu', console: 'console.amazonaws-eusc.eu' },
}

/** Names of services in the AWS CLI and in people's mouths that differ from the path in the console. */
const CONSOLE_PATHS: Readonly<Record<string, string>> = {
  cfn: 'cloudformation',
  codecommit: 'codesuite/codecommit',
  cw: 'cloudwatch',
  ddb: 'dynamodbv2',
  dynamodb: 'dynamodbv2',
  eventbridge: 'events',
  r53: 'route53/v2',
  redshift: 'redshiftv2',
  route53: 'route53/v2',
  sfn: 'states',
  sm: 'secretsmanager',
  ssm: 'systems-manager',
  sso: 'singlesignon',
  stepfunctions: 'states',
  waf: 'wafv2/homev2',
  wafv2: 'wafv2/homev2',
}

/** Returns where a partition's console is. Throws CONSOLE_UNSUPPORTED. */
export function consoleHosts(partition: string): ConsoleHosts {
  const hosts = Object.hasOwn(HOSTS, partition) ? HOSTS[partition] : undefined
  if (hosts === undefined) throw new AwsmfaError({ code: 'CONSOLE_UNSUPPORTED', partition })
  return hosts
}

/** Returns whether a text can be the name of a service: one or more labels of a path. */
export function isServiceName(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]*(?:\/[a-z0-9][a-z0-9-]*)*$/.test(text)
}

/** Returns the page of a service, or the console's first page; without a region the console chooses one. */
export function consolePage(
  { console: host }: Pick<ConsoleHosts, 'console'>,
  service: string | undefined,
  region: string | undefined,
): string {
  const path =
    service === undefined ? 'console' : Object.hasOwn(CONSOLE_PATHS, service) ? CONSOLE_PATHS[service] : service
  return region === undefined
    ? `https://${host}/${path}/home`
    : `https://${region}.${host}/${path}/home?region=${region}`
}

/** A sign-in service: AWS's own, or another one with the same paths. */
export interface SignInEndpoint {
  readonly federation: string
  /** Where a browser signs out of the session that it has. */
  readonly signOut: string
}

/** Returns the sign-in of a partition; `override`: an address in its place, without a path. */
export function signInEndpoint(partition: string, hosts: ConsoleHosts, override: string | undefined): SignInEndpoint {
  const base = override?.replace(/\/+$/, '')
  const regional = hosts.signIn.startsWith(homeRegion(partition) ?? '-')
    ? hosts.signIn
    : `${homeRegion(partition) ?? ''}.${hosts.signIn}`
  return {
    federation: `${base ?? `https://${hosts.signIn}`}/federation`,
    signOut: `${base ?? `https://${regional}`}/oauth`,
  }
}

/** Returns whether an address may stand in for AWS's sign-in: the credentials of a role go there. */
export function isSignInEndpoint(address: string): boolean {
  return /^https?:\/\/./i.test(address) && URL.canParse(address) && !isUnencrypted(address)
}

/**
 * Returns the URL that signs in and goes to `destination`; a secret for the 15 minutes that the token is valid.
 * `signsOut`: it ends the browser's session of somebody else first.
 */
export function signInUrl(
  { federation, signOut }: SignInEndpoint,
  {
    token,
    destination,
    signsOut,
  }: { readonly token: string; readonly destination: string; readonly signsOut: boolean },
): string {
  const query = { Action: 'login', Issuer: 'awsmfa', Destination: destination, SigninToken: token }
  const url = `${federation}?${formOf(query)}`
  return signsOut ? `${signOut}?${formOf({ Action: 'logout', redirect_uri: url })}` : url
}

/** Returns fields in the form of a query, or of the body of a form. */
export function formOf(fields: Readonly<Record<string, string>>): string {
  return new URLSearchParams(fields).toString()
}
