/** Messages about requests to STS. AWS's error code is in brackets; its message is printed only with `--debug`. */
import { roleInWords } from '../aws/arn.ts'
import { fromOrigin, ownFolderHint, showErrno, showOrigin, showPath, showPlace } from './wording.ts'
import type { FailureView, SomeWords } from './wording.ts'
import { secondsUntil } from '../model/credentials.ts'
import type { FailureOf, NetworkProblem } from '../model/failure.ts'
import type { Resolved } from '../model/profile.ts'
import { durationInWords, exactDuration } from '../ui/duration-words.ts'
import { formatAt } from '../ui/duration.ts'
import { commandLine, listed, profileWord, quoted, say, signInLines, visible, warn } from '../ui/words.ts'
import type { FailureText } from '../ui/words.ts'

export const STS_WORDS = {
  TOKEN_CODE_REJECTED: ({ nextCodeInSeconds, known, answerLost }) => {
    const next = `the next code appears in ${nextCodeInSeconds} s`
    if (answerLost) return say('the STS response was lost, and the token code is used up', next)
    return say(
      known === 'used'
        ? 'token code already used; each code works once'
        : 'token code not accepted; each code works once',
      next,
    )
  },
  MFA_SERIAL_REJECTED: ({ serial, origin }, view) =>
    say(
      `MFA device ${quoted(serial)}${fromOrigin(origin, view)} is not an enabled device of the access key's user`,
      "use a device of that user: the AWS console lists them under 'Security credentials'",
    ),
  CREDENTIALS_REJECTED: rejectedKeysText,
  SESSION_MISSING: missingSessionText,
  SESSION_NOT_KEPT: ({ profile, isGot, unwritable }, view) => {
    if (unwritable !== undefined) {
      const { path, errno } = unwritable
      return say(
        `the session of ${quoted(profile)} cannot be cached for its credential_process: cannot write ${showPath(path, view)}: ${showErrno(errno)}`,
        ownFolderHint(path, errno, view),
      )
    }
    return say(
      `${isGot ? 'the session' : 'a session'} of ${quoted(profile)} cannot be cached for its credential_process`,
      `for details: ${commandLine('login', profileWord(profile))} --debug`,
    )
  },
  ACCESS_DENIED: ({ operation, roleArn, message, userArn }) => ({
    ...(roleArn === undefined
      ? say(`not allowed to call ${visible(operation)} [AccessDenied]`, accessKeyHint(operation, userArn, message))
      : say(
          `not allowed to assume ${roleInWords(roleArn)} [AccessDenied]`,
          'the role may not exist, or its trust policy or your policies do not allow it',
        )),
    detail: message,
  }),
  REQUEST_REFUSED: refusedRequestText,
  CLOCK_SKEWED: ({ skewSeconds }) =>
    say(
      `this computer's clock is ${skewSeconds === undefined ? 'wrong' : skewInWords(skewSeconds)}, so AWS rejects its requests`,
      'set the clock, then try again',
    ),
  THROTTLED: ({ operation }) => say(`AWS throttled ${visible(operation)} [Throttling]`, 'try again in a minute'),
  REGION_DISABLED: ({ region }) =>
    say(
      `STS is not enabled in region ${quoted(region)} for this account [RegionDisabledException]`,
      'use another region: --region NAME',
    ),
  NETWORK_UNREACHABLE: unreachableText,
  CONSOLE_NEEDS_ROLE: ({ profile, roleProfiles }) =>
    say(
      `${quoted(profile)} has no role; AWS opens the console only for role sessions`,
      roleProfileHint(profile, roleProfiles),
    ),
  CONSOLE_UNSUPPORTED: ({ partition }) => say(`unknown console URL for partition ${quoted(partition)}`),
  CONSOLE_REFUSED: ({ status, reason, detail }) => ({
    ...say(
      `AWS Sign-In rejected the credentials (status ${status})${REFUSED_CONSOLE[reason][0]}`,
      ...REFUSED_CONSOLE[reason][1],
    ),
    detail,
  }),
  BROWSER_FAILED: ({ program, reason, exitCode, origin }, view) =>
    say(
      reason === 'ci'
        ? 'awsmfa opens no browser in CI'
        : `cannot open the browser ${quoted(program)}${fromOrigin(origin, view)}: ${BROWSER_PROBLEMS[reason]}${exitCode === undefined ? '' : ` ${exitCode}`}`,
      'to print the URL: add --print',
    ),
  CA_BUNDLE_UNREADABLE: ({ place, origin, errno }, view) =>
    errno === 'NO_CERTIFICATE'
      ? say(`the CA bundle ${showPlace(place, view)}${fromOrigin(origin, view)} contains no PEM certificate`)
      : say(`cannot read the CA bundle ${showPlace(place, view)}${fromOrigin(origin, view)}: ${showErrno(errno)}`),
  STS_UNEXPECTED: ({ operation, status, awsCode, detail, defect }) => {
    if (defect !== undefined)
      return {
        ...say(
          `${visible(operation)} failed: invalid response: ${visible(defect)}`,
          "check the STS endpoint and this computer's clock",
        ),
        detail,
      }
    const isError = status !== undefined && status >= 300
    const what = isError
      ? `status ${status}${awsCode === undefined ? '' : ` [${visible(awsCode)}]`}`
      : 'unreadable response'
    return {
      ...say(
        `${visible(operation)} failed: ${what}`,
        awsCode === undefined ? 'a proxy or captive portal may have answered instead of AWS' : 'try again later',
      ),
      detail,
    }
  },
} satisfies SomeWords

/** The statement of IAM's own example policy, in one line. */
/** With the user's own partition, account and path: `user/${aws:username}` does not match `user/team/alice`. */
function accessKeyHint(operation: string, userArn: string | undefined, message: string): string | undefined {
  if (!/^\w+AccessKeys?(?:LastUsed)?$/.test(operation) || userArn === undefined) return undefined
  if (/\bexplicit deny\b/.test(message)) return 'a policy denies it explicitly, which no other policy can allow'
  const Resource = `${visible(userArn.slice(0, userArn.lastIndexOf('/') + 1), 700)}\${aws:username}`
  return `a policy must allow it: ${JSON.stringify({ Effect: 'Allow', Action: 'iam:*AccessKey*', Resource })}`
}

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
  'not-a-role': [': they are not of a role', []],
  chained: [': the role was assumed from another session', ['to assume it with the token code: add --duration 8h']],
  other: ['', ['for the AWS message, add --debug']],
}

const BROWSER_PROBLEMS: Readonly<Record<Exclude<FailureOf<'BROWSER_FAILED'>['reason'], 'ci'>, string>> = {
  quote: 'unclosed quote in its command',
  'not-found': 'not found',
  'not-executable': 'not executable',
  exit: 'exit code',
}

function missingSessionText(
  {
    profile,
    expiration,
    wantedSeconds,
    inBackground = false,
    noTerminal = false,
    signIn,
  }: FailureOf<'SESSION_MISSING'>,
  { now }: FailureView,
): FailureText {
  const lines = signIn === undefined ? [] : signInLines(signIn, signIn.isRenewable === true)
  const loginAgain = (force = ''): string =>
    `${commandLine('login', profileWord(profile))}${force}${noTerminal && !inBackground ? ' --token-code CODE' : ''}`
  const login = lines.at(-1) ?? loginAgain()
  const why = inBackground ? ', and awsmfa cannot prompt in the background' : ''
  if (expiration === undefined) return say(`${quoted(profile)} is not signed in${why}`, login)
  if (expiration <= now) {
    const error = `the session of ${quoted(profile)} expired ${formatAt(expiration, now)}${why}`
    const [renew, signInAgain] = lines
    if (signInAgain === undefined) return say(error, login)
    return say(error, `to renew it: ${renew ?? ''}`, `to sign in again: ${signInAgain}`)
  }
  const wanted = wantedSeconds === undefined ? '' : `, but ${exactDuration(wantedSeconds)} is required`
  return say(
    `the session of ${quoted(profile)} is valid for ${durationInWords(secondsUntil(expiration, now))}${wanted}${why}`,
    signIn === undefined ? loginAgain(' --force') : LIMITS[signIn.command === 'aws login' ? 'login' : 'sso'],
  )
}

/** What limits a session that the AWS CLI signs in to: to sign in again makes it no longer. */
const LIMITS = {
  sso: 'the session duration of the permission set is the limit; require less time: --min-ttl',
  login: 'sessions of aws login last 15 minutes; require less time: --min-ttl',
} as const

/** Rounds to minutes from one minute on. */
function skewInWords(seconds: number): string {
  const size = Math.abs(seconds)
  return `${durationInWords(size < 60 ? size : Math.round(size / 60) * 60)} ${seconds > 0 ? 'fast' : 'slow'}`
}

function rejectedKeysText(
  { accessKeyId, reason, origin }: FailureOf<'CREDENTIALS_REJECTED'>,
  view: FailureView,
): FailureText {
  const from = origin === 'session' ? 'the session' : showOrigin(origin, view)
  const key = `access key ${visible(accessKeyId)} (${from})`
  switch (reason) {
    case 'unknown-key':
      return say(
        `${key} is unknown to AWS or inactive [InvalidClientTokenId]`,
        'it may be deleted, or belong to another partition or endpoint',
      )
    case 'wrong-secret':
      return say(
        `the secret of ${key} is wrong [SignatureDoesNotMatch]`,
        'check the secret access key that is stored with it',
      )
    case 'session':
      return say(`${key} belongs to a session; long-term credentials are required`)
    case 'expired':
      return say(`${key} belongs to an expired session [ExpiredToken]`)
  }
}

function refusedRequestText(
  { operation, awsCode, message, reason }: FailureOf<'REQUEST_REFUSED'>,
  { debug }: FailureView,
): FailureText {
  const code = `[${visible(awsCode)}]`
  const hint = debug ? undefined : 'for the AWS message, add --debug'
  const [error, way] = reason === undefined ? [`AWS rejected ${visible(operation)}`, hint] : REFUSED_WORDS[reason]
  return { ...say(`${error} ${code}`, way), detail: message }
}

const REFUSED_WORDS: Readonly<
  Record<NonNullable<FailureOf<'REQUEST_REFUSED'>['reason']>, readonly [error: string, hint: string | undefined]>
> = {
  'role-maximum': ['the role does not allow sessions this long', 'use a shorter session: --duration 1h'],
  chained: ['a role assumed from a session lasts at most 1 h', 'use a shorter session: --duration 1h'],
  'packed-policy': ['session policies and tags are too large together', undefined],
  'root-account': ['the root user cannot assume roles', 'use the access key of an IAM user'],
}

const NETWORK_WORDS: Readonly<Record<NetworkProblem, string>> = {
  dns: 'host not found',
  refused: 'connection refused',
  timeout: 'connection timed out',
  reset: 'connection reset',
  certificate: 'certificate not trusted',
  proxy: 'the proxy refused the connection',
  'proxy-auth': 'the proxy requires a user name and password',
  tls: 'TLS handshake failed',
  unreachable: 'network unreachable',
  'no-answer': 'no response',
}

function unreachableText(failure: FailureOf<'NETWORK_UNREACHABLE'>): FailureText {
  const { host, service = 'STS', reason, proxy, timeoutSeconds } = failure
  const after = timeoutSeconds === undefined ? '' : ` after ${timeoutSeconds} s`
  const through = proxy === undefined ? '' : ` through proxy ${visible(proxy)}`
  return say(
    `cannot reach ${visible(service)} at ${visible(host)}${through}: ${NETWORK_WORDS[reason]}${after}`,
    unreachableHint(failure),
  )
}

function unreachableHint({ reason, proxy, proxyIgnored }: FailureOf<'NETWORK_UNREACHABLE'>): string | undefined {
  if (reason === 'certificate')
    return 'if a proxy inspects TLS, add --ca-bundle FILE with its certificate, or set AWS_CA_BUNDLE'
  if (reason === 'proxy-auth') return 'HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT'
  if (proxyIgnored === true) return 'a proxy is set, but NO_PROXY excludes this host'
  return proxy === undefined &&
    (reason === 'dns' || reason === 'timeout' || reason === 'unreachable' || reason === 'refused')
    ? 'behind a proxy, set HTTPS_PROXY'
    : undefined
}

/** Returns the warning about an endpoint over plain HTTP. */
export function renderUnencrypted({ value, origin }: Resolved<string>, view: FailureView): string {
  return warn(
    `requests to ${visible(new URL(value).host)} (from ${showOrigin(origin, view)}) are not encrypted: anyone on the network can read the token code and the session; use an https:// URL`,
  )
}
