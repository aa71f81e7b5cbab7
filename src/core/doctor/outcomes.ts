/** What each tool will do with a profile: whose credentials it uses, or why it gets none. */
import { LONG_TERM_SUFFIXES } from '../login/role-chain.ts'
import { parseArn } from '../login/mfa-device.ts'
import { parseExpiration } from '../sessions/expiration.ts'
import { markedExpiration } from '../sessions/expiration-markers.ts'
import { isOfSession, shortenAccessKeyId } from '../sessions/credentials.ts'
import type { ProfileView } from '../files/profile-view.ts'
import type { SharedFileName } from '../origin.ts'
import type { Outcome } from './credential-order.ts'
import type { Examination } from './examination.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import { profilesSeenBy } from './readings/by-tool.ts'
import { fileOfKeys, inFile, knowledgeOf, tokenIn, valueOf } from './traits.ts'
import { TOOL_IDS, TOOLS, toolsOf } from './tools.ts'
import type { Engine, ToolId } from './tools.ts'

/** What some tools do with a profile. `identity`: who they are then, without secrets; `until`: a cached session is used so long. */
interface ToolsOutcome {
  readonly tools: readonly ToolId[]
  readonly outcome: Outcome | 'cached' | 'unread' | 'signed-out'
  readonly identity: string | undefined
  readonly because: string | undefined
  readonly until?: Date
}

/** What an engine's tools see: an examination of the profiles as that parser reads them, or that they fail on a file. */
type Sight = { readonly find: (name: string) => ProfileView | undefined; readonly examination: Examination } | 'refused'
type Sights = Readonly<Record<Engine, Sight>>
type What = Omit<ToolsOutcome, 'tools'>

const UNREAD: What = { outcome: 'unread', identity: undefined, because: undefined }

/** What the findings say of all profiles, and what each engine sees. */
interface Knowledge {
  readonly examination: Examination
  readonly sights: Sights
  /** Profiles that are bare sections of config, which no tool takes for profiles. */
  readonly bare: ReadonlySet<string | undefined>
  /** What the findings say of ways to credentials that lead nowhere. */
  readonly deadEnds: readonly DeadEnd[]
}

/** A way that a profile offers and that fails for some tools, which take it all the same. */
interface DeadEnd {
  readonly profile: string | undefined
  readonly tools: readonly ToolId[]
  readonly outcomes: readonly What['outcome'][]
  readonly because: string
}

const DEAD_ENDS: Readonly<Partial<Record<Finding['code'], Pick<DeadEnd, 'outcomes' | 'because'>>>> = {
  'process-unparsable': { outcomes: ['process'], because: 'its credential_process has an open quote, or names no program' },
  'process-not-there': { outcomes: ['process'], because: 'the program of its credential_process is not there' },
  'credential-source-unknown': { outcomes: ['role', 'role-without-mfa', 'asks'], because: 'its credential_source is none that there is' },
  'sso-session-missing': { outcomes: ['sso'], because: 'the section of its sso_session is not there' },
}

/** Gives what tools do with a profile, those together that do the same. */
function outcomesOf(profile: ProfileView, knowledge: Knowledge): readonly ToolsOutcome[] {
  const groups = new Map<string, { readonly tools: ToolId[]; readonly what: What }>()
  for (const tool of TOOL_IDS) {
    if (TOOLS[tool].engine === 'dotnet' && isInTwoForms(profile, knowledge.examination)) continue
    const found = outcomeOf(tool, profile, knowledge)
    const end = knowledge.deadEnds.find((each) => each.profile === profile.name && each.tools.includes(tool) && each.outcomes.includes(found.outcome))
    const what: What = end === undefined ? found : { outcome: 'fails', identity: undefined, because: end.because }
    const key = `${what.outcome} ${what.identity ?? ''} ${what.outcome === 'fails' ? (what.because ?? '') : ''} ${what.until?.getTime() ?? ''}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { tools: [tool], what })
    else group.tools.push(tool)
  }
  return [...groups.values()].map(({ tools, what }) => ({ tools, ...what }))
}

function outcomeOf(tool: ToolId, profile: ProfileView, { examination, sights, bare }: Knowledge): What {
  const sight = sights[TOOLS[tool].engine]
  if (sight === 'refused') return UNREAD
  const isBare = profile.configForm === 'bare' && profile.lines.credentials === undefined
  if (isBare) return bare.has(profile.name) ? UNREAD : outcomeFor(tool, profile, examination)
  return outcomeSeen(tool, profile, sight)
}

/** Two headers that are written differently open it in one file. Which of them .NET takes has not been tried. */
function isInTwoForms({ name }: ProfileView, { files }: Examination): boolean {
  return FILES.some((file) => new Set(files[file].sectionsFor(name).filter(({ header }) => file === 'credentials' || header.isPrefixed || name === 'default').map(({ header }) => header.greedyName)).size > 1)
}

function outcomeSeen(tool: ToolId, profile: ProfileView, { find, examination }: Exclude<Sight, 'refused'>): What {
  const seen = find(profile.name)
  if (seen === undefined) return UNREAD
  const what = outcomeFor(tool, seen, examination)
  const isPart = FILES.some((file) => profile.lines[file] !== undefined && (file === 'credentials' || profile.configForm === 'standard') && seen.lines[file] === undefined)
  return isPart && (what.outcome === 'none' || what.outcome === 'signed-out') ? UNREAD : what
}

/** Gives what tools do with each profile as notes, a finding for each group of tools; `findings` are those in the files. */
export function outcomeFindings(profiles: readonly ProfileView[], examination: Examination, findings: readonly Finding[]): readonly Finding[] {
  const sights = sightsOf(examination, findings)
  const bare = new Set(findings.filter(({ code }) => code === 'bare-section-in-config').map(({ profile }) => profile))
  const deadEnds = findings.flatMap(({ code, profile, tools }) => (DEAD_ENDS[code] === undefined ? [] : [{ ...DEAD_ENDS[code], profile, tools }]))
  return profiles.flatMap((profile) => outcomeFindingsOf(profile, { examination, sights, bare, deadEnds }))
}

function sightsOf(examination: Examination, findings: readonly Finding[]): Sights {
  const sightOf = (engine: Engine): Sight => {
    const seen = profilesSeenBy(engine, examination.files, findings)
    return seen === 'refused' ? seen : { find: seen.find, examination: { ...examination, ...knowledgeOf(seen.find, toolsOf([engine])) } }
  }
  const [botocore, js, go, rust, java, dotnet] = [sightOf('botocore'), sightOf('js'), sightOf('go'), sightOf('rust'), sightOf('java'), sightOf('dotnet')]
  return { botocore, js, go, rust, java, dotnet }
}

function outcomeFindingsOf(profile: ProfileView, knowledge: Knowledge): readonly Finding[] {
  const { lines } = profile
  const name: SharedFileName = lines.credentials === undefined ? 'config' : 'credentials'
  const place = { file: knowledge.examination.files[name].path, line: lines[name], profile: profile.name }
  return outcomesOf(profile, knowledge).map(({ tools, outcome, identity, because, until }) => {
    const details = { ...place, tools, key: outcome, ...(identity === undefined ? {} : { name: identity }), ...(because === undefined ? {} : { other: because }), ...(until === undefined ? {} : { at: until }) }
    return finding(['fails', 'none', 'unread', 'signed-out'].includes(outcome) ? 'tools-fail' : 'tools-use', details)
  })
}

function outcomeFor(tool: ToolId, profile: ProfileView, examination: Examination): Omit<ToolsOutcome, 'tools'> {
  const rule = examination.rulesOf(profile)[tool]
  if (rule === undefined) return { outcome: isSignedIn(profile, examination) ? 'signed-out' : 'none', identity: undefined, because: undefined }
  const { outcome, because } = rule
  if (outcome === 'keys') return { outcome, because, identity: identityOfKeys(profile, examination) }
  const { path, missing, isCycle } = examination.sourcePathOf(profile)
  const isRole = outcome === 'role' || outcome === 'asks' || outcome === 'role-without-mfa'
  if (!isRole && !(outcome === 'fails' && (isCycle || missing !== undefined))) return { outcome, because, identity: undefined }
  if (isCycle || (missing !== undefined && !hasLongTerm(missing.value, examination))) return { outcome: 'fails', because: isCycle ? 'the source profiles go round in a circle' : 'the source profile is not there', identity: undefined }
  const obstacle = obstacleOn(path, tool, examination)
  if (outcome !== 'fails' && obstacle?.outcome === 'fails') return { outcome: 'fails', because: obstacle.because, identity: undefined }
  const source = sourceFor(tool, path, examination)
  const isOwn = source === undefined || source === profile
  const sourceOutcome = isOwn || missing !== undefined || stopsAt(source, tool, examination.traitsOf) ? undefined : outcomeFor(tool, source, examination)
  if (missing !== undefined || sourceOutcome?.outcome === 'signed-out' || sourceOutcome?.outcome === 'none') return { outcome: 'signed-out', identity: undefined, because: undefined }
  const role = roleInWords(valueOf(profile, 'role_arn')?.value ?? '')
  const identity = isOwn ? role : `${role} through '${source.name}'`
  const until = outcome === 'asks' && (tool === 'aws-cli' || tool === 'sam') ? examination.machine.quietUntil(profile, tool) : undefined
  if (until !== undefined) return { outcome: 'cached', because, identity, until }
  return { outcome: obstacle?.outcome ?? outcome, because, identity }
}

/** Where the tool takes the first credentials of a chain from: most take the keys of a profile on the way, though it is a role. */
function sourceFor(tool: ToolId, path: readonly ProfileView[], { traitsOf }: Examination): ProfileView | undefined {
  return path.find((link, index) => index > 0 && stopsAt(link, tool, traitsOf)) ?? path.at(-1)
}

/** Java alone goes on to where the chain ends (ProfileCredentialsUtils). */
function stopsAt(link: ProfileView, tool: ToolId, traitsOf: Examination['traitsOf']): boolean {
  return TOOLS[tool].engine !== 'java' && traitsOf(link).keys
}

/** A role on the way to the first credentials, at which the tool asks for a code or fails. Go assumes such a role with its own keys too. */
function obstacleOn([, ...links]: readonly ProfileView[], tool: ToolId, { traitsOf, rulesOf }: Examination): { readonly outcome: 'asks' | 'fails'; readonly because: string } | undefined {
  for (const link of links) {
    const isLast = stopsAt(link, tool, traitsOf)
    if (!traitsOf(link).role || (isLast && TOOLS[tool].engine !== 'go')) return undefined
    const rule = rulesOf(link)[tool]
    if (rule?.outcome === 'asks' || rule?.outcome === 'fails') return { outcome: rule.outcome, because: rule.because }
    if (isLast) return undefined
  }
  return undefined
}

/** `role Admin in 222222222222`. */
function roleInWords(arn: string): string {
  const parts = parseArn(arn)
  return parts === undefined ? 'a role' : `role ${parts.resource.replace(/^role\//, '')} in ${parts.account}`
}

function identityOfKeys(profile: ProfileView, { machine }: Examination): string {
  const file = fileOfKeys(profile) ?? 'credentials'
  const written = inFile(profile, file, 'aws_access_key_id')?.value ?? ''
  const keyId = /[\w-]+/.exec(written)?.[0] ?? ''
  // What stands there besides is sent along.
  const isPlain = keyId === written && /^[\w/+=-]+$/.test(inFile(profile, file, 'aws_secret_access_key')?.value ?? '')
  const hasToken = tokenIn(profile, file) !== undefined
  if (isOfSession(keyId) && !hasToken) return `keys of session ${shortenAccessKeyId(keyId)} without its token, which AWS refuses`
  const kind = !hasToken || keyId.startsWith('AKIA') ? 'long-term keys' : 'session'
  const owner = machine.ownerOf(keyId)
  const end = !hasToken ? undefined : markedExpiration((key) => profile.getFrom(file, key)?.value)
  const endsAt = end === undefined ? undefined : parseExpiration(end.value, end.format)
  const isOver = endsAt !== undefined && endsAt <= machine.now
  return `${kind} ${shortenAccessKeyId(keyId)}${owner === undefined ? '' : ` of ${owner}`}${isOver ? ', which has ended' : ''}${isPlain ? '' : ', which AWS refuses as they are written'}`
}

/** No keys yet, but login can put a session there. */
function isSignedIn(profile: ProfileView, examination: Examination): boolean {
  return hasLongTerm(profile.name, examination) || profile.get('awsmfa_source_profile') !== undefined || profile.get('_source_profile') !== undefined
}

function hasLongTerm(name: string, { profiles }: Examination): boolean {
  return LONG_TERM_SUFFIXES.some((suffix) => profiles.find(name + suffix)?.get('aws_access_key_id') !== undefined)
}

const FILES: readonly SharedFileName[] = ['credentials', 'config']
