/** The effects of `exec` and `env`: those of a login, roles with a session that is there, and running a program. */
import { readFileSync } from 'node:fs'
import { runProgram } from '../adapters/child-process.ts'
import type { ExecContext } from '../commands/exec.ts'
import { connect } from './connect.ts'
import type { Context } from './context.ts'
import { createLoginContext } from './login-context.ts'
import { canAskPerson } from './typed-token-code.ts'

/** Makes them. The deadline for the network runs from now on; a program has all the time it wants. */
export function createProgramContext(context: Context): ExecContext {
  const { environment, home, now, asker, keepPromptLines } = context
  const readText = (path: string): string => readFileSync(path, 'utf8')
  return {
    ...createLoginContext(context),
    keepPromptLines,
    connectThrough: (settings, profiles, snapshots) => connect({ environment, home, readText, now }, { ...settings, serialNumber: undefined, longTerm: undefined }, profiles, snapshots),
    // A program of the person's, or a person, here and now.
    canGetCode: (resolution) => resolution.tokenCode !== undefined || resolution.tokenCommand !== undefined || resolution.yubiKey !== undefined || canAskPerson(resolution, { asker, environment }),
    runProgram,
    caselessVariables: process.platform === 'win32',
  }
}
