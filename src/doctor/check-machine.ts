import { runsProgram, visible as sdkValue } from '../aws-files/profile-keys.ts'
import type { Examination } from './examination.ts'
import { finding, forProfile, keyOf, quote, shownPath, toolNames } from './finding.ts'
import type { Finding, FindingCode, FindingWords } from './finding.ts'
import { HABITS_OF_AWS_CLI_1, TOOL_IDS, toolsOf, toolsWhere } from './tools.ts'
import type { VariableHabit } from './tools.ts'
import { isOfSession, shortenAccessKeyId } from '../model/credentials.ts'
import { parseExpiration } from '../model/expiration.ts'
import type { ProfileView } from '../model/profile.ts'
import { splitCommand, splitWindowsCommand } from '../shell/words.ts'
import { formatInstant } from '../ui/duration.ts'
import { commandLine, visible } from '../ui/words.ts'

/** Variables that change what tools read. */

const FILE_VARIABLES = ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'] as const

/** Keys and sessions in the environment. */
export function checkVariableKeys({ machine }: Examination): readonly Finding[] {
  const { environment, now } = machine
  const valueOf = (name: string): string => environment[name] ?? ''
  const found: Finding[] = []
  const keyId = valueOf('AWS_ACCESS_KEY_ID')
  const [token, oldToken] = [valueOf('AWS_SESSION_TOKEN'), valueOf('AWS_SECURITY_TOKEN')]
  // With AWS_PROFILE, those that use the keys nevertheless.
  const tools =
    valueOf('AWS_PROFILE') === ''
      ? TOOL_IDS
      : TOOL_IDS.filter((tool) => !toolsWhere('AWS_PROFILE counts before keys').includes(tool))
  if (keyId !== '' && valueOf('AWS_SECRET_ACCESS_KEY') === '')
    return [
      finding('variable-half-a-key-pair', { key: 'AWS_ACCESS_KEY_ID', tools: toolsWhere('half a pair of keys fails') }),
    ]
  if (keyId !== '') {
    const expiration = parseExpiration(valueOf('AWS_CREDENTIAL_EXPIRATION'), 'rfc3339')
    if (expiration !== undefined && expiration <= now)
      found.push(finding('variable-session-expired', { key: 'AWS_CREDENTIAL_EXPIRATION', at: expiration, tools }))
    // Inside exec they are what was asked for.
    else if (valueOf('AWSMFA_PROFILE') === '')
      found.push(finding('variable-keys', { key: 'AWS_ACCESS_KEY_ID', name: shortenAccessKeyId(keyId), tools }))
  }
  if (isOfSession(keyId) && token === '' && oldToken === '')
    found.push(
      finding('variable-session-without-token', { key: 'AWS_SESSION_TOKEN', name: shortenAccessKeyId(keyId), tools }),
    )
  // botocore takes whatever dateutil can read for a date, weekdays among it; without a digit there is hardly one.
  if (keyId !== '' && /^[^\d]+$/.test(valueOf('AWS_CREDENTIAL_EXPIRATION')))
    found.push(
      finding('variable-expiration-malformed', {
        key: 'AWS_CREDENTIAL_EXPIRATION',
        tools: toolsWhere('an AWS_CREDENTIAL_EXPIRATION that is no date fails'),
      }),
    )
  if (keyId !== '' && oldToken !== '' && token !== '' && oldToken !== token)
    found.push(
      finding('variable-security-token', {
        key: 'AWS_SECURITY_TOKEN',
        tools: toolsWhere('AWS_SECURITY_TOKEN counts before AWS_SESSION_TOKEN'),
      }),
    )
  return found
}

/** Variables that name the profile. */
export function checkVariableProfiles({ machine, profiles }: Examination): readonly Finding[] {
  const { AWS_PROFILE: profile, AWS_DEFAULT_PROFILE: other } = machine.environment
  const found: Finding[] = []
  if (profile === '')
    found.push(
      finding('variable-profile-empty', { key: 'AWS_PROFILE', tools: toolsWhere('an empty AWS_PROFILE fails') }),
    )
  if (profile && other && profile !== other)
    found.push(
      finding('variable-profiles-differ', {
        key: 'AWS_DEFAULT_PROFILE',
        name: other,
        other: profile,
        tools: toolsWhere('AWS_DEFAULT_PROFILE counts before AWS_PROFILE'),
      }),
    )
  if (profile === undefined && other)
    found.push(
      finding('variable-profile-unread', {
        key: 'AWS_DEFAULT_PROFILE',
        name: other,
        tools: toolsWhere('AWS_DEFAULT_PROFILE is not read'),
      }),
    )
  if (profile && profiles.find(profile) === undefined)
    found.push(finding('variable-profile-unknown', { key: 'AWS_PROFILE', name: profile }))
  return found
}

/** Variables that name the files. */
export function checkVariableFiles({ machine }: Examination): readonly Finding[] {
  return FILE_VARIABLES.flatMap((key): readonly Finding[] => {
    const value = machine.environment[key]
    if (value === undefined) return []
    if (value === '') return [finding('variable-file-empty', { key, tools: toolsWhere(`an empty ${key} is no file`) })]
    if (value.includes('$'))
      return [
        finding('variable-file-not-expanded', { key, name: value, tools: toolsWhere('$ in a path is no variable') }),
      ]
    if (value.startsWith('~'))
      return [finding('variable-file-not-expanded', { key, name: value, tools: toolsWhere('~ in a path is no home') })]
    const missing = machine.missingFiles.find(({ variable }) => variable === key)
    return missing === undefined ? [] : [finding('variable-file-missing', { key, path: missing.path })]
  })
}

/** What is round the files: modes, caches, clocks, programs. */

/** STS refuses a signature that is further off (15 minutes; some services 5: AWS General Reference, "Signature Version 4"). */
const SKEW_REFUSED_SECONDS = 5 * 60

/** File systems and time zones aside, a file is not written in the future. */
const FUTURE_MS = 10 * 60_000

/** Files that others may read. */
export function checkPermissions({ machine }: Examination): readonly Finding[] {
  return machine.openFiles.map(({ path, mode }) =>
    finding('loose-permissions', { file: path, name: mode.toString(8).padStart(4, '0'), tools: [], isMendable: true }),
  )
}

/** Entries of caches that their readers fail on. */
export function checkCaches({ machine }: Examination): readonly Finding[] {
  return machine.damagedEntries.map(({ path, cache, profile }) =>
    cache === 'awsmfa-cache'
      ? finding('damaged-own-cache', { file: path, tools: [], isMendable: true })
      : finding('damaged-cache', {
          file: path,
          profile,
          tools: cache === 'cli-cache' ? ['aws-cli'] : ['sam'],
          isMendable: true,
        }),
  )
}

/** Whether the clock can be right. */
export function checkClock({ machine, files }: Examination): readonly Finding[] {
  const { now, clockOffsetSeconds } = machine
  if (clockOffsetSeconds === 'none') return [finding('clock-not-checked', { tools: [] })]
  if (clockOffsetSeconds !== undefined)
    return Math.abs(clockOffsetSeconds) > SKEW_REFUSED_SECONDS
      ? [finding('clock-skewed', { seconds: clockOffsetSeconds })]
      : []
  return Object.values(files).flatMap(({ path, modifiedAt }) =>
    modifiedAt !== undefined && modifiedAt.getTime() - now.getTime() > FUTURE_MS
      ? [finding('clock-in-doubt', { file: path, at: modifiedAt })]
      : [],
  )
}

/** Other programs, homes and certificates. */
export function checkPrograms({ machine }: Examination): readonly Finding[] {
  const { homeConflict, otherAwsmfas, environment, nodeMajor } = machine
  const certificates = environment['NODE_EXTRA_CA_CERTS'] ?? ''
  return [
    ...(homeConflict === undefined
      ? []
      : [
          finding('home-differs', {
            key: 'HOME',
            name: homeConflict.home,
            other: homeConflict.userProfile,
            tools: toolsOf(['js']),
          }),
        ]),
    ...otherAwsmfas.map(({ path, isFirst }) =>
      finding('second-awsmfa', { file: path, tools: [], ...(isFirst ? { name: 'first' } : {}) }),
    ),
    ...(certificates !== '' && nodeMajor < 22
      ? [finding('slow-certificates', { key: 'NODE_EXTRA_CA_CERTS', tools: [] })]
      : []),
  ]
}

/** `credential_process` lines, which are run without a terminal's PATH by programs that a dock or a service started. */

/** Programs whose sessions login stores itself: with one there, most tools no longer start them. */
const PREDECESSORS = ['vegas-credentials', 'aws-mfa-credential-process']

/** What keeps a process from being run, or from being run in the same way by every tool. */
export function checkProcess(profile: ProfileView, { files, machine }: Examination): readonly Finding[] {
  const line = sdkValue(profile, 'credential_process')
  if (line === undefined) return []
  const place = { file: files[line.file].path, line: line.line, profile: profile.name, key: 'credential_process' }
  const isWindows = machine.platform === 'windows'
  const words = isWindows ? splitWindowsCommand(line.value) : splitCommand(line.value)
  const [program] = words ?? []
  if (words === undefined || program === undefined) return [finding('process-unparsable', place)]
  const shellSign = isWindows
    ? /'/.exec(line.value)?.[0]
    : words.map((word) => /^~|\$\w|^[|&;<>]+$|^[A-Z_]+=/.exec(word)?.[0]).find((sign) => sign !== undefined)
  if (shellSign !== undefined)
    return [finding('process-needs-shell', { ...place, name: shellSign, tools: toolsOf(['botocore']) })]
  const isAbsolute = isWindows ? /^(?:[A-Za-z]:[\\/]|\\\\)/.test(program) : program.startsWith('/')
  if (!isAbsolute)
    return [
      finding('process-needs-path', {
        ...place,
        name: program,
        ...(runsProgram(program, PREDECESSORS) ? { severity: 'note', tools: [] } : {}),
      }),
    ]
  const { isThere, needs } = machine.program(program)
  if (!isThere) return [finding('process-not-there', { ...place, name: program })]
  if (needs !== undefined) return [finding('process-needs-path', { ...place, name: program, other: needs })]
  const script = words.slice(1).find((word) => /\.[cm]?js$/.test(word))
  return script === undefined || !script.startsWith('/') || machine.program(script).isThere
    ? []
    : [finding('process-not-there', { ...place, name: script })]
}

/** The words for findings about what is round the files, and about what tools will do. */

type MachineCode = Extract<
  FindingCode,
  | 'loose-permissions'
  | 'damaged-cache'
  | 'damaged-own-cache'
  | 'clock-in-doubt'
  | 'clock-skewed'
  | 'clock-not-checked'
  | `variable-${string}`
  | 'home-differs'
  | 'second-awsmfa'
  | 'slow-certificates'
  | 'tools-use'
  | 'tools-fail'
>

/** By code. */
export const MACHINE_WORDS: FindingWords<MachineCode> = {
  'loose-permissions': ({ facts }) => [
    `others may read this file (mode ${facts.name ?? ''}), which can hold secrets`,
    'chmod 600 it',
  ],
  'damaged-cache': (found) => [
    `a damaged cache entry: ${toolNames(found.tools)} fails on ${quote(found.profile)} with no more than the name of a key`,
    'remove the file',
  ],
  'damaged-own-cache': () => [
    'a damaged entry of awsmfa’s own cache; it is passed over, and a code is asked for',
    'remove the file',
  ],
  'clock-in-doubt': ({ facts }, { now }) => [
    `${facts.at === undefined ? 'an instant' : formatInstant(facts.at, now)} is further ahead than it can be: the clock was or is wrong, and AWS refuses what is signed more than some minutes off`,
    `compare it with that of AWS: ${commandLine('doctor', '--online')}`,
  ],
  'clock-skewed': ({ facts }) => [
    `the clock is ${minutes(facts.seconds)} ${(facts.seconds ?? 0) > 0 ? 'behind' : 'ahead of'} that of AWS, which refuses what is signed so`,
    'set the clock, and let the system keep it (NTP)',
  ],
  'clock-not-checked': () => [
    'the clock of AWS could not be asked: no answer from STS',
    'behind a proxy, set HTTPS_PROXY',
  ],
  'variable-keys': ({ facts }) => [
    `the environment has keys (…${(facts.name ?? '').replace('…', '')}): tools use them and no profile, unless one is named on their command line; ${those('AWS_PROFILE counts before keys', 'take', 'takes')} the profile of AWS_PROFILE instead`,
    'unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN',
  ],
  'variable-session-expired': ({ facts }, { now }) => [
    `the session in the environment ended ${facts.at === undefined ? '' : formatInstant(facts.at, now)}: ${those('keys past AWS_CREDENTIAL_EXPIRATION fail', 'fail', 'fails')}, and others still send it, which AWS refuses`,
    `eval "$(${commandLine('env', '--unset')})"`,
  ],
  'variable-expiration-malformed': (found) => [
    `${keyOf(found)} is no date: ${toolNames(found.tools)} fail`,
    'unset AWS_CREDENTIAL_EXPIRATION',
  ],
  'variable-half-a-key-pair': (found) => [
    `${keyOf(found)} is set without 'AWS_SECRET_ACCESS_KEY': ${toolNames(found.tools)} fail, unless a profile is named on their command line; the others pass over it`,
    'set both, or unset AWS_ACCESS_KEY_ID',
  ],
  'variable-session-without-token': (found) => [
    `the keys in the environment (${visible(found.facts.name ?? '')}) are those of a session, and ${keyOf(found)} is not set: tools send them, and AWS refuses that`,
    'set AWS_SESSION_TOKEN too, or unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY',
  ],
  'variable-security-token': (found) => [
    `${toolNames(found.tools)} take ${keyOf(found)} before 'AWS_SESSION_TOKEN', and it differs`,
    'unset AWS_SECURITY_TOKEN',
  ],
  'variable-profiles-differ': ({ facts }) => [
    `AWS_PROFILE names ${quote(facts.other)}, AWS_DEFAULT_PROFILE ${quote(facts.name)}: ${those('AWS_DEFAULT_PROFILE counts before AWS_PROFILE', 'use', 'uses')} the latter, the others the former`,
    'unset AWS_DEFAULT_PROFILE',
  ],
  'variable-profile-unread': (found) => [
    `${toolNames(found.tools)} do not read ${keyOf(found)} and use 'default' in place of ${quote(found.facts.name)}`,
    'set AWS_PROFILE instead',
  ],
  'variable-profile-empty': (found) => [
    `${keyOf(found)} has no value: ${toolNames(found.tools)} say that there is no profile ''`,
    'unset AWS_PROFILE',
  ],
  'variable-profile-unknown': ({ facts }) => [
    `AWS_PROFILE names ${quote(facts.name)}, which stands in neither file`,
    'set it to a profile that is there',
  ],
  'variable-file-empty': (found) => [
    `${keyOf(found)} has no value: ${toolNames(found.tools)} read no file at all, the others the usual one`,
    `unset ${found.facts.key ?? ''}`,
  ],
  'variable-file-missing': (found, view) => [
    `${keyOf(found)} names ${shownPath(found.facts.path, view)}, which is not there`,
    `make the file, or unset ${found.facts.key ?? ''}`,
  ],
  'variable-file-not-expanded': (found) => [
    `${keyOf(found)} is ${quote(found.facts.name)}, and ${toolNames(found.tools)} take that as it is written`,
    'write an absolute path',
  ],
  'home-differs': ({ facts }, view) => [
    `HOME is ${shownPath(facts.name, view)}, USERPROFILE ${shownPath(facts.other, view)}: the SDK for JavaScript and CDK look below the former, the others below the latter`,
    'let both name one folder, or set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE',
  ],
  'second-awsmfa': ({ facts }) => [
    facts.name === 'first'
      ? 'another awsmfa stands first on PATH: it runs where this one is meant'
      : 'another awsmfa on PATH, behind this one',
    'take one of the two away; other tools of that name come from PyPI',
  ],
  'slow-certificates': (found) => [
    `${keyOf(found)} more than doubles the start of every Node 20, this program and its prompt among them`,
    'Node 22 and later do not mind; or set AWS_CA_BUNDLE for AWS alone',
  ],
  'tools-use': (found, { now }) => [`${toolNames(found.tools)} ${deed(found, now)}`],
  'tools-fail': (found) => [
    plight(found),
    found.facts.key === 'signed-out' ? `to sign in: ${forProfile('login', found)}` : undefined,
  ],
}

/** The tools that have a habit, with a verb. */
function those(habit: VariableHabit, many: string, one: string): string {
  const tools = toolsWhere(habit)
  const names = toolNames(tools)
  return `${HABITS_OF_AWS_CLI_1.includes(habit) ? names.replace('the AWS CLI', 'version 1 of the AWS CLI') : names} ${tools.length === 1 ? one : many}`
}

function deed({ tools, facts, profile }: Finding, now: Date): string {
  const who = visible(facts.name ?? '')
  const verb = (many: string, one: string): string =>
    tools.length === 1 || tools.length === TOOL_IDS.length ? one : many
  switch (facts.key ?? '') {
    case 'keys':
      return `${verb('use', 'uses')} the ${who}`
    case 'role':
      return `${verb('assume', 'assumes')} ${who}`
    case 'role-without-mfa':
      return `${verb('assume', 'assumes')} ${who} without MFA`
    case 'asks':
      return `${verb('ask', 'asks')} for a code, then ${verb('assume', 'assumes')} ${who}`
    case 'cached':
      return `${verb('use', 'uses')} a cached session for ${who} until ${facts.at === undefined ? '' : formatInstant(facts.at, now)}, then ${verb('ask', 'asks')} for a code`
    case 'process':
      return `${verb('start', 'starts')} the credential_process of ${quote(profile)}`
    case 'sso':
      return `${verb('sign', 'signs')} in with single sign-on`
    case 'login':
      return `${verb('use', 'uses')} the session of aws login`
    default:
      return `${verb('assume', 'assumes')} a role with a web identity`
  }
}

function plight({ tools, facts }: Finding): string {
  const verb = (many: string, one: string): string =>
    tools.length === 1 || tools.length === TOOL_IDS.length ? one : many
  const isAll = tools.length === TOOL_IDS.length
  switch (facts.key ?? '') {
    case 'fails':
      return `${toolNames(tools)} ${verb('fail', 'fails')}: ${visible(facts.other ?? '')}`
    case 'unread':
      return isAll
        ? 'no tool sees it, for how the file is written'
        : `${toolNames(tools)} ${verb('do', 'does')} not see it, for how the file is written`
    case 'signed-out':
      return isAll
        ? 'no tool gets keys until somebody signs in'
        : `${toolNames(tools)} ${verb('get', 'gets')} no keys until somebody signs in`
    default:
      return isAll ? 'no tool gets keys from it' : `${toolNames(tools)} ${verb('get', 'gets')} no keys from it`
  }
}

function minutes(seconds = 0): string {
  return `${Math.round(Math.abs(seconds) / 60)} minutes`
}
