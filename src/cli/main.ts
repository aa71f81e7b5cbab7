import type { Invocation } from '../core/invocation.ts'
import { supervise, supervisionOfProcess } from './supervise.ts'

/**
 * Runs a parsed line and gives the exit code; never throws. A command is loaded only when it is the one to run. stdout gets
 * data alone: with `--json` one JSON document once the command has done its work, and nothing where it failed, so that what
 * is on stdout can always be parsed; a failure is told in words on stderr and by the exit code, with `--json` as without.
 */
export async function run(invocation: Invocation): Promise<number> {
  const debug = invocation.options['debug'] === true
  return await supervise((signal) => runCommand(invocation, signal), supervisionOfProcess(debug))
}

async function runCommand(invocation: Invocation, signal: AbortSignal): Promise<number> {
  const { createContext } = await import('./context.ts')
  const context = createContext(invocation, signal)
  switch (invocation.command) {
    case 'login':
      return await (await import('../commands/login.ts')).login(invocation, context)
    case 'logout':
      return (await import('../commands/logout.ts')).logout(invocation, context)
    case 'status':
      return (await import('../commands/status.ts')).status(invocation, context)
  }
}
