/** Checks what is around the files: modes, caches, the clock, other programs, and what `credential_process` starts. */
import { PREDECESSORS, runsProgram, visible } from '../aws-files/profile-keys.ts'
import type { Examination } from './examination.ts'
import { finding, quote, show, showPath, toolNames } from './finding.ts'
import type { Finding, Messages } from './finding.ts'
import { toolsOf } from './tools.ts'
import type { ProfileView } from '../model/profile.ts'
import { hasWindowsQuotes, splitCommand, splitWindowsCommand } from '../shell/words.ts'
import { formatInstant } from '../ui/duration.ts'
import { commandLine } from '../ui/words.ts'

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
