/**
 * Gives the candidate that a mistyped word was most likely meant to be, or undefined where none is near enough: at most one
 * slip in words of up to four letters, two in longer ones, three from ten on (a letter too many, missing, wrong, or swapped
 * with its neighbour; Damerau and Levenshtein's distance with adjacent swaps). A candidate that differs in case alone is
 * nearest. Of equally near ones the first wins. Used for profiles, commands and options alike.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Infinity
  for (const candidate of candidates) {
    const limit = Math.min(bestDistance - 1, allowedSlips(Math.max(word.length, candidate.length)))
    if (candidate === word || Math.abs(candidate.length - word.length) > limit) continue
    const distance = word.toLowerCase() === candidate.toLowerCase() ? 0 : slipsBetween(word, candidate)
    if (distance > limit) continue
    best = candidate
    bestDistance = distance
  }
  return best
}

function allowedSlips(length: number): number {
  if (length < 2) return 0
  if (length <= 4) return 1
  return length < 10 ? 2 : 3
}

function slipsBetween(a: string, b: string): number {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const isSame = a.charAt(row - 1) === b.charAt(column - 1)
      const isSwap = a.charAt(row - 1) === b.charAt(column - 2) && a.charAt(row - 2) === b.charAt(column - 1)
      const swapped = isSwap ? (beforeLast[column - 2] ?? Infinity) + 1 : Infinity
      current.push(Math.min((last[column] ?? Infinity) + 1, (current[column - 1] ?? Infinity) + 1, (last[column - 1] ?? Infinity) + (isSame ? 0 : 1), swapped))
    }
    beforeLast = last
    last = current
  }
  return last[b.length] ?? Infinity
}
