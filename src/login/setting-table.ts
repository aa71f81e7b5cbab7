/**
 * Every setting: where it may be set, and which place wins. Resolution, the settings file, `awsmfa settings`, help and
 * the generated documentation read this one table, so a new setting is one new row.
 */
import type { OwnFlagName } from '../aws/sts-api.ts'
import type { OptionName } from '../command-line/table.ts'
import { showableCommand } from '../shell/words.ts'

/** Where a setting may be set. The places in order of precedence; within each list the first that has a value wins. */
interface Places {
  /** Flags after `--`. A flag of awsmfa that contradicts one of them is an error. */
  readonly stsFlags: readonly OwnFlagName[]
  /** Long names without dashes, as in the command table. */
  readonly flags: readonly OptionName[]
  readonly variables: readonly string[]
  /** Keys of a profile in the shared files, lower case. */
  readonly profileKeys: readonly string[]
  /**
   * Which profiles are read: the target alone, or each profile of the chain from the target to the long-term
   * credentials.
   */
  readonly profiles: 'target' | 'chain'
}

interface Details {
  readonly name: string
  readonly description: string
  /** How the value is read; left out: as text. A value that does not fit is refused. */
  readonly kind?: 'length' | 'switch'
  /** The values that it may have. */
  readonly choices?: readonly string[]
  /** The upper limit of a length, which must then be above zero. */
  readonly longestSeconds?: number
  /** A variable that is set to anything at all says yes, as NO_COLOR does. */
  readonly isPresence?: true
  /** The key in awsmfa's own settings file; left out: the file may not have it. */
  readonly settingsKey?: string
  /** For a setting that the file may not have: the key that people would try, and what to do instead. */
  readonly notInFile?: { readonly key: string; readonly instead: string }
  /** The default, in words. */
  readonly fallback?: string
  /** What `settings --json` has instead, because programs may know it. */
  readonly released?: { readonly name?: string; readonly fallback?: string }
  /** What of a value may be shown, a secret as `…`; left out: all of it. */
  readonly showable?: (value: string) => string
}

const ROWS = [
  {
    name: 'profile',
    description: 'the profile to sign in to; a positional argument does the same',
    flags: ['profile'],
    stsFlags: ['--profile'],
    variables: ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE'],
    fallback: 'default',
    notInFile: { key: 'profile', instead: 'set AWS_PROFILE, which every AWS tool reads' },
  },
  {
    name: 'source profile',
    description: 'the profile with the long-term credentials, or one that leads to it',
    flags: ['source-profile'],
    variables: ['AWSMFA_SOURCE_PROFILE'],
    profileKeys: ['awsmfa_source_profile', 'source_profile', 'vegas_source_profile', '_source_profile'],
    profiles: 'chain',
    settingsKey: 'source_profile',
    fallback: "the profile's own name with -long-term, Perm, Permanent, -perm or -permanent",
  },
  {
    name: 'source environment',
    description: 'take the long-term credentials from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    kind: 'switch',
    flags: ['source-env'],
    settingsKey: 'source_env',
    fallback: 'false',
  },
  {
    name: 'MFA device',
    description: 'the ARN of the MFA device, or the serial number of a hardware token',
    flags: ['serial-number'],
    stsFlags: ['--serial-number'],
    variables: ['AWS_MFA_SERIAL'],
    profileKeys: ['awsmfa_mfa_serial', 'mfa_serial', '_mfa_serial', 'aws_mfa_device'],
    profiles: 'chain',
    settingsKey: 'mfa_serial',
    fallback: 'the only device that IAM lists for the user',
    released: { name: 'MFA device serial', fallback: 'the one device that IAM lists for the user' },
  },
  {
    name: 'role',
    description: 'the ARN of a role to assume; the roles of the profile chain are assumed first',
    flags: ['role-arn'],
    stsFlags: ['--role-arn'],
    profileKeys: ['awsmfa_role_arn', 'vegas_role_arn', '_role_arn', 'role_arn', 'assume_role'],
    profiles: 'chain',
    settingsKey: 'role_arn',
    fallback: 'none',
  },
  {
    name: 'duration',
    description: 'the duration of the session: 12h, 1h30m, 45m or seconds',
    kind: 'length',
    flags: ['duration', 'duration-seconds'],
    stsFlags: ['--duration-seconds'],
    variables: ['AWSMFA_DURATION'],
    profileKeys: ['duration_seconds'],
    settingsKey: 'duration',
    fallback: '12 h; 1 h for a role',
    released: { fallback: '12 hours; 1 hour for a role' },
  },
  {
    name: 'role session name',
    description: 'the name of the role session',
    stsFlags: ['--role-session-name'],
    profileKeys: ['role_session_name'],
    settingsKey: 'role_session_name',
    fallback: 'the name of the IAM user if known, otherwise awsmfa-<system user>',
    released: { fallback: "the IAM user's name where known, else awsmfa-<system user>" },
  },
  {
    name: 'external ID',
    description: 'the external ID that the role requires',
    stsFlags: ['--external-id'],
    profileKeys: ['external_id'],
    settingsKey: 'external_id',
    fallback: 'none',
    released: { name: 'external id' },
  },
  {
    name: 'region',
    description: 'the region of the STS endpoint',
    flags: ['region'],
    stsFlags: ['--region'],
    variables: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    profileKeys: ['region'],
    profiles: 'chain',
    settingsKey: 'region',
    fallback: 'the home region of the partition in the device or role ARN, us-east-1 for aws',
  },
  {
    name: 'endpoint',
    description: 'the URL of the STS endpoint',
    flags: ['endpoint-url'],
    stsFlags: ['--endpoint-url'],
    variables: ['AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL'],
    profileKeys: ['endpoint_url'],
    profiles: 'chain',
    settingsKey: 'endpoint_url',
    fallback: 'the endpoint of the region',
    showable: withoutPassword,
    released: { fallback: "AWS's own" },
  },
  {
    name: 'CA bundle',
    description: 'a PEM file with the CA certificates to trust',
    flags: ['ca-bundle'],
    stsFlags: ['--ca-bundle'],
    variables: ['AWS_CA_BUNDLE'],
    profileKeys: ['ca_bundle'],
    profiles: 'chain',
    settingsKey: 'ca_bundle',
    fallback: 'the built-in certificates',
    released: { fallback: "Node's own" },
  },
  {
    name: 'token code',
    description: 'the six digits of the MFA device; - reads them from stdin',
    flags: ['token-code'],
    stsFlags: ['--token-code'],
    fallback: 'prompted for at the terminal or in a window',
    notInFile: { key: 'token_code', instead: 'a code works once: leave the line out' },
    showable: () => '…',
    released: { fallback: 'asked for, at the terminal or in a window' },
  },
  {
    name: 'token command',
    description: 'the command that prints the token code; it runs without a shell',
    flags: ['token-command'],
    profileKeys: ['awsmfa_token_command', 'mfa_process'],
    profiles: 'chain',
    settingsKey: 'token_command',
    showable: showableCommand,
  },
  {
    name: 'passphrase command',
    description: 'the command that prints the passphrase of encrypted access keys; it runs without a shell',
    flags: ['passphrase-command'],
    variables: ['AWSMFA_PASSPHRASE_COMMAND'],
    settingsKey: 'passphrase_command',
    fallback: 'prompted for at the terminal',
    showable: showableCommand,
    released: { fallback: 'asked for at the terminal' },
  },
  {
    name: 'YubiKey serial',
    description: 'the serial number of the YubiKey that generates the codes, if several may be plugged in',
    profileKeys: ['yubikey_serial', 'vegas_yubikey_serial', '_yubikey_serial'],
    profiles: 'chain',
    settingsKey: 'yubikey_serial',
  },
  {
    name: 'YubiKey account',
    description: 'the OATH account on the YubiKey; this or the serial number makes awsmfa get codes from it',
    profileKeys: ['yubikey_label', 'vegas_yubikey_label', '_yubikey_label'],
    profiles: 'chain',
    settingsKey: 'yubikey_label',
    fallback: 'the MFA device',
    released: { name: 'YubiKey label', fallback: 'the MFA device serial' },
  },
  {
    name: 'prompt',
    description:
      'where to prompt for the token code: auto, terminal, window, or a window of zenity, pinentry, osascript or powershell',
    flags: ['prompt'],
    variables: ['AWSMFA_PROMPT'],
    profileKeys: ['awsmfa_prompt'],
    profiles: 'chain',
    settingsKey: 'prompt',
    fallback: 'auto: the terminal if there is one, otherwise a window',
    released: { fallback: 'auto: the terminal, else a window' },
  },
  {
    name: 'no window',
    description: 'never prompt in a window',
    kind: 'switch',
    flags: ['no-gui'],
    variables: ['AWSMFA_NO_GUI'],
    profileKeys: ['awsmfa_no_gui'],
    profiles: 'chain',
    settingsKey: 'no_gui',
    fallback: 'false',
  },
  {
    name: 'hidden ARNs',
    description: 'show roles and devices in prompts by name and account, without their ARNs',
    kind: 'switch',
    flags: ['hide-arns'],
    variables: ['AWSMFA_HIDE_ARNS'],
    profileKeys: ['awsmfa_hide_arns'],
    profiles: 'chain',
    settingsKey: 'hide_arns',
    fallback: 'false',
  },
  {
    name: 'minimum time',
    description: 'renew a session if less than this remains',
    kind: 'length',
    flags: ['min-ttl'],
    variables: ['AWSMFA_MIN_TTL'],
    settingsKey: 'min_ttl',
    fallback: '15 min',
    released: { name: 'minimum time left', fallback: '15 minutes' },
  },
  {
    name: 'refresh window',
    description: 'credential-process renews a session if no more than this remains, even if a code is needed',
    kind: 'length',
    flags: ['refresh-window'],
    variables: ['AWSMFA_REFRESH_WINDOW'],
    settingsKey: 'refresh_window',
    fallback: '10 min',
    released: { fallback: '10 minutes' },
  },
  {
    name: 'no early prompt',
    description: 'credential-process prompts for a code only after the session has expired',
    kind: 'switch',
    flags: ['no-mandatory-refresh'],
    variables: ['AWSMFA_NO_MANDATORY_REFRESH'],
    settingsKey: 'no_mandatory_refresh',
    fallback: 'false',
    released: { name: 'no mandatory refresh' },
  },
  {
    name: 'timeout',
    description: 'credential-process gives up after this time, even if a prompt is open',
    kind: 'length',
    // No caller of credential-process waits longer.
    longestSeconds: 600,
    flags: ['timeout'],
    variables: ['AWSMFA_TIMEOUT'],
    settingsKey: 'timeout',
    fallback: '20 s',
    released: { fallback: '20 seconds' },
  },
  {
    name: 'browser',
    description: 'the command that opens the AWS console; the URL replaces %s, or is its last argument',
    flags: ['browser'],
    variables: ['AWSMFA_BROWSER', 'BROWSER'],
    settingsKey: 'browser',
    fallback: "the system's browser",
    released: { fallback: "the system's" },
  },
  {
    name: 'console logout',
    description: 'sign the browser out of its console session before it signs in',
    kind: 'switch',
    flags: ['logout'],
    variables: ['AWSMFA_CONSOLE_LOGOUT'],
    settingsKey: 'console_logout',
    fallback: 'false',
  },
  {
    name: 'no color',
    description: 'no color, not even on terminals',
    kind: 'switch',
    flags: ['no-color'],
    variables: ['AWSMFA_NO_COLOR', 'NO_COLOR'],
    isPresence: true,
    settingsKey: 'no_color',
    fallback: 'false',
    released: { name: 'no colour', fallback: 'colours on a terminal that has them' },
  },
  {
    name: 'cache key',
    description: "where the key of awsmfa's cache is stored: file, or keychain for the system's keychain",
    variables: ['AWSMFA_CACHE_KEY'],
    settingsKey: 'cache_key',
    choices: ['file', 'keychain'],
    fallback: 'file, in $XDG_RUNTIME_DIR if that is in memory, otherwise in the state directory',
    released: { fallback: 'file: in $XDG_RUNTIME_DIR where that lies in memory, else in the state folder' },
  },
] as const satisfies readonly (Details & Partial<Places>)[]

/** A setting's name in messages, `awsmfa settings` and `--debug`. */
export type SettingName = (typeof ROWS)[number]['name']

/** One setting. */
export interface SettingRow extends Details, Places {
  readonly name: SettingName
}

const NOWHERE: Places = { stsFlags: [], flags: [], variables: [], profileKeys: [], profiles: 'target' }

/** Every setting. */
export const SETTING_TABLE: readonly SettingRow[] = ROWS.map((row) => ({ ...NOWHERE, ...row }))

/** The keys that awsmfa's own settings file may have. */
export const SETTINGS_FILE_KEYS: readonly string[] = SETTING_TABLE.flatMap((row) =>
  row.settingsKey === undefined ? [] : [row.settingsKey],
)

/** Returns the row of a setting. */
export function settingRow(name: SettingName): SettingRow {
  const row = SETTING_TABLE.find((candidate) => candidate.name === name)
  if (row === undefined) throw new Error(`no setting is called ${name}`)
  return row
}

/** A URL may contain a user name and a password. */
function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//…@')
}
