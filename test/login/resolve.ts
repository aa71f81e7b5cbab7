/** Resolves a login from file texts, options and variables, for table tests. */
import { AwsmfaError } from '../../src/model/failure.ts'
import type { Failure } from '../../src/model/failure.ts'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import { resolveLogin } from '../../src/login/resolve.ts'
import type { LoginInput } from '../../src/login/resolve.ts'
import type { LoginResolution } from '../../src/login/resolution.ts'
import type { Invocation } from '../../src/command-line/table.ts'

/** Where awsmfa's own settings are in these tests. */
export const SETTINGS_PLACE = { path: '/home/a/.config/awsmfa/config.ini', line: 1 }

export const PATHS = { credentials: '/home/a/.aws/credentials', config: '/home/a/.aws/config' }

/** A login as a table row has it; what is left out is empty. */
export interface Case {
  readonly credentials?: string
  readonly config?: string
  readonly profile?: string
  readonly options?: Invocation['options']
  readonly tail?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** awsmfa's own settings, by key; all of them in SETTINGS_PLACE. */
  readonly defaults?: Readonly<Record<string, string>>
  readonly targets?: number
}

export function resolve({
  credentials = '',
  config = '',
  profile,
  options = {},
  tail,
  environment = {},
  defaults = {},
  targets = 1,
}: Case): LoginResolution {
  const input: LoginInput = {
    invocation: {
      command: 'login',
      positionals: profile === undefined ? [] : [profile],
      options,
      ...(tail === undefined ? {} : { tail }),
    },
    environment,
    profiles: readProfiles({ credentials, config }),
    paths: PATHS,
    config,
    defaults: Object.fromEntries(
      Object.entries(defaults).map(([key, value]) => [key, { value, place: SETTINGS_PLACE }]),
    ),
    isWindows: false,
    readFile: () => {
      throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    },
    targets,
  }
  return resolveLogin(input)
}

/** Returns the failure that the work ends in. */
export function failureOf(work: () => unknown): Failure {
  try {
    work()
  } catch (error) {
    if (error instanceof AwsmfaError) return error.failure
    throw error
  }
  throw new Error('nothing failed')
}
