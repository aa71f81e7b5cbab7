/**
 * Reads what STS answers. An endpoint may be anything (a test server, something in between), and what it gives ends up in the
 * person's files: nothing passes that could not be AWS's.
 */
import type { CallerIdentity, StsSession } from '../core/ports.ts'
import type { ShortTermCredentials } from '../core/sessions/credentials.ts'

/** A value, or in our words what is wrong with the answer. `incomplete`: parts are missing, so that it may have been cut off. */
export type Reading<T> = { readonly value: T } | { readonly defect: string; readonly incomplete: boolean }

/** Credentials as the SDK gives them. */
export interface RawCredentials {
  readonly AccessKeyId?: string | undefined
  readonly SecretAccessKey?: string | undefined
  readonly SessionToken?: string | undefined
  readonly Expiration?: Date | undefined
}

// AWS's longest session (36 h) and an hour for clocks that differ. Source: STS API reference, GetSessionToken, DurationSeconds.
const LONGEST_SESSION_MS = 37 * 3_600_000

// AccessKeyId: STS API reference, Credentials (`[\w]*`, 16 to 128). The others are base64 in all that AWS ever gave; any visible ASCII
// character is taken, which no file format that we write can mistake for anything else.
const ACCESS_KEY_ID = /^\w{16,128}$/
const VISIBLE_ASCII = /^[\u0021-\u007e]+$/

/** Reads the session of a GetSessionToken or AssumeRole answer; `now` is the server's clock where known. */
export function readSession(raw: RawCredentials | undefined, assumedRoleArn: string | undefined, now: Date): Reading<StsSession> {
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration: expiration } = raw ?? {}
  if (raw === undefined || !accessKeyId || !secretAccessKey || !sessionToken) return { defect: 'the answer holds no credentials', incomplete: true }
  const credentials = { accessKeyId, secretAccessKey, sessionToken }
  const defect = defectOf(credentials) ?? defectOfExpiration(expiration, now)
  if (defect !== undefined || expiration === undefined) return { defect: defect ?? 'no expiration', incomplete: false }
  return { value: { credentials: { ...credentials, expiration }, ...(assumedRoleArn === undefined ? {} : { assumedRoleArn }) } }
}

function defectOf(credentials: Omit<ShortTermCredentials, 'expiration'>): string | undefined {
  if (!ACCESS_KEY_ID.test(credentials.accessKeyId)) return 'the access key id in the answer is none'
  if (!VISIBLE_ASCII.test(credentials.secretAccessKey)) return 'the secret key in the answer holds characters that none has'
  return VISIBLE_ASCII.test(credentials.sessionToken) ? undefined : 'the session token in the answer holds characters that none has'
}

function defectOfExpiration(expiration: Date | undefined, now: Date): string | undefined {
  if (expiration === undefined) return 'the answer does not say until when the session holds'
  const leftMs = expiration.getTime() - now.getTime()
  if (Number.isNaN(leftMs)) return 'the expiration in the answer is no time'
  if (leftMs <= 0) return 'the session in the answer is over already'
  return leftMs > LONGEST_SESSION_MS ? 'the session in the answer is longer than any that AWS gives' : undefined
}

/** Reads a GetCallerIdentity answer. */
export function readIdentity(raw: { readonly Account?: string | undefined; readonly Arn?: string | undefined; readonly UserId?: string | undefined }): Reading<CallerIdentity> {
  const { Account: account, Arn: arn, UserId: userId } = raw
  if (!account || !arn || !userId) return { defect: 'the answer does not say who called', incomplete: true }
  if (!/^\d{12}$/.test(account) || !/^arn:[\w-]+:(iam|sts)::\d{12}:[\u0021-\u007e]+$/.test(arn) || !VISIBLE_ASCII.test(userId)) {
    return { defect: 'the identity in the answer is none', incomplete: false }
  }
  return { value: { account, arn, userId } }
}
