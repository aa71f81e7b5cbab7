/**
 * What each tool does with a profile: whose credentials it uses, or why it gets none. Each engine has its own view of
 * the files, from its parser or from the findings about syntax.
 */
import { decodeUtf8 } from '../aws-files/ini-document.ts'
import { classifyProfile, markedExpiration } from '../aws-files/ownership.ts'
import { parseArn } from '../aws/arn.ts'
import { analyzeProfiles, fileOfKeys, memoize, sdkValue, tokenIn, valueIn } from './credential-order.ts'
import type { Outcome } from './credential-order.ts'
import type { Examination, ExaminedFile, ExaminedFiles, ExaminedSection } from './examination.ts'
import { commandFor, finding, quote, show, toolNames } from './finding.ts'
import type { Finding, FindingCode, MessageContext, Messages } from './finding.ts'
import type { Engine, ParsedFile, ParsedProfile, ParsedValue, ParserEffect, ToolId } from './tools.ts'
import { ENGINES, TOOLS, TOOL_IDS, effectOn, isSyntaxCode } from './tools.ts'
import { LONG_TERM_SUFFIXES } from '../aws-files/profile-keys.ts'
import { isOfSession, parseExpiration, shortenAccessKeyId } from '../model/credentials.ts'
import { SHARED_FILES } from '../model/profile.ts'
import type { ProfileValue, ProfileView, SharedFileName } from '../model/profile.ts'
import { CACHED_IN_SAM } from '../sessions/aws-cache-entry.ts'
import { formatInstant } from '../ui/duration.ts'

/** What a tool does. */
interface ToolOutcome {
  /**
   * `unread`: it does not see the profile; `signed-out`: it gets credentials after a login; `cached`: it uses a cached
   * session.
   */
  readonly outcome: Outcome | 'cached' | 'unread' | 'signed-out'
  /** Whose credentials it has then, without secrets. */
  readonly identity?: string
  readonly because?: string
  /** The end of the cached session. */
  readonly until?: Date
}

type FindProfile = (name: string) => ProfileView | undefined

/** The profiles as an engine sees them, and an examination that follows them; `refused`: its tools fail on a file. */
type EngineView = { readonly find: FindProfile; readonly examination: Examination } | 'refused'

interface OutcomeContext {
  readonly examination: Examination
  readonly views: Readonly<Record<Engine, EngineView>>
  /** The profiles that are bare sections of config, which no tool reads. */
  readonly bare: ReadonlySet<string | undefined>
  readonly deadEnds: readonly FailingWay[]
}

/** A way to credentials that fails for some tools, which take it all the same. */
interface FailingWay {
  readonly profile: string | undefined
  readonly tools: readonly ToolId[]
  readonly outcomes: readonly ToolOutcome['outcome'][]
  readonly because: string
}

/** The findings that make dead ends. */
const DEAD_ENDS: Readonly<Partial<Record<FindingCode, Pick<FailingWay, 'outcomes' | 'because'>>>> = {
  'process-unparsable': {
    outcomes: ['process'],
    because: 'its credential_process has an unclosed quote or no command',
  },
  'process-quoted': { outcomes: ['process'], because: 'its credential_process has quotes' },
  'setting-malformed': { outcomes: ['role', 'role-without-mfa', 'asks'], because: 'its role_arn is malformed' },
  'process-not-there': { outcomes: ['process'], because: 'the program of its credential_process was not found' },
  'credential-source-unknown': {
    outcomes: ['role', 'role-without-mfa', 'asks'],
    because: 'its credential_source is unknown',
  },
  'sso-session-missing': { outcomes: ['sso'], because: 'the section of its sso_session was not found' },
}

/** Returns what tools do with each profile, a note for each group of tools; `findings` are those in the files. */
export function findOutcomes(
  profiles: readonly ProfileView[],
  examination: Examination,
  findings: readonly Finding[],
): readonly Finding[] {
  const view = (engine: Engine): EngineView => viewOf(engine, examination, findings)
  const context = {
    examination,
    views: Object.fromEntries(ENGINES.map((engine) => [engine, view(engine)])) as Record<Engine, EngineView>,
    bare: new Set(findings.filter(({ code }) => code === 'bare-section-in-config').map(({ profile }) => profile)),
    deadEnds: findings.flatMap(({ code, profile, tools, key }) => {
      const deadEnd = DEAD_ENDS[code]
      // Of the settings that login refuses, tools send a role's ARN to STS, and know few of the others.
      const isPassedOver = code === 'setting-malformed' && key !== 'role_arn'
      return deadEnd === undefined || isPassedOver ? [] : [{ ...deadEnd, profile, tools }]
    }),
  }
  return profiles.flatMap((profile) => outcomeFindings(profile, context))
}

function viewOf(engine: Engine, examination: Examination, findings: readonly Finding[]): EngineView {
  const find = profilesSeenBy(engine, examination.files, findings)
  if (find === 'refused') return find
  return { find, examination: { ...examination, ...analyzeProfiles(find) } }
}

/** Groups the tools that do the same with a profile. */
function outcomeFindings(profile: ProfileView, context: OutcomeContext): readonly Finding[] {
  const groups = new Map<string, { readonly tools: ToolId[]; readonly result: ToolOutcome }>()
  for (const tool of TOOL_IDS) {
    if (TOOLS[tool].engine === 'dotnet' && hasTwoForms(profile, context.examination)) continue
    const result = outcomeOf(tool, profile, context)
    const { outcome, identity = '', because = '', until } = result
    const key = `${outcome} ${identity} ${outcome === 'fails' ? because : ''} ${until?.getTime() ?? ''}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { tools: [tool], result })
    else group.tools.push(tool)
  }
  const file = profile.lines.credentials === undefined ? 'config' : 'credentials'
  const place = { file: context.examination.files[file].path, line: profile.lines[file], profile: profile.name }
  return [...groups.values()].map(({ tools, result: { outcome, identity, because, until } }) => {
    const isFailing = ['fails', 'none', 'unread', 'signed-out'].includes(outcome)
    const details = { ...place, tools, key: outcome, name: identity, other: because, at: until }
    return finding(isFailing ? 'tools-fail' : 'tools-use', details)
  })
}

/**
 * Whether two headers of one file open the profile in different spellings. Which of them .NET uses has not been tested.
 */
function hasTwoForms({ name }: ProfileView, { files }: Examination): boolean {
  return SHARED_FILES.some((file) => {
    const sections = files[file]
      .sectionsFor(name)
      .filter(({ header }) => file === 'credentials' || header.isPrefixed || name === 'default')
    return new Set(sections.map(({ header }) => header.greedyName)).size > 1
  })
}

function outcomeOf(tool: ToolId, profile: ProfileView, context: OutcomeContext): ToolOutcome {
  const { examination, views, bare, deadEnds } = context
  const view = views[TOOLS[tool].engine]
  if (view === 'refused') return { outcome: 'unread' }
  const isBare = profile.configForm === 'bare' && profile.lines.credentials === undefined
  if (isBare && bare.has(profile.name)) return { outcome: 'unread' }
  const result = isBare ? resolveOutcome(tool, profile, examination) : outcomeSeen(tool, profile, view)
  const deadEnd = deadEnds.find(
    (each) => each.profile === profile.name && each.tools.includes(tool) && each.outcomes.includes(result.outcome),
  )
  return deadEnd === undefined ? result : { outcome: 'fails', because: deadEnd.because }
}

function outcomeSeen(tool: ToolId, profile: ProfileView, view: Exclude<EngineView, 'refused'>): ToolOutcome {
  const seen = view.find(profile.name)
  if (seen === undefined) return { outcome: 'unread' }
  const result = resolveOutcome(tool, seen, view.examination)
  const isPart = SHARED_FILES.some(
    (file) =>
      profile.lines[file] !== undefined &&
      (file === 'credentials' || profile.configForm === 'standard') &&
      seen.lines[file] === undefined,
  )
  return isPart && (result.outcome === 'none' || result.outcome === 'signed-out') ? { outcome: 'unread' } : result
}

/** Applies the rule for a profile, as the tool sees it, and those of its source chain. */
function resolveOutcome(tool: ToolId, profile: ProfileView, examination: Examination): ToolOutcome {
  const rule = examination.rulesOf(tool)(profile)
  if (rule === undefined) return { outcome: canSignIn(profile, examination) ? 'signed-out' : 'none' }
  const { outcome, because } = rule
  if (outcome === 'keys') return { outcome, because, identity: identityOfKeys(profile, examination) }
  const { chain, missing, isCycle } = examination.sourceChainOf(profile)
  const isRole = outcome === 'role' || outcome === 'asks' || outcome === 'role-without-mfa'
  if (!isRole && !(outcome === 'fails' && (isCycle || missing !== undefined))) return { outcome, because }
  if (isCycle) return { outcome: 'fails', because: 'the source profiles form a loop' }
  if (missing !== undefined && !hasLongTermKeys(missing.value, examination))
    return { outcome: 'fails', because: 'the source profile was not found' }
  const obstacle = obstacleOn(chain, tool, examination)
  if (outcome !== 'fails' && obstacle?.outcome === 'fails') return { outcome: 'fails', because: obstacle.because }
  if (missing !== undefined) return { outcome: 'signed-out' }
  const source = sourceFor(tool, chain, examination)
  const isOwn = source === undefined || source === profile
  if (!isOwn && !stopsAt(source, tool, examination)) {
    const ofSource = resolveOutcome(tool, source, examination)
    if (ofSource.outcome === 'signed-out' || ofSource.outcome === 'none') return { outcome: 'signed-out' }
    if (examination.traitsOf(source).login && ofSource.outcome === 'fails') return ofSource
    // aws-sdk-go-v2 config 1.33: "failed to load assume role …, of profile dev, <nil>".
    if (ofSource.outcome === 'login' && TOOLS[tool].engine === 'go')
      return { outcome: 'fails', because: 'a source profile with login_session is not supported' }
  }
  const role = describeRole(sdkValue(profile, 'role_arn')?.value ?? '')
  const identity = isOwn ? role : `${role} through '${source.name}'`
  const hasCache = outcome === 'asks' && (tool === 'aws-cli' || tool === 'sam')
  const until = hasCache ? examination.machine.quietUntil(profile, tool) : undefined
  if (until !== undefined) return { outcome: 'cached', because, identity, until }
  return { outcome: obstacle?.outcome ?? outcome, because, identity }
}

/**
 * The profile whose credentials start the chain: for most tools the first one with keys, even if it is a role itself.
 */
function sourceFor(tool: ToolId, chain: readonly ProfileView[], examination: Examination): ProfileView | undefined {
  return chain.find((link, index) => index > 0 && stopsAt(link, tool, examination)) ?? chain.at(-1)
}

/** Only Java follows the chain to its end (ProfileCredentialsUtils). */
function stopsAt(link: ProfileView, tool: ToolId, { traitsOf }: Examination): boolean {
  return TOOLS[tool].engine !== 'java' && traitsOf(link).keys
}

/**
 * A role in the chain for which the tool asks for a code or fails. Go assumes also the role of the profile whose keys
 * it uses.
 */
function obstacleOn(
  [, ...links]: readonly ProfileView[],
  tool: ToolId,
  examination: Examination,
): { readonly outcome: 'asks' | 'fails'; readonly because: string } | undefined {
  const ruleOf = examination.rulesOf(tool)
  for (const link of links) {
    const isLast = stopsAt(link, tool, examination)
    if (!examination.traitsOf(link).role || (isLast && TOOLS[tool].engine !== 'go')) return undefined
    const rule = ruleOf(link)
    if (rule?.outcome === 'asks' || rule?.outcome === 'fails') return { outcome: rule.outcome, because: rule.because }
    if (isLast) return undefined
  }
  return undefined
}

/** `role Admin (222222222222)`. */
function describeRole(arn: string): string {
  const parts = parseArn(arn)
  return parts === undefined ? 'a role' : `role ${parts.resource.replace(/^role\//, '')} (${parts.account})`
}

function identityOfKeys(profile: ProfileView, { machine }: Examination): string {
  const file = fileOfKeys(profile) ?? 'credentials'
  const written = valueIn(profile, file, 'aws_access_key_id')?.value ?? ''
  const keyId = /[\w-]+/.exec(written)?.[0] ?? ''
  // Tools send everything else in the value along, such as a comment.
  const isPlain = keyId === written && /^[\w/+=-]+$/.test(valueIn(profile, file, 'aws_secret_access_key')?.value ?? '')
  const hasToken = tokenIn(profile, file) !== undefined
  const shortId = shortenAccessKeyId(keyId)
  if (isOfSession(keyId) && !hasToken) return `keys of session ${shortId} without its token, which AWS refuses`
  const isSession = hasToken && (!keyId.startsWith('AKIA') || classifyProfile(profile).kind === 'ours')
  const kind = isSession ? 'session' : 'long-term keys'
  const owner = machine.ownerOf(keyId)
  const end = hasToken ? markedExpiration((key) => profile.getFrom(file, key)?.value) : undefined
  const endsAt = end === undefined ? undefined : parseExpiration(end.value, end.format)
  const isExpired = endsAt !== undefined && endsAt <= machine.now
  return `${kind} ${shortId}${owner === undefined ? '' : ` of ${owner}`}${isExpired ? ', which has ended' : ''}${isPlain ? '' : ', which AWS refuses as they are written'}`
}

/** Whether login can put a session where no keys are yet. */
function canSignIn(profile: ProfileView, examination: Examination): boolean {
  return (
    hasLongTermKeys(profile.name, examination) ||
    profile.get('awsmfa_source_profile') !== undefined ||
    profile.get('_source_profile') !== undefined
  )
}

function hasLongTermKeys(name: string, { profiles }: Examination): boolean {
  return LONG_TERM_SUFFIXES.some((suffix) => profiles.find(name + suffix)?.get('aws_access_key_id') !== undefined)
}

/**
 * Returns the profiles as an engine sees them: through its parser, if that is known line by line; otherwise as the
 * findings about syntax say. `refused`: its tools fail on a file.
 */
export function profilesSeenBy(
  engine: Engine,
  files: ExaminedFiles,
  findings: readonly Finding[],
): FindProfile | 'refused' {
  const effects = effectsOn(engine, files, findings)
  const isKnown = engine === 'botocore' || engine === 'js'
  // A known parser decides by itself, but it gets decoded text: invalid bytes are seen before.
  if (effects.some(({ code, effect }) => effect === 'file-refused' && (!isKnown || code === 'not-utf8')))
    return 'refused'
  const parse = (file: SharedFileName): ParsedFile =>
    isKnown ? files[file].readAs(engine) : parseByEffects(engine, files[file], effects)
  const [credentials, config] = [parse('credentials'), parse('config')]
  if (credentials === 'refused' || config === 'refused') return 'refused'
  return memoize((name) => {
    const parsed = { credentials: credentials.get(name), config: config.get(name) }
    return mergedView(
      name,
      engine === 'js' ? mergeKeys(parsed) : engine === 'botocore' ? dropHalfPairs(parsed) : parsed,
    )
  })
}

/** A profile in each file that has it. */
type ParsedBoth = Readonly<Record<SharedFileName, ParsedProfile | undefined>>

/** JavaScript merges the files key by key: as if every key were in the credentials file. */
function mergeKeys({ credentials, config }: ParsedBoth): ParsedBoth {
  if (config === undefined) return { credentials, config }
  const values = new Map([...config.values, ...(credentials?.values ?? [])])
  return {
    credentials: { headers: credentials?.headers ?? [], values },
    config: { headers: config.headers, values: new Map() },
  }
}

/**
 * botocore uses the file with a key id, and fails if the secret is not in it (credentials.py ›
 * SharedCredentialProvider).
 */
function dropHalfPairs({ credentials, config }: ParsedBoth): ParsedBoth {
  const isHalf =
    credentials?.values.has('aws_access_key_id') === true && !credentials.values.has('aws_secret_access_key')
  if (!isHalf || config === undefined) return { credentials, config }
  const values = [...config.values].filter(([key]) => !/^aws_(?:access_key_id|secret_access_key)$/.test(key))
  return { credentials, config: { ...config, values: new Map(values) } }
}

function mergedView(name: string, parsed: ParsedBoth): ProfileView | undefined {
  if (parsed.credentials === undefined && parsed.config === undefined) return undefined
  const getFrom = (file: SharedFileName, key: string): ProfileValue | undefined => {
    const found = parsed[file]?.values.get(key)
    return found === undefined ? undefined : { ...found, file }
  }
  const lineIn = (file: SharedFileName): ProfileView['lines'] => {
    const line = parsed[file]?.headers[0]
    return line === undefined ? {} : { [file]: line }
  }
  return {
    name,
    get: (key) => getFrom('credentials', key) ?? getFrom('config', key),
    getFrom,
    keys: () => [...new Set(SHARED_FILES.flatMap((file) => [...(parsed[file]?.values.keys() ?? [])]))],
    lines: { ...lineIn('credentials'), ...lineIn('config') },
    configForm: parsed.config === undefined ? undefined : 'standard',
    hasPaddedHeader: false,
  }
}

/** What a finding about syntax does to an engine. */
interface Effect {
  readonly code: FindingCode
  readonly effect: ParserEffect
  readonly file: SharedFileName
  readonly line: number
}

function effectsOn(engine: Engine, { config }: ExaminedFiles, findings: readonly Finding[]): readonly Effect[] {
  return findings.flatMap(({ code, file, line }): readonly Effect[] => {
    const effect = isSyntaxCode(code) ? effectOn(code, engine) : 'fine'
    if (line === undefined || effect === 'fine') return []
    return [{ code, effect, file: file === config.path ? 'config' : 'credentials', line }]
  })
}

function parseByEffects(engine: Engine, file: ExaminedFile, effects: readonly Effect[]): ParsedFile {
  const profiles = new Map<string, { headers: number[]; readonly values: Map<string, ParsedValue> }>()
  const own = effects.filter((each) => each.file === file.name)
  if (own.some(({ effect }) => effect === 'file-skipped')) return profiles
  const linesWith = (...wanted: readonly ParserEffect[]): ReadonlySet<number> =>
    new Set(own.filter(({ effect }) => wanted.includes(effect)).map(({ line }) => line))
  const [missed, missedKeys] = [linesWith('profile-missed'), linesWith('profile-missed', 'key-missed')]
  const hasPrefixedDefault = file.sections.some(({ header }) => header.profile === 'default' && header.isPrefixed)
  let above = new Map<string, ParsedValue>()
  for (const section of file.sections) {
    const { profile, isPrefixed } = section.header
    const line = file.lineAt(section.section.start)
    const isBare = file.name === 'config' && !isPrefixed && (profile !== 'default' || hasPrefixedDefault)
    if (profile === undefined || isBare) continue
    if (missedKeys.has(line) || section.body.entries.some(({ start }) => missed.has(file.lineAt(start)))) {
      if (section.section.isIndented) appendLine(above)
      continue
    }
    const parsed = profiles.get(profile) ?? { headers: [], values: new Map<string, ParsedValue>() }
    parsed.headers.push(line)
    for (const [key, value] of valuesOf(engine, file, section))
      if (!missedKeys.has(value.line)) parsed.values.set(key, value)
    profiles.set(profile, parsed)
    above = parsed.values
  }
  return profiles
}

/** An indented header that is read as none becomes part of the value above it. */
function appendLine(values: Map<string, ParsedValue>): void {
  const last = [...values].at(-1)
  if (last !== undefined) values.set(last[0], { ...last[1], value: `${last[1].value}\n[` })
}

function valuesOf(engine: Engine, file: ExaminedFile, { body }: ExaminedSection): readonly [string, ParsedValue][] {
  const readsComments = effectOn('inline-comment', engine) === 'value-changed'
  const readsQuotes = effectOn('quoted-value', engine) === 'value-changed'
  return body.entries.map(({ key, value, start }) => {
    const uncommented = readsComments ? value : value.replace(/[ \t]+[#;].*$/s, '')
    const plain = readsQuotes ? uncommented : uncommented.replace(/^(["'])(.*)\1$/, '$2')
    return [decodeUtf8(key), { value: decodeUtf8(plain), line: file.lineAt(start) }]
  })
}

/** The message of each finding, and its fix. `key` is the outcome, `name` the identity, `other` the reason. */
export const OUTCOME_MESSAGES = {
  'tools-use': (found, context) => {
    const names = toolNames(found.tools)
    const isCachedInSam = found.key === 'cached' && found.tools.includes('sam')
    return [`${isCachedInSam ? names.replace('SAM', CACHED_IN_SAM) : names} ${describeUse(found, context)}`]
  },
  'tools-fail': (found) => [
    describeFailure(found),
    found.key === 'signed-out' ? commandFor('login', found) : undefined,
  ],
} satisfies Messages

function describeUse({ tools, key, name, profile, at }: Finding, { now }: MessageContext): string {
  const s = isSingular(tools) ? 's' : ''
  const identity = show(name)
  const texts: Readonly<Partial<Record<string, string>>> = {
    keys: `use${s} the ${identity}`,
    role: `assume${s} ${identity}`,
    'role-without-mfa': `assume${s} ${identity} without MFA`,
    asks: `prompt${s} for a code, then assume${s} ${identity}`,
    cached: `use${s} a cached session of ${identity} until ${formatInstant(at ?? now, now)}, then prompt${s} for a code${tools.includes('sam') ? '; other SAM commands prompt now' : ''}`,
    process: `run${s} the credential_process of ${quote(profile)}`,
    sso: `use${s} SSO`,
    login: `use${s} the session of aws login${tools.includes('terraform') ? ' (Terraform 1.14 and later)' : ''}`,
    'web-identity': `assume${s} a role with a web identity`,
  }
  return texts[key ?? ''] ?? ''
}

function describeFailure({ tools, key, other }: Finding): string {
  const isAll = tools.length === TOOL_IDS.length
  const s = isSingular(tools) ? 's' : ''
  const names = toolNames(tools)
  if (key === 'fails') return `${names} fail${s}: ${show(other)}`
  if (key === 'unread')
    return `${isAll ? 'no tool reads' : `${names} ${s === '' ? 'do' : 'does'} not read`} it because of the syntax of the file`
  const found = isAll ? 'no tool finds credentials' : `${names} find${s} no credentials`
  return key === 'signed-out' ? `${found} until you sign in` : found
}

/** Whether the names of these tools take a verb in the singular, as `every tool` does. */
function isSingular(tools: readonly ToolId[]): boolean {
  return tools.length === 1 || tools.length === TOOL_IDS.length
}
