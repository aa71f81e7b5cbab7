/**
 * Every finding that there is, as data, and the words that their messages share. Programs read the codes: a released
 * one stays.
 *
 * `error`: some tool cannot read a whole file, or no tool that people are likely to use can use something; `warning`:
 * some tools ask, fail or read something else, or a secret is exposed; `note`: good to know, nothing is wrong.
 */
import { TOOLS, TOOL_IDS, ENGINES, effectOn, toolsOf } from './tools.ts'
import type { SyntaxCode, ToolId } from './tools.ts'
import type { CommandName } from '../model/invocation.ts'
import { formatInstant } from '../ui/duration.ts'
import { commandLine, displayPath, listed, profileWord, visible } from '../ui/words.ts'

export type Severity = 'error' | 'warning' | 'note'

/** A row of the documentation: what the finding is about, and when `--fix` fixes it. */
export interface FindingRow {
  readonly severity: Severity
  readonly about: string
  readonly fix?: string | undefined
}

/** The findings, in the order of the documentation. */
export const FINDING_TABLE = {
  // How the files are written.
  'file-unreadable': error('a file cannot be read, or is no regular file'),
  'byte-order-mark': error(
    'a UTF-8 byte order mark at the beginning',
    'unless something else says who its first profile is: the three bytes go',
  ),
  'not-utf8': error('bytes that are no UTF-8, be it in a comment; UTF-16'),
  'carriage-returns': error('lines that end with CR alone'),
  'key-before-section': error('a key above the first section'),
  'line-without-key': error('a line that is no key, no header and no comment'),
  'duplicate-section': error('two sections of one name', 'where both say the same: the later one goes'),
  'duplicate-key': error('a key twice in one section', 'where both say the same: the later one goes'),
  'proto-section': error('a section called `__proto__`'),
  'default-in-capitals': warning('a section `[DEFAULT]`'),
  'profile-prefix-in-credentials': error(
    '`[profile x]` in the credentials file',
    'where there is no `[x]`: the word goes',
  ),
  'bare-section-in-config': warning('`[x]` in the config file, without `profile`'),
  'bare-section-of-awsmfa': note('`[x]` in the config file, in the form of reusabit/awsmfa, which awsmfa reads'),
  'two-default-sections': warning('`[default]` and `[profile default]` in the config file'),
  'padded-header': warning(
    'blanks inside the brackets of a header',
    'where there is no section of that name: the blanks go',
  ),
  'quoted-header': warning('a name in quotes in a header', 'where the name needs none: the quotes go'),
  'comment-after-header': warning('a comment behind a header', 'always: it gets a line of its own'),
  'joined-comment': error('a comment behind a header, without a blank before it'),
  'text-after-header': error('text behind a header that is no comment'),
  'double-bracket': error('another `]` behind that of a header'),
  'bracket-after-header': error('a `]` in the comment behind a header'),
  'empty-header': error('a header `[]`'),
  'indented-header': warning('a header that does not begin its line'),
  'name-not-portable': warning('a name with other characters than letters, digits and `_-/.%@:+`'),
  'name-with-comment-sign': error('a name with `#` or `;`'),
  'upper-case-key': warning('a key in capitals', 'where it is a key of AWS, and not there in small letters too'),
  'colon-delimiter': error('`:` in place of `=`', 'unless something else says who the profile is'),
  'inline-comment': warning(
    'a comment behind a value',
    'where the value cannot hold one: the comment gets a line of its own',
  ),
  'quoted-value': warning('quotes round a key, a region, an ARN or a profile', 'always: the quotes go'),
  'first-key-indented': error('keys that do not begin their lines', 'where no other line depends on it: the blanks go'),
  'key-in-value': warning('an indented key below another, which it is a part of for most tools'),
  'line-in-block': error('an indented line without `=` below a key without a value'),
  'nameless-in-block': error('an indented line that begins with `=` below a key without a value'),
  'indented-comment': warning('a comment that does not begin its line', 'always: the blanks go'),
  // What is in them.
  'half-a-key-pair': error('a key id without its secret, or the other way round'),
  'token-in-other-file': error('keys in one file, a session token in the other'),
  'token-beside-long-term-keys': error('a session token beside long-term keys', 'where login left it'),
  'session-without-token': error('the keys of a session (`ASIA…`) without its token'),
  'security-token-first': error(
    '`aws_security_token` with another value than `aws_session_token`',
    'beside a session of awsmfa’s',
  ),
  'security-token-alone': warning('`aws_security_token` without `aws_session_token`'),
  'leftover-marks': warning('what login notes beside a session, without that session', 'always'),
  'leftover-session': note('a session of another tool that has expired'),
  'session-expired': note('a session of awsmfa’s that has expired'),
  'role-hides-session': warning('a session in a profile that is a role'),
  'keys-hide-process': warning('keys in a profile with `credential_process`'),
  'sso-hides-keys': warning('keys in a profile with single sign-on'),
  'empty-role-key': error('`role_arn` or `source_profile` without a value'),
  'role-without-source': error('`role_arn` without `source_profile`'),
  'two-sources': error('`source_profile` and `credential_source` in one role'),
  'credential-source-unknown': error('a `credential_source` that there is not'),
  'source-profile-missing': error('`source_profile` names no profile'),
  'source-profile-cycle': error('profiles that name each other as their source'),
  'role-asks-for-code': warning('`mfa_serial` in a role profile'),
  'role-too-long': warning('`duration_seconds` above 3600 in a role that is made from a session'),
  'sso-session-missing': error('`sso_session` names no `[sso-session …]`'),
  'mfa-serial-beside-keys': warning('`mfa_serial` beside keys'),
  'source-without-role': warning('`source_profile` without `role_arn`'),
  'fido-device': error('a security key or passkey as the MFA device'),
  'device-malformed': error('an MFA device that can be none'),
  'device-of-other-account': warning('an MFA device of another account than the keys'),
  'old-access-key': warning('an access key from before 2019, as its id tells'),
  'setting-malformed': error('a value that login refuses, such as a role ARN or a region that is none'),
  'ca-bundle-missing': error('`ca_bundle` names a file that does not exist'),
  'no-region': warning('a role profile without a region'),
  'source-ambiguous': error('several long-term sections for one profile, with different keys'),
  'process-unparsable': error('a `credential_process` with an open quote, or nothing in it'),
  'process-needs-shell': warning(
    'a `credential_process` with `~`, variables, pipes or single quotes that only a shell understands',
  ),
  'process-quoted': warning('a `credential_process` with quotes on Windows, where the SDK for Go cannot run it'),
  'process-needs-path': warning('a `credential_process` that does not run with an empty `PATH`'),
  'process-not-there': error('a `credential_process` whose program is not there'),
  // What is around them.
  'loose-permissions': warning('a file with secrets that others may read', 'always: mode 0600'),
  'damaged-cache': error('a damaged entry in the cache of the AWS CLI or of botocore', 'always: the entry goes'),
  'damaged-own-cache': warning('a damaged entry in awsmfa’s own cache', 'always: the entry goes'),
  'clock-in-doubt': warning('a file, or the end of a session, that is further ahead than it can be'),
  'clock-skewed': error('a clock that differs from that of AWS (with `--online` alone)'),
  'clock-not-checked': note('no answer to `--online`'),
  'variable-keys': warning('keys in the environment, which count before profiles'),
  'variable-session-expired': error('a session in the environment that has expired'),
  'variable-expiration-malformed': error('`AWS_CREDENTIAL_EXPIRATION` that is no date'),
  'variable-half-a-key-pair': error('`AWS_ACCESS_KEY_ID` without `AWS_SECRET_ACCESS_KEY`'),
  'variable-session-without-token': error('the keys of a session (`ASIA…`) without `AWS_SESSION_TOKEN`'),
  'variable-security-token': error('`AWS_SECURITY_TOKEN` with another value than `AWS_SESSION_TOKEN`'),
  'variable-profiles-differ': warning('`AWS_PROFILE` and `AWS_DEFAULT_PROFILE` with different names'),
  'variable-profile-unread': warning('`AWS_DEFAULT_PROFILE` without `AWS_PROFILE`'),
  'variable-profile-empty': error('`AWS_PROFILE` without a value'),
  'variable-profile-unknown': error('`AWS_PROFILE` names no profile'),
  'variable-file-empty': error('`AWS_CONFIG_FILE` or `AWS_SHARED_CREDENTIALS_FILE` without a value'),
  'variable-file-missing': warning('a variable names a file that is not there'),
  'variable-file-not-expanded': warning('a variable names a file with `~` or `$`, which not every tool expands'),
  'home-differs': warning('`HOME` and `USERPROFILE` differ on Windows'),
  'second-awsmfa': warning('another `awsmfa` on `PATH`'),
  'no-profiles': note('no profile in either file'),
  'slow-certificates': note('`NODE_EXTRA_CA_CERTS` on Node 20'),
  // What tools will do.
  'tools-use': note('what tools will do with a profile that works for them'),
  'tools-fail': note('which tools get nothing from a profile'),
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

/** What a finding says, and what to do about it, if anything. */
export type Message = readonly [what: string, wayOut?: string | undefined]

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

/** Returns an instant in local time; '' if there is none. */
export function formatTime(at: Date | undefined, { now }: MessageContext): string {
  return at === undefined ? '' : formatInstant(at, now)
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

/** What tools do that do not accept a file. */
export const REFUSED = 'refuse the whole file: every call fails, for all profiles'

/** What tools do with a section or key that is there twice. */
export const REFUSERS = `the AWS CLI, boto3 and SAM ${REFUSED}; the SDK for .NET reads less than the others`

/** Returns a command to copy, for the profile of a finding. */
export function commandFor(command: CommandName, { profile }: Finding): string {
  return profile === undefined ? commandLine(command) : commandLine(command, profileWord(profile))
}
