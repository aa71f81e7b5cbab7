/**
 * Returns what an action throws: the failure of an AwsmfaError, or the error itself; 'no failure' if it throws nothing.
 */
export function failureOf(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return (error as { failure?: unknown }).failure ?? error
  }
  return 'no failure'
}
