/**
 * Measures rows against each other. On a machine that does other things as well, only paired ratios hold still: all rows of a
 * block run in turn, the order rotates, and each value is divided by the base row's of the same round.
 */
import { spawnSync } from 'node:child_process'

const median = (values) => quantile(values, 0.5)

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return below + (above - below) * (place - Math.floor(place))
}

/** Other programs have no gates and take ten times as long: they run in every fourth round. */
const SELDOM = 4

/**
 * Runs every row `rounds` times after `warmups` uncounted rounds, those that are `isSeldom` in some of them; the first row is the
 * base. Gives for each row its median, its p90 and the median of its ratios to the base of the same round.
 */
async function measureBlock(rows, { rounds, warmups }) {
  const values = rows.map(() => [])
  const ratios = rows.map(() => [])
  for (let round = 0; round < warmups + rounds; round++) {
    const seen = new Map()
    for (let turn = 0; turn < rows.length; turn++) {
      const index = (turn + round) % rows.length
      if (!(rows[index].isSeldom && round % SELDOM !== 0)) seen.set(index, await rows[index].measure())
    }
    if (round < warmups) continue
    for (const [index, value] of seen) {
      values[index].push(value)
      ratios[index].push(value / seen.get(0))
    }
  }
  return rows.map((row, index) => ({
    row,
    median: median(values[index]),
    p90: quantile(values[index], 0.9),
    ratio: median(ratios[index]),
  }))
}

/** Other work on a shared machine comes in bursts of a few seconds, which is as long as such a block takes. */
const MORE_TRIES = 2

/**
 * Measures a block, and each of its gates that is missed up to twice more in fresh blocks of its own (the base, the control,
 * that row), whose last result counts. Gives the results with `missed` where the gate did not hold then either, and with the ratio that
 * each had in the block itself, for comparing rows with each other.
 */
export async function judgeBlock(block, effort) {
  const results = await measureBlock(block.rows, effort)
  const isMissed = ({ row, ratio }) => row.gate !== undefined && ratio > row.gate
  const judged = []
  for (const result of results) {
    if (!isMissed(result)) judged.push({ ...result, ratioInBlock: result.ratio })
    else {
      const companions = block.rows.filter((row, index) => index === 0 || row.isControl)
      let again = result
      for (let tries = 0; isMissed(again) && tries < MORE_TRIES; tries++)
        again = (await measureBlock([...companions, result.row], effort)).at(-1)
      judged.push({ ...again, ratioInBlock: result.ratio, missed: isMissed(again), isSecondTry: true })
    }
  }
  return judged
}

/** Runs a program to its end and gives the milliseconds. Throws unless it ends with 0. stdin is empty unless `input` is given. */
export function timeProgram(argv, env, input) {
  const [program, ...words] = argv
  const started = process.hrtime.bigint()
  const result = spawnSync(program, words, {
    env,
    ...(input === undefined ? { stdio: ['ignore', 'pipe', 'pipe'] } : { input }),
  })
  const ms = Number(process.hrtime.bigint() - started) / 1e6
  if (result.error !== undefined) throw result.error
  if (result.status !== 0)
    throw new Error(`${argv.join(' ')} ended with ${result.status ?? result.signal}:\n${result.stdout}${result.stderr}`)
  return ms
}
