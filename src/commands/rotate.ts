/** `rotate`: which access key → a session with MFA → the steps of its rotation, with questions and reports. */
import { identityInWords, userNameOfArn } from '../aws/arn.ts'
import { classifyProfile } from '../aws-files/ownership.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import type { KeyPlace } from '../command-line/spec.ts'
import type { Invocation } from '../command-line/table.ts'
import { renderWriteWarning } from '../errors/files.ts'
import { copyRemainsText } from '../errors/messages.ts'
import { ageInWords, keyInWords, useInWords } from '../errors/layouts.ts'
import { withPickedProfile } from './pick-profile.ts'
import { createRotationFiles } from '../keys/stores.ts'
import type { RotationFiles } from '../keys/stores.ts'
import { placeOfKeys } from '../layouts/keys-plan.ts'
import type { HeldKeys } from '../layouts/keys-plan.ts'
import { rotateKeys } from '../layouts/rotate-keys.ts'
import type { RotationEffects } from '../layouts/rotate-keys.ts'
import { decodeRotation, shownKey } from '../layouts/rotation.ts'
import type { KeyRotation, RotationEvent, RotationQuestion, RotationRequest } from '../layouts/rotation.ts'
import { credentialSource } from '../login/long-term-keys.ts'
import { loginInput } from '../login/prepare.ts'
import { provideSession } from '../login/provide-session.ts'
import { resolveLogin } from '../login/resolve.ts'
import type { LoginResolution } from '../login/resolution.ts'
import { assertNoLongTermKeys } from '../login/sign-in.ts'
import { waitingLine } from '../mfa/prompt.ts'
import { keyIdOf, shortenAccessKeyId } from '../model/credentials.ts'
import type { CallerIdentity, ShortTermCredentials } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import type { RotationObstacle } from '../model/failure.ts'
import { monotonicMs } from '../platform/time.ts'
import type { LoginRuntime } from '../runtime/login.ts'
import { statusOfProfile } from '../sessions/status.ts'
import { removeSessionsOf } from '../sessions/session-cache.ts'
import { commandLine, hint, listed, note, profileWord, quoted, tick, visible } from '../ui/words.ts'

type RotateLine = Invocation<'rotate'>

/** The session that signs must last longer: a rotation waits for AWS, and for answers. */
const MINIMUM_SECONDS = 30 * 60

/** A rotation, and what is known before it starts. */
interface RotateContext extends LoginRuntime {
  readonly line: RotateLine
  readonly profile: string
  readonly resolution: LoginResolution
  readonly held: HeldKeys
  readonly snapshots: SharedSnapshots
  readonly rotations: RotationFiles
}

/**
 * Rotates the access key of the profile that the line is about, and returns the exit code 0. One rotation runs at a
 * time. Throws what resolveLogin, provideSession and rotateKeys throw.
 */
export async function rotate(given: RotateLine, runtime: LoginRuntime): Promise<number> {
  assertReplace(given)
  const line = await withPickedProfile(given, runtime)
  const { release } = await runtime.lockQuestion('rotate', runtime.cancelled, (pid) =>
    runtime.terminal.stderr(`${waitingLine(pid, 'rotating an access key')}\n`),
  )
  try {
    const context = await resolve(line, runtime)
    const user = await userOf(context)
    const session = await sessionOf(context)
    const rotation: KeyRotation = {
      request: requestOf(context),
      profile: context.profile,
      currentId: keyIdOf(context.held),
      place: placeOfKeys(context.held),
      user,
    }
    try {
      await rotateKeys(rotation, effectsOf(session, user, context))
    } catch (error) {
      if (!isFailure(error, 'CREDENTIALS_REJECTED') || error.failure.origin !== 'session') throw error
      // Those of a key that was deactivated may be refused.
      const isOfOldKey = error.failure.reason !== 'expired' && isDeactivationNoted(context)
      if (!isOfOldKey && error.failure.reason !== 'expired') throw error
      removeSessionsOf(keyIdOf(context.held), runtime)
      if (isOfOldKey) runtime.terminal.stderr(SESSIONS_REFUSED)
      await rotateKeys(rotation, effectsOf(await sessionOf(context), user, context))
    }
    return 0
  } finally {
    release()
  }
}

/** Whether awsmfa was told to deactivate the key whose sessions the profile's key has taken over. */
function isDeactivationNoted({ held, rotations }: RotateContext): boolean {
  const noted = rotations.notes().flatMap((text) => decodeRotation(text) ?? [])
  return noted.some(({ newKeyId, deactivatesOld }) => newKeyId === keyIdOf(held) && deactivatesOld === true)
}

/** Throws USAGE. */
function assertReplace({ options: { replace } }: RotateLine): void {
  if (replace === undefined || /^\w{4,128}$/.test(replace)) return
  const problem = {
    kind: 'bad-value',
    option: '--replace',
    value: replace,
    expected: 'the last four characters of an access key ID',
  } as const
  throw new AwsmfaError({ code: 'USAGE', problem })
}

async function resolve(line: RotateLine, runtime: LoginRuntime): Promise<RotateContext> {
  const snapshots = runtime.files.read()
  const input = loginInput(line, snapshots, await runtime.readSettings(), runtime)
  const resolution = resolveLogin({ ...input, forProgram: true })
  const { longTerm, target } = resolution
  if (longTerm.kind === 'environment') throw new Error('a chain through files ends in a file')
  if (longTerm.kind === 'process')
    throw new AwsmfaError({
      code: 'ROTATION_STOPPED',
      profile: target.value,
      reason: 'process',
      keys: [],
      place: longTerm.place,
    })
  const rotations = createRotationFiles(runtime.folders.state)
  rotations.sweep()
  return { ...runtime, line, profile: target.value, resolution, held: longTerm, snapshots, rotations }
}

/** Without a terminal nobody says that the old key may stop working. */
function requestOf({ line: { options }, terminal }: RotateContext): RotationRequest {
  if (options.undo === true) return { kind: 'undo' }
  if (options.deleteOld === true) return { kind: 'delete-old' }
  const isDecided = options.yes === true || terminal.canAsk()
  return { kind: 'rotate', replace: options.replace, keepsOld: options.keepOld === true || !isDecided }
}

/** Returns whose key it is. Throws ROTATION_STOPPED unless it is an IAM user's. */
async function userOf(context: RotateContext): Promise<KeyRotation['user']> {
  const { resolution, held, facts, snapshots, deadline, profile } = context
  const known = facts.identityOf(keyIdOf(held))
  const identity = known ?? (await askIdentity())
  const userName = userNameOfArn(identity.arn)
  if (userName !== undefined) return { ...identity, userName }
  const reason: RotationObstacle = identity.arn.endsWith(':root') ? 'root' : 'role'
  throw new AwsmfaError({ code: 'ROTATION_STOPPED', profile, reason, keys: [] })

  async function askIdentity(): Promise<CallerIdentity> {
    const source = await credentialSource(resolution, context)
    const { sts } = context.connect(resolution, snapshots)
    return await sts.getCallerIdentity(await source.open(), deadline.signal)
  }
}

/** Returns a session with MFA of the key's user: a cached one, otherwise a new one, which takes a token code. */
async function sessionOf(context: RotateContext): Promise<ShortTermCredentials> {
  const { resolution, snapshots, profile, facts, cachedSessionOf } = context
  try {
    const provided = await provideSession(
      {
        resolution: { ...resolution, roles: [] },
        isDurationRequired: false,
        minimumSeconds: MINIMUM_SECONDS,
      },
      { ...context, ...context.connect(resolution, snapshots), sources: await context.sourcesFor(resolution) },
    )
    return provided.credentials
  } catch (error) {
    // A code can only be passed to login, which must not fail for another reason.
    if (!isFailure(error, 'PROMPT_UNAVAILABLE') || error.failure.wanted !== 'token-code') throw error
    const { storeProfile, longTerm } = resolution
    const view = snapshots.profiles.find(storeProfile)
    assertNoLongTermKeys({
      profile: storeProfile,
      ownership: classifyProfile(view),
      view,
      path: snapshots.credentials.path,
      longTermProfile: longTerm.kind === 'environment' ? undefined : longTerm.profile,
    })
    const lookup = { profiles: snapshots.profiles, now: context.now(), identityOf: facts.identityOf, cachedSessionOf }
    const { expiration } = statusOfProfile(profile, lookup)
    throw new AwsmfaError(
      { code: 'SESSION_MISSING', profile, expiration, wantedSeconds: MINIMUM_SECONDS, noTerminal: true },
      { cause: error },
    )
  }
}

function effectsOf(session: ShortTermCredentials, user: KeyRotation['user'], context: RotateContext): RotationEffects {
  const { resolution, snapshots, rotations, profile, keyStore } = context
  const { passphraseCommand } = resolution
  return {
    ...context,
    monotonicMs,
    iam: context.accessKeysFor(resolution, snapshots, session),
    callerOf: async (keys, signal) => await context.connect(resolution, snapshots).sts.getCallerIdentity(keys, signal),
    storeOf: async (place: KeyPlace) =>
      place === 'file' ? rotations.pairs : await keyStore(place, { profile, passphraseCommand }),
    report: reporter(user, context),
    confirm: (question) => confirm(question, context),
  }
}

const SESSIONS_REFUSED = note('AWS does not accept sessions of the old access key any more: a new token code is needed')

/** Prints what has happened, and at the end of a run that had nothing left to do, that. */
function reporter(user: CallerIdentity, context: RotateContext): RotationEffects['report'] {
  const { terminal, profile, home, now, files } = context
  let hasChanged = false
  const print = (text: string): void => terminal.stderr(text)
  const success = (text: string): void => {
    hasChanged = true
    print(`${tick(terminal.talk)} ${text}\n`)
  }
  const name = visible(profile)
  const again = (...words: readonly string[]): string => commandLine('rotate', profileWord(profile), ...words)
  return (event: RotationEvent) => {
    switch (event.kind) {
      case 'found': {
        const key = shownKey(event.key)
        const facts = [ageInWords(key, now()), useInWords(key, now())].filter((fact) => fact !== '').join(', ')
        const owner = identityInWords(user.account, user.arn) ?? ''
        return print(`Access key ${key.accessKeyId} of ${owner}: ${facts}\n`)
      }
      case 'created':
        return success(`${name}: access key ${shortenAccessKeyId(event.accessKeyId)} created and stored`)
      case 'swapped': {
        const profiles = event.profiles.map(quoted)
        const [from, to] = [event.from, event.to].map(shortenAccessKeyId)
        return success(`${name}: access key ${to ?? ''} replaces ${from ?? ''} in ${listed(profiles, 'and')}`)
      }
      case 'activated':
        return success(`${name}: access key ${shortenAccessKeyId(event.accessKeyId)} activated`)
      case 'deactivated':
        return success(
          `${name}: access key ${shortenAccessKeyId(event.accessKeyId)} deactivated. To undo: ${again('--undo')}`,
        )
      case 'kept':
        return print(
          note(
            `access key ${shortenAccessKeyId(event.accessKeyId)} is still active. To deactivate it: ${again(...(terminal.canAsk() ? [] : ['--yes']))}`,
          ),
        )
      case 'deleted':
        return success(`${name}: access key ${shortenAccessKeyId(event.accessKeyId)} deleted`)
      case 'already-deleted':
        return print(note(`the old access key ${shortenAccessKeyId(event.accessKeyId)} is already deleted`))
      case 'copy-remains': {
        const view = { home, files: files.read().paths, now: now(), debug: false }
        const next = event.canRetry
          ? again('--delete-old')
          : commandLine('keys', 'remove', event.accessKeyId, '--from', event.store)
        const { error, hints } = copyRemainsText(event.accessKeyId, event.failure, next, view)
        return print(note(error) + hints.map(hint).join(''))
      }
      case 'sessions-refused':
        return print(SESSIONS_REFUSED)
      case 'write-warning':
        return print(renderWriteWarning(event.warning, home))
      case 'finished':
        if (!hasChanged) success(`${name}: access key ${shortenAccessKeyId(event.accessKeyId)} is in use`)
    }
  }
}

/** `--yes` answers every question but the one about a key that another computer may have made. */
async function confirm({ kind, key }: RotationQuestion, context: RotateContext): Promise<boolean> {
  const { line, terminal, cancelled, deadline, now } = context
  const shown = shownKey(key)
  const id = shown.accessKeyId
  if (kind === 'candidate') {
    if (!terminal.canAsk()) return false
    terminal.stderr(
      note(
        `${keyInWords(shown, now())} may be the access key whose response was lost, or another computer has created it`,
      ),
    )
    const question = { text: `To delete ${id} and create a new access key, type yes: `, wanted: 'consent' } as const
    return (await deadline.pauseWhile(terminal.ask(question, cancelled))) === 'yes'
  }
  if (line.options.yes === true || (kind === 'create' && !terminal.canAsk())) return true
  const text = {
    create: 'Create a new access key?',
    deactivate: `Access key ${id}: ${useInWords(shown, now())}. Other computers and CI that use it will stop working. Deactivate it?`,
    replace: `Delete access key ${keyInWords(shown, now())}?`,
    old: `Delete access key ${keyInWords(shown, now())}?`,
    undo: `Use access key ${keyInWords(shown, now())} again and deactivate the new one?`,
  }[kind]
  return await deadline.pauseWhile(terminal.confirm({ text, wanted: 'consent' }, cancelled))
}
