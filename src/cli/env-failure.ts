import { createOutput } from '../adapters/output.ts'
import { findEnvFormat } from '../core/env-formats.ts'
import { renderEnvFailure } from '../render/env.ts'

/**
 * Prints what `env` prints when it failed, whatever it failed on, a mistyped line included: code that takes the variables away
 * and fails. Never throws.
 */
export function printEnvFailure(format: string | true | undefined, exitCode: number): void {
  try {
    createOutput(1)(renderEnvFailure((typeof format === 'string' ? findEnvFormat(format) : undefined) ?? 'env', exitCode))
  } catch {
    // stdout cannot be written to, which has been told if it was the failure; the exit code tells it too.
  }
}

/** Gives the form that a line asks for which no parser took. */
export function formatInWords(argv: readonly string[]): string | undefined {
  const attached = argv.find((word) => word.startsWith('--format='))
  const index = argv.indexOf('--format')
  return attached?.slice('--format='.length) ?? (index === -1 ? undefined : argv[index + 1])
}
