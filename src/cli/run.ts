/**
 * The command line: parses it, runs the command, turns a failure into words on stderr and an exit code. A command is
 * loaded only to run, yargs only for help.
 */
import { version } from '../../package.json'
import { answerQuickly } from './quick-answers.ts'
import { messagesOfProcess, report, supervise, supervisionOfProcess } from './supervise.ts'
import { commandMeant, isDebug, optionsThatCount, parse } from '../command-line/parse.ts'
import { COMMAND_TABLE } from '../command-line/table.ts'
import type { AnyInvocation, Invocation } from '../command-line/table.ts'
import { status, watchStatus } from '../commands/status.ts'
import type { CommandName } from '../model/invocation.ts'
import type { LoginRuntime } from '../runtime/login.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { pause } from '../platform/time.ts'
import { createOutput, createScreen, streamFacts } from '../ui/streams.ts'

const PLACE = { isWindows: process.platform === 'win32', environment: process.env }

/**
 * Runs the words after `awsmfa` and returns the exit code; never throws. stdout gets data alone: with `--json` one
 * document, of the command's work or of its failure. Help is success, also for `awsmfa` alone,
 * as with gh.
 */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const line = parse(argv, process.platform === 'win32')
    switch (line.kind) {
      case 'invocation':
        return (await answerQuickly(line.invocation)) ?? (await run(line.invocation))
      case 'version':
        return print(`${version}\n`)
      case 'licenses':
        return print((await import('awsmfa:notices')).default)
      case 'help':
        return print(await (await import('../command-line/help.ts')).renderHelp(line.command, helpWidth()))
      case 'topic':
        return print((await import('./help.ts')).renderTopic(line.topic, new Date(), helpWidth()))
    }
  } catch (error) {
    const json = meansJson(argv) ? createOutput(1) : undefined
    const stderr = messagesOfProcess(argv.includes('--no-color'))
    const exitCode = await report(error, { debug: argv.includes('--debug'), stderr, json })
    if (commandMeant(argv) === 'env') {
      const { formatInWords, printEnvFailure } = await import('../commands/env.ts')
      printEnvFailure(formatInWords(argv), exitCode, PLACE)
    }
    return exitCode
  }
}

/** Whether a line that could not be parsed is of a program that expects JSON. */
function meansJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  const words = end === -1 ? argv : argv.slice(0, end)
  const command = commandMeant(words)
  return (
    command !== undefined &&
    words.includes('--json') &&
    COMMAND_TABLE[command].options.some(({ name }) => name === 'json')
  )
}

/** Help is not wider than 80 columns on any terminal. */
function helpWidth(): number {
  return Math.min(streamFacts(1).columns ?? 80, 80)
}

function print(text: string): number {
  createOutput(1)(text)
  return 0
}

async function run(invocation: Invocation): Promise<number> {
  const exitCode = await supervise(
    (signal) => runCommand(invocation, signal),
    supervisionOfProcess({
      debug: isDebug(invocation),
      json: isJson(invocation),
      noColor: 'noColor' in invocation.options,
      typed: {
        command: invocation.command,
        profile: 'profile' in invocation.options ? invocation.options.profile : invocation.positionals[0],
        options: optionsThatCount(invocation),
      },
    }),
  )
  if (invocation.command === 'env' && exitCode !== 0)
    (await import('../commands/env.ts')).printEnvFailure(invocation.options.format, exitCode, PLACE)
  return exitCode
}

/** `status` and `doctor` print nothing with `--quiet`, not even with `--json`. */
function isJson({ command, options }: AnyInvocation): boolean {
  return options.json === true && !(options.quiet === true && (command === 'status' || command === 'doctor'))
}

async function runCommand(invocation: Invocation, signal: AbortSignal): Promise<number> {
  const { createRuntime } = await import('../runtime/runtime.ts')
  const runtime = await createRuntime(invocation, signal)
  try {
    return await dispatch(invocation.command, invocation, runtime)
  } finally {
    // After a failure too, since some of many profiles may have been signed in.
    if (UPDATING_PROMPT.has(invocation.command)) runtime.updatePromptCache()
  }
}

/**
 * Commands that change sessions, and `status` where it could not be answered quickly. exec, env and credential-process
 * do it after a login.
 */
const UPDATING_PROMPT: ReadonlySet<CommandName> = new Set<CommandName>([
  'login',
  'logout',
  'cache',
  'setup',
  'import',
  'undo',
  'rotate',
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
  status: async (line, runtime) => {
    if (line.options.watch === true)
      return await watchStatus(line, { ...runtime, pause, screen: createScreen(runtime) })
    if (line.options.pick !== true) return status(line, runtime)
    const exitCode = status(await (await import('../commands/pick-profile.ts')).withAnyProfile(line, runtime), runtime)
    // What was asked for is the choice, unless a time must remain, too.
    return line.options.minTtl === undefined ? 0 : exitCode
  },
  exec: async (line, runtime) => (await import('../commands/exec.ts')).exec(line, await forLogin(runtime)),
  env: async (line, runtime) => (await import('../commands/env.ts')).env(line, await forLogin(runtime)),
  console: async (line, runtime) => (await import('../commands/console.ts')).openConsole(line, await forLogin(runtime)),
  'credential-process': async (line, runtime) =>
    (await import('../commands/credential-process.ts')).credentialProcess(line, runtime),
  cache: async (line, runtime) => (await import('../commands/cache.ts')).cache(line, runtime),
  setup: async (line, runtime) => (await import('../commands/setup.ts')).setup(line, await forLogin(runtime)),
  import: async (line, runtime) => (await import('../commands/import.ts')).importFrom(line, runtime),
  undo: async (line, runtime) => (await import('../commands/undo.ts')).undo(line, runtime),
  doctor: async (line, runtime) => (await import('../commands/doctor.ts')).doctor(line, runtime),
  keys: async (line, runtime) => (await import('../commands/keys.ts')).keys(line, await forLogin(runtime)),
  rotate: async (line, runtime) => (await import('../commands/rotate.ts')).rotate(line, await forLogin(runtime)),
  'shell-init': async (line, runtime) => (await import('../commands/shell-init.ts')).shellInit(line, runtime),
  settings: async (line, runtime) => (await import('../commands/settings.ts')).settings(line, runtime),
}

async function forLogin(runtime: Runtime): Promise<LoginRuntime> {
  return (await import('../runtime/login.ts')).createLoginRuntime(runtime)
}
