/**
 * What each parser makes of the spellings on which they differ, as data. Sources, for every row:
 *
 * - botocore: configloader.py › raw_config_parse (Python's RawConfigParser, strict) and build_profile_map; observed with aws-cli
 *   1.45 and 2.36 and boto3 1.43;
 * - JavaScript: @smithy/shared-ini-file-loader › parseIni, getConfigData, loadSharedConfigFiles (swallowError); observed;
 * - Go: aws-sdk-go-v2 internal/ini › tokenize, strings, parse, and config/shared_config.go; observed;
 * - Rust: aws-runtime env_config › parse, normalize; its parser was run;
 * - Java: profiles/internal/ProfileFileReader.java, ProfileFile.java; .NET: Runtime/Internal/Util/{IniFile,ProfileIniFile}.cs,
 *   CredentialManagement/SharedCredentialsFile.cs: read, not run.
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
export interface ParserRow {
  readonly effects: Readonly<Partial<Record<Engine, ParserEffect>>>
  /** The least that shows it, in the file that is named; `good` stands in it besides, in order, where a parser gets that far. */
  readonly example: { readonly file: 'credentials' | 'config'; readonly text: string }
}

const KEYS = 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n'
const GOOD = `[good]\n${KEYS}`
const BAD = `[bad]\n${KEYS}`
const REGION = 'region = eu-west-1\n'

/** The rows, by the code of the finding. In the examples `bad` is the profile with the fault, and `good` one without. */
export const PARSER_BEHAVIOUR = {
  'duplicate-section': row({ botocore: 'file-refused', dotnet: 'key-missed' }, 'credentials', `${GOOD}${BAD}[bad]\n${REGION}`),
  'duplicate-key': row({ botocore: 'file-refused', dotnet: 'profile-missed' }, 'credentials', `${GOOD}${BAD}${REGION}${REGION}`),
  'byte-order-mark': row({ botocore: 'file-refused', go: 'profile-missed', rust: 'file-refused', java: 'file-refused' }, 'credentials', `\xef\xbb\xbf${BAD}${GOOD}`),
  'not-utf8': row({ botocore: 'file-refused', rust: 'file-skipped' }, 'credentials', `${GOOD}# caf\xe9\n${BAD}`),
  'line-without-key': row({ botocore: 'file-refused', rust: 'file-refused', java: 'file-refused', dotnet: 'file-refused' }, 'credentials', `${GOOD}${BAD}region\n`),
  'key-before-section': row({ botocore: 'file-refused', rust: 'file-refused', java: 'file-refused' }, 'credentials', `${REGION}${GOOD}${BAD}`),
  'profile-prefix-in-credentials': row({ botocore: 'profile-missed', js: 'profile-missed', go: 'profile-missed', rust: 'profile-missed', java: 'profile-missed' }, 'credentials', `${GOOD}[profile bad]\n${KEYS}`),
  'bare-section-in-config': row(everywhere('profile-missed'), 'config', `[profile good]\n${KEYS}[bad]\n${KEYS}`),
  'upper-case-key': row({ js: 'key-missed', java: 'key-missed' }, 'credentials', `${GOOD}${BAD}REGION = eu-west-1\n`),
  'inline-comment': row({ botocore: 'value-changed', dotnet: 'value-changed' }, 'credentials', `${GOOD}${BAD}region = eu-west-1 # Ireland\n`),
  'proto-section': row({ js: 'file-skipped' }, 'credentials', `${GOOD}[__proto__]\n${REGION}`),
  'default-in-capitals': row({ botocore: 'spreads' }, 'credentials', `${GOOD}[DEFAULT]\n${REGION}`),
  'colon-delimiter': row({ js: 'key-missed', rust: 'file-refused', java: 'file-refused', dotnet: 'file-refused' }, 'credentials', `${GOOD}${BAD}region: eu-west-1\n`),
  'first-key-indented': row({ go: 'key-missed', rust: 'file-refused', java: 'file-refused' }, 'credentials', `${GOOD}[bad]\n  region = eu-west-1\n`),
  'key-in-value': row({ botocore: 'value-changed', go: 'key-missed', rust: 'value-changed', java: 'value-changed' }, 'credentials', `${GOOD}${BAD}output = json\n  region = eu-west-1\n`),
  'indented-comment': row({ rust: 'file-refused', java: 'file-refused' }, 'credentials', `${GOOD}[bad]\n  # mine\n${KEYS}`),
  'padded-header': row({ botocore: 'profile-missed', js: 'profile-missed' }, 'credentials', `${GOOD}[ bad ]\n${KEYS}`),
  'quoted-header': row({ go: 'profile-missed', rust: 'profile-missed', java: 'profile-missed', dotnet: 'profile-missed' }, 'config', `[profile good]\n${KEYS}[profile "bad"]\n${KEYS}`),
  'comment-after-header': row({ dotnet: 'file-refused' }, 'credentials', `${GOOD}[bad] # mine\n${KEYS}`),
  'indented-header': row({ botocore: 'value-changed', rust: 'profile-missed', java: 'profile-missed' }, 'credentials', `${GOOD}  [bad]\n${KEYS}`),
  'name-not-portable': row({ rust: 'profile-missed', java: 'profile-missed' }, 'credentials', `${GOOD}[a$bad]\n${KEYS}`),
  'name-with-comment-sign': row({ go: 'profile-missed', rust: 'file-refused', java: 'file-refused' }, 'credentials', `${GOOD}[a#bad]\n${KEYS}`),
  'carriage-returns': row({ js: 'file-skipped', go: 'file-skipped', rust: 'file-refused' }, 'credentials', `${GOOD}${BAD}`.replaceAll('\n', '\r')),
  'quoted-value': row({ botocore: 'value-changed', js: 'value-changed', rust: 'value-changed', java: 'value-changed', dotnet: 'value-changed' }, 'credentials', `${GOOD}${BAD}region = "eu-west-1"\n`),
} as const satisfies Readonly<Record<string, ParserRow>>

/** The findings that are about spelling. */
export type SpellingCode = keyof typeof PARSER_BEHAVIOUR

/** Gives what a parser makes of a spelling. */
export function effectOn(code: SpellingCode, engine: Engine): ParserEffect {
  const { effects }: ParserRow = PARSER_BEHAVIOUR[code]
  return effects[engine] ?? 'fine'
}

/** Gives the parsers that do not read a spelling as it is meant. */
export function enginesMisreading(code: SpellingCode): readonly Engine[] {
  return ENGINES.filter((engine) => effectOn(code, engine) !== 'fine')
}

function row(effects: ParserRow['effects'], file: ParserRow['example']['file'], text: string): ParserRow {
  return { effects, example: { file, text } }
}

function everywhere(effect: ParserEffect): ParserRow['effects'] {
  return { botocore: effect, js: effect, go: effect, rust: effect, java: effect, dotnet: effect }
}
