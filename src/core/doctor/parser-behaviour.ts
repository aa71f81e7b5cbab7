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
import { ENGINES } from './tools.ts'
import type { Engine } from './tools.ts'

/**
 * What becomes of the file. `file-refused`: none of it is read, and calls fail; `file-skipped`: none of it is read, silently;
 * `profile-missed`, `key-missed`: read without it; `value-changed`: read with another value; `spreads`: its keys count for every
 * profile; `fine`: as meant.
 */
export type ParserEffect = 'file-refused' | 'file-skipped' | 'profile-missed' | 'key-missed' | 'value-changed' | 'spreads' | 'fine'

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
  'profile-prefix-in-credentials': { botocore: 'profile-missed', js: 'profile-missed', go: 'profile-missed', rust: 'profile-missed', java: 'profile-missed' },
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
  'text-after-header': { js: 'profile-missed', go: 'profile-missed', rust: 'file-refused', java: 'file-refused', dotnet: 'file-refused' },
  'double-bracket': everywhere('profile-missed'),
  'bracket-after-header': { botocore: 'profile-missed', dotnet: 'file-refused' },
  'empty-header': { botocore: 'file-refused' },
  'indented-header': { botocore: 'profile-missed', rust: 'profile-missed', java: 'profile-missed' },
  'name-not-portable': { rust: 'profile-missed', java: 'profile-missed' },
  'name-with-comment-sign': { go: 'profile-missed', rust: 'file-refused', java: 'file-refused' },
  'carriage-returns': { js: 'file-skipped', go: 'file-skipped', rust: 'file-refused' },
  'quoted-value': { botocore: 'value-changed', js: 'value-changed', rust: 'value-changed', java: 'value-changed', dotnet: 'value-changed' },
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
