import type { ShortTermCredentials } from '../core/sessions/credentials.ts'
import { formatExpiration } from '../core/sessions/expiration.ts'

/**
 * The JSON of the credential_process protocol, version 1 (AWS CLI User Guide, "Sourcing credentials with an external process"),
 * with the account where it is known: SDKs that want it need no call to find it.
 */
export function renderProcessAnswer({ accessKeyId, secretAccessKey, sessionToken, expiration, account }: ShortTermCredentials & { readonly account: string | undefined }): string {
  const accountId = account === undefined ? {} : { AccountId: account }
  return `${JSON.stringify({ Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration: formatExpiration(expiration), ...accountId })}\n`
}
