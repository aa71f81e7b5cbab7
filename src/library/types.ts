/**
 * What `import { fromAwsmfa } from 'awsmfa'` gives. The types are structural: they fit the AWS SDK for JavaScript v3 (a
 * test says so) without depending on it. This module alone is loaded by the import; the rest comes with the first call.
 */

/** What the function that asks for a code is told beside the device's serial. */
export interface MfaCodeRequest {
  /** The profile that the session is for. */
  readonly profile: string
  /** The IAM user whose device it is, where known. */
  readonly userName?: string
  /** Why the code before was not taken; undefined at the first try. */
  readonly refused?: { readonly reason: 'used' | 'wrong-or-used' | 'answer-lost'; readonly nextCodeInSeconds: number }
}

/**
 * Everything is optional. What is left out comes from the environment and the shared files, as `awsmfa login` reads
 * them.
 */
export interface FromAwsmfaOptions {
  /** The profile; else `AWS_PROFILE`, `AWS_DEFAULT_PROFILE`, `default`. */
  readonly profile?: string | undefined
  /** The ARN of a role to assume, in place of the one that the profile names. */
  readonly roleArn?: string | undefined
  /**
   * How long the session shall hold, in seconds. A role for more than 3600 takes a token code of its own; left out, a
   * role's session holds for an hour at most and is renewed without a code while the MFA session holds.
   */
  readonly durationSeconds?: number | undefined
  /**
   * A session that holds for no longer than this, in seconds, is renewed; 900 at least, which is also what holds if it
   * is left out.
   */
  readonly minimumSeconds?: number | undefined
  /**
   * Gives a token code. Left out, the code comes from where `awsmfa login` has it from: a token command or a YubiKey
   * where one is configured, else the controlling terminal or a window. What it throws is thrown on.
   */
  readonly mfaCodeProvider?: ((mfaSerial: string, request: MfaCodeRequest) => Promise<string>) | undefined
  /** The region whose STS is asked; else as for `awsmfa login`. */
  readonly region?: string | undefined
  /** The shared credentials file; else `AWS_SHARED_CREDENTIALS_FILE`, `~/.aws/credentials`. */
  readonly filepath?: string | undefined
  /** The shared config file; else `AWS_CONFIG_FILE`, `~/.aws/config`. */
  readonly configFilepath?: string | undefined
  /** Told what is decided and why; never a secret. */
  readonly logger?: { readonly debug: (message: string) => void } | undefined
}

/** A session. Until `expiration` it signs requests; the SDK asks for the next one five minutes before. */
export interface AwsmfaCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiration: Date
  /** The account, where it is known. */
  readonly accountId?: string
}

/**
 * What is thrown. `message` says what happened and the way out; `code` names it (`TOKEN_CODE_REJECTED`,
 * `PROFILE_NOT_FOUND`, …). `tryNextLink` tells the SDK's provider chains to go on: only where nothing is set up for the
 * profile here.
 */
export interface AwsmfaProviderError extends Error {
  readonly name: 'AwsmfaError'
  readonly code: string
  readonly hints: readonly string[]
  readonly tryNextLink: boolean
}

/** An `AwsCredentialIdentityProvider` of the AWS SDK for JavaScript v3. */
export type AwsmfaCredentialProvider = () => Promise<AwsmfaCredentials>
