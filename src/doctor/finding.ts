/**
 * Every finding, as data, and what their messages share. Programs read the codes, so a released one stays.
 *
 * `error`: a tool cannot read a file, or no common tool can use something; `warning`: some tools prompt, fail or read
 * something else, or a secret is exposed; `note`: nothing is wrong.
 */
import { TOOLS, TOOL_IDS, ENGINES, effectOn, toolsOf } from './tools.ts'
import type { SyntaxCode, ToolId } from './tools.ts'
import type { CommandName } from '../model/invocation.ts'
import { formatAt } from '../ui/duration.ts'
import { commandLine, displayPath, listed, profileWord, visible } from '../ui/words.ts'

export type Severity = 'error' | 'warning' | 'note'

/** A row of the documentation: what the finding means, and when `--fix` fixes it. */
export interface FindingRow {
  readonly severity: Severity
  readonly about: string
  readonly fix?: string | undefined
}

/** The findings, in the order of the documentation. */
export const FINDING_TABLE = {
  // How the files are written.
  'file-unreadable': error('a file cannot be read or is not a regular file'),
  'byte-order-mark': error(
    'a UTF-8 byte order mark at the start',
    'removes it, unless the first profile has credentials elsewhere',
  ),
  'not-utf8': error('bytes that are not UTF-8, even in a comment; UTF-16'),
  'carriage-returns': error('lines that end with CR only'),
  'key-before-section': error('a key above the first section'),
  'line-without-key': error('a line that is not a key, header or comment'),
  'duplicate-section': error('two sections with one name', 'removes the later one if both are equal'),
  'duplicate-key': error('a key twice in one section', 'removes the later one if both are equal'),
  'proto-section': error('a section named `__proto__`'),
  'default-in-capitals': warning('a section `[DEFAULT]`'),
  'profile-prefix-in-credentials': error(
    '`[profile x]` in the credentials file',
    'renames it to `[x]`, if there is no `[x]`',
  ),
  'bare-section-in-config': warning('`[x]` in the config file, without `profile`'),
  'bare-section-of-awsmfa': note('`[x]` in the config file, as in reusabit/awsmfa; awsmfa reads it'),
  'two-default-sections': warning('`[default]` and `[profile default]` in the config file'),
  'padded-header': warning(
    'spaces inside the brackets of a header',
    'removes them, if there is no section with that name',
  ),
  'quoted-header': warning('quotes in a header', 'removes them, if the name needs none'),
  'comment-after-header': warning('a comment after a header', 'moves it to its own line'),
  'joined-comment': error('a comment directly after a header, without a space'),
  'text-after-header': error('text after a header that is not a comment'),
  'double-bracket': error('another `]` after a header'),
  'bracket-after-header': error('a `]` in the comment after a header'),
  'empty-header': error('a header `[]`'),
  'indented-header': warning('an indented header'),
  'name-not-portable': warning('a name with characters other than letters, digits and `_-/.%@:+`'),
  'name-with-comment-sign': error('a name with `#` or `;`'),
  'upper-case-key': warning(
    'a key in uppercase',
    'makes it lowercase, if it is a key of AWS and not there in lowercase',
  ),
  'colon-delimiter': error('`:` instead of `=`', 'writes `=`, unless the profile has credentials elsewhere'),
  'inline-comment': warning('a comment after a value', 'moves it to its own line, if the value cannot contain it'),
  'quoted-value': warning('quotes around an access key, a region, an ARN or a profile', 'removes them'),
  'first-key-indented': error('indented keys', 'removes the indent, if no other line depends on it'),
  'key-in-value': warning('an indented key below another key; most tools read it as part of that value'),
  'line-in-block': error('an indented line without `=` below a key without a value'),
  'nameless-in-block': error('an indented line that starts with `=` below a key without a value'),
  'indented-comment': warning('an indented comment', 'removes the indent'),
  // What is in them.
  'half-a-key-pair': error('a key ID without its secret, or a secret without its key ID'),
  'token-in-other-file': error('keys in one file, a session token in the other'),
  'token-beside-long-term-keys': error('a session token with a long-term key', 'removes it, if it is from awsmfa'),
  'session-without-token': error('the keys of a session (`ASIA…`) without its token'),
  'security-token-first': error(
    '`aws_security_token` with another value than `aws_session_token`',
    'removes the old one, in a session from awsmfa',
  ),
  'security-token-alone': warning('`aws_security_token` without `aws_session_token`'),
  'leftover-marks': warning('marks of login without a session', 'removes them'),
  'leftover-session': note('an expired session from another tool'),
  'session-expired': note('an expired session from awsmfa'),
  'role-hides-session': warning('a session in a profile that is a role'),
  'keys-hide-process': warning('keys in a profile with `credential_process`'),
  'sso-hides-keys': warning('keys in a profile with SSO'),
  'empty-role-key': error('`role_arn` or `source_profile` without a value'),
  'role-without-source': error('`role_arn` without `source_profile`'),
  'two-sources': error('`source_profile` and `credential_source` in one role'),
  'credential-source-unknown': error('an unknown `credential_source`'),
  'source-profile-missing': error('`source_profile` is not found'),
  'source-profile-cycle': error('source profiles that form a loop'),
  'role-asks-for-code': warning('`mfa_serial` in a role profile'),
  'role-too-long': warning('`duration_seconds` above 3600 for a role assumed from a session'),
  'sso-session-missing': error('the section of `sso_session` is not found'),
  'mfa-serial-beside-keys': warning('`mfa_serial` with keys'),
  'source-without-role': warning('`source_profile` without `role_arn`'),
  'fido-device': error('a passkey or security key as the MFA device'),
  'device-malformed': error('an invalid MFA device'),
  'device-of-other-account': warning('an MFA device and an access key of different accounts'),
  'old-access-key': warning('an access key created before 2019'),
  'setting-malformed': error('an invalid value, such as a malformed role ARN or region'),
  'ca-bundle-missing': error('the file of `ca_bundle` is not found'),
  'no-region': warning('a role profile without a region'),
  'stored-key-in-file': warning('an access key in a store, with its secret still in a file'),
  'stored-key-unread': warning('an access key in a store, and a role profile that uses it directly'),
  'source-ambiguous': error('several long-term sections for one profile, with different keys'),
  'process-unparsable': error('a `credential_process` with an unclosed quote or no command'),
  'process-needs-shell': warning('a `credential_process` that needs a shell: `~`, variables, pipes or single quotes'),
  'process-quoted': warning('a `credential_process` with quotes on Windows, where the SDK for Go cannot run it'),
  'process-needs-path': warning('a `credential_process` that does not run with an empty `PATH`'),
  'process-not-there': error('a `credential_process` whose program is not found'),
  // What is around them.
  'loose-permissions': warning('a file with secrets that other users can read', 'sets mode 0600'),
  'damaged-cache': error('a damaged entry in the cache of the AWS CLI or botocore', 'deletes it'),
  'damaged-own-cache': warning('a damaged entry in the cache of awsmfa', 'deletes it'),
  'clock-in-doubt': warning('a file or an expiration too far in the future'),
  'clock-skewed': error('a clock that differs from that of AWS (only with `--online`)'),
  'clock-not-checked': note('no response to `--online`'),
  'variable-keys': warning('keys in the environment, which override profiles'),
  'variable-session-expired': error('an expired session in the environment'),
  'variable-expiration-malformed': error('`AWS_CREDENTIAL_EXPIRATION` is not a date'),
  'variable-half-a-key-pair': error('`AWS_ACCESS_KEY_ID` without `AWS_SECRET_ACCESS_KEY`'),
  'variable-session-without-token': error('the keys of a session (`ASIA…`) without `AWS_SESSION_TOKEN`'),
  'variable-security-token': error('`AWS_SECURITY_TOKEN` with another value than `AWS_SESSION_TOKEN`'),
  'variable-profiles-differ': warning('`AWS_PROFILE` and `AWS_DEFAULT_PROFILE` with different names'),
  'variable-profile-unread': warning('`AWS_DEFAULT_PROFILE` without `AWS_PROFILE`'),
  'variable-profile-empty': error('`AWS_PROFILE` is empty'),
  'variable-profile-unknown': error('the profile of `AWS_PROFILE` is not found'),
  'variable-file-empty': error('`AWS_CONFIG_FILE` or `AWS_SHARED_CREDENTIALS_FILE` is empty'),
  'variable-file-missing': warning('the file of a variable is not found'),
  'variable-file-not-expanded': warning('a path with `~` or `$` in a variable, which some tools do not expand'),
  'home-differs': warning('`HOME` and `USERPROFILE` differ on Windows'),
  'second-awsmfa': warning('another `awsmfa` on `PATH`'),
  'no-profiles': note('no profiles in the files'),
  'slow-certificates': note('`NODE_EXTRA_CA_CERTS` on Node 20'),
  // What each tool does.
  'tools-use': note('what tools do with a profile'),
  'tools-fail': note('tools that find no credentials in a profile'),
} satisfies Readonly<Record<string, FindingRow>>

function error(about: string, fix?: string): FindingRow {
  return { severity: 'error', about, fix }
}

function warning(about: string, fix?: string): FindingRow {
  return { severity: 'warning', about, fix }
}

function note(about: string): FindingRow {
  return { severity: 'note', about }
}

export type FindingCode = keyof typeof FINDING_TABLE

/** One thing that doctor found. Its message uses the properties from `key` on, each code its own; none is a secret. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  /** The programs that it affects. */
  readonly tools: readonly ToolId[]
  /** Whether `--fix` fixes it. */
  readonly isFixable: boolean
  /** The path of the file; undefined: it is about the environment or the machine. */
  readonly file?: string | undefined
  /** Counts from 1. */
  readonly line?: number | undefined
  readonly profile?: string | undefined
  /** A key of a file, or a variable. */
  readonly key?: string | undefined
  /** A name or value: of a section, a program, a role, a path. */
  readonly name?: string | undefined
  readonly other?: string | undefined
  readonly otherLine?: number | undefined
  /** What was probably meant. */
  readonly meant?: string | undefined
  readonly at?: Date | undefined
  readonly seconds?: number
}

export type FindingDetails = Partial<Omit<Finding, 'code'>>

/** Returns a finding with the severity of its row, for every program, not fixable, unless the details say otherwise. */
export function finding(code: FindingCode, details: FindingDetails): Finding {
  return { code, severity: FINDING_TABLE[code].severity, tools: TOOL_IDS, isFixable: false, ...details }
}

/** Returns a finding about syntax, for the programs whose parsers misread it. */
export function syntaxFinding(code: SyntaxCode, details: Omit<FindingDetails, 'tools'>): Finding {
  return finding(code, { ...details, tools: toolsOf(...ENGINES.filter((engine) => effectOn(code, engine) !== 'fine')) })
}

export interface MessageContext {
  readonly home: string | undefined
  readonly now: Date
}

/** The message of a finding, and how to fix it, if anything is to fix. */
export type Message = readonly [what: string, fix?: string | undefined]

/** The messages of some codes. The compiler checks in report.ts that every code has one. */
export type Messages = Readonly<Partial<Record<FindingCode, (found: Finding, context: MessageContext) => Message>>>

/** Returns a name made printable; '' if there is none. */
export function show(name: string | undefined): string {
  return visible(name ?? '')
}

/** Returns a name in single quotes, made printable. */
export function quote(name: string | undefined): string {
  return `'${show(name)}'`
}

/** Returns a path made printable, with `~` for the home folder. */
export function showPath(path: string | undefined, { home }: MessageContext): string {
  return visible(displayPath(path ?? '', home), 1000)
}

/** Returns a local time to follow a verb, such as `at 07:30`; '' if there is none. */
export function formatTime(at: Date | undefined, { now }: MessageContext): string {
  return at === undefined ? '' : formatAt(at, now)
}

/** Returns `line 3`, of the other place that a finding names. */
export function otherPlace({ otherLine = 0 }: Finding): string {
  return `line ${otherLine}`
}

/** Returns the names of programs as a list; `every tool` for all of them. */
export function toolNames(tools: readonly ToolId[]): string {
  if (tools.length === TOOL_IDS.length) return 'every tool'
  const names: readonly string[] = tools.map((tool) => TOOLS[tool].name)
  const [prefix, prefixOfMany] = ['the SDK for ', 'the SDKs for ']
  const sdks = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
  const others = names.filter((name) => !name.startsWith(prefix))
  if (sdks.length === 0) return listed(others, 'and')
  return listed([...others, (sdks.length > 1 ? prefixOfMany : prefix) + listed(sdks, 'and')], 'and')
}

/** Returns `no tool uses`, `boto3 and SAM do not use` or `the SDK for Go does not use`. */
export function noTools(tools: readonly ToolId[], verb: string): string {
  if (tools.length === TOOL_IDS.length) return `no tool ${verb}s`
  return `${toolNames(tools)} ${tools.length === 1 ? 'does' : 'do'} not ${verb}`
}

/** What tools do that cannot parse a file: every call fails, for all profiles. */
export const REJECT = 'reject the file'

/** What tools do with a section or key that occurs twice. */
export const REJECTERS = `the AWS CLI, boto3 and SAM ${REJECT}; the SDK for .NET misses keys`

/** Returns a command to copy, for the profile of a finding. */
export function commandFor(command: CommandName, { profile }: Finding): string {
  return profile === undefined ? commandLine(command) : commandLine(command, profileWord(profile))
}
