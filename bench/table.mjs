/** Renders results as text tables. */

/** Returns the table of a block. Every line ends with a newline. */
export function renderBlock(block, results) {
  const unit = block.unit ?? 'ms'
  const header = ['', `median ${unit}`, 'ratio', `p90 ${unit}`, 'goal', 'gate', '']
  const lines = results.map(({ row, median, ratio, p90, isSecondTry, missed }) => [
    row.name,
    median.toFixed(1),
    ratio.toFixed(ratio < 0.995 || row.gate !== undefined ? 3 : 2),
    p90.toFixed(1),
    row.goal === undefined ? '' : String(row.goal),
    row.gate === undefined ? '' : String(row.gate),
    row.gate === undefined ? '' : `${missed ? 'MISSED' : 'held'}${isSecondTry ? ', measured again' : ''}`,
  ])
  const missing = (block.notMeasured ?? []).map((name) => [name, 'not measured', '', '', '', '', ''])
  return `\n${block.title} (${block.measuredRounds} rounds)\n${layOut([header, ...lines, ...missing])}${goalLine(results)}`
}

/** Compares a login with other programs that do the same: a goal, not a gate. */
function goalLine(results) {
  const login = results.find(({ row }) => row.name === 'awsmfa login')
  const comparisons = results
    .filter(({ row }) => row.isYardstick)
    .map((other) => `${(login.ratioInBlock / other.ratioInBlock).toFixed(2)} of ${other.row.name}`)
  return comparisons.length === 0 ? '' : `  awsmfa login is ${comparisons.join(', ')} (goal: at most 0.25 of aws)\n`
}

function layOut(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows
    .map(
      (row) =>
        `  ${row
          .map((cell, column) =>
            column === 0 || column === row.length - 1 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
          )
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
