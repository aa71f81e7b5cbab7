/**
 * `login`: which profiles → what stands there → sign in (flow) → report. One profile is told in a line of its own and fails
 * with its own error; many are a list with one line each.
 */
import { AwsmfaError } from '../core/failures.ts'
import { classifyProfile } from '../core/files/ownership.ts'
import { readProfiles } from '../core/files/profiles.ts'
import type { Invocation } from '../core/invocation.ts'
import type { GlobalDefaults } from '../core/login/settings.ts'
import { expandTargets, isProfileUnnamed } from '../core/login/targets.ts'
import type { Targets } from '../core/login/targets.ts'
import type { SessionStore } from '../core/ports.ts'
import { renderNothingManaged } from '../render/login.ts'
import type { LoginRun, PrepareContext } from './login-attempt.ts'
import { loginOne } from './login-one.ts'

/** What login needs. */
export interface LoginContext extends PrepareContext {
  readonly readSettings: () => Promise<GlobalDefaults>
  readonly stores: readonly SessionStore[]
  /** Removes what setup kept for undo and is too old by now. */
  readonly sweepBackups: () => void
}

/**
 * Signs profiles in and gives the exit code 0. Throws everything that can refuse the only profile, LOGINS_FAILED where some of
 * many failed, and DECLINED for a no; what is not signed in is left as it was.
 */
export async function login(invocation: Invocation, context: LoginContext): Promise<number> {
  context.sweepBackups()
  const snapshots = context.files.read()
  const profiles = readProfiles({ credentials: snapshots.credentials.text, config: snapshots.config.text })
  const talk = invocation.options['quiet'] === true ? () => undefined : context.terminal.writeTalk
  const run: LoginRun = { invocation, context, talk, snapshots, profiles, defaults: await context.readSettings() }
  const targets = findTargets(run, context.stores)
  const isMany = invocation.options['all'] === true || targets.byPattern || targets.profiles.length > 1
  if (!isMany) return await loginOne(isProfileUnnamed({ invocation, environment: context.environment }) ? await picked(run) : run)
  if (targets.profiles.length === 0) talk(renderNothingManaged())
  if (targets.byPattern) await confirmPattern(targets.profiles, context)
  const { loginMany } = await import('./login-many.ts')
  return await loginMany(targets.profiles, run)
}

async function picked(run: LoginRun): Promise<LoginRun> {
  const { withProfileNamed } = await import('./login-picker.ts')
  return await withProfileNamed(run)
}

function findTargets({ invocation, profiles, snapshots }: LoginRun, stores: readonly SessionStore[]): Targets {
  if (invocation.options['all'] === true) return { profiles: [...new Set(stores.flatMap((store) => store.managedProfiles()))], byPattern: false }
  return expandTargets({ words: invocation.positionals, names: profiles.names(), holdsKeys: (name) => classifyProfile(profiles.find(name)).kind === 'long-term', paths: [snapshots.config.path, snapshots.credentials.path] })
}

/** A pattern may fit more than its writer thought; on a terminal it is counted and confirmed. */
async function confirmPattern(targets: readonly string[], { terminal, deadline, cancelled }: LoginContext): Promise<void> {
  if (!terminal.canAsk()) return
  const { patternQuestion } = await import('../render/login-many.ts')
  const agreed = await deadline.pauseWhile(terminal.confirm(patternQuestion(targets), cancelled))
  if (!agreed) throw new AwsmfaError({ code: 'DECLINED' })
}

