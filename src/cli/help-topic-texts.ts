/** The texts of `awsmfa help TOPIC`, from the tables that the tool itself goes by. At most 80 columns wide. */
import { SETTING_TABLE } from '../core/login/setting-table.ts'
import type { SettingRow } from '../core/login/setting-row.ts'
import { plainText, wrapped } from '../render/wrapped.ts'
import { exitCodeRows } from './exit-code-words.ts'
import type { HelpTopic } from './help-topics.ts'
import { securityText } from './security-text.ts'
import { VARIABLE_TABLE } from './variable-table.ts'

/** Gives the text of a topic. `now`: the moment before which the policy of `security` would end sessions. */
export function renderTopic(topic: HelpTopic, now: Date): string {
  switch (topic) {
    case 'exit-codes':
      return text(exitCodes())
    case 'config':
      return text(config())
    case 'environment':
      return text(environment())
    case 'security':
      return text(security(now))
  }
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}

function exitCodes(): readonly string[] {
  return [
    'What awsmfa ends with, for scripts.',
    '',
    ...exitCodeRows().flatMap(({ exitCode, meaning }) => wrapped(withoutReadme(meaning), `  ${String(exitCode).padEnd(5)}`)),
    '',
    ...wrapped('exec ends as its program did, and with 128 and the number of the signal that ended it. Several profiles end with the code that their failures share, else with 1. To sign in only where need be:'),
    '',
    '  awsmfa status --quiet || awsmfa login',
  ]
}

function config(): readonly string[] {
  return [
    'Where settings come from, and in which order.',
    '',
    ...wrapped("awsmfa reads the two files of all AWS tools, ~/.aws/credentials and ~/.aws/config, and a settings file of its own for what shall hold everywhere: config.ini, config.toml, config.yaml or config.json, one of them, in ~/.config/awsmfa, on Windows in %LOCALAPPDATA%\\awsmfa\\config. It has keys and no sections, such as, in config.ini: duration = 8h. awsmfa settings tells what holds and where it comes from."),
    '',
    ...wrapped('The long-term keys have a section of their own, and roles hang on the profile that login signs in. In ~/.aws/credentials:'),
    '',
    ...['[base-long-term]', 'aws_access_key_id = AKIA...', 'aws_secret_access_key = ...'].map(indented),
    '',
    'In ~/.aws/config:',
    '',
    ...['[profile base]', 'region = eu-west-1', 'awsmfa_mfa_serial = arn:aws:iam::111111111111:mfa/alice', '', '[profile admin]', 'role_arn = arn:aws:iam::222222222222:role/Admin', 'source_profile = base'].map(indented),
    '',
    ...wrapped('awsmfa setup brings your files into this form. Each setting of a login is taken from the first of its places that has a value:'),
    ...SETTING_TABLE.flatMap(settingLines),
  ]
}

function settingLines(row: SettingRow): readonly string[] {
  const walk = row.profiles === 'walk' ? ' (each profile on the way to the keys)' : ' (the profile itself)'
  const places: readonly (readonly [string, string | undefined])[] = [
    ['after --', listed(row.stsFlags)],
    ['option', listed(row.flags.map((flag) => `--${flag}`))],
    ['variable', listed(row.variables)],
    ['key', row.profileKeys.length === 0 ? undefined : `${row.profileKeys.join(', ')}${walk}`],
    ['file', row.settingsKey],
    ['else', row.fallback],
  ]
  return ['', ...wrapped(`${row.name}: ${row.description}`), ...places.flatMap(([where, what]) => (what === undefined ? [] : wrapped(what, `  ${where.padEnd(12)}`)))]
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
      entry(variables, withoutReadme(description) + (profileKey === undefined ? '' : ` (key of a profile: ${profileKey})`)),
    ),
    '',
    ...wrapped('A program that awsmfa exec starts finds the keys of the session, AWS_CREDENTIAL_EXPIRATION, the region and AWSMFA_PROFILE, and neither AWS_PROFILE nor AWS_DEFAULT_PROFILE. Most tools let AWS_ACCESS_KEY_ID in the environment beat every profile: where it is set, what login writes is not used.'),
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
  return plainText(description.replaceAll(/[;,]? ?see \[[^\]]+\]\([^)]*\)/g, '')) || 'the proxy, and the hosts that are reached without one'
}

function listed(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : names.join(', ')
}
