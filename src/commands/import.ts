/** `import`: what other tools sign in → which tool → show the change, ask, make it → report. */
import { classifyProfile } from '../aws-files/ownership.ts'
import { findIgnoringKey, isOwnProcess, signInCommandOf } from '../aws-files/profile-keys.ts'
import type { SignInCommand } from '../aws-files/profile-keys.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import { FOREIGN_TOOLS } from '../command-line/spec.ts'
import type { ForeignTool } from '../command-line/spec.ts'
import type { Invocation } from '../command-line/table.ts'
import { renderWriteWarning } from '../errors/files.ts'
import { formatFailure, renderFailure } from '../errors/messages.ts'
import { findVaultKeys } from '../keys/aws-vault.ts'
import type { VaultKey, VaultOptions } from '../keys/aws-vault.ts'
import { storeItem } from '../keys/stores.ts'
import { changeFiles, shownChange } from '../layouts/change-files.ts'
import type { FileChange } from '../layouts/change-files.ts'
import type { ForeignHome, ForeignProfile } from '../layouts/foreign-profile.ts'
import { findForeignProfiles, findForeignRemarks } from '../layouts/foreign-tools.ts'
import type { ForeignRemark } from '../layouts/foreign-tools.ts'
import { PLACE_WORDS, storesFor } from '../layouts/access-keys.ts'
import { isAskedOfVault, planImport, planKeyImport } from '../layouts/import-plan.ts'
import type { ImportPlan, KeptKey, KeyImportPlan, TakenKey } from '../layouts/import-plan.ts'
import { KEY_STORES, shortenAccessKeyId } from '../model/credentials.ts'
import type { KeyStoreName } from '../model/credentials.ts'
import { LONG_TERM_SUFFIX } from '../layouts/setup-base.ts'
import { AwsmfaError, isFailure } from '../model/failure.ts'
import { isThere, readNamedFile } from '../platform/read-file.ts'
import { orElse } from '../platform/system-error.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { commandLine, displayPath, hint, note, profileWord, quoted, tick, visible } from '../ui/words.ts'

/** What import needs. */
type ImportRuntime = Pick<
  Runtime,
  | 'files'
  | 'backups'
  | 'terminal'
  | 'asker'
  | 'now'
  | 'cancelled'
  | 'home'
  | 'environment'
  | 'keyStore'
  | 'readSettings'
  | 'warn'
>

/**
 * Sets up the profiles of one other tool for awsmfa, and returns the exit code 0, also if there is nothing to import.
 * Throws IMPORT_AMBIGUOUS if there are several tools and nobody to ask, PROMPT_UNAVAILABLE if nobody can confirm, and
 * everything else that can refuse; in that case no file is changed, unless the failure says otherwise.
 */
export async function importFrom(invocation: Invocation<'import'>, runtime: ImportRuntime): Promise<number> {
  const { terminal, files, environment, backups } = runtime
  backups.sweep()
  const named = namedTool(invocation)
  const store = storeOption(invocation, named)
  if (store !== undefined) return await importKeys(store, invocation, runtime)
  const home = foreignHome(runtime)
  const snapshots = files.read()
  const found = findForeignProfiles({ snapshots, environment, home, named }).filter(
    ({ tool }) => named === undefined || tool === named,
  )
  if (found.length === 0) {
    terminal.stderr(note(`nothing to import${named === undefined ? '' : ` from ${LABELS[named]}`}`))
    sayRemarks(named, named, runtime)
    return 0
  }
  const tools = FOREIGN_TOOLS.filter((name) => found.some((each) => each.tool === name))
  for (const name of tools) {
    const profiles = found.filter((each) => each.tool === name)
    const shown = profiles.slice(0, MOST_LISTED).map((each) => `${quoted(each.profile)}${whereItsKeyIs(each)}`)
    const more = profiles.length - shown.length
    terminal.stderr(`Found ${LABELS[name]}: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}\n`)
  }
  const tool = await chooseTool(tools, runtime)
  sayRemarks(tool, named, runtime)
  const change: FileChange<ImportPlan> = {
    plan: (current) => {
      const removesOld = invocation.options.removeOld === true
      const plan = planImport({ tool, snapshots: current, environment, home, removesOld })
      return { edits: plan.edits, result: plan }
    },
    ...shownChange(invocation, runtime),
    keepsBackup: true,
  }
  const { kind, result, warnings } = await changeFiles(change, runtime)
  for (const warning of warnings) terminal.stderr(renderWriteWarning(warning, runtime.home))
  if (kind === 'nothing')
    terminal.stderr(
      note(
        tool === 'granted'
          ? `${LABELS[tool]} signs in to these profiles through SSO, which the AWS CLI does too`
          : `nothing to import from ${LABELS[tool]}: all of it is already imported`,
      ),
    )
  if (kind === 'changed') {
    terminal.stderr(`${tick(terminal.talk)} Applied. To undo: ${commandLine('undo')}\n`)
    terminal.stderr(hint(signInHint(result.profiles, files.read())))
  }
  if (kind !== 'shown' && result.leavesOld) terminal.stderr(hint(removalHint(tool)))
  return 0
}

function removalHint(tool: ForeignTool): string {
  const what = tool === 'granted' ? "to convert them to the AWS CLI's own settings" : 'to remove old settings'
  return `${what}: ${commandLine('import', tool, '--remove-old')}`
}

/** Prints what is to say of one tool, or of all of them. */
function sayRemarks(tool: ForeignTool | undefined, named: ForeignTool | undefined, runtime: ImportRuntime): void {
  const { files, environment, terminal } = runtime
  const remarks = findForeignRemarks({ snapshots: files.read(), environment, home: foreignHome(runtime), named })
  for (const remark of remarks) if (tool === undefined || remark.tool === tool) terminal.stderr(renderRemark(remark))
}

/**
 * Takes over the access keys of aws-vault, which keeps its own. They are in no file in plain text. Returns 1 if one of
 * them could not be read; the others are imported.
 */
async function importKeys(to: KeyStoreName, invocation: Invocation<'import'>, runtime: ImportRuntime): Promise<number> {
  const { files, terminal, environment, cancelled, readSettings } = runtime
  const storeOf = storesFor(invocation, { ...runtime, defaults: await readSettings() })
  const { profiles } = files.read()
  const found = findVaultKeys({ ...runtime, profiles: profiles.names(), ...vaultQuestions(runtime) })
  const taken = await readVaultKeys(found, runtime)
  const exitCode = taken.length < found.length ? 1 : 0
  if (taken.length === 0) {
    if (found.length === 0) terminal.stderr(note('aws-vault has no access key here that awsmfa can read'))
    return exitCode
  }
  sayRemarks('aws-vault', 'aws-vault', runtime)
  const stored = new Set<string>()
  let isAgreed = false
  let kept: readonly KeptKey[] = []
  const change: FileChange<KeyImportPlan> = {
    plan: (snapshots) => {
      const removesOld = invocation.options.removeOld === true
      // Once it is agreed what is stored, the files may refer to nothing else.
      const keys = isAgreed ? taken.filter(({ profile }) => stored.has(profile)) : taken
      const plan = planKeyImport({ snapshots, environment, home: foreignHome(runtime), removesOld }, keys, to)
      if (!isAgreed) kept = plan.kept
      return { edits: plan.edits, result: plan }
    },
    ...shownChange(invocation, runtime),
    keepsBackup: true,
    beforeWrite: async ({ changes }) => {
      isAgreed = true
      for (const { item, profile, keys } of changes) {
        await storeItem(await storeOf(to, profile), keys, cancelled)
        stored.add(item)
      }
    },
  }
  const { kind, result, warnings } = await changeFiles(change, runtime)
  for (const warning of warnings) terminal.stderr(renderWriteWarning(warning, runtime.home))
  for (const { item, profile, isSame } of kept)
    if (!isSame) terminal.stderr(note(`${quoted(item)} was not imported: ${quoted(profile)} has another access key`))
  if (kind === 'nothing' && kept.every(({ isSame }) => isSame))
    terminal.stderr(note('nothing to import from aws-vault: all of it is already imported'))
  const leftover = kind !== 'shown' && result.leavesOld ? hint(removalHint('aws-vault')) : ''
  if (kind !== 'changed') {
    terminal.stderr(leftover)
    return exitCode
  }
  for (const { profile, keys } of result.changes)
    terminal.stderr(
      `${tick(terminal.talk)} ${visible(profile)}: access key ${shortenAccessKeyId(keys.accessKeyId)} is ${PLACE_WORDS[to]}\n`,
    )
  terminal.stderr(`${tick(terminal.talk)} Applied. To undo: ${commandLine('undo')}\n`)
  const after = files.read()
  const names = result.changes.map(({ profile }) => withoutSuffix(profile))
  const signedIn = names.length > 0 ? names : result.profiles
  if (signedIn.length > 0) terminal.stderr(hint(signInHint(signedIn, after)))
  terminal.stderr(leftover)
  const isSafe = (item: string): boolean =>
    (stored.has(item) || kept.some((each) => each.isSame && each.item === item)) &&
    !isAskedOfVault(item, result.profiles, after)
  for (const { profile, backend } of found.filter((each) => isSafe(each.profile))) {
    const from = environment['AWS_VAULT_BACKEND'] ? '' : `--backend=${backend} `
    terminal.stderr(hint(`once that works: aws-vault ${from}remove ${profileWord(profile)}`))
  }
  return exitCode
}

/** Reads the keys that can be read, and reports each other one with its name. */
async function readVaultKeys(
  found: readonly VaultKey[],
  { terminal, home, files, now, cancelled }: ImportRuntime,
): Promise<readonly TakenKey[]> {
  const view = { home, files: files.read().paths, now: now(), debug: false }
  const taken: TakenKey[] = []
  for (const { profile, read, location } of found) {
    try {
      const keys = await read(cancelled)
      taken.push({ profile, keys })
      const where = visible(displayPath(location, home), 300)
      terminal.stderr(`Found ${quoted(profile)}: access key ${shortenAccessKeyId(keys.accessKeyId)} (${where})\n`)
    } catch (error) {
      if (!isFailure(error, 'VAULT_ITEM_UNREADABLE')) throw error
      terminal.stderr(formatFailure(renderFailure(error.failure, view), view))
    }
  }
  return taken
}

function withoutSuffix(profile: string): string {
  return profile.endsWith(LONG_TERM_SUFFIX) ? profile.slice(0, -LONG_TERM_SUFFIX.length) : profile
}

function vaultQuestions({
  asker,
  terminal,
  warn,
}: ImportRuntime): Pick<VaultOptions, 'canAsk' | 'announce' | 'askPassphrase'> {
  return {
    canAsk: terminal.canAsk,
    announce: warn,
    askPassphrase: async (isRetry, signal) => {
      const text = `${isRetry ? 'Wrong passphrase. ' : ''}Passphrase of aws-vault's files: `
      return await asker.askLine({ text, wanted: 'passphrase', keep: true, hidden: true }, signal)
    },
  }
}

/** Returns the store of `--keys`, which is for aws-vault alone. Throws USAGE. */
function storeOption(
  { options: { keys } }: Invocation<'import'>,
  named: ForeignTool | undefined,
): KeyStoreName | undefined {
  if (keys === undefined) return undefined
  const store = KEY_STORES.find((name) => name === keys)
  const isMeant = named === undefined || named === 'aws-vault'
  if (store !== undefined && isMeant) return store
  const problem =
    store === undefined
      ? ({ kind: 'bad-value', option: '--keys', value: keys, expected: `one of ${KEY_STORES.join(', ')}` } as const)
      : ({ kind: 'bad-value', option: 'tool', value: named ?? '', expected: "aws-vault, with '--keys'" } as const)
  throw new AwsmfaError({ code: 'USAGE', problem })
}

function whereItsKeyIs({ tool, source }: ForeignProfile): string {
  if (tool === 'granted') return ' (SSO)'
  return ` (key in ${source === undefined ? LABELS[tool] : `[${visible(source)}]`})`
}

/** The files of awsume and saml2aws. One that cannot be read is no evidence. */
function foreignHome({ home, environment }: ImportRuntime): ForeignHome {
  if (home === undefined) return {}
  const xdg = environment['XDG_CONFIG_HOME']
  const path = xdg ? `${xdg}/awsume/config.yaml` : `${home}/.awsume/config.yaml`
  return {
    awsumeConfig: orElse(undefined, () => readNamedFile(path)),
    hasSaml2aws: orElse(false, () => isThere(`${home}/.saml2aws`)),
  }
}

function renderRemark(remark: ForeignRemark): string {
  const { tool, profile } = remark
  const label = LABELS[tool]
  switch (remark.kind) {
    case 'identity-provider': {
      const about = note(`${label} signs in through an identity provider, without an access key that awsmfa could use`)
      return profile === undefined
        ? about
        : about + hint(`to see its session: ${commandLine('status', profileWord(profile))}`)
    }
    case 'other-line':
      return note(
        `${quoted(remark.profile)} was not imported: its 'credential_process' line does not show which access key aws-vault prints`,
      )
    case 'line-for-other':
      return note(
        `the 'credential_process' line of ${quoted(remark.profile)} stays: it asks aws-vault for another key than the one that ${quoted(remark.profile)} uses`,
      )
    case 'stored-key':
      return (
        note(`the access key of ${quoted(remark.profile)} is stored by ${label}, where awsmfa cannot read it`) +
        hint(`to write it to ~/.aws/credentials: granted credentials export-plaintext ${profileWord(remark.profile)}`)
      )
    case 'capped':
      return note(`${quoted(remark.profile)} gets duration_seconds = 3600: its sessions last at most 1 h with awsmfa`)
    case 'set-up':
      return (
        note(`awsmfa reads the profiles of ${label} as they are`) +
        hint(`to sign in: ${commandLine('login', profileWord(remark.profile))}`)
      )
    case 'read-as-is':
      return (
        note(`awsmfa reads the profiles of ${label} as they are`) +
        hint(`to sign in to ${quoted(remark.profile)}, first: ${commandLine('setup', profileWord(remark.profile))}`)
      )
  }
}

/** Login refuses a profile that another program serves, such as vegas-credentials under a name of the user's own. */
function signInHint(names: readonly string[], { profiles }: SharedSnapshots): string {
  const isServed = (name: string): boolean => {
    const profile = profiles.find(name)
    if (profile === undefined || isOwnProcess(profile)) return false
    return findIgnoringKey(profile)?.key === 'credential_process'
  }
  const [first = ''] = names
  const signIn = signInCommandIn(first, profiles)
  if (signIn !== undefined) return `to sign in: ${signIn} --profile ${profileWord(first)}`
  const isKeyHolder = (name: string): boolean => classifyProfile(profiles.find(name)).kind === 'long-term'
  if (names.every(isKeyHolder)) return `to sign in, first: ${commandLine('setup', profileWord(first))}`
  const usable = names.find((name) => !isServed(name) && !isKeyHolder(name)) ?? first
  const login = commandLine('login', profileWord(usable))
  return isServed(usable)
    ? `to sign in, remove the 'credential_process' line of ${quoted(usable)}, then: ${login}`
    : `to sign in: ${login}`
}

function signInCommandIn(name: string, profiles: SharedSnapshots['profiles']): SignInCommand | undefined {
  const profile = profiles.find(name)
  return profile && signInCommandOf(profile)
}

function namedTool({ positionals: [word] }: Invocation<'import'>): ForeignTool | undefined {
  const tool = FOREIGN_TOOLS.find((name) => name === word)
  if (word === undefined || tool !== undefined) return tool
  throw new AwsmfaError({
    code: 'USAGE',
    problem: { kind: 'bad-value', option: 'tool', value: word, expected: `one of ${FOREIGN_TOOLS.join(', ')}` },
  })
}

async function chooseTool(tools: readonly ForeignTool[], { terminal, cancelled }: ImportRuntime): Promise<ForeignTool> {
  const [first, second] = tools
  if (first === undefined) throw new Error('something was found')
  if (second === undefined) return first
  if (!terminal.canAsk()) throw new AwsmfaError({ code: 'IMPORT_AMBIGUOUS', tools })
  const labels = tools.map((tool) => LABELS[tool])
  return (
    tools[
      await terminal.choose(
        'Import from:',
        labels.map((name) => ({ name })),
        cancelled,
      )
    ] ?? first
  )
}

/** The tools by the names that people know. */
const LABELS: Readonly<Record<ForeignTool, string>> = {
  'aws-mfa': 'aws-mfa (broamski)',
  'reusabit-awsmfa': "reusabit's awsmfa",
  'dcoker-awsmfa': "dcoker's awsmfa",
  'mfa-login': 'aws configure mfa-login',
  'vegas-credentials': 'vegas-credentials',
  'aws-vault': 'aws-vault',
  awsume: 'awsume',
  granted: 'granted',
  saml2aws: 'saml2aws',
  'aws-runas': 'aws-runas',
}

/** How many profiles of a tool are named; a team may have hundreds. */
const MOST_LISTED = 8
