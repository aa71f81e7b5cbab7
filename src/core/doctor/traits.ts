/** What stands in a profile that decides which credentials tools take from it. */
import type { ProfileValue, ProfileView } from '../files/profile-view.ts'
import { visible } from '../login/store-profile.ts'
import type { SharedFileName } from '../origin.ts'
import { ruleForTool } from './credential-order.ts'
import type { OrderRule, ProfileTraits } from './credential-order.ts'
import { TOOL_IDS } from './tools.ts'
import type { ToolId } from './tools.ts'

const KEY_PAIR = ['aws_access_key_id', 'aws_secret_access_key']

/** The traits of a profile as SDKs see it: a bare section of the config file is none. */
function traitsOf(profile: ProfileView): ProfileTraits {
  const has = (key: string): boolean => valueOf(profile, key) !== undefined
  const file = fileOfKeys(profile)
  return {
    role: has('role_arn'),
    source: has('source_profile'),
    self: valueOf(profile, 'source_profile')?.value === profile.name,
    credentialSource: has('credential_source'),
    mfa: has('mfa_serial'),
    keys: file !== undefined,
    keysInConfig: file === 'config',
    half: file === undefined && KEY_PAIR.some(has),
    token: file !== undefined && tokenIn(profile, file) !== undefined,
    process: has('credential_process'),
    sso: has('sso_account_id') || has('sso_role_name'),
    login: has('login_session'),
    webIdentity: has('web_identity_token_file'),
    blank: ['role_arn', 'source_profile'].some((key) => visible(profile, key)?.value === ''),
  }
}

/** Gives a value that is there and not empty, as SDKs see it. */
export function valueOf(profile: ProfileView, key: string): ProfileValue | undefined {
  const found = visible(profile, key)
  return found === undefined || found.value === '' ? undefined : found
}

/** Gives the file that botocore takes a profile's keys from: the credentials file first; undefined: there are none. */
export function fileOfKeys(profile: ProfileView): SharedFileName | undefined {
  const has = (file: SharedFileName): boolean => KEY_PAIR.every((key) => inFile(profile, file, key) !== undefined)
  return has('credentials') ? 'credentials' : has('config') ? 'config' : undefined
}

/** Gives the session token that stands beside the keys of a file, of either name. */
export function tokenIn(profile: ProfileView, file: SharedFileName): ProfileValue | undefined {
  return inFile(profile, file, 'aws_session_token') ?? inFile(profile, file, 'aws_security_token')
}

/** Gives a value of one file that is there, not empty, and read by SDKs. */
export function inFile(profile: ProfileView, file: SharedFileName, key: string): ProfileValue | undefined {
  if (file === 'config' && profile.configForm !== 'standard') return undefined
  const found = profile.getFrom(file, key)
  return found === undefined || found.value === '' ? undefined : found
}

/** The profiles from one to the next along `source_profile`, the first included; `missing`: where it ends in no profile. */
export interface SourcePath {
  readonly path: readonly ProfileView[]
  readonly missing: ProfileValue | undefined
  readonly isCycle: boolean
}

/** What is asked of the same profiles again and again, found out once for each. */
export interface ProfileKnowledge {
  readonly traitsOf: (profile: ProfileView) => ProfileTraits
  /** The rule that decides for each program; none: nothing in the profile gives it credentials. */
  readonly rulesOf: (profile: ProfileView) => Readonly<Partial<Record<ToolId, Pick<OrderRule, 'outcome' | 'because'> | undefined>>>
  /** Follows `source_profile` from a profile on, as SDKs do. A profile that is its own source ends the path. */
  readonly sourcePathOf: (profile: ProfileView) => SourcePath
}

/** Gives what is to be known of profiles; `find` must give the same view for the same name; rules are found for `tools` alone. */
export function knowledgeOf(find: (name: string) => ProfileView | undefined, tools: readonly ToolId[] = TOOL_IDS): ProfileKnowledge {
  const next = remembered((profile: ProfileView) => sourceOf(profile, find))
  const rulesOf = (profile: ProfileView) => Object.fromEntries(tools.map((tool) => [tool, ruleForTool(tool, traitsOf(profile))]))
  return { traitsOf: remembered(traitsOf), rulesOf: remembered(rulesOf), sourcePathOf: remembered((profile) => pathFrom(profile, next)) }
}

type Step = ProfileView | { readonly missing: ProfileValue } | undefined

function sourceOf(profile: ProfileView, find: (name: string) => ProfileView | undefined): Step {
  const source = valueOf(profile, 'role_arn') === undefined ? undefined : valueOf(profile, 'source_profile')
  if (source === undefined || source.value === profile.name) return undefined
  const next = find(source.value)
  return next === undefined || (next.lines.credentials === undefined && next.configForm !== 'standard') ? { missing: source } : next
}

function pathFrom(profile: ProfileView, next: (profile: ProfileView) => Step): SourcePath {
  const path = new Set([profile])
  for (let step = next(profile); ; ) {
    if (step === undefined) return { path: [...path], missing: undefined, isCycle: false }
    if ('missing' in step) return { path: [...path], missing: step.missing, isCycle: false }
    if (path.has(step)) return { path: [...path], missing: undefined, isCycle: true }
    path.add(step)
    step = next(step)
  }
}

function remembered<Value>(make: (profile: ProfileView) => Value): (profile: ProfileView) => Value {
  const known = new Map<ProfileView, { readonly value: Value }>()
  return (profile) => {
    const found = known.get(profile) ?? { value: make(profile) }
    known.set(profile, found)
    return found.value
  }
}
