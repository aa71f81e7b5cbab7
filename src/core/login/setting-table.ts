/**
 * Every setting as data: where it may stand, and in which order it is looked for. Resolution, the settings file, `awsmfa settings`
 * and the generated documentation read this one table, so that a row is all that a new setting needs to be allowed there, shown
 * and documented. Order within a row: flags after `--`, flags, variables, profile keys, the settings file, default.
 */
import { ROWS_BESIDE_LOGIN, ROWS_OF_ASKING } from './setting-rows.ts'
import type { SettingName, SettingRow } from './setting-row.ts'
import { showableCommand } from './token-command.ts'

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
export const SETTINGS_FILE_KEYS: readonly string[] = SETTING_TABLE.flatMap((row) => (row.settingsKey === undefined ? [] : [row.settingsKey]))
