/**
 * Fault sweeps: runs a program once for each of its system calls on files, each time on new files, and kills it or
 * makes the call fail there.
 */
import { callsOn, inPairs, isSameCall, runTraced, writingCalls } from './strace.ts'
import type { Fault, TraceOptions, TracedCall, TracedRun } from './strace.ts'

/** A program and the files that it runs on. A sweep covers the calls on `paths`, which are folders or files. */
export interface SweepTarget {
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly paths: readonly string[]
  /** See `within` of TraceOptions. */
  readonly within?: readonly string[]
}

/** A sweep: its target, and a check after each run, which throws if it fails. The check may run the program again. */
export interface Sweep<T extends SweepTarget> {
  readonly prepare: () => T | Promise<T>
  /** Selects the calls; default: all. */
  readonly isIncluded?: (call: TracedCall, index: number) => boolean
  readonly check: (target: T, run: TracedRun, fault: Fault) => Promise<void> | void
}

/** The number of faults in a sweep, and how many of them took effect. Tests expect both to be the same. */
export interface SweepCount {
  readonly counted: number
  readonly faulted: number
}

/** Kills the program at each of its calls on files. */
export async function killAtEveryCall<T extends SweepTarget>(sweep: Sweep<T>): Promise<SweepCount> {
  const calls = (await dryRun(sweep)).filter(sweep.isIncluded ?? everyCall)
  return faultEach(
    sweep,
    calls.map((call) => ({ call, kill: true as const })),
  )
}

/**
 * Kills the program at each of its writing calls on files. Calls that only read leave the disk as it was, so this finds
 * as much as a kill at every call, in a third of the time.
 */
export async function killAtEveryWritingCall<T extends SweepTarget>(sweep: Sweep<T>): Promise<SweepCount> {
  const calls = writingCalls(await dryRun(sweep)).filter(sweep.isIncluded ?? everyCall)
  return faultEach(
    sweep,
    calls.map((call) => ({ call, kill: true as const })),
  )
}

/** Makes each writing call fail, with each of the errors. */
export async function failEveryWritingCall<T extends SweepTarget>(
  sweep: Sweep<T>,
  errors: readonly string[],
): Promise<SweepCount> {
  const calls = writingCalls(await dryRun(sweep)).filter(sweep.isIncluded ?? everyCall)
  return faultEach(
    sweep,
    calls.flatMap((call) => errors.map((error) => ({ call, error }))),
  )
}

/** Makes each writing call fail, with one of the errors in turn. */
export async function failEveryWritingCallInTurn<T extends SweepTarget>(
  sweep: Sweep<T>,
  errors: readonly string[],
): Promise<SweepCount> {
  const calls = writingCalls(await dryRun(sweep)).filter(sweep.isIncluded ?? everyCall)
  return faultEach(
    sweep,
    calls.map((call, index) => ({ call, error: errors[index % errors.length] ?? '' })),
  )
}

function everyCall(): boolean {
  return true
}

async function faultEach<T extends SweepTarget>(
  { prepare, check }: Sweep<T>,
  faults: readonly Fault[],
): Promise<SweepCount> {
  const runs = await inPairs(faults, async (fault) => {
    const { target, run } = await runFaulted(prepare, fault)
    await explain(fault, () => {
      if (!run.isFaulted)
        throw new Error(
          `the fault did not take effect at this call, but ${run.met === undefined ? 'nowhere' : `at ${run.met.line}`}`,
        )
      return check(target, run, fault)
    })
    return run.isFaulted
  })
  return { counted: faults.length, faulted: runs.filter(Boolean).length }
}

/**
 * Runs the program, on new files each time, until the fault takes effect at the intended call; at most six times. After
 * a miss, a run without a fault finds the new number of the call.
 */
export async function runFaulted<T extends SweepTarget>(
  prepare: () => T | Promise<T>,
  fault: Fault,
): Promise<{ readonly target: T; readonly run: TracedRun }> {
  let { call } = fault
  for (let tries = 1; ; tries++) {
    const target = await prepare()
    const run = await runTraced(target.argv, { ...optionsOf(target), fault: { ...fault, call } })
    if (run.isFaulted || tries === 6) return { target, run }
    call = (await dryRun({ prepare })).find((each) => isSameCall(each, fault.call)) ?? call
  }
}

async function dryRun<T extends SweepTarget>({ prepare }: Pick<Sweep<T>, 'prepare'>): Promise<readonly TracedCall[]> {
  const target = await prepare()
  const run = await runTraced(target.argv, optionsOf(target))
  if (run.status !== 0) throw new Error(`the dry run ended with ${String(run.status)}: ${run.stdout}${run.stderr}`)
  return callsOn(run.trace, target.paths)
}

function optionsOf({ env, within }: SweepTarget): TraceOptions {
  return { ...(env ? { env } : {}), ...(within ? { within } : {}) }
}

/** Adds the fault to the message of an error that a check throws. */
async function explain(fault: Fault, check: () => Promise<void> | void): Promise<void> {
  try {
    await check()
  } catch (cause) {
    const { call, ...what } = fault
    throw new Error(
      `after ${JSON.stringify(what)} at ${call.name} ${call.nth}: ${call.line.slice(0, 300)}\n${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
}
