/**
 * `setup`: whose keys → a draft of the change → what only AWS knows (who the keys belong to, the device) → shown, asked, made
 * (flow) → report.
 */
import { AwsmfaError, isFailure } from '../core/failures.ts'
import { applyEdits } from '../core/files/byte-edit.ts'
import { classifyProfile } from '../core/files/ownership.ts'
import { assertProfileName } from '../core/files/profile-name.ts'
import type { Profiles } from '../core/files/profile-view.ts'
import { readProfiles } from '../core/files/profiles.ts'
import type { Invocation } from '../core/invocation.ts'
import type { ProcessStart, WantedLayout } from '../core/layouts/process-layout.ts'
import { LAYOUT_NAMES } from '../core/layouts/process-layout.ts'
import { findBaseIn, planSetup } from '../core/layouts/setup-plan.ts'
import type { SetupInput, SetupPlan } from '../core/layouts/setup-plan.ts'
import { isRegionName } from '../core/login/regions.ts'
import type { LoginResolution } from '../core/login/resolution.ts'
import { resolveLogin } from '../core/login/resolve-login.ts'
import type { GlobalDefaults } from '../core/login/settings.ts'
import { resolveTargetProfile } from '../core/login/target-profile.ts'
import type { Environment } from '../core/login/target-profile.ts'
import type { Origin, Resolved } from '../core/origin.ts'
import type { Backups, Deadline, RememberedFacts, SharedSnapshots, Terminal } from '../core/ports.ts'
import type { LongTermCredentials } from '../core/sessions/credentials.ts'
import { askLongTermKeys } from '../flows/ask-long-term-keys.ts'
import { changeFiles } from '../flows/change-files.ts'
import type { ChangeEffects } from '../flows/change-files.ts'
import { findDevice } from '../flows/find-device.ts'
import type { Connection } from '../flows/sign-in.ts'
import { renderDeviceFound, renderWriteWarning } from '../render/login.ts'
import { KEY_WORDS, renderAlreadySetUp, renderKeyOwner, renderKeysWanted, renderSetUp } from '../render/setup.ts'
import { shownChange } from './shown-change.ts'

/** What setup needs. */
export interface SetupContext extends Omit<ChangeEffects, 'backups' | 'terminal'> {
  readonly environment: Environment
  readonly home: string | undefined
  readonly terminal: Terminal
  readonly backups: Backups
  readonly facts: Pick<RememberedFacts, 'rememberIdentity'>
  readonly deadline: Deadline
  readonly processStart: ProcessStart
  readonly defaults: GlobalDefaults
  readonly connect: (resolution: LoginResolution, profiles: Profiles, snapshots: SharedSnapshots) => Connection
}

/** Long-term keys that are not in the files yet, and where they come from. */
interface GivenKeys {
  readonly credentials: LongTermCredentials
  readonly region: string | undefined
  readonly origin: Origin
}

/**
 * Brings the files into the layout in which one session serves every role, and gives the exit code 0. Throws everything that
 * can refuse; then no file is changed, unless the failure says otherwise.
 */
export async function setup(invocation: Invocation, context: SetupContext): Promise<number> {
  const { terminal, environment, files } = context
  context.backups.sweep()
  const target = resolveTargetProfile(invocation, environment)
  assertProfileName(target.value, target.origin)
  const snapshots = files.read()
  const given = await givenKeys(invocation, { target, snapshots }, context)
  const input: SetupInput = { snapshots, target, credentials: given?.credentials, serialNumber: namedDevice(invocation), region: regionFlag(invocation) ?? given?.region, layout: layoutOf(invocation, context) }
  const serialNumber = await settleWithAws(input, given, context)
  const outcome = await changeFiles<SetupPlan>(
    {
      plan: (fresh) => {
        const plan = planSetup({ ...input, serialNumber, snapshots: fresh })
        return { edits: plan.edits, result: plan }
      },
      ...shownChange(invocation, context),
      keepsBackup: true,
    },
    context,
  )
  for (const warning of outcome.warnings) terminal.writeTalk(renderWriteWarning(warning, context.home))
  const { base } = outcome.result
  if (outcome.kind === 'nothing') terminal.writeTalk(renderAlreadySetUp(base))
  if (outcome.kind === 'changed') terminal.writeTalk(renderSetUp(base, isSignedIn(base, context), terminal.talk))
  return 0
}

/** Keys for a base that has none: from the environment where that is asked for, else typed. */
async function givenKeys(invocation: Invocation, { target, snapshots }: Pick<SetupInput, 'target' | 'snapshots'>, context: SetupContext): Promise<GivenKeys | undefined> {
  const { environment, terminal, deadline, cancelled } = context
  if (invocation.options['source-env'] === true) {
    const region = environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION']
    return { credentials: keysFromEnvironment(target.value, snapshots, context), region: region === '' ? undefined : region, origin: { kind: 'environment', variable: 'AWS_ACCESS_KEY_ID' } }
  }
  const { base, longTerm } = findBaseIn({ target, snapshots }, false)
  if (longTerm !== undefined) return undefined
  if (terminal.canAsk()) terminal.writeTalk(renderKeysWanted(base))
  const isRegionKnown = regionFlag(invocation) !== undefined || profilesOf(snapshots).find(base)?.get('region') !== undefined
  const typed = await deadline.pauseWhile(askLongTermKeys({ words: KEY_WORDS, ask: terminal.ask, say: terminal.writeTalk, signal: cancelled }, !isRegionKnown))
  return { ...typed, origin: { kind: 'typed' } }
}

function keysFromEnvironment(profile: string, snapshots: SharedSnapshots, context: SetupContext): LongTermCredentials {
  const { longTerm } = resolve(profile, snapshots, { 'source-env': true }, context)
  if (longTerm.kind !== 'environment') throw new Error('the environment was asked for')
  return longTerm.credentials
}

/** Asks AWS what the files do not say: whose new keys are, and the device. Gives the device that is to be written, if any. */
async function settleWithAws(input: SetupInput, given: GivenKeys | undefined, context: SetupContext): Promise<Resolved<string> | undefined> {
  const draft = planSetup(input)
  const variable = context.environment['AWS_MFA_SERIAL'] ?? ''
  const isKnown = draft.serialNumber !== undefined || variable !== ''
  const serialNumber = draft.serialNumber === undefined && variable !== '' ? ({ value: variable, origin: { kind: 'environment', variable: 'AWS_MFA_SERIAL' } } as const) : input.serialNumber
  const isNew = given !== undefined && draft.edits.credentials.length > 0
  if (isKnown && !isNew) return serialNumber
  const drafted = draftedFiles(input.snapshots, draft)
  const resolution = resolve(draft.base, drafted, input.region === undefined ? {} : { region: input.region }, context)
  const connection = context.connect(resolution, profilesOf(drafted), drafted)
  if (isNew) await checkKeys(given, connection, context)
  return isKnown ? serialNumber : { value: await deviceFromIam(resolution, connection, context), origin: { kind: 'iam' } }
}

async function checkKeys({ credentials, origin }: GivenKeys, { sts }: Connection, { terminal, deadline, facts }: SetupContext): Promise<void> {
  const stopWaiting = terminal.showWaiting('asking whose keys these are')
  try {
    const identity = await sts.getCallerIdentity(credentials, deadline.signal)
    facts.rememberIdentity(credentials.accessKeyId, identity)
    stopWaiting()
    terminal.writeTalk(renderKeyOwner(identity))
  } catch (error) {
    stopWaiting()
    // The draft says that they stand in a file, where they have not been written yet.
    throw isFailure(error, 'CREDENTIALS_REJECTED') ? new AwsmfaError({ ...error.failure, origin }, { cause: error }) : error
  }
}

async function deviceFromIam({ longTerm, path, target }: LoginResolution, connection: Connection, context: SetupContext): Promise<string> {
  const { terminal, deadline, cancelled } = context
  const profile = target.value
  if (longTerm.kind === 'process') throw new AwsmfaError({ code: 'MFA_SERIAL_MISSING', profile, path, listing: 'failed', devices: [], command: 'setup' })
  const stopWaiting = terminal.showWaiting('looking for your MFA device')
  try {
    const list = () => connection.listMfaDevices(longTerm.credentials, deadline.signal).finally(stopWaiting)
    const found = await findDevice({ profile, path, hideArns: false, list, terminal, deadline, cancelled })
    if (found.told) terminal.writeTalk(renderDeviceFound(found.serialNumber))
    return found.serialNumber
  } catch (error) {
    throw isFailure(error, 'MFA_SERIAL_MISSING') ? new AwsmfaError({ ...error.failure, command: 'setup' }, { cause: error }) : error
  }
}

/** Resolves the login that the person will make. */
function resolve(profile: string, snapshots: SharedSnapshots, options: Invocation['options'], { environment, defaults }: SetupContext): LoginResolution {
  const paths = { credentials: snapshots.credentials.path, config: snapshots.config.path }
  const invocation: Invocation = { command: 'login', positionals: [profile], options }
  return resolveLogin({ invocation, environment, profiles: profilesOf(snapshots), paths, defaults, readFile: () => '' })
}

function draftedFiles({ credentials, config }: SharedSnapshots, { edits }: SetupPlan): SharedSnapshots {
  return { credentials: { ...credentials, text: applyEdits(credentials.text, edits.credentials) }, config: { ...config, text: applyEdits(config.text, edits.config) } }
}

function namedDevice({ options }: Invocation): Resolved<string> | undefined {
  const value = options['serial-number']
  return typeof value === 'string' ? { value, origin: { kind: 'flag', flag: '--serial-number' } } : undefined
}

function layoutOf({ options: { layout } }: Invocation, { processStart }: SetupContext): WantedLayout {
  if (typeof layout !== 'string') return undefined
  const name = LAYOUT_NAMES.find((each) => each === layout)
  if (name !== undefined) return name === 'process' ? { kind: name, start: processStart } : { kind: name }
  throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'bad-value', option: '--layout', value: layout, expected: "'session' or 'process'" } })
}

function regionFlag({ options }: Invocation): string | undefined {
  const { region } = options
  if (typeof region !== 'string') return undefined
  if (isRegionName(region)) return region
  throw new AwsmfaError({ code: 'USAGE', problem: { kind: 'bad-value', option: '--region', value: region, expected: "a region's name, such as eu-west-1" } })
}

function isSignedIn(base: string, { files }: SetupContext): boolean {
  return classifyProfile(profilesOf(files.read()).find(base)).kind === 'ours'
}

function profilesOf({ credentials, config }: SharedSnapshots): Profiles {
  return readProfiles({ credentials: credentials.text, config: config.text })
}
