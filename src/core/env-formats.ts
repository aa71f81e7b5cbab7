/** The forms in which `env` prints credentials: those of `aws configure export-credentials` of the AWS CLI, and dotenv. */
export const ENV_FORMATS = ['env', 'env-no-export', 'fish', 'powershell', 'windows-cmd', 'process', 'dotenv'] as const

/** One of them. */
export type EnvFormat = (typeof ENV_FORMATS)[number]

/** Finds the form that a word names; `json` is another name of `process`. Undefined: none. */
export function findEnvFormat(word: string): EnvFormat | undefined {
  return word === 'json' ? 'process' : ENV_FORMATS.find((format) => format === word)
}
