import { AwsmfaError } from '../core/failures.ts'
import type { Invocation } from '../core/invocation.ts'
import { findDefault, toSwitch } from '../core/login/settings.ts'
import type { GlobalDefaults } from '../core/login/settings.ts'
import type { Environment } from '../core/login/target-profile.ts'

/**
 * Tells whether colours are off by `--no-color` or by `no_color` in the settings file, which every variable about colours beats. A
 * file that cannot be used counts as none: those who need more of it say so.
 */
export async function wantsNoColour({ options }: Pick<Invocation, 'options'>, environment: Environment, readSettings: () => Promise<GlobalDefaults>): Promise<boolean> {
  if (options['no-color'] === true) return true
  if ((environment['FORCE_COLOR'] ?? '') !== '') return false
  try {
    const found = findDefault('no colour', await readSettings())
    return found !== undefined && toSwitch(found).value
  } catch (error) {
    if (error instanceof AwsmfaError) return false
    throw error
  }
}
