/** The words for findings about what stands in a profile. */
import type { FindingCode } from '../../core/doctor/finding-table.ts'
import { visible } from '../../core/visible-text.ts'
import { formatInstant } from '../remaining.ts'
import { forProfile, keyOf, noTools, otherLine, quote, toolNames } from './wording.ts'
import type { FindingWords } from './wording.ts'

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
  'half-a-key-pair': (found) => [`${keyOf(found)} is missing beside its other half`, 'put both into one section of one file'],
  'token-in-other-file': (found) => [`the keys of ${quote(found.profile)} stand in the credentials file, and here a session token: ${toolNames(found.tools)} send both together, and AWS refuses that`, 'take the token out here'],
  'token-beside-long-term-keys': () => ['a session token stands beside long-term keys: every tool sends it, and AWS refuses that', 'take the token out'],
  'session-without-token': (found) => [`these keys (${visible(found.facts.name ?? '')}) are those of a session, and ${keyOf(found)} is missing: AWS refuses them`, 'put its token beside them, or take them out'],
  'security-token-first': (found) => [`${toolNames(found.tools)} take ${keyOf(found)} before 'aws_session_token', and send the old one`, `take ${keyOf(found)} out`],
  'security-token-alone': (found) => [`${toolNames(found.tools)} do not know ${keyOf(found)}, and send the keys without a token`, "call it 'aws_session_token'"],
  'leftover-marks': () => ['what awsmfa noted beside a session stands here, and that session is gone', 'it harms nobody; the next login replaces it'],
  'leftover-session': (found, { now }) => [`a session that another tool left ended ${ended(found.facts.at, now)}; tools still send it`, `sign in anew with that tool, or with awsmfa: ${forProfile('login', found)}`],
  'session-expired': (found, { now }) => [`the session ended ${ended(found.facts.at, now)}`, `to sign in: ${forProfile('login', found)}`],
  'role-hides-session': (found) => [`${quote(found.profile)} is a role: ${noTools(found.tools, 'use')} the keys in ${otherLine(found)}`, 'keep keys and role in two profiles'],
  'keys-hide-process': (found) => [`${toolNames(found.tools)} use the keys in ${otherLine(found)} (or refuse both), and do not start this process, also when the keys have expired`, 'keep one of the two'],
  'sso-hides-keys': (found) => [`${toolNames(found.tools)} sign in with ${keyOf(found)} and do not use the keys in ${otherLine(found)}`, 'keep one of the two'],
  'empty-role-key': (found) => [`${keyOf(found)} has no value, and ${toolNames(found.tools)} fail`, 'take the line out'],
  'role-without-source': (found) => [`a role without 'source_profile': ${noTools(found.tools, 'assume')} it`, "add 'source_profile', the profile whose keys may assume the role"],
  'two-sources': (found) => [`a role with 'source_profile' and ${keyOf(found)}: ${toolNames(found.tools)} refuse both together`, 'keep one of the two'],
  'credential-source-unknown': (found) => [`${noTools(found.tools, 'know')} the credential source ${quote(found.facts.name)}`, 'write Environment, Ec2InstanceMetadata or EcsContainer'],
  'sso-session-missing': (found) => [`there is no section [sso-session ${visible(found.facts.name ?? '')}]: ${noTools(found.tools, 'sign')} in`, 'name one that is there, or make one: aws configure sso-session'],
  'source-profile-missing': (found) => [`there is no profile ${quote(found.facts.name)}`, found.facts.other === undefined ? 'name the profile whose keys may assume the role' : `did you mean ${quote(found.facts.other)}?`],
  'source-profile-cycle': (found) => [`the source profiles go round in a circle: ${visible(found.facts.name ?? '')}`, 'let one of them name a profile with keys'],
  'role-asks-for-code': (found) => [`at ${keyOf(found)} ${roleAsks(found.tools)}`, `one code for all of them: ${forProfile('setup', found)}`],
  'role-too-long': ({ facts }) => [`AWS gives a role that is made from a session an hour at most, and refuses ${facts.seconds ?? 0} seconds`, "write 3600, or take 'duration_seconds' out"],
  'mfa-serial-beside-keys': (found) => [`${toolNames(found.tools)} refuses a profile with keys and ${keyOf(found)}; the others pass over it`, `under 'awsmfa_mfa_serial' it harms nobody: ${forProfile('setup', found)}`],
  'source-without-role': (found) => [`${toolNames(found.tools)} refuse a profile with ${keyOf(found)} and no 'role_arn'`, `under 'awsmfa_source_profile' it harms nobody: ${forProfile('setup', found)}`],
  'fido-device': ({ facts }) => [`${visible(facts.name ?? '')} is a security key or passkey; STS takes no code from it`, 'add an authenticator app to the user in the AWS console, "Security credentials", and name that one'],
  'device-malformed': ({ facts }) => [`${quote(facts.name)} ${DEFECTS[facts.other ?? ''] ?? 'is no MFA device'}`, 'a device is arn:aws:iam::ACCOUNT:mfa/NAME, or the serial of a hardware token'],
  'device-of-other-account': ({ facts }) => [`the device is of account ${visible(facts.name ?? '')}, the keys seem to be of ${visible(facts.other ?? '')}`, 'name a device of the user whose keys these are'],
  'old-access-key': ({ facts }) => [`the access key …${visible(facts.name ?? '')} is from before 2019, as the form of its id tells`, 'make a new one in the AWS console, "Security credentials", and take this one out of use'],
  'process-unparsable': () => ['this line has an open quote, or names no program', 'write an absolute path; words with blanks in double quotes'],
  'process-needs-shell': (found) => [`${quote(found.facts.name)} means something to a shell alone; ${toolNames(found.tools)} start the program without one`, 'write absolute paths, and no variables, pipes or ~'],
  'process-needs-path': ({ facts }) => [
    facts.other === undefined
      ? `${quote(facts.name)} is looked for on PATH, which programs from a dock, an IDE or a service do not have`
      : `the program begins with '#!/usr/bin/env ${visible(facts.other)}', which looks on PATH, and programs from a dock, an IDE or a service have none`,
    facts.other === undefined ? 'write its absolute path' : `write the absolute path of ${visible(facts.other)} before it`,
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

