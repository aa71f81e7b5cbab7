/** Sweeps of faults over the file work of a program: every call in turn, each time on fresh files. */
import { callsUpon, inPairs, isSameCall, runTraced, writingCalls } from './strace.ts'
import type { Fault, TraceOptions, TracedCall, TracedRun } from './strace.ts'

/** A program about to run on files of its own. `paths` are the folders or files by which its file work is known. */
export interface Scene {
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly paths: readonly string[]
  /** As `within` of runTraced. */
  readonly within?: readonly string[]
}

/**
 * What a sweep is over and what must hold after each run. `check` throws when it does not, and may run the program
 * again.
 */
export interface Sweep<S extends Scene> {
  readonly prepare: () => S | Promise<S>
  /** Which of the calls to fault; all, unless it is given. */
  readonly isMeant?: (call: TracedCall, index: number) => boolean
  readonly check: (scene: S, run: TracedRun, fault: Fault) => Promise<void> | void
}

/** How many calls a dry run made, and at how many of them the fault took effect. A test compares the two. */
export interface SweepCount {
  readonly counted: number
  readonly faulted: number
}

/** Kills the program at each of its calls upon files, from the first to the last. */
export async function killAtEveryCall<S extends Scene>(sweep: Sweep<S>): Promise<SweepCount> {
  const calls = (await dryRun(sweep)).filter(sweep.isMeant ?? everyCall)
  return faultEach(
    sweep,
    calls.map((call) => ({ call, kill: true as const })),
  )
}

/**
 * Kills the program at each of its writing calls upon files. What lies on the disk after a call that reads is what lay
 * there before it, so this finds as much as a kill at every call, in a third of the time.
 */
export async function killAtEveryWritingCall<S extends Scene>(sweep: Sweep<S>): Promise<SweepCount> {
  const calls = writingCalls(await dryRun(sweep)).filter(sweep.isMeant ?? everyCall)
  return faultEach(
    sweep,
    calls.map((call) => ({ call, kill: true as const })),
  )
}

/** Refuses the program each of its writing calls, with each of the errors. */
export async function refuseEveryWritingCall<S extends Scene>(
  sweep: Sweep<S>,
  errors: readonly string[],
): Promise<SweepCount> {
  const calls = writingCalls(await dryRun(sweep)).filter(sweep.isMeant ?? everyCall)
  return faultEach(
    sweep,
    calls.flatMap((call) => errors.map((error) => ({ call, error }))),
  )
}

/**
 * Refuses the program each of its writing calls with one of the errors, in turn: all of them are met, but not
 * everywhere.
 */
export async function refuseEveryWritingCallInTurn<S extends Scene>(
  sweep: Sweep<S>,
  errors: readonly string[],
): Promise<SweepCount> {
  const calls = writingCalls(await dryRun(sweep)).filter(sweep.isMeant ?? everyCall)
  return faultEach(
    sweep,
    calls.map((call, index) => ({ call, error: errors[index % errors.length] ?? '' })),
  )
}

function everyCall(): boolean {
  return true
}

async function faultEach<S extends Scene>({ prepare, check }: Sweep<S>, faults: readonly Fault[]): Promise<SweepCount> {
  const runs = await inPairs(faults, async (fault) => {
    const { scene, run } = await runFaulted(prepare, fault)
    await explain(fault, () => {
      if (!run.isFaulted)
        throw new Error(
          `in no run did that take effect, but ${run.met === undefined ? 'nothing' : `at ${run.met.line}`}`,
        )
      return check(scene, run, fault)
    })
    return run.isFaulted
  })
  return { counted: faults.length, faulted: runs.filter(Boolean).length }
}

/**
 * Runs the program until the fault has met the call that is meant, each time on fresh files; six times at most. When it
 * has met another one, a run without a fault says which number the call has now.
 */
export async function runFaulted<S extends Scene>(
  prepare: () => S | Promise<S>,
  fault: Fault,
): Promise<{ readonly scene: S; readonly run: TracedRun }> {
  let { call } = fault
  for (let tries = 1; ; tries++) {
    const scene = await prepare()
    const run = await runTraced(scene.argv, { ...optionsOf(scene), fault: { ...fault, call } })
    if (run.isFaulted || tries === 6) return { scene, run }
    call = (await dryRun({ prepare })).find((each) => isSameCall(each, fault.call)) ?? call
  }
}

async function dryRun<S extends Scene>({ prepare }: Pick<Sweep<S>, 'prepare'>): Promise<readonly TracedCall[]> {
  const scene = await prepare()
  const run = await runTraced(scene.argv, optionsOf(scene))
  if (run.status !== 0) throw new Error(`the dry run ended with ${String(run.status)}: ${run.stdout}${run.stderr}`)
  return callsUpon(run.trace, scene.paths)
}

function optionsOf({ env, within }: Scene): TraceOptions {
  return { ...(env ? { env } : {}), ...(within ? { within } : {}) }
}

/** Names the fault in whatever a check throws. */
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
