import { version } from '../../package.json'
import { answerQuickly } from './quick-answers.ts'
import { report, supervise, supervisionOfProcess } from './supervise.ts'
import { isDebug, parseFast } from '../command-line/parse.ts'
import { COMMAND_TABLE } from '../command-line/table.ts'
import type { Invocation } from '../command-line/table.ts'
import type { ParsedLine } from '../command-line/yargs.ts'
import { status } from '../commands/status.ts'
import type { CommandName } from '../model/invocation.ts'
import type { Context } from '../runtime/runtime.ts'
import { createOutput } from '../ui/streams.ts'

/** The command line: parses it and runs the command. Nothing of a command but the quick answers, and no yargs, is loaded before it is needed. */

/**
 * Runs a parsed line and gives the exit code; never throws. A command is loaded only when it is the one to run. stdout gets
 * data alone: with `--json` one JSON document once the command has done its work, and nothing where it failed, so that what
 * is on stdout can always be parsed; a failure is told in words on stderr and by the exit code, with `--json` as without.
 */
async function run(invocation: Invocation): Promise<number> {
  const exitCode = await supervise(
    (signal) => runCommand(invocation, signal),
    supervisionOfProcess(isDebug(invocation)),
  )
  if (invocation.command === 'env' && exitCode !== 0)
    (await import('../commands/env.ts')).printEnvFailure(invocation.options.format, exitCode)
  return exitCode
}

/**
 * Runs the words after `awsmfa` and gives the exit code; never throws. Yargs is loaded only where the strict parser declines.
 * Help goes to stdout and is success, also for `awsmfa` alone (gh does the same).
 */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const exact = parseFast(argv, COMMAND_TABLE)
    if (exact !== undefined && exact !== 'version') return (await answerQuickly(exact)) ?? (await run(exact))
    const line: ParsedLine =
      exact === 'version' ? { kind: 'version' } : (await import('../command-line/yargs.ts')).parseYargs(argv)
    if (line.kind === 'invocation') return await run(line.invocation)
    createOutput(1)(await answerTo(line))
    return 0
  } catch (error) {
    const exitCode = await report(error, { debug: argv.includes('--debug'), stderr: createOutput(2) })
    if (argv[0] === 'env') {
      const { formatInWords, printEnvFailure } = await import('../commands/env.ts')
      printEnvFailure(formatInWords(argv), exitCode)
    }
    return exitCode
  }
}

async function answerTo(line: Exclude<ParsedLine, { readonly kind: 'invocation' }>): Promise<string> {
  if (line.kind === 'version') return `${version}\n`
  if (line.kind === 'topic') return (await import('./help.ts')).renderTopic(line.topic, new Date())
  return await (await import('./help.ts')).renderHelp(line.command)
}

async function runCommand(invocation: Invocation, signal: AbortSignal): Promise<number> {
  const { createContext } = await import('../runtime/runtime.ts')
  const context = await createContext(invocation, signal)
  try {
    return await runWith(invocation, context)
  } finally {
    // Once everything is said; and after a failure too, since some of many may have been signed in.
    if (LEAVE_PROMPT_TRUE.has(invocation.command)) context.updatePromptCache()
  }
}

/** Those that change sessions, and status, which goes this way where it has to look closer. Programs that others wait for see to it only after a login. */
const LEAVE_PROMPT_TRUE: ReadonlySet<string> = new Set<CommandName>([
  'login',
  'logout',
  'cache',
  'setup',
  'import',
  'undo',
  'status',
])

async function runWith(invocation: Invocation, context: Context): Promise<number> {
  switch (invocation.command) {
    case 'login': {
      const [{ login }, { createLoginContext }] = await Promise.all([
        import('../commands/login.ts'),
        import('../runtime/login.ts'),
      ])
      return await login(invocation, createLoginContext(context))
    }
    case 'logout':
      return (await import('../commands/logout.ts')).logout(invocation, context)
    case 'exec': {
      const [{ exec }, { createProgramContext }] = await Promise.all([
        import('../commands/exec.ts'),
        import('../runtime/login.ts'),
      ])
      return await exec(invocation, createProgramContext(context))
    }
    case 'env': {
      const [{ env }, { createProgramContext }] = await Promise.all([
        import('../commands/env.ts'),
        import('../runtime/login.ts'),
      ])
      return await env(invocation, createProgramContext(context))
    }
    case 'credential-process': {
      const [{ credentialProcess }, { createProcessContext }] = await Promise.all([
        import('../commands/credential-process.ts'),
        import('../runtime/login.ts'),
      ])
      return await credentialProcess(invocation, await createProcessContext(invocation, context))
    }
    case 'cache':
      return (await import('../commands/cache.ts')).cache(invocation, context)
    case 'setup': {
      const [{ setup }, { createSetupContext }] = await Promise.all([
        import('../commands/setup.ts'),
        import('../runtime/login.ts'),
      ])
      return await setup(invocation, await createSetupContext(context))
    }
    case 'import': {
      const [{ importFrom }, { createUndoContext }] = await Promise.all([
        import('../commands/import.ts'),
        import('../runtime/runtime.ts'),
      ])
      return await importFrom(invocation, { ...context, ...createUndoContext(context) })
    }
    case 'undo': {
      const [{ undo }, { createUndoContext }] = await Promise.all([
        import('../commands/undo.ts'),
        import('../runtime/runtime.ts'),
      ])
      return await undo(invocation, createUndoContext(context))
    }
    case 'doctor': {
      const [{ doctor }, { createDoctorContext }] = await Promise.all([
        import('../commands/doctor.ts'),
        import('../doctor/machine.ts'),
      ])
      return await doctor(invocation, createDoctorContext(context))
    }
    case 'shell-init': {
      const [{ shellInit }, { completedCommands }] = await Promise.all([
        import('../commands/shell-init.ts'),
        import('../shell/shell-init.ts'),
      ])
      return shellInit(invocation, { terminal: context.terminal, commands: completedCommands() })
    }
    case 'settings': {
      const [{ settings }, { createSettingsContext }] = await Promise.all([
        import('../commands/settings.ts'),
        import('../runtime/runtime.ts'),
      ])
      return await settings(invocation, createSettingsContext(context))
    }
    case 'status':
      return status(invocation, context)
  }
}
