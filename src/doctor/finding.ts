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
  readonly fix?: string
}

/** The findings, in the order of the documentation. */
export const FINDING_TABLE = {
  // How the files are written.
  'file-unreadable': { severity: 'error', about: 'a file cannot be read, or is no regular file' },
  'byte-order-mark': {
    severity: 'error',
    about: 'a UTF-8 byte order mark at the beginning',
    fix: 'unless something else says who its first profile is: the three bytes go',
  },
  'not-utf8': { severity: 'error', about: 'bytes that are no UTF-8, be it in a comment; UTF-16' },
  'carriage-returns': { severity: 'error', about: 'lines that end with CR alone' },
  'key-before-section': { severity: 'error', about: 'a key above the first section' },
  'line-without-key': { severity: 'error', about: 'a line that is no key, no header and no comment' },
  'duplicate-section': {
    severity: 'error',
    about: 'two sections of one name',
    fix: 'where both say the same: the later one goes',
  },
  'duplicate-key': {
    severity: 'error',
    about: 'a key twice in one section',
    fix: 'where both say the same: the later one goes',
  },
  'proto-section': { severity: 'error', about: 'a section called `__proto__`' },
  'default-in-capitals': { severity: 'warning', about: 'a section `[DEFAULT]`' },
  'profile-prefix-in-credentials': {
    severity: 'error',
    about: '`[profile x]` in the credentials file',
    fix: 'where there is no `[x]`: the word goes',
  },
  'bare-section-in-config': { severity: 'warning', about: '`[x]` in the config file, without `profile`' },
  'bare-section-of-awsmfa': {
    severity: 'note',
    about: '`[x]` in the config file, in the form of reusabit/awsmfa, which awsmfa reads',
  },
  'two-default-sections': { severity: 'warning', about: '`[default]` and `[profile default]` in the config file' },
  'padded-header': {
    severity: 'warning',
    about: 'blanks inside the brackets of a header',
    fix: 'where there is no section of that name: the blanks go',
  },
  'quoted-header': {
    severity: 'warning',
    about: 'a name in quotes in a header',
    fix: 'where the name needs none: the quotes go',
  },
  'comment-after-header': {
    severity: 'warning',
    about: 'a comment behind a header',
    fix: 'always: it gets a line of its own',
  },
  'joined-comment': { severity: 'error', about: 'a comment behind a header, without a blank before it' },
  'text-after-header': { severity: 'error', about: 'text behind a header that is no comment' },
  'double-bracket': { severity: 'error', about: 'another `]` behind that of a header' },
  'bracket-after-header': { severity: 'error', about: 'a `]` in the comment behind a header' },
  'empty-header': { severity: 'error', about: 'a header `[]`' },
  'indented-header': { severity: 'warning', about: 'a header that does not begin its line' },
  'name-not-portable': {
    severity: 'warning',
    about: 'a name with other characters than letters, digits and `_-/.%@:+`',
  },
  'name-with-comment-sign': { severity: 'error', about: 'a name with `#` or `;`' },
  'upper-case-key': {
    severity: 'warning',
    about: 'a key in capitals',
    fix: 'where it is a key of AWS, and not there in small letters too',
  },
  'colon-delimiter': {
    severity: 'error',
    about: '`:` in place of `=`',
    fix: 'unless something else says who the profile is',
  },
  'inline-comment': {
    severity: 'warning',
    about: 'a comment behind a value',
    fix: 'where the value cannot hold one: the comment gets a line of its own',
  },
  'quoted-value': {
    severity: 'warning',
    about: 'quotes round a key, a region, an ARN or a profile',
    fix: 'always: the quotes go',
  },
  'first-key-indented': {
    severity: 'error',
    about: 'keys that do not begin their lines',
    fix: 'where no other line depends on it: the blanks go',
  },
  'key-in-value': { severity: 'warning', about: 'an indented key below another, which it is a part of for most tools' },
  'line-in-block': { severity: 'error', about: 'an indented line without `=` below a key without a value' },
  'indented-comment': {
    severity: 'warning',
    about: 'a comment that does not begin its line',
    fix: 'always: the blanks go',
  },
  // What is in them.
  'half-a-key-pair': { severity: 'error', about: 'a key id without its secret, or the other way round' },
  'token-in-other-file': { severity: 'error', about: 'keys in one file, a session token in the other' },
  'token-beside-long-term-keys': {
    severity: 'error',
    about: 'a session token beside long-term keys',
    fix: 'where login left it',
  },
  'session-without-token': { severity: 'error', about: 'the keys of a session (`ASIA…`) without its token' },
  'security-token-first': {
    severity: 'error',
    about: '`aws_security_token` with another value than `aws_session_token`',
    fix: 'beside a session of awsmfa’s',
  },
  'security-token-alone': { severity: 'warning', about: '`aws_security_token` without `aws_session_token`' },
  'leftover-marks': {
    severity: 'warning',
    about: 'what login notes beside a session, without that session',
    fix: 'always',
  },
  'leftover-session': { severity: 'note', about: 'a session of another tool that has expired' },
  'session-expired': { severity: 'note', about: 'a session of awsmfa’s that has expired' },
  'role-hides-session': { severity: 'warning', about: 'a session in a profile that is a role' },
  'keys-hide-process': { severity: 'warning', about: 'keys in a profile with `credential_process`' },
  'sso-hides-keys': { severity: 'warning', about: 'keys in a profile with single sign-on' },
  'empty-role-key': { severity: 'error', about: '`role_arn` or `source_profile` without a value' },
  'role-without-source': { severity: 'error', about: '`role_arn` without `source_profile`' },
  'two-sources': { severity: 'error', about: '`source_profile` and `credential_source` in one role' },
  'credential-source-unknown': { severity: 'error', about: 'a `credential_source` that there is not' },
  'source-profile-missing': { severity: 'error', about: '`source_profile` names no profile' },
  'source-profile-cycle': { severity: 'error', about: 'profiles that name each other as their source' },
  'role-asks-for-code': { severity: 'warning', about: '`mfa_serial` in a role profile' },
  'role-too-long': {
    severity: 'warning',
    about: '`duration_seconds` above 3600 in a role that is made from a session',
  },
  'sso-session-missing': { severity: 'error', about: '`sso_session` names no `[sso-session …]`' },
  'mfa-serial-beside-keys': { severity: 'warning', about: '`mfa_serial` beside keys' },
  'source-without-role': { severity: 'warning', about: '`source_profile` without `role_arn`' },
  'fido-device': { severity: 'error', about: 'a security key or passkey as the MFA device' },
  'device-malformed': { severity: 'error', about: 'an MFA device that can be none' },
  'device-of-other-account': { severity: 'warning', about: 'an MFA device of another account than the keys' },
  'old-access-key': { severity: 'warning', about: 'an access key from before 2019, as its id tells' },
  'process-unparsable': { severity: 'error', about: 'a `credential_process` with an open quote, or nothing in it' },
  'process-needs-shell': {
    severity: 'warning',
    about: 'a `credential_process` with `~`, variables, pipes or single quotes that only a shell understands',
  },
  'process-needs-path': { severity: 'warning', about: 'a `credential_process` that does not run with an empty `PATH`' },
  'process-not-there': { severity: 'error', about: 'a `credential_process` whose program is not there' },
  // What is around them.
  'loose-permissions': {
    severity: 'warning',
    about: 'a file with secrets that others may read',
    fix: 'always: mode 0600',
  },
  'damaged-cache': {
    severity: 'error',
    about: 'a damaged entry in the cache of the AWS CLI or of botocore',
    fix: 'always: the entry goes',
  },
  'damaged-own-cache': {
    severity: 'warning',
    about: 'a damaged entry in awsmfa’s own cache',
    fix: 'always: the entry goes',
  },
  'clock-in-doubt': {
    severity: 'warning',
    about: 'a file, or the end of a session, that is further ahead than it can be',
  },
  'clock-skewed': { severity: 'error', about: 'a clock that differs from that of AWS (with `--online` alone)' },
  'clock-not-checked': { severity: 'note', about: 'no answer to `--online`' },
  'variable-keys': { severity: 'warning', about: 'keys in the environment, which count before profiles' },
  'variable-session-expired': { severity: 'error', about: 'a session in the environment that has expired' },
  'variable-expiration-malformed': { severity: 'error', about: '`AWS_CREDENTIAL_EXPIRATION` that is no date' },
  'variable-half-a-key-pair': { severity: 'error', about: '`AWS_ACCESS_KEY_ID` without `AWS_SECRET_ACCESS_KEY`' },
  'variable-session-without-token': {
    severity: 'error',
    about: 'the keys of a session (`ASIA…`) without `AWS_SESSION_TOKEN`',
  },
  'variable-security-token': {
    severity: 'error',
    about: '`AWS_SECURITY_TOKEN` with another value than `AWS_SESSION_TOKEN`',
  },
  'variable-profiles-differ': {
    severity: 'warning',
    about: '`AWS_PROFILE` and `AWS_DEFAULT_PROFILE` with different names',
  },
  'variable-profile-unread': { severity: 'warning', about: '`AWS_DEFAULT_PROFILE` without `AWS_PROFILE`' },
  'variable-profile-empty': { severity: 'error', about: '`AWS_PROFILE` without a value' },
  'variable-profile-unknown': { severity: 'error', about: '`AWS_PROFILE` names no profile' },
  'variable-file-empty': {
    severity: 'error',
    about: '`AWS_CONFIG_FILE` or `AWS_SHARED_CREDENTIALS_FILE` without a value',
  },
  'variable-file-missing': { severity: 'warning', about: 'a variable names a file that is not there' },
  'variable-file-not-expanded': {
    severity: 'warning',
    about: 'a variable names a file with `~` or `$`, which not every tool expands',
  },
  'home-differs': { severity: 'warning', about: '`HOME` and `USERPROFILE` differ on Windows' },
  'second-awsmfa': { severity: 'warning', about: 'another `awsmfa` on `PATH`' },
  'slow-certificates': { severity: 'note', about: '`NODE_EXTRA_CA_CERTS` on Node 20' },
  // What tools will do.
  'tools-use': { severity: 'note', about: 'what tools will do with a profile that works for them' },
  'tools-fail': { severity: 'note', about: 'which tools get nothing from a profile' },
} as const satisfies Readonly<Record<string, FindingRow>>

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
