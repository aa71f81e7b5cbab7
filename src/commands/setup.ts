/**
 * `setup`: whose keys → a draft of the change → what only AWS knows (who the keys belong to, the device) → show the
 * change, ask, make it → report.
 */
import { namedOnLine, withEdits } from '../aws-files/profiles.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import type { FilePlan } from '../aws-files/shared-files.ts'
import { assertProfileName } from '../aws-files/sections.ts'
import { isRegionName } from '../aws/endpoints.ts'
import { keepsRule, ROLE_ARN } from '../aws/sts-api.ts'
import { LAYOUT_NAMES } from '../command-line/spec.ts'
import type { KeyPlace } from '../command-line/spec.ts'
import type { Invocation, OptionsOf } from '../command-line/table.ts'
import { PICK_QUESTION } from './pick-profile.ts'
import { renderWriteWarning } from '../errors/files.ts'
import { renderPlainTextAdvice } from '../errors/layouts.ts'
import { formatFailure, renderFailure } from '../errors/messages.ts'
import {
  askLongTermKeys,
  isKeychainUsable,
  keyPlaceOf,
  moveKeys,
  storesFor,
  verifyKeys,
} from '../layouts/access-keys.ts'
import type { KeysMove, Moved, MoveEffects } from '../layouts/access-keys.ts'
import { changeFiles, shownChange } from '../layouts/change-files.ts'
import type { FileChange } from '../layouts/change-files.ts'
import { findHeldKeys, listHeldKeys, placeOfKeys, plainTextProfiles } from '../layouts/keys-plan.ts'
import type { HeldKeys } from '../layouts/keys-plan.ts'
import { baseWithKeys, findSetupCandidates } from '../layouts/setup-base.ts'
import type { SetupBase } from '../layouts/setup-base.ts'
import { addRole, findBaseIn, isSetUp, planSetup, processLine } from '../layouts/setup-plan.ts'
import type { NewRole, SetupInput, SetupPlan, WantedLayout } from '../layouts/setup-plan.ts'
import { credentialSource } from '../login/long-term-keys.ts'
import { loginInput } from '../login/prepare.ts'
import type { LoginResolution } from '../login/resolution.ts'
import { resolveLogin } from '../login/resolve.ts'
import type { GlobalDefaults } from '../login/settings.ts'
import type { Connection } from '../login/prepare.ts'
import { findDevice } from '../mfa/device.ts'
import { keyIdOf, shortenAccessKeyId } from '../model/credentials.ts'
import type { LongTermCredentials } from '../model/credentials.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { isRegionOfAwsmfa, resolveTargetProfile } from '../model/invocation.ts'
import type { Origin, Resolved } from '../model/profile.ts'
import type { LoginRuntime } from '../runtime/login.ts'
import { signIn } from './program-session.ts'
import { statusOfProfile } from '../sessions/status.ts'
import { hasWindowsQuotes } from '../shell/words.ts'
import { commandLine, hint, note, profileWord, quoted, tick, visible, warn } from '../ui/words.ts'

/** The runtime, and awsmfa's own settings. */
type SetupContext = LoginRuntime & Pick<MoveEffects, 'storeOf'> & { readonly defaults: GlobalDefaults }

/** Long-term keys that are not in the files yet, and where they come from. */
interface GivenKeys {
  readonly credentials: LongTermCredentials
  readonly region: string | undefined
  readonly origin: Origin
}

/**
 * Brings the files into the layout in which one session serves every role, and returns the exit code 0. Throws
 * everything that can refuse; in that case no file is changed, unless the failure says otherwise.
 */
export async function setup(invocation: Invocation<'setup'>, runtime: LoginRuntime): Promise<number> {
  const defaults = await runtime.readSettings()
  const context: SetupContext = { ...runtime, defaults, storeOf: storesFor(invocation, { ...runtime, defaults }) }
  const { terminal, files } = context
  context.backups.sweep()
  const role = roleOption(invocation)
  const target = await chooseTarget(invocation, context)
  assertProfileName(target.value, target.origin)
  const read = files.read()
  const snapshots = role === undefined ? read : addRole(read, target, role)
  const input = await completeInput(invocation, { target, snapshots }, context)
  if (input.layout?.kind === 'process') {
    const { base } = findBaseIn(input, input.credentials !== undefined)
    terminal.stderr(renderQuotesWarning(processLine(base, input.layout.start) ?? '', context.isWindows) ?? '')
  }
  const planFor = (fresh: SharedSnapshots): SetupPlan => planSetup({ ...input, snapshots: fresh, role })
  const { base, edits } = planFor(read)
  const store = await chooseStore(invocation, base, withEdits(read, edits), context)
  const { kind, result, warnings } = await context.deadline.pauseWhile(
    store === undefined
      ? changeFiles(changeTo(planFor, invocation, context), context)
      : moveKeys(moveTo(store, planFor, invocation, context), context),
  )
  for (const warning of warnings) terminal.stderr(renderWriteWarning(warning, context.home))
  const isSignedIn = (): boolean => {
    const { now, facts, cachedSessionOf } = context
    const lookup = { profiles: files.read().profiles, now: now(), identityOf: facts.identityOf, cachedSessionOf }
    return !['none', 'expired'].includes(statusOfProfile(base, lookup).state)
  }
  if (kind === 'nothing') {
    terminal.stderr(note(`${quoted(role === undefined ? base : target.value)} is already set up`))
    if (!isSignedIn()) terminal.stderr(signInHint(base))
  }
  if (kind === 'changed') {
    terminal.stderr(`${tick(terminal.talk)} Applied. To undo: ${commandLine('undo')}\n`)
    // New keys were never in a file.
    const earlier = listHeldKeys(read).map(keyIdOf)
    const moved = result.filter((held) => earlier.includes(keyIdOf(held)))
    terminal.stderr(renderPlainTextAdvice(plainTextProfiles(moved, files.read())))
    if (!isSignedIn()) await offerLogin(base, invocation, context)
  }
  return 0
}

function changeTo(
  planFor: (snapshots: SharedSnapshots) => SetupPlan,
  invocation: Invocation<'setup'>,
  context: SetupContext,
): FileChange<Moved> {
  const plan = (snapshots: SharedSnapshots): FilePlan<Moved> => ({ edits: planFor(snapshots).edits, result: [] })
  return { plan, ...shownChange(invocation, context), keepsBackup: true }
}

/** The same change, and the access key in another place. */
function moveTo(
  to: KeyPlace,
  planFor: (snapshots: SharedSnapshots) => SetupPlan,
  invocation: Invocation<'setup'>,
  context: SetupContext,
): KeysMove {
  return {
    prepare: (snapshots) => planFor(snapshots).edits,
    find: (drafted) => [findHeldKeys(namedOnLine(planFor(drafted).base), drafted)],
    to,
    ...shownChange(invocation, context),
  }
}

/**
 * Returns where the access key is moved: as `--keys` says, or to the keychain if that can be used and the person
 * agrees; undefined: it stays where the setup has it.
 */
async function chooseStore(
  { options }: Invocation<'setup'>,
  base: string,
  drafted: SharedSnapshots,
  context: SetupContext,
): Promise<KeyPlace | undefined> {
  const { terminal, deadline, cancelled } = context
  const named = keyPlaceOf('--keys', options.keys)
  const held = heldKeysOf(base, drafted)
  if (named !== undefined) return held !== undefined && placeOfKeys(held) === named ? undefined : named
  if (held?.kind !== 'static' || options.yes === true || options.dryRun === true || !terminal.canAsk()) return undefined
  const { accessKeyId } = held.credentials
  const isUsable = await isKeychainUsable(accessKeyId, base, context).catch((error: unknown) => {
    // Nobody asked for the keychain: an item of that id that cannot be read only means no offer.
    if (isFailure(error, 'KEY_STORE_FAILED')) return false
    throw error
  })
  if (!isUsable) return undefined
  const question = `Store the access key ${shortenAccessKeyId(accessKeyId)} in the keychain?`
  return (await deadline.pauseWhile(terminal.confirm({ text: question }, cancelled))) ? 'keychain' : undefined
}

/** A `credential_process` has its keys itself. */
function heldKeysOf(base: string, snapshots: SharedSnapshots): HeldKeys | undefined {
  try {
    return findHeldKeys(namedOnLine(base), snapshots)
  } catch (error) {
    if (isFailure(error, 'KEYS_UNSUITABLE')) return undefined
    throw error
  }
}

/** Offers to sign in, where somebody has just agreed to the change. Throws what login throws. */
async function offerLogin(
  base: string,
  { options }: Invocation<'setup'>,
  { terminal, deadline, cancelled, ...runtime }: SetupContext,
): Promise<void> {
  if (options.yes !== true && terminal.canAsk()) {
    const question = { text: 'Sign in now?', isYesDefault: true }
    if (await deadline.pauseWhile(terminal.confirm(question, cancelled)))
      return await signIn(base, { terminal, deadline, cancelled, ...runtime })
  }
  terminal.stderr(signInHint(base))
}

function signInHint(base: string): string {
  return hint(`to sign in: ${commandLine('login', profileWord(base))}`)
}

/** How often AWS may reject keys that were typed. */
const MOST_REJECTIONS = 3

/** Returns the input with what only AWS and the person know. Keys that were typed and are not AWS's are asked again. */
async function completeInput(
  invocation: Invocation<'setup'>,
  files: Pick<SetupInput, 'target' | 'snapshots'>,
  context: SetupContext,
): Promise<SetupInput> {
  for (let attempt = 1; ; attempt++) {
    const given = await givenKeys(invocation, files, context, attempt > 1)
    const input: SetupInput = {
      ...files,
      credentials: given?.credentials,
      serialNumber: namedDevice(invocation),
      region: regionFlag(invocation) ?? given?.region,
      layout: layoutOf(invocation, context),
    }
    try {
      return { ...input, serialNumber: await verifyWithAws(input, given, context) }
    } catch (error) {
      const isTypo = given?.origin.kind === 'typed' && isFailure(error, 'CREDENTIALS_REJECTED')
      if (!isTypo || attempt === MOST_REJECTIONS) throw error
      const view = { home: context.home, files: files.snapshots.paths, now: context.now(), debug: false }
      context.terminal.stderr(formatFailure(renderFailure(error.failure, view), view))
    }
  }
}

/**
 * The profile that the line names. If it names none and `default` has no keys while others have, one of those, or a new
 * one: the person chooses. Throws PROFILE_NOT_NAMED if there is nobody to ask, CANCELLED.
 */
async function chooseTarget(invocation: Invocation<'setup'>, context: SetupContext): Promise<Resolved<string>> {
  const { environment, files, terminal, deadline, cancelled } = context
  const { sourceEnv, roleArn, keys, layout, region, serialNumber } = invocation.options
  const target = resolveTargetProfile(invocation, environment)
  if (target.origin.kind !== 'default' || sourceEnv === true || roleArn !== undefined) return target
  const snapshots = files.read()
  const { profiles, paths } = snapshots
  if (baseWithKeys(target.value, { profiles, paths }) !== undefined) return target
  const candidates = findSetupCandidates({ profiles, paths })
  if (candidates.length === 0) return target
  if (!terminal.canAsk()) {
    const isChange = (keys ?? layout ?? region ?? serialNumber) !== undefined
    const open = isChange ? candidates : candidates.filter((name) => !isSetUp(name, snapshots))
    throw new AwsmfaError({ code: 'PROFILE_NOT_NAMED', candidates: open, command: 'setup' })
  }
  const choices = [...candidates.map((name) => visible(name)), 'a new profile'].map((name) => ({ name }))
  const choice = candidates[await deadline.pauseWhile(terminal.choose(PICK_QUESTION, choices, cancelled))]
  const question = { text: 'Profile name: ', wanted: 'answer' } as const
  const value = choice ?? (await deadline.pauseWhile(terminal.ask(question, cancelled)))
  return { value, origin: { kind: 'typed' } }
}

/** Returns the warning that some programs cannot run a `credential_process` line; undefined if all can. */
export function renderQuotesWarning(line: string, isWindows: boolean): string | undefined {
  if (!hasWindowsQuotes(line, isWindows)) return undefined
  const problem =
    'Terraform and other Go programs on Windows cannot run the credential_process line: it contains double quotes'
  return `${warn(problem)}${hint('use --layout session, or paths and a profile name without spaces')}`
}

/** Returns keys for a base that has none: from the environment with `--source-env`, otherwise typed. */
async function givenKeys(
  invocation: Invocation<'setup'>,
  { target, snapshots }: Pick<SetupInput, 'target' | 'snapshots'>,
  context: SetupContext,
  again: boolean,
): Promise<GivenKeys | undefined> {
  const { environment, terminal, deadline } = context
  if (invocation.options.sourceEnv === true) {
    const region = ['AWS_REGION', 'AWS_DEFAULT_REGION']
      .filter((name) => !isRegionOfAwsmfa(name, environment))
      .map((name) => environment[name])
      .find((name) => name !== undefined)
    return {
      credentials: keysFromEnvironment(target.value, snapshots, context),
      region: region === '' ? undefined : region,
      origin: { kind: 'environment', variable: 'AWS_ACCESS_KEY_ID' },
    }
  }
  const { base, longTerm } = baseOf({ target, snapshots }, terminal.canAsk())
  if (longTerm !== undefined) return undefined
  if (terminal.canAsk() && !again)
    terminal.stderr(`${quoted(base)} has no access key. Create one in the AWS console, "Security credentials"\n`)
  const isRegionKnown =
    regionFlag(invocation) !== undefined || snapshots.profiles.find(base)?.get('region') !== undefined
  const typed = await deadline.pauseWhile(askLongTermKeys(context, !isRegionKnown))
  return { ...typed, origin: { kind: 'typed' } }
}

/** A name that no file has is a new profile, where keys can be asked for; unless a known name is like it. */
function baseOf(input: Pick<SetupInput, 'target' | 'snapshots'>, canAsk: boolean): SetupBase {
  try {
    return findBaseIn(input, input.target.origin.kind === 'typed')
  } catch (error) {
    if (canAsk && isFailure(error, 'PROFILE_NOT_FOUND') && error.failure.nearest === undefined)
      return findBaseIn(input, true)
    throw error
  }
}

function keysFromEnvironment(profile: string, snapshots: SharedSnapshots, context: SetupContext): LongTermCredentials {
  const { longTerm } = resolve(profile, snapshots, { sourceEnv: true }, context)
  if (longTerm.kind !== 'environment') throw new Error('the environment was asked for')
  return longTerm.credentials
}

/** Asks AWS what the files do not say: the owner of new keys, and the device. Returns the device to write, if any. */
async function verifyWithAws(
  input: SetupInput,
  given: GivenKeys | undefined,
  context: SetupContext,
): Promise<Resolved<string> | undefined> {
  const draft = planSetup(input)
  const variable = context.environment['AWS_MFA_SERIAL'] ?? ''
  const isKnown = draft.serialNumber !== undefined || variable !== ''
  const serialNumber =
    draft.serialNumber === undefined && variable !== ''
      ? ({ value: variable, origin: { kind: 'environment', variable: 'AWS_MFA_SERIAL' } } as const)
      : input.serialNumber
  const isNew = given !== undefined && draft.edits.credentials.length > 0
  if (isKnown && !isNew) return serialNumber
  const drafted = withEdits(input.snapshots, draft.edits)
  const resolution = resolve(draft.base, drafted, input.region === undefined ? {} : { region: input.region }, context)
  const connection = context.connect(resolution, drafted)
  if (isNew) await verifyKeys(given, connection, context)
  return isKnown
    ? serialNumber
    : { value: await deviceFromIam(resolution, connection, context), origin: { kind: 'iam' } }
}

async function deviceFromIam(
  resolution: LoginResolution,
  connection: Connection,
  context: SetupContext,
): Promise<string> {
  const { longTerm, path, target } = resolution
  if (longTerm.kind === 'process')
    throw new AwsmfaError({
      code: 'MFA_SERIAL_MISSING',
      profile: target.value,
      path,
      listing: 'failed',
      devices: [],
      command: 'setup',
    })
  try {
    const search = { target, path, prompt: { hideArns: false } }
    const signer = await (await credentialSource(resolution, context)).open()
    const { serialNumber, isOnly } = await findDevice(search, signer, { ...context, ...connection })
    if (isOnly) context.debug(`IAM lists one MFA device: ${serialNumber}`)
    return serialNumber
  } catch (error) {
    throw isFailure(error, 'MFA_SERIAL_MISSING')
      ? new AwsmfaError({ ...error.failure, command: 'setup' }, { cause: error })
      : error
  }
}

/** Resolves a login of the profile. */
function resolve(
  profile: string,
  snapshots: SharedSnapshots,
  options: OptionsOf<'login'>,
  context: SetupContext,
): LoginResolution {
  const invocation: Invocation<'login'> = { command: 'login', positionals: [profile], options }
  return resolveLogin(loginInput(invocation, snapshots, context.defaults, context))
}

function namedDevice({ options }: Invocation<'setup'>): Resolved<string> | undefined {
  const value = options.serialNumber
  return value === undefined ? undefined : { value, origin: { kind: 'flag', flag: '--serial-number' } }
}

function layoutOf({ options: { layout } }: Invocation<'setup'>, { processStart }: SetupContext): WantedLayout {
  if (layout === undefined) return undefined
  const name = LAYOUT_NAMES.find((each) => each === layout)
  if (name !== undefined) return name === 'process' ? { kind: name, start: processStart } : { kind: name }
  throw new AwsmfaError({
    code: 'USAGE',
    problem: { kind: 'bad-value', option: '--layout', value: layout, expected: 'session or process' },
  })
}

/** The role of `--role-arn`, which needs `--source-profile` and a name, and the other way round. Throws USAGE. */
function roleOption({ options, positionals }: Invocation<'setup'>): NewRole | undefined {
  const { roleArn, sourceProfile } = options
  if (roleArn === undefined && sourceProfile === undefined) return undefined
  const name = positionals[0] ?? options.profile
  if (roleArn === undefined || sourceProfile === undefined || name === undefined) {
    const option = roleArn === undefined ? '--source-profile' : '--role-arn'
    const needed = roleArn === undefined ? '--role-arn' : sourceProfile === undefined ? '--source-profile' : undefined
    const words = [name ?? 'NAME', '--role-arn', roleArn ?? 'ARN', '--source-profile', sourceProfile ?? 'BASE']
    throw new AwsmfaError({
      code: 'USAGE',
      problem: { kind: 'missing-option', command: 'setup', option, needed, words },
    })
  }
  if (keepsRule(roleArn, ROLE_ARN)) return { roleArn, sourceProfile }
  const problem = { kind: 'bad-value', option: '--role-arn', value: roleArn, expected: ROLE_ARN.expected } as const
  throw new AwsmfaError({ code: 'USAGE', problem })
}

function regionFlag({ options }: Invocation<'setup'>): string | undefined {
  const { region } = options
  if (region === undefined) return undefined
  if (isRegionName(region)) return region
  throw new AwsmfaError({
    code: 'USAGE',
    problem: { kind: 'bad-value', option: '--region', value: region, expected: 'a region such as eu-west-1' },
  })
}
