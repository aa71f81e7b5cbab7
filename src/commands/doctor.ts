/**
 * `doctor`: reads both files, the environment and the caches, and reports problems and what each tool does;
 * `--fix` fixes what is safe to fix.
 */
import type { FileDifference } from '../aws-files/diff.ts'
import { expandProfiles, namedOnLine, profileNotFound } from '../aws-files/profiles.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import type { Invocation } from '../command-line/table.ts'
import { examine, profilesIn } from '../doctor/examination.ts'
import type { InputFiles, Machine } from '../doctor/examination.ts'
import type { Finding, FindingCode } from '../doctor/finding.ts'
import { planFixes } from '../doctor/fix.ts'
import { inspectMachine, makePrivate, measureClockOffset, readInputFiles, removeDamaged } from '../doctor/machine.ts'
import {
  diagnose,
  isAbout,
  renderFindings,
  renderFindingsJson,
  renderFixed,
  renderNothingToFix,
  renderRepairs,
} from '../doctor/report.ts'
import { renderWriteWarning } from '../errors/files.ts'
import { changeFiles, confirmChange, shownChange } from '../layouts/change-files.ts'
import type { Profiles } from '../model/profile.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { sweepConfigCopies } from '../sessions/container-endpoint.ts'
import { commandLine, hint } from '../ui/words.ts'

/** What doctor needs. */
type DoctorContext = Pick<
  Runtime,
  | 'environment'
  | 'home'
  | 'folders'
  | 'paths'
  | 'now'
  | 'files'
  | 'backups'
  | 'facts'
  | 'awsCaches'
  | 'terminal'
  | 'cancelled'
>

/** What was read, and what is wrong with it. */
interface Diagnosis {
  readonly files: InputFiles
  readonly machine: Machine
  readonly findings: readonly Finding[]
  /** The profiles that were named; undefined: all. */
  readonly only: readonly string[] | undefined
  /** How many profiles were checked. */
  readonly profiles: number
}

/**
 * Reports, after `--fix` what is still wrong, and returns 1 if anything is an error, otherwise 0. Throws
 * PROFILE_NOT_FOUND for an unknown profile, and what changing files throws.
 */
export async function doctor(invocation: Invocation<'doctor'>, context: DoctorContext): Promise<number> {
  const { options } = invocation
  const { terminal, home, now } = context
  const clockOffsetSeconds = options.online === true ? await measureClockOffset(context) : undefined
  const read = (): Diagnosis => {
    const files = readInputFiles(context.paths)
    const profiles = profilesIn(files)
    const machine = { ...inspectMachine(files, profiles, context), clockOffsetSeconds }
    const only = namedProfiles(invocation, profiles, files)
    const findings = diagnose(examine(files, machine, profiles), only)
    return { files, machine, findings, only, profiles: (only ?? profiles.names()).length }
  }
  const report = ({ findings, only, profiles }: Diagnosis): number => {
    const messages = { home, now: now() }
    const exitCode = exitCodeOf(findings)
    if (options.quiet === true) return exitCode
    if (options.json === true) {
      terminal.stdout(renderFindingsJson(findings, messages))
      return exitCode
    }
    const isVerbose = options.verbose === true || only !== undefined
    terminal.stdout(renderFindings(findings, { profiles, isVerbose }, messages, terminal.data))
    if (!isVerbose && options.fix !== true && findings.some(({ severity }) => severity !== 'note'))
      terminal.stderr(hint(`to see what each tool does: ${commandLine('doctor', '--verbose')}`))
    return exitCode
  }
  const diagnosis = read()
  if (options.fix !== true) return report(diagnosis)
  const isFixed = await fix(diagnosis, invocation, context)
  if (isFixed) return report(read())
  // What was shown is the report, but for programs.
  return options.json === true ? report(diagnosis) : exitCodeOf(diagnosis.findings)
}

function exitCodeOf(findings: readonly Finding[]): number {
  return findings.some(({ severity }) => severity === 'error') ? 1 : 0
}

const QUESTION = 'Apply these fixes?'

/** What `--fix` does besides changing the two files. */
const REPAIRS: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'loose-permissions',
  'damaged-cache',
  'damaged-own-cache',
])

/**
 * Shows everything that it would do, asks once, and does it: the two files, with a backup, then the rest. Returns
 * whether it did; with `--dry-run` it only shows. Throws DECLINED, and what changing files throws.
 */
async function fix(
  { files, machine, findings, only }: Diagnosis,
  invocation: Invocation<'doctor'>,
  context: DoctorContext,
): Promise<boolean> {
  const { terminal, home, now, backups } = context
  const isQuiet = invocation.options.quiet === true
  const repairs = findings.filter(({ code, isFixable }) => isFixable && REPAIRS.has(code))
  const { show, consent } = shownChange(invocation, context)
  const showAll = (changed: readonly FileDifference[], again: boolean): void =>
    show(changed, again, (style) => renderRepairs(repairs, { home, now: now() }, style))
  const plan = (snapshots: SharedSnapshots) => ({ edits: editsFor(snapshots, files, machine, only), result: undefined })
  backups.sweep()
  sweepConfigCopies(context.folders.state, now)
  const change = { plan, show: showAll, consent, question: QUESTION, keepsBackup: true }
  const { kind, warnings } = await changeFiles<undefined>(change, context)
  if (kind === 'shown') return false
  if (kind === 'nothing' && repairs.length === 0) {
    if (!isQuiet) terminal.stderr(renderNothingToFix())
    return consent !== 'none'
  }
  if (kind === 'nothing') {
    showAll([], false)
    if (consent === 'none') return false
    if (consent === 'asked') await confirmChange(QUESTION, context)
  }
  for (const { code, file = '' } of repairs) {
    if (code === 'loose-permissions') makePrivate(file)
    else removeDamaged(file)
  }
  for (const warning of warnings) terminal.stderr(renderWriteWarning(warning, home))
  if (!isQuiet) terminal.stderr(renderFixed(kind === 'changed', terminal.talk))
  return true
}

/** Plans from the files as they are now, but the machine as it was read; fixes only what the report is about. */
function editsFor(snapshots: SharedSnapshots, files: InputFiles, machine: Machine, only: Diagnosis['only']) {
  const current = {
    credentials: { ...files.credentials, ...snapshots.credentials },
    config: { ...files.config, ...snapshots.config },
  }
  return planFixes(current, machine, only === undefined ? undefined : isAbout(only, examine(current, machine)))
}

/**
 * The profiles to report on; undefined: all, whatever AWS_PROFILE says. Throws PROFILE_NOT_FOUND for one that is in
 * neither file.
 */
function namedProfiles(
  { positionals, options }: Invocation<'doctor'>,
  profiles: Profiles,
  { config, credentials }: InputFiles,
): readonly string[] | undefined {
  const files = { profiles, paths: { config: config.path, credentials: credentials.path } }
  const flag = options.profile
  const named =
    flag === undefined || positionals.length > 0
      ? expandProfiles(positionals, files).profiles.map(namedOnLine)
      : [{ value: flag, origin: { kind: 'flag', flag: '--profile' } } as const]
  const unknown = named.find(({ value }) => profiles.find(value) === undefined)
  if (unknown !== undefined) throw profileNotFound(unknown, files)
  return named.length === 0 ? undefined : named.map(({ value }) => value)
}
