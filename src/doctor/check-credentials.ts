/** Checks the access keys, sessions and MFA devices of a profile. */
import { LEGACY_TOKEN_KEY, classifyProfile } from '../aws-files/ownership.ts'
import { LONG_TERM_SUFFIXES, withoutComment } from '../aws-files/profile-keys.ts'
import { fileOfKeys, tokenIn, valueIn } from './credential-order.ts'
import type { Examination } from './examination.ts'
import { commandFor, finding, formatTime, quote, show, toolNames } from './finding.ts'
import type { Finding, FindingDetails, Messages } from './finding.ts'
import { toolsOf } from './tools.ts'
import { settingRow } from '../login/setting-table.ts'
import { ownerOfSerial, parseSerialNumber } from '../mfa/device.ts'
import {
  accountIdOfAccessKeyId,
  isOfSession,
  isTooFarAhead,
  parseExpiration,
  shortenAccessKeyId,
} from '../model/credentials.ts'
import { isFailure } from '../model/failure.ts'
import { SHARED_FILES } from '../model/profile.ts'
import type { ProfileValue, ProfileView } from '../model/profile.ts'

/** The engines that read a key and a token from either file, and know `aws_session_token` alone. */
const ALL_BUT_BOTOCORE = toolsOf('js', 'go', 'rust', 'java', 'dotnet')

type FindingPlace = Pick<FindingDetails, 'file' | 'line' | 'profile'>

function placeOf(profile: ProfileView, { files }: Examination, value: ProfileValue): FindingPlace {
  return { file: files[value.file].path, line: value.line, profile: profile.name }
}

/** Returns incomplete key pairs, and keys whose token is missing or in the other file. */
export function checkKeyPairs(profile: ProfileView, examination: Examination): readonly Finding[] {
  const found = SHARED_FILES.flatMap((file): readonly Finding[] => {
    const [id, secret] = [valueIn(profile, file, 'aws_access_key_id'), valueIn(profile, file, 'aws_secret_access_key')]
    const half = id ?? secret
    if (half === undefined || (id !== undefined && secret !== undefined)) return []
    const key = id === undefined ? 'aws_access_key_id' : 'aws_secret_access_key'
    return [finding('half-a-key-pair', { ...placeOf(profile, examination, half), key })]
  })
  const file = fileOfKeys(profile)
  const [token, tokenInConfig] = SHARED_FILES.map((name) => valueIn(profile, name, 'aws_session_token'))
  if (file === 'credentials' && tokenInConfig !== undefined && token === undefined) {
    const place = placeOf(profile, examination, tokenInConfig)
    return [...found, finding('token-in-other-file', { ...place, key: 'aws_session_token', tools: ALL_BUT_BOTOCORE })]
  }
  const id = file === undefined ? undefined : valueIn(profile, file, 'aws_access_key_id')
  if (id === undefined || !isOfSession(id.value) || tokenIn(profile, id.file) !== undefined) return found
  const details = { key: 'aws_session_token', name: shortenAccessKeyId(id.value) }
  return [...found, finding('session-without-token', { ...placeOf(profile, examination, id), ...details })]
}

/**
 * Checks `aws_security_token`, which botocore prefers to `aws_session_token` (credentials.py ›
 * SharedCredentialProvider.TOKENS).
 */
export function checkSecurityToken(profile: ProfileView, examination: Examination): readonly Finding[] {
  return SHARED_FILES.flatMap((file): readonly Finding[] => {
    const [old, token] = [valueIn(profile, file, LEGACY_TOKEN_KEY), valueIn(profile, file, 'aws_session_token')]
    const isOfLongTermKeys = valueIn(profile, file, 'aws_access_key_id')?.value.startsWith('AKIA') === true
    if (old === undefined || isOfLongTermKeys || old.value === token?.value) return []
    const details = { ...placeOf(profile, examination, old), key: LEGACY_TOKEN_KEY }
    if (token === undefined)
      return fileOfKeys(profile) === file
        ? [finding('security-token-alone', { ...details, tools: ALL_BUT_BOTOCORE })]
        : []
    const isFixable = file === 'credentials' && classifyProfile(profile).kind === 'ours'
    return [finding('security-token-first', { ...details, tools: toolsOf('botocore'), isFixable })]
  })
}

/** Returns expired sessions, long-term keys with a token beside them, and what login left without its session. */
export function checkSession(profile: ProfileView, examination: Examination): readonly Finding[] {
  const ownership = classifyProfile(profile)
  const at = (...keys: readonly string[]): FindingPlace => {
    const lines = keys.map((key) => profile.getFrom('credentials', key)?.line)
    const line = lines.find((each) => each !== undefined) ?? profile.lines.credentials
    return { file: examination.files.credentials.path, line, profile: profile.name }
  }
  const leftoverMarks = (): readonly Finding[] =>
    ownership.kind !== 'absent' && ownership.kind !== 'ours' && ownership.marked
      ? [finding('leftover-marks', { ...at('awsmfa_state', 'manager'), isFixable: true, tools: [] })]
      : []
  switch (ownership.kind) {
    case 'absent':
      return []
    case 'empty':
      return leftoverMarks()
    case 'long-term': {
      if (tokenIn(profile, 'credentials') === undefined) return leftoverMarks()
      const isFixable = ownership.marked && valueIn(profile, 'credentials', LEGACY_TOKEN_KEY) === undefined
      const place = at('aws_session_token', LEGACY_TOKEN_KEY)
      return [finding('token-beside-long-term-keys', { ...place, isFixable })]
    }
    case 'ours': {
      const { expiration } = ownership
      const end = expiration === undefined ? undefined : parseExpiration(expiration, 'rfc3339')
      return checkEnd('session-expired', end, at('expiration'), examination)
    }
    case 'foreign-session': {
      const { expiration } = ownership
      const end = expiration === undefined ? undefined : parseExpiration(expiration.value, expiration.format)
      const place = at(expiration?.key ?? 'aws_session_token')
      return [...leftoverMarks(), ...checkEnd('leftover-session', end, place, examination)]
    }
  }
}

function checkEnd(
  code: 'session-expired' | 'leftover-session',
  at: Date | undefined,
  place: FindingPlace,
  { machine: { now } }: Examination,
): readonly Finding[] {
  if (at === undefined) return []
  if (at <= now) return [finding(code, { ...place, at })]
  return isTooFarAhead(at, now) ? [finding('clock-in-doubt', { ...place, at, tools: [] })] : []
}

/** Returns MFA devices that cannot work, under every key that can name one. */
export function checkDevices(profile: ProfileView, examination: Examination): readonly Finding[] {
  return settingRow('MFA device').profileKeys.flatMap((key): readonly Finding[] => {
    const found = profile.get(key)
    if (found === undefined || found.value === '') return []
    const details = { ...placeOf(profile, examination, found), key, tools: [] }
    const name = withoutComment(found.value).replace(/^(["'])(.*)\1$/, '$2')
    const defect = defectOf(name)
    if (defect === 'fido') return [finding('fido-device', { ...details, name })]
    if (defect !== undefined) return [finding('device-malformed', { ...details, name, other: DEFECTS[defect] })]
    const account = ownerOfSerial({ value: name, origin: { kind: 'default' } })?.account
    const other = accountOfKeys(profile, examination)
    return account === undefined || other === undefined || account === other
      ? []
      : [finding('device-of-other-account', { ...details, name: account, other })]
  })
}

function defectOf(serial: string): 'fido' | keyof typeof DEFECTS | undefined {
  try {
    parseSerialNumber(serial, { kind: 'default' })
    return undefined
  } catch (error) {
    if (isFailure(error, 'MFA_SERIAL_MALFORMED')) return error.failure.defect
    throw error
  }
}

/**
 * The account of the long-term keys of a profile without a role: its own, or those under its name with a suffix. The
 * session of a role belongs to the role's account, whatever device it was made with.
 */
function accountOfKeys(profile: ProfileView, { profiles }: Examination): string | undefined {
  if (profile.get('role_arn') !== undefined || profile.get('source_profile') !== undefined) return undefined
  return ['', ...LONG_TERM_SUFFIXES]
    .map((suffix) => profiles.find(profile.name + suffix)?.get('aws_access_key_id')?.value ?? '')
    .map((keyId) => (isOfSession(keyId) ? undefined : accountIdOfAccessKeyId(keyId)))
    .find((account) => account !== undefined)
}

/** Returns long-term keys from before 2019, whose ids do not contain their account (see accountIdOfAccessKeyId). */
export function checkKeyAge(profile: ProfileView, examination: Examination): readonly Finding[] {
  return SHARED_FILES.flatMap((file): readonly Finding[] => {
    const id = profile.getFrom(file, 'aws_access_key_id')
    // Such ids are the oldest; those of AWS's documentation imitate them.
    if (id === undefined || !/^AKIA[A-P][A-Z2-7]{15}$/.test(id.value) || id.value.endsWith('EXAMPLE')) return []
    const details = { key: 'aws_access_key_id', name: id.value.slice(-4), tools: [] }
    return [finding('old-access-key', { ...placeOf(profile, examination, id), ...details })]
  })
}

const DEFECTS = {
  'user-arn': 'is the ARN of a user, not of a device',
  alphabet: 'has characters that no MFA device has',
  length: 'is too short or too long for an MFA device',
}

/** The message of each finding, and its fix. */
export const CREDENTIAL_MESSAGES = {
  'half-a-key-pair': (found) => [`${quote(found.key)} is missing`, 'put key ID and secret into one section'],
  'token-in-other-file': (found) => [
    `${toolNames(found.tools)} send this session token with the key of ${quote(found.profile)} in the credentials file; AWS rejects it`,
    'remove it',
  ],
  'token-beside-long-term-keys': () => ['session token with a long-term key; AWS rejects it', 'remove the token'],
  'session-without-token': (found) => [
    `session key ${show(found.name)} without ${quote(found.key)}; AWS rejects it`,
    'add the token, or remove the key',
  ],
  'security-token-first': (found) => [
    `${toolNames(found.tools)} use the old token in ${quote(found.key)}, not 'aws_session_token'`,
    `remove ${quote(found.key)}`,
  ],
  'security-token-alone': (found) => [
    `${toolNames(found.tools)} ignore ${quote(found.key)} and send no token`,
    "rename it to 'aws_session_token'",
  ],
  'leftover-marks': () => ['marks of a removed session', 'remove them'],
  'leftover-session': (found, context) => [
    `session of another tool expired ${formatTime(found.at, context)}; tools still use it`,
    `sign in with that tool, or: ${commandFor('login', found)}`,
  ],
  'session-expired': (found, context) => [
    `session expired ${formatTime(found.at, context)}`,
    commandFor('login', found),
  ],
  'fido-device': (found) => [
    `${show(found.name)} is a passkey or security key; STS accepts only six-digit codes`,
    'add an authenticator app in the AWS console, "Security credentials"',
  ],
  'device-malformed': (found) => [
    `${quote(found.name)} ${show(found.other)}`,
    'use arn:aws:iam::ACCOUNT:mfa/NAME, or the serial number of a hardware token',
  ],
  'device-of-other-account': (found) => [
    `MFA device in account ${show(found.name)}, access key in account ${show(found.other)}`,
    "use a device of the key's user",
  ],
  'old-access-key': (found) => [
    `access key …${show(found.name)} was created before 2019`,
    `to replace it: ${commandFor('rotate', found)}`,
  ],
} satisfies Messages
