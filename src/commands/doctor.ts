import type { SharedSnapshots } from '../aws-files/profiles.ts'
import type { Invocation } from '../command-line/table.ts'
import { examine, profilesIn } from '../doctor/examination.ts'
import type { ExaminedFile, MachineFacts } from '../doctor/examination.ts'
import type { Finding } from '../doctor/finding.ts'
import { mendHome, planMends } from '../doctor/fix.ts'
import { createMachine, makePrivate, removeDamaged } from '../doctor/machine.ts'
import type { Machine } from '../doctor/machine.ts'
import {
  diagnose,
  isAbout,
  MEND_QUESTION,
  renderFindings,
  renderFindingsJson,
  renderMended,
  renderNothingToMend,
  renderRepairs,
} from '../doctor/report.ts'
import { renderWriteWarning } from '../errors/files.ts'
import { shownChange } from '../layouts/change-files.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Origin, Resolved, SharedFileName } from '../model/origin.ts'
import type { Profiles } from '../model/profile.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { commandLine, nearest } from '../ui/words.ts'

/** `doctor`: both files, the environment and the caches → what is wrong, and what each tool will do; `--fix` mends what is safe. */

/** What doctor needs. */
type DoctorContext = Pick<
  Runtime,
  'files' | 'backups' | 'terminal' | 'now' | 'cancelled' | 'home' | 'environment' | 'folders' | 'awsCaches' | 'facts'
>

/**
 * Reports, and gives 1 where anything is an error, else 0. With `--fix` it mends first, and reports what is left. Throws
 * PROFILE_NOT_FOUND for a profile that is nowhere, and what changing files throws.
 */
export async function doctor(invocation: Invocation<'doctor'>, context: DoctorContext): Promise<number> {
  const { options } = invocation
  const only = namedProfile(invocation)
  const computer = createMachine({ ...context, identityOf: context.facts.identityOf })
  const clockOffsetSeconds = options.online === true ? await computer.measureClock() : undefined
  const look = ({ files, machine, profiles }: Gathered): readonly Finding[] => {
    const examination = examine(files, machine, profiles)
    if (only !== undefined) assertThere(only, examination.profiles, files)
    return diagnose(examination, only?.value)
  }
  const gathered = gather(computer, clockOffsetSeconds)
  const before = look(gathered)
  if (
    options.fix === true &&
    (await mend(before, invocation, { ...context, gathered, only: only?.value })) === 'shown'
  ) {
    if (options.json === true) report(before, invocation, context)
    return exitCodeOf(before)
  }
  const findings = options.fix === true ? look(gather(computer, clockOffsetSeconds)) : before
  report(findings, invocation, context)
  return exitCodeOf(findings)
}

function report(
  findings: readonly Finding[],
  { options }: Invocation<'doctor'>,
  { terminal, home, now }: DoctorContext,
): void {
  if (options.quiet === true) return
  const view = { home, now: now() }
  terminal.stdout(
    options.json === true ? renderFindingsJson(findings, view) : renderFindings(findings, view, terminal.data),
  )
}

interface MendContext extends DoctorContext {
  readonly gathered: Gathered
  /** The profile that is looked at alone. */
  readonly only: string | undefined
}

async function mend(
  findings: readonly Finding[],
  invocation: Invocation<'doctor'>,
  context: MendContext,
): Promise<'shown' | 'done'> {
  const { terminal, home, now } = context
  const { show, question, consent } = shownChange(invocation, context, MEND_QUESTION)
  const isQuiet = invocation.options.quiet === true
  context.backups.sweep()
  const outcome = await mendHome(
    {
      plan: (snapshots) => ({ edits: editsFor(snapshots, context), result: undefined }),
      others: findings.filter(({ code, isMendable }) => isMendable && OTHER_REPAIRS.has(code)),
      show: (files, others, again) => show(files, again, renderRepairs(others, { home, now: now() })),
      question,
      consent,
    },
    { ...context, makePrivate, removeDamaged },
  )
  for (const warning of outcome.warnings) terminal.stderr(renderWriteWarning(warning, home))
  if (outcome.kind === 'nothing' && !isQuiet) terminal.stderr(renderNothingToMend())
  if (outcome.kind === 'changed' && !isQuiet)
    terminal.stderr(renderMended(outcome.hasFileChanges, commandLine('undo'), terminal.talk))
  return outcome.kind === 'shown' || (consent === 'none' && outcome.kind === 'nothing') ? 'shown' : 'done'
}

const OTHER_REPAIRS: ReadonlySet<Finding['code']> = new Set(['loose-permissions', 'damaged-cache', 'damaged-own-cache'])

/** The files may be others by now; what is round them is not looked at again. What is told is mended, and nothing besides. */
function editsFor(snapshots: SharedSnapshots, { gathered: { files, machine }, only }: MendContext) {
  const now = {
    credentials: { ...files.credentials, ...snapshots.credentials },
    config: { ...files.config, ...snapshots.config },
  }
  return planMends(now, machine, only === undefined ? undefined : isAbout(only, examine(now, machine)))
}

interface Gathered {
  readonly files: Readonly<Record<SharedFileName, ExaminedFile>>
  readonly machine: MachineFacts
  readonly profiles: Profiles
}

function gather(computer: Machine, clockOffsetSeconds: MachineFacts['clockOffsetSeconds']): Gathered {
  const files = computer.examineFiles()
  const profiles = profilesIn(files)
  return { files, profiles, machine: { ...computer.gatherFacts(files, profiles), clockOffsetSeconds } }
}

function exitCodeOf(findings: readonly Finding[]): number {
  return findings.some(({ severity }) => severity === 'error') ? 1 : 0
}

/** Without a name all profiles are looked at, whatever AWS_PROFILE says. */
function namedProfile({ positionals, options }: Invocation<'doctor'>): Resolved<string> | undefined {
  const [positional] = positionals
  const flag = options.profile
  if (positional !== undefined) return { value: positional, origin: { kind: 'flag', flag: 'profile' } }
  return flag === undefined ? undefined : { value: flag, origin: { kind: 'flag', flag: '--profile' } }
}

function assertThere(
  { value, origin }: { readonly value: string; readonly origin: Origin },
  profiles: Profiles,
  files: Readonly<Record<SharedFileName, ExaminedFile>>,
): void {
  if (profiles.find(value) !== undefined) return
  const near = nearest(value, profiles.names())
  throw new AwsmfaError({
    code: 'PROFILE_NOT_FOUND',
    profile: value,
    origin,
    paths: [files.config.path, files.credentials.path],
    ...(near === undefined ? {} : { nearest: near }),
  })
}
