/**
 * Which credentials each tool takes from a profile: rules as data, and what doctor finds out about a profile to apply
 * them.
 *
 * Sources: botocore, credentials.py › create_credential_resolver (assume-role, web identity, sso, credentials file,
 * login, process, config file) and AssumeRoleProvider; @aws-sdk/credential-provider-ini › resolveProfileData;
 * aws-sdk-go-v2, config/resolve_credentials.go › resolveCredsFromProfile, shared_config.go ›
 * validateCredentialsRequireARN, validateCredentialType; aws-config (Rust), profile/credentials/repr.rs ›
 * resolve_chain, base_provider; Java, ProfileCredentialsUtils; .NET, CredentialProfileTypeDetector › DetectProfileType.
 * test/interop/doctor.test.ts and test/interop/tools/doctor-files.test.ts test the rules with the tools, but for those
 * of .NET, whose sources were read.
 */
import { LEGACY_TOKEN_KEY } from '../aws-files/ownership.ts'
import { visible } from '../aws-files/profile-keys.ts'
import { ENGINES, TOOLS, TOOL_IDS } from './tools.ts'
import type { Engine, ToolId } from './tools.ts'
import type { ProfileValue, ProfileView, SharedFileName } from '../model/profile.ts'

/**
 * What decides which credentials a tool takes from a profile. A key with an empty value is not set, but for `blank`.
 */
export const TRAITS = [
  /** `role_arn`. */
  'role',
  /** `source_profile`. */
  'source',
  /** `source_profile` names the profile itself. */
  'self',
  'credentialSource',
  'mfa',
  /** Key id and secret, both in the credentials file or both in config. */
  'keys',
  /** Those are in config alone. */
  'keysInConfig',
  /** One of the two without the other. */
  'half',
  /** A session token beside them. */
  'token',
  'process',
  'sso',
  'login',
  'webIdentity',
  /** `role_arn` or `source_profile` with an empty value. */
  'blank',
] as const

export type Trait = (typeof TRAITS)[number]

export type ProfileTraits = Readonly<Record<Trait, boolean>>

/**
 * What a tool does: use the keys of the profile; assume the role with the source's credentials, or with the profile's
 * own; the same without MFA, which STS refuses unless the source is a session made with it; ask for a code; fail; run a
 * process; sign in otherwise; or get no credentials.
 */
export type Outcome =
  'keys' | 'role' | 'role-without-mfa' | 'asks' | 'fails' | 'process' | 'sso' | 'login' | 'web-identity' | 'none'

/**
 * A rule applies to profiles with all traits of `when`. `because` is the reason, for the documentation and messages.
 */
export interface OrderRule {
  readonly engines: readonly Engine[]
  readonly when: Partial<ProfileTraits>
  readonly outcome: Outcome
  readonly because: string
}

const ALL_BUT_JS = ENGINES.filter((engine) => engine !== 'js')

const NO_DOTNET_TYPE = 'no kind of profile has this set of keys'

/** The rules, each engine's in its own order: the first that applies decides. */
export const CREDENTIAL_ORDER: readonly OrderRule[] = [
  // What fails, whatever else is set.
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
  rule(['dotnet'], { role: true, keys: true }, 'fails', NO_DOTNET_TYPE),
  rule(['dotnet'], { role: true, process: true }, 'fails', NO_DOTNET_TYPE),
  rule(['dotnet'], { keys: true, process: true }, 'fails', NO_DOTNET_TYPE),
  rule(['dotnet'], { keys: true, mfa: true }, 'fails', NO_DOTNET_TYPE),
  rule(['dotnet'], { role: false, source: true }, 'fails', NO_DOTNET_TYPE),
  // Roles.
  rule(
    ['js'],
    { role: true, source: true, credentialSource: false, mfa: true },
    'fails',
    'it asks for a code where the program gives it an mfaCodeProvider, as CDK does; else it fails',
  ),
  rule(['js'], { role: true, source: true, credentialSource: false }, 'role', 'a role counts before keys beside it'),
  rule(['js'], { role: true, source: false, credentialSource: true }, 'role', 'with the credentials of the machine'),
  rule(ENGINES, { role: true, webIdentity: true }, 'web-identity', 'the role is that of the web identity'),
  rule(
    ['botocore', 'rust', 'java'],
    { role: true, source: true, credentialSource: true },
    'fails',
    'source_profile and credential_source together',
  ),
  rule(['dotnet'], { role: true, source: true, credentialSource: true }, 'fails', NO_DOTNET_TYPE),
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
  rule(ALL_BUT_JS, { role: true, source: true }, 'role', 'a role counts before keys beside it'),
  rule(ALL_BUT_JS, { role: true, credentialSource: true }, 'role', 'with the credentials of the machine'),
  rule(['botocore'], { role: true }, 'fails', 'partial credentials: a role without source_profile'),
  rule(['rust', 'dotnet'], { role: true }, 'fails', 'a role without source_profile'),
  rule(['go'], { role: true, keys: true }, 'role', 'the role is assumed with the keys beside it'),
  rule(['go'], { role: true, process: true }, 'role', 'the role is assumed with what the process gives'),
  rule(['go'], { role: true }, 'fails', 'a role without credentials'),
  // Everything else.
  rule(['botocore', 'rust', 'dotnet'], { sso: true }, 'sso', 'single sign-on counts before keys'),
  rule(['rust'], { login: true }, 'fails', 'aws login needs the cargo feature credentials-login'),
  rule(['rust', 'java'], { process: true }, 'process', 'a process counts before keys'),
  rule(['botocore', 'rust', 'java'], { half: true }, 'fails', 'one half of the keys is missing'),
  rule(ENGINES, { keys: true, keysInConfig: false }, 'keys', 'keys in the credentials file'),
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
  rule(['js', 'dotnet'], { login: true }, 'login', 'aws login counts last'),
  rule(['java'], { login: true }, 'fails', 'version 2.34 does not know login_session'),
]

const NEEDS_CRT = 'aws login needs botocore[crt], which version 1 of the AWS CLI lacks too'

/**
 * Programs that do something else than their engine. Sources: docs/compatibility.md; CDK, awscli-compatible.ts ›
 * tokenCodeFn. With login_session, observed: boto3 1.43 and the AWS CLI 1.46 fail without botocore[crt], which the AWS
 * CLI 2 and SAM 1.170 contain; Terraform 1.14 uses it, 1.13 fails.
 */
export const TOOL_EXCEPTIONS: readonly (Omit<OrderRule, 'engines'> & { readonly tool: ToolId })[] = [
  {
    tool: 'cdk',
    when: { role: true, source: true, credentialSource: false, mfa: true },
    outcome: 'asks',
    because: 'it gives the SDK a way to ask',
  },
  ...[{ keys: false }, { keysInConfig: true }].map((keys) => ({
    tool: 'boto3' as const,
    when: { role: false, sso: false, half: false, login: true, ...keys },
    outcome: 'fails' as const,
    because: NEEDS_CRT,
  })),
]

/** Returns the rule that decides for a program; undefined: the profile gives it no credentials. */
export function ruleForTool(tool: ToolId, traits: ProfileTraits): Omit<OrderRule, 'engines'> | undefined {
  return (
    TOOL_EXCEPTIONS.find((exception) => exception.tool === tool && applies(exception.when, traits)) ??
    ruleFor(TOOLS[tool].engine, traits)
  )
}

/** Returns the programs that do this with a profile that has these traits and no others. */
export function toolsWithOutcome(outcome: Outcome, traits: Partial<ProfileTraits>): readonly ToolId[] {
  const all = { ...NO_TRAITS, ...traits }
  return TOOL_IDS.filter((tool) => ruleForTool(tool, all)?.outcome === outcome)
}

const NO_TRAITS = Object.fromEntries(TRAITS.map((trait) => [trait, false])) as Readonly<Record<Trait, boolean>>

/** Returns the rule that decides for an engine; undefined: the profile gives it no credentials. */
export function ruleFor(engine: Engine, traits: ProfileTraits): OrderRule | undefined {
  return CREDENTIAL_ORDER.find(({ engines, when }) => engines.includes(engine) && applies(when, traits))
}

function applies(when: OrderRule['when'], traits: ProfileTraits): boolean {
  return TRAITS.every((trait) => when[trait] === undefined || when[trait] === traits[trait])
}

/** Every two of these traits together. */
function pairsOf(traits: readonly Trait[]): readonly OrderRule['when'][] {
  return traits.flatMap((one, index) => traits.slice(index + 1).map((other) => ({ [one]: true, [other]: true })))
}

function rule(engines: readonly Engine[], when: OrderRule['when'], outcome: Outcome, because: string): OrderRule {
  return { engines, when, outcome, because }
}

/** The profiles from one to the next along `source_profile`, the first included. */
export interface SourceChain {
  readonly chain: readonly ProfileView[]
  /** The last `source_profile`, if it names no profile. */
  readonly missing: ProfileValue | undefined
  readonly isCycle: boolean
}

/** What the checks ask about the same profiles again and again, each computed once for a profile. */
export interface ProfileAnalysis {
  readonly traitsOf: (profile: ProfileView) => ProfileTraits
  readonly rulesOf: (tool: ToolId) => (profile: ProfileView) => ReturnType<typeof ruleForTool>
  /** Follows `source_profile` as SDKs do. A profile that is its own source ends the chain. */
  readonly sourceChainOf: (profile: ProfileView) => SourceChain
}

/** Analyzes profiles when asked. `find` must return the same view for the same name. */
export function analyzeProfiles(find: (name: string) => ProfileView | undefined): ProfileAnalysis {
  const traitsOf = memoize(traitsIn)
  const next = memoize((profile: ProfileView) => sourceOf(profile, find))
  return {
    traitsOf,
    rulesOf: memoize((tool) => memoize((profile) => ruleForTool(tool, traitsOf(profile)))),
    sourceChainOf: memoize((profile) => chainFrom(profile, next)),
  }
}

/** Returns a function that calls another one once for each argument. */
export function memoize<Argument, Value>(make: (argument: Argument) => Value): (argument: Argument) => Value {
  const known = new Map<Argument, { readonly value: Value }>()
  return (argument) => {
    const found = known.get(argument) ?? { value: make(argument) }
    known.set(argument, found)
    return found.value
  }
}

type Source = ProfileView | { readonly missing: ProfileValue } | undefined

function sourceOf(profile: ProfileView, find: (name: string) => ProfileView | undefined): Source {
  const source = sdkValue(profile, 'role_arn') === undefined ? undefined : sdkValue(profile, 'source_profile')
  if (source === undefined || source.value === profile.name) return undefined
  const next = find(source.value)
  return next === undefined || (next.lines.credentials === undefined && next.configForm !== 'standard')
    ? { missing: source }
    : next
}

function chainFrom(profile: ProfileView, next: (profile: ProfileView) => Source): SourceChain {
  const chain = new Set([profile])
  for (let source = next(profile); ; source = next(source)) {
    if (source === undefined) return { chain: [...chain], missing: undefined, isCycle: false }
    if ('missing' in source) return { chain: [...chain], missing: source.missing, isCycle: false }
    if (chain.has(source)) return { chain: [...chain], missing: undefined, isCycle: true }
    chain.add(source)
  }
}

const KEY_PAIR = ['aws_access_key_id', 'aws_secret_access_key']

/** The traits of a profile as SDKs see it: they do not read a bare section of the config file. */
function traitsIn(profile: ProfileView): ProfileTraits {
  const has = (key: string): boolean => sdkValue(profile, key) !== undefined
  const file = fileOfKeys(profile)
  return {
    role: has('role_arn'),
    source: has('source_profile'),
    self: sdkValue(profile, 'source_profile')?.value === profile.name,
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

/** Returns a value that is not empty, as SDKs see it. */
export function sdkValue(profile: ProfileView, key: string): ProfileValue | undefined {
  const found = visible(profile, key)
  return found?.value === '' ? undefined : found
}

/**
 * Returns the file that botocore takes a profile's keys from, the credentials file first; undefined: neither has both
 * keys.
 */
export function fileOfKeys(profile: ProfileView): SharedFileName | undefined {
  const has = (file: SharedFileName): boolean => KEY_PAIR.every((key) => valueIn(profile, file, key) !== undefined)
  return has('credentials') ? 'credentials' : has('config') ? 'config' : undefined
}

/** Returns the session token in a file, under either name. */
export function tokenIn(profile: ProfileView, file: SharedFileName): ProfileValue | undefined {
  return valueIn(profile, file, 'aws_session_token') ?? valueIn(profile, file, LEGACY_TOKEN_KEY)
}

/** Returns a value of one file that is not empty and that SDKs read. */
export function valueIn(profile: ProfileView, file: SharedFileName, key: string): ProfileValue | undefined {
  if (file === 'config' && profile.configForm !== 'standard') return undefined
  const found = profile.getFrom(file, key)
  return found?.value === '' ? undefined : found
}
