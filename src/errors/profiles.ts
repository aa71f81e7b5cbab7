/** Profiles that are missing, incomplete, or must not be written to. */
import { fromOrigin, section, showOrigin, showPath, showPlace, showSharedFile } from './wording.ts'
import type { FailureView, SomeWords } from './wording.ts'
import { toolsWithOutcome } from '../doctor/credential-order.ts'
import type { Trait } from '../doctor/credential-order.ts'
import { toolNames } from '../doctor/finding.ts'
import type { FailureOf, KeyDefect, UnusableRole } from '../model/failure.ts'
import { formatInstant } from '../ui/duration.ts'
import { commandLine, didYouMean, listed, profileWord, quoted, say, visible } from '../ui/words.ts'
import type { FailureText } from '../ui/words.ts'

/** More names do not fit into a glance. */
const MOST_LISTED = 12

export const PROFILE_WORDS = {
  PROFILE_NOT_FOUND: ({ profile, origin, paths, nearest, other }, view) => {
    const error = `there is no profile ${quoted(profile)} in ${inPaths(paths, view)}${fromOrigin(origin, view)}`
    if (origin.kind !== 'default') return say(error, didYouMean(nearest) ?? ALL_PROFILES)
    return other === undefined
      ? say(error, `to set up a first one: ${commandLine('setup')}`)
      : say(error, `name one that exists: --profile ${commandWord(other)}`, ALL_PROFILES)
  },
  PROFILE_NOT_NAMED: ({ candidates, command }) => {
    const [first = ''] = candidates
    const more = candidates.length - MOST_LISTED
    const names = candidates.slice(0, MOST_LISTED).map(quoted)
    if (command === 'setup')
      return say(
        "no profile is named, and 'default' has no access key",
        `to set up a profile that has one: ${commandLine('setup', profileWord(first))}`,
        candidates.length > 1
          ? `profiles that have one: ${more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ')}`
          : undefined,
      )
    return say(
      "no profile is named, and 'default' cannot be signed in",
      `name one: ${loginLine(first)}`,
      candidates.length > 1
        ? `these can be signed in: ${more > 0 ? `${names.join(', ')} and ${more} more` : listed(names, 'and')}`
        : undefined,
      `to see why 'default' cannot: ${commandLine('login', 'default')}`,
    )
  },
  SOURCE_PROFILE_NOT_FOUND: ({ profile, source, origin, paths, nearest }, view) =>
    say(
      `${quoted(profile)} takes its keys from ${quoted(source)} (${showOrigin(origin, view)}), and there is no such profile in ${inPaths(paths, view)}`,
      didYouMean(nearest) ?? ALL_PROFILES,
    ),
  SOURCE_PROFILE_CYCLE: ({ path }) =>
    say(
      `the source profiles go round in a circle: ${path.map(quoted).join(' -> ')}`,
      "one of them must hold keys of its own instead of a 'source_profile'",
    ),
  SOURCE_PROFILE_AMBIGUOUS: ({ profile, candidates }, view) =>
    say(
      `the long-term keys of ${quoted(profile)} may be ${listed(
        candidates.map((candidate) => `${section(candidate.profile)} in ${showPlace(candidate.place, view)}`),
        'or',
      )}, and these differ`,
      ...candidates.map(
        (candidate) =>
          `to use ${section(candidate.profile)}: ${loginLine(profile, '--source-profile', candidate.profile)}`,
      ),
    ),
  LONG_TERM_CREDENTIALS_MISSING: ({ profile, path, lookedFor, sessionAt, signIn }, view) =>
    signIn !== undefined && path.length > 1
      ? say(
          `${quoted(profile)} gets its credentials from ${quoted(path.at(-1) ?? '')}, which signs in with ${quoted(signIn)}, not with a token code`,
          ...signInHints(path.at(-1) ?? '', signIn),
        )
      : say(
          `there are no long-term keys for ${quoted(profile)}${path.length > 1 ? ` on the way ${path.map(quoted).join(' -> ')}` : ''}`,
          sessionAt === undefined
            ? undefined
            : `the keys in ${showPlace(sessionAt, view)} are a session's, and a session cannot get another one with MFA`,
          lookedFor.length === 0 ? undefined : `also looked for: ${lookedFor.map(section).join(' ')}`,
          `where another profile holds them: ${loginLine(profile, '--source-profile', 'NAME')}`,
        ),
  LONG_TERM_CREDENTIALS_MALFORMED: ({ origin, defect }, view) =>
    say(
      `${showOrigin(origin, view)}${origin.kind === 'file' ? ',' : ''} ${KEY_DEFECTS[defect]}`,
      'copy the value again, as the AWS console shows it',
    ),
  LONG_TERM_CREDENTIALS_INCOMPLETE: ({ profile, missing, place }, view) =>
    say(`${quoted(missing)} is missing from ${section(profile)} in ${showPlace(place, view)}`),
  LONG_TERM_VARIABLES_MISSING: ({ missing, sessionTokenSet }) =>
    sessionTokenSet
      ? say(
          "'--source-env' needs long-term keys, and those in the environment are a session's: AWS_SESSION_TOKEN is set",
        )
      : say(`'--source-env' needs ${listed(missing, 'and')} in the environment`),
  MFA_SERIAL_MISSING: missingSerialText,
  SECTION_HOLDS_LONG_TERM_CREDENTIALS: ({ profile, place, sourceIsSame }, view) =>
    say(
      `${section(profile)} in ${showPlace(place, view)} holds long-term keys; a session written there would destroy them`,
      sourceIsSame
        ? `to move them to ${section(`${profile}-long-term`)} and sign in as ${quoted(profile)}: ${commandLine('setup', profileWord(profile))}`
        : undefined,
      `to leave it as it is, store the session under another name: awsmfa login NAME --source-profile ${commandWord(profile)}`,
    ),
  SECTION_NOT_OURS: ({ profile, place, session }, view) => {
    const owner = session.manager === undefined ? 'another tool' : quoted(session.manager)
    const until = session.expiration === undefined ? '' : ` until ${formatInstant(session.expiration, view.now)}`
    return say(
      `${section(profile)} in ${showPlace(place, view)} holds a session of ${owner}${until}`,
      'to put a new one in its place: --replace',
    )
  },
  SESSION_WOULD_BE_IGNORED: ({ profile, key, place, standardRole, signIn, role }, view) => {
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
            : 'sign in another profile, or take that line out',
        )
  },
  REGION_UNKNOWN: ({ partition }) =>
    say(`no region is known for the partition ${quoted(partition)}`, 'name one: --region NAME'),
} satisfies SomeWords

/** `where`: the place of `role_arn`. */
function unusableRoleText(role: UnusableRole, profile: string, where: string): FailureText {
  const its = `the role of ${quoted(profile)} in ${where}`
  switch (role) {
    case 'without-source':
      return say(
        `no tool assumes ${its}: it has no 'source_profile'`,
        "add 'source_profile', the profile whose keys may assume the role",
      )
    case 'two-sources':
      return say(`tools refuse ${its}: it has both 'source_profile' and 'credential_source'`, 'keep one of the two')
    case 'credential-source':
    case 'web-identity': {
      const key = role === 'web-identity' ? 'web_identity_token_file' : 'credential_source'
      return say(
        `tools assume ${its} without a token code, by its ${quoted(key)}`,
        "to assume it with your own keys, replace that line with 'source_profile'",
      )
    }
  }
}

const KEY_DEFECTS: Readonly<Record<KeyDefect, string>> = {
  'white-space': 'contains white space, which no access key does',
  quotes: 'contains quotes, which tools send as part of the key',
  'not-ascii': 'contains characters that no access key has, perhaps invisible ones',
  placeholder: 'is a placeholder, not an access key',
  swapped: 'is a secret access key: the id and the secret are swapped',
}

/** `profile` gets its credentials from a command of the AWS CLI. */
function signInHints(profile: string, signIn: string): readonly string[] {
  return [
    `to sign in: ${visible(signIn)} --profile ${commandWord(profile)}`,
    `to see which tools use that session: ${commandLine('doctor', profileWord(profile))}`,
  ]
}

/** What decides for tools whether they use a session in a profile, by the key that they may use instead of it. */
const TRAIT_OF_KEY: Readonly<Partial<Record<string, Trait>>> = {
  role_arn: 'role',
  credential_process: 'process',
  login_session: 'login',
  web_identity_token_file: 'webIdentity',
}

/**
 * Says what a session in this profile would do, by doctor's rules: no tool would use it, or those that use keys first
 * would no longer use the profile's own credentials.
 */
function unusedSessionText(profile: string, key: string, where: string): string {
  const role = key === 'role_arn' ? { role: true, source: true } : {}
  const users = toolsWithOutcome('keys', { keys: true, token: true, [TRAIT_OF_KEY[key] ?? 'sso']: true, ...role })
  return users.length === 0
    ? `a session stored in ${section(profile)} would be ignored: tools use ${quoted(key)} in ${where}`
    : `a session stored in ${section(profile)} would hide ${quoted(key)} in ${where} from ${toolNames(users)}`
}

const ALL_PROFILES = `to see all profiles: ${commandLine('status', '--all')}`

function inPaths(paths: readonly string[], view: FailureView): string {
  return listed(
    paths.map((path) => showPath(path, view)),
    'or',
  )
}

function loginLine(profile: string, ...words: readonly string[]): string {
  return commandLine('login', profileWord(profile), ...words)
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
  const name = `name it: --serial-number ${visible(devices[0] ?? 'SERIAL')}`
  const keep =
    command === 'setup'
      ? undefined
      : `to keep it: a line 'awsmfa_mfa_serial = ${visible(devices[0] ?? 'SERIAL')}' under ${header} in ${showSharedFile('config', view)}`
  switch (listing) {
    case 'denied':
      return say(`no MFA device is configured for ${quoted(profile)}, and its user may not list them`, name, keep)
    case 'failed':
      return say(`no MFA device is configured for ${quoted(profile)}, and IAM could not be asked for it`, name, keep)
    case 'several':
      return say(
        `the user of ${quoted(profile)} has several MFA devices: ${devices.map(quoted).join(', ')}`,
        name,
        keep,
      )
    case 'empty':
      return say(
        `the user of ${quoted(profile)} has no MFA device`,
        "register one first: in the AWS console under 'Security credentials'",
      )
    case 'fido-only':
      return say(
        `the user of ${quoted(profile)} has only passkeys or security keys, and STS takes codes alone`,
        'register an authenticator app or a hardware token besides them; a user may have several MFA devices',
      )
  }
}
