import { TOOLS, TOOL_IDS, enginesMisreading, toolsOf } from './tools.ts'
import type { SpellingCode, ToolId } from './tools.ts'
import { commandLine, displayPath, profileWord, visible } from '../ui/words.ts'

/**
 * Every finding that there is, as data. The codes are settled once released: programs read them.
 *
 * `error`: a tool cannot read a whole file, or something that stands there works for no tool that the person is likely to use;
 * `warning`: some tools ask, fail or see something else, or a secret is open; `note`: worth knowing, nothing is wrong.
 */

/** How bad it is. */
export type Severity = 'error' | 'warning' | 'note'

/** What is true of every finding of a code. */
export interface FindingRow {
  readonly severity: Severity
  /** What it is about, in a few words, for the documentation. */
  readonly about: string
  /** When `--fix` mends it. */
  readonly mends?: string
}

/** The findings, in the order of the documentation. */
export const FINDING_TABLE = {
  // How the two files are written.
  'file-unreadable': { severity: 'error', about: 'a file cannot be read, or is no regular file' },
  'byte-order-mark': {
    severity: 'error',
    about: 'a UTF-8 byte order mark at the beginning',
    mends: 'unless something else says who its first profile is: the three bytes go',
  },
  'not-utf8': { severity: 'error', about: 'bytes that are no UTF-8, be it in a comment; UTF-16' },
  'carriage-returns': { severity: 'error', about: 'lines that end with CR alone' },
  'key-before-section': { severity: 'error', about: 'a key above the first section' },
  'line-without-key': { severity: 'error', about: 'a line that is no key, no header and no comment' },
  'duplicate-section': {
    severity: 'error',
    about: 'two sections of one name',
    mends: 'where both say the same: the later one goes',
  },
  'duplicate-key': {
    severity: 'error',
    about: 'a key twice in one section',
    mends: 'where both say the same: the later one goes',
  },
  'proto-section': { severity: 'error', about: 'a section called `__proto__`' },
  'default-in-capitals': { severity: 'warning', about: 'a section `[DEFAULT]`' },
  'profile-prefix-in-credentials': {
    severity: 'error',
    about: '`[profile x]` in the credentials file',
    mends: 'where there is no `[x]`: the word goes',
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
    mends: 'where there is no section of that name: the blanks go',
  },
  'quoted-header': {
    severity: 'warning',
    about: 'a name in quotes in a header',
    mends: 'where the name needs none: the quotes go',
  },
  'comment-after-header': {
    severity: 'warning',
    about: 'a comment behind a header',
    mends: 'always: it gets a line of its own',
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
    mends: 'where it is a key of AWS, and not there in small letters too',
  },
  'colon-delimiter': {
    severity: 'error',
    about: '`:` in place of `=`',
    mends: 'unless something else says who the profile is',
  },
  'inline-comment': {
    severity: 'warning',
    about: 'a comment behind a value',
    mends: 'where the value cannot hold one: the comment gets a line of its own',
  },
  'quoted-value': {
    severity: 'warning',
    about: 'quotes round a key, a region, an ARN or a profile',
    mends: 'always: the quotes go',
  },
  'first-key-indented': {
    severity: 'error',
    about: 'keys that do not begin their lines',
    mends: 'where no other line depends on it: the blanks go',
  },
  'key-in-value': { severity: 'warning', about: 'an indented key below another, which it is a part of for most tools' },
  'line-in-block': { severity: 'error', about: 'an indented line without `=` below a key without a value' },
  'indented-comment': {
    severity: 'warning',
    about: 'a comment that does not begin its line',
    mends: 'always: the blanks go',
  },
  // What stands in them.
  'half-a-key-pair': { severity: 'error', about: 'a key id without its secret, or the other way round' },
  'token-in-other-file': { severity: 'error', about: 'keys in one file, a session token in the other' },
  'token-beside-long-term-keys': {
    severity: 'error',
    about: 'a session token beside long-term keys',
    mends: 'where login left it',
  },
  'session-without-token': { severity: 'error', about: 'the keys of a session (`ASIA…`) without its token' },
  'security-token-first': {
    severity: 'error',
    about: '`aws_security_token` with another value than `aws_session_token`',
    mends: 'beside a session of awsmfa’s',
  },
  'security-token-alone': { severity: 'warning', about: '`aws_security_token` without `aws_session_token`' },
  'leftover-marks': {
    severity: 'warning',
    about: 'what login notes beside a session, without that session',
    mends: 'always',
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
  // What is round them.
  'loose-permissions': {
    severity: 'warning',
    about: 'a file with secrets that others may read',
    mends: 'always: mode 0600',
  },
  'damaged-cache': {
    severity: 'error',
    about: 'a damaged entry in the cache of the AWS CLI or of botocore',
    mends: 'always: the entry goes',
  },
  'damaged-own-cache': {
    severity: 'warning',
    about: 'a damaged entry in awsmfa’s own cache',
    mends: 'always: the entry goes',
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
  // What will happen.
  'tools-use': { severity: 'note', about: 'what tools will do with a profile that works for them' },
  'tools-fail': { severity: 'note', about: 'which tools get nothing from a profile' },
} as const satisfies Readonly<Record<string, FindingRow>>

/** A finding's code, for programs. */
export type FindingCode = keyof typeof FINDING_TABLE

/** Gives the row of a code. */
export function findingRow(code: FindingCode): FindingRow {
  return FINDING_TABLE[code]
}

/** One thing that doctor found, without words. */

/** What the words of a finding need besides its place. None of it is a secret. Each code uses what it names. */
export interface FindingFacts {
  /** A key of a file or a variable of the environment. */
  readonly key?: string
  /** A name or value: of a section, another profile, a program, a role. */
  readonly name?: string
  readonly other?: string
  readonly otherLine?: number
  readonly path?: string
  readonly at?: Date
  readonly seconds?: number
}

/** One thing that doctor found. `file` is a path; `line` counts from 1. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  readonly file: string | undefined
  readonly line: number | undefined
  readonly profile: string | undefined
  /** The programs that it concerns. */
  readonly tools: readonly ToolId[]
  /** `--fix` mends it. */
  readonly isMendable: boolean
  readonly facts: FindingFacts
}

/** Where a finding is, and what else is known of it; everything but the place may be left out. */
export interface FindingDetails extends FindingFacts {
  readonly file?: string | undefined
  readonly line?: number | undefined
  readonly profile?: string | undefined
  readonly tools?: readonly ToolId[]
  readonly isMendable?: boolean
  readonly severity?: Severity
}

/** Makes a finding; all programs where none are named. */
export function finding(code: FindingCode, details: FindingDetails): Finding {
  const {
    file,
    line,
    profile,
    tools = TOOL_IDS,
    isMendable = false,
    severity = findingRow(code).severity,
    ...facts
  } = details
  return { code, severity, file, line, profile, tools, isMendable, facts }
}

/** Makes a finding about spelling: the programs are those whose parsers misread it. */
export function spelling(code: SpellingCode, details: Omit<FindingDetails, 'tools'>): Finding {
  return finding(code, { ...details, tools: toolsOf(enginesMisreading(code)) })
}

/** What the words of findings share. */

/** What a finding says: what is so, and the way out; undefined where there is nothing to do. */
export interface FindingText {
  readonly what: string
  readonly wayOut: string | undefined
}

/** What the words depend on besides the finding. */
export interface FindingView {
  readonly home: string | undefined
  readonly now: Date
}

/** The words for some codes. */
export type FindingWords<Code extends FindingCode> = Readonly<
  Record<Code, (finding: Finding, view: FindingView) => readonly [what: string, wayOut?: string | undefined]>
>

/** A name in single quotes, made harmless; `''` where there is none. */
export function quote(name: string | undefined): string {
  return `'${visible(name ?? '')}'`
}

/** The section of a profile in the credentials file. */
export function sectionOf({ facts, profile }: Finding): string {
  return `[${visible(facts.name ?? profile ?? '')}]`
}

/** The key or variable that a finding is about. */
export function keyOf({ facts }: Finding): string {
  return quote(facts.key)
}

/** `line 3`, of the other place. */
export function otherLine({ facts }: Finding): string {
  return `line ${facts.otherLine ?? 0}`
}

/** A path with `~`. */
export function shownPath(path: string | undefined, { home }: FindingView): string {
  return visible(displayPath(path ?? '', home), 1000)
}

/** Programs by name, as a list; `every tool` for all of them. */
export function toolNames(tools: readonly ToolId[]): string {
  if (tools.length === TOOL_IDS.length) return 'every tool'
  const sdks = tools
    .filter((tool) => TOOLS[tool].name.startsWith('the SDK for '))
    .map((tool) => TOOLS[tool].name.replace('the SDK for ', ''))
  const others: readonly string[] = tools
    .filter((tool) => !TOOLS[tool].name.startsWith('the SDK for '))
    .map((tool) => TOOLS[tool].name)
  const sdkWords = sdks.length === 0 ? [] : [`the SDK${sdks.length > 1 ? 's' : ''} for ${listed(sdks)}`]
  return listed([...others, ...sdkWords])
}

/** `no tool uses`, `boto3 and SAM do not use`, `the SDK for Go does not use`. */
export function noTools(tools: readonly ToolId[], verb: string): string {
  if (tools.length === TOOL_IDS.length) return `no tool ${verb}s`
  return `${toolNames(tools)} ${tools.length === 1 ? 'does' : 'do'} not ${verb}`
}

/** `a, b and c`. */
function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.slice(-1).join('')}`
}

/** The line that mends what `--fix` can. */
export const FIX_LINE = commandLine('doctor', '--fix')

/** A command for the profile of a finding. */
export function forProfile(command: Parameters<typeof commandLine>[0], { profile }: Finding): string {
  return profile === undefined ? commandLine(command) : commandLine(command, profileWord(profile))
}
