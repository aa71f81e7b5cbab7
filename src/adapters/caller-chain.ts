/** What a program is told, and not told, that awsmfa runs to be given something: keys, or a token code. */

/** What such a program may not see: it is asked for something, and must not answer with the help of ours. */
const WITHHELD = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_SECURITY_TOKEN']

/** The profiles for which programs are running above this process, a line each, so that none starts itself for ever. */
const CALLERS = 'AWSMFA_CALLERS'

/**
 * Gives the environment of a program that is run for this profile: ours, without AWS keys, and with the profile added to the
 * chain of callers. Undefined where the profile is in that chain already: a program run for it has started this awsmfa.
 */
export function environmentForCalled(environment: NodeJS.ProcessEnv, profile: string): NodeJS.ProcessEnv | undefined {
  const callers = (environment[CALLERS] ?? '').split('\n').filter((name) => name !== '')
  if (callers.includes(profile)) return undefined
  return { ...withoutKeys(environment), [CALLERS]: [...callers, profile].join('\n') }
}

/** Gives an environment without AWS keys. */
export function withoutKeys(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !WITHHELD.includes(name)))
}
