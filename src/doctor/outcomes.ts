import { decodeUtf8 } from '../aws-files/edit.ts'
import { markedExpiration } from '../aws-files/ownership.ts'
import { parseArn } from '../aws/arn.ts'
import { fileOfKeys, inFile, knowledgeOf, tokenIn, valueOf } from './credential-order.ts'
import type { Outcome } from './credential-order.ts'
import type { Examination, ExaminedDocument, ExaminedSection } from './examination.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import { viewOfSeen } from './parsers.ts'
import type { SeenFile, SeenProfile, SeenProfiles, SeenValue } from './parsers.ts'
import { TOOLS, TOOL_IDS, effectOn, isSpelling, toolsOf } from './tools.ts'
import type { Engine, ParserEffect, SpellingCode, ToolId } from './tools.ts'
import { LONG_TERM_SUFFIXES } from '../login/profile-chain.ts'
import { isOfSession, shortenAccessKeyId } from '../model/credentials.ts'
import { parseExpiration } from '../model/expiration.ts'
import type { SharedFileName } from '../model/origin.ts'
import type { ProfileView } from '../model/profile.ts'

/** What each tool will do with a profile: whose credentials it uses, or why it gets none. */

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
  'process-unparsable': {
    outcomes: ['process'],
    because: 'its credential_process has an open quote, or names no program',
  },
  'process-not-there': { outcomes: ['process'], because: 'the program of its credential_process is not there' },
  'credential-source-unknown': {
    outcomes: ['role', 'role-without-mfa', 'asks'],
    because: 'its credential_source is none that there is',
  },
  'sso-session-missing': { outcomes: ['sso'], because: 'the section of its sso_session is not there' },
}

/** Gives what tools do with a profile, those together that do the same. */
function outcomesOf(profile: ProfileView, knowledge: Knowledge): readonly ToolsOutcome[] {
  const groups = new Map<string, { readonly tools: ToolId[]; readonly what: What }>()
  for (const tool of TOOL_IDS) {
    if (TOOLS[tool].engine === 'dotnet' && isInTwoForms(profile, knowledge.examination)) continue
    const found = outcomeOf(tool, profile, knowledge)
    const end = knowledge.deadEnds.find(
      (each) => each.profile === profile.name && each.tools.includes(tool) && each.outcomes.includes(found.outcome),
    )
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
  return FILES.some(
    (file) =>
      new Set(
        files[file]
          .sectionsFor(name)
          .filter(({ header }) => file === 'credentials' || header.isPrefixed || name === 'default')
          .map(({ header }) => header.greedyName),
      ).size > 1,
  )
}

function outcomeSeen(tool: ToolId, profile: ProfileView, { find, examination }: Exclude<Sight, 'refused'>): What {
  const seen = find(profile.name)
  if (seen === undefined) return UNREAD
  const what = outcomeFor(tool, seen, examination)
  const isPart = FILES.some(
    (file) =>
      profile.lines[file] !== undefined &&
      (file === 'credentials' || profile.configForm === 'standard') &&
      seen.lines[file] === undefined,
  )
  return isPart && (what.outcome === 'none' || what.outcome === 'signed-out') ? UNREAD : what
}

/** Gives what tools do with each profile as notes, a finding for each group of tools; `findings` are those in the files. */
export function outcomeFindings(
  profiles: readonly ProfileView[],
  examination: Examination,
  findings: readonly Finding[],
): readonly Finding[] {
  const sights = sightsOf(examination, findings)
  const bare = new Set(findings.filter(({ code }) => code === 'bare-section-in-config').map(({ profile }) => profile))
  const deadEnds = findings.flatMap(({ code, profile, tools }) =>
    DEAD_ENDS[code] === undefined ? [] : [{ ...DEAD_ENDS[code], profile, tools }],
  )
  return profiles.flatMap((profile) => outcomeFindingsOf(profile, { examination, sights, bare, deadEnds }))
}

function sightsOf(examination: Examination, findings: readonly Finding[]): Sights {
  const sightOf = (engine: Engine): Sight => {
    const seen = profilesSeenBy(engine, examination.files, findings)
    return seen === 'refused'
      ? seen
      : { find: seen.find, examination: { ...examination, ...knowledgeOf(seen.find, toolsOf([engine])) } }
  }
  const [botocore, js, go, rust, java, dotnet] = [
    sightOf('botocore'),
    sightOf('js'),
    sightOf('go'),
    sightOf('rust'),
    sightOf('java'),
    sightOf('dotnet'),
  ]
  return { botocore, js, go, rust, java, dotnet }
}

function outcomeFindingsOf(profile: ProfileView, knowledge: Knowledge): readonly Finding[] {
  const { lines } = profile
  const name: SharedFileName = lines.credentials === undefined ? 'config' : 'credentials'
  const place = { file: knowledge.examination.files[name].path, line: lines[name], profile: profile.name }
  return outcomesOf(profile, knowledge).map(({ tools, outcome, identity, because, until }) => {
    const details = {
      ...place,
      tools,
      key: outcome,
      ...(identity === undefined ? {} : { name: identity }),
      ...(because === undefined ? {} : { other: because }),
      ...(until === undefined ? {} : { at: until }),
    }
    return finding(['fails', 'none', 'unread', 'signed-out'].includes(outcome) ? 'tools-fail' : 'tools-use', details)
  })
}

function outcomeFor(tool: ToolId, profile: ProfileView, examination: Examination): Omit<ToolsOutcome, 'tools'> {
  const rule = examination.rulesOf(profile)[tool]
  if (rule === undefined)
    return {
      outcome: isSignedIn(profile, examination) ? 'signed-out' : 'none',
      identity: undefined,
      because: undefined,
    }
  const { outcome, because } = rule
  if (outcome === 'keys') return { outcome, because, identity: identityOfKeys(profile, examination) }
  const { path, missing, isCycle } = examination.sourcePathOf(profile)
  const isRole = outcome === 'role' || outcome === 'asks' || outcome === 'role-without-mfa'
  if (!isRole && !(outcome === 'fails' && (isCycle || missing !== undefined)))
    return { outcome, because, identity: undefined }
  if (isCycle || (missing !== undefined && !hasLongTerm(missing.value, examination)))
    return {
      outcome: 'fails',
      because: isCycle ? 'the source profiles go round in a circle' : 'the source profile is not there',
      identity: undefined,
    }
  const obstacle = obstacleOn(path, tool, examination)
  if (outcome !== 'fails' && obstacle?.outcome === 'fails')
    return { outcome: 'fails', because: obstacle.because, identity: undefined }
  const source = sourceFor(tool, path, examination)
  const isOwn = source === undefined || source === profile
  const sourceOutcome =
    isOwn || missing !== undefined || stopsAt(source, tool, examination.traitsOf)
      ? undefined
      : outcomeFor(tool, source, examination)
  if (missing !== undefined || sourceOutcome?.outcome === 'signed-out' || sourceOutcome?.outcome === 'none')
    return { outcome: 'signed-out', identity: undefined, because: undefined }
  const role = roleInWords(valueOf(profile, 'role_arn')?.value ?? '')
  const identity = isOwn ? role : `${role} through '${source.name}'`
  const until =
    outcome === 'asks' && (tool === 'aws-cli' || tool === 'sam')
      ? examination.machine.quietUntil(profile, tool)
      : undefined
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
function obstacleOn(
  [, ...links]: readonly ProfileView[],
  tool: ToolId,
  { traitsOf, rulesOf }: Examination,
): { readonly outcome: 'asks' | 'fails'; readonly because: string } | undefined {
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
  if (isOfSession(keyId) && !hasToken)
    return `keys of session ${shortenAccessKeyId(keyId)} without its token, which AWS refuses`
  const kind = !hasToken || keyId.startsWith('AKIA') ? 'long-term keys' : 'session'
  const owner = machine.ownerOf(keyId)
  const end = !hasToken ? undefined : markedExpiration((key) => profile.getFrom(file, key)?.value)
  const endsAt = end === undefined ? undefined : parseExpiration(end.value, end.format)
  const isOver = endsAt !== undefined && endsAt <= machine.now
  return `${kind} ${shortenAccessKeyId(keyId)}${owner === undefined ? '' : ` of ${owner}`}${isOver ? ', which has ended' : ''}${isPlain ? '' : ', which AWS refuses as they are written'}`
}

/** No keys yet, but login can put a session there. */
function isSignedIn(profile: ProfileView, examination: Examination): boolean {
  return (
    hasLongTerm(profile.name, examination) ||
    profile.get('awsmfa_source_profile') !== undefined ||
    profile.get('_source_profile') !== undefined
  )
}

function hasLongTerm(name: string, { profiles }: Examination): boolean {
  return LONG_TERM_SUFFIXES.some((suffix) => profiles.find(name + suffix)?.get('aws_access_key_id') !== undefined)
}

const FILES: readonly SharedFileName[] = ['credentials', 'config']

/** The profiles of both files as each family of tools sees them. */

type Files = Readonly<Record<SharedFileName, ExaminedDocument>>

/** Gives the profiles as a tool sees them; of parsers that are not known line by line, as the findings about spelling tell. */
export function profilesSeenBy(engine: Engine, files: Files, findings: readonly Finding[]): SeenProfiles {
  const effects = effectsOn(engine, files, findings)
  const isKnown = engine === 'botocore' || engine === 'js'
  if (
    isKnown
      ? effects.some(({ code, effect }) => code === 'not-utf8' && effect === 'file-refused')
      : effects.some(({ effect }) => effect === 'file-refused')
  )
    return 'refused'
  const seenIn = (file: SharedFileName): SeenFile =>
    isKnown
      ? files[file].readAs[engine]()
      : readAsListed(
          engine,
          files[file],
          effects.filter((each) => each.file === file),
        )
  const [credentials, config] = [seenIn('credentials'), seenIn('config')]
  if (credentials === 'refused' || config === 'refused') return 'refused'
  const known = new Map<string, ProfileView | undefined>()
  const look = (name: string): ProfileView | undefined => {
    const seen = { credentials: credentials.get(name), config: config.get(name) }
    return viewOfSeen(name, engine === 'js' ? merged(seen) : engine === 'botocore' ? withoutHalves(seen) : seen)
  }
  return {
    find: (name) => {
      if (!known.has(name)) known.set(name, look(name))
      return known.get(name)
    },
  }
}

type Seen = Readonly<Record<SharedFileName, SeenProfile | undefined>>

/** JavaScript takes every key by itself, wherever it stands: as if all stood in the credentials file. */
function merged({ credentials, config }: Seen): Seen {
  if (config === undefined) return { credentials, config }
  const values = new Map([...config.values, ...(credentials?.values ?? [])])
  return {
    credentials: { headers: credentials?.headers ?? [], values },
    config: { headers: config.headers, values: new Map() },
  }
}

/** botocore takes a file's keys where it has a key id, and fails where the secret is missing there (credentials.py › SharedCredentialProvider). */
function withoutHalves({ credentials, config }: Seen): Seen {
  const isHalf =
    credentials?.values.has('aws_access_key_id') === true && !credentials.values.has('aws_secret_access_key')
  if (!isHalf || config === undefined) return { credentials, config }
  return {
    credentials,
    config: {
      ...config,
      values: new Map([...config.values].filter(([key]) => !/^aws_(?:access_key_id|secret_access_key)$/.test(key))),
    },
  }
}

interface Effect {
  readonly code: SpellingCode
  readonly effect: ParserEffect
  readonly file: SharedFileName
  readonly line: number
}

function effectsOn(engine: Engine, files: Files, findings: readonly Finding[]): readonly Effect[] {
  return findings.flatMap(({ code, file, line }) => {
    const effect = isSpelling(code) ? effectOn(code, engine) : 'fine'
    return isSpelling(code) && line !== undefined && effect !== 'fine'
      ? [{ code, effect, file: file === files.config.path ? 'config' : 'credentials', line }]
      : []
  })
}

function readAsListed(engine: Engine, file: ExaminedDocument, effects: readonly Effect[]): SeenFile {
  const profiles = new Map<string, { headers: number[]; readonly values: Map<string, SeenValue> }>()
  if (effects.some(({ effect }) => effect === 'file-skipped')) return profiles
  const linesWith = (...wanted: readonly ParserEffect[]): ReadonlySet<number> =>
    new Set(effects.filter(({ effect }) => wanted.includes(effect)).map(({ line }) => line))
  const [missed, missedKeys] = [linesWith('profile-missed'), linesWith('profile-missed', 'key-missed')]
  const hasPrefixedDefault = file.sections.some(({ header }) => header.profile === 'default' && header.isPrefixed)
  let above = new Map<string, SeenValue>()
  for (const own of file.sections) {
    const { header, section, body } = own
    const { profile, isPrefixed } = header
    const line = file.lineAt(section.start)
    if (
      profile === undefined ||
      (file.name === 'config' && !isPrefixed && (profile !== 'default' || hasPrefixedDefault))
    )
      continue
    if (missedKeys.has(line) || body.entries.some(({ start }) => missed.has(file.lineAt(start)))) {
      if (section.isIndented) lengthen(above)
      continue
    }
    const seen = profiles.get(profile) ?? { headers: [], values: new Map<string, SeenValue>() }
    seen.headers.push(line)
    for (const [key, value] of valuesOf(engine, file, own)) if (!missedKeys.has(value.line)) seen.values.set(key, value)
    profiles.set(profile, seen)
    above = seen.values
  }
  return profiles
}

/** An indented header that is none goes on with the value above it. */
function lengthen(values: Map<string, SeenValue>): void {
  const last = [...values].at(-1)
  if (last !== undefined) values.set(last[0], { ...last[1], value: `${last[1].value}\n[` })
}

function valuesOf(
  engine: Engine,
  file: ExaminedDocument,
  { body }: ExaminedSection,
): readonly (readonly [string, SeenValue])[] {
  const isCommentRead = effectOn('inline-comment', engine) === 'value-changed'
  const isQuoteRead = effectOn('quoted-value', engine) === 'value-changed'
  return body.entries.map(({ key, value, start }) => {
    const uncommented = isCommentRead ? value : value.replace(/[ \t]+[#;].*$/s, '')
    const plain = isQuoteRead ? uncommented : uncommented.replace(/^(["'])(.*)\1$/, '$2')
    return [decodeUtf8(key), { value: decodeUtf8(plain), line: file.lineAt(start) }]
  })
}
