/** The tables of docs/doctor.md, from the tables that doctor itself uses. */
const code = (text) => `\`${text}\``
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
const row = (...cells) => `| ${cells.map(cell).join(' | ')} |\n`
const table = (head, rows) => row(...head) + row(...head.map(() => '---')) + rows.map((cells) => row(...cells)).join('')

const ENGINE_NAMES = {
  botocore: 'AWS CLI, boto3, SAM',
  js: 'JavaScript, CDK',
  go: 'Go, Terraform',
  rust: 'Rust',
  java: 'Java',
  dotnet: '.NET',
}
const EFFECTS = {
  fine: '',
  'file-refused': 'rejects the file',
  'file-skipped': 'skips the file',
  'profile-missed': 'misses the profile',
  'key-missed': 'misses the key',
  'value-changed': 'reads another value',
  spreads: 'for every profile',
}
const OUTCOMES = {
  keys: 'its keys',
  role: 'assumes the role',
  'role-without-mfa': 'assumes the role without MFA',
  asks: 'prompts for a code',
  fails: 'fails',
  process: 'runs the process',
  sso: 'SSO',
  login: 'session of aws login',
  'web-identity': 'web identity',
  none: 'no keys',
}
const TRAITS = {
  role: 'role_arn',
  source: 'source_profile',
  self: 'which is itself',
  credentialSource: 'credential_source',
  mfa: 'mfa_serial',
  keys: 'keys',
  keysInConfig: 'keys in the config file',
  half: 'half a key pair',
  token: 'session token',
  process: 'credential_process',
  sso: 'sso_…',
  login: 'login_session',
  webIdentity: 'web_identity_token_file',
  blank: 'an empty role_arn or source_profile',
}

function findings({ FINDING_TABLE }) {
  return table(
    ['code', 'severity', 'about', '`--fix`'],
    Object.entries(FINDING_TABLE).map(([name, { severity, about, fix = '' }]) => [code(name), severity, about, fix]),
  )
}

function parsers({ PARSER_BEHAVIOR, ENGINES }) {
  const rows = Object.entries(PARSER_BEHAVIOR).map(([name, effects]) => [
    code(name),
    ...ENGINES.map((engine) => EFFECTS[effects[engine] ?? 'fine']),
  ])
  return table(['', ...ENGINES.map((engine) => ENGINE_NAMES[engine])], rows)
}

function order({ CREDENTIAL_ORDER, TOOL_EXCEPTIONS, ENGINES, TOOLS }) {
  const traits = (when) =>
    Object.entries(when)
      .map(([name, is]) => (is ? TRAITS[name] : `no ${TRAITS[name]}`))
      .join(', ')
  const exceptions = TOOL_EXCEPTIONS.map(({ tool, when, outcome, because }) => [
    TOOLS[tool].name.replace('the ', ''),
    traits(when),
    OUTCOMES[outcome],
    because,
  ])
  const rules = ENGINES.flatMap((engine) =>
    CREDENTIAL_ORDER.filter(({ engines }) => engines.includes(engine)).map(({ when, outcome, because }) => [
      ENGINE_NAMES[engine],
      traits(when),
      OUTCOMES[outcome],
      because,
    ]),
  )
  return table(['tools', 'if the profile has', 'result', 'because'], [...exceptions, ...rules])
}

export const DOCTOR_TABLES = { findings, parsers, 'order of credentials': order }
