import { version } from '../../package.json'
import { answerQuickly } from './quick-answers.ts'
import { report, supervise, supervisionOfProcess } from './supervise.ts'
import { isDebug, parse } from '../command-line/parse.ts'
import type { Invocation } from '../command-line/table.ts'
import type { ParsedLine } from '../command-line/yargs.ts'
import { status } from '../commands/status.ts'
import type { CommandName } from '../model/invocation.ts'
import type { LoginRuntime } from '../runtime/login.ts'
import type { Runtime } from '../runtime/runtime.ts'
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
    const isWindows = process.platform === 'win32'
    const invocation = parse(argv, isWindows)
    if (invocation !== undefined && invocation !== 'version')
      return (await answerQuickly(invocation)) ?? (await run(invocation))
    const line: ParsedLine =
      invocation === 'version'
        ? { kind: 'version' }
        : (await import('../command-line/yargs.ts')).parseWithYargs(argv, isWindows)
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
  return await (await import('../command-line/yargs.ts')).renderHelp(line.command)
}

async function runCommand(invocation: Invocation, signal: AbortSignal): Promise<number> {
  const { createRuntime } = await import('../runtime/runtime.ts')
  const runtime = await createRuntime(invocation, signal)
  try {
    return await dispatch(invocation.command, invocation, runtime)
  } finally {
    // Once everything is said; and after a failure too, since some of many may have been signed in.
    if (LEAVE_PROMPT_TRUE.has(invocation.command)) runtime.updatePromptCache()
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

async function dispatch<Name extends CommandName>(
  name: Name,
  line: Invocation<Name>,
  runtime: Runtime,
): Promise<number> {
  return await COMMANDS[name](line, runtime)
}

/** Every command, loaded only when it runs. */
const COMMANDS: { readonly [Name in CommandName]: (line: Invocation<Name>, runtime: Runtime) => Promise<number> } = {
  login: async (line, runtime) => (await import('../commands/login.ts')).login(line, await forLogin(runtime)),
  logout: async (line, runtime) => (await import('../commands/logout.ts')).logout(line, runtime),
  status: async (line, runtime) => Promise.resolve(status(line, runtime)),
  exec: async (line, runtime) => (await import('../commands/exec.ts')).exec(line, await forLogin(runtime)),
  env: async (line, runtime) => (await import('../commands/env.ts')).env(line, await forLogin(runtime)),
  'credential-process': async (line, runtime) =>
    (await import('../commands/credential-process.ts')).credentialProcess(line, runtime),
  cache: async (line, runtime) => (await import('../commands/cache.ts')).cache(line, runtime),
  setup: async (line, runtime) => (await import('../commands/setup.ts')).setup(line, await forLogin(runtime)),
  import: async (line, runtime) => (await import('../commands/import.ts')).importFrom(line, runtime),
  undo: async (line, runtime) => (await import('../commands/undo.ts')).undo(line, runtime),
  doctor: async (line, runtime) => (await import('../commands/doctor.ts')).doctor(line, runtime),
  'shell-init': async (line, runtime) => (await import('../commands/shell-init.ts')).shellInit(line, runtime),
  settings: async (line, runtime) => (await import('../commands/settings.ts')).settings(line, runtime),
}

async function forLogin(runtime: Runtime): Promise<LoginRuntime> {
  return (await import('../runtime/login.ts')).createLoginRuntime(runtime)
}
