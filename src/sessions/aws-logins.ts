/**
 * Sessions that the AWS CLI signed in to, `aws sso login` and `aws login`, read from the caches that it keeps. Nothing
 * is written or refreshed. A cache that is missing or damaged has no session. Sources: botocore 1.43, utils.py ›
 * SSOTokenLoader (the file is named by the SHA-1 of the `sso_session`, otherwise of the start URL) and LoginTokenLoader
 * (by the SHA-256 of `login_session`).
 */
import { join } from 'node:path'
import { signInCommandOf } from '../aws-files/profile-keys.ts'
import { isRegionName } from '../aws/endpoints.ts'
import { parseExpiration } from '../model/credentials.ts'
import type { Environment } from '../model/invocation.ts'
import type { ProfileView } from '../model/profile.ts'
import { readWhole } from '../platform/read-file.ts'
import type { Now } from '../platform/time.ts'
import type { StoredSession } from './reuse.ts'

/** A token of single sign-on, and the role that a profile has with it. */
export interface SsoToken {
  readonly accessToken: string
  readonly expiration: Date
  readonly isRenewable: boolean
  /** Of the portal that answers with the role's credentials. */
  readonly region: string
  readonly accountId: string
  readonly roleName: string
}

/** What is known of the profiles that the AWS CLI signs in to. Never throws. */
export interface AwsLogins {
  /** The session of a profile, or the token that its role's session is made with; undefined if it is not signed in. */
  readonly sessionOf: (profile: ProfileView) => StoredSession | undefined
  readonly ssoTokenOf: (profile: ProfileView) => SsoToken | undefined
  /**
   * Returns the part of a cache key that names the sign-in of a profile for which the AWS CLI signs in; undefined for
   * any other profile. It is never an access key id: each renewal changes that. The file of single sign-on names
   * nobody, and the client in it is the same for all who sign in, so a hash of the token that outlasts renewals stands
   * for the user: the session of another one, or of another sign-in, is not found.
   */
  readonly signInKeyOf: (profile: ProfileView) => string | undefined
}

export interface AwsLoginPlaces {
  readonly home: string | undefined
  readonly environment: Environment
  readonly now: Now
  readonly sha1: (text: string) => string
  readonly sha256: (text: string) => string
}

/** Larger files are none of the AWS CLI. */
const LARGEST = 64 * 1024

/** Makes the reader. Opens nothing before it is asked. */
export function createAwsLogins({ home, environment, now, sha1, sha256 }: AwsLoginPlaces): AwsLogins {
  const read = (folder: string, name: string): Readonly<Record<string, unknown>> => {
    try {
      const bytes = readWhole(join(folder, `${name}.json`), (stat) => stat.size <= LARGEST)
      return asObject(bytes === undefined ? undefined : JSON.parse(bytes.toString('utf8')))
    } catch {
      return {}
    }
  }
  const ssoFileOf = (profile: ProfileView): Readonly<Record<string, unknown>> => {
    const name = profile.get('sso_session')?.value || profile.get('sso_start_url')?.value
    return home === undefined || !name ? {} : read(join(home, '.aws', 'sso', 'cache'), sha1(name))
  }
  const ssoTokenOf = (profile: ProfileView): SsoToken | undefined => {
    const valueOf = (key: string): string => profile.get(key)?.value ?? ''
    const [accountId, roleName] = [valueOf('sso_account_id'), valueOf('sso_role_name')]
    if (accountId === '' || roleName === '') return undefined
    const token = ssoFileOf(profile)
    const accessToken = textOf(token['accessToken'])
    const expiration = parseExpiration(textOf(token['expiresAt']).replace(/UTC$/, 'Z'), 'rfc3339')
    const region = textOf(token['region']) || valueOf('sso_region')
    if (!/^[\x21-\x7e]+$/.test(accessToken) || expiration === undefined || !isRegionName(region)) return undefined
    // botocore, tokens.py › SSOTokenProvider: renews with the registration of its client, for an sso_session only.
    const registered = parseExpiration(textOf(token['registrationExpiresAt']).replace(/UTC$/, 'Z'), 'rfc3339')
    const isRenewable =
      valueOf('sso_session') !== '' &&
      ['refreshToken', 'clientId', 'clientSecret'].every((key) => textOf(token[key]) !== '') &&
      registered !== undefined &&
      registered > now()
    return { accessToken, expiration, isRenewable, region, accountId, roleName }
  }
  const loginSessionOf = (profile: ProfileView): StoredSession | undefined => {
    const arn = profile.get('login_session')?.value ?? ''
    const folder =
      environment['AWS_LOGIN_CACHE_DIRECTORY'] || (home === undefined ? '' : join(home, '.aws', 'login', 'cache'))
    if (folder === '') return undefined
    const entry = read(folder, sha256(arn))
    const token = asObject(entry['accessToken'])
    const [accessKeyId, secretAccessKey, sessionToken, account] = [
      'accessKeyId',
      'secretAccessKey',
      'sessionToken',
      'accountId',
    ].map((key) => textOf(token[key]))
    const expiration = parseExpiration(textOf(token['expiresAt']).replace(/UTC$/, 'Z'), 'rfc3339')
    if (!accessKeyId || !secretAccessKey || !sessionToken || expiration === undefined) return undefined
    return {
      source: 'aws-login-cache',
      accessKeyId,
      expiration,
      managedBy: 'other',
      isRenewable: textOf(entry['refreshToken']) !== '',
      identity: account ? { account, arn, userId: '' } : undefined,
      credentials: { accessKeyId, secretAccessKey, sessionToken, expiration },
    }
  }
  return {
    ssoTokenOf,
    signInKeyOf: (profile) => signInKey(profile, () => ssoFileOf(profile), sha256),
    sessionOf: (profile) => {
      const command = signInCommandOf(profile)
      if (command === 'aws login') return loginSessionOf(profile)
      const token = command === 'aws sso login' ? ssoTokenOf(profile) : undefined
      return (
        token && {
          source: 'aws-sso-cache',
          accessKeyId: undefined,
          expiration: token.expiration,
          managedBy: 'other',
          isRenewable: token.isRenewable,
        }
      )
    },
  }
}

function signInKey(
  profile: ProfileView,
  readToken: () => Readonly<Record<string, unknown>>,
  sha256: AwsLoginPlaces['sha256'],
): string | undefined {
  const command = signInCommandOf(profile)
  const valuesOf = (...keys: readonly string[]): readonly string[] => keys.map((key) => profile.get(key)?.value ?? '')
  if (command !== 'aws sso login') return command && JSON.stringify([command, ...valuesOf('login_session')])
  const token = readToken()
  const lasting = textOf(token['refreshToken']) || textOf(token['accessToken'])
  const settings = valuesOf('sso_session', 'sso_start_url', 'sso_account_id', 'sso_role_name')
  return JSON.stringify([command, ...settings, sha256(lasting).slice(0, 40)])
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
