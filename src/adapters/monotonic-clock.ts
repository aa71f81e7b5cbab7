/**
 * Gives the milliseconds since some moment, by a clock that nobody sets. `performance.now()` would do the same, and loads a part
 * of Node that a login has no other use for.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}
