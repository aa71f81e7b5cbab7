/**
 * Gives the candidate that a mistyped word was most likely meant to be, or undefined where none is near enough. Used for
 * profiles, commands and options alike.
 */
export function nearest(_word: string, _candidates: readonly string[]): string | undefined {
  return undefined
}
