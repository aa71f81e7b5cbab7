/** What each tool will do with a profile: whose credentials it uses, or why it gets none. */
import { effectOn, enginesMisreading, PARSER_BEHAVIOUR } from './parser-behaviour.ts'
import { LONG_TERM_SUFFIXES } from '../login/role-chain.ts'
import { parseArn } from '../login/mfa-device.ts'
import { parseExpiration } from '../sessions/expiration.ts'
import { markedExpiration } from '../sessions/expiration-markers.ts'
import { shortenAccessKeyId } from '../sessions/credentials.ts'
import type { ProfileView } from '../files/profile-view.ts'
import type { SharedFileName } from '../origin.ts'
import type { Outcome } from './credential-order.ts'
import type { Examination } from './examination.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import { fileOfKeys, inFile, tokenIn, valueOf } from './traits.ts'
import { ENGINES, TOOL_IDS, TOOLS } from './tools.ts'
import type { Engine, ToolId } from './tools.ts'

/** What some tools do with a profile. `identity`: who they are then, without secrets; `until`: a cached session is used so long. */
interface ToolsOutcome {
  readonly tools: readonly ToolId[]
  readonly outcome: Outcome | 'cached' | 'unread' | 'signed-out'
  readonly identity: string | undefined
  readonly because: string | undefined
  readonly until?: Date
}

/** Gives what tools do with a profile, those together that do the same; `lost` are the engines that do not read a file that it stands in. */
function outcomesOf(profile: ProfileView, examination: Examination, lost: readonly Engine[]): readonly ToolsOutcome[] {
  const groups = new Map<string, { readonly tools: ToolId[]; readonly what: Omit<ToolsOutcome, 'tools'> }>()
  for (const tool of TOOL_IDS) {
    const what: Omit<ToolsOutcome, 'tools'> = lost.includes(TOOLS[tool].engine) ? { outcome: 'unread', identity: undefined, because: undefined } : outcomeFor(tool, profile, examination)
    const key = `${what.outcome} ${what.identity ?? ''} ${what.outcome === 'fails' ? (what.because ?? '') : ''} ${what.until?.getTime() ?? ''}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { tools: [tool], what })
    else group.tools.push(tool)
  }
  return [...groups.values()].map(({ tools, what }) => ({ tools, ...what }))
}

/** Gives what tools do with each profile as notes, a finding for each group of tools; `findings` are those in the files. */
export function outcomeFindings(profiles: readonly ProfileView[], examination: Examination, findings: readonly Finding[]): readonly Finding[] {
  const losses = lossesFrom(findings, examination)
  return profiles.flatMap((profile) => outcomeFindingsOf(profile, examination, enginesLosing(profile, losses)))
}

function outcomeFindingsOf(profile: ProfileView, examination: Examination, lost: readonly Engine[]): readonly Finding[] {
  const { lines } = profile
  const name: SharedFileName = lines.credentials === undefined ? 'config' : 'credentials'
  const place = { file: examination.files[name].path, line: lines[name], profile: profile.name }
  return outcomesOf(profile, examination, lost).map(({ tools, outcome, identity, because, until }) => {
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
  const keyId = inFile(profile, file, 'aws_access_key_id')?.value ?? ''
  const kind = tokenIn(profile, file) === undefined || keyId.startsWith('AKIA') ? 'long-term keys' : 'session'
  const owner = machine.ownerOf(keyId)
  const end = tokenIn(profile, file) === undefined ? undefined : markedExpiration((key) => profile.getFrom(file, key)?.value)
  const endsAt = end === undefined ? undefined : parseExpiration(end.value, end.format)
  const isOver = endsAt !== undefined && endsAt <= machine.now
  return `${kind} ${shortenAccessKeyId(keyId)}${owner === undefined ? '' : ` of ${owner}`}${isOver ? ', which has ended' : ''}`
}

/** No keys yet, but login can put a session there. */
function isSignedIn(profile: ProfileView, examination: Examination): boolean {
  return hasLongTerm(profile.name, examination) || profile.get('awsmfa_source_profile') !== undefined || profile.get('_source_profile') !== undefined
}

function hasLongTerm(name: string, { profiles }: Examination): boolean {
  return LONG_TERM_SUFFIXES.some((suffix) => profiles.find(name + suffix)?.get('aws_access_key_id') !== undefined)
}

/** Which engines do not read a file whole, or miss single profiles in it. */
interface Losses {
  readonly everywhere: ReadonlySet<Engine>
  readonly inFile: Readonly<Record<SharedFileName, ReadonlySet<Engine>>>
  readonly ofProfile: ReadonlyMap<string, ReadonlySet<Engine>>
}

/** Sorts findings about spelling by what they keep from being read. */
function lossesFrom(findings: readonly Finding[], { files }: Examination): Losses {
  const everywhere = new Set<Engine>()
  const inFile = { credentials: new Set<Engine>(), config: new Set<Engine>() }
  const ofProfile = new Map<string, Set<Engine>>()
  for (const { code, file, profile } of findings) {
    if (!isSpelling(code)) continue
    for (const engine of enginesMisreading(code)) {
      const effect = effectOn(code, engine)
      if (effect === 'file-refused') everywhere.add(engine)
      if (effect === 'file-skipped') inFile[file === files.credentials.path ? 'credentials' : 'config'].add(engine)
      if (effect === 'profile-missed' && profile !== undefined && code !== 'duplicate-key') ofProfile.set(profile, (ofProfile.get(profile) ?? new Set<Engine>()).add(engine))
    }
  }
  return { everywhere, inFile, ofProfile }
}

function enginesLosing(profile: ProfileView, { everywhere, inFile, ofProfile }: Losses): readonly Engine[] {
  const isLost = (engine: Engine): boolean =>
    everywhere.has(engine) || ofProfile.get(profile.name)?.has(engine) === true || FILES.some((file) => inFile[file].has(engine) && profile.lines[file] !== undefined)
  return ENGINES.filter(isLost)
}

const FILES: readonly SharedFileName[] = ['credentials', 'config']

function isSpelling(code: Finding['code']): code is keyof typeof PARSER_BEHAVIOUR {
  return Object.hasOwn(PARSER_BEHAVIOUR, code)
}
