import type { OwnFlagName } from '../aws/sts-flags.ts'
import { showableCommand } from '../shell/words.ts'

/** A setting's name in messages and in `--debug`. */
export type SettingName =
  | 'profile'
  | 'source profile'
  | 'source environment'
  | 'MFA device serial'
  | 'role'
  | 'duration'
  | 'role session name'
  | 'external id'
  | 'region'
  | 'endpoint'
  | 'CA bundle'
  | 'token code'
  | 'token command'
  | 'YubiKey serial'
  | 'YubiKey label'
  | 'prompt'
  | 'no window'
  | 'hidden ARNs'
  | 'minimum time left'
  | 'refresh window'
  | 'no mandatory refresh'
  | 'timeout'
  | 'cache key'
  | 'no colour'

/**
 * One setting. Lists are in order of precedence; the first place that has a value wins. A setting that is no login's (where the
 * cache's key lies, say) has no profile keys, and is looked up by findOutsideLogin.
 */
export interface SettingRow {
  readonly name: SettingName
  readonly description: string
  /** How its text is read: as it is (left out), as a length of time, or as yes or no. What is neither is refused. */
  readonly kind?: 'length' | 'switch'
  /** Of a length: it may be so long and no longer, and not nothing. */
  readonly longestSeconds?: number
  /** Long names without dashes, as in the command table; of login, or of whichever commands have the setting. */
  readonly flags: readonly string[]
  /** Flags after `--`, which beat every variable and file. */
  readonly stsFlags: readonly OwnFlagName[]
  readonly variables: readonly string[]
  /** A variable says yes by being set to anything at all, as NO_COLOR does. */
  readonly isPresence?: true
  /** Keys of a profile in the shared files, lower case. */
  readonly profileKeys: readonly string[]
  /** Which profiles are looked at: the target alone, or each one met on the way to the long-term credentials. */
  readonly profiles: 'target' | 'walk'
  /** The key in awsmfa's own settings file; without one the file may not have it. */
  readonly settingsKey?: string
  /** For a setting that the file may not have: the key that people would try, and what to do instead. */
  readonly notInFile?: { readonly key: string; readonly instead: string }
  /** What holds where nothing is said, in words. */
  readonly fallback?: string
  /** What of a value may be shown; left out: the whole of it. A value that is secret is shown as `…`. */
  readonly showable?: (value: string) => string
}

/** Rows of the setting table: how a person is asked, and what is no matter of keys, devices and roles. */

/** Where and how the token code is asked for. */
const ROWS_OF_ASKING: readonly SettingRow[] = [
  {
    name: 'prompt',
    description:
      'where the token code is asked for: auto, terminal, window, or a window of zenity, pinentry, osascript or powershell',
    flags: ['prompt'],
    stsFlags: [],
    variables: ['AWSMFA_PROMPT'],
    profileKeys: ['awsmfa_prompt'],
    profiles: 'walk',
    settingsKey: 'prompt',
    fallback: 'auto: the terminal, else a window',
  },
  {
    name: 'no window',
    description: 'never ask in a window',
    kind: 'switch',
    flags: ['no-gui'],
    stsFlags: [],
    variables: ['AWSMFA_NO_GUI'],
    profileKeys: ['awsmfa_no_gui'],
    profiles: 'walk',
    settingsKey: 'no_gui',
    fallback: 'false',
  },
  {
    name: 'hidden ARNs',
    description: 'name roles and devices in questions without their ARNs, by name and account',
    kind: 'switch',
    flags: ['hide-arns'],
    stsFlags: [],
    variables: ['AWSMFA_HIDE_ARNS'],
    profileKeys: ['awsmfa_hide_arns'],
    profiles: 'walk',
    settingsKey: 'hide_arns',
    fallback: 'false',
  },
]

/** When sessions are renewed, how awsmfa looks, and where its key lies. */
const ROWS_BESIDE_LOGIN: readonly SettingRow[] = [
  {
    name: 'minimum time left',
    description: 'renew a session that holds for less than this',
    kind: 'length',
    flags: ['min-ttl'],
    stsFlags: [],
    variables: ['AWSMFA_MIN_TTL'],
    profileKeys: [],
    profiles: 'target',
    settingsKey: 'min_ttl',
    fallback: '15 minutes',
  },
  {
    name: 'refresh window',
    description: 'credential-process renews a session with so much left or less, even if a code is needed',
    kind: 'length',
    flags: ['refresh-window'],
    stsFlags: [],
    variables: ['AWSMFA_REFRESH_WINDOW'],
    profileKeys: [],
    profiles: 'target',
    settingsKey: 'refresh_window',
    fallback: '10 minutes',
  },
  {
    name: 'no mandatory refresh',
    description: 'credential-process asks for a code only once the session has ended',
    kind: 'switch',
    flags: ['no-mandatory-refresh'],
    stsFlags: [],
    variables: ['AWSMFA_NO_MANDATORY_REFRESH'],
    profileKeys: [],
    profiles: 'target',
    settingsKey: 'no_mandatory_refresh',
    fallback: 'false',
  },
  {
    name: 'timeout',
    description: 'credential-process gives up after so long, whoever is asked',
    kind: 'length',
    // Longer than any caller waits.
    longestSeconds: 600,
    flags: ['timeout'],
    stsFlags: [],
    variables: ['AWSMFA_TIMEOUT'],
    profileKeys: [],
    profiles: 'target',
    settingsKey: 'timeout',
    fallback: '20 seconds',
  },
  {
    name: 'no colour',
    description: 'no colours on terminals either',
    kind: 'switch',
    flags: ['no-color'],
    stsFlags: [],
    variables: ['AWSMFA_NO_COLOR', 'NO_COLOR'],
    isPresence: true,
    profileKeys: [],
    profiles: 'target',
    settingsKey: 'no_color',
    fallback: 'colours on a terminal that has them',
  },
  {
    name: 'cache key',
    description: "where the key of awsmfa's own cache lies: file, or keychain for the system's keychain",
    flags: [],
    stsFlags: [],
    variables: ['AWSMFA_CACHE_KEY'],
    profileKeys: [],
    profiles: 'target',
    settingsKey: 'cache_key',
    fallback: 'file: in $XDG_RUNTIME_DIR where that lies in memory, else in the state folder',
  },
]

/**
 * Every setting as data: where it may stand, and in which order it is looked for. Resolution, the settings file, `awsmfa settings`
 * and the generated documentation read this one table, so that a row is all that a new setting needs to be allowed there, shown
 * and documented. Order within a row: flags after `--`, flags, variables, profile keys, the settings file, default.
 */

/** Every setting. */
export const SETTING_TABLE: readonly SettingRow[] = [
  {
    name: 'profile',
    description: 'the profile to sign in; a positional argument says the same',
    flags: ['profile'],
    stsFlags: ['--profile'],
    variables: ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE'],
    profileKeys: [],
    profiles: 'target',
    fallback: 'default',
    notInFile: { key: 'profile', instead: 'set AWS_PROFILE, which every AWS tool reads' },
  },
  {
    name: 'source profile',
    description: 'the profile that holds, or leads to, the long-term credentials',
    flags: ['source-profile'],
    stsFlags: [],
    variables: ['AWSMFA_SOURCE_PROFILE'],
    profileKeys: ['awsmfa_source_profile', 'source_profile', 'vegas_source_profile', '_source_profile'],
    profiles: 'walk',
    settingsKey: 'source_profile',
    fallback: "the profile's own name with -long-term, Perm, Permanent, -perm or -permanent",
  },
  {
    name: 'source environment',
    description: 'take the long-term credentials from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    kind: 'switch',
    flags: ['source-env'],
    stsFlags: [],
    variables: [],
    profileKeys: [],
    profiles: 'target',
    settingsKey: 'source_env',
    fallback: 'false',
  },
  {
    name: 'MFA device serial',
    description: "the ARN of a virtual MFA device, or a hardware token's serial",
    flags: ['serial-number'],
    stsFlags: ['--serial-number'],
    variables: ['AWS_MFA_SERIAL'],
    profileKeys: ['awsmfa_mfa_serial', 'mfa_serial', '_mfa_serial', 'aws_mfa_device'],
    profiles: 'walk',
    settingsKey: 'mfa_serial',
    fallback: 'the one device that IAM lists for the user',
  },
  {
    name: 'role',
    description: 'the ARN of a role to assume; roles of the profiles on the way are assumed first',
    flags: ['role-arn'],
    stsFlags: ['--role-arn'],
    variables: [],
    profileKeys: ['awsmfa_role_arn', 'vegas_role_arn', '_role_arn', 'role_arn', 'assume_role'],
    profiles: 'walk',
    settingsKey: 'role_arn',
    fallback: 'none',
  },
  {
    name: 'duration',
    description: 'how long the session shall hold: 12h, 1h30m, 45m or seconds',
    kind: 'length',
    flags: ['duration', 'duration-seconds'],
    stsFlags: ['--duration-seconds'],
    variables: ['AWSMFA_DURATION'],
    profileKeys: ['duration_seconds'],
    profiles: 'target',
    settingsKey: 'duration',
    fallback: '12 hours; 1 hour for a role',
  },
  {
    name: 'role session name',
    description: 'the name that the session of a role gets',
    flags: [],
    stsFlags: ['--role-session-name'],
    variables: [],
    profileKeys: ['role_session_name'],
    profiles: 'target',
    settingsKey: 'role_session_name',
    fallback: "the IAM user's name where known, else awsmfa-<system user>",
  },
  {
    name: 'external id',
    description: "the external id that a role's owner asks for",
    flags: [],
    stsFlags: ['--external-id'],
    variables: [],
    profileKeys: ['external_id'],
    profiles: 'target',
    settingsKey: 'external_id',
    fallback: 'none',
  },
  {
    name: 'region',
    description: 'the region whose STS is asked',
    flags: ['region'],
    stsFlags: ['--region'],
    variables: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    profileKeys: ['region'],
    profiles: 'walk',
    settingsKey: 'region',
    fallback: 'the home region of the partition in the device or role ARN, us-east-1 for aws',
  },
  {
    name: 'endpoint',
    description: 'the STS endpoint, where it is not AWS’s own',
    flags: ['endpoint-url'],
    stsFlags: ['--endpoint-url'],
    variables: ['AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL'],
    profileKeys: ['endpoint_url'],
    profiles: 'walk',
    settingsKey: 'endpoint_url',
    fallback: "AWS's own",
    showable: withoutPassword,
  },
  {
    name: 'CA bundle',
    description: 'a PEM file with further certificate authorities',
    flags: ['ca-bundle'],
    stsFlags: ['--ca-bundle'],
    variables: ['AWS_CA_BUNDLE'],
    profileKeys: ['ca_bundle'],
    profiles: 'walk',
    settingsKey: 'ca_bundle',
    fallback: "Node's own",
  },
  {
    name: 'token code',
    description: 'the six digits that the device shows; - reads them from stdin',
    flags: ['token-code'],
    stsFlags: ['--token-code'],
    variables: [],
    profileKeys: [],
    profiles: 'target',
    fallback: 'asked for, at the terminal or in a window',
    notInFile: { key: 'token_code', instead: 'a code works once: leave the line out' },
    showable: () => '…',
  },
  {
    name: 'token command',
    description: 'a command that prints the token code; it is run without a shell',
    flags: ['token-command'],
    stsFlags: [],
    variables: [],
    profileKeys: ['awsmfa_token_command', 'mfa_process'],
    profiles: 'walk',
    settingsKey: 'token_command',
    showable: showableCommand,
  },
  {
    name: 'YubiKey serial',
    description: 'the serial number of the YubiKey that makes the codes, where several may be plugged in',
    flags: [],
    stsFlags: [],
    variables: [],
    profileKeys: ['yubikey_serial', 'vegas_yubikey_serial', '_yubikey_serial'],
    profiles: 'walk',
    settingsKey: 'yubikey_serial',
  },
  {
    name: 'YubiKey label',
    description: 'the OATH account on the YubiKey; this or the serial has it asked for codes',
    flags: [],
    stsFlags: [],
    variables: [],
    profileKeys: ['yubikey_label', 'vegas_yubikey_label', '_yubikey_label'],
    profiles: 'walk',
    settingsKey: 'yubikey_label',
    fallback: 'the MFA device serial',
  },
  ...ROWS_OF_ASKING,
  ...ROWS_BESIDE_LOGIN,
]

/** An address may carry a name and a password. */
function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//…@')
}

/** Gives the row of a setting. */
export function settingRow(name: SettingName): SettingRow {
  const row = SETTING_TABLE.find((candidate) => candidate.name === name)
  // The name's type lists exactly the table's rows (a test compares them), so this is never reached.
  if (row === undefined) throw new Error(`no setting is called ${name}`)
  return row
}

/** The keys that awsmfa's own settings file may have. */
export const SETTINGS_FILE_KEYS: readonly string[] = SETTING_TABLE.flatMap((row) =>
  row.settingsKey === undefined ? [] : [row.settingsKey],
)
