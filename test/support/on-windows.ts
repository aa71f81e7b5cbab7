/** The fast tests run on Windows too (test/windows/fast-tests), without those of what only POSIX has. */
export const isWindows = process.platform === 'win32'

/** Sweeps over real files try each tenth case there: Wine opens and writes files slowly. */
export const SWEEP_STEP = isWindows ? 10 : 1

/** Returns the cases of a table that make sense with POSIX alone: none on Windows. */
export const posixOnly = <const Case>(...cases: readonly Case[]): readonly Case[] => (isWindows ? [] : cases)

/** Calls a function with Windows as the platform of the process. */
export function onWindows<T>(call: () => T): T {
  const platform = Object.getOwnPropertyDescriptor(process, 'platform') ?? {}
  try {
    Object.defineProperty(process, 'platform', { ...platform, value: 'win32' })
    return call()
  } finally {
    Object.defineProperty(process, 'platform', platform)
  }
}
