/**
 * What each parser makes of the spellings on which they differ, as data. Sources, for every row:
 *
 * - botocore: configloader.py › raw_config_parse (Python's RawConfigParser, strict) and build_profile_map; observed with aws-cli
 *   1.45 and 2.36 and boto3 1.43;
 * - JavaScript: @smithy/shared-ini-file-loader › parseIni, getConfigData, loadSharedConfigFiles (swallowError); observed;
 * - Go: aws-sdk-go-v2 config/internal/ini › tokenize, strings, parse (handleSubProperty makes a key of an indented line that looks
 *   like one), and config/shared_config.go; observed with config 1.33;
 * - Rust: aws-runtime env_config › parse, normalize; observed with aws-config 1.13;
 * - Java: profiles/internal/ProfileFileReader.java, ProfileFile.java; observed with 2.34;
 * - .NET: Runtime/Internal/Util/{IniFile,ProfileIniFile}.cs, CredentialManagement/SharedCredentialsFile.cs: read, not run.
 */

/**
 * What becomes of the file. `file-refused`: none of it is read, and calls fail; `file-skipped`: none of it is read, silently;
 * `profile-missed`, `key-missed`: read without it; `value-changed`: read with another value; `spreads`: its keys count for every
 * profile; `fine`: as meant.
 */
export type ParserEffect =
  'file-refused' | 'file-skipped' | 'profile-missed' | 'key-missed' | 'value-changed' | 'spreads' | 'fine'

/** A row: what each parser does; one that is not named reads it as it is meant. */
export type ParserRow = Readonly<Partial<Record<Engine, ParserEffect>>>

/** The rows, by the code of the finding. An example of each is in fixtures/homes/doctor-<code>. */
export const PARSER_BEHAVIOUR = {
  'duplicate-section': { botocore: 'file-refused', dotnet: 'key-missed' },
  'duplicate-key': { botocore: 'file-refused', dotnet: 'profile-missed' },
  'byte-order-mark': { botocore: 'file-refused', go: 'profile-missed', rust: 'file-refused', java: 'file-refused' },
  'not-utf8': { botocore: 'file-refused', rust: 'file-skipped' },
  'line-without-key': { botocore: 'file-refused', rust: 'file-refused', java: 'file-refused', dotnet: 'file-refused' },
  'key-before-section': { botocore: 'file-refused', rust: 'file-refused', java: 'file-refused' },
  'profile-prefix-in-credentials': {
    botocore: 'profile-missed',
    js: 'profile-missed',
    go: 'profile-missed',
    rust: 'profile-missed',
    java: 'profile-missed',
  },
  'bare-section-in-config': everywhere('profile-missed'),
  'upper-case-key': { js: 'key-missed', java: 'key-missed' },
  'inline-comment': { botocore: 'value-changed', dotnet: 'value-changed' },
  'proto-section': { js: 'file-skipped' },
  'default-in-capitals': { botocore: 'spreads' },
  'colon-delimiter': { js: 'key-missed', rust: 'file-refused', java: 'file-refused', dotnet: 'file-refused' },
  'first-key-indented': { rust: 'file-refused', java: 'file-refused' },
  'line-in-block': { botocore: 'file-refused', rust: 'file-refused', java: 'file-refused' },
  'key-in-value': { botocore: 'key-missed', rust: 'key-missed', java: 'key-missed' },
  'indented-comment': { rust: 'file-refused', java: 'file-refused' },
  'padded-header': { botocore: 'profile-missed', js: 'profile-missed' },
  'quoted-header': { go: 'profile-missed', rust: 'profile-missed', java: 'profile-missed', dotnet: 'profile-missed' },
  'comment-after-header': { dotnet: 'file-refused' },
  'joined-comment': { js: 'profile-missed', dotnet: 'file-refused' },
  'text-after-header': {
    js: 'profile-missed',
    go: 'profile-missed',
    rust: 'file-refused',
    java: 'file-refused',
    dotnet: 'file-refused',
  },
  'double-bracket': everywhere('profile-missed'),
  'bracket-after-header': { botocore: 'profile-missed', dotnet: 'file-refused' },
  'empty-header': { botocore: 'file-refused' },
  'indented-header': { botocore: 'profile-missed', rust: 'profile-missed', java: 'profile-missed' },
  'name-not-portable': { rust: 'profile-missed', java: 'profile-missed' },
  'name-with-comment-sign': { go: 'profile-missed', rust: 'file-refused', java: 'file-refused' },
  'carriage-returns': { js: 'file-skipped', go: 'file-skipped', rust: 'file-refused' },
  'quoted-value': {
    botocore: 'value-changed',
    js: 'value-changed',
    rust: 'value-changed',
    java: 'value-changed',
    dotnet: 'value-changed',
  },
} as const satisfies Readonly<Record<string, ParserRow>>

/** The findings that are about spelling. */
export type SpellingCode = keyof typeof PARSER_BEHAVIOUR

/** Tells whether a finding's code is one about spelling. */
export function isSpelling(code: string): code is SpellingCode {
  return Object.hasOwn(PARSER_BEHAVIOUR, code)
}

/** Gives what a parser makes of a spelling. */
export function effectOn(code: SpellingCode, engine: Engine): ParserEffect {
  const row: ParserRow = PARSER_BEHAVIOUR[code]
  return row[engine] ?? 'fine'
}

/** Gives the parsers that do not read a spelling as it is meant. */
export function enginesMisreading(code: SpellingCode): readonly Engine[] {
  return ENGINES.filter((engine) => effectOn(code, engine) !== 'fine')
}

function everywhere(effect: ParserEffect): ParserRow {
  return { botocore: effect, js: effect, go: effect, rust: effect, java: effect, dotnet: effect }
}

/** The programs that doctor speaks for, and what they read the shared files with. */

/** What reads the shared files and decides which credentials count: one for each family of programs. */
export const ENGINES = ['botocore', 'js', 'go', 'rust', 'java', 'dotnet'] as const

/** One of these readers. */
export type Engine = (typeof ENGINES)[number]

/** The programs, by the names that `--json` has. */
export const TOOLS = {
  'aws-cli': { engine: 'botocore', name: 'the AWS CLI' },
  boto3: { engine: 'botocore', name: 'boto3' },
  sam: { engine: 'botocore', name: 'SAM' },
  'sdk-js': { engine: 'js', name: 'the SDK for JavaScript' },
  cdk: { engine: 'js', name: 'CDK' },
  'sdk-go': { engine: 'go', name: 'the SDK for Go' },
  terraform: { engine: 'go', name: 'Terraform' },
  'sdk-rust': { engine: 'rust', name: 'the SDK for Rust' },
  'sdk-java': { engine: 'java', name: 'the SDK for Java' },
  'sdk-dotnet': { engine: 'dotnet', name: 'the SDK for .NET' },
} as const satisfies Readonly<Record<string, { readonly engine: Engine; readonly name: string }>>

/** One of the programs. */
export type ToolId = keyof typeof TOOLS

/** All programs, in the order in which they are named. */
export const TOOL_IDS: readonly ToolId[] = Object.keys(TOOLS).filter(isToolId)

/** Gives the programs that read with one of these engines, in the order in which they are named. */
export function toolsOf(engines: readonly Engine[]): readonly ToolId[] {
  return TOOL_IDS.filter((tool) => engines.includes(TOOLS[tool].engine))
}

function isToolId(text: string): text is ToolId {
  return Object.hasOwn(TOOLS, text)
}

/**
 * What tools make of variables of the environment, as data: which of them do what is named. Held against the tools in
 * test/interop/tools/doctor-variables.test.ts, but for the SDK for .NET (its EnvironmentVariableAWSCredentials and
 * FallbackCredentialsFactory were read).
 */

/** What is to be known of a variable. */
export type VariableHabit =
  | 'AWS_PROFILE counts before keys'
  | 'AWS_DEFAULT_PROFILE counts before AWS_PROFILE'
  | 'AWS_DEFAULT_PROFILE is not read'
  | 'an empty AWS_PROFILE fails'
  | 'an empty AWS_SHARED_CREDENTIALS_FILE is no file'
  | 'an empty AWS_CONFIG_FILE is no file'
  | '$ in a path is no variable'
  | '~ in a path is no home'
  | 'keys past AWS_CREDENTIAL_EXPIRATION fail'
  | 'half a pair of keys fails'
  | 'an AWS_CREDENTIAL_EXPIRATION that is no date fails'
  | 'AWS_SECURITY_TOKEN counts before AWS_SESSION_TOKEN'

const HABITS: Readonly<Record<VariableHabit, readonly ToolId[]>> = {
  'AWS_PROFILE counts before keys': ['sdk-js'],
  'AWS_DEFAULT_PROFILE counts before AWS_PROFILE': ['aws-cli', 'boto3', 'sam'],
  'AWS_DEFAULT_PROFILE is not read': ['sdk-js', 'sdk-rust', 'sdk-java', 'sdk-dotnet'],
  'an empty AWS_PROFILE fails': toolsOf(['botocore', 'rust', 'java']),
  'an empty AWS_SHARED_CREDENTIALS_FILE is no file': toolsOf(['botocore', 'rust', 'java']),
  'an empty AWS_CONFIG_FILE is no file': toolsOf(['botocore', 'rust', 'java']),
  '$ in a path is no variable': toolsOf(['js', 'go', 'rust', 'java']),
  '~ in a path is no home': toolsOf(['go']),
  // The others send them as they are. None takes a profile in their place.
  'keys past AWS_CREDENTIAL_EXPIRATION fail': toolsOf(['botocore']),
  // credentials.py › EnvProvider._create_credentials_fetcher, load. The others go on to profiles, or do not read the date.
  'half a pair of keys fails': toolsOf(['botocore']),
  'an AWS_CREDENTIAL_EXPIRATION that is no date fails': toolsOf(['botocore']),
  'AWS_SECURITY_TOKEN counts before AWS_SESSION_TOKEN': toolsOf(['botocore']),
}

/** What the AWS CLI does in its version 1 alone. Which version is there is not looked at. */
export const HABITS_OF_AWS_CLI_1: readonly VariableHabit[] = ['AWS_DEFAULT_PROFILE counts before AWS_PROFILE']

/** Gives the tools that have a habit. */
export function toolsWhere(habit: VariableHabit): readonly ToolId[] {
  return HABITS[habit]
}
