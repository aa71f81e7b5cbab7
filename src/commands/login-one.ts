import { readProfiles } from '../core/files/profiles.ts'
import type { CallerIdentity } from '../core/ports.ts'
import type { Invocation } from '../core/invocation.ts'
import { findQuiet } from '../core/status/cached-session.ts'
import { statusOfProfile } from '../core/status/profile-status.ts'
import { renderCached, renderKept, renderRenewal, renderSignedIn, renewalLine } from '../render/login.ts'
import { statusObject } from '../render/status.ts'
import { settleAttempt, signInAll } from './login-attempt.ts'
import type { LoginRun } from './login-attempt.ts'

/** Signs in the one profile that the line is about, and gives the exit code 0. Throws what refuses it. */
export async function loginOne(run: LoginRun): Promise<number> {
  const { invocation, context, talk } = run
  const { candidate, decision } = settleAttempt(invocation, 1, run)
  const { resolution } = candidate
  const profile = resolution.storeProfile
  if (decision.kind === 'keep') {
    const session = { profile, expiration: decision.expiration, identity: identityOf(profile, decision.accessKeyId, run) }
    const named = resolution.target.origin.kind === 'flag' ? profile : undefined
    talk(renderKept(session, renewalLine(named, hasOtherOptions(invocation)), context.now(), context.terminal.talk))
  } else {
    if (decision.because === 'another-request') talk(renderRenewal(profile, decision.parts))
    const [outcome] = await signInAll([candidate], run)
    if (outcome === undefined) throw new Error('a candidate has an outcome')
    if (outcome.kind === 'failed') throw outcome.error
    const { session } = outcome
    const signedIn = { profile, expiration: session.credentials.expiration, identity: session.identity }
    const [now, style] = [context.now(), context.terminal.talk]
    talk(resolution.storeIn === 'aws-caches' ? renderCached(signedIn, quietOf(profile, run), now, style) : renderSignedIn(signedIn, now, style))
  }
  if (invocation.options['json'] === true) context.terminal.writeData(`${JSON.stringify(stateOf(resolution.target.value, run))}\n`)
  return 0
}

/** Who a kept session is: as login noted it, or as the cache's entry says. */
export function identityOf(profile: string, accessKeyId: string, { context, profiles }: LoginRun): CallerIdentity | undefined {
  const view = profiles.find(profile)
  return context.facts.identityOf(accessKeyId) ?? (view === undefined ? undefined : context.cachedSessionOf(view)?.identity)
}

/** Until when the tools that have caches do not ask. Looked up, since an entry that another program made stays, and a cache may have refused ours. */
export function quietOf(profile: string, { context, profiles }: LoginRun): ReturnType<typeof findQuiet> {
  const view = profiles.find(profile)
  return view === undefined ? undefined : findQuiet(view, context.awsCaches, context.now())
}

/** The object of `status --json`, from the files as they are now. */
export function stateOf(profile: string, { context: { files, now, facts, cachedSessionOf } }: LoginRun): ReturnType<typeof statusObject> {
  const { credentials, config } = files.read()
  const profiles = readProfiles({ credentials: credentials.text, config: config.text })
  return statusObject(statusOfProfile(profile, { profiles, now: now(), minTtlSeconds: 0, identityOf: facts.identityOf, cachedSessionOf }), now())
}

/** Whether the profile's name alone would not say the same. */
function hasOtherOptions({ options, tail }: Invocation): boolean {
  return tail !== undefined || Object.keys(options).some((name) => !['profile', 'json', 'quiet', 'no-color', 'debug'].includes(name))
}
