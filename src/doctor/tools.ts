/**
 * The programs that doctor reports on, and how they read the shared files and the environment, as data. The tests hold
 * every row against the programs: test/interop/doctor.test.ts, test/interop/tools/doctor-{files,variables}.test.ts; but
 * for the SDK for .NET, whose source was read.
 */

/** What reads the shared files and chooses the credentials: one for each family of programs. */
export const ENGINES = ['botocore', 'js', 'go', 'rust', 'java', 'dotnet'] as const

export type Engine = (typeof ENGINES)[number]

/** The programs, by the names that `--json` prints. */
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

export type ToolId = keyof typeof TOOLS

/** All programs, in the order in which messages list them. */
export const TOOL_IDS: readonly ToolId[] = Object.keys(TOOLS).filter(isToolId)

/** Returns the programs that use one of these engines, in the order in which messages list them. */
export function toolsOf(...engines: readonly Engine[]): readonly ToolId[] {
  return TOOL_IDS.filter((tool) => engines.includes(TOOLS[tool].engine))
}

function isToolId(text: string): text is ToolId {
  return Object.hasOwn(TOOLS, text)
}

/**
 * What a parser does with a file. `file-refused`: it reads none of it, and calls fail; `file-skipped`: it reads none of
 * it, silently; `profile-missed`, `key-missed`: it reads the file without it; `value-changed`: it reads another value;
 * `spreads`: the keys apply to every profile; `fine`: it reads what was meant.
 */
export type ParserEffect =
  'file-refused' | 'file-skipped' | 'profile-missed' | 'key-missed' | 'value-changed' | 'spreads' | 'fine'

type ParserRow = Readonly<Partial<Record<Engine, ParserEffect>>>

/**
 * What each parser does with the syntax on which they differ, by the code of the finding; an engine that is not named
 * reads it as meant. An example of each row is in fixtures/homes/doctor-<code>. Sources:
 *
 * - botocore: configloader.py › raw_config_parse (Python's RawConfigParser, strict) and build_profile_map; observed
 *   with aws-cli 1.45 and 2.36 and boto3 1.43;
 * - JavaScript: @smithy/shared-ini-file-loader › parseIni, getConfigData, loadSharedConfigFiles (swallowError);
 *   observed;
 * - Go: aws-sdk-go-v2 config/internal/ini › tokenize, strings, parse (handleSubProperty makes a key of an indented line
 *   that looks like one), and config/shared_config.go; observed with config 1.33;
 * - Rust: aws-runtime env_config › parse, normalize; observed with aws-config 1.13;
 * - Java: profiles/internal/ProfileFileReader.java, ProfileFile.java; observed with 2.34;
 * - .NET: Runtime/Internal/Util/{IniFile,ProfileIniFile}.cs, CredentialManagement/SharedCredentialsFile.cs: read, not
 *   run.
 */
export const PARSER_BEHAVIOR = {
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
  'nameless-in-block': { rust: 'file-refused', java: 'file-refused' },
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

/** The findings about syntax that tools read differently. */
export type SyntaxCode = keyof typeof PARSER_BEHAVIOR

export function isSyntaxCode(code: string): code is SyntaxCode {
  return Object.hasOwn(PARSER_BEHAVIOR, code)
}

/** Returns what an engine's parser does with a syntax. */
export function effectOn(code: SyntaxCode, engine: Engine): ParserEffect {
  const row: ParserRow = PARSER_BEHAVIOR[code]
  return row[engine] ?? 'fine'
}

function everywhere(effect: ParserEffect): ParserRow {
  return { botocore: effect, js: effect, go: effect, rust: effect, java: effect, dotnet: effect }
}

/**
 * Which programs do what is named with environment variables. The .NET sources: EnvironmentVariableAWSCredentials,
 * FallbackCredentialsFactory.
 */
const VARIABLE_BEHAVIOR = {
  'AWS_PROFILE overrides keys': ['sdk-js'],
  'AWS_DEFAULT_PROFILE overrides AWS_PROFILE': ['aws-cli', 'boto3', 'sam'],
  'AWS_DEFAULT_PROFILE is ignored': ['sdk-js', 'sdk-rust', 'sdk-java', 'sdk-dotnet'],
  'an empty AWS_PROFILE fails': toolsOf('botocore', 'rust', 'java'),
  'an empty AWS_SHARED_CREDENTIALS_FILE means no file': toolsOf('botocore', 'rust', 'java'),
  'an empty AWS_CONFIG_FILE means no file': toolsOf('botocore', 'rust', 'java'),
  '$ in a path is literal': toolsOf('js', 'go', 'rust', 'java'),
  '~ in a path is literal': toolsOf('go'),
  // The others send expired keys. None uses a profile instead.
  'a past AWS_CREDENTIAL_EXPIRATION fails': toolsOf('botocore'),
  // credentials.py › EnvProvider._create_credentials_fetcher, load. The others go on to profiles, or do not read the
  // date.
  'half a key pair fails': toolsOf('botocore'),
  'a malformed AWS_CREDENTIAL_EXPIRATION fails': toolsOf('botocore'),
  'AWS_SECURITY_TOKEN overrides AWS_SESSION_TOKEN': toolsOf('botocore'),
} as const satisfies Readonly<Record<string, readonly ToolId[]>>

export type VariableBehavior = keyof typeof VARIABLE_BEHAVIOR

/** What version 1 of the AWS CLI does, and version 2 does not. Doctor does not look up which version is installed. */
export const BEHAVIOR_OF_AWS_CLI_1: readonly VariableBehavior[] = ['AWS_DEFAULT_PROFILE overrides AWS_PROFILE']

/** Returns the programs that do what is named. */
export function toolsWhere(behavior: VariableBehavior): readonly ToolId[] {
  return VARIABLE_BEHAVIOR[behavior]
}
