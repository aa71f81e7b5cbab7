/** What STS refused, and the way there. AWS's own code is in brackets, its text is shown with `--debug` alone. */
import { roleInWords } from '../aws/arn.ts'
import { fromOrigin, ownFolderHint, showErrno, showOrigin, showPath, showPlace } from './wording.ts'
import type { FailureView, SomeWords } from './wording.ts'
import { secondsUntil } from '../model/expiration.ts'
import type { FailureOf, NetworkProblem } from '../model/failure.ts'
import type { Resolved } from '../model/origin.ts'
import { durationInWords, exactDuration } from '../ui/duration-words.ts'
import { formatInstant } from '../ui/duration.ts'
import { commandLine, listed, profileWord, quoted, say, visible, warn } from '../ui/words.ts'
import type { FailureText } from '../ui/words.ts'

export const STS_WORDS = {
  TOKEN_CODE_REJECTED: ({ nextCodeInSeconds, known, answerLost }) => {
    const next = `the next code comes in ${nextCodeInSeconds} s`
    if (answerLost) return say('the answer of STS was lost, and the token code is spent', next)
    return say(
      known === 'used'
        ? 'the token code has been used before; a code works once'
        : 'the token code was not accepted; a code works once',
      next,
    )
  },
  MFA_SERIAL_REJECTED: ({ serial, origin }, view) =>
    say(
      `the MFA device ${quoted(serial)}${fromOrigin(origin, view)} is not an enabled device of this user`,
      'the serial must be that of a device of the user whose long-term keys sign',
    ),
  CREDENTIALS_REJECTED: rejectedKeysText,
  SESSION_MISSING: missingSessionText,
  SESSION_NOT_KEPT: ({ profile, isGot, unwritable }, view) => {
    if (unwritable !== undefined) {
      const { path, errno } = unwritable
      return say(
        `${quoted(profile)} cannot be signed in: its credential_process answers from awsmfa's cache, and ${showPath(path, view)} cannot be written: ${showErrno(errno)}`,
        ownFolderHint(path, errno, view),
      )
    }
    return say(
      `${quoted(profile)} ${isGot ? 'got a session, but' : 'cannot be signed in:'} awsmfa's cache, from which its credential_process answers, ${isGot ? 'did not take it' : 'would not take a session'}`,
      `to see why: ${commandLine('login', profileWord(profile))} --debug`,
    )
  },
  ACCESS_DENIED: ({ operation, roleArn, message }) => ({
    ...(roleArn === undefined
      ? say(`not allowed to call ${visible(operation)} [AccessDenied]`)
      : say(
          `not allowed to assume ${roleInWords(roleArn)} [AccessDenied]`,
          "the role's trust policy and the user's own policies must both allow it; a role that does not exist is refused in the same words",
        )),
    detail: message,
  }),
  REQUEST_REFUSED: refusedRequestText,
  CLOCK_SKEWED: ({ skewSeconds }) =>
    say(
      `the clock of this computer is ${skewSeconds === undefined ? 'wrong' : skewInWords(skewSeconds)}, and AWS refuses what it signs`,
      'set the clock, then try again',
    ),
  THROTTLED: ({ operation }) =>
    say(
      `AWS has had too many requests: ${visible(operation)} was refused [Throttling]`,
      'wait a minute, then try again',
    ),
  REGION_DISABLED: ({ region }) =>
    say(
      `STS is switched off in the region ${quoted(region)} for this account [RegionDisabledException]`,
      'name another: --region NAME',
    ),
  NETWORK_UNREACHABLE: unreachableText,
  CONSOLE_NEEDS_ROLE: ({ profile, roleProfiles }) =>
    say(
      `${quoted(profile)} has no role, and AWS opens its console only for roles`,
      roleProfileHint(profile, roleProfiles),
    ),
  CONSOLE_UNSUPPORTED: ({ partition }) =>
    say(`the address of the console of the partition ${quoted(partition)} is not known`),
  CONSOLE_REFUSED: ({ status, reason, detail }) => ({
    ...say(
      `AWS Sign-In refused the credentials (status ${status})${REFUSED_CONSOLE[reason][0]}`,
      ...REFUSED_CONSOLE[reason][1],
    ),
    detail,
  }),
  BROWSER_FAILED: ({ program, reason, exitCode, origin }, view) =>
    say(
      reason === 'ci'
        ? 'no browser is opened in CI, and the log must not contain the URL'
        : `cannot open the browser ${quoted(program)}${fromOrigin(origin, view)}: ${BROWSER_PROBLEMS[reason]}${exitCode === undefined ? '' : ` ${exitCode}`}`,
      'to print the URL: add --print',
    ),
  CA_BUNDLE_UNREADABLE: ({ place, origin, errno }, view) =>
    errno === 'NO_CERTIFICATE'
      ? say(`the CA bundle ${showPlace(place, view)}${fromOrigin(origin, view)} contains no PEM certificate`)
      : say(`the CA bundle ${showPlace(place, view)}${fromOrigin(origin, view)} cannot be read: ${showErrno(errno)}`),
  STS_UNEXPECTED: ({ operation, status, awsCode, detail, defect }) => {
    if (defect !== undefined)
      return {
        ...say(
          `the answer to ${visible(operation)} cannot be used: ${visible(defect)}`,
          'AWS does not answer like this; check the endpoint and the clock of this computer',
        ),
        detail,
      }
    const isError = status !== undefined && status >= 300
    const what = isError
      ? `the answer has status ${status}${awsCode === undefined ? '' : ` [${visible(awsCode)}]`}`
      : 'there was no answer that can be read'
    return {
      ...say(
        `${visible(operation)} failed: ${what}`,
        awsCode === undefined
          ? 'a proxy or a sign-in page on the way may have answered in place of AWS'
          : 'AWS has trouble of its own; try again later',
      ),
      detail,
    }
  },
} satisfies SomeWords

function roleProfileHint(profile: string, [first, ...others]: readonly string[]): string {
  if (first === undefined)
    return `add a role profile with 'role_arn' and 'source_profile = ${visible(profile)}' to the config file`
  const line = commandLine('console', profileWord(first))
  if (others.length === 0) return `to open it as its role profile: ${line}`
  return `its role profiles: ${listed([first, ...others].map(quoted), 'and')}; for example: ${line}`
}

const REFUSED_CONSOLE: Readonly<
  Record<FailureOf<'CONSOLE_REFUSED'>['reason'], readonly [reason: string, hints: readonly string[]]>
> = {
  'not-a-role': [': they are not those of a role', []],
  chained: [
    ': a role that is assumed with another session is limited to an hour',
    ['for more, the code must go into AssumeRole: add --duration 8h'],
  ],
  other: ['', ["to see AWS's own words, run it again with --debug"]],
}

const BROWSER_PROBLEMS: Readonly<Record<Exclude<FailureOf<'BROWSER_FAILED'>['reason'], 'ci'>, string>> = {
  quote: 'its command has an unclosed quote',
  'not-found': 'not found',
  'not-executable': 'it cannot be run',
  exit: 'it ended with exit code',
}

function missingSessionText(
  { profile, expiration, wantedSeconds, inBackground = false }: FailureOf<'SESSION_MISSING'>,
  { now }: FailureView,
): FailureText {
  const login = commandLine('login', profileWord(profile))
  const why = inBackground ? ', and awsmfa runs in the background, where it cannot prompt' : ''
  if (expiration === undefined) return say(`${quoted(profile)} has no session${why}`, `to get one: ${login}`)
  if (expiration <= now) {
    const ended = formatInstant(expiration, now)
    return say(`the session of ${quoted(profile)} ended ${ended}${why}`, `to get another: ${login}`)
  }
  const wanted = wantedSeconds === undefined ? '' : `, and ${exactDuration(wantedSeconds)} are wanted`
  return say(
    `the session of ${quoted(profile)} holds for ${durationInWords(secondsUntil(expiration, now))}${wanted}${why}`,
    `to get another: ${login} --force`,
  )
}

/** Rounds to minutes from one minute on: nobody sets a clock by seconds. */
function skewInWords(seconds: number): string {
  const size = Math.abs(seconds)
  return `${durationInWords(size < 60 ? size : Math.round(size / 60) * 60)} ${seconds > 0 ? 'ahead' : 'behind'}`
}

function rejectedKeysText(
  { accessKeyId, reason, origin }: FailureOf<'CREDENTIALS_REJECTED'>,
  view: FailureView,
): FailureText {
  const from = origin === 'session' ? 'the session' : showOrigin(origin, view)
  const key = `the access key ${visible(accessKeyId)} (${from})`
  switch (reason) {
    case 'unknown-key':
      return say(
        `${key} is not known to AWS, or is not active [InvalidClientTokenId]`,
        'it may have been deleted or replaced, or belong to another partition or endpoint',
      )
    case 'wrong-secret':
      return say(
        `the secret that goes with ${key} is wrong [SignatureDoesNotMatch]`,
        "'aws_secret_access_key' must be the one that was made together with it",
      )
    case 'session':
      return say(`${key} is that of a session, and this needs long-term keys`)
    case 'expired':
      return say(`${key} belongs to a session that has expired [ExpiredToken]`)
  }
}

function refusedRequestText(
  { operation, awsCode, message, reason }: FailureOf<'REQUEST_REFUSED'>,
  { debug }: FailureView,
): FailureText {
  const code = `[${visible(awsCode)}]`
  const hint = debug ? undefined : "to see AWS's own words, run it again with --debug"
  const [error, way] = reason === undefined ? [`AWS refused ${visible(operation)}`, hint] : REFUSED_WORDS[reason]
  return { ...say(`${error} ${code}`, way), detail: message }
}

const REFUSED_WORDS: Readonly<
  Record<NonNullable<FailureOf<'REQUEST_REFUSED'>['reason']>, readonly [error: string, hint: string | undefined]>
> = {
  'role-maximum': ['the role does not allow a session as long as that', 'ask for less: --duration 1h'],
  chained: ['a role that is assumed from a session holds for one hour at most', 'ask for less: --duration 1h'],
  'packed-policy': ['the policies and tags of the session are too big together', undefined],
  'root-account': ['the root user cannot assume a role', 'sign in as an IAM user'],
}

const NETWORK_WORDS: Readonly<Record<NetworkProblem, string>> = {
  dns: 'there is no such host',
  refused: 'connection refused',
  timeout: 'connection timed out',
  reset: 'the connection was cut',
  certificate: 'its certificate is not trusted',
  proxy: 'the proxy did not let it through',
  'proxy-auth': 'the proxy wants a name and password',
  tls: 'no secure connection could be agreed on',
  unreachable: 'there is no way to it from here',
  'no-answer': 'it gave no answer',
}

function unreachableText(failure: FailureOf<'NETWORK_UNREACHABLE'>): FailureText {
  const { host, service = 'STS', reason, proxy, timeoutSeconds } = failure
  const after = timeoutSeconds === undefined ? '' : ` after ${timeoutSeconds} s`
  const through = proxy === undefined ? '' : ` through the proxy ${visible(proxy)}`
  return say(
    `cannot reach ${visible(service)} at ${visible(host)}${through}: ${NETWORK_WORDS[reason]}${after}`,
    unreachableHint(failure),
  )
}

function unreachableHint({ reason, proxy, proxyIgnored }: FailureOf<'NETWORK_UNREACHABLE'>): string | undefined {
  if (reason === 'certificate')
    return 'where a proxy opens TLS, pass its certificate: --ca-bundle FILE, or AWS_CA_BUNDLE'
  if (reason === 'proxy-auth') return 'put them into the variable: HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT'
  if (proxyIgnored === true) return 'a proxy is set, but NO_PROXY exempts this host'
  return proxy === undefined &&
    (reason === 'dns' || reason === 'timeout' || reason === 'unreachable' || reason === 'refused')
    ? 'behind a proxy, set HTTPS_PROXY; awsmfa honours it'
    : undefined
}

/** Returns the warning about an endpoint over plain HTTP. */
export function renderUnencrypted({ value, origin }: Resolved<string>, view: FailureView): string {
  return warn(
    `requests to ${visible(new URL(value).host)} (from ${showOrigin(origin, view)}) are not encrypted: anyone on the network can read the token code and the new session; use an https:// address`,
  )
}
