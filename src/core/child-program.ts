/** A program that is run with credentials: what it is, and what its environment holds. */
import type { Environment } from './login/target-profile.ts'
import type { GivenSession } from './login/section-session.ts'
import { formatExpiration } from './sessions/expiration.ts'

/** A program to run. `words` are its parameters, passed on as they are. */
export interface ChildProgram {
  readonly program: string
  readonly words: readonly string[]
  /** All of it: nothing else is inherited. */
  readonly environment: Readonly<Record<string, string>>
}

/**
 * Runs a program in the foreground, with this process's streams and the signals that reach it, and gives its exit code, or
 * 128 and its number for the signal that ended it. Throws PROGRAM_NOT_RUN.
 */
export type RunProgram = (child: ChildProgram) => Promise<number>

/** What the environment is made for. */
export interface CredentialEnvironment {
  readonly profile: string
  readonly session: GivenSession
  /** Undefined: what stands in the environment already is left as it is. */
  readonly region: string | undefined
}

/**
 * Variables that would take tools elsewhere. botocore takes AWS_SECURITY_TOKEN before AWS_SESSION_TOKEN (credentials.py ›
 * EnvProvider.TOKENS); the JavaScript SDK goes by AWS_PROFILE, whatever keys stand beside it (credential-provider-node).
 */
const REMOVED = ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_SECURITY_TOKEN']

/**
 * Makes the environment of a program from ours and a session. Nothing of an older session stays: what the session has no
 * value for is taken out. AWSMFA_PROFILE tells whoever looks, and is never read as a setting. Names are compared without
 * regard to case where `caseless` says so, as on Windows.
 */
export function childEnvironment(environment: Environment, { profile, session, region }: CredentialEnvironment, caseless: boolean): Readonly<Record<string, string>> {
  const given: Readonly<Record<string, string>> = {
    ...sessionVariables(session),
    ...(region === undefined ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
    AWSMFA_PROFILE: profile,
  }
  const nameOf = (name: string): string => (caseless ? name.toUpperCase() : name)
  const replaced = new Set([...Object.keys(given), ...REMOVED, 'AWS_CREDENTIAL_EXPIRATION'])
  const kept = Object.entries(environment).flatMap(([name, value]) => (value === undefined || replaced.has(nameOf(name)) ? [] : [[name, value] as const]))
  return { ...Object.fromEntries(kept), ...given }
}

/** The variables of a session, as `aws configure export-credentials` of the AWS CLI names and orders them. */
export function sessionVariables({ accessKeyId, secretAccessKey, sessionToken, expiration }: GivenSession): Readonly<Record<string, string>> {
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    ...(expiration === undefined ? {} : { AWS_CREDENTIAL_EXPIRATION: formatExpiration(expiration) }),
  }
}
