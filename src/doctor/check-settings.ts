/** Checks the values of settings with the functions of login, which refuses some, and the region of role profiles. */
import {
  LONG_TERM_SUFFIXES,
  STORE_KEYS,
  findLongTermKeys,
  findStaticCredentials,
  findStoredKeys,
  isAssumeRoleProfile,
  readKeys,
  withoutComment,
} from '../aws-files/profile-keys.ts'
import { EXTERNAL_ID, ROLE_ARN, ROLE_SESSION_NAME, assertDuration } from '../aws/sts-api.ts'
import { sdkValue } from './credential-order.ts'
import type { Examination } from './examination.ts'
import { finding, quote, show, showPath, toolNames } from './finding.ts'
import type { Finding, Messages } from './finding.ts'
import { toolsOf } from './tools.ts'
import { checked } from '../login/profile-chain.ts'
import { assertRegion, checkedUrl } from '../login/region.ts'
import { assertYubiKeySerial } from '../login/resolve.ts'
import { SETTING_TABLE, settingRow } from '../login/setting-table.ts'
import type { SettingName } from '../login/setting-table.ts'
import { badSetting, toChoice, toSeconds, toSwitch } from '../login/settings.ts'
import { keyIdOf } from '../model/credentials.ts'
import { isFailure } from '../model/failure.ts'
import type { StsOperation } from '../model/invocation.ts'
import type { ProfileView, Resolved } from '../model/profile.ts'
import { splitTokenCommand } from '../shell/words.ts'
import { durationInWords } from '../ui/duration-words.ts'
import { isSet } from '../ui/style.ts'
import { commandLine, listed, profileWord } from '../ui/words.ts'

/** Throws USAGE or DURATION_OUT_OF_RANGE for a value that login refuses. */
type SettingCheck = (value: Resolved<string>, context: { operation: StsOperation; isWindows: boolean }) => void

/** The settings whose values login checks; not the MFA device, which has a failure of its own. */
const SETTING_CHECKS: Readonly<Partial<Record<SettingName, SettingCheck>>> = {
  role: (value) => void checked(value, ROLE_ARN),
  'role session name': (value) => void checked(value, ROLE_SESSION_NAME),
  'external ID': (value) => void checked(value, EXTERNAL_ID),
  duration: (value, { operation }) => assertDuration(toSeconds(value), operation),
  region: assertRegion,
  endpoint: (value) => void checkedUrl(value),
  'token command': (value, { isWindows }) => {
    if (splitTokenCommand(value.value, isWindows) === undefined)
      throw badSetting(value, 'a command with balanced quotes')
  },
  'YubiKey serial': assertYubiKeySerial,
  prompt: (value) => void toChoice(value),
  'no window': (value) => void toSwitch(value),
  'hidden ARNs': (value) => void toSwitch(value),
}

/** Returns the settings of a profile that login refuses. */
export function checkSettings(profile: ProfileView, { files, machine }: Examination): readonly Finding[] {
  const hasRole = readKeys(profile, settingRow('role').profileKeys) !== undefined
  const context = {
    operation: hasRole ? ('AssumeRole' as const) : ('GetSessionToken' as const),
    isWindows: machine.platform === 'windows',
  }
  const hasEndpoint = profile.get('endpoint_url') !== undefined || isSet(machine.environment['AWS_ENDPOINT_URL_STS'])
  return SETTING_TABLE.flatMap(({ name, profileKeys, showable = (text: string) => text }): readonly Finding[] => {
    const check = name === 'region' && hasEndpoint ? undefined : SETTING_CHECKS[name]
    if (check === undefined) return []
    return profileKeys.flatMap((key): readonly Finding[] => {
      const found = profile.get(key)
      // Quotes and comments are findings of their own.
      const value = withoutComment(found?.value ?? '').replace(/^(["'])(.*)\1$/, '$2')
      if (found === undefined || value === '') return []
      const { file, line } = found
      const defect = defectOf(() =>
        check({ value, origin: { kind: 'file', file, profile: profile.name, key, line } }, context),
      )
      if (defect === undefined) return []
      const details = { file: files[file].path, line, profile: profile.name, key, name: showable(value) }
      return [finding('setting-malformed', { ...details, ...defect })]
    })
  })
}

/** What login expects instead of a value; undefined: it accepts the value. */
function defectOf(check: () => void): Pick<Finding, 'other' | 'meant'> | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (isFailure(error, 'DURATION_OUT_OF_RANGE')) {
      const { minimum, maximum } = error.failure
      return { other: `${durationInWords(minimum)} to ${durationInWords(maximum)}` }
    }
    if (isFailure(error, 'USAGE') && error.failure.problem.kind === 'bad-value') {
      const { expected, nearest } = error.failure.problem
      return { other: expected, meant: nearest }
    }
    throw error
  }
}

/** Returns a `ca_bundle` that is not there. */
export function checkCaBundle(profile: ProfileView, { files, machine }: Examination): readonly Finding[] {
  const bundle = profile.get('ca_bundle')
  if (bundle === undefined || bundle.value === '') return []
  const home = machine.environment[machine.platform === 'windows' ? 'USERPROFILE' : 'HOME'] ?? ''
  if (machine.program(bundle.value.replace(/^~(?=\/)/, home)).isThere) return []
  const details = { file: files[bundle.file].path, line: bundle.line, profile: profile.name, key: 'ca_bundle' }
  return [finding('ca-bundle-missing', { ...details, name: bundle.value })]
}

/**
 * Checks the region of role profiles. botocore, and with it the AWS CLI and SAM, takes it from the profile or the
 * environment alone, not from the source profile; of the two variables, version 1 of the AWS CLI and boto3 read
 * AWS_DEFAULT_REGION alone (botocore, configprovider.py › BOTOCORE_DEFAUT_SESSION_VARIABLES).
 */
export function checkRegion(profile: ProfileView, examination: Examination): readonly Finding[] {
  const { traitsOf, sourceChainOf, machine, files } = examination
  const { role, source, credentialSource, webIdentity, blank } = traitsOf(profile)
  const roleArn = sdkValue(profile, 'role_arn')
  if (!role || !(source || credentialSource || webIdentity) || blank || roleArn === undefined) return []
  if (profile.get('region') !== undefined || isSet(machine.environment['AWS_DEFAULT_REGION'])) return []
  const { chain, missing, isCycle } = sourceChainOf(profile)
  if (missing !== undefined || isCycle) return []
  const region = readKeys(
    chain.find((link) => link.get('region') !== undefined),
    ['region'],
  )
  const details = { file: files[roleArn.file].path, line: roleArn.line, profile: profile.name, key: 'region' }
  const other = isSet(machine.environment['AWS_REGION']) ? 'AWS_REGION' : undefined
  return [finding('no-region', { ...details, name: region?.value, other, tools: toolsOf('botocore') })]
}

/** Returns a profile whose long-term keys login cannot choose: several names with a suffix hold different ones. */
export function checkAmbiguousSource(profile: ProfileView, { profiles, files }: Examination): readonly Finding[] {
  const named = LONG_TERM_SUFFIXES.flatMap((suffix) => profiles.find(profile.name + suffix) ?? [])
  if (named.length < 2) return []
  const paths = { credentials: files.credentials.path, config: files.config.path }
  const holders = named.flatMap((each) => {
    try {
      return findLongTermKeys(each, paths) ?? []
    } catch (error) {
      // Half a pair is a finding of its own.
      if (isFailure(error, 'LONG_TERM_CREDENTIALS_INCOMPLETE')) return []
      throw error
    }
  })
  if (new Set(holders.map(keyIdOf)).size < 2) return []
  const file = profile.lines.credentials === undefined ? 'config' : 'credentials'
  const name = listed(
    holders.map((each) => `[${each.profile}]`),
    'and',
  )
  return [
    finding('source-ambiguous', {
      file: files[file].path,
      line: profile.lines[file],
      profile: profile.name,
      name,
      tools: [],
    }),
  ]
}

/**
 * Checks a profile whose access key is in a store of awsmfa's: whether its secret is still in a file, too, and which
 * roles tools assume with credentials that they no longer find.
 */
export function checkStoredKeys(profile: ProfileView, { profiles, files, traitsOf }: Examination): readonly Finding[] {
  const paths = { credentials: files.credentials.path, config: files.config.path }
  const store = profile.get(STORE_KEYS.store)
  if (store === undefined || store.value === '') return []
  const place = { file: paths[store.file], line: store.line, profile: profile.name }
  const defect = defectOf(() => findStoredKeys(profile, paths))
  if (defect !== undefined) {
    const key = defect.other?.includes('access key id') === true ? STORE_KEYS.accessKeyId : STORE_KEYS.store
    return [
      finding('setting-malformed', { ...place, key, name: key === STORE_KEYS.store ? store.value : '…', ...defect }),
    ]
  }
  if (store.value === 'file') return []
  if (hasPair(profile, paths)) return [finding('stored-key-in-file', { ...place, name: store.value, tools: [] })]
  if (profile.getFrom('credentials', 'aws_access_key_id') !== undefined) return []
  const roles = profiles.names().filter((name) => {
    const role = profiles.find(name)
    return role !== undefined && isAssumeRoleProfile(role) && sdkValue(role, 'source_profile')?.value === profile.name
  })
  const [first] = roles
  if (first === undefined || traitsOf(profile).role) return []
  return [finding('stored-key-unread', { ...place, name: listed(roles.map(quote), 'and'), other: first })]
}

function hasPair(profile: ProfileView, paths: Parameters<typeof findStaticCredentials>[1]): boolean {
  try {
    return findStaticCredentials(profile, paths) !== undefined
  } catch (error) {
    // Half a pair is a finding of its own.
    if (isFailure(error, 'LONG_TERM_CREDENTIALS_INCOMPLETE')) return false
    throw error
  }
}

/** Returns that there is nothing to check: no profile in either file. */
export function checkEmpty({ profiles, files }: Examination): readonly Finding[] {
  const isEmpty =
    profiles.names().length === 0 && files.credentials.unreadable === undefined && files.config.unreadable === undefined
  return isEmpty ? [finding('no-profiles', { name: files.config.path, other: files.credentials.path, tools: [] })] : []
}

/** What each finding says, and what to do. */
export const SETTING_MESSAGES = {
  'setting-malformed': (found) => [
    `invalid value ${quote(found.name)} for ${quote(found.key)}: expected ${show(found.other)}`,
    found.meant === undefined ? 'correct the value' : `did you mean ${quote(found.meant)}?`,
  ],
  'ca-bundle-missing': (found) => [`CA bundle ${quote(found.name)} not found`, 'correct the path'],
  'no-region': (found) => [
    found.other === undefined
      ? `role profile without a region: ${toolNames(found.tools)} do not use the region of the source profile and fail`
      : `role profile without a region: AWS CLI 1, boto3 and SAM do not read ${show(found.other)} and fail`,
    `to set it: aws configure set region ${show(found.name ?? 'REGION')} --profile ${profileWord(found.profile ?? '')}`,
  ],
  'source-ambiguous': (found) => [
    `different access keys in ${show(found.name)}; awsmfa cannot choose one`,
    'set awsmfa_source_profile = NAME in the profile',
  ],
  'stored-key-in-file': (found) => [
    `the access key is stored in ${show(found.name)}, and its secret is still in a file, too`,
    `to remove it there: ${commandLine('keys', 'move', profileWord(found.profile ?? ''), '--to', found.name ?? '')}`,
  ],
  'stored-key-unread': (found) => [
    `tools read no access key here, because it is in a store; they cannot assume ${show(found.name)} until you sign in`,
    `to sign in: ${commandLine('login', profileWord(found.other ?? ''))}`,
  ],
  'no-profiles': (found, context) => [
    `no profiles in ${showPath(found.name, context)} or ${showPath(found.other, context)}`,
    `to set up a profile: ${commandLine('setup')}`,
  ],
} satisfies Messages
