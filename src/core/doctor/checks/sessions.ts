/** What is wrong with the keys and sessions that stand in a profile. */
import { classifyProfile } from '../../files/ownership.ts'
import { LEGACY_TOKEN_KEY } from '../../files/managed-keys.ts'
import type { ProfileView } from '../../files/profile-view.ts'
import type { SharedFileName } from '../../origin.ts'
import { isOfSession, shortenAccessKeyId } from '../../sessions/credentials.ts'
import { parseExpiration } from '../../sessions/expiration.ts'
import type { Examination } from '../examination.ts'
import { finding } from '../finding.ts'
import type { Finding, FindingDetails } from '../finding.ts'
import { fileOfKeys, inFile, tokenIn } from '../traits.ts'
import { toolsOf } from '../tools.ts'

const FILES: readonly SharedFileName[] = ['credentials', 'config']

/** The longest session that STS gives is 36 hours (STS API, GetSessionToken); a few minutes are for clocks. */
const LONGEST_SESSION_MS = 36 * 3_600_000 + 10 * 60_000

/** A profile with the paths of the files that it is in. */
export interface ExaminedProfile {
  readonly profile: ProfileView
  readonly examination: Examination
}

/** Gives where a key of a profile stands, for a finding. */
function placeOf({ profile, examination }: ExaminedProfile, file: SharedFileName, line: number | undefined): Pick<FindingDetails, 'file' | 'line' | 'profile'> {
  return { file: examination.files[file].path, line, profile: profile.name }
}

/** Pairs and tokens that do not go together. */
export function checkKeyPairs(examined: ExaminedProfile): readonly Finding[] {
  const { profile } = examined
  const found = FILES.flatMap((file): readonly Finding[] => {
    const [id, secret] = [inFile(profile, file, 'aws_access_key_id'), inFile(profile, file, 'aws_secret_access_key')]
    if ((id === undefined) === (secret === undefined)) return []
    return [finding('half-a-key-pair', { ...placeOf(examined, file, (id ?? secret)?.line), key: id === undefined ? 'aws_access_key_id' : 'aws_secret_access_key' })]
  })
  const keysIn = fileOfKeys(profile)
  const tokenInConfig = inFile(profile, 'config', 'aws_session_token')
  if (keysIn === 'credentials' && tokenInConfig !== undefined && inFile(profile, 'credentials', 'aws_session_token') === undefined) {
    const tools = toolsOf(['js', 'go', 'rust', 'java', 'dotnet'])
    return [...found, finding('token-in-other-file', { ...placeOf(examined, 'config', tokenInConfig.line), key: 'aws_session_token', tools })]
  }
  return [...found, ...withoutToken(examined)]
}

/** Keys of a session, by their id, without its token: AWS refuses them whoever sends them. */
function withoutToken(examined: ExaminedProfile): readonly Finding[] {
  const file = fileOfKeys(examined.profile)
  const id = file === undefined ? undefined : inFile(examined.profile, file, 'aws_access_key_id')
  if (file === undefined || id === undefined || !isOfSession(id.value) || tokenIn(examined.profile, file) !== undefined) return []
  return [finding('session-without-token', { ...placeOf(examined, file, id.line), key: 'aws_session_token', name: shortenAccessKeyId(id.value) })]
}

/** `aws_security_token`, which botocore takes before `aws_session_token` (credentials.py › SharedCredentialProvider.TOKENS). */
export function checkSecurityToken(examined: ExaminedProfile): readonly Finding[] {
  const { profile } = examined
  return FILES.flatMap((file): readonly Finding[] => {
    const [old, token] = [inFile(profile, file, LEGACY_TOKEN_KEY), inFile(profile, file, 'aws_session_token')]
    const isOfLongTermKeys = inFile(profile, file, 'aws_access_key_id')?.value.startsWith('AKIA') === true
    if (old === undefined || isOfLongTermKeys || old.value === token?.value) return []
    const place = { ...placeOf(examined, file, old.line), key: LEGACY_TOKEN_KEY }
    if (token === undefined) return fileOfKeys(profile) === file ? [finding('security-token-alone', { ...place, tools: toolsOf(['js', 'go', 'rust', 'java', 'dotnet']) })] : []
    const isMendable = file === 'credentials' && classifyProfile(profile).kind === 'ours'
    return [finding('security-token-first', { ...place, tools: toolsOf(['botocore']), isMendable })]
  })
}

/** Sessions that are over, long-term keys with a token beside them, and what login left where its session is gone. */
export function checkSession(examined: ExaminedProfile): readonly Finding[] {
  const { profile, examination } = examined
  const ownership = classifyProfile(profile)
  const lineOf = (...keys: readonly string[]): number | undefined => keys.map((key) => profile.getFrom('credentials', key)?.line).find((line) => line !== undefined)
  const at = (...keys: readonly string[]) => placeOf(examined, 'credentials', lineOf(...keys) ?? profile.lines.credentials)
  switch (ownership.kind) {
    case 'absent':
      return []
    case 'empty':
      return ownership.marked ? [finding('leftover-marks', { ...at('awsmfa_state', 'manager'), isMendable: true, tools: [] })] : []
    case 'long-term': {
      const token = inFile(profile, 'credentials', 'aws_session_token') ?? inFile(profile, 'credentials', LEGACY_TOKEN_KEY)
      if (token !== undefined) return [finding('token-beside-long-term-keys', { ...at('aws_session_token', LEGACY_TOKEN_KEY), isMendable: ownership.marked && inFile(profile, 'credentials', LEGACY_TOKEN_KEY) === undefined })]
      return ownership.marked ? [finding('leftover-marks', { ...at('awsmfa_state', 'manager'), isMendable: true, tools: [] })] : []
    }
    case 'ours':
      return ends(examined, ownership.expiration === undefined ? undefined : parseExpiration(ownership.expiration, 'rfc3339'), 'session-expired', at('expiration'))
    case 'foreign-session': {
      const { expiration, marked } = ownership
      const end = expiration === undefined ? undefined : parseExpiration(expiration.value, expiration.format)
      return [
        ...(marked ? [finding('leftover-marks', { ...at('awsmfa_state', 'manager'), isMendable: true, tools: [] })] : []),
        ...ends({ profile, examination }, end, 'leftover-session', at(expiration?.key ?? 'aws_session_token')),
      ]
    }
  }
}

function ends({ examination }: ExaminedProfile, end: Date | undefined, code: 'session-expired' | 'leftover-session', place: FindingDetails): readonly Finding[] {
  const { now } = examination.machine
  if (end === undefined) return []
  if (end <= now) return [finding(code, { ...place, at: end })]
  return end.getTime() - now.getTime() > LONGEST_SESSION_MS ? [finding('clock-in-doubt', { ...place, at: end, tools: [] })] : []
}
