import { visible } from '../aws-files/profile-keys.ts'
import { TOOLS, TOOL_IDS } from './tools.ts'
import type { Engine, ToolId } from './tools.ts'
import type { SharedFileName } from '../model/origin.ts'
import type { ProfileValue, ProfileView } from '../model/profile.ts'

/**
 * Which credentials each tool takes from a profile, as a table of rules: of an engine's rows the first that fits counts.
 *
 * Sources: botocore, credentials.py › create_credential_resolver (assume-role, web identity, sso, credentials file, login,
 * process, config file) and AssumeRoleProvider; @aws-sdk/credential-provider-ini › resolveProfileData; aws-sdk-go-v2,
 * config/resolve_credentials.go › resolveCredsFromProfile, shared_config.go › validateCredentialsRequireARN, validateCredentialType;
 * aws-config (Rust), profile/credentials/repr.rs › resolve_chain, base_provider; Java, ProfileCredentialsUtils; .NET,
 * CredentialProfileTypeDetector › DetectProfileType. The rows are held against the tools in test/interop/doctor.test.ts and
 * test/interop/tools/doctor-files.test.ts, but for those of .NET and those about login_session, which were read.
 */

/** What stands in a profile, as far as it decides. A key whose value is empty is not there, but for `blank`. */
export interface ProfileTraits {
  /** `role_arn`. */
  readonly role: boolean
  /** `source_profile`; `self`: it names the profile itself. */
  readonly source: boolean
  readonly self: boolean
  /** `credential_source`. */
  readonly credentialSource: boolean
  readonly mfa: boolean
  /** Key id and secret in the credentials file, or in config alone. */
  readonly keys: boolean
  readonly keysInConfig: boolean
  /** One of the two stands there without the other. */
  readonly half: boolean
  /** A session token beside them. */
  readonly token: boolean
  readonly process: boolean
  readonly sso: boolean
  readonly login: boolean
  readonly webIdentity: boolean
  /** `role_arn` or `source_profile` stands there without a value. */
  readonly blank: boolean
}

/**
 * What happens: the keys of the profile are used; a role is assumed with the source's credentials, or with the profile's own;
 * the same without MFA, which STS refuses unless the source is a session made with it; a code is asked for; the tool fails; a
 * process is run; another kind of sign-in is used; or nothing in the profile gives credentials.
 */
export type Outcome =
  'keys' | 'role' | 'role-without-mfa' | 'asks' | 'fails' | 'process' | 'sso' | 'login' | 'web-identity' | 'none'

/** A rule. `when` names the traits that must be so; `because` says why, for the documentation. */
export interface OrderRule {
  readonly engines: readonly Engine[]
  readonly when: Readonly<Partial<ProfileTraits>>
  readonly outcome: Outcome
  readonly because: string
}

/** The rules, each engine's in its own order. */
export const CREDENTIAL_ORDER: readonly OrderRule[] = [
  // What ends it, whatever else stands there.
  rule(['botocore', 'rust', 'java'], { blank: true }, 'fails', 'an empty role_arn or source_profile counts as set'),
  rule(['go'], { half: true }, 'fails', 'one half of the keys is missing'),
  rule(['go'], { role: false, source: true }, 'fails', '"credential type source_profile requires role_arn"'),
  rule(
    ['go'],
    { role: false, credentialSource: true },
    'fails',
    '"credential type credential_source requires role_arn"',
  ),
  rule(
    ['go', 'botocore', 'rust'],
    { role: false, webIdentity: true },
    'fails',
    'web_identity_token_file without role_arn',
  ),
  ...pairsOf(['source', 'credentialSource', 'process', 'webIdentity']).map((when) =>
    rule(['go'], when, 'fails', '"only one credential type may be specified per profile"'),
  ),
  rule(['dotnet'], { role: true, keys: true }, 'fails', 'no kind of profile has this set of keys'),
  rule(['dotnet'], { role: true, process: true }, 'fails', 'no kind of profile has this set of keys'),
  rule(['dotnet'], { keys: true, process: true }, 'fails', 'no kind of profile has this set of keys'),
  rule(['dotnet'], { keys: true, mfa: true }, 'fails', 'no kind of profile has this set of keys'),
  rule(['dotnet'], { role: false, source: true }, 'fails', 'no kind of profile has this set of keys'),
  // Roles.
  rule(
    ['js'],
    { role: true, source: true, credentialSource: false, mfa: true },
    'fails',
    'it asks for a code where the program gives it an mfaCodeProvider, as CDK does; else it fails',
  ),
  rule(['js'], { role: true, source: true, credentialSource: false }, 'role', 'a role counts before keys beside it'),
  rule(['js'], { role: true, source: false, credentialSource: true }, 'role', 'with the credentials of the machine'),
  rule(
    ['botocore', 'js', 'go', 'rust', 'java', 'dotnet'],
    { role: true, webIdentity: true },
    'web-identity',
    'the role is that of the web identity',
  ),
  rule(
    ['botocore', 'rust', 'java'],
    { role: true, source: true, credentialSource: true },
    'fails',
    'source_profile and credential_source together',
  ),
  rule(
    ['dotnet'],
    { role: true, source: true, credentialSource: true },
    'fails',
    'no kind of profile has this set of keys',
  ),
  rule(['java'], { sso: true }, 'sso', 'single sign-on counts before a role and keys'),
  rule(
    ['java'],
    { role: true, source: true, self: true },
    'fails',
    '"Invalid profile file: Circular relationship detected"',
  ),
  rule(['botocore'], { role: true, source: true, mfa: true }, 'asks', 'asks at the terminal; without one it fails'),
  rule(
    ['go'],
    { role: true, mfa: true },
    'fails',
    '"assume role with MFA enabled, but AssumeRoleTokenProvider session option not set"',
  ),
  rule(
    ['rust', 'java'],
    { role: true, source: true, mfa: true },
    'role-without-mfa',
    'the key mfa_serial is never read',
  ),
  rule(
    ['dotnet'],
    { role: true, source: true, mfa: true },
    'fails',
    'only a program that gives it an MfaTokenCodeCallback gets further',
  ),
  rule(
    ['botocore', 'go', 'rust', 'java', 'dotnet'],
    { role: true, source: true },
    'role',
    'a role counts before keys beside it',
  ),
  rule(
    ['botocore', 'go', 'rust', 'java', 'dotnet'],
    { role: true, credentialSource: true },
    'role',
    'with the credentials of the machine',
  ),
  rule(['botocore'], { role: true }, 'fails', 'partial credentials: a role without source_profile'),
  rule(['rust'], { role: true }, 'fails', 'a role without source_profile'),
  rule(['dotnet'], { role: true }, 'fails', 'a role without source_profile'),
  rule(['go'], { role: true, keys: true }, 'role', 'the role is assumed with the keys beside it'),
  rule(['go'], { role: true, process: true }, 'role', 'the role is assumed with what the process gives'),
  rule(['go'], { role: true }, 'fails', 'a role without credentials'),
  // The rest, each in its own order.
  rule(['botocore', 'rust', 'dotnet'], { sso: true }, 'sso', 'single sign-on counts before keys'),
  rule(['rust'], { login: true }, 'login', 'aws login counts before a process and keys'),
  rule(['rust', 'java'], { process: true }, 'process', 'a process counts before keys'),
  rule(['botocore', 'rust', 'java'], { half: true }, 'fails', 'one half of the keys is missing'),
  rule(
    ['botocore', 'js', 'go', 'rust', 'java', 'dotnet'],
    { keys: true, keysInConfig: false },
    'keys',
    'keys in the credentials file',
  ),
  rule(['js', 'go', 'rust', 'java', 'dotnet'], { keys: true }, 'keys', 'keys in the config file count as much'),
  rule(['go'], { sso: true }, 'sso', 'single sign-on counts after keys'),
  rule(['botocore', 'go'], { login: true }, 'login', 'aws login counts before a process'),
  rule(
    ['botocore', 'js', 'go', 'dotnet'],
    { process: true },
    'process',
    'a process counts after keys in the credentials file',
  ),
  rule(['botocore'], { keys: true }, 'keys', 'keys in the config file count last'),
  rule(['js'], { sso: true }, 'sso', 'single sign-on counts after keys and a process'),
  rule(['js', 'java', 'dotnet'], { login: true }, 'login', 'aws login counts last'),
]

/** Where a program does otherwise than its engine by itself. Sources: docs/compatibility.md; CDK, awscli-compatible.ts › tokenCodeFn. */
export const TOOL_EXCEPTIONS: readonly (Omit<OrderRule, 'engines'> & { readonly tool: ToolId })[] = [
  {
    tool: 'cdk',
    when: { role: true, source: true, credentialSource: false, mfa: true },
    outcome: 'asks',
    because: 'it gives the SDK a way to ask',
  },
]

/** Gives the rule that decides for a program. */
export function ruleForTool(tool: ToolId, traits: ProfileTraits): Pick<OrderRule, 'outcome' | 'because'> | undefined {
  return (
    TOOL_EXCEPTIONS.find((exception) => exception.tool === tool && fits(exception.when, traits)) ??
    ruleFor(TOOLS[tool].engine, traits)
  )
}

/** Gives the rule that decides for an engine; undefined: nothing in the profile gives it credentials. */
export function ruleFor(engine: Engine, traits: ProfileTraits): OrderRule | undefined {
  return CREDENTIAL_ORDER.find(({ engines, when }) => engines.includes(engine) && fits(when, traits))
}

function fits(when: OrderRule['when'], traits: ProfileTraits): boolean {
  return TRAIT_NAMES.every((name) => when[name] === undefined || when[name] === traits[name])
}

const TRAIT_NAMES = [
  'role',
  'source',
  'self',
  'credentialSource',
  'mfa',
  'keys',
  'keysInConfig',
  'half',
  'token',
  'process',
  'sso',
  'login',
  'webIdentity',
  'blank',
] as const satisfies readonly (keyof ProfileTraits)[]

/** Every two of these together. */
function pairsOf(names: readonly (keyof ProfileTraits)[]): readonly OrderRule['when'][] {
  return names.flatMap((one, index) => names.slice(index + 1).map((other) => ({ [one]: true, [other]: true })))
}

function rule(engines: readonly Engine[], when: OrderRule['when'], outcome: Outcome, because: string): OrderRule {
  return { engines, when, outcome, because }
}

/** What stands in a profile that decides which credentials tools take from it. */

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
  readonly rulesOf: (
    profile: ProfileView,
  ) => Readonly<Partial<Record<ToolId, Pick<OrderRule, 'outcome' | 'because'> | undefined>>>
  /** Follows `source_profile` from a profile on, as SDKs do. A profile that is its own source ends the path. */
  readonly sourcePathOf: (profile: ProfileView) => SourcePath
}

/** Gives what is to be known of profiles; `find` must give the same view for the same name; rules are found for `tools` alone. */
export function knowledgeOf(
  find: (name: string) => ProfileView | undefined,
  tools: readonly ToolId[] = TOOL_IDS,
): ProfileKnowledge {
  const next = remembered((profile: ProfileView) => sourceOf(profile, find))
  const rulesOf = (profile: ProfileView) =>
    Object.fromEntries(tools.map((tool) => [tool, ruleForTool(tool, traitsOf(profile))]))
  return {
    traitsOf: remembered(traitsOf),
    rulesOf: remembered(rulesOf),
    sourcePathOf: remembered((profile) => pathFrom(profile, next)),
  }
}

type Step = ProfileView | { readonly missing: ProfileValue } | undefined

function sourceOf(profile: ProfileView, find: (name: string) => ProfileView | undefined): Step {
  const source = valueOf(profile, 'role_arn') === undefined ? undefined : valueOf(profile, 'source_profile')
  if (source === undefined || source.value === profile.name) return undefined
  const next = find(source.value)
  return next === undefined || (next.lines.credentials === undefined && next.configForm !== 'standard')
    ? { missing: source }
    : next
}

function pathFrom(profile: ProfileView, next: (profile: ProfileView) => Step): SourcePath {
  const path = new Set([profile])
  for (let step = next(profile); ;) {
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
