/**
 * Measures the rows of a block against each other. On a shared machine only paired ratios are stable: in every round
 * all rows run in turn, in rotating order, and each value is divided by that of the first row in the same round.
 */
import { spawnSync } from 'node:child_process'

const median = (values) => quantile(values, 0.5)

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return below + (above - below) * (place - Math.floor(place))
}

/**
 * Rows with `isSeldom` run only in every fourth round: other programs, which have no gates and take ten times as long.
 */
const SELDOM = 4

/**
 * Runs every row `rounds` times after `warmups` uncounted rounds. Returns for each row the median, the 90th percentile,
 * and the median of the ratios to the first row of the same round.
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

/**
 * A burst of other work on a shared machine lasts a few seconds, as long as a block, so a missed gate is measured
 * again.
 */
const RETRIES = 2

/**
 * Measures a block. Measures each row that missed its gate up to twice more, with the first row and the controls only;
 * the last result counts. Returns the results with `missed`, and with `ratioInBlock`, the first ratio, to compare rows.
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
      for (let tries = 0; isMissed(again) && tries < RETRIES; tries++)
        again = (await measureBlock([...companions, result.row], effort)).at(-1)
      judged.push({ ...again, ratioInBlock: result.ratio, missed: isMissed(again), isSecondTry: true })
    }
  }
  return judged
}

/**
 * Runs a program and returns its duration in milliseconds. Throws unless it exits with 0. Sends `input`, if any, to
 * stdin.
 */
export function timeProgram(argv, env, input) {
  const [program, ...args] = argv
  const started = process.hrtime.bigint()
  const result = spawnSync(program, args, {
    env,
    ...(input === undefined ? { stdio: ['ignore', 'pipe', 'pipe'] } : { input }),
  })
  const ms = Number(process.hrtime.bigint() - started) / 1e6
  if (result.error !== undefined) throw result.error
  if (result.status !== 0)
    throw new Error(`${argv.join(' ')} ended with ${result.status ?? result.signal}:\n${result.stdout}${result.stderr}`)
  return ms
}
