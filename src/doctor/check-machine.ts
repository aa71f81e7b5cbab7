/** Checks what is around the files: modes, caches, the clock, other programs, and what `credential_process` starts. */
import { PREDECESSORS, runsProgram, visible } from '../aws-files/profile-keys.ts'
import type { Examination } from './examination.ts'
import { finding, formatTime, quote, show, showPath, toolNames } from './finding.ts'
import type { Finding, Messages } from './finding.ts'
import { toolsOf } from './tools.ts'
import type { ProfileView } from '../model/profile.ts'
import { hasWindowsQuotes, splitCommand, splitWindowsCommand } from '../shell/words.ts'
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

/** What each finding says, and what to do. */
export const MACHINE_MESSAGES = {
  'loose-permissions': (found) => [
    `others may read this file (mode ${show(found.name)}), which can hold secrets`,
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
  'clock-in-doubt': (found, context) => [
    `${formatTime(found.at, context)} is further ahead than it can be: the clock was or is wrong, and AWS refuses what is signed more than some minutes off`,
    `compare it with that of AWS: ${commandLine('doctor', '--online')}`,
  ],
  'clock-skewed': (found) => [
    `the clock is ${minutes(found.seconds)} ${(found.seconds ?? 0) > 0 ? 'behind' : 'ahead of'} that of AWS, which refuses what is signed so`,
    'set the clock, and let the system keep it (NTP)',
  ],
  'clock-not-checked': () => [
    'the clock of AWS could not be asked: no answer from STS',
    'behind a proxy, set HTTPS_PROXY',
  ],
  'home-differs': (found, context) => [
    `HOME is ${showPath(found.name, context)}, USERPROFILE ${showPath(found.other, context)}: the SDK for JavaScript and CDK look below the former, the others below the latter`,
    'let both name one folder, or set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE',
  ],
  'second-awsmfa': (found) => [
    found.name === 'first'
      ? 'another awsmfa stands first on PATH: it runs where this one is meant'
      : 'another awsmfa on PATH, behind this one',
    'take one of the two away; other tools of that name come from PyPI',
  ],
  'slow-certificates': (found) => [
    `${quote(found.key)} more than doubles the start of every Node 20, this program and its prompt among them`,
    'Node 22 and later do not mind; or set AWS_CA_BUNDLE for AWS alone',
  ],
  'process-unparsable': () => [
    'this line has an open quote, or names no program',
    'write an absolute path; words with blanks in double quotes',
  ],
  'process-needs-shell': (found) => [
    `${quote(found.name)} means something to a shell alone; ${toolNames(found.tools)} start the program without one`,
    'write absolute paths, and no variables, pipes or ~',
  ],
  'process-quoted': (found) => [
    `${toolNames(found.tools)} cannot run a line with quotes on Windows`,
    'write paths without spaces, and no quotes; the short form of a path is shown by: dir /x',
  ],
  'process-needs-path': (found) => [
    found.other === undefined
      ? `${quote(found.name)} is looked for on PATH, which programs from a dock, an IDE or a service do not have`
      : `the program begins with '#!/usr/bin/env ${show(found.other)}', which looks on PATH, and programs from a dock, an IDE or a service have none`,
    found.other === undefined ? 'write its absolute path' : `write the absolute path of ${show(found.other)} before it`,
  ],
  'process-not-there': (found) => [`there is no program ${quote(found.name)}`, 'write the path at which it is'],
} satisfies Messages

function minutes(seconds = 0): string {
  return `${Math.round(Math.abs(seconds) / 60)} minutes`
}
