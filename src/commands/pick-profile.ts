/** Which profile a command is about if neither the line nor the environment names one: the person chooses. */
import { isAssumeRoleProfile } from '../aws-files/profile-keys.ts'
import type { AnyInvocation, Invocation } from '../command-line/table.ts'
import { loginInput } from '../login/prepare.ts'
import type { LoginInput } from '../login/resolve.ts'
import { canBeSignedIn, findCandidates, findChoices, isProfileUnnamed, lastSignIn } from '../login/targets.ts'
import { AwsmfaError } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import type { LoginRuntime } from '../runtime/login.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { isLongTermOnly, statusRows } from '../sessions/status-table.ts'
import { findSignIn, statusOfProfile } from '../sessions/status.ts'
import type { StatusLookup } from '../sessions/status.ts'
import { note, quoted, visible } from '../ui/words.ts'

/** The question for a profile. */
export const PICK_QUESTION = 'Profile:'

type PickEffects = Pick<Runtime, 'terminal' | 'cancelled' | 'now' | 'facts' | 'cachedSessionOf'>

/** Asks for one of several profiles. Throws what Terminal.choose throws. */
async function ask(
  names: readonly string[],
  lookup: StatusLookup,
  runtime: PickEffects,
  question = PICK_QUESTION,
): Promise<string> {
  const choices = names.map((name) => ({ name: visible(name), detail: whoOf(name, lookup) }))
  return names[await runtime.terminal.choose(question, choices, runtime.cancelled)] ?? ''
}

/** Returns `role Admin (222222222222)`, as far as session and files have it; undefined if they have nothing. */
function whoOf(profile: string, lookup: StatusLookup): string | undefined {
  const [{ account, identity } = {}] = statusRows([statusOfProfile(profile, lookup)], lookup.profiles, lookup.now)
  if (identity === undefined) return account === undefined ? undefined : `account ${account}`
  return account === undefined ? identity : `${identity} (${account})`
}

function lookupFor({ now, facts, cachedSessionOf }: PickEffects, profiles: StatusLookup['profiles']): StatusLookup {
  return { profiles, now: now(), identityOf: facts.identityOf, cachedSessionOf }
}

/**
 * Lets the person pick a profile to sign in to if none is named and `default` cannot be signed in; undefined if there
 * is nothing to pick, and then the login reports what is wrong with `default`. An only one needs no question. Throws
 * PROFILE_NOT_NAMED if there is nobody to ask, and CANCELLED.
 */
export async function pickForLogin(input: LoginInput, runtime: LoginRuntime): Promise<string | undefined> {
  if (!isProfileUnnamed(input) || canBeSignedIn('default', input)) return undefined
  const withRecords = { ...input, records: runtime.cache.list() }
  const candidates = findCandidates(withRecords)
  const [only, second] = candidates
  if (only === undefined) return undefined
  if (!runtime.terminal.canAsk()) {
    const hasDefault = input.profiles.find('default') !== undefined
    throw new AwsmfaError({ code: 'PROFILE_NOT_NAMED', candidates, hasDefault })
  }
  if (second === undefined) return only
  const names = findChoices(withRecords).map(({ target }) => target.value)
  return await runtime.deadline.pauseWhile(ask(names, lookupFor(runtime, input.profiles), runtime))
}

/**
 * Returns the line with a profile that the person picked, if none is named and no file has a `default`; an only one is
 * announced instead. Returns the line as it is with `--yes`, and where nobody can be asked or nothing can be picked. A
 * `default` that is of no use to the command is an error of its own. Throws CANCELLED.
 */
export async function withPickedProfile<Name extends 'exec' | 'console' | 'rotate'>(
  invocation: Invocation<Name>,
  runtime: LoginRuntime,
): Promise<Invocation<Name>> {
  const { environment, terminal, deadline } = runtime
  const line: AnyInvocation = invocation
  const { yes, quiet } = line.options
  const isUnnamed = resolveTargetProfile(line, environment).origin.kind === 'default'
  if (!isUnnamed || yes === true || !terminal.canAsk()) return invocation
  const snapshots = runtime.files.read()
  if (snapshots.profiles.find('default') !== undefined) return invocation
  // What follows `--` is a program, and no options of STS.
  const input = loginInput({ ...line, tail: undefined }, snapshots, await runtime.readSettings(), runtime)
  if (canBeSignedIn('default', { ...input, forProgram: true })) return invocation
  const lookup = lookupFor(runtime, snapshots.profiles)
  const names = line.command === 'rotate' ? namesForRotate(input, runtime) : namesForSession(input, lookup, runtime)
  const wanted = line.command === 'console' ? names.filter((name) => meansRole(name, lookup)) : names
  const [only, second] = wanted
  if (only === undefined) return invocation
  const isAnnounced = second === undefined && quiet !== true
  if (isAnnounced) terminal.stderr(note(`no profile given, and no profile 'default': using ${quoted(only)}`))
  const picked = isAnnounced ? only : await deadline.pauseWhile(ask(wanted, lookup, runtime))
  return { ...invocation, positionals: [picked] }
}

/** Profiles that have a session, or can get one from awsmfa or the AWS CLI. */
function namesForSession(input: LoginInput, lookup: StatusLookup, { cache }: LoginRuntime): readonly string[] {
  const { profiles } = input
  const own = findChoices({ ...input, records: cache.list() }).map(({ target }) => target.value)
  const others = profiles.names().filter((name) => {
    const { state } = statusOfProfile(name, lookup)
    return findSignIn(name, profiles) !== undefined || (state !== 'none' && state !== 'expired')
  })
  return [...new Set([...own, ...others])]
}

/** One profile for each access key in a file or a store: the one that uses it, rather than the one that contains it. */
function namesForRotate(input: LoginInput, { cache }: LoginRuntime): readonly string[] {
  const byKeys = new Map<string, string>()
  const found = findChoices({ ...input, forProgram: true, records: cache.list() })
  for (const { target, roles, longTerm } of found) {
    if (roles.length > 0 || longTerm.kind === 'environment' || longTerm.kind === 'process') continue
    const known = byKeys.get(longTerm.profile)
    if (known === undefined || known === longTerm.profile) byKeys.set(longTerm.profile, target.value)
  }
  return [...byKeys.values()]
}

/** Whether the console opens for a profile: it works as a role. */
function meansRole(name: string, lookup: StatusLookup): boolean {
  const view = lookup.profiles.find(name)
  if (view === undefined) return false
  const isRoleProfile = isAssumeRoleProfile(view) || view.get('awsmfa_role_arn') !== undefined
  const { arn } = statusOfProfile(name, lookup)
  return isRoleProfile || findSignIn(name, lookup.profiles) !== undefined || arn?.includes(':assumed-role/') === true
}

/**
 * `status --pick`: returns the line with a profile that the person picked, of all but mere access keys, the one signed
 * in to last first. Without any, the line for the table, which says so. Throws PROMPT_UNAVAILABLE, CANCELLED.
 */
export async function withAnyProfile(
  invocation: Invocation<'status'>,
  runtime: Runtime,
): Promise<Invocation<'status'>> {
  const { profiles } = runtime.files.read()
  const lookup = lookupFor(runtime, profiles)
  const entries = profiles.names().map((name) => statusOfProfile(name, lookup))
  const shown = entries.filter((entry) => !isLongTermOnly(entry, profiles)).map(({ profile }) => profile)
  const records = runtime.cache.list()
  const signedInAt = new Map(shown.map((name) => [name, lastSignIn(name, { records, profiles })]))
  const names = shown.toSorted((left, right) => (signedInAt.get(right) ?? 0) - (signedInAt.get(left) ?? 0))
  const [only, second] = names
  if (only === undefined) return { ...invocation, options: { all: true } }
  const { value: current, origin } = resolveTargetProfile(invocation, runtime.environment)
  const question = origin.kind === 'default' ? PICK_QUESTION : `Profile, now ${quoted(current)}:`
  return { ...invocation, positionals: [second === undefined ? only : await ask(names, lookup, runtime, question)] }
}
