import type { AwsmfaCredentialProvider, AwsmfaCredentials, FromAwsmfaOptions } from './types.ts'

/**
 * Makes a provider for `credentials` of any client of the AWS SDK for JavaScript v3. Each call returns the session in
 * the profile's section of the credentials file, one in awsmfa's cache, or a new one, for which a token code may be
 * asked: once, however many calls, programs and `awsmfa login` wait for it. Calls at the same time share one answer.
 * Environment and files are read at each call; nothing is written but awsmfa's own cache, and nothing is printed but
 * the prompt. Rejects with AwsmfaProviderError, or with what `mfaCodeProvider` threw.
 */
export function fromAwsmfa(options: FromAwsmfaOptions = {}): AwsmfaCredentialProvider {
  const settings: FromAwsmfaOptions = { ...options }
  let pending: Promise<AwsmfaCredentials> | undefined
  const provide = async (): Promise<AwsmfaCredentials> => {
    try {
      const { provideCredentials } = await import('./provide.ts')
      return await provideCredentials(settings)
    } finally {
      pending = undefined
    }
  }
  return async () => ({ ...(await (pending ??= provide())) })
}

export type * from './types.ts'
