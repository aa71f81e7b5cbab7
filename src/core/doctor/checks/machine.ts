/** What is round the files: modes, caches, clocks, programs. */
import { toolsOf } from '../tools.ts'
import type { Examination } from '../examination.ts'
import { finding } from '../finding.ts'
import type { Finding } from '../finding.ts'

/** STS refuses a signature that is further off (15 minutes; some services 5: AWS General Reference, "Signature Version 4"). */
const SKEW_REFUSED_SECONDS = 5 * 60

/** File systems and time zones aside, a file is not written in the future. */
const FUTURE_MS = 10 * 60_000

/** Files that others may read. */
export function checkPermissions({ machine }: Examination): readonly Finding[] {
  return machine.openFiles.map(({ path, mode }) => finding('loose-permissions', { file: path, name: mode.toString(8).padStart(4, '0'), tools: [], isMendable: true }))
}

/** Entries of caches that their readers fail on. */
export function checkCaches({ machine }: Examination): readonly Finding[] {
  return machine.damagedEntries.map(({ path, cache, profile }) =>
    cache === 'awsmfa-cache'
      ? finding('damaged-own-cache', { file: path, tools: [], isMendable: true })
      : finding('damaged-cache', { file: path, profile, tools: cache === 'cli-cache' ? ['aws-cli'] : ['sam'], isMendable: true }),
  )
}

/** Whether the clock can be right. */
export function checkClock({ machine, files }: Examination): readonly Finding[] {
  const { now, clockOffsetSeconds } = machine
  if (clockOffsetSeconds === 'none') return [finding('clock-not-checked', { tools: [] })]
  if (clockOffsetSeconds !== undefined) return Math.abs(clockOffsetSeconds) > SKEW_REFUSED_SECONDS ? [finding('clock-skewed', { seconds: clockOffsetSeconds })] : []
  return Object.values(files).flatMap(({ path, modifiedAt }) => (modifiedAt !== undefined && modifiedAt.getTime() - now.getTime() > FUTURE_MS ? [finding('clock-in-doubt', { file: path, at: modifiedAt })] : []))
}

/** Other programs, homes and certificates. */
export function checkPrograms({ machine }: Examination): readonly Finding[] {
  const { homeConflict, otherAwsmfas, environment, nodeMajor } = machine
  const certificates = environment['NODE_EXTRA_CA_CERTS'] ?? ''
  return [
    ...(homeConflict === undefined ? [] : [finding('home-differs', { key: 'HOME', name: homeConflict.home, other: homeConflict.userProfile, tools: toolsOf(['js']) })]),
    ...otherAwsmfas.map(({ path, isFirst }) => finding('second-awsmfa', { file: path, tools: [], ...(isFirst ? { name: 'first' } : {}) })),
    ...(certificates !== '' && nodeMajor < 22 ? [finding('slow-certificates', { key: 'NODE_EXTRA_CA_CERTS', tools: [] })] : []),
  ]
}
