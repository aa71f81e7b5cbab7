/**
 * The types of `import { fromAwsmfa } from 'awsmfa'`. They are structural: they fit the AWS SDK for JavaScript v3 (a
 * test says so) without depending on it. This module alone is loaded by the import; the rest comes with the first call.
 */

/** What `mfaCodeProvider` gets besides the serial number of the device. */
export interface MfaCodeRequest {
  /** The profile that the session is for. */
  readonly profile: string
  /** The IAM user of the device, if known. */
  readonly userName?: string
  /** Why the previous code was not accepted; undefined at the first try. */
  readonly refused?: { readonly reason: 'used' | 'wrong-or-used' | 'answer-lost'; readonly nextCodeInSeconds: number }
}

/**
 * Everything is optional. The defaults come from the environment and the shared files, as `awsmfa login` reads them.
 */
export interface FromAwsmfaOptions {
  /** The profile. Default: `AWS_PROFILE`, `AWS_DEFAULT_PROFILE`, `default`. */
  readonly profile?: string | undefined
  /** The ARN of a role to assume, in place of the one that the profile names. */
  readonly roleArn?: string | undefined
  /**
   * How long the session should last, in seconds. A role for more than 3600 takes a token code of its own. By default a
   * role's session lasts an hour at most, and is renewed without a code while the MFA session is valid. Not used for a
   * profile that the AWS CLI signs in to.
   */
  readonly durationSeconds?: number | undefined
  /**
   * A session with no more time remaining than this, in seconds, is renewed. At least 900, which is also the default.
   */
  readonly minimumSeconds?: number | undefined
  /**
   * Returns a token code. By default the code comes from where `awsmfa login` gets it: a token command or a YubiKey if
   * one is configured, otherwise the controlling terminal or a window. What it throws is thrown to the caller.
   */
  readonly mfaCodeProvider?: ((mfaSerial: string, request: MfaCodeRequest) => Promise<string>) | undefined
  /** The region of the STS endpoint. Default: as for `awsmfa login`. */
  readonly region?: string | undefined
  /** The shared credentials file. Default: `AWS_SHARED_CREDENTIALS_FILE`, `~/.aws/credentials`. */
  readonly filepath?: string | undefined
  /** The shared config file. Default: `AWS_CONFIG_FILE`, `~/.aws/config`. */
  readonly configFilepath?: string | undefined
  /** Gets what is decided and why; never a secret. */
  readonly logger?: { readonly debug: (message: string) => void } | undefined
}

/** A session. Until `expiration` it signs requests; the SDK asks for the next one five minutes before. */
export interface AwsmfaCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiration: Date
  /** The account, if known. */
  readonly accountId?: string
}

/**
 * The error. `message` says what happened and what to do; `code` names it (`TOKEN_CODE_REJECTED`, `PROFILE_NOT_FOUND`,
 * …). `tryNextLink` tells the SDK's provider chains to go on; true only if nothing is set up for the profile.
 */
export interface AwsmfaProviderError extends Error {
  readonly name: 'AwsmfaError'
  readonly code: string
  readonly hints: readonly string[]
  readonly tryNextLink: boolean
}

/** An `AwsCredentialIdentityProvider` of the AWS SDK for JavaScript v3. */
export type AwsmfaCredentialProvider = () => Promise<AwsmfaCredentials>
