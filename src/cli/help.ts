/**
 * The texts of `awsmfa help TOPIC`, generated from the tables that the tool uses. The man page and the guide share
 * them.
 */
import { exitCodeRows } from './supervise.ts'
import type { HelpTopic } from '../command-line/spec.ts'
import { SETTING_TABLE } from '../login/setting-table.ts'
import type { SettingRow } from '../login/setting-table.ts'
import { wrapLines } from '../ui/style.ts'

/** Returns the text of a topic. `now`: the time in the policy of `security`, which denies older sessions. */
export function renderTopic(topic: HelpTopic, now: Date, columns: number): string {
  const texts: Readonly<Record<HelpTopic, () => readonly string[]>> = {
    'exit-codes': exitCodes,
    config,
    environment,
    security: () => security(now),
  }
  return wrapLines(`${texts[topic]().join('\n')}\n`, columns, 0)
}

function exitCodes(): readonly string[] {
  return [
    'Exit codes',
    '',
    ...exitCodeRows().map(({ exitCode, meaning }) => `  ${String(exitCode).padEnd(5)}${withoutLinks(meaning)}`),
    '',
    'exec returns the exit code of its command, or 128 plus the signal number. For several profiles: 0 if all succeed, the code that all failures share, otherwise 1. To sign in only if needed:',
    '',
    '  awsmfa status --quiet || awsmfa login',
  ]
}

function config(): readonly string[] {
  return [
    'Settings',
    '',
    'awsmfa reads the two files of all AWS tools, ~/.aws/credentials and ~/.aws/config, and one settings file of its own for all profiles: config.ini, config.toml, config.yaml or config.json in ~/.config/awsmfa, on Windows in %LOCALAPPDATA%\\awsmfa\\config. It has keys and no sections, for example in config.ini: duration = 8h. awsmfa settings shows each setting and where it is set.',
    '',
    'The access key has its own section, and role profiles name the profile that you sign in to as their source profile. In ~/.aws/credentials:',
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
    'awsmfa setup writes this layout. Each setting comes from the first of these places that sets it:',
    ...SETTING_TABLE.flatMap(settingLines),
  ]
}

function settingLines(row: SettingRow): readonly string[] {
  const profiles = row.profiles === 'chain' ? ' (profile chain)' : ' (this profile)'
  const places: readonly (readonly [string, string | undefined])[] = [
    ['after --', listed(row.stsFlags)],
    ['option', listed(row.flags.map((flag) => `--${flag}`))],
    ['variable', listed(row.variables)],
    ['profile', row.profileKeys.length === 0 ? undefined : `${row.profileKeys.join(', ')}${profiles}`],
    ['settings file', row.settingsKey],
    ['default', row.fallback],
  ]
  return [
    '',
    `${row.name}: ${row.description}`,
    ...places.flatMap(([where, what]) => (what === undefined ? [] : [`  ${where.padEnd(15)}${what}`])),
  ]
}

function environment(): readonly string[] {
  const ofSettings = SETTING_TABLE.filter(({ variables }) => variables.length > 0)
  return [
    'Environment variables',
    '',
    'Options override variables; variables override files. An empty variable counts as not set.',
    '',
    'Settings:',
    ...ofSettings.flatMap(({ variables, description }) => entry(variables, description)),
    '',
    'Other variables:',
    ...VARIABLE_TABLE.flatMap(({ variables, profileKey, description }) =>
      entry(
        variables,
        withoutLinks(description) + (profileKey === undefined ? '' : ` (key of a profile: ${profileKey})`),
      ),
    ),
    '',
    'A command that awsmfa exec runs gets the credentials of the session, AWS_CREDENTIAL_EXPIRATION, the region and AWSMFA_PROFILE, and neither AWS_PROFILE nor AWS_DEFAULT_PROFILE. In most tools, AWS_ACCESS_KEY_ID overrides every profile: if it is set, they do not use the session that login stored.',
  ]
}

function entry(variables: readonly string[], description: string): readonly string[] {
  return [`  ${variables.join(', ')}`, `      ${description}`]
}

function security(now: Date): readonly string[] {
  const parts = securityText(now.toISOString().replace(/\.\d+Z$/, 'Z'))
  return parts.flatMap(({ heading, blocks }, index) => [
    ...(index === 0 ? [] : ['']),
    heading,
    ...blocks.flatMap((block) => ['', ...(typeof block === 'string' ? [block] : block.code.map(indented))]),
  ])
}

function indented(line: string): string {
  return line === '' ? '' : `  ${line}`
}

/** Removes links: help has no page to link to. */
function withoutLinks(description: string): string {
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
 * Returns what a person should know about sessions, for `awsmfa help security` and the man page.
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
      heading: 'What a stolen session allows',
      blocks: [
        'Anyone who has a session can do what your user can do with MFA, from any computer and without a code, until it expires: 12 hours after login by default, 36 at most; a role session 12 hours at most. Policies that require MFA allow it, because the session was created with a code.',
        'If your user can create access keys or users, so can a thief, and these outlast the session. Shorter sessions are safer: awsmfa login --duration 1h.',
        'The access key alone allows what your policies allow without MFA, as long as it exists. With policies that require aws:MultiFactorAuthPresent, it allows nothing of value.',
      ],
    },
    {
      heading: 'What logout does',
      blocks: [
        "awsmfa logout removes the session from the credentials file and from awsmfa's cache. AWS cannot revoke it: copies work until it expires. Copies may be in running programs, in shells that used awsmfa env, in caches and logs of other tools, and in backups of your files.",
      ],
    },
    {
      heading: 'Block sessions early',
      blocks: [
        'Attach a policy to the user that denies sessions issued before a given time:',
        { code: JSON.stringify(policy, null, 2).split('\n') },
        'With this policy in deny.json, an administrator runs:',
        {
          code: [
            'aws iam put-user-policy --user-name alice \\',
            '  --policy-name RevokeOlderSessions --policy-document file://deny.json',
          ],
        },
        'It takes effect within seconds, and denies everything to all older sessions of the user. New logins work. So does the access key, because only requests with temporary credentials contain aws:TokenIssueTime. For sessions of a role, attach the same policy to the role with aws iam put-role-policy, or use "Revoke sessions" in the console. This blocks the sessions of everyone who uses the role.',
        'If the access key may be stolen too, deactivate it with aws iam update-access-key --status Inactive. This prevents new sessions and ends none, so the policy is needed as well. Then look for access keys, users, roles and MFA devices that were created in the meantime.',
      ],
    },
    {
      heading: 'Where secrets are stored',
      blocks: [
        "In the shared credentials file, in awsmfa's session cache, which is encrypted, and for 30 days in the backups for undo, all with mode 0600. Anyone who can read your files, and every program that runs as you, can read them. Secrets never appear in messages, file names or command lines. A code given as --token-code 123456 is visible in the process list while awsmfa runs, and is used at once. To avoid this, --token-code - reads it from stdin.",
      ],
    },
  ]
}

/** Variables that belong together. Code in backticks, links as in Markdown. */
export interface VariableRow {
  readonly variables: readonly string[]
  /** The key of a profile with the same meaning. */
  readonly profileKey?: string
  readonly description: string
}

/**
 * The variables that awsmfa reads besides those of a login's settings (login/setting-table.ts), for guide, help and man
 * page. A test compares both tables with the variables that the code reads.
 */
export const VARIABLE_TABLE: readonly VariableRow[] = [
  {
    variables: ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'],
    description: 'other paths for the two shared files',
  },
  {
    variables: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
    description: 'the long-term credentials, only with `--source-env`',
  },
  {
    variables: ['AWS_SESSION_TOKEN'],
    description: 'if it is set, `--source-env` fails: the credentials are those of a session',
  },
  { variables: ['AWSMFA_HOME'], description: "one folder for awsmfa's own files" },
  {
    variables: ['XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_STATE_HOME'],
    description: 'the same folders, one by one; not on Windows',
  },
  {
    variables: ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'],
    description: 'where the [cache key](files.md#the-cache-key) is stored; how to reach the keychain on Linux',
  },
  {
    variables: ['PASSWORD_STORE_GPG_OPTS', 'GPG_TTY'],
    description: 'options of GnuPG, and the terminal on which it asks, for [access keys](access-keys.md) in `pass`',
  },
  { variables: ['HOME', 'USERPROFILE', 'LOCALAPPDATA'], description: 'the home folder; the last two on Windows' },
  {
    variables: ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'],
    description: 'see [proxies and certificates](#proxies-and-certificates)',
  },
  { variables: ['NODE_EXTRA_CA_CERTS'], description: 'additional certificates to trust' },
  {
    variables: ['AWS_ENDPOINT_URL_IAM'],
    profileKey: 'services',
    description: 'the endpoints of IAM and STS, as in the SDKs',
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
    description: '`legacy`: the global endpoint, in the regions in which the AWS CLI uses it',
  },
  {
    variables: ['AWS_MAX_ATTEMPTS'],
    profileKey: 'max_attempts',
    description: 'how often a request without a code is tried, 3 by default',
  },
  {
    variables: ['AWS_MFA_IDENTITY_PROFILE', 'AWS_MFA_TARGET_PROFILE', 'AWS_MFA_SERIAL_NUMBER'],
    description: "settings of dcoker's awsmfa, which `import` reads",
  },
  {
    variables: [
      'AWS_VAULT_BACKEND',
      'AWS_VAULT_FILE_DIR',
      'AWS_VAULT_FILE_PASSPHRASE',
      'AWS_VAULT_PASS_PASSWORD_STORE_DIR',
      'AWS_VAULT_PASS_PREFIX',
      'AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME',
      'PASSWORD_STORE_DIR',
    ],
    description:
      'where aws-vault keeps its access keys, for `import`; `AWS_VAULT` or any of them shows that it is in use',
  },
  {
    variables: ['AWS_LOGIN_CACHE_DIRECTORY'],
    description: 'the folder in which the AWS CLI keeps the sessions of `aws login`',
  },
  {
    variables: ['AWS_ENDPOINT_URL_SSO'],
    description: "the address of the portal of single sign-on, in place of the region's; https or loopback",
  },
  {
    variables: ['AWSMFA_SIGNIN_ENDPOINT'],
    description: "the address of AWS Sign-In for `console`, in place of AWS's own; https or loopback",
  },
  { variables: ['AWSMFA_NO_PRECONNECT'], description: 'if set, no connection is opened while you type the code' },
  {
    variables: ['AWSMFA_CALLERS'],
    description: 'set by awsmfa for a `credential_process` that it runs, to prevent a loop',
  },
  {
    variables: ['AWSMFA_PS1_FORMAT'],
    description:
      'the text of the [prompt](prompt.md#the-account-and-the-role): `%p %a %r %t`; read by the code of `shell-init`',
  },
  {
    variables: ['AWSMFA_SERVER_CONFIG', 'AWSMFA_CONFIG_FILE'],
    description: 'set by `exec --server`: the copy of the config file that its program reads, and the config file',
  },
  {
    variables: ['DISPLAY', 'WAYLAND_DISPLAY'],
    description: 'the display on which a window can prompt for a code or a browser can open; not on macOS and Windows',
  },
  { variables: ['WSL_DISTRO_NAME'], description: 'if set (WSL), `console` opens the browser of Windows' },
  {
    variables: ['SSH_CONNECTION', 'SSH_TTY', 'SSH_CLIENT', 'container', 'KUBERNETES_SERVICE_HOST', 'CI'],
    description:
      'if set (SSH, container, CI), no window opens unless `--prompt` asks for one, and no browser unless one is set',
  },
  {
    variables: ['NO_COLOR', 'AWSMFA_NO_COLOR', 'FORCE_COLOR'],
    description: 'the first two: no colors; the last: colors in a pipe too',
  },
  {
    variables: ['TERM', 'COLUMNS', 'LC_ALL', 'LC_CTYPE', 'LANG'],
    description: 'what the terminal can show: no colors and no spinner with `TERM=dumb`, only ASCII without UTF-8',
  },
  {
    variables: ['WT_SESSION', 'TERM_PROGRAM', 'ConEmuTask'],
    description: 'whether the terminal on Windows can show Unicode',
  },
]

/** Returns a text without the marks of Markdown: backticks gone, links as their words. */
export function plainText(text: string): string {
  return text.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1').replaceAll('`', '')
}
