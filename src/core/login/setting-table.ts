/**
 * Every setting as data: where it may stand, and in which order it is looked for. Resolution, the settings file, `awsmfa settings`
 * and the generated documentation read this one table, so that a row is all that a new setting needs to be allowed there, shown
 * and documented. Order within a row: flags after `--`, flags, variables, profile keys, the settings file, default.
 */
import type { OwnFlagName } from './sts-flags.ts'
import { showableCommand } from './token-command.ts'

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
  | 'minimum time left'

/**
 * One setting. Lists are in order of precedence; the first place that has a value wins. A setting that is no login's (where the
 * cache's key lies, say) has no profile keys, and is looked up by findOutsideLogin.
 */
export interface SettingRow {
  readonly name: SettingName
  readonly description: string
  /** How its text is read: as it is (left out), as a length of time, or as yes or no. What is neither is refused. */
  readonly kind?: 'length' | 'switch'
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
  /** What holds where nothing is said, in words. */
  readonly fallback?: string
  /** What of a value may be shown; left out: the whole of it. A value that is secret is shown as `…`. */
  readonly showable?: (value: string) => string
}

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
  },
  {
    name: 'source profile',
    description: 'the profile that holds, or leads to, the long-term credentials',
    flags: ['source-profile'],
    stsFlags: [],
    variables: [],
    profileKeys: ['awsmfa_source_profile', 'source_profile', 'vegas_source_profile', '_source_profile'],
    profiles: 'walk',
    fallback: "the profile's own name with -long-term, Perm, Permanent, -perm or -permanent",
  },
  {
    name: 'source environment',
    description: 'take the long-term credentials from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    flags: ['source-env'],
    stsFlags: [],
    variables: [],
    profileKeys: [],
    profiles: 'target',
  },
  {
    name: 'MFA device serial',
    description: "the ARN of a virtual MFA device, or a hardware token's serial",
    flags: ['serial-number'],
    stsFlags: ['--serial-number'],
    variables: ['AWS_MFA_SERIAL'],
    profileKeys: ['awsmfa_mfa_serial', 'mfa_serial', '_mfa_serial', 'aws_mfa_device'],
    profiles: 'walk',
    fallback: 'the one device that IAM lists for the user',
  },
  {
    name: 'role',
    description: 'the ARN of a role to assume; roles of the profiles on the way are assumed first',
    flags: ['role-arn'],
    stsFlags: ['--role-arn'],
    variables: [],
    profileKeys: ['awsmfa_role_arn', 'vegas_role_arn', '_role_arn', 'role_arn'],
    profiles: 'walk',
    fallback: "'assume_role' of the profile with the long-term credentials, else none",
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
  },
  {
    name: 'region',
    description: 'the region whose STS is asked',
    flags: ['region'],
    stsFlags: ['--region'],
    variables: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    profileKeys: ['region'],
    profiles: 'walk',
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
  },
  {
    name: 'CA bundle',
    description: 'a PEM file with further certificate authorities',
    flags: ['ca-bundle'],
    stsFlags: ['--ca-bundle'],
    variables: ['AWS_CA_BUNDLE'],
    profileKeys: ['ca_bundle'],
    profiles: 'walk',
  },
  {
    name: 'token code',
    description: 'the six digits that the device shows; - reads them from stdin',
    flags: ['token-code'],
    stsFlags: ['--token-code'],
    variables: [],
    profileKeys: [],
    profiles: 'target',
    fallback: 'asked at the terminal',
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
]

/** Gives the row of a setting. */
export function settingRow(name: SettingName): SettingRow {
  const row = SETTING_TABLE.find((candidate) => candidate.name === name)
  // The name's type lists exactly the table's rows (a test compares them), so this is never reached.
  if (row === undefined) throw new Error(`no setting is called ${name}`)
  return row
}

/** The keys that awsmfa's own settings file may have. */
export const SETTINGS_FILE_KEYS: readonly string[] = SETTING_TABLE.flatMap((row) => (row.settingsKey === undefined ? [] : [row.settingsKey]))
