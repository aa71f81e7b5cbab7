/** What each tool will do with a profile: whose credentials it uses, or why it gets none. */
import { effectOn, enginesMisreading, PARSER_BEHAVIOUR } from './parser-behaviour.ts'
import { LONG_TERM_SUFFIXES } from '../login/role-chain.ts'
import { parseArn } from '../login/mfa-device.ts'
import { parseExpiration } from '../sessions/expiration.ts'
import { markedExpiration } from '../sessions/expiration-markers.ts'
import { shortenAccessKeyId } from '../sessions/credentials.ts'
import type { ProfileView } from '../files/profile-view.ts'
import { ruleForTool } from './credential-order.ts'
import type { Outcome } from './credential-order.ts'
import type { Examination } from './examination.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import { fileOfKeys, inFile, sourcePathOf, tokenIn, traitsOf, valueOf } from './traits.ts'
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

/** Gives the same as notes, a finding for each group of tools. */
export function outcomeFindings(profile: ProfileView, examination: Examination, findings: readonly Finding[]): readonly Finding[] {
  const place = Object.entries(profile.lines)[0]
  const file = place?.[0] === 'credentials' ? examination.files.credentials.path : examination.files.config.path
  return outcomesOf(profile, examination, enginesLosing(profile, examination, findings)).map(({ tools, outcome, identity, because, until }) => {
    const details = { file, line: place?.[1], profile: profile.name, tools, key: outcome, ...(identity === undefined ? {} : { name: identity }), ...(because === undefined ? {} : { other: because }), ...(until === undefined ? {} : { at: until }) }
    return finding(['fails', 'none', 'unread', 'signed-out'].includes(outcome) ? 'tools-fail' : 'tools-use', details)
  })
}

function outcomeFor(tool: ToolId, profile: ProfileView, examination: Examination): Omit<ToolsOutcome, 'tools'> {
  const rule = ruleForTool(tool, traitsOf(profile))
  if (rule === undefined) return { outcome: isSignedIn(profile, examination) ? 'signed-out' : 'none', identity: undefined, because: undefined }
  const { outcome, because } = rule
  if (outcome === 'keys') return { outcome, because, identity: identityOfKeys(profile, examination) }
  const { path, missing, isCycle } = sourcePathOf(profile, examination.profiles.find)
  const isRole = outcome === 'role' || outcome === 'asks' || outcome === 'role-without-mfa'
  if (!isRole && !(outcome === 'fails' && (isCycle || missing !== undefined))) return { outcome, because, identity: undefined }
  if (isCycle || (missing !== undefined && !hasLongTerm(missing.value, examination))) return { outcome: 'fails', because: isCycle ? 'the source profiles go round in a circle' : 'the source profile is not there', identity: undefined }
  const source = path.at(-1)
  const isOwn = source === undefined || source === profile
  const sourceOutcome = isOwn || missing !== undefined ? undefined : outcomeFor(tool, source, examination)
  if (missing !== undefined || sourceOutcome?.outcome === 'signed-out' || sourceOutcome?.outcome === 'none') return { outcome: 'signed-out', identity: undefined, because: undefined }
  const role = roleInWords(valueOf(profile, 'role_arn')?.value ?? '')
  const identity = isOwn ? role : `${role} through '${source.name}'`
  const until = outcome === 'asks' && (tool === 'aws-cli' || tool === 'sam') ? examination.machine.quietUntil(profile, tool) : undefined
  return until === undefined ? { outcome, because, identity } : { outcome: 'cached', because, identity, until }
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

/** The engines that do not read a file that the profile stands in, or miss the profile itself. */
function enginesLosing(profile: ProfileView, { files }: Examination, findings: readonly Finding[]): readonly Engine[] {
  return ENGINES.filter((engine) =>
    findings.some(({ code, file, profile: named }) => {
      if (!isSpelling(code) || !enginesMisreading(code).includes(engine)) return false
      const effect = effectOn(code, engine)
      if (effect === 'file-refused') return true
      const isInFile = (name: 'credentials' | 'config') => file === files[name].path && profile.lines[name] !== undefined
      if (effect === 'file-skipped') return isInFile('credentials') || isInFile('config')
      return effect === 'profile-missed' && named === profile.name && code !== 'byte-order-mark' && code !== 'duplicate-key'
    }),
  )
}

function isSpelling(code: Finding['code']): code is keyof typeof PARSER_BEHAVIOUR {
  return Object.hasOwn(PARSER_BEHAVIOUR, code)
}
