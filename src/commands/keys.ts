/** `keys`: shows where access keys are stored, adds, moves and removes them. Only add asks AWS anything. */
import { expandProfiles, namedOnLine, withEdits } from '../aws-files/profiles.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import { assertNewProfileName } from '../aws-files/sections.ts'
import type { KeyPlace } from '../command-line/spec.ts'
import type { Invocation } from '../command-line/table.ts'
import { renderWriteWarning } from '../errors/files.ts'
import { renderPlainTextAdvice } from '../errors/layouts.ts'
import { copyRemainsText, formatFailure, renderFailure } from '../errors/messages.ts'
import { createRotationFiles, storeItem, storesWith } from '../keys/stores.ts'
import type { StoreOfPlace } from '../keys/stores.ts'
import {
  PLACE_WORDS,
  askLongTermKeys,
  badKeyPlace,
  findSpareCopy,
  isKeychainUsable,
  keyPlaceOf,
  moveKeys,
  storesFor,
  verifyKeys,
} from '../layouts/access-keys.ts'
import type { MoveEffects } from '../layouts/access-keys.ts'
import { changeFiles, confirmChange, shownChange } from '../layouts/change-files.ts'
import {
  asStoredKeys,
  findHeldKeys,
  listHeldKeys,
  placeOfKeys,
  plainTextProfiles,
  planKeysChanges,
  profileForKeys,
  profilesWith,
  rolesOn,
  unsuitableKeys,
} from '../layouts/keys-plan.ts'
import type { HeldKeys, KeysChange } from '../layouts/keys-plan.ts'
import { loginInput } from '../login/prepare.ts'
import { keysFromEnvironment, resolveLogin } from '../login/resolve.ts'
import type { GlobalDefaults } from '../login/settings.ts'
import { KEY_STORES, isWrittenKeyId, keyIdOf, shortenAccessKeyId } from '../model/credentials.ts'
import type { LongTermCredentials } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { resolveTargetProfile } from '../model/invocation.ts'
import type { Origin } from '../model/profile.ts'
import type { WriteWarning } from '../platform/atomic-file.ts'
import type { LoginRuntime } from '../runtime/login.ts'
import { statusOfProfile } from '../sessions/status.ts'
import { renderFittedTable } from '../ui/style.ts'
import type { TableLayout } from '../ui/style.ts'
import { commandLine, hint, listed, note, profileWord, quoted, tick, visible } from '../ui/words.ts'

type KeysLine = Invocation<'keys'>

/** What an action works with: the runtime, awsmfa's own settings, and the stores of this run. */
interface KeysContext extends LoginRuntime, Pick<MoveEffects, 'storeOf'> {
  readonly defaults: GlobalDefaults
}

/**
 * Runs an action, and returns the exit code: 0, or 1 if a store still has a key that was removed. Throws what the
 * stores throw, and everything else that can refuse; in that case no file is changed, unless the failure says
 * otherwise.
 */
export async function keys(invocation: KeysLine, runtime: LoginRuntime): Promise<number> {
  const [action, ...words] = invocation.positionals
  const defaults = await runtime.readSettings()
  const context: KeysContext = { ...runtime, defaults, storeOf: storesFor(invocation, { ...runtime, defaults }) }
  runtime.backups.sweep()
  if (action === 'show') show(invocation, words, context)
  else if (action === 'add') await add(invocation, words, context)
  else if (action === 'move') await move(invocation, words, context)
  else return await remove(invocation, words, context)
  return 0
}

function show({ options }: KeysLine, words: readonly string[], { files, terminal }: KeysContext): void {
  const snapshots = files.read()
  const held =
    words.length === 0 && options.profile === undefined ? listHeldKeys(snapshots) : named(options, words, snapshots)
  if (options.json === true) {
    const rows = held.map((each) => ({
      profile: each.profile,
      store: placeOfKeys(each),
      accessKeyId: shortenAccessKeyId(keyIdOf(each)),
    }))
    return terminal.stdout(`${JSON.stringify(rows)}\n`)
  }
  if (held.length === 0) {
    const add =
      snapshots.profiles.names().length === 0
        ? commandLine('setup')
        : `to add one: ${commandLine('keys', 'add', 'PROFILE')}`
    return terminal.stderr(`${note('no profile has an access key')}${hint(add)}`)
  }
  const rows = held.map((each) => ({
    PROFILE: visible(each.profile),
    STORE: PLACE_WORDS[placeOfKeys(each)],
    KEY: shortenAccessKeyId(keyIdOf(each)),
  }))
  terminal.stdout(renderFittedTable(rows, LAYOUT, terminal.data))
}

const LAYOUT: TableLayout<'PROFILE' | 'STORE' | 'KEY'> = {
  forms: [
    ['PROFILE', 'STORE', 'KEY'],
    ['PROFILE', 'STORE'],
  ],
  names: { PROFILE: { most: 48, least: 15 } },
}

/** The keys of the profiles that the line names, each once. */
function named(
  { profile }: KeysLine['options'],
  words: readonly string[],
  snapshots: SharedSnapshots,
): readonly HeldKeys[] {
  const names = profile === undefined ? expandProfiles(words, snapshots).profiles : [profile]
  const held = names.map((name) => findHeldKeys(namedOnLine(name), snapshots))
  return held.filter((each, index) => held.findIndex((other) => other.profile === each.profile) === index)
}

async function move(invocation: KeysLine, words: readonly string[], context: KeysContext): Promise<void> {
  const { options } = invocation
  const { terminal, environment } = context
  const to = keyPlaceOf('--to', options.to)
  if (to === undefined) throw badKeyPlace('--to', '')
  const names = words.length > 0 ? words : [resolveTargetProfile({ positionals: [], options }, environment).value]
  const { kind, result, warnings } = await moveKeys(
    {
      find: (snapshots) => named(options, names, snapshots),
      to,
      ...shownChange(invocation, context),
    },
    context,
  )
  report(warnings, context)
  if (kind === 'shown') return
  if (kind === 'nothing') return terminal.stderr(note(`the access key is ${PLACE_WORDS[to]} already`))
  for (const held of result)
    terminal.stderr(
      `${tick(terminal.talk)} ${visible(held.profile)}: access key ${shortenAccessKeyId(keyIdOf(held))} is ${PLACE_WORDS[to]} now. To undo: ${commandLine('undo')}\n`,
    )
  if (to === 'file') {
    const stored: HeldKeys[] = []
    for (const held of result) if (held.kind === 'stored' && (await hasItem(held, context))) stored.push(held)
    const places = [...new Set(stored.map((held) => PLACE_WORDS[placeOfKeys(held)]))]
    const stays = places.length === 0 ? '' : `; it stays ${listed(places, 'and')}, too, for undo`
    terminal.stderr(note(`the secret is in plain text now${stays}`))
    for (const held of stored)
      terminal.stderr(
        hint(
          `to remove it there: ${commandLine('keys', 'remove', profileWord(held.profile), '--from', placeOfKeys(held))}`,
        ),
      )
    return
  }
  terminal.stderr(renderPlainTextAdvice(plainTextProfiles(result, context.files.read())))
  warnAboutRoles(result, context)
}

/** The item may be missing: a reference to none is removed. */
async function hasItem(
  { store, profile, accessKeyId }: Extract<HeldKeys, { readonly kind: 'stored' }>,
  { storeOf, cancelled }: KeysContext,
): Promise<boolean> {
  return await (await storeOf(store, profile)).has(accessKeyId, cancelled)
}

/** Tools that assumed a role with the keys themselves find none any more. */
function warnAboutRoles(moved: readonly HeldKeys[], { files, terminal }: KeysContext): void {
  const { profiles } = files.read()
  for (const { profile } of moved) {
    const roles = rolesOn(profile, profiles)
    if (roles.length === 0) continue
    const names = listed(roles.map(quoted), 'and')
    terminal.stderr(note(`tools assume ${names} with the session of ${quoted(profile)} from now on: sign in first`))
    terminal.stderr(hint(commandLine('login', profileWord(roles[0] ?? profile))))
  }
}

/** A new key, and where it comes from. */
interface NewKeys {
  readonly credentials: LongTermCredentials
  readonly origin: Origin
}

async function add(invocation: KeysLine, words: readonly string[], context: KeysContext): Promise<void> {
  const { options } = invocation
  const { files, terminal, environment, cancelled } = context
  const target = resolveTargetProfile({ positionals: words, options }, environment)
  const snapshots = files.read()
  assertNoOtherKeys(target.value, undefined, snapshots)
  const given = await newKeys(invocation, context)
  const { accessKeyId } = given.credentials
  const to =
    keyPlaceOf('--to', options.to) ??
    ((await isKeychainUsable(accessKeyId, target.value, context)) ? 'keychain' : 'encrypted-file')
  const change: KeysChange = { profile: profileForKeys(target.value, to), to, keys: given.credentials }
  assertNewProfileName(change.profile, target.origin)
  const planned = (fresh: SharedSnapshots) => {
    assertNoOtherKeys(target.value, change, fresh)
    return planKeysChanges([change], fresh)
  }
  const connection = connectionFor(target.value, invocation, { edits: planned(snapshots), snapshots }, context)
  await verifyKeys(given, connection, context)
  const store = async (): Promise<void> => {
    if (to !== 'file') await storeItem(await context.storeOf(to, change.profile), given.credentials, cancelled)
  }
  const { kind, warnings } = await changeFiles(
    {
      plan: (fresh) => ({ edits: planned(fresh), result: undefined }),
      ...shownChange(invocation, context),
      keepsBackup: true,
      beforeWrite: store,
    },
    context,
  )
  report(warnings, context)
  if (kind === 'shown') return
  // The profile referred to these keys already.
  if (kind === 'nothing') await store()
  terminal.stderr(
    `${tick(terminal.talk)} ${visible(change.profile)}: access key ${shortenAccessKeyId(accessKeyId)} is ${PLACE_WORDS[to]}\n`,
  )
  const { state } = statusOfProfile(target.value, {
    ...context,
    profiles: files.read().profiles,
    now: context.now(),
    identityOf: context.facts.identityOf,
  })
  if (state === 'none' || state === 'expired')
    terminal.stderr(hint(`to sign in: ${commandLine('login', profileWord(target.value))}`))
}

/**
 * Throws KEYS_UNSUITABLE for a profile that leads to other keys. A reference to these keys in the same store is none:
 * the item may be on another computer alone.
 */
function assertNoOtherKeys(profile: string, wanted: KeysChange | undefined, snapshots: SharedSnapshots): void {
  try {
    const held = findHeldKeys(namedOnLine(profile), snapshots)
    const isReference = held.kind === 'stored' && (wanted === undefined || isSameKeys(held, wanted))
    if (!isReference) throw unsuitableKeys(profile, 'has-keys', [held.place])
  } catch (error) {
    if (!isFailure(error, 'LONG_TERM_CREDENTIALS_MISSING') && !isFailure(error, 'PROFILE_NOT_FOUND')) throw error
  }
}

function isSameKeys(held: HeldKeys, { profile, to, keys: { accessKeyId } }: KeysChange): boolean {
  return held.profile === profile && placeOfKeys(held) === to && keyIdOf(held) === accessKeyId
}

async function newKeys({ options }: KeysLine, context: KeysContext): Promise<NewKeys> {
  if (options.sourceEnv !== true) {
    const { credentials } = await context.deadline.pauseWhile(askLongTermKeys(context, false))
    return { credentials, origin: { kind: 'typed' } }
  }
  const credentials = keysFromEnvironment(context.environment)
  const origin = { kind: 'environment', variable: 'AWS_ACCESS_KEY_ID' } as const
  return { credentials, origin }
}

/** The services of AWS as a login with the planned files would reach them. */
function connectionFor(
  profile: string,
  { options }: KeysLine,
  { edits, snapshots }: { readonly edits: ReturnType<typeof planKeysChanges>; readonly snapshots: SharedSnapshots },
  context: KeysContext,
) {
  const drafted = withEdits(snapshots, edits)
  const { region, endpointUrl, caBundle } = options
  const given = Object.entries({ region, endpointUrl, caBundle }).filter(([, value]) => value !== undefined)
  const login: Invocation<'login'> = { command: 'login', positionals: [profile], options: Object.fromEntries(given) }
  const resolution = resolveLogin({ ...loginInput(login, drafted, context.defaults, context), forProgram: true })
  return context.connect(resolution, drafted)
}

/** Returns the exit code: 1 if a store still has a copy. */
async function remove(invocation: KeysLine, words: readonly string[], context: KeysContext): Promise<number> {
  const { options } = invocation
  if (options.from !== undefined) return await removeCopy(options.from, invocation, words, context)
  const { files, terminal, environment, home } = context
  const target = resolveTargetProfile({ positionals: words, options }, environment)
  const { kind, result, warnings } = await changeFiles(
    {
      plan: (snapshots) => {
        const held = findHeldKeys(target, snapshots)
        const credentials =
          held.kind === 'static' ? held.credentials : { accessKeyId: held.accessKeyId, secretAccessKey: '' }
        const changes = [{ profile: held.profile, to: undefined, keys: credentials }]
        const places = [placeOfKeys(held), placeOfKeys(asStoredKeys(held, snapshots))]
        return { edits: planKeysChanges(changes, snapshots), result: { held, places } }
      },
      ...shownChange(invocation, context),
      keepsBackup: false,
    },
    context,
  )
  report(warnings, context)
  if (kind !== 'changed') return 0
  const { held, places } = result
  const id = keyIdOf(held)
  const key = `access key ${shortenAccessKeyId(id)}`
  const done = (text: string): void => terminal.stderr(`${tick(terminal.talk)} ${visible(held.profile)}: ${text}\n`)
  const others = profilesWith(id, files.read())
  if (others.length > 0) {
    done(`${key} removed`)
    terminal.stderr(note(`it is still stored for ${listed(others.map(quoted), 'and')}`))
    return 0
  }
  const { failed, unasked } = await removeEverywhere(held, places, context)
  const view = { home, files: files.read().paths, now: context.now(), debug: false }
  const retry = (store: KeyPlace): string | undefined =>
    store === 'file' ? undefined : commandLine('keys', 'remove', id, '--from', store)
  done(failed.length === 0 ? `${key} removed` : `${key} removed from the profile`)
  terminal.stderr(note('AWS accepts the access key until it is deactivated or deleted there'))
  for (const { store, error } of failed)
    terminal.stderr(formatFailure(copyRemainsText(id, error.failure, retry(store), view), view))
  for (const { store, error } of unasked) {
    terminal.stderr(note(`there may be a copy ${PLACE_WORDS[store]}: ${renderFailure(error.failure, view).error}`))
    terminal.stderr(hint(`to remove it: ${retry(store) ?? ''}`))
  }
  context.cancelled.throwIfAborted()
  return failed.length === 0 ? 0 : 1
}

/** A store that has not done what was asked, and why. */
interface StoreTrouble {
  readonly store: KeyPlace
  readonly error: AwsmfaError
}

/**
 * Removes what awsmfa has of keys: first from its own files, where a secret is in plain text, then from the stores.
 * `failed`: stores that still have a copy; `unasked`: stores that exist, and may have one.
 */
async function removeEverywhere(
  held: HeldKeys,
  expected: readonly KeyPlace[],
  context: KeysContext,
): Promise<{ readonly failed: readonly StoreTrouble[]; readonly unasked: readonly StoreTrouble[] }> {
  const { files, backups, folders, cancelled } = context
  const id = keyIdOf(held)
  const rotations = createRotationFiles(folders.state)
  backups.removeWith(held.kind === 'static' ? held.credentials : { accessKeyId: id })
  if (held.kind === 'static') {
    const secrets = [held.credentials.secretAccessKey]
    rotations.removePairsWith(secrets)
    report(files.removeCopies(secrets), context)
  }
  const storeOf: StoreOfPlace = async (place) =>
    place === 'file' ? rotations.pairs : await context.storeOf(place, held.profile)
  const failed: StoreTrouble[] = []
  const unasked: StoreTrouble[] = []
  const onUnasked = (store: KeyPlace, error: AwsmfaError): void => void unasked.push({ store, error })
  for (const store of await storesWith(id, { storeOf, expected, onUnasked }, cancelled)) {
    try {
      await store.remove(id, cancelled)
    } catch (error) {
      if (!(error instanceof AwsmfaError)) throw error
      failed.push({ store: store.name, error })
    }
  }
  return { failed, unasked: unasked.filter(({ error }) => mayHaveItems(error)) }
}

/** Whether a store that does not answer exists: a keychain without a service or its program has no items. */
function mayHaveItems({ failure }: AwsmfaError): boolean {
  return failure.code !== 'KEYCHAIN_UNAVAILABLE' || ['locked', 'slow', 'denied'].includes(failure.reason)
}

/**
 * Deletes what one store has of an access key that no profile has there: of a profile's, or by its id of one that no
 * profile has any more. Returns the exit code 0. Throws USAGE, KEYS_UNSUITABLE for one that is in use, that a rotation
 * needs, or whose only copy it is, and what the store throws.
 */
async function removeCopy(
  word: string,
  { options }: KeysLine,
  words: readonly string[],
  context: KeysContext,
): Promise<number> {
  const { files, folders, terminal, environment, cancelled } = context
  const from = keyPlaceOf('--from', word)
  if (from === undefined || from === 'file') throw badKeyPlace('--from', word, KEY_STORES)
  const snapshots = files.read()
  const target = resolveTargetProfile({ positionals: words, options }, environment)
  const isId = words.length > 0 && isWrittenKeyId(target.value) && snapshots.profiles.find(target.value) === undefined
  const id = isId ? target.value : keyIdOf(findHeldKeys(target, snapshots))
  const copy = { accessKeyId: id, store: from, profile: target.value }
  const effects = { ...context, rotations: createRotationFiles(folders.state) }
  const key = `access key ${shortenAccessKeyId(id)}`
  const isThere = (await findSpareCopy(copy, snapshots, effects)) !== undefined
  if (isThere && options.dryRun === true) {
    terminal.stderr(note(`would delete ${key}, which is ${PLACE_WORDS[from]}`))
    return 0
  }
  if (isThere && options.yes !== true) await confirmChange(`Delete ${key}, which is ${PLACE_WORDS[from]}?`, context)
  // The files may have changed while the question waited.
  const store = isThere ? await findSpareCopy(copy, files.read(), effects) : undefined
  await store?.remove(id, cancelled)
  terminal.stderr(
    store === undefined
      ? note(`${key} is not ${PLACE_WORDS[from]}`)
      : `${tick(terminal.talk)} ${key} is no longer ${PLACE_WORDS[from]}\n`,
  )
  return 0
}

function report(warnings: readonly WriteWarning[], { terminal, home }: KeysContext): void {
  for (const warning of warnings) terminal.stderr(renderWriteWarning(warning, home))
}
