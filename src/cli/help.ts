/**
 * The texts of `awsmfa help TOPIC`, made from the tables that the tool itself uses; the man page and README share them.
 */
import { exitCodeRows } from './exit-codes.ts'
import type { HelpTopic } from '../command-line/spec.ts'
import { SETTING_TABLE } from '../login/setting-table.ts'
import type { SettingRow } from '../login/setting-table.ts'

/** Returns the text of a topic. `now`: the moment before which the policy of `security` would end sessions. */
export function renderTopic(topic: HelpTopic, now: Date): string {
  const texts: Readonly<Record<HelpTopic, () => readonly string[]>> = {
    'exit-codes': exitCodes,
    config,
    environment,
    security: () => security(now),
  }
  return `${texts[topic]().join('\n')}\n`
}

function exitCodes(): readonly string[] {
  return [
    'What awsmfa ends with, for scripts.',
    '',
    ...exitCodeRows().flatMap(({ exitCode, meaning }) =>
      wrapped(withoutReadme(meaning), `  ${String(exitCode).padEnd(5)}`),
    ),
    '',
    ...wrapped(
      'exec ends as its program did, and with 128 and the number of the signal that ended it. Several profiles end with the code that their failures share, else with 1. To sign in only where need be:',
    ),
    '',
    '  awsmfa status --quiet || awsmfa login',
  ]
}

function config(): readonly string[] {
  return [
    'Where settings come from, and in which order.',
    '',
    ...wrapped(
      'awsmfa reads the two files of all AWS tools, ~/.aws/credentials and ~/.aws/config, and a settings file of its own for what shall hold everywhere: config.ini, config.toml, config.yaml or config.json, one of them, in ~/.config/awsmfa, on Windows in %LOCALAPPDATA%\\awsmfa\\config. It has keys and no sections, such as, in config.ini: duration = 8h. awsmfa settings tells what holds and where it comes from.',
    ),
    '',
    ...wrapped(
      'The long-term keys have a section of their own, and roles hang on the profile that login signs in. In ~/.aws/credentials:',
    ),
    '',
    ...['[base-long-term]', 'aws_access_key_id = AKIA...', 'aws_secret_access_key = ...'].map(indented),
    '',
    'In ~/.aws/config:',
    '',
    ...[
      '[profile base]',
      'region = eu-west-1',
      'awsmfa_mfa_serial = arn:aws:iam::111111111111:mfa/alice',
      '',
      '[profile admin]',
      'region = eu-west-1',
      'role_arn = arn:aws:iam::222222222222:role/Admin',
      'source_profile = base',
    ].map(indented),
    '',
    ...wrapped(
      'awsmfa setup brings your files into this form. Each setting of a login is taken from the first of its places that has a value:',
    ),
    ...SETTING_TABLE.flatMap(settingLines),
  ]
}

function settingLines(row: SettingRow): readonly string[] {
  const walk = row.profiles === 'chain' ? ' (each profile on the way to the keys)' : ' (the profile itself)'
  const places: readonly (readonly [string, string | undefined])[] = [
    ['after --', listed(row.stsFlags)],
    ['option', listed(row.flags.map((flag) => `--${flag}`))],
    ['variable', listed(row.variables)],
    ['key', row.profileKeys.length === 0 ? undefined : `${row.profileKeys.join(', ')}${walk}`],
    ['file', row.settingsKey],
    ['else', row.fallback],
  ]
  return [
    '',
    ...wrapped(`${row.name}: ${row.description}`),
    ...places.flatMap(([where, what]) => (what === undefined ? [] : wrapped(what, `  ${where.padEnd(12)}`))),
  ]
}

function environment(): readonly string[] {
  const ofSettings = SETTING_TABLE.filter(({ variables }) => variables.length > 0)
  return [
    'The variables that awsmfa goes by. An empty one counts as unset.',
    '',
    'For a login; a variable beats what stands in files, and an option beats it:',
    ...ofSettings.flatMap(({ variables, description }) => entry(variables, description)),
    '',
    'Besides these:',
    ...VARIABLE_TABLE.flatMap(({ variables, profileKey, description }) =>
      entry(
        variables,
        withoutReadme(description) + (profileKey === undefined ? '' : ` (key of a profile: ${profileKey})`),
      ),
    ),
    '',
    ...wrapped(
      'A program that awsmfa exec starts finds the keys of the session, AWS_CREDENTIAL_EXPIRATION, the region and AWSMFA_PROFILE, and neither AWS_PROFILE nor AWS_DEFAULT_PROFILE. Most tools let AWS_ACCESS_KEY_ID in the environment beat every profile: where it is set, what login writes is not used.',
    ),
  ]
}

function entry(variables: readonly string[], description: string): readonly string[] {
  return [...wrapped(variables.join(', '), '  '), ...wrapped(description, '      ')]
}

function security(now: Date): readonly string[] {
  const parts = securityText(now.toISOString().replace(/\.\d+Z$/, 'Z'))
  return parts.flatMap(({ heading, blocks }, index) => [
    ...(index === 0 ? [] : ['']),
    `${heading}.`,
    ...blocks.flatMap((block) => ['', ...(typeof block === 'string' ? wrapped(block) : block.code.map(indented))]),
  ])
}

function indented(line: string): string {
  return line === '' ? '' : `  ${line}`
}

/** Help has no page to link to. */
function withoutReadme(description: string): string {
  return (
    plainText(description.replaceAll(/[;,]? ?see \[[^\]]+\]\([^)]*\)/g, '')) ||
    'the proxy, and the hosts that are reached without one'
  )
}

function listed(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : names.join(', ')
}

/** A part of a text: a heading, and what is under it. Lines of code stay as they are. */
export interface TextPart {
  readonly heading: string
  readonly blocks: readonly (string | { readonly code: readonly string[] })[]
}

/**
 * Returns what a person has to know about sessions to handle them well, for `awsmfa help security` and the man page.
 * `revokeBefore`: the time in the policy, ISO 8601 in UTC. Only requests with temporary credentials carry
 * aws:TokenIssueTime, and a policy with it is the way to revoke them: AWS IAM User Guide, "AWS global condition context
 * keys" and "Disable permissions for temporary security credentials". The IAM console attaches the same one as
 * AWSRevokeOlderSessions.
 */
export function securityText(revokeBefore: string): readonly TextPart[] {
  const condition = { DateLessThan: { 'aws:TokenIssueTime': revokeBefore } }
  const policy = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Action: '*', Resource: '*', Condition: condition }],
  }
  return [
    {
      heading: 'What a session is worth to a thief',
      blocks: [
        'All that your user may do with MFA, from any computer, without a code, until the session ends: 12 hours after login where nothing else is set, 36 at most; a role for 12 hours at most. A policy that asks for MFA lets it through: the code was given.',
        'If your user may make access keys or users, so may the thief, and what they make outlasts the session. Shorter sessions are worth less: awsmfa login --duration 1h.',
        'The long-term keys by themselves are worth what your policies allow without MFA, for as long as they exist. Let policies ask for aws:MultiFactorAuthPresent; then the keys alone open nothing of value.',
      ],
    },
    {
      heading: 'What logout does not do',
      blocks: [
        "awsmfa logout takes the session out of the credentials file and out of awsmfa's cache. It does not end it: AWS has no call for that, and honours every copy until it expires. Copies may be in programs that still run, in shells that took them from awsmfa env, in caches and logs of other tools, in backups of your files.",
      ],
    },
    {
      heading: 'How to end sessions before their time',
      blocks: [
        'Attach a policy to the user that denies everything to sessions from before a certain time, such as:',
        { code: JSON.stringify(policy, null, 2).split('\n') },
        'With that in deny.json, an administrator runs:',
        {
          code: [
            'aws iam put-user-policy --user-name alice \\',
            '  --policy-name RevokeOlderSessions --policy-document file://deny.json',
          ],
        },
        "It counts within seconds, as soon as IAM has spread it. All older sessions of the user are denied everything; new logins work, and so do the long-term keys, since only requests with temporary credentials carry aws:TokenIssueTime. Sessions of a role are the role's: attach the same policy to it with aws iam put-role-policy, or use Revoke sessions in the console. That ends the sessions of everybody who uses the role.",
        'If the long-term keys may be out too, make them inactive with aws iam update-access-key --status Inactive. That keeps new sessions from being made, and ends none: the policy is needed besides. Then look for what was made meanwhile: keys, users, roles, MFA devices.',
      ],
    },
    {
      heading: 'Where secrets lie',
      blocks: [
        "In the shared credentials file, in awsmfa's session cache, which is encrypted, and for a while in what undo goes by; all with mode 0600. Whoever can read your files, and every program that runs as you, has them. Secrets never stand in messages, file names or the words of a command; a code given as --token-code 123456 can be seen in the list of processes while awsmfa runs, and is spent at once. To avoid that: --token-code - reads it from stdin.",
      ],
    },
  ]
}

/** Variables that belong together. Code in backticks, links as in Markdown. */
export interface VariableRow {
  readonly variables: readonly string[]
  /** The key of a profile that says the same. */
  readonly profileKey?: string
  readonly description: string
}

/**
 * The variables that awsmfa reads besides those of a login's settings (login/setting-table.ts), for README, help and
 * man page. A test compares both tables with the variables that the code reads.
 */
export const VARIABLE_TABLE: readonly VariableRow[] = [
  {
    variables: ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'],
    description: 'other paths for the two shared files',
  },
  {
    variables: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
    description: 'the long-term keys, with `--source-env` alone',
  },
  { variables: ['AWS_SESSION_TOKEN'], description: "if it is set, `--source-env` refuses: the keys are a session's" },
  { variables: ['AWSMFA_HOME'], description: "one folder for awsmfa's own files" },
  {
    variables: ['XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_STATE_HOME'],
    description: 'the same, one by one; not on Windows',
  },
  {
    variables: ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'],
    description: 'where the [cache key](files.md#the-cache-key) lies; where the keychain of Linux is looked for',
  },
  { variables: ['HOME', 'USERPROFILE', 'LOCALAPPDATA'], description: 'the home folder; the last two on Windows' },
  {
    variables: ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'],
    description: 'see [proxies and certificates](#proxies-and-certificates)',
  },
  { variables: ['NODE_EXTRA_CA_CERTS'], description: 'further certificates to trust' },
  {
    variables: ['AWS_ENDPOINT_URL_IAM'],
    profileKey: 'services',
    description: 'endpoints of IAM and STS, as in the SDKs',
  },
  {
    variables: ['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'],
    profileKey: 'ignore_configured_endpoint_urls',
    description: '`true`: only `--endpoint-url` counts',
  },
  { variables: ['AWS_USE_FIPS_ENDPOINT'], profileKey: 'use_fips_endpoint', description: "`true`: STS's FIPS endpoint" },
  {
    variables: ['AWS_USE_DUALSTACK_ENDPOINT'],
    profileKey: 'use_dualstack_endpoint',
    description: "`true`: STS's dual-stack endpoint",
  },
  {
    variables: ['AWS_STS_REGIONAL_ENDPOINTS'],
    profileKey: 'sts_regional_endpoints',
    description: '`legacy`: the global endpoint, where the AWS CLI takes it',
  },
  {
    variables: ['AWS_MAX_ATTEMPTS'],
    profileKey: 'max_attempts',
    description: 'how often a request without a code is sent, 3 by default',
  },
  {
    variables: ['AWS_MFA_IDENTITY_PROFILE', 'AWS_MFA_TARGET_PROFILE', 'AWS_MFA_SERIAL_NUMBER'],
    description: "settings of dcoker's awsmfa, which `import` goes by",
  },
  { variables: ['AWSMFA_NO_PRECONNECT'], description: 'set: no connection is opened while the code is typed' },
  {
    variables: ['AWSMFA_CALLERS'],
    description: 'set by awsmfa for a `credential_process` that it runs, so that none starts itself for ever',
  },
  {
    variables: ['DISPLAY', 'WAYLAND_DISPLAY'],
    description: 'the screen on which a window can ask for a code; not on macOS and Windows',
  },
  {
    variables: ['SSH_CONNECTION', 'SSH_TTY', 'SSH_CLIENT', 'container', 'KUBERNETES_SERVICE_HOST', 'CI'],
    description: 'set, over SSH, in a container, in CI: no window is opened unless `--prompt` asks for one',
  },
  { variables: ['NO_COLOR', 'AWSMFA_NO_COLOR', 'FORCE_COLOR'], description: 'no colours; colours also in a pipe' },
  {
    variables: ['TERM', 'COLUMNS', 'LC_ALL', 'LC_CTYPE', 'LANG'],
    description:
      'what the terminal can show: `TERM=dumb` means no colour and no spinner; without UTF-8 the signs are ASCII',
  },
  {
    variables: ['WT_SESSION', 'TERM_PROGRAM', 'ConEmuTask'],
    description: 'how a terminal on Windows tells that it can show Unicode',
  },
]

/** Breaks a text into lines of at most 80 columns, whatever the terminal's width: `first`, then a hanging indent. */
function wrapped(text: string, first = ''): readonly string[] {
  const indent = ' '.repeat(first.length)
  const lines: string[] = []
  let line = first
  for (const word of text.split(' ')) {
    const isFirst = line === first || line === indent
    if (!isFirst && line.length + 1 + word.length > 80) {
      lines.push(line)
      line = indent + word
    } else line += isFirst ? word : ` ${word}`
  }
  return [...lines, line]
}

/** Returns a text without the marks of Markdown: backticks gone, links as their words. */
export function plainText(text: string): string {
  return text.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1').replaceAll('`', '')
}
