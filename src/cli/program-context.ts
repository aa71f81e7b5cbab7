/** The effects of `exec` and `env`: those of a login, roles with a session that is there, and running a program. */
import { readFileSync } from 'node:fs'
import { runProgram } from '../adapters/child-process.ts'
import type { ExecContext } from '../commands/exec.ts'
import { codeSourceOf } from '../core/login/code-source.ts'
import type { LoginResolution } from '../core/login/resolution.ts'
import { connect } from './connect.ts'
import type { Context } from './context.ts'
import { createLoginContext } from './login-context.ts'
import { canAskPerson } from './typed-token-code.ts'
import type { TypedOptions } from './typed-token-code.ts'

/** Makes them. The deadline for the network runs from now on; a program has all the time it wants. */
export function createProgramContext(context: Context): ExecContext {
  const { environment, home, now, asker, keepPromptLines } = context
  const readText = (path: string): string => readFileSync(path, 'utf8')
  return {
    ...createLoginContext(context),
    keepPromptLines,
    connectThrough: (settings, profiles, snapshots) => connect({ environment, home, readText, now }, { ...settings, serialNumber: undefined, longTerm: undefined }, profiles, snapshots),
    canGetCode: (resolution) => canGetCode(resolution, { asker, environment }),
    runProgram,
    caselessVariables: process.platform === 'win32',
  }
}

/** Whether there is anything, or anybody here and now, to get a code from. */
function canGetCode(resolution: LoginResolution, options: TypedOptions): boolean {
  const { kind } = codeSourceOf(resolution)
  switch (kind) {
    case 'given':
    case 'command':
    case 'yubikey':
      return true
    case 'typed':
      return canAskPerson(resolution, options)
  }
}
