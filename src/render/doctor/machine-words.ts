/** The words for findings about what is round the files, and about what tools will do. */
import type { Finding } from '../../core/doctor/finding.ts'
import type { FindingCode } from '../../core/doctor/finding-table.ts'
import { TOOL_IDS } from '../../core/doctor/tools.ts'
import { HABITS_OF_AWS_CLI_1, toolsWhere } from '../../core/doctor/variable-behaviour.ts'
import type { VariableHabit } from '../../core/doctor/variable-behaviour.ts'
import { visible } from '../../core/visible-text.ts'
import { commandLine } from '../command-line.ts'
import { formatInstant } from '../remaining.ts'
import { forProfile, keyOf, quote, shownPath, toolNames } from './wording.ts'
import type { FindingWords } from './wording.ts'

type MachineCode = Extract<
  FindingCode,
  | 'loose-permissions'
  | 'damaged-cache'
  | 'damaged-own-cache'
  | 'clock-in-doubt'
  | 'clock-skewed'
  | 'clock-not-checked'
  | `variable-${string}`
  | 'home-differs'
  | 'second-awsmfa'
  | 'slow-certificates'
  | 'tools-use'
  | 'tools-fail'
>

/** By code. */
export const MACHINE_WORDS: FindingWords<MachineCode> = {
  'loose-permissions': ({ facts }) => [`others may read this file (mode ${facts.name ?? ''}), which can hold secrets`, 'chmod 600 it'],
  'damaged-cache': (found) => [`a damaged cache entry: ${toolNames(found.tools)} fails on ${quote(found.profile)} with no more than the name of a key`, 'remove the file'],
  'damaged-own-cache': () => ['a damaged entry of awsmfa’s own cache; it is passed over, and a code is asked for', 'remove the file'],
  'clock-in-doubt': ({ facts }, { now }) => [`${facts.at === undefined ? 'an instant' : formatInstant(facts.at, now)} is further ahead than it can be: the clock was or is wrong, and AWS refuses what is signed more than some minutes off`, `compare it with that of AWS: ${commandLine('doctor', '--online')}`],
  'clock-skewed': ({ facts }) => [`the clock is ${minutes(facts.seconds)} ${(facts.seconds ?? 0) > 0 ? 'behind' : 'ahead of'} that of AWS, which refuses what is signed so`, 'set the clock, and let the system keep it (NTP)'],
  'clock-not-checked': () => ['the clock of AWS could not be asked: no answer from STS', 'behind a proxy, set HTTPS_PROXY'],
  'variable-keys': ({ facts }) => [`the environment has keys (…${(facts.name ?? '').replace('…', '')}): tools use them and no profile, unless one is named on their command line; ${those('AWS_PROFILE counts before keys', 'take', 'takes')} the profile of AWS_PROFILE instead`, 'unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN'],
  'variable-session-expired': ({ facts }, { now }) => [`the session in the environment ended ${facts.at === undefined ? '' : formatInstant(facts.at, now)}: ${those('keys past AWS_CREDENTIAL_EXPIRATION fail', 'fail', 'fails')}, and others still send it, which AWS refuses`, `eval "$(${commandLine('env', '--unset')})"`],
  'variable-expiration-malformed': (found) => [`${keyOf(found)} is no date: ${toolNames(found.tools)} fail`, 'unset AWS_CREDENTIAL_EXPIRATION'],
  'variable-half-a-key-pair': (found) => [`${keyOf(found)} is set without 'AWS_SECRET_ACCESS_KEY': ${toolNames(found.tools)} fail, unless a profile is named on their command line; the others pass over it`, 'set both, or unset AWS_ACCESS_KEY_ID'],
  'variable-session-without-token': (found) => [`the keys in the environment (${visible(found.facts.name ?? '')}) are those of a session, and ${keyOf(found)} is not set: tools send them, and AWS refuses that`, 'set AWS_SESSION_TOKEN too, or unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY'],
  'variable-security-token': (found) => [`${toolNames(found.tools)} take ${keyOf(found)} before 'AWS_SESSION_TOKEN', and it differs`, 'unset AWS_SECURITY_TOKEN'],
  'variable-profiles-differ': ({ facts }) => [`AWS_PROFILE names ${quote(facts.other)}, AWS_DEFAULT_PROFILE ${quote(facts.name)}: ${those('AWS_DEFAULT_PROFILE counts before AWS_PROFILE', 'use', 'uses')} the latter, the others the former`, 'unset AWS_DEFAULT_PROFILE'],
  'variable-profile-unread': (found) => [`${toolNames(found.tools)} do not read ${keyOf(found)} and use 'default' in place of ${quote(found.facts.name)}`, 'set AWS_PROFILE instead'],
  'variable-profile-empty': (found) => [`${keyOf(found)} has no value: ${toolNames(found.tools)} say that there is no profile ''`, 'unset AWS_PROFILE'],
  'variable-profile-unknown': ({ facts }) => [`AWS_PROFILE names ${quote(facts.name)}, which stands in neither file`, 'set it to a profile that is there'],
  'variable-file-empty': (found) => [`${keyOf(found)} has no value: ${toolNames(found.tools)} read no file at all, the others the usual one`, `unset ${found.facts.key ?? ''}`],
  'variable-file-missing': (found, view) => [`${keyOf(found)} names ${shownPath(found.facts.path, view)}, which is not there`, `make the file, or unset ${found.facts.key ?? ''}`],
  'variable-file-not-expanded': (found) => [`${keyOf(found)} is ${quote(found.facts.name)}, and ${toolNames(found.tools)} take that as it is written`, 'write an absolute path'],
  'home-differs': ({ facts }, view) => [`HOME is ${shownPath(facts.name, view)}, USERPROFILE ${shownPath(facts.other, view)}: the SDK for JavaScript and CDK look below the former, the others below the latter`, 'let both name one folder, or set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE'],
  'second-awsmfa': ({ facts }) => [facts.name === 'first' ? 'another awsmfa stands first on PATH: it runs where this one is meant' : 'another awsmfa on PATH, behind this one', 'take one of the two away; other tools of that name come from PyPI'],
  'slow-certificates': (found) => [`${keyOf(found)} more than doubles the start of every Node 20, this program and its prompt among them`, 'Node 22 and later do not mind; or set AWS_CA_BUNDLE for AWS alone'],
  'tools-use': (found, { now }) => [`${toolNames(found.tools)} ${deed(found, now)}`],
  'tools-fail': (found) => [plight(found), found.facts.key === 'signed-out' ? `to sign in: ${forProfile('login', found)}` : undefined],
}

/** The tools that have a habit, with a verb. */
function those(habit: VariableHabit, many: string, one: string): string {
  const tools = toolsWhere(habit)
  const names = toolNames(tools)
  return `${HABITS_OF_AWS_CLI_1.includes(habit) ? names.replace('the AWS CLI', 'version 1 of the AWS CLI') : names} ${tools.length === 1 ? one : many}`
}

function deed({ tools, facts, profile }: Finding, now: Date): string {
  const who = visible(facts.name ?? '')
  const verb = (many: string, one: string): string => (tools.length === 1 || tools.length === TOOL_IDS.length ? one : many)
  switch (facts.key ?? '') {
    case 'keys':
      return `${verb('use', 'uses')} the ${who}`
    case 'role':
      return `${verb('assume', 'assumes')} ${who}`
    case 'role-without-mfa':
      return `${verb('assume', 'assumes')} ${who} without MFA`
    case 'asks':
      return `${verb('ask', 'asks')} for a code, then ${verb('assume', 'assumes')} ${who}`
    case 'cached':
      return `${verb('use', 'uses')} a cached session for ${who} until ${facts.at === undefined ? '' : formatInstant(facts.at, now)}, then ${verb('ask', 'asks')} for a code`
    case 'process':
      return `${verb('start', 'starts')} the credential_process of ${quote(profile)}`
    case 'sso':
      return `${verb('sign', 'signs')} in with single sign-on`
    case 'login':
      return `${verb('use', 'uses')} the session of aws login`
    default:
      return `${verb('assume', 'assumes')} a role with a web identity`
  }
}

function plight({ tools, facts }: Finding): string {
  const verb = (many: string, one: string): string => (tools.length === 1 || tools.length === TOOL_IDS.length ? one : many)
  const isAll = tools.length === TOOL_IDS.length
  switch (facts.key ?? '') {
    case 'fails':
      return `${toolNames(tools)} ${verb('fail', 'fails')}: ${visible(facts.other ?? '')}`
    case 'unread':
      return isAll ? 'no tool sees it, for how the file is written' : `${toolNames(tools)} ${verb('do', 'does')} not see it, for how the file is written`
    case 'signed-out':
      return isAll ? 'no tool gets keys until somebody signs in' : `${toolNames(tools)} ${verb('get', 'gets')} no keys until somebody signs in`
    default:
      return isAll ? 'no tool gets keys from it' : `${toolNames(tools)} ${verb('get', 'gets')} no keys from it`
  }
}

function minutes(seconds = 0): string {
  return `${Math.round(Math.abs(seconds) / 60)} minutes`
}
