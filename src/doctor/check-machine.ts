/**
 * Checks what is around the files: modes, caches, the clock, other programs, what `credential_process` starts, and the
 * environment variables that change which files, profiles and credentials tools use.
 */
import { PREDECESSORS, runsProgram, visible } from '../aws-files/profile-keys.ts'
import type { Examination } from './examination.ts'
import { finding, formatTime, quote, show, showPath, toolNames } from './finding.ts'
import type { Finding, Messages } from './finding.ts'
import { BEHAVIOR_OF_AWS_CLI_1, TOOL_IDS, toolsOf, toolsWhere } from './tools.ts'
import type { VariableBehavior } from './tools.ts'
import { isOfSession, parseExpiration, shortenAccessKeyId } from '../model/credentials.ts'
import type { ProfileView } from '../model/profile.ts'
import { hasWindowsQuotes, splitCommand, splitWindowsCommand } from '../shell/words.ts'
import { formatInstant } from '../ui/duration.ts'
import { commandLine, unsetLine } from '../ui/words.ts'

/** STS rejects signatures that are 15 minutes off, some services 5 (AWS General Reference, "Signature Version 4"). */
const MAXIMUM_SKEW_SECONDS = 5 * 60

/** A file is not written in the future, but for file systems with coarse or shifted times. */
const FUTURE_MS = 10 * 60_000

/** Returns the files with secrets that others may read. */
export function checkPermissions({ machine }: Examination): readonly Finding[] {
  return machine.openFiles.map(({ path, mode }) =>
    finding('loose-permissions', { file: path, name: mode.toString(8).padStart(4, '0'), tools: [], isFixable: true }),
  )
}

const READERS = { 'cli-cache': 'aws-cli', 'boto-cache': 'sam' } as const

/** Returns the cache entries that their readers fail on. */
export function checkCaches({ machine }: Examination): readonly Finding[] {
  return machine.damagedEntries.map(({ path: file, cache, profile }) =>
    cache === 'awsmfa-cache'
      ? finding('damaged-own-cache', { file, tools: [], isFixable: true })
      : finding('damaged-cache', { file, profile, tools: [READERS[cache]], isFixable: true }),
  )
}

/** Checks the clock: by that of AWS if it was asked, otherwise by files from the future. */
export function checkClock({ machine, files }: Examination): readonly Finding[] {
  const { now, clockOffsetSeconds: seconds } = machine
  if (seconds === 'none') return [finding('clock-not-checked', { tools: [] })]
  if (seconds !== undefined)
    return Math.abs(seconds) > MAXIMUM_SKEW_SECONDS ? [finding('clock-skewed', { seconds })] : []
  return Object.values(files).flatMap(({ path, modifiedAt: at }) =>
    at !== undefined && at.getTime() - now.getTime() > FUTURE_MS ? [finding('clock-in-doubt', { file: path, at })] : [],
  )
}

/** Checks for another home folder, for other programs called awsmfa, and for certificates that slow down Node. */
export function checkPrograms({ machine }: Examination): readonly Finding[] {
  const { homeConflict, otherAwsmfas, environment, nodeMajor } = machine
  const hasCertificates = (environment['NODE_EXTRA_CA_CERTS'] ?? '') !== ''
  const found = otherAwsmfas.map(({ path, isFirst }) =>
    finding('second-awsmfa', { file: path, tools: [], name: isFirst ? 'first' : undefined }),
  )
  if (homeConflict !== undefined) {
    const { home, userProfile } = homeConflict
    found.unshift(finding('home-differs', { key: 'HOME', name: home, other: userProfile, tools: toolsOf('js') }))
  }
  if (hasCertificates && nodeMajor < 22)
    found.push(finding('slow-certificates', { key: 'NODE_EXTRA_CA_CERTS', tools: [] }))
  return found
}

/**
 * Checks what `credential_process` starts: tools run it without a shell, and from a dock or a service without a PATH.
 */
export function checkProcess(profile: ProfileView, { files, machine }: Examination): readonly Finding[] {
  const process = visible(profile, 'credential_process')
  if (process === undefined) return []
  const { value, file, line } = process
  const place = { file: files[file].path, line, profile: profile.name, key: 'credential_process' }
  const isWindows = machine.platform === 'windows'
  const words = isWindows ? splitWindowsCommand(value) : splitCommand(value)
  const [program] = words ?? []
  if (words === undefined || program === undefined) return [finding('process-unparsable', place)]
  const shellSign = isWindows
    ? /'/.exec(value)?.[0]
    : words.map((word) => /^~|\$\w|^[|&;<>]+$|^[A-Z_]+=/.exec(word)?.[0]).find((sign) => sign !== undefined)
  if (shellSign !== undefined)
    return [finding('process-needs-shell', { ...place, name: shellSign, tools: toolsOf('botocore') })]
  if (hasWindowsQuotes(value, isWindows)) return [finding('process-quoted', { ...place, tools: toolsOf('go') })]
  const isAbsolute = isWindows ? /^(?:[A-Za-z]:[\\/]|\\\\)/.test(program) : program.startsWith('/')
  if (!isAbsolute) {
    const lesser = runsProgram(program, PREDECESSORS) ? { severity: 'note' as const, tools: [] } : {}
    return [finding('process-needs-path', { ...place, name: program, ...lesser })]
  }
  const { isThere, needs } = machine.program(program)
  if (!isThere) return [finding('process-not-there', { ...place, name: program })]
  if (needs !== undefined) return [finding('process-needs-path', { ...place, name: program, other: needs })]
  const script = words.slice(1).find((word) => /\.[cm]?js$/.test(word))
  return script === undefined || !script.startsWith('/') || machine.program(script).isThere
    ? []
    : [finding('process-not-there', { ...place, name: script })]
}

/** The message of each finding, and its fix. */
export const MACHINE_MESSAGES = {
  'loose-permissions': (found) => [`other users can read this file (mode ${show(found.name)})`, 'set mode 600'],
  'damaged-cache': (found) => [
    `damaged cache entry of ${quote(found.profile)}; ${toolNames(found.tools)} fails`,
    'delete the file',
  ],
  'damaged-own-cache': () => ["damaged entry in awsmfa's cache; a new code is required", 'delete the file'],
  'clock-in-doubt': (found, context) => [
    `${formatInstant(found.at ?? context.now, context.now)} is too far in the future; the clock may be wrong`,
    `to compare it with AWS: ${commandLine('doctor', '--online')}`,
  ],
  'clock-skewed': (found) => [
    `clock is ${minutes(found.seconds)} ${(found.seconds ?? 0) > 0 ? 'slow' : 'fast'}; AWS rejects requests`,
    'set the clock (NTP)',
  ],
  'clock-not-checked': () => ['no response from STS, so the clock was not checked', 'behind a proxy, set HTTPS_PROXY'],
  'home-differs': (found, context) => [
    `HOME (${showPath(found.name, context)}) and USERPROFILE (${showPath(found.other, context)}) differ; CDK and the SDK for JavaScript use HOME`,
    'make them equal, or set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE',
  ],
  'second-awsmfa': (found) => [
    found.name === 'first'
      ? 'another awsmfa comes before this one on PATH'
      : 'another awsmfa comes after this one on PATH',
    'remove one of them; PyPI has other tools of that name',
  ],
  'slow-certificates': (found) => [
    `${quote(found.key)} slows every Node 20 program, including awsmfa`,
    'use Node 22 or later, or set AWS_CA_BUNDLE instead',
  ],
  'process-unparsable': () => [
    'unclosed quote or empty command',
    'use an absolute path, and double quotes for words with spaces',
  ],
  'process-needs-shell': (found) => [
    `${quote(found.name)} needs a shell; ${toolNames(found.tools)} run commands without one`,
    'use absolute paths, without variables, pipes or ~',
  ],
  'process-quoted': (found) => [
    `${toolNames(found.tools)} cannot run a line with quotes on Windows`,
    'use paths without spaces; for the short form of a path: dir /x',
  ],
  'process-needs-path': (found) => [
    found.other === undefined
      ? `${quote(found.name)} needs PATH, which programs started from a dock, an IDE or a service may lack`
      : `the program needs ${quote(found.other)} on PATH, which programs started from a dock, an IDE or a service may lack`,
    found.other === undefined
      ? 'use its absolute path'
      : `start the line with the absolute path of ${show(found.other)}`,
  ],
  'process-not-there': (found) => [`${quote(found.name)} not found`, 'correct the path'],
} satisfies Messages

function minutes(seconds = 0): string {
  return `${Math.round(Math.abs(seconds) / 60)} min`
}

/** Checks keys and sessions in the environment. */
export function checkVariableKeys({ machine: { environment, now } }: Examination): readonly Finding[] {
  const valueOf = (name: string): string => environment[name] ?? ''
  const keyId = valueOf('AWS_ACCESS_KEY_ID')
  if (keyId === '') return []
  if (valueOf('AWS_SECRET_ACCESS_KEY') === '')
    return [
      finding('variable-half-a-key-pair', { key: 'AWS_ACCESS_KEY_ID', tools: toolsWhere('half a key pair fails') }),
    ]
  const found: Finding[] = []
  const name = shortenAccessKeyId(keyId)
  const [token, oldToken] = [valueOf('AWS_SESSION_TOKEN'), valueOf('AWS_SECURITY_TOKEN')]
  // The tools that use the keys, also if AWS_PROFILE is set.
  const preferring = valueOf('AWS_PROFILE') === '' ? [] : toolsWhere('AWS_PROFILE overrides keys')
  const tools = TOOL_IDS.filter((tool) => !preferring.includes(tool))
  const expiration = parseExpiration(valueOf('AWS_CREDENTIAL_EXPIRATION'), 'rfc3339')
  if (expiration !== undefined && expiration <= now)
    found.push(finding('variable-session-expired', { key: 'AWS_CREDENTIAL_EXPIRATION', at: expiration, tools }))
  // In a shell or program that `awsmfa exec` started, keys are what was asked for.
  else if (valueOf('AWSMFA_PROFILE') === '')
    found.push(finding('variable-keys', { key: 'AWS_ACCESS_KEY_ID', name, tools }))
  if (isOfSession(keyId) && token === '' && oldToken === '')
    found.push(finding('variable-session-without-token', { key: 'AWS_SESSION_TOKEN', name, tools }))
  // botocore accepts every date that dateutil can parse, weekdays included; text without a digit is hardly one.
  if (/^[^\d]+$/.test(valueOf('AWS_CREDENTIAL_EXPIRATION')))
    found.push(
      finding('variable-expiration-malformed', {
        key: 'AWS_CREDENTIAL_EXPIRATION',
        tools: toolsWhere('a malformed AWS_CREDENTIAL_EXPIRATION fails'),
      }),
    )
  if (oldToken !== '' && token !== '' && oldToken !== token)
    found.push(
      finding('variable-security-token', {
        key: 'AWS_SECURITY_TOKEN',
        tools: toolsWhere('AWS_SECURITY_TOKEN overrides AWS_SESSION_TOKEN'),
      }),
    )
  return found
}

/** Checks the variables that name the profile. */
export function checkVariableProfiles({ machine, profiles }: Examination): readonly Finding[] {
  const { AWS_PROFILE: profile, AWS_DEFAULT_PROFILE: other = '' } = machine.environment
  const details = { key: 'AWS_DEFAULT_PROFILE', name: other }
  if (profile === undefined) {
    const tools = toolsWhere('AWS_DEFAULT_PROFILE is ignored')
    return other === '' ? [] : [finding('variable-profile-unread', { ...details, tools })]
  }
  if (profile === '')
    return [finding('variable-profile-empty', { key: 'AWS_PROFILE', tools: toolsWhere('an empty AWS_PROFILE fails') })]
  const tools = toolsWhere('AWS_DEFAULT_PROFILE overrides AWS_PROFILE')
  return [
    ...(other !== '' && other !== profile
      ? [finding('variable-profiles-differ', { ...details, other: profile, tools })]
      : []),
    ...(profiles.find(profile) === undefined
      ? [finding('variable-profile-unknown', { key: 'AWS_PROFILE', name: profile })]
      : []),
  ]
}

/** Checks the variables that name the two files. */
export function checkVariableFiles({ machine }: Examination): readonly Finding[] {
  return (['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'] as const).flatMap((key): readonly Finding[] => {
    const name = machine.environment[key]
    if (name === undefined) return []
    if (name === '')
      return [finding('variable-file-empty', { key, tools: toolsWhere(`an empty ${key} means no file`) })]
    if (name.includes('$'))
      return [finding('variable-file-not-expanded', { key, name, tools: toolsWhere('$ in a path is literal') })]
    if (name.startsWith('~'))
      return [finding('variable-file-not-expanded', { key, name, tools: toolsWhere('~ in a path is literal') })]
    const missing = machine.missingFiles.find(({ variable }) => variable === key)
    return missing === undefined ? [] : [finding('variable-file-missing', { key, name: missing.path })]
  })
}

/** The message of each finding, and its fix. */
export const ENVIRONMENT_MESSAGES = {
  'variable-keys': (found) => [
    `keys in the environment (…${(found.name ?? '').replace('…', '')}) override profiles in most tools; ${toolsDo('AWS_PROFILE overrides keys', 'use', 'uses')} AWS_PROFILE instead`,
    unsetLine(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']),
  ],
  'variable-session-expired': (found, context) => [
    `session in the environment expired ${formatTime(found.at, context)}; ${toolsDo('a past AWS_CREDENTIAL_EXPIRATION fails', 'fail', 'fails')}, and AWS rejects it from other tools`,
    unsetLine(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CREDENTIAL_EXPIRATION']),
  ],
  'variable-expiration-malformed': (found) => [
    `${quote(found.key)} is not a date; ${toolNames(found.tools)} fail`,
    unsetLine(['AWS_CREDENTIAL_EXPIRATION']),
  ],
  'variable-half-a-key-pair': (found) => [
    `${quote(found.key)} is set without 'AWS_SECRET_ACCESS_KEY'; ${toolNames(found.tools)} fail`,
    unsetLine(['AWS_ACCESS_KEY_ID']),
  ],
  'variable-session-without-token': (found) => [
    `session key ${show(found.name)} in the environment without ${quote(found.key)}; AWS rejects it`,
    unsetLine(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']),
  ],
  'variable-security-token': (found) => [
    `${toolNames(found.tools)} use ${quote(found.key)} instead of 'AWS_SESSION_TOKEN', and they differ`,
    unsetLine(['AWS_SECURITY_TOKEN']),
  ],
  'variable-profiles-differ': (found) => [
    `${toolsDo('AWS_DEFAULT_PROFILE overrides AWS_PROFILE', 'use', 'uses')} AWS_DEFAULT_PROFILE (${quote(found.name)}), other tools AWS_PROFILE (${quote(found.other)})`,
    unsetLine(['AWS_DEFAULT_PROFILE']),
  ],
  'variable-profile-unread': (found) => [
    `${toolNames(found.tools)} ignore ${quote(found.key)} (${quote(found.name)}) and use 'default'`,
    'set AWS_PROFILE instead',
  ],
  'variable-profile-empty': (found) => [
    `${quote(found.key)} is empty; ${toolNames(found.tools)} fail`,
    unsetLine(['AWS_PROFILE']),
  ],
  'variable-profile-unknown': (found) => [
    `AWS_PROFILE: profile ${quote(found.name)} not found`,
    `to list profiles: ${commandLine('status', '--all')}`,
  ],
  'variable-file-empty': (found) => [
    `${quote(found.key)} is empty; ${toolNames(found.tools)} read no file, others the default one`,
    unsetLine([found.key ?? '']),
  ],
  'variable-file-missing': (found, context) => [
    `${found.key ?? ''}: ${showPath(found.name, context)} not found`,
    unsetLine([found.key ?? '']),
  ],
  'variable-file-not-expanded': (found) => [
    `${toolNames(found.tools)} do not expand ${quote(found.name)} in ${found.key ?? ''}`,
    'use an absolute path',
  ],
} satisfies Messages

/** Returns the tools that do what is named, with a verb. */
function toolsDo(behavior: VariableBehavior, many: string, one: string): string {
  const tools = toolsWhere(behavior)
  const names = toolNames(tools)
  const isOfVersion1 = BEHAVIOR_OF_AWS_CLI_1.includes(behavior)
  const subject = isOfVersion1 ? names.replace('the AWS CLI', 'AWS CLI 1') : names
  return `${subject} ${tools.length === 1 ? one : many}`
}
