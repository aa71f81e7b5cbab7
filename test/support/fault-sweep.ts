/**
 * Fault sweeps: runs a program once for each of its system calls on files, each time on new files, and kills it or
 * makes the call fail there.
 */
import { lstatSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { callsOn, inPairs, isCallForProgram, isSameCall, runTraced, writingCalls } from './strace.ts'
import type { Fault, TraceOptions, TracedCall, TracedRun } from './strace.ts'

/** A program and the files that it runs on. A sweep covers the calls on `paths`, which are folders or files. */
export interface SweepTarget {
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly paths: readonly string[]
  /** See TraceOptions. */
  readonly within?: readonly string[]
  readonly tracesPrograms?: boolean
}

/** A sweep: its target, and checks, which throw if they fail. */
export interface Sweep<T extends SweepTarget> {
  readonly prepare: () => T | Promise<T>
  /** Selects the calls; default: all. */
  readonly isIncluded?: (call: TracedCall, index: number) => boolean
  /** Called after each run. */
  readonly check: (target: T, run: TracedRun, fault: Fault) => Promise<void> | void
  /**
   * Runs the program again after `check`, once for each state in which faults leave the files: most of them leave one
   * that another fault has left before.
   */
  readonly runAgain?: (target: T) => Promise<void>
  /** What belongs to that state besides the files. */
  readonly stateBesides?: (target: T) => string
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

/**
 * Kills the program at each of its writing calls on files, and around each program that it calls: before that starts,
 * before it has its input, and while it works. Its target traces programs.
 */
export async function killAroundEveryProgram<T extends SweepTarget>(sweep: Sweep<T>): Promise<SweepCount> {
  const all = await dryRun(sweep)
  const writing = new Set(writingCalls(all))
  const calls = all.filter((call) => writing.has(call) || isCallForProgram(call)).filter(sweep.isIncluded ?? everyCall)
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
  { prepare, check, runAgain, stateBesides }: Sweep<T>,
  faults: readonly Fault[],
): Promise<SweepCount> {
  const states = new Set<string>()
  const runs = await inPairs(faults, async (fault) => {
    const { target, run } = await runFaulted(prepare, fault)
    await explain(fault, async () => {
      if (!run.isFaulted)
        throw new Error(
          `the fault did not take effect at this call, but ${run.met === undefined ? 'nowhere' : `at ${run.met.line}`}`,
        )
      await check(target, run, fault)
      const state = `${stateOf(target)} ${stateBesides?.(target) ?? ''}`
      if (states.has(state)) return
      states.add(state)
      await runAgain?.(target)
    })
    return run.isFaulted
  })
  return { counted: faults.length, faulted: runs.filter(Boolean).length }
}

/** Returns the files of a target with modes, sizes and texts. Numbers and ids are masked: they are new in each run. */
function stateOf({ paths }: SweepTarget): string {
  const mask = (text: string): string => text.replaceAll(/[\w+/=]{12,}|[\da-f]*\d[\da-f]*/g, '#')
  const below = (path: string, name: string): readonly string[] => {
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return []
    const entry = `${mask(name)} ${stat.mode}`
    if (stat.isDirectory())
      return [entry, ...readdirSync(path).flatMap((each) => below(join(path, each), `${name}/${each}`))]
    // An encrypted file has no text that two runs share.
    const text = stat.isFile() ? readFileSync(path, 'latin1') : ''
    return [`${entry} ${stat.size} ${text.includes('\0') ? '' : mask(text)}`]
  }
  return paths
    .flatMap((path) => below(path, basename(path)))
    .toSorted()
    .join('\n')
}

/**
 * Runs the program, on new files each time, until the fault takes effect at the intended call; at most twelve times.
 * After a miss, a run without a fault finds the new number of the call.
 */
export async function runFaulted<T extends SweepTarget>(
  prepare: () => T | Promise<T>,
  fault: Fault,
): Promise<{ readonly target: T; readonly run: TracedRun }> {
  let { call } = fault
  for (let tries = 1; ; tries++) {
    const target = await prepare()
    const run = await runTraced(target.argv, { ...optionsOf(target), fault: { ...fault, call } })
    if (run.isFaulted || tries === 12) return { target, run }
    call = (await dryRun({ prepare })).find((each) => isSameCall(each, fault.call)) ?? call
  }
}

async function dryRun<T extends SweepTarget>({ prepare }: Pick<Sweep<T>, 'prepare'>): Promise<readonly TracedCall[]> {
  const target = await prepare()
  const run = await runTraced(target.argv, optionsOf(target))
  if (run.status !== 0) throw new Error(`the dry run ended with ${String(run.status)}: ${run.stdout}${run.stderr}`)
  return callsOn(run.trace, target.paths)
}

function optionsOf({ env, within, tracesPrograms }: SweepTarget): TraceOptions {
  return { ...(env ? { env } : {}), ...(within ? { within } : {}), ...(tracesPrograms ? { tracesPrograms } : {}) }
}

/** Adds the fault to the message of an error that a check throws. */
async function explain(fault: Fault, check: () => Promise<void>): Promise<void> {
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
