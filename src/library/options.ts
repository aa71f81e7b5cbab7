/** The options of the library as the command line that they stand for, so that both are resolved by the same rules. */
import { optionKey } from '../command-line/spec.ts'
import type { Invocation, OptionName } from '../command-line/table.ts'
import type { FromAwsmfaOptions } from './types.ts'

/** The options of `login` that `fromAwsmfa` has too, under their names in code. */
export const LOGIN_FLAGS = [
  'profile',
  'role-arn',
  'duration-seconds',
  'region',
] as const satisfies readonly OptionName[]

const TYPES: Readonly<Record<keyof FromAwsmfaOptions, 'string' | 'number' | 'function' | 'object'>> = {
  profile: 'string',
  roleArn: 'string',
  durationSeconds: 'number',
  minimumSeconds: 'number',
  mfaCodeProvider: 'function',
  region: 'string',
  filepath: 'string',
  configFilepath: 'string',
  logger: 'object',
}

/** Returns the command line. An empty profile counts as not given, as an empty `AWS_PROFILE` does. */
export function invocationOf(options: FromAwsmfaOptions): Invocation<'login'> {
  const given = LOGIN_FLAGS.flatMap((flag) => {
    const option = optionKey(flag)
    const value = options[option]
    return value === undefined || (option === 'profile' && value === '') ? [] : [[option, String(value)] as const]
  })
  return { command: 'login', positionals: [], options: Object.fromEntries(given) }
}

/** Throws TypeError for an option of the wrong type; ignores unknown ones, as SDKs do. */
export function checkOptions(options: FromAwsmfaOptions): void {
  for (const [name, type] of Object.entries(TYPES)) {
    const value: unknown = options[name as keyof FromAwsmfaOptions]
    if (value !== undefined && typeof value !== type) throw new TypeError(`fromAwsmfa: ${name} must be a ${type}`)
    if (type === 'number' && value !== undefined && !(Number.isInteger(value) && Number(value) >= 0))
      throw new TypeError(`fromAwsmfa: ${name} must be a whole number of seconds`)
  }
}
