/**
 * Finds the candidate that `word` was most likely meant to be, for "did you mean": the one with the fewest typing slips (a
 * letter missing, added, wrong, or two swapped), case aside. Gives undefined when even the best is more than a third of the
 * word away (at least one slip is always allowed), or when the word is a candidate already. Of equals the first wins.
 */
export function nearest<Candidate extends string>(word: string, candidates: readonly Candidate[]): Candidate | undefined {
  let best: Candidate | undefined
  let fewest = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    if (candidate === word) return undefined
    if (Math.abs(candidate.length - word.length) >= fewest) continue
    const slips = countSlips(word.toLowerCase(), candidate.toLowerCase())
    if (slips < fewest && slips < Math.max(word.length, candidate.length)) {
      best = candidate
      fewest = slips
    }
  }
  return best
}

/** The optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours, each counted once. */
function countSlips(left: string, right: string): number {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const isSame = left[row - 1] === right[column - 1]
      const isSwap = row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      const slips = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (isSame ? 0 : 1))
      current.push(isSwap ? Math.min(slips, at(beforeLast, column - 2) + 1) : slips)
    }
    beforeLast = last
    last = current
  }
  return at(last, right.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? 0
}
