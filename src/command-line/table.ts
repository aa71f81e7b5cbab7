/**
 * The command line as data: every command, option, conflict and example. Parser, help, completion, README and man page
 * are made from it, and so are the types of a parsed line. Adding a command or an option starts here.
 */
import { flag, optionKey, pairs, value } from './spec.ts'
import type { CommandSpec, OptionSpec, OptionValues } from './spec.ts'
import type { CommandName } from '../model/invocation.ts'

const PROFILE = { ...value('profile', 'NAME', 'Profile, as an option'), short: 'p' } as const

const PROFILES = {
  name: 'profile',
  description: "Name or pattern such as 'dev-*' (default: AWS_PROFILE, or 'default')",
  maximum: Infinity,
} as const
const NAME_OF_PROFILE = "Name of a profile (default: AWS_PROFILE, or 'default')"
const ONE_PROFILE = { name: 'profile', description: NAME_OF_PROFILE, maximum: 1 } as const
const LISTED = "(default: AWS_PROFILE, 'default', or a list)"

const KEYS = 'Keys and MFA'
const ROLE = 'Role and session'
const NETWORK = 'Network'
const OUTPUT = 'Output'

const QUIET = flag('quiet', 'Print errors only', OUTPUT)
const NO_OUTPUT = flag('quiet', 'Print nothing; use the exit code', OUTPUT)
const NO_COLOR = flag('no-color', 'Disable color', OUTPUT)
const DEBUG = flag('debug', 'Print the source of each setting', OUTPUT)
const TOKEN_COMMAND = value('token-command', 'COMMAND', 'Command that prints the token code', KEYS)
const PASSPHRASE_COMMAND = value('passphrase-command', 'COMMAND', 'Command that prints the passphrase', KEYS)
const SERIAL_NUMBER = value('serial-number', 'SERIAL', 'MFA device: ARN or hardware serial', KEYS)
const SOURCE_PROFILE = value('source-profile', 'NAME', 'Profile with the access key', KEYS)
const SOURCE_ENV = flag('source-env', 'Use the access key in the environment', KEYS)

const PROMPTING = [
  value('prompt', 'HOW', 'Where to prompt: auto, terminal, window, ...', KEYS),
  flag('no-gui', 'Never prompt in a window', KEYS),
  flag('hide-arns', 'Hide ARNs in prompts', KEYS),
] as const

const ONE_WAY_TO_ASK = ['prompt', 'no-gui'] as const

const ROLE_ARN = value('role-arn', 'ARN', 'Role to assume', ROLE)
const ALLOW_ROOT = flag('allow-root', "Let root write to another user's home", ROLE)
const DRY_RUN = flag('dry-run', 'Show the changes only')
const YES = flag('yes', 'Do not ask for confirmation')

const SHOW_OR_MAKE = ['dry-run', 'yes'] as const

const REACHING_STS = [
  value('region', 'NAME', 'STS region', NETWORK),
  value('endpoint-url', 'URL', 'STS endpoint', NETWORK),
  value('ca-bundle', 'FILE', 'CA certificates to trust (PEM)', NETWORK),
] as const

const MIN_TTL = value('min-ttl', 'TIME', 'Renew if less time remains, such as 45m')

const ROWS = {
  login: {
    summary: 'Sign in with an MFA code',
    positional: { ...PROFILES, description: `Name or pattern 'dev-*' ${LISTED}` },
    tail: { placeholder: 'STS-OPTIONS', description: "Options of 'aws sts get-session-token' or 'assume-role'" },
    options: [
      PROFILE,
      flag('all', 'All profiles with an access key'),
      flag('force', 'Renew a session that is still valid'),
      value('duration', 'TIME', 'Session length, such as 12h'),
      value('duration-seconds', 'N', 'Session length in seconds'),
      MIN_TTL,
      { ...value('token-code', 'CODE', 'Token code; - reads it from stdin', KEYS), takesDash: true },
      TOKEN_COMMAND,
      PASSPHRASE_COMMAND,
      SERIAL_NUMBER,
      SOURCE_PROFILE,
      SOURCE_ENV,
      ...PROMPTING,
      ROLE_ARN,
      flag('replace', "Replace another tool's session", ROLE),
      ALLOW_ROOT,
      ...REACHING_STS,
      flag('json', 'Print the result as JSON', OUTPUT),
      QUIET,
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
      { line: "awsmfa login work 'dev-*'", description: 'Sign in with one code' },
      { line: 'awsmfa login -- --duration-seconds 3600', description: 'With an option of STS' },
    ],
  },

  status: {
    summary: 'Show the time remaining',
    positional: PROFILES,
    options: [
      PROFILE,
      flag('all', 'All profiles, as a table'),
      flag('pick', 'Choose a profile from a list'),
      flag('watch', 'Draw again each minute, until Ctrl-C'),
      value('min-ttl', 'TIME', 'Exit 4 if less time remains, such as 45m'),
      flag('json', 'Print the state as JSON', OUTPUT),
      NO_OUTPUT,
      value('format', 'TEMPLATE', "Custom line: '{profile} {remaining}'", OUTPUT),
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [
      ['all', 'profile'],
      ...pairs('pick', 'profile', 'all'),
      ...pairs('watch', 'json', 'format', 'quiet', 'pick'),
    ],
    examples: [
      { line: 'awsmfa status --all', description: 'Show all profiles' },
      { line: 'awsmfa status --quiet || awsmfa login', description: 'Sign in if needed' },
    ],
  },

  logout: {
    summary: 'Remove stored sessions',
    positional: PROFILES,
    options: [
      PROFILE,
      flag('all', 'All sessions that awsmfa stored'),
      ALLOW_ROOT,
      flag('json', 'Print the result as JSON', OUTPUT),
      QUIET,
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [['all', 'profile']],
    examples: [
      { line: 'awsmfa logout work', description: 'Remove the session of one profile' },
      { line: 'awsmfa logout --all', description: 'Remove all sessions' },
    ],
  },

  exec: {
    summary: 'Run a command or a shell with a session',
    positional: { ...ONE_PROFILE, description: `Name of a profile ${LISTED}` },
    tail: {
      placeholder: 'COMMAND',
      description: 'Command to run, without a shell (default: an interactive shell)',
      isProgram: true,
    },
    options: [
      PROFILE,
      MIN_TTL,
      flag('server', 'Serve credentials on loopback, renewed as needed'),
      flag('profile-env', 'Set AWS_PROFILE only'),
      ALLOW_ROOT,
      ...REACHING_STS,
      QUIET,
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [['server', 'profile-env']],
    examples: [
      { line: 'awsmfa exec prod -- terraform plan', description: 'Run a command; signs in first if needed' },
      { line: 'awsmfa exec prod', description: 'Open a shell' },
    ],
  },

  env: {
    summary: 'Print a session as environment variables',
    positional: ONE_PROFILE,
    options: [
      PROFILE,
      value('format', 'FORMAT', 'env (default; Windows: powershell), fish, ...'),
      flag('unset', 'Print code that unsets the variables'),
      MIN_TTL,
      ALLOW_ROOT,
      ...REACHING_STS,
      QUIET,
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [['unset', 'min-ttl']],
    examples: [
      { line: 'eval "$(awsmfa env prod)"', description: 'Load a session (sh, bash, zsh)' },
      { line: 'awsmfa env prod --format fish | source', description: 'Load a session (fish)' },
    ],
  },

  console: {
    summary: 'Open the AWS console',
    positional: { ...ONE_PROFILE, description: `Name of a role profile ${LISTED}` },
    options: [
      PROFILE,
      value('service', 'NAME', 'Service to open: ec2, s3, cloudwatch, ...'),
      value('destination', 'URL', 'Page to open'),
      flag('print', 'Print the URL instead of opening a browser'),
      value('browser', 'COMMAND', 'Browser, run without a shell'),
      value('duration', 'TIME', 'Console session length; over 1h needs a code'),
      flag('logout', 'Sign out of the console first'),
      ALLOW_ROOT,
      ...REACHING_STS,
      QUIET,
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [
      ['service', 'destination'],
      ['print', 'browser'],
    ],
    examples: [
      { line: 'awsmfa console prod --service s3', description: 'Open S3 in the browser' },
      { line: 'awsmfa console prod --print', description: 'For a browser on another computer' },
    ],
  },

  'credential-process': {
    summary: 'Return a session to AWS SDKs',
    positional: ONE_PROFILE,
    options: [
      PROFILE,
      TOKEN_COMMAND,
      PASSPHRASE_COMMAND,
      SERIAL_NUMBER,
      SOURCE_PROFILE,
      ...PROMPTING,
      ROLE_ARN,
      value('refresh-window', 'TIME', 'Renew if less time remains (default: 10m)', ROLE),
      flag('no-mandatory-refresh', 'Prompt only after expiration', ROLE),
      value('timeout', 'TIME', 'Time limit (default: 20s)', ROLE),
      ...REACHING_STS,
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [['refresh-window', 'no-mandatory-refresh'], ONE_WAY_TO_ASK],
    examples: [
      { line: 'awsmfa credential-process --profile work', description: 'As in the config file' },
      { line: 'awsmfa credential-process --timeout 50s', description: 'With more time' },
    ],
  },

  keys: {
    summary: 'Show, add, move or remove stored access keys',
    actions: {
      show: { summary: 'List the access keys of your profiles', maximum: Infinity, options: ['json'] },
      add: {
        summary: 'Store a new access key',
        maximum: 1,
        options: ['to', 'source-env', 'region', 'endpoint-url', 'ca-bundle', 'yes', 'dry-run'],
      },
      move: { summary: 'Move access keys to another store', maximum: Infinity, options: ['to', 'yes', 'dry-run'] },
      remove: { summary: 'Delete an access key from every store', maximum: 1, options: ['from', 'yes', 'dry-run'] },
    },
    positional: {
      name: 'profile',
      description: "Name or pattern such as 'dev-*' (default of show: all profiles)",
      maximum: Infinity,
    },
    options: [
      PROFILE,
      DRY_RUN,
      YES,
      value('to', 'STORE', 'keychain, pass, encrypted-file or file', KEYS),
      value('from', 'STORE', 'Only delete the copy that this store has', KEYS),
      SOURCE_ENV,
      PASSPHRASE_COMMAND,
      ALLOW_ROOT,
      ...REACHING_STS,
      flag('json', 'Print the access keys as JSON', OUTPUT),
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [SHOW_OR_MAKE],
    examples: [
      { line: 'awsmfa keys move work --to keychain', description: 'Out of the credentials file' },
      { line: 'awsmfa keys show', description: 'Show where each access key is' },
    ],
  },

  rotate: {
    summary: 'Replace an access key',
    positional: { ...ONE_PROFILE, description: `Name of a profile ${LISTED}` },
    options: [
      PROFILE,
      YES,
      flag('keep-old', 'Leave the old key active'),
      flag('delete-old', 'Delete the old, inactive key'),
      flag('undo', 'Reactivate the old key'),
      value('replace', 'LAST4', 'Replace the key that ends in LAST4'),
      PASSPHRASE_COMMAND,
      ALLOW_ROOT,
      ...REACHING_STS,
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [
      ['keep-old', 'delete-old'],
      ['keep-old', 'undo'],
      ['delete-old', 'undo'],
      ['replace', 'undo'],
      ['replace', 'delete-old'],
    ],
    examples: [
      { line: 'awsmfa rotate work', description: 'Create a new key, deactivate the old one' },
      { line: 'awsmfa rotate work --delete-old', description: 'Delete the old key some days later' },
    ],
  },

  setup: {
    summary: 'Set up a profile',
    positional: { name: 'profile', description: 'Name of the profile', maximum: 1 },
    options: [
      PROFILE,
      DRY_RUN,
      YES,
      SERIAL_NUMBER,
      value('source-profile', 'NAME', 'Profile whose session assumes the role', KEYS),
      SOURCE_ENV,
      value('keys', 'STORE', 'Store of the access key, as for keys move', KEYS),
      PASSPHRASE_COMMAND,
      value('role-arn', 'ARN', 'Add a profile for this role', ROLE),
      value('layout', 'LAYOUT', 'session (default) or process', ROLE),
      ALLOW_ROOT,
      value('region', 'NAME', 'Region of the profile', NETWORK),
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [SHOW_OR_MAKE],
    examples: [
      { line: 'awsmfa setup work', description: 'Show the changes and ask' },
      { line: 'awsmfa setup admin --role-arn ARN --source-profile work', description: 'Add a role' },
    ],
  },

  import: {
    summary: 'Import profiles from another tool',
    positional: { name: 'tool', description: 'aws-mfa, aws-vault, awsume, granted, aws-runas, ...', maximum: 1 },
    options: [
      flag('remove-old', "Remove the old tool's settings"),
      DRY_RUN,
      YES,
      value('keys', 'STORE', "Store for aws-vault's access keys", KEYS),
      PASSPHRASE_COMMAND,
      ALLOW_ROOT,
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [SHOW_OR_MAKE],
    examples: [
      { line: 'awsmfa import', description: 'Show the changes and ask' },
      { line: 'awsmfa import aws-vault --keys keychain', description: "Take over aws-vault's access keys" },
    ],
  },

  undo: {
    summary: 'Undo the last setup, import, keys or doctor --fix',
    options: [DRY_RUN, YES, ALLOW_ROOT, NO_COLOR, DEBUG],
    conflicts: [SHOW_OR_MAKE],
    examples: [
      { line: 'awsmfa undo', description: 'Show what is restored and ask' },
      { line: 'awsmfa undo --dry-run', description: 'Show what is restored' },
    ],
  },

  doctor: {
    summary: 'Find and fix problems',
    positional: {
      name: 'profile',
      description: "Name or pattern such as 'dev-*' (default: all profiles)",
      maximum: Infinity,
    },
    options: [
      PROFILE,
      flag('fix', 'Fix what is safe to fix'),
      DRY_RUN,
      YES,
      flag('online', 'Compare the clock with AWS'),
      flag('verbose', 'Include notes, and what each tool does'),
      ALLOW_ROOT,
      flag('json', 'Print the findings as JSON', OUTPUT),
      NO_OUTPUT,
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [SHOW_OR_MAKE],
    examples: [
      { line: 'awsmfa doctor', description: 'Check everything, without calling AWS' },
      { line: 'awsmfa doctor --fix', description: 'Show the fixes and ask' },
    ],
  },

  settings: {
    summary: 'Show each setting and where it is set',
    positional: ONE_PROFILE,
    options: [
      PROFILE,
      flag('all', 'Include settings with their default values'),
      flag('json', 'Print all settings as JSON', OUTPUT),
      NO_COLOR,
      DEBUG,
    ],
    conflicts: [],
    examples: [
      { line: 'awsmfa settings prod', description: 'Show what is set for a profile' },
      { line: 'awsmfa settings prod --all', description: 'Include the defaults' },
    ],
  },

  'shell-init': {
    summary: 'Print the shell integration (prompt, completion)',
    positional: { name: 'shell', description: 'bash, zsh, fish or powershell', maximum: 1 },
    options: [DEBUG],
    conflicts: [],
    examples: [
      { line: 'eval "$(awsmfa shell-init bash)"', description: 'In ~/.bashrc; likewise for zsh' },
      { line: 'awsmfa shell-init fish | source', description: 'In config.fish' },
    ],
  },

  cache: {
    summary: 'Show or clear cached sessions',
    actions: {
      show: { summary: 'List the cached sessions', maximum: 0, options: ['json'] },
      clear: { summary: 'Remove cached sessions', maximum: Infinity, options: ['profile', 'quiet'] },
    },
    positional: {
      name: 'profile',
      description: "Name or pattern such as 'dev-*', after clear (default: all profiles)",
      maximum: Infinity,
    },
    options: [PROFILE, flag('json', 'Print the cached sessions as JSON', OUTPUT), QUIET, NO_COLOR, DEBUG],
    conflicts: [],
    examples: [
      { line: 'awsmfa cache show', description: 'List sessions, without secrets' },
      { line: 'awsmfa cache clear work', description: 'The next login needs a code' },
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

/** What parsed lines of all commands have in common, for what serves several of them. */
export interface AnyInvocation {
  readonly command: CommandName
  readonly positionals: readonly string[]
  readonly options: AnyOptions
  readonly tail?: readonly string[] | undefined
}

/** The options that work on every line, with or without a command. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { ...flag('help', 'Show help', OUTPUT), short: 'h' },
  { ...flag('version', 'Show the version', OUTPUT), short: 'V' },
  flag('licenses', 'Show the licenses of the packages that it contains', OUTPUT),
]

/** Returns those of a line's options that `command` has too. */
export function optionsFor<Name extends CommandName>(command: Name, options: AnyOptions): OptionsOf<Name> {
  const known = new Set<string>(COMMAND_TABLE[command].options.map(({ name }) => optionKey(name)))
  return Object.fromEntries(Object.entries(options).filter(([key]) => known.has(key))) as OptionsOf<Name>
}
