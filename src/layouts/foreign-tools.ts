/**
 * How the layout of each other tool is recognized: one detector per tool. Pure. Sources: broamski/aws-mfa,
 * awsmfa/__init__.py; reusabit/awsmfa, awsmfa.py; dcoker/awsmfa, awsmfa/__main__.py; the AWS CLI 2.36,
 * customizations/configure/mfalogin.py; fwdcloudsec/granted, pkg/cfaws/granted_config.go and assumer_aws_iam.go;
 * aripalo/vegas-credentials and its older name aws-mfa-credential-process, their READMEs.
 */
import { decodeUtf8, encodeUtf8, parseSection } from '../aws-files/ini-document.ts'
import type { IniDocument } from '../aws-files/ini-document.ts'
import { classifyProfile } from '../aws-files/ownership.ts'
import { LONG_TERM_SUFFIXES, findStaticCredentials, readKeys, runsProgram } from '../aws-files/profile-keys.ts'
import { readShared, wholeValue } from '../aws-files/sections.ts'
import type { SharedSnapshots } from '../aws-files/profiles.ts'
import { CHAINED_ROLE_SECONDS } from '../aws/sts-api.ts'
import { FOREIGN_TOOLS } from '../command-line/spec.ts'
import type { ForeignTool } from '../command-line/spec.ts'
import {
  findAwsRunas,
  configValue,
  findAwsVault,
  findAwsume,
  keyOf,
  obsoleteSession,
  linesForOthers,
  otherLines,
} from './foreign-profile.ts'
import type { ForeignFiles, ForeignHome, ForeignProfile, ObsoletePart, WantedKey } from './foreign-profile.ts'
import { LONG_TERM_SUFFIX } from './setup-base.ts'
import { settingRow } from '../login/setting-table.ts'
import { accountIdOfAccessKeyId } from '../model/credentials.ts'
import { isFailure } from '../model/failure.ts'
import type { Environment } from '../model/invocation.ts'
import type { ProfileView, Profiles } from '../model/profile.ts'

/** The files, and what outside them shows that a tool is used. */
export interface ForeignSearch {
  readonly snapshots: SharedSnapshots
  readonly environment: Environment
  readonly home: ForeignHome
  /** The tool that the user named, whose layout then needs no other evidence. */
  readonly named?: ForeignTool | undefined
}

/**
 * Returns the profiles of other tools, in the order of FOREIGN_TOOLS, each profile once. No role gets a duration above
 * what AWS allows for a role that is assumed with a session. Never throws.
 */
export function findForeignProfiles(search: ForeignSearch): readonly ForeignProfile[] {
  const files = filesOf(search)
  const capped = ({ value }: WantedKey): string => String(Math.min(Number(value), CHAINED_ROLE_SECONDS))
  return detected(files).map((each) => {
    if (!isTooLong(each, files)) return each
    const wanted = each.wanted.map((key) => (key.key === DURATION ? { ...key, value: capped(key) } : key))
    return { ...each, wanted }
  })
}

const DURATION = 'duration_seconds'

/** Returns whether a role would get a duration that tools are refused once its source is a session. */
function isTooLong({ profile, wanted }: ForeignProfile, { profiles }: ForeignFiles): boolean {
  const isRole =
    profiles.find(profile)?.get('role_arn') !== undefined ||
    wanted.some(({ key }) => key === 'role_arn' || key === 'awsmfa_role_arn')
  return isRole && wanted.some(({ key, value }) => key === DURATION && Number(value) > CHAINED_ROLE_SECONDS)
}

function detected(files: ForeignFiles): readonly ForeignProfile[] {
  const found = FOREIGN_TOOLS.flatMap((tool) => DETECTORS[tool](files))
  const first = new Map(found.toReversed().map((each) => [each.profile, each]))
  // A session must not be written over long-term keys; settings beside keys are no session.
  return found
    .filter((each) => first.get(each.profile) === each)
    .filter((each) => each.source === each.profile || !files.holdsKeys(each.profile))
    .map((each) => ({ ...each, wanted: withRegion(each, files.profiles) }))
}

/** What import says of a tool whose profiles, or some of them, it has nothing to add to. */
export type ForeignRemark =
  /** It signs in through an identity provider, without an access key. `profile`: one with a session of it. */
  | { readonly kind: 'identity-provider'; readonly tool: ForeignTool; readonly profile: string | undefined }
  /** The `credential_process` line of this profile starts the tool in a way that import does not continue. */
  | { readonly kind: 'other-line'; readonly tool: ForeignTool; readonly profile: string }
  /** This profile has an access key in a store, and asks the tool for another one: what it has of the tool stays. */
  | { readonly kind: 'line-for-other'; readonly tool: ForeignTool; readonly profile: string }
  /** The access key of this profile is in the tool's own storage. */
  | { readonly kind: 'stored-key'; readonly tool: ForeignTool; readonly profile: string }
  /** The duration of this role is longer than awsmfa's role sessions can be. */
  | { readonly kind: 'capped'; readonly tool: ForeignTool; readonly profile: string }
  /** Its profiles are read as they are, and this one is set up. */
  | { readonly kind: 'set-up'; readonly tool: ForeignTool; readonly profile: string }
  /** Its profiles are read as they are. `profile`: the first one with an access key that is not set up. */
  | { readonly kind: 'read-as-is'; readonly tool: ForeignTool; readonly profile: string }

/** Returns what is to say of the tools that are used here, or that the user named. Never throws. */
export function findForeignRemarks(search: ForeignSearch): readonly ForeignRemark[] {
  const files = filesOf(search)
  const { profiles, home, named, holdsKeys } = files
  const names = profiles.names()
  const saml = names.find((name) => profiles.find(name)?.getFrom('credentials', 'x_principal_arn') !== undefined)
  const usesSaml = saml !== undefined || home.hasSaml2aws === true || named === 'saml2aws'
  const stored = names.filter((name) => {
    const view = profiles.find(name)
    const isSso = view?.keys().some((key) => key.startsWith('granted_sso_') || key.startsWith('sso_')) === true
    return runsGranted(view) && !isSso
  })
  const capped = detected(files)
    .filter((each) => isTooLong(each, files) && profiles.find(each.profile)?.get(DURATION) === undefined)
    .map(({ tool, profile }) => ({ kind: 'capped', tool, profile }) as const)
  const usesAwsume = home.awsumeConfig !== undefined || named === 'awsume'
  return [
    ...(usesSaml ? [{ kind: 'identity-provider', tool: 'saml2aws', profile: saml } as const] : []),
    ...otherLines(files).map((profile) => ({ kind: 'other-line', tool: 'aws-vault', profile }) as const),
    ...linesForOthers(files).map((profile) => ({ kind: 'line-for-other', tool: 'aws-vault', profile }) as const),
    ...stored.map((profile) => ({ kind: 'stored-key', tool: 'granted', profile }) as const),
    ...(usesAwsume ? asTheyAre('awsume', names.filter(holdsKeys), files) : []),
    ...(named === 'aws-runas' ? asTheyAre('aws-runas', names.filter(holdsKeys), files) : []),
    ...capped,
  ]
}

/** What is to say of a tool whose profiles awsmfa reads, of which these have access keys. */
function asTheyAre(tool: ForeignTool, holders: readonly string[], files: ForeignFiles): readonly ForeignRemark[] {
  const [first] = holders
  if (first === undefined) return []
  const left = holders.find((name) => setUpOn(name, files) === undefined)
  if (left !== undefined) return [{ kind: 'read-as-is', tool, profile: left }]
  return [{ kind: 'set-up', tool, profile: setUpOn(first, files) ?? first }]
}

/** Returns the profile that is set up to sign in with the keys of another one. */
function setUpOn(holder: string, { profiles }: ForeignFiles): string | undefined {
  return profiles.names().find((name) => {
    const source = readKeys(profiles.find(name), ['awsmfa_source_profile'])?.value
    const isOwn = LONG_TERM_SUFFIXES.some((suffix) => name + suffix === holder)
    return name !== holder && (source === undefined ? isOwn : source === holder)
  })
}

function filesOf({ snapshots, environment, home, named }: ForeignSearch): ForeignFiles {
  const { profiles, paths } = snapshots
  const holdsKeys = (name: string): boolean => {
    const profile = profiles.find(name)
    try {
      return profile !== undefined && findStaticCredentials(profile, paths) !== undefined
    } catch (error) {
      if (isFailure(error, 'LONG_TERM_CREDENTIALS_INCOMPLETE')) return false
      throw error
    }
  }
  return { profiles, paths, documents: readShared(snapshots), environment, home, named, holdsKeys }
}

/** Adds the region of the profile with the keys, which no tool takes from there. */
function withRegion({ wanted, source }: ForeignProfile, profiles: Profiles): readonly WantedKey[] {
  if (source === undefined || wanted.some(({ key }) => key === 'region')) return wanted
  return [...wanted, ...keyOf('region', readKeys(profiles.find(source), ['region'])?.value)]
}

const DETECTORS: Readonly<Record<ForeignTool, (files: ForeignFiles) => readonly ForeignProfile[]>> = {
  'aws-mfa': findAwsMfa,
  'reusabit-awsmfa': findReusabit,
  'dcoker-awsmfa': findDcoker,
  'mfa-login': findMfaLogin,
  'vegas-credentials': findVegas,
  'aws-vault': findAwsVault,
  awsume: findAwsume,
  granted: findGranted,
  saml2aws: () => [],
  'aws-runas': findAwsRunas,
}

/**
 * Keys in `[work-long-term]` with `aws_mfa_device`, the session in `[work]`. Both suffixes can be other ones, or none:
 * `[work]` and `[work-prod]`, or `[work-keys]` and `[work-prod]`, several sessions with the same keys. A suffix of a
 * session is only known once aws-mfa has written it (aws-mfa, `long_term_name` and `short_term_name`).
 */
function findAwsMfa(files: ForeignFiles): readonly ForeignProfile[] {
  const { profiles } = files
  const names = profiles.names()
  const signedIn = names.filter((name) => profiles.find(name)?.getFrom('credentials', 'assumed_role') !== undefined)
  const holders = names.filter(files.holdsKeys)
  const isItsOwn = (name: string): boolean =>
    name.endsWith(LONG_TERM_SUFFIX) || readKeys(profiles.find(name), ['aws_mfa_device', 'assume_role']) !== undefined
  return holders.flatMap((source): readonly ForeignProfile[] => {
    const keys = profiles.find(source)
    const device = readKeys(keys, ['aws_mfa_device'])?.value
    const role = readKeys(keys, ['assume_role'])?.value
    const suffixed = signedIn.filter((name) => suffixedSource(name, holders, isItsOwn) === source)
    const stem = stemOf(source, signedIn)
    const isStemOne = suffixed.length === 0 || profiles.find(stem ?? '') !== undefined
    const targets = [...(stem !== undefined && isStemOne ? [stem] : []), ...suffixed]
    return targets
      .filter((profile) => device !== undefined || role !== undefined || signedIn.includes(profile))
      .map((profile) => {
        const view = profiles.find(profile)
        const isSignedIn = signedIn.includes(profile)
        const assumed = isSignedIn ? readKeys(view, ['assumed_role_arn'])?.value : undefined
        const marks = isSignedIn ? ['expiration', 'assumed_role', 'assumed_role_arn'] : []
        return {
          tool: 'aws-mfa',
          profile,
          source,
          wanted: [
            ...sourceKey(profile, source),
            // The role of a session with a suffix of its own is on aws-mfa's command line.
            ...keyOf('awsmfa_role_arn', suffixed.includes(profile) ? (assumed ?? role) : role),
            ...keyOf('awsmfa_mfa_serial', device),
          ],
          old: [
            { kind: 'keys', file: 'credentials', profile: source, keys: ['aws_mfa_device', 'assume_role'] },
            ...obsoleteSession(profile, marks, files),
          ],
        }
      })
  })
}

/** Returns the name before the suffix: `-long-term`, or any after a dash if aws-mfa has signed in to the rest. */
function stemOf(source: string, signedIn: readonly string[]): string | undefined {
  if (source.endsWith(LONG_TERM_SUFFIX)) return source.slice(0, -LONG_TERM_SUFFIX.length) || undefined
  return signedIn.find((name) => source.startsWith(`${name}-`))
}

/**
 * Returns the keys of a session that has a suffix of its own: those under the longest part of its name before a dash,
 * with another suffix or none. Undefined where the keys have this session's whole name before their suffix, and where
 * several may be meant.
 */
function suffixedSource(
  session: string,
  holders: readonly string[],
  isItsOwn: (name: string) => boolean,
): string | undefined {
  if (holders.some((name) => name.startsWith(`${session}-`))) return undefined
  for (let end = session.lastIndexOf('-'); end > 0; end = session.lastIndexOf('-', end - 1)) {
    const stem = session.slice(0, end)
    const near = holders.filter((name) => name === stem || name.startsWith(`${stem}-`))
    const [first, second] = near.length > 1 ? near.filter(isItsOwn) : near
    if (near.length > 0) return second === undefined ? first : undefined
  }
  return undefined
}

/**
 * Sections of config without `profile `: `[work]` names its source profile, which names the device and the user. Found
 * even if `[profile work]` exists by now.
 */
function findReusabit(files: ForeignFiles): readonly ForeignProfile[] {
  const { document } = files.documents.config
  const names = [...new Set(document.sections.map(({ name }) => decodeUtf8(name)))].filter(isBareName)
  return names.flatMap((profile) => {
    const settings = bareSettings(profile, document)
    const named = settings.find(({ key }) => key === 'source_profile')?.value
    const device =
      named === undefined ? undefined : bareSettings(named, document).find(({ key }) => key === 'mfa_serial')?.value
    const source =
      named === undefined
        ? undefined
        : [named, ...LONG_TERM_SUFFIXES.map((suffix) => profile + suffix)].find(files.holdsKeys)
    if (named === undefined || device === undefined || source === undefined) return []
    return {
      tool: 'reusabit-awsmfa' as const,
      profile,
      source,
      wanted: [
        ...settings.filter(({ key }) => key !== 'source_profile'),
        ...sourceKey(profile, source),
        ...keyOf('awsmfa_mfa_serial', device),
      ],
      old: [
        { kind: 'bare-section', profile },
        ...(isBareName(named) ? [{ kind: 'bare-section', profile: named } as const] : []),
        ...obsoleteName(profile, source, files),
      ] satisfies ObsoletePart[],
    }
  })
}

/** Returns whether a section of that name belongs to no other tool: `[default]` has no `profile ` for any tool. */
function isBareName(name: string): boolean {
  return !/^(?:default|plugins|preview|[\w-]+[ \t].*)$/s.test(name)
}

function bareSettings(name: string, document: IniDocument): readonly WantedKey[] {
  const [section] = document.named(encodeUtf8(name))
  const entries = section === undefined ? [] : parseSection(document, section).entries
  return entries.map((entry) => ({ key: entry.key, value: decodeUtf8(wholeValue(document.text, entry)) }))
}

/** The variables of dcoker's awsmfa. */
const DCOKER_VARIABLES = ['AWS_MFA_IDENTITY_PROFILE', 'AWS_MFA_TARGET_PROFILE', 'AWS_MFA_SERIAL_NUMBER']

/**
 * Keys in `[identity]`, the session in `[default]`; variables may set both names and the device. A section named
 * `identity` alone is no evidence: a variable, or the mark beside the tool's sessions, is needed, too.
 */
function findDcoker(files: ForeignFiles): readonly ForeignProfile[] {
  const { profiles, environment, named, holdsKeys } = files
  const source = environment['AWS_MFA_IDENTITY_PROFILE'] || 'identity'
  const isMarked = (name: string): boolean =>
    profiles.find(name)?.getFrom('credentials', 'awsmfa_expiration') !== undefined
  const marked = profiles.names().filter(isMarked)
  const targets = marked.length > 0 ? marked : [environment['AWS_MFA_TARGET_PROFILE'] || 'default']
  const isItsHome = named === 'dcoker-awsmfa' || marked.length > 0 || DCOKER_VARIABLES.some((name) => environment[name])
  if (!isItsHome || !holdsKeys(source)) return []
  const device = environment['AWS_MFA_SERIAL_NUMBER'] || readKeys(profiles.find(source), ['mfa_serial'])?.value
  return targets
    .filter((profile) => profile !== source && !holdsKeys(profile))
    .map((profile) => ({
      tool: 'dcoker-awsmfa' as const,
      profile,
      source,
      wanted: [...sourceKey(profile, source), ...keyOf('awsmfa_mfa_serial', device)],
      old: [
        ...(targets.length === 1 ? obsoleteName(profile, source, files) : []),
        ...obsoleteSession(profile, ['awsmfa_expiration'], files),
      ],
    }))
}

/** An unmarked session under the name that the command proposes: account and device, or `session-` and the serial. */
function findMfaLogin(files: ForeignFiles): readonly ForeignProfile[] {
  return files.profiles.names().flatMap((profile) => {
    const device = deviceInName(profile)
    const ownership = classifyProfile(files.profiles.find(profile))
    if (
      device === undefined ||
      ownership.kind !== 'foreign-session' ||
      ownership.manager !== undefined ||
      ownership.marked
    )
      return []
    const source = ownerOf(device, files)
    if (source === undefined) return []
    return {
      tool: 'mfa-login' as const,
      profile,
      source,
      wanted: [...sourceKey(profile, source), ...keyOf('awsmfa_mfa_serial', device)],
      old: obsoleteSession(profile, [], files),
    }
  })
}

function deviceInName(profile: string): string | undefined {
  const [, account, name] = /^(\d{12})-(.+)$/s.exec(profile) ?? []
  if (account !== undefined && name !== undefined) return `arn:aws:iam::${account}:mfa/${name}`
  return /^session-(.{9,})$/s.exec(profile)?.[1]
}

/** Returns the profile whose keys made the session: the one with its device or account, or the only one. */
function ownerOf(device: string, { profiles, holdsKeys }: ForeignFiles): string | undefined {
  const holders = profiles.names().filter(holdsKeys)
  const account = /^arn:[\w-]+:iam::(\d{12}):/.exec(device)?.[1]
  const accountOf = (name: string): string | undefined =>
    accountIdOfAccessKeyId(profiles.find(name)?.get('aws_access_key_id')?.value ?? '')
  const namesDevice = holders.filter(
    (name) => readKeys(profiles.find(name), settingRow('MFA device').profileKeys)?.value === device,
  )
  const sameAccount = holders.filter((name) => account !== undefined && accountOf(name) === account)
  const unknown = holders.filter((name) => accountOf(name) === undefined)
  const [first, second] = [namesDevice, sameAccount, unknown].find((names) => names.length > 0) ?? []
  return second === undefined ? first : undefined
}

/** Keys of its own in a profile of config, with or without a `credential_process` line that runs it. */
function findVegas(files: ForeignFiles): readonly ForeignProfile[] {
  const { profiles, holdsKeys } = files
  return profiles.names().flatMap((profile) => {
    const view = profiles.find(profile)
    const role = readKeys(view, ['vegas_role_arn', '_role_arn'])?.value
    const source = readKeys(view, ['vegas_source_profile', '_source_profile'])?.value
    if (view?.configForm !== 'standard' || role === undefined || source === undefined || !holdsKeys(source)) return []
    const device =
      readKeys(view, ['_mfa_serial'])?.value ?? readKeys(profiles.find(source), ['mfa_serial', 'aws_mfa_device'])?.value
    return {
      tool: 'vegas-credentials' as const,
      profile,
      source,
      wanted: [
        ...keyOf('awsmfa_role_arn', role),
        { key: 'awsmfa_source_profile', value: source },
        ...keyOf('awsmfa_mfa_serial', device),
        ...yubiKeyOf(view),
      ],
      old: [
        { kind: 'keys', file: 'config', profile, keys: [...VEGAS_KEYS, ...startLine(view)] },
      ] satisfies ObsoletePart[],
    }
  })
}

const VEGAS_KEYS = [
  'vegas_role_arn',
  'vegas_source_profile',
  'vegas_yubikey_serial',
  'vegas_yubikey_label',
  '_role_arn',
  '_source_profile',
  '_mfa_serial',
  '_yubikey_serial',
  '_yubikey_label',
]

/** The YubiKey's serial and label under awsmfa's own names. */
function yubiKeyOf(view: ProfileView): readonly WantedKey[] {
  return (['YubiKey serial', 'YubiKey account'] as const).flatMap((setting) => {
    const { profileKeys } = settingRow(setting)
    return keyOf(profileKeys[0] ?? '', readKeys(view, profileKeys)?.value || undefined)
  })
}

function startLine(view: ProfileView): readonly string[] {
  const line = view.getFrom('config', 'credential_process')?.value ?? ''
  return runsProgram(line, ['vegas-credentials', 'aws-mfa-credential-process']) ? ['credential_process'] : []
}

/** Keys under the profile's name with a known suffix are found without a key. */
function sourceKey(profile: string, source: string): readonly WantedKey[] {
  return LONG_TERM_SUFFIXES.some((suffix) => source === profile + suffix)
    ? []
    : [{ key: 'awsmfa_source_profile', value: source }]
}

/**
 * The section with the keys can get awsmfa's name if nothing else refers to the old one, as everything does to
 * `default`.
 */
function obsoleteName(profile: string, source: string, { profiles }: ForeignFiles): readonly ObsoletePart[] {
  const to = profile + LONG_TERM_SUFFIX
  const isShared = profiles
    .names()
    .some(
      (name) =>
        name !== profile &&
        settingRow('source profile').profileKeys.some((key) => profiles.find(name)?.get(key)?.value === source),
    )
  const view = profiles.find(source)
  // Keys in config, too, would stay under the old name.
  const isThereAlone =
    view?.lines.credentials !== undefined && view.getFrom('config', 'aws_access_key_id') === undefined
  return source === to || source === 'default' || isShared || profiles.find(to) !== undefined || !isThereAlone
    ? []
    : [{ kind: 'name', profile: source, to }]
}

/** granted's names of what the AWS CLI needs for single sign-on. */
const GRANTED_SSO: Readonly<Record<string, string>> = {
  granted_sso_start_url: 'sso_start_url',
  granted_sso_region: 'sso_region',
  granted_sso_account_id: 'sso_account_id',
  granted_sso_role_name: 'sso_role_name',
}

/**
 * Profiles for single sign-on whose keys only granted reads. Nothing is added beside them: as soon as the AWS CLI's own
 * keys are there, tools no longer start granted. `--remove-old` replaces the one with the other.
 */
function findGranted({ profiles }: ForeignFiles): readonly ForeignProfile[] {
  return profiles.names().flatMap((profile): readonly ForeignProfile[] => {
    const view = profiles.find(profile)
    const session = configValue(view, 'sso_session')
    const has = (key: string): boolean => configValue(view, key) !== undefined
    const needed =
      session === undefined ? Object.keys(GRANTED_SSO) : ['granted_sso_account_id', 'granted_sso_role_name']
    // With a session of its own name as well, granted and the AWS CLI would disagree on the start URL.
    const isTwofold = session !== undefined && (has('granted_sso_start_url') || has('granted_sso_region'))
    if (view === undefined || isTwofold || !needed.every(has)) return []
    const line = runsGranted(view) ? ['credential_process'] : []
    return [
      {
        tool: 'granted',
        profile,
        source: undefined,
        wanted: [],
        old: [
          { kind: 'renamed-keys', profile, names: GRANTED_SSO },
          { kind: 'keys', file: 'config', profile, keys: [...line, 'common_fate_generated_from'] },
        ],
      },
    ]
  })
}

function runsGranted(view: ProfileView | undefined): boolean {
  return runsProgram(configValue(view, 'credential_process') ?? '', ['granted', 'dgranted'])
}
