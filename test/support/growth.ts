/** How the work of a function grows with its input, by the processor's time: the load of the machine counts less. */

const RUNS = 3

/** Returns how many times as much processor time `work` takes for an input that is `factor` times as large. */
export async function growthOf(work: (size: number) => unknown, size: number, factor: number): Promise<number> {
  await work(size)
  return (await leastMicroseconds(() => work(size * factor))) / (await leastMicroseconds(() => work(size)))
}

/** The least of some runs: garbage collection and the compiler add to the others. */
async function leastMicroseconds(work: () => unknown): Promise<number> {
  let least = Infinity
  for (let run = 0; run < RUNS; run++) {
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, user + system)
  }
  return Math.max(1, least)
}
