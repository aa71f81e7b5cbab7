/** Profiles that are missing, incomplete, or must not be written to. */
import {
  ADD_DEVICE,
  fromOrigin,
  loginWith,
  section,
  showOrigin,
  showPath,
  showPlace,
  showSharedFile,
} from './wording.ts'
import type { FailureView, SomeWords } from './wording.ts'
import { toolsWithOutcome } from '../doctor/credential-order.ts'
import type { Trait } from '../doctor/credential-order.ts'
import { toolNames } from '../doctor/finding.ts'
import type { FailureOf, KeyDefect, UnusableRole } from '../model/failure.ts'
import { formatInstant } from '../ui/duration.ts'
import { commandLine, didYouMean, listed, profileWord, quoted, say, visible } from '../ui/words.ts'
import type { FailureText } from '../ui/words.ts'

/** The most profiles that a hint lists. */
const MOST_LISTED = 12

export const PROFILE_WORDS = {
  PROFILE_NOT_FOUND: ({ profile, origin, paths, nearest, other }, view) => {
    const error = `profile ${quoted(profile)} not found in ${inPaths(paths, view)}${fromOrigin(origin, view)}`
    if (other === undefined) return say(error, `to set up a profile: ${commandLine('setup')}`)
    return origin.kind === 'default'
      ? say(error, `to use ${quoted(other)}, add --profile ${commandWord(other)}`, ALL_PROFILES)
      : say(error, didYouMean(nearest) ?? ALL_PROFILES)
  },
  PROFILE_NOT_NAMED: ({ candidates, command, hasDefault }) => {
    const [first = ''] = candidates
    const more = candidates.length - MOST_LISTED
    const names = candidates.slice(0, MOST_LISTED).map(quoted)
    if (command === 'setup' && candidates.length === 0)
      return say(
        'no profile is named, and every profile with an access key is already set up',
        `to sign in: ${commandLine('login', '--all')}`,
      )
    if (command === 'setup')
      return say(
        "no profile is named, and 'default' has no access key",
        ...candidates.slice(0, MOST_LISTED).map((name) => commandLine('setup', profileWord(name))),
        more > 0 ? `${more} more profiles have one` : undefined,
      )
    return say(
      "no profile given, and 'default' cannot sign in",
      commandLine('login', profileWord(first)),
      candidates.length > 1
        ? `profiles that can sign in: ${more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ')}`
        : undefined,
      hasDefault === true ? `to see why 'default' cannot: ${commandLine('login', 'default')}` : undefined,
    )
  },
  SOURCE_PROFILE_NOT_FOUND: ({ profile, source, origin, paths, nearest }, view) =>
    say(
      `source profile ${quoted(source)} of ${quoted(profile)} not found in ${inPaths(paths, view)}${fromOrigin(origin, view)}`,
      didYouMean(nearest) ?? ALL_PROFILES,
    ),
  SOURCE_PROFILE_CYCLE: ({ path }) =>
    say(
      `source profiles form a loop: ${path.map(quoted).join(' -> ')}`,
      "give one of them an access key instead of 'source_profile'",
    ),
  SOURCE_PROFILE_AMBIGUOUS: ({ profile, candidates }, view) =>
    say(
      `different access keys found for ${quoted(profile)}: ${listed(
        candidates.map((candidate) => `${section(candidate.profile)} in ${showPlace(candidate.place, view)}`),
        'and',
      )}`,
      ...candidates.map(
        (candidate) =>
          `to use ${section(candidate.profile)}: ${loginWith(profile, view, '--source-profile', candidate.profile)}`,
      ),
    ),
  LONG_TERM_CREDENTIALS_MISSING: ({ profile, path, lookedFor, sessionAt, signIn }, view) =>
    signIn !== undefined
      ? signsInOtherwiseText(profile, path, signIn)
      : say(
          `no access key found for ${quoted(profile)}${path.length > 1 ? ` in the profile chain ${path.map(quoted).join(' -> ')}` : ''}`,
          sessionAt === undefined ? undefined : `the credentials in ${showPlace(sessionAt, view)} are temporary`,
          lookedFor.length === 0 ? undefined : `also checked: ${lookedFor.map(section).join(' ')}`,
          `if another profile has the access key: ${loginWith(profile, view, '--source-profile', 'NAME')}`,
        ),
  LONG_TERM_CREDENTIALS_MALFORMED: ({ origin, defect }, view) =>
    say(
      `${showOrigin(origin, view)}${origin.kind === 'file' ? ',' : ''} ${KEY_DEFECTS[defect]}`,
      'copy it again from the AWS console or your password manager',
    ),
  LONG_TERM_CREDENTIALS_INCOMPLETE: ({ profile, missing, place }, view) =>
    say(`${quoted(missing)} is missing from ${section(profile)} in ${showPlace(place, view)}`),
  LONG_TERM_VARIABLES_MISSING: ({ missing, sessionTokenSet }) =>
    sessionTokenSet
      ? say("'--source-env' needs long-term credentials, but AWS_SESSION_TOKEN is set")
      : say(`'--source-env' needs ${listed(missing, 'and')} in the environment`),
  MFA_SERIAL_MISSING: missingSerialText,
  SECTION_HOLDS_LONG_TERM_CREDENTIALS: ({ profile, place, sourceIsSame }, view) =>
    say(
      `${section(profile)} in ${showPlace(place, view)} contains long-term credentials; signing in would overwrite them`,
      sourceIsSame && !profile.endsWith('-long-term')
        ? `to move them to ${section(`${profile}-long-term`)}: ${commandLine('setup', profileWord(profile))}`
        : undefined,
      `to store the session under another name: awsmfa login NAME --source-profile ${commandWord(profile)}`,
    ),
  SECTION_NOT_OURS: ({ profile, place, session }, view) => {
    const owner = session.manager === undefined ? 'another tool' : quoted(session.manager)
    const until = session.expiration === undefined ? '' : ` until ${formatInstant(session.expiration, view.now)}`
    return say(
      `${section(profile)} in ${showPlace(place, view)} contains a session from ${owner}${until}`,
      `to replace it: ${loginWith(profile, view, '--replace')}`,
    )
  },
  SESSION_WOULD_BE_IGNORED: ({ profile, key, place, standardRole, signIn, role, ofGranted = false }, view) => {
    if (role !== undefined) return unusableRoleText(role, profile, showPlace(place, view))
    return signIn !== undefined
      ? say(
          `${quoted(profile)} signs in with ${quoted(signIn)}, not with a token code: ${quoted(key)} in ${showPlace(place, view)}`,
          ...signInHints(profile, signIn),
        )
      : say(
          unusedSessionText(profile, key, showPlace(place, view)),
          standardRole
            ? `to store it under another name: awsmfa login NAME --source-profile ${commandWord(profile)}`
            : ofGranted
              ? `to convert it for the AWS CLI: ${commandLine('import', 'granted', '--remove-old')}`
              : `remove that line, or sign in to another profile`,
        )
  },
  REGION_UNKNOWN: ({ partition }) => say(`no default region for partition ${quoted(partition)}`, 'add --region NAME'),
} satisfies SomeWords

/** `where`: the place of `role_arn`. */
function unusableRoleText(role: UnusableRole, profile: string, where: string): FailureText {
  const its = `the role of ${quoted(profile)} in ${where}`
  switch (role) {
    case 'without-source':
      return say(
        `no tool can assume ${its}: it has no 'source_profile'`,
        "add 'source_profile' with the profile that may assume the role",
      )
    case 'two-sources':
      return say(`tools reject ${its}: it has both 'source_profile' and 'credential_source'`, 'remove one of them')
    case 'credential-source':
    case 'web-identity': {
      const key = role === 'web-identity' ? 'web_identity_token_file' : 'credential_source'
      return say(
        `tools assume ${its} with its ${quoted(key)}, without a token code`,
        "to use your own access key, replace that line with 'source_profile'",
      )
    }
  }
}

const KEY_DEFECTS: Readonly<Record<KeyDefect, string>> = {
  'white-space': 'contains white space',
  quotes: 'contains quotes; tools send them as part of the key',
  'not-ascii': 'contains characters that an access key cannot have, perhaps invisible ones',
  placeholder: 'is a placeholder, not an access key',
  swapped: 'is a secret access key; key ID and secret are swapped',
}

/** The last profile of the chain, which `profile` itself may be, gets its credentials from a command of the AWS CLI. */
function signsInOtherwiseText(profile: string, path: readonly string[], signIn: string): FailureText {
  const last = path.at(-1) ?? ''
  const who = path.length > 1 ? `the source profile of ${quoted(profile)}, ${quoted(last)},` : quoted(profile)
  return say(`${who} signs in with ${quoted(signIn)}, not with a token code`, ...signInHints(last, signIn))
}

/** `profile` gets its credentials from a command of the AWS CLI. */
function signInHints(profile: string, signIn: string): readonly string[] {
  return [
    `to sign in: ${visible(signIn)} --profile ${commandWord(profile)}`,
    `to see which tools use that session: ${commandLine('doctor', profileWord(profile))}`,
  ]
}

/** The trait of a profile that each key stands for, in doctor's rules on which credentials a tool uses. */
const TRAIT_OF_KEY: Readonly<Partial<Record<string, Trait>>> = {
  role_arn: 'role',
  credential_process: 'process',
  login_session: 'login',
  web_identity_token_file: 'webIdentity',
}

/**
 * Returns what a session in this profile would do, by doctor's rules: no tool would use it, or the tools that use keys
 * first would no longer use the profile's own credentials.
 */
function unusedSessionText(profile: string, key: string, where: string): string {
  const role = key === 'role_arn' ? { role: true, source: true } : {}
  const users = toolsWithOutcome('keys', { keys: true, token: true, [TRAIT_OF_KEY[key] ?? 'sso']: true, ...role })
  return users.length === 0
    ? `a session stored in ${section(profile)} would be ignored: tools use ${quoted(key)} in ${where}`
    : `a session stored in ${section(profile)} would hide ${quoted(key)} in ${where} from ${toolNames(users)}`
}

const ALL_PROFILES = `to list profiles: ${commandLine('status', '--all')}`

function inPaths(paths: readonly string[], view: FailureView): string {
  return listed(
    paths.map((path) => showPath(path, view)),
    'or',
  )
}

/** Returns a profile's name quoted for a line in which NAME is still to be chosen. */
function commandWord(profile: string): string {
  return commandLine('login', profile).slice(commandLine('login').length + 1)
}

function missingSerialText(
  { profile, listing, devices, command }: FailureOf<'MFA_SERIAL_MISSING'>,
  view: FailureView,
): FailureText {
  const header = profile === 'default' ? '[default]' : `[profile ${visible(profile)}]`
  const serial = visible(devices[0] ?? 'SERIAL')
  const name =
    command === 'setup' ? `add --serial-number ${serial}` : loginWith(profile, view, '--serial-number', serial)
  const keep =
    command === 'setup'
      ? undefined
      : `to save it: add 'awsmfa_mfa_serial = ${serial}' to ${header} in ${showSharedFile('config', view)}`
  switch (listing) {
    case 'denied':
      return say(
        `no MFA device set for ${quoted(profile)}, and its user may not list devices (iam:ListMFADevices)`,
        name,
        keep,
      )
    case 'failed':
      return say(`no MFA device set for ${quoted(profile)}, and listing devices in IAM failed`, name, keep)
    case 'several':
      return say(
        `the user of ${quoted(profile)} has several MFA devices: ${devices.map(quoted).join(', ')}`,
        name,
        keep,
      )
    case 'empty':
      return say(`the user of ${quoted(profile)} has no MFA device`, ADD_DEVICE)
    case 'fido-only':
      return say(
        `the user of ${quoted(profile)} has only passkeys or security keys; STS accepts only six-digit codes`,
        ADD_DEVICE,
      )
  }
}
