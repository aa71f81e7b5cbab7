/** `credential_process` lines, which are run without a terminal's PATH by programs that a dock or a service started. */
import type { ProfileView } from '../../files/profile-view.ts'
import { runsProgram } from '../../login/long-term.ts'
import { splitCommand, splitWindowsCommand } from '../../shell-words.ts'
import { visible } from '../../login/store-profile.ts'
import type { Examination } from '../examination.ts'
import { finding } from '../finding.ts'
import type { Finding } from '../finding.ts'
import { toolsOf } from '../tools.ts'

/** Programs whose sessions login stores itself: with one there, most tools no longer start them. */
const PREDECESSORS = ['vegas-credentials', 'aws-mfa-credential-process']

/** What keeps a process from being run, or from being run in the same way by every tool. */
export function checkProcess(profile: ProfileView, { files, machine }: Examination): readonly Finding[] {
  const line = visible(profile, 'credential_process')
  if (line === undefined) return []
  const place = { file: files[line.file].path, line: line.line, profile: profile.name, key: 'credential_process' }
  const isWindows = machine.platform === 'windows'
  const words = isWindows ? splitWindowsCommand(line.value) : splitCommand(line.value)
  const [program] = words ?? []
  if (words === undefined || program === undefined) return [finding('process-unparsable', place)]
  const shellSign = isWindows ? /'/.exec(line.value)?.[0] : words.map((word) => /^~|\$\w|^[|&;<>]+$|^[A-Z_]+=/.exec(word)?.[0]).find((sign) => sign !== undefined)
  if (shellSign !== undefined) return [finding('process-needs-shell', { ...place, name: shellSign, tools: toolsOf(['botocore']) })]
  const isAbsolute = isWindows ? /^(?:[A-Za-z]:[\\/]|\\\\)/.test(program) : program.startsWith('/')
  if (!isAbsolute) return [finding('process-needs-path', { ...place, name: program, ...(runsProgram(program, PREDECESSORS) ? { severity: 'note', tools: [] } : {}) })]
  const { isThere, needs } = machine.program(program)
  if (!isThere) return [finding('process-not-there', { ...place, name: program })]
  if (needs !== undefined) return [finding('process-needs-path', { ...place, name: program, other: needs })]
  const script = words.slice(1).find((word) => /\.[cm]?js$/.test(word))
  return script === undefined || !script.startsWith('/') || machine.program(script).isThere ? [] : [finding('process-not-there', { ...place, name: script })]
}
