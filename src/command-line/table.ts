/**
 * The command line as data: every command, option, conflict and example. Parser, help, completion, README and man page
 * are made from it, and so are the types of a parsed line. A row here is what adding a command or an option starts
 * with.
 */
import { optionKey } from './spec.ts'
import type { CommandSpec, OptionSpec, OptionValues } from './spec.ts'
import type { CommandName } from '../model/invocation.ts'

const PROFILE = { ...value('profile', 'NAME', 'the profile, as an option'), short: 'p' } as const

const PROFILES = {
  name: 'profile',
  description: "names or patterns ('dev-*'); else AWS_PROFILE, else default",
  maximum: Infinity,
} as const

const QUIET_TALK = flag('quiet', 'say nothing but errors')

const TOKEN_COMMAND = value('token-command', 'COMMAND', 'a command that prints the token code')

const PASSPHRASE_COMMAND = value('passphrase-command', 'COMMAND', 'a command that prints the passphrase')

const PROMPTING = [
  value('prompt', 'HOW', 'auto, terminal, window, zenity, pinentry, …'),
  flag('no-gui', 'never ask in a window'),
  flag('hide-arns', 'name roles and devices without their ARNs'),
] as const

const ONE_WAY_TO_ASK = ['prompt', 'no-gui'] as const

const ALLOW_ROOT = flag('allow-root', "let root write into another user's home")

const NO_COLOR = flag('no-color', 'no colours')

const DEBUG = flag('debug', 'tell where each setting comes from')

const DRY_RUN = flag('dry-run', 'show the changes and make none')

const YES = flag('yes', 'make the changes without a question')

const SHOW_OR_MAKE = ['dry-run', 'yes'] as const

const REACHING_STS = [
  value('region', 'NAME', 'the region'),
  value('endpoint-url', 'URL', 'the STS endpoint'),
  value('ca-bundle', 'FILE', 'certificates to trust, in PEM form'),
] as const

const FRESH = value('min-ttl', 'TIME', 'renew first if less than this is left, such as 45m')

const ROWS = {
  login: {
    summary: 'Sign in with a token code: get a session, store it',
    positional: PROFILES,
    tail: { placeholder: 'STS FLAGS', description: 'flags of aws sts get-session-token or assume-role' },
    options: [
      PROFILE,
      flag('all', 'every profile that awsmfa manages'),
      { ...value('token-code', 'CODE', 'the token code; - reads it from stdin'), takesDash: true },
      TOKEN_COMMAND,
      PASSPHRASE_COMMAND,
      ...PROMPTING,
      value('source-profile', 'NAME', 'the profile that leads to the long-term keys'),
      flag('source-env', 'take the long-term keys from the environment'),
      value('serial-number', 'SERIAL', 'the MFA device: its ARN or hardware serial'),
      value('role-arn', 'ARN', 'assume this role'),
      value('duration', 'TIME', 'how long the session holds, such as 12h'),
      value('duration-seconds', 'N', 'the same in seconds'),
      value('min-ttl', 'TIME', 'renew if less than this is left, such as 45m'),
      flag('force', 'renew a session that is still valid'),
      flag('replace', "replace another tool's session"),
      value('region', 'NAME', 'the region whose STS is asked'),
      value('endpoint-url', 'URL', 'the STS endpoint'),
      value('ca-bundle', 'FILE', 'certificates to trust, in PEM form'),
      flag('json', 'print the new state as JSON'),
      QUIET_TALK,
      ALLOW_ROOT,
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [
      ['all', 'profile'],
      ['duration', 'duration-seconds'],
      ['source-profile', 'source-env'],
      ['token-code', 'token-command'],
      ONE_WAY_TO_ASK,
    ],
    examples: [
      { line: "awsmfa login work 'dev-*'", description: 'sign in with one code' },
      { line: 'awsmfa login -- --duration-seconds 3600', description: 'with a flag for STS' },
    ],
  },

  status: {
    summary: 'Say what is left of a session',
    positional: PROFILES,
    options: [
      PROFILE,
      flag('all', 'every profile, as a table'),
      flag('json', 'print the state as JSON'),
      flag('quiet', 'print nothing; the exit code tells'),
      value('min-ttl', 'TIME', 'exit 4 if less than this is left, such as 45m'),
      value('format', 'TEMPLATE', "a line of your own: '{profile} {remaining}'"),
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [['all', 'profile']],
    examples: [
      { line: 'awsmfa status', description: 'one line, for the profile in use' },
      { line: 'awsmfa status --quiet || awsmfa login', description: 'sign in if need be' },
    ],
  },

  logout: {
    summary: 'Take a session out of the credentials file',
    positional: PROFILES,
    options: [
      PROFILE,
      flag('all', 'every session that awsmfa stored'),
      flag('json', 'print the new state as JSON'),
      QUIET_TALK,
      ALLOW_ROOT,
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [['all', 'profile']],
    examples: [
      { line: 'awsmfa logout work', description: 'take out what login put in' },
      { line: 'awsmfa logout --all', description: 'for every profile' },
    ],
  },

  exec: {
    summary: 'Run a program, or a shell, with the session',
    positional: { name: 'profile', description: 'the profile; else AWS_PROFILE, else default', maximum: 1 },
    tail: {
      placeholder: 'COMMAND',
      description: 'the program and its arguments, run without a shell; left out: your shell',
      isProgram: true,
    },
    options: [
      PROFILE,
      FRESH,
      flag('server', 'serve credentials that renew themselves'),
      flag('profile-env', 'set AWS_PROFILE instead of the credentials'),
      ...REACHING_STS,
      QUIET_TALK,
      ALLOW_ROOT,
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [['server', 'profile-env']],
    examples: [
      { line: 'awsmfa exec prod -- terraform plan', description: 'signs in first if need be' },
      { line: 'awsmfa exec prod --server -- ./job.sh', description: 'for longer than a session lasts' },
    ],
  },

  env: {
    summary: 'Print the session for a shell or a program to read',
    positional: { name: 'profile', description: 'the profile; else AWS_PROFILE, else default', maximum: 1 },
    options: [
      PROFILE,
      value('format', 'FORMAT', 'env, fish, powershell, windows-cmd, process, dotenv, …'),
      flag('unset', 'print code that takes the variables away'),
      FRESH,
      ...REACHING_STS,
      QUIET_TALK,
      ALLOW_ROOT,
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [['unset', 'min-ttl']],
    examples: [
      { line: 'eval "$(awsmfa env prod)"', description: 'for sh, bash and zsh' },
      { line: 'awsmfa env prod --format fish | source', description: 'for fish' },
    ],
  },

  console: {
    summary: 'Open the AWS console as a role',
    positional: { name: 'profile', description: 'the role profile; else AWS_PROFILE, else default', maximum: 1 },
    options: [
      PROFILE,
      flag('print', 'print the URL instead of opening a browser'),
      value('service', 'NAME', 'the page to open: ec2, s3, cloudwatch, …'),
      value('destination', 'URL', 'the page to open, by its URL'),
      value('browser', 'COMMAND', 'the browser; runs without a shell'),
      value('duration', 'TIME', 'how long; more than 1h takes a code'),
      flag('logout', 'sign the browser out of its session first'),
      ...REACHING_STS,
      QUIET_TALK,
      ALLOW_ROOT,
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [
      ['service', 'destination'],
      ['print', 'browser'],
    ],
    examples: [
      { line: 'awsmfa console prod --service s3', description: 'in the browser' },
      { line: 'awsmfa console prod --print', description: 'for a browser elsewhere' },
    ],
  },

  'credential-process': {
    summary: 'Answer a credential_process line of your config file',
    positional: { name: 'profile', description: 'the profile; else AWS_PROFILE, else default', maximum: 1 },
    options: [
      PROFILE,
      value('source-profile', 'NAME', 'the profile that leads to the long-term keys'),
      value('serial-number', 'SERIAL', 'the MFA device: its ARN or hardware serial'),
      value('role-arn', 'ARN', 'assume this role'),
      TOKEN_COMMAND,
      PASSPHRASE_COMMAND,
      ...PROMPTING,
      value('refresh-window', 'TIME', 'renew with so much left; else 10m'),
      flag('no-mandatory-refresh', 'ask for a code only after its end'),
      value('timeout', 'TIME', 'give up after so long; else 20s'),
      ...REACHING_STS,
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [['refresh-window', 'no-mandatory-refresh'], ONE_WAY_TO_ASK],
    examples: [
      { line: 'awsmfa credential-process --profile work', description: 'as the config file has it' },
      { line: 'awsmfa credential-process --timeout 50s', description: 'with more time' },
    ],
  },

  cache: {
    summary: 'Show or remove sessions in the encrypted cache',
    actions: {
      show: { summary: 'what is kept: for which profiles, for how long', maximum: 0, options: ['json'] },
      clear: {
        summary: 'remove it, for the named profiles or for all',
        maximum: Infinity,
        options: ['profile', 'quiet'],
      },
    },
    positional: { name: 'profile', description: 'after clear: names or patterns; else all', maximum: Infinity },
    options: [PROFILE, flag('json', 'print what is kept as JSON'), QUIET_TALK, NO_COLOR, DEBUG],
    conflicts: [],
    examples: [
      { line: 'awsmfa cache show', description: 'what is kept, without secrets' },
      { line: 'awsmfa cache clear work', description: 'the next login of work takes a code' },
    ],
  },

  setup: {
    summary: 'Change your files so that one code serves all',
    positional: { name: 'profile', description: 'the profile, or a role of it; as for login', maximum: 1 },
    options: [
      PROFILE,
      value('serial-number', 'SERIAL', 'the MFA device: its ARN or hardware serial'),
      value('role-arn', 'ARN', 'add the profile, for this role'),
      value('source-profile', 'NAME', 'the profile whose session assumes the role'),
      flag('source-env', 'take new long-term keys from the environment'),
      value('region', 'NAME', 'the region to set for the profile'),
      value('layout', 'LAYOUT', 'session (usual) or process (credential_process)'),
      DRY_RUN,
      YES,
      ALLOW_ROOT,
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [SHOW_OR_MAKE],
    examples: [
      { line: 'awsmfa setup work', description: 'show the changes, ask, make them' },
      { line: 'awsmfa setup work --dry-run', description: 'show them' },
    ],
  },

  import: {
    summary: "Take over another tool's profiles",
    positional: { name: 'tool', description: 'aws-mfa, reusabit-awsmfa, dcoker-awsmfa, mfa-login, …', maximum: 1 },
    options: [flag('remove-old', 'take out what only the other tool needs'), DRY_RUN, YES, ALLOW_ROOT, NO_COLOR, DEBUG],
    conflicts: [SHOW_OR_MAKE],
    examples: [
      { line: 'awsmfa import', description: 'show the changes, ask, make them' },
      { line: 'awsmfa import aws-mfa --dry-run', description: 'show them, for one tool' },
    ],
  },

  undo: {
    summary: 'Take back what setup, import or doctor --fix changed last',
    options: [DRY_RUN, YES, ALLOW_ROOT, NO_COLOR, DEBUG],
    conflicts: [SHOW_OR_MAKE],
    examples: [
      { line: 'awsmfa undo', description: 'show what would come back, ask, do it' },
      { line: 'awsmfa undo --dry-run', description: 'show it' },
    ],
  },

  keys: {
    summary: 'Show and change where your access keys are stored',
    actions: {
      show: { summary: 'list the access keys of your profiles', maximum: Infinity, options: ['json'] },
      add: {
        summary: 'store a new access key',
        maximum: 1,
        options: ['to', 'source-env', 'region', 'endpoint-url', 'ca-bundle', 'yes', 'dry-run'],
      },
      move: { summary: 'move access keys to another store', maximum: Infinity, options: ['to', 'yes', 'dry-run'] },
      remove: { summary: 'delete an access key from where it is stored', maximum: 1, options: ['yes', 'dry-run'] },
    },
    positional: { name: 'profile', description: 'names or patterns; after show: else all', maximum: Infinity },
    options: [
      PROFILE,
      value('to', 'STORE', 'keychain, pass, encrypted-file, or file'),
      flag('source-env', 'take the new access key from the environment'),
      PASSPHRASE_COMMAND,
      ...REACHING_STS,
      flag('json', 'print the keys as JSON'),
      DRY_RUN,
      YES,
      ALLOW_ROOT,
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [SHOW_OR_MAKE],
    examples: [
      { line: 'awsmfa keys move work --to keychain', description: 'out of the credentials file' },
      { line: 'awsmfa keys show', description: 'where each access key is' },
    ],
  },

  'shell-init': {
    summary: 'Print code that shows the session in the prompt',
    positional: { name: 'shell', description: 'bash, zsh, fish or powershell', maximum: 1 },
    options: [DEBUG],
    conflicts: [],
    examples: [
      { line: 'eval "$(awsmfa shell-init bash)"', description: 'in ~/.bashrc; likewise zsh' },
      { line: 'awsmfa shell-init fish | source', description: 'in config.fish' },
    ],
  },

  doctor: {
    summary: 'Say what is wrong, and what each tool will do',
    positional: { name: 'profile', description: 'names or patterns; else every profile', maximum: Infinity },
    options: [
      PROFILE,
      flag('fix', 'fix what is safe to fix'),
      flag('online', 'ask STS what time it is, without credentials'),
      flag('json', 'print the findings as JSON'),
      flag('quiet', 'print nothing; the exit code tells'),
      DRY_RUN,
      YES,
      ALLOW_ROOT,
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [SHOW_OR_MAKE],
    examples: [
      { line: 'awsmfa doctor', description: 'look at everything; ask nothing of AWS' },
      { line: 'awsmfa doctor --fix', description: 'show what it would fix, ask, fix it' },
    ],
  },

  settings: {
    summary: 'Say what each setting is and where it comes from',
    positional: { name: 'profile', description: 'the profile; else AWS_PROFILE, else default', maximum: 1 },
    options: [PROFILE, flag('json', 'print the settings as JSON'), NO_COLOR, DEBUG],
    conflicts: [],
    examples: [
      { line: 'awsmfa settings', description: 'for the profile in use' },
      { line: 'awsmfa settings prod --json', description: 'for a program' },
    ],
  },
} as const satisfies Readonly<Record<CommandName, CommandSpec>>

/** The row of each command. */
export const COMMAND_TABLE: Readonly<Record<CommandName, CommandSpec>> = ROWS

/**
 * The options of a command as a parsed line has them: `OptionsOf<'login'>` has `minTtl?: string` and `force?: true`.
 */
export type OptionsOf<Name extends CommandName> = OptionValues<(typeof ROWS)[Name]['options'][number]>

/** The name of an option of some command, as it is typed, without dashes. */
export type OptionName = (typeof ROWS)[CommandName]['options'][number]['name']

/** Every option of any command; the options of each command are assignable to it. */
export type AnyOptions = OptionsOf<CommandName>

/** A parsed command line, by its command. Values are as they were typed. */
export type Invocation<Name extends CommandName = CommandName> = {
  readonly [Command in Name]: {
    readonly command: Command
    readonly positionals: readonly string[]
    readonly options: OptionsOf<Command>
    /** The words after the first `--`; undefined if there was none. */
    readonly tail?: readonly string[] | undefined
  }
}[Name]

const OUTPUT_OPTIONS: readonly (keyof AnyOptions)[] = ['json', 'quiet', 'noColor', 'debug']

/** What parsed lines of all commands have in common, for what serves several of them. */
export interface AnyInvocation {
  readonly command: CommandName
  readonly positionals: readonly string[]
  readonly options: AnyOptions
  readonly tail?: readonly string[] | undefined
}

/** The options that work on every line, with or without a command. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { ...flag('help', 'show help'), short: 'h' },
  { ...flag('version', 'show the version'), short: 'V' },
  flag('licenses', 'show the licenses of the software it contains'),
]

/** The global options and those of every command. A name is the same kind of option wherever it occurs. */
export const ALL_OPTIONS: readonly OptionSpec[] = [
  ...GLOBAL_OPTIONS,
  ...Object.values(COMMAND_TABLE).flatMap(({ options }) => options),
]

/** Returns whether an option, by its name in code, changes only what is printed. */
export function isOutputOption(key: string): boolean {
  return OUTPUT_OPTIONS.some((name) => name === key)
}

/** Returns those of a line's options that `command` has too. */
export function optionsFor<Name extends CommandName>(command: Name, options: AnyOptions): OptionsOf<Name> {
  const known = new Set<string>(COMMAND_TABLE[command].options.map(({ name }) => optionKey(name)))
  return Object.fromEntries(Object.entries(options).filter(([key]) => known.has(key))) as OptionsOf<Name>
}

/** Returns whether a word is the name of a command. */
export function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(COMMAND_TABLE, word)
}

function flag<const Name extends string>(name: Name, description: string) {
  return { kind: 'flag', name, description } as const
}

function value<const Name extends string>(name: Name, placeholder: string, description: string) {
  return { kind: 'value', name, placeholder, description } as const
}
