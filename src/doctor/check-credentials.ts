import { LEGACY_TOKEN_KEY, classifyProfile } from '../aws-files/ownership.ts'
import { withoutComment } from '../aws-files/profile-keys.ts'
import { fileOfKeys, inFile, tokenIn } from './credential-order.ts'
import type { Examination } from './examination.ts'
import { finding, forProfile, keyOf, noTools, otherLine, quote, toolNames } from './finding.ts'
import type { Finding, FindingCode, FindingDetails, FindingWords } from './finding.ts'
import { toolsOf } from './tools.ts'
import { LONG_TERM_SUFFIXES } from '../login/profile-chain.ts'
import { settingRow } from '../login/setting-table.ts'
import { ownerOfSerial, parseSerialNumber } from '../mfa/device.ts'
import { accountIdOfAccessKeyId, isOfSession, shortenAccessKeyId } from '../model/credentials.ts'
import { parseExpiration } from '../model/expiration.ts'
import { isFailure } from '../model/failure.ts'
import type { SharedFileName } from '../model/origin.ts'
import type { ProfileValue, ProfileView } from '../model/profile.ts'
import { formatInstant } from '../ui/duration.ts'
import { visible } from '../ui/words.ts'

/** MFA devices that cannot work, and access keys that are old. */

/** The devices that a profile names, whatever key they stand under. */
export function checkDevices(profile: ProfileView, { files, profiles }: Examination): readonly Finding[] {
  return settingRow('MFA device serial').profileKeys.flatMap((key): readonly Finding[] => {
    const found = profile.get(key)
    if (found === undefined || found.value === '') return []
    const place = { file: files[found.file].path, line: found.line, profile: profile.name, key, tools: [] }
    const value = withoutComment(found.value).replace(/^(["'])(.*)\1$/, '$2')
    const defect = defectOf(value)
    if (defect === 'fido') return [finding('fido-device', { ...place, name: value })]
    if (defect !== undefined) return [finding('device-malformed', { ...place, name: value, other: defect })]
    const account = ownerOfSerial({ value, origin: { kind: 'default' } })?.account
    const own = accountOfKeys(profile, profiles.find)
    return account === undefined || own === undefined || account === own
      ? []
      : [finding('device-of-other-account', { ...place, name: account, other: own })]
  })
}

/** Long-term keys whose ids were given out before 2019: they do not carry their account (see accountIdOfAccessKeyId). */
export function checkKeyAge(profile: ProfileView, { files }: Examination): readonly Finding[] {
  return (['credentials', 'config'] as const).flatMap((file): readonly Finding[] => {
    const keyId = profile.getFrom(file, 'aws_access_key_id')
    // Ids that begin so are the oldest; those of AWS's documentation are examples of them.
    if (keyId === undefined || !/^AKIA[A-P][A-Z2-7]{15}$/.test(keyId.value) || keyId.value.endsWith('EXAMPLE'))
      return []
    return [
      finding('old-access-key', {
        file: files[file].path,
        line: keyId.line,
        profile: profile.name,
        key: 'aws_access_key_id',
        name: keyId.value.slice(-4),
        tools: [],
      }),
    ]
  })
}

function defectOf(serial: string): 'fido' | 'user-arn' | 'alphabet' | 'length' | undefined {
  try {
    parseSerialNumber(serial, { kind: 'default' })
    return undefined
  } catch (error) {
    if (isFailure(error, 'MFA_SERIAL_MALFORMED')) return error.failure.defect
    throw error
  }
}

/** The account of the keys that a profile without a role leads to: its own, or those under its name with a suffix. */
function accountOfKeys(profile: ProfileView, find: (name: string) => ProfileView | undefined): string | undefined {
  if (profile.get('role_arn') !== undefined || profile.get('source_profile') !== undefined) return undefined
  const names = ['', ...LONG_TERM_SUFFIXES].map((suffix) => profile.name + suffix)
  const keyIds = names
    .map((name): ProfileValue | undefined => find(name)?.get('aws_access_key_id'))
    .filter((value) => value !== undefined)
  return keyIds.map(({ value }) => accountIdOfAccessKeyId(value)).find((account) => account !== undefined)
}

/** What is wrong with the keys and sessions that stand in a profile. */

const FILES: readonly SharedFileName[] = ['credentials', 'config']

/** The longest session that STS gives is 36 hours (STS API, GetSessionToken); a few minutes are for clocks. */
const LONGEST_SESSION_MS = 36 * 3_600_000 + 10 * 60_000

/** A profile with the paths of the files that it is in. */
export interface ExaminedProfile {
  readonly profile: ProfileView
  readonly examination: Examination
}

/** Gives where a key of a profile stands, for a finding. */
function placeOf(
  { profile, examination }: ExaminedProfile,
  file: SharedFileName,
  line: number | undefined,
): Pick<FindingDetails, 'file' | 'line' | 'profile'> {
  return { file: examination.files[file].path, line, profile: profile.name }
}

/** Pairs and tokens that do not go together. */
export function checkKeyPairs(examined: ExaminedProfile): readonly Finding[] {
  const { profile } = examined
  const found = FILES.flatMap((file): readonly Finding[] => {
    const [id, secret] = [inFile(profile, file, 'aws_access_key_id'), inFile(profile, file, 'aws_secret_access_key')]
    if ((id === undefined) === (secret === undefined)) return []
    return [
      finding('half-a-key-pair', {
        ...placeOf(examined, file, (id ?? secret)?.line),
        key: id === undefined ? 'aws_access_key_id' : 'aws_secret_access_key',
      }),
    ]
  })
  const keysIn = fileOfKeys(profile)
  const tokenInConfig = inFile(profile, 'config', 'aws_session_token')
  if (
    keysIn === 'credentials' &&
    tokenInConfig !== undefined &&
    inFile(profile, 'credentials', 'aws_session_token') === undefined
  ) {
    const tools = toolsOf(['js', 'go', 'rust', 'java', 'dotnet'])
    return [
      ...found,
      finding('token-in-other-file', {
        ...placeOf(examined, 'config', tokenInConfig.line),
        key: 'aws_session_token',
        tools,
      }),
    ]
  }
  return [...found, ...withoutToken(examined)]
}

/** Keys of a session, by their id, without its token: AWS refuses them whoever sends them. */
function withoutToken(examined: ExaminedProfile): readonly Finding[] {
  const file = fileOfKeys(examined.profile)
  const id = file === undefined ? undefined : inFile(examined.profile, file, 'aws_access_key_id')
  if (file === undefined || id === undefined || !isOfSession(id.value) || tokenIn(examined.profile, file) !== undefined)
    return []
  return [
    finding('session-without-token', {
      ...placeOf(examined, file, id.line),
      key: 'aws_session_token',
      name: shortenAccessKeyId(id.value),
    }),
  ]
}

/** `aws_security_token`, which botocore takes before `aws_session_token` (credentials.py › SharedCredentialProvider.TOKENS). */
export function checkSecurityToken(examined: ExaminedProfile): readonly Finding[] {
  const { profile } = examined
  return FILES.flatMap((file): readonly Finding[] => {
    const [old, token] = [inFile(profile, file, LEGACY_TOKEN_KEY), inFile(profile, file, 'aws_session_token')]
    const isOfLongTermKeys = inFile(profile, file, 'aws_access_key_id')?.value.startsWith('AKIA') === true
    if (old === undefined || isOfLongTermKeys || old.value === token?.value) return []
    const place = { ...placeOf(examined, file, old.line), key: LEGACY_TOKEN_KEY }
    if (token === undefined)
      return fileOfKeys(profile) === file
        ? [finding('security-token-alone', { ...place, tools: toolsOf(['js', 'go', 'rust', 'java', 'dotnet']) })]
        : []
    const isMendable = file === 'credentials' && classifyProfile(profile).kind === 'ours'
    return [finding('security-token-first', { ...place, tools: toolsOf(['botocore']), isMendable })]
  })
}

/** Sessions that are over, long-term keys with a token beside them, and what login left where its session is gone. */
export function checkSession(examined: ExaminedProfile): readonly Finding[] {
  const { profile, examination } = examined
  const ownership = classifyProfile(profile)
  const lineOf = (...keys: readonly string[]): number | undefined =>
    keys.map((key) => profile.getFrom('credentials', key)?.line).find((line) => line !== undefined)
  const at = (...keys: readonly string[]) =>
    placeOf(examined, 'credentials', lineOf(...keys) ?? profile.lines.credentials)
  switch (ownership.kind) {
    case 'absent':
      return []
    case 'empty':
      return ownership.marked
        ? [finding('leftover-marks', { ...at('awsmfa_state', 'manager'), isMendable: true, tools: [] })]
        : []
    case 'long-term': {
      const token =
        inFile(profile, 'credentials', 'aws_session_token') ?? inFile(profile, 'credentials', LEGACY_TOKEN_KEY)
      if (token !== undefined)
        return [
          finding('token-beside-long-term-keys', {
            ...at('aws_session_token', LEGACY_TOKEN_KEY),
            isMendable: ownership.marked && inFile(profile, 'credentials', LEGACY_TOKEN_KEY) === undefined,
          }),
        ]
      return ownership.marked
        ? [finding('leftover-marks', { ...at('awsmfa_state', 'manager'), isMendable: true, tools: [] })]
        : []
    }
    case 'ours':
      return ends(
        examined,
        ownership.expiration === undefined ? undefined : parseExpiration(ownership.expiration, 'rfc3339'),
        'session-expired',
        at('expiration'),
      )
    case 'foreign-session': {
      const { expiration, marked } = ownership
      const end = expiration === undefined ? undefined : parseExpiration(expiration.value, expiration.format)
      return [
        ...(marked
          ? [finding('leftover-marks', { ...at('awsmfa_state', 'manager'), isMendable: true, tools: [] })]
          : []),
        ...ends({ profile, examination }, end, 'leftover-session', at(expiration?.key ?? 'aws_session_token')),
      ]
    }
  }
}

function ends(
  { examination }: ExaminedProfile,
  end: Date | undefined,
  code: 'session-expired' | 'leftover-session',
  place: FindingDetails,
): readonly Finding[] {
  const { now } = examination.machine
  if (end === undefined) return []
  if (end <= now) return [finding(code, { ...place, at: end })]
  return end.getTime() - now.getTime() > LONGEST_SESSION_MS
    ? [finding('clock-in-doubt', { ...place, at: end, tools: [] })]
    : []
}

/** The words for findings about what stands in a profile. */

type ProfileCode = Extract<
  FindingCode,
  | 'half-a-key-pair'
  | 'token-in-other-file'
  | 'token-beside-long-term-keys'
  | 'session-without-token'
  | 'security-token-first'
  | 'security-token-alone'
  | 'leftover-marks'
  | 'leftover-session'
  | 'session-expired'
  | 'role-hides-session'
  | 'keys-hide-process'
  | 'sso-hides-keys'
  | 'empty-role-key'
  | 'role-without-source'
  | 'two-sources'
  | 'credential-source-unknown'
  | 'sso-session-missing'
  | 'source-profile-missing'
  | 'source-profile-cycle'
  | 'role-asks-for-code'
  | 'role-too-long'
  | 'mfa-serial-beside-keys'
  | 'source-without-role'
  | 'fido-device'
  | 'device-malformed'
  | 'device-of-other-account'
  | 'old-access-key'
  | 'process-unparsable'
  | 'process-needs-shell'
  | 'process-needs-path'
  | 'process-not-there'
>

const DEFECTS: Readonly<Record<string, string>> = {
  'user-arn': 'is the ARN of a user, not of a device',
  alphabet: 'has characters that no MFA device has',
  length: 'is too short or too long for an MFA device',
}

/** By code. */
export const PROFILE_WORDS: FindingWords<ProfileCode> = {
  'half-a-key-pair': (found) => [
    `${keyOf(found)} is missing beside its other half`,
    'put both into one section of one file',
  ],
  'token-in-other-file': (found) => [
    `the keys of ${quote(found.profile)} stand in the credentials file, and here a session token: ${toolNames(found.tools)} send both together, and AWS refuses that`,
    'take the token out here',
  ],
  'token-beside-long-term-keys': () => [
    'a session token stands beside long-term keys: every tool sends it, and AWS refuses that',
    'take the token out',
  ],
  'session-without-token': (found) => [
    `these keys (${visible(found.facts.name ?? '')}) are those of a session, and ${keyOf(found)} is missing: AWS refuses them`,
    'put its token beside them, or take them out',
  ],
  'security-token-first': (found) => [
    `${toolNames(found.tools)} take ${keyOf(found)} before 'aws_session_token', and send the old one`,
    `take ${keyOf(found)} out`,
  ],
  'security-token-alone': (found) => [
    `${toolNames(found.tools)} do not know ${keyOf(found)}, and send the keys without a token`,
    "call it 'aws_session_token'",
  ],
  'leftover-marks': () => [
    'what awsmfa noted beside a session stands here, and that session is gone',
    'it harms nobody; the next login replaces it',
  ],
  'leftover-session': (found, { now }) => [
    `a session that another tool left ended ${ended(found.facts.at, now)}; tools still send it`,
    `sign in anew with that tool, or with awsmfa: ${forProfile('login', found)}`,
  ],
  'session-expired': (found, { now }) => [
    `the session ended ${ended(found.facts.at, now)}`,
    `to sign in: ${forProfile('login', found)}`,
  ],
  'role-hides-session': (found) => [
    `${quote(found.profile)} is a role: ${noTools(found.tools, 'use')} the keys in ${otherLine(found)}`,
    'keep keys and role in two profiles',
  ],
  'keys-hide-process': (found) => [
    `${toolNames(found.tools)} use the keys in ${otherLine(found)} (or refuse both), and do not start this process, also when the keys have expired`,
    'keep one of the two',
  ],
  'sso-hides-keys': (found) => [
    `${toolNames(found.tools)} sign in with ${keyOf(found)} and do not use the keys in ${otherLine(found)}`,
    'keep one of the two',
  ],
  'empty-role-key': (found) => [
    `${keyOf(found)} has no value, and ${toolNames(found.tools)} fail`,
    'take the line out',
  ],
  'role-without-source': (found) => [
    `a role without 'source_profile': ${noTools(found.tools, 'assume')} it`,
    "add 'source_profile', the profile whose keys may assume the role",
  ],
  'two-sources': (found) => [
    `a role with 'source_profile' and ${keyOf(found)}: ${toolNames(found.tools)} refuse both together`,
    'keep one of the two',
  ],
  'credential-source-unknown': (found) => [
    `${noTools(found.tools, 'know')} the credential source ${quote(found.facts.name)}`,
    'write Environment, Ec2InstanceMetadata or EcsContainer',
  ],
  'sso-session-missing': (found) => [
    `there is no section [sso-session ${visible(found.facts.name ?? '')}]: ${noTools(found.tools, 'sign')} in`,
    'name one that is there, or make one: aws configure sso-session',
  ],
  'source-profile-missing': (found) => [
    `there is no profile ${quote(found.facts.name)}`,
    found.facts.other === undefined
      ? 'name the profile whose keys may assume the role'
      : `did you mean ${quote(found.facts.other)}?`,
  ],
  'source-profile-cycle': (found) => [
    `the source profiles go round in a circle: ${visible(found.facts.name ?? '')}`,
    'let one of them name a profile with keys',
  ],
  'role-asks-for-code': (found) => [
    `at ${keyOf(found)} ${roleAsks(found.tools)}`,
    `one code for all of them: ${forProfile('setup', found)}`,
  ],
  'role-too-long': ({ facts }) => [
    `AWS gives a role that is made from a session an hour at most, and refuses ${facts.seconds ?? 0} seconds`,
    "write 3600, or take 'duration_seconds' out",
  ],
  'mfa-serial-beside-keys': (found) => [
    `${toolNames(found.tools)} refuses a profile with keys and ${keyOf(found)}; the others pass over it`,
    `under 'awsmfa_mfa_serial' it harms nobody: ${forProfile('setup', found)}`,
  ],
  'source-without-role': (found) => [
    `${toolNames(found.tools)} refuse a profile with ${keyOf(found)} and no 'role_arn'`,
    `under 'awsmfa_source_profile' it harms nobody: ${forProfile('setup', found)}`,
  ],
  'fido-device': ({ facts }) => [
    `${visible(facts.name ?? '')} is a security key or passkey; STS takes no code from it`,
    'add an authenticator app to the user in the AWS console, "Security credentials", and name that one',
  ],
  'device-malformed': ({ facts }) => [
    `${quote(facts.name)} ${DEFECTS[facts.other ?? ''] ?? 'is no MFA device'}`,
    'a device is arn:aws:iam::ACCOUNT:mfa/NAME, or the serial of a hardware token',
  ],
  'device-of-other-account': ({ facts }) => [
    `the device is of account ${visible(facts.name ?? '')}, the keys seem to be of ${visible(facts.other ?? '')}`,
    'name a device of the user whose keys these are',
  ],
  'old-access-key': ({ facts }) => [
    `the access key …${visible(facts.name ?? '')} is from before 2019, as the form of its id tells`,
    'make a new one in the AWS console, "Security credentials", and take this one out of use',
  ],
  'process-unparsable': () => [
    'this line has an open quote, or names no program',
    'write an absolute path; words with blanks in double quotes',
  ],
  'process-needs-shell': (found) => [
    `${quote(found.facts.name)} means something to a shell alone; ${toolNames(found.tools)} start the program without one`,
    'write absolute paths, and no variables, pipes or ~',
  ],
  'process-needs-path': ({ facts }) => [
    facts.other === undefined
      ? `${quote(facts.name)} is looked for on PATH, which programs from a dock, an IDE or a service do not have`
      : `the program begins with '#!/usr/bin/env ${visible(facts.other)}', which looks on PATH, and programs from a dock, an IDE or a service have none`,
    facts.other === undefined
      ? 'write its absolute path'
      : `write the absolute path of ${visible(facts.other)} before it`,
  ],
  'process-not-there': ({ facts }) => [`there is no program ${quote(facts.name)}`, 'write the path at which it is'],
}

function ended(at: Date | undefined, now: Date): string {
  return at === undefined ? '' : formatInstant(at, now)
}

function roleAsks(tools: Parameters<typeof toolNames>[0]): string {
  const asking = tools.filter((tool) => ['aws-cli', 'boto3', 'sam', 'cdk'].includes(tool))
  return `${toolNames(asking)} ask for a code of their own; ${toolNames(tools.filter((tool) => !asking.includes(tool)))} fail`
}
