import type { CommandSpec, ConflictSpec, OptionSpec } from './spec.ts'
import type { CommandName } from '../model/invocation.ts'

const PROFILE: OptionSpec = {
  kind: 'value',
  name: 'profile',
  short: 'p',
  placeholder: 'NAME',
  description: 'the profile, as an option',
}

const QUIET_TALK: OptionSpec = { kind: 'flag', name: 'quiet', description: 'say nothing but errors' }

const TOKEN_COMMAND: OptionSpec = {
  kind: 'value',
  name: 'token-command',
  placeholder: 'COMMAND',
  description: 'a command that prints the token code',
}

const PROMPTING: readonly OptionSpec[] = [
  { kind: 'value', name: 'prompt', placeholder: 'HOW', description: 'auto, terminal, window, zenity, pinentry, …' },
  { kind: 'flag', name: 'no-gui', description: 'never ask in a window' },
  { kind: 'flag', name: 'hide-arns', description: 'name roles and devices without their ARNs' },
]

const ONE_WAY_TO_ASK: ConflictSpec = {
  options: ['prompt', 'no-gui'],
  because: 'one says where to ask, the other where not to',
}

const ALLOW_ROOT: OptionSpec = {
  kind: 'flag',
  name: 'allow-root',
  description: "let root write into somebody else's home folder",
}

const NO_COLOR: OptionSpec = { kind: 'flag', name: 'no-color', description: 'no colours' }

const DEBUG: OptionSpec = { kind: 'flag', name: 'debug', description: 'tell where each setting comes from' }

const LOGIN: CommandSpec = {
  summary: 'Sign in with a token code: get a session, store it',
  positional: {
    name: 'profile',
    description: "names or patterns ('dev-*'); else AWS_PROFILE, else default",
    maximum: Infinity,
  },
  tail: { placeholder: 'STS FLAGS', description: 'flags of aws sts get-session-token or assume-role' },
  options: [
    PROFILE,
    { kind: 'flag', name: 'all', description: 'every profile that awsmfa manages' },
    {
      kind: 'value',
      name: 'token-code',
      placeholder: 'CODE',
      takesDash: true,
      description: 'the token code; - reads it from stdin',
    },
    TOKEN_COMMAND,
    ...PROMPTING,
    {
      kind: 'value',
      name: 'source-profile',
      placeholder: 'NAME',
      description: 'the profile that leads to the long-term keys',
    },
    { kind: 'flag', name: 'source-env', description: 'take the long-term keys from the environment' },
    {
      kind: 'value',
      name: 'serial-number',
      placeholder: 'SERIAL',
      description: 'the MFA device: its ARN or hardware serial',
    },
    { kind: 'value', name: 'role-arn', placeholder: 'ARN', description: 'assume this role' },
    { kind: 'value', name: 'duration', placeholder: 'TIME', description: 'how long the session holds, such as 12h' },
    { kind: 'value', name: 'duration-seconds', placeholder: 'N', description: 'the same in seconds' },
    {
      kind: 'value',
      name: 'min-ttl',
      placeholder: 'TIME',
      description: 'renew if less than this is left, such as 45m',
    },
    { kind: 'flag', name: 'force', description: 'renew a session that is still valid' },
    { kind: 'flag', name: 'replace', description: "replace another tool's session" },
    { kind: 'value', name: 'region', placeholder: 'NAME', description: 'the region whose STS is asked' },
    { kind: 'value', name: 'endpoint-url', placeholder: 'URL', description: 'the STS endpoint' },
    { kind: 'value', name: 'ca-bundle', placeholder: 'FILE', description: 'certificates to trust, in PEM form' },
    { kind: 'flag', name: 'json', description: 'print the new state as JSON' },
    QUIET_TALK,
    ALLOW_ROOT,
    NO_COLOR,
    DEBUG,
  ],
  conflicts: [
    { options: ['all', 'profile'], because: 'one means every profile, the other one' },
    { options: ['duration', 'duration-seconds'], because: 'both say how long the session holds' },
    { options: ['source-profile', 'source-env'], because: 'both say where the long-term keys come from' },
    { options: ['token-code', 'token-command'], because: 'both say where the token code comes from' },
    ONE_WAY_TO_ASK,
  ],
  examples: [
    { line: "awsmfa login work 'dev-*'", description: 'sign in with one code' },
    { line: 'awsmfa login -- --duration-seconds 3600', description: 'with a flag for STS' },
  ],
}

const STATUS: CommandSpec = {
  summary: 'Say what is left of a session',
  positional: { name: 'profile', description: 'the profile; else AWS_PROFILE, else default', maximum: 1 },
  options: [
    PROFILE,
    { kind: 'flag', name: 'all', description: 'every profile, as a table' },
    { kind: 'flag', name: 'json', description: 'print the state as JSON' },
    { kind: 'flag', name: 'quiet', description: 'print nothing; the exit code tells' },
    {
      kind: 'value',
      name: 'min-ttl',
      placeholder: 'TIME',
      description: 'exit 4 if less than this is left, such as 45m',
    },
    {
      kind: 'value',
      name: 'format',
      placeholder: 'TEMPLATE',
      description: "a line of your own: '{profile} {remaining}'",
    },
    NO_COLOR,
    DEBUG,
  ],
  conflicts: [{ options: ['all', 'profile'], because: 'one asks for every profile, the other for one' }],
  examples: [
    { line: 'awsmfa status', description: 'one line, for the profile in use' },
    { line: 'awsmfa status --quiet || awsmfa login', description: 'sign in if need be' },
  ],
}

const LOGOUT: CommandSpec = {
  summary: 'Take a session out of the credentials file',
  positional: { name: 'profile', description: 'the profiles; else AWS_PROFILE, else default', maximum: Infinity },
  options: [
    PROFILE,
    { kind: 'flag', name: 'all', description: 'every session that awsmfa stored' },
    { kind: 'flag', name: 'json', description: 'print the new state as JSON' },
    QUIET_TALK,
    ALLOW_ROOT,
    NO_COLOR,
    DEBUG,
  ],
  conflicts: [{ options: ['all', 'profile'], because: 'one means every profile, the other one' }],
  examples: [
    { line: 'awsmfa logout work', description: 'take out what login put in' },
    { line: 'awsmfa logout --all', description: 'for every profile' },
  ],
}

const DRY_RUN: OptionSpec = { kind: 'flag', name: 'dry-run', description: 'show the changes and make none' }

const YES: OptionSpec = { kind: 'flag', name: 'yes', description: 'make the changes without a question' }

const SHOW_OR_MAKE: ConflictSpec = {
  options: ['dry-run', 'yes'],
  because: 'one makes no changes, the other makes them',
}

const SETUP: CommandSpec = {
  summary: 'Change your files so that one code serves all',
  positional: { name: 'profile', description: 'the profile, or a role of it; as for login', maximum: 1 },
  options: [
    PROFILE,
    {
      kind: 'value',
      name: 'serial-number',
      placeholder: 'SERIAL',
      description: 'the MFA device: its ARN or hardware serial',
    },
    { kind: 'flag', name: 'source-env', description: 'take new long-term keys from the environment' },
    { kind: 'value', name: 'region', placeholder: 'NAME', description: 'the region to set for the profile' },
    {
      kind: 'value',
      name: 'layout',
      placeholder: 'LAYOUT',
      description: 'session (usual) or process (credential_process)',
    },
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
}

const IMPORT: CommandSpec = {
  summary: "Take over another tool's profiles",
  positional: { name: 'tool', description: 'aws-mfa, reusabit-awsmfa, dcoker-awsmfa, mfa-login, …', maximum: 1 },
  options: [
    { kind: 'flag', name: 'remove-old', description: 'take out what only the other tool needs' },
    DRY_RUN,
    YES,
    ALLOW_ROOT,
    NO_COLOR,
    DEBUG,
  ],
  conflicts: [SHOW_OR_MAKE],
  examples: [
    { line: 'awsmfa import', description: 'show the changes, ask, make them' },
    { line: 'awsmfa import aws-mfa --dry-run', description: 'show them, for one tool' },
  ],
}

const UNDO: CommandSpec = {
  summary: 'Take back what setup, import or doctor --fix changed last',
  options: [DRY_RUN, YES, ALLOW_ROOT, NO_COLOR, DEBUG],
  conflicts: [SHOW_OR_MAKE],
  examples: [
    { line: 'awsmfa undo', description: 'show what would come back, ask, do it' },
    { line: 'awsmfa undo --dry-run', description: 'show it' },
  ],
}

const DOCTOR: CommandSpec = {
  summary: 'Say what is wrong, and what each tool will do',
  positional: { name: 'profile', description: 'look at this profile alone; else at all', maximum: 1 },
  options: [
    PROFILE,
    { kind: 'flag', name: 'fix', description: 'mend what is safe to mend' },
    { kind: 'flag', name: 'online', description: 'ask STS what time it is, without credentials' },
    { kind: 'flag', name: 'json', description: 'print the findings as JSON' },
    { kind: 'flag', name: 'quiet', description: 'print nothing; the exit code tells' },
    DRY_RUN,
    YES,
    ALLOW_ROOT,
    NO_COLOR,
    DEBUG,
  ],
  conflicts: [SHOW_OR_MAKE],
  examples: [
    { line: 'awsmfa doctor', description: 'look at everything; ask nothing of AWS' },
    { line: 'awsmfa doctor --fix', description: 'show what it would mend, ask, mend it' },
  ],
}

const REACHING_STS: readonly OptionSpec[] = [
  { kind: 'value', name: 'region', placeholder: 'NAME', description: 'the region' },
  { kind: 'value', name: 'endpoint-url', placeholder: 'URL', description: 'the STS endpoint' },
  { kind: 'value', name: 'ca-bundle', placeholder: 'FILE', description: 'certificates to trust, in PEM form' },
]

const FRESH: OptionSpec = {
  kind: 'value',
  name: 'min-ttl',
  placeholder: 'TIME',
  description: 'renew first if less than this is left, such as 45m',
}

const EXEC: CommandSpec = {
  summary: 'Run a program with the session in its environment',
  positional: { name: 'profile', description: 'the profile; else AWS_PROFILE, else default', maximum: 1 },
  tail: { placeholder: 'COMMAND', description: 'the program and its words, run without a shell', required: true },
  options: [PROFILE, FRESH, ...REACHING_STS, QUIET_TALK, ALLOW_ROOT, NO_COLOR, DEBUG],
  conflicts: [],
  examples: [
    { line: 'awsmfa exec prod -- terraform plan', description: 'signs in first if need be' },
    { line: 'awsmfa exec --min-ttl 45m -- make', description: 'with time enough' },
  ],
}

const ENV: CommandSpec = {
  summary: 'Print the session for a shell or a program to read',
  positional: { name: 'profile', description: 'the profile; else AWS_PROFILE, else default', maximum: 1 },
  options: [
    PROFILE,
    {
      kind: 'value',
      name: 'format',
      placeholder: 'FORMAT',
      description: 'env, fish, powershell, windows-cmd, process, dotenv, …',
    },
    { kind: 'flag', name: 'unset', description: 'print code that takes the variables away' },
    FRESH,
    ...REACHING_STS,
    QUIET_TALK,
    ALLOW_ROOT,
    NO_COLOR,
    DEBUG,
  ],
  conflicts: [{ options: ['unset', 'min-ttl'], because: 'one takes the session away, the other wants one' }],
  examples: [
    { line: 'eval "$(awsmfa env prod)"', description: 'for sh, bash and zsh' },
    { line: 'awsmfa env prod --format fish | source', description: 'for fish' },
  ],
}

const CREDENTIAL_PROCESS: CommandSpec = {
  summary: 'Answer a credential_process line of your config file',
  positional: { name: 'profile', description: 'the profile; else AWS_PROFILE, else default', maximum: 1 },
  options: [
    PROFILE,
    {
      kind: 'value',
      name: 'source-profile',
      placeholder: 'NAME',
      description: 'the profile that leads to the long-term keys',
    },
    {
      kind: 'value',
      name: 'serial-number',
      placeholder: 'SERIAL',
      description: 'the MFA device: its ARN or hardware serial',
    },
    { kind: 'value', name: 'role-arn', placeholder: 'ARN', description: 'assume this role' },
    TOKEN_COMMAND,
    ...PROMPTING,
    { kind: 'value', name: 'refresh-window', placeholder: 'TIME', description: 'renew with so much left; else 10m' },
    { kind: 'flag', name: 'no-mandatory-refresh', description: 'ask for a code only after its end' },
    { kind: 'value', name: 'timeout', placeholder: 'TIME', description: 'give up after so long; else 20s' },
    ...REACHING_STS,
    NO_COLOR,
    DEBUG,
  ],
  conflicts: [
    { options: ['refresh-window', 'no-mandatory-refresh'], because: 'one says when to renew, the other not to' },
    ONE_WAY_TO_ASK,
  ],
  examples: [
    { line: 'awsmfa credential-process --profile work', description: 'as the config file has it' },
    { line: 'awsmfa credential-process --timeout 50s', description: 'with more time' },
  ],
}

const SHELL_INIT: CommandSpec = {
  summary: 'Print code that shows the session in the prompt',
  positional: { name: 'shell', description: 'bash, zsh, fish or powershell', maximum: 1 },
  options: [DEBUG],
  conflicts: [],
  examples: [
    { line: 'eval "$(awsmfa shell-init bash)"', description: 'in ~/.bashrc; likewise zsh' },
    { line: 'awsmfa shell-init fish | source', description: 'in config.fish' },
  ],
}

const SETTINGS: CommandSpec = {
  summary: 'Say what each setting is and where it comes from',
  positional: { name: 'profile', description: 'the profile; else AWS_PROFILE, else default', maximum: 1 },
  options: [PROFILE, { kind: 'flag', name: 'json', description: 'print the settings as JSON' }, NO_COLOR, DEBUG],
  conflicts: [],
  examples: [
    { line: 'awsmfa settings', description: 'for the profile in use' },
    { line: 'awsmfa settings prod --json', description: 'for a program' },
  ],
}

const CACHE: CommandSpec = {
  summary: 'Show or remove the sessions that awsmfa keeps, sealed',
  actions: {
    show: { summary: 'what is kept: for which profiles, for how long', maximum: 0, options: ['json'] },
    clear: {
      summary: 'remove it, for the named profiles or for all',
      maximum: Infinity,
      options: ['profile', 'quiet'],
    },
  },
  positional: { name: 'profile', description: 'after clear: the profiles; else all', maximum: Infinity },
  options: [
    PROFILE,
    { kind: 'flag', name: 'json', description: 'print what is kept as JSON' },
    QUIET_TALK,
    NO_COLOR,
    DEBUG,
  ],
  conflicts: [],
  examples: [
    { line: 'awsmfa cache show', description: 'what is kept, without secrets' },
    { line: 'awsmfa cache clear work', description: 'the next login of work takes a code' },
  ],
}

/** The row of each command, in the order in which help lists them. */
export const COMMAND_TABLE: Readonly<Record<CommandName, CommandSpec>> = {
  login: LOGIN,
  status: STATUS,
  logout: LOGOUT,
  exec: EXEC,
  env: ENV,
  'credential-process': CREDENTIAL_PROCESS,
  cache: CACHE,
  setup: SETUP,
  import: IMPORT,
  undo: UNDO,
  'shell-init': SHELL_INIT,
  doctor: DOCTOR,
  settings: SETTINGS,
}

/** What every line may carry, with or without a command. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { kind: 'flag', name: 'help', short: 'h', description: 'show help' },
  { kind: 'flag', name: 'version', short: 'V', description: 'show the version' },
]

/** Tells whether a word is the name of a command. */
export function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(COMMAND_TABLE, word)
}
