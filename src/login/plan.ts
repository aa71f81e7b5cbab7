/**
 * Plans the STS calls of a login, and describes the request that they make, so that a later login can compare it with
 * its own. A token code works once, so one pure function decides where it goes.
 */
import { CHAINED_ROLE_SECONDS, DURATION_LIMITS } from '../aws/sts-api.ts'
import type { LoginResolution, RoleStep } from './resolution.ts'
import type { RequestParts } from '../sessions/reuse.ts'
import { keyIdOf } from '../model/credentials.ts'

/** The calls of one login. */
export interface LoginPlan {
  /**
   * The call that the long-term credentials sign and that carries the code. GetSessionToken: the roles are assumed with
   * its session, each with the session of the role before. AssumeRole: there is one role, and no other session.
   */
  readonly codeFor: 'GetSessionToken' | 'AssumeRole'
  /** Why the code goes there, for `--debug`. */
  readonly reason: string
  /** The duration of the session of GetSessionToken. */
  readonly sessionSeconds: number
  /** In the order in which they are assumed; the session of the last is the one that is stored. */
  readonly roles: readonly PlannedRole[]
  readonly notes: readonly PlanNote[]
}

export interface PlannedRole {
  readonly role: RoleStep
  readonly durationSeconds: number
}

/** A role session is shorter than requested, because AWS limits role chaining. */
export interface PlanNote {
  readonly kind: 'capped'
  readonly roleArn: string
  readonly requestedSeconds: number
  readonly cappedToSeconds: number
  /** Whether the requested duration is on the command line. */
  readonly isTyped: boolean
}

/**
 * Plans a login. One target with one role for more than an hour: the code goes into AssumeRole. Otherwise it goes into
 * GetSessionToken, whose session is cached, and the roles are assumed with that, for an hour at most, since AWS counts
 * it as role chaining. `targets`: how many profiles the code serves. Durations were checked when they were resolved;
 * the maximum of a role is known to STS alone.
 */
export function planLogin(
  { roles, durationSeconds }: Pick<LoginResolution, 'roles' | 'durationSeconds'>,
  targets = 1,
): LoginPlan {
  const sessionSeconds = DURATION_LIMITS.GetSessionToken.usual
  const role = roles.at(-1)
  if (role === undefined)
    return {
      codeFor: 'GetSessionToken',
      reason: "no role: the session is the user's own",
      sessionSeconds: durationSeconds?.value ?? sessionSeconds,
      roles: [],
      notes: [],
    }
  const requestedSeconds = (durationSeconds ?? role.durationSeconds)?.value ?? DURATION_LIMITS.AssumeRole.usual
  const isLong = requestedSeconds > CHAINED_ROLE_SECONDS
  if (targets === 1 && roles.length === 1 && isLong)
    return {
      codeFor: 'AssumeRole',
      reason: 'one target, and a role for more than one hour: only a code in AssumeRole itself allows that',
      sessionSeconds,
      roles: [{ role, durationSeconds: requestedSeconds }],
      notes: [],
    }
  const capped = (seconds: number): number => Math.min(seconds, CHAINED_ROLE_SECONDS)
  const before = roles.slice(0, -1).map((each) => ({
    role: each,
    durationSeconds: capped(each.durationSeconds?.value ?? DURATION_LIMITS.AssumeRole.usual),
  }))
  const isTyped = ['flag', 'sts-flag'].includes(durationSeconds?.origin.kind ?? '')
  const note = { kind: 'capped', roleArn: role.roleArn.value, requestedSeconds, isTyped } as const
  return {
    codeFor: 'GetSessionToken',
    reason:
      targets > 1
        ? `the code serves ${targets} profiles`
        : 'the session can be used again, and the role is made from it',
    sessionSeconds,
    roles: [...before, { role, durationSeconds: capped(requestedSeconds) }],
    notes: isLong ? [{ ...note, cappedToSeconds: CHAINED_ROLE_SECONDS }] : [],
  }
}

/** Returns a line for each call of a plan, with its reason, for `--debug`. */
export function describePlan({ codeFor, reason, roles }: LoginPlan): readonly string[] {
  const chained = codeFor === 'GetSessionToken' ? roles : []
  return [`${codeFor}: ${reason}`, ...chained.map(() => 'AssumeRole: made from the session before: one hour at most')]
}

/**
 * Returns the parts of a request. The region is no part, since a session is valid in all regions; session names count
 * only where someone chose them. No process is run to find out whether its long-term key has changed.
 */
export function describeRequest(
  plan: LoginPlan,
  { partition, endpoint, serialNumber, roleExtras, longTerm }: LoginResolution,
): RequestParts {
  const longTermKey = longTerm.kind === 'process' ? `process ${longTerm.command}` : keyIdOf(longTerm)
  const roles = plan.roles.map(({ role }) => role)
  const chosen = roles.flatMap(({ sessionName, externalId }, index) => [
    ...(sessionName === undefined ? [] : [[index, 'name', sessionName.value]]),
    ...(externalId === undefined ? [] : [[index, 'external ID', externalId.value]]),
  ])
  const extras = Object.entries(roleExtras).sort(([left], [right]) => (left < right ? -1 : 1))
  return {
    key: JSON.stringify([partition, endpoint?.value ?? '', longTermKey]),
    device: serialNumber?.value ?? '',
    role: JSON.stringify(roles.map(({ roleArn }) => roleArn.value)),
    duration: JSON.stringify(durationsOf(plan)),
    parameters: JSON.stringify([chosen, extras]),
  }
}

/**
 * One number for each call; 0 but for the last, since the durations of the sessions before leave no trace in what is
 * stored.
 */
function durationsOf({ codeFor, sessionSeconds, roles }: LoginPlan): readonly number[] {
  const seconds = roles.map(({ durationSeconds }) => durationSeconds)
  const all = codeFor === 'GetSessionToken' ? [sessionSeconds, ...seconds] : seconds
  return all.map((each, index) => (index === all.length - 1 ? each : 0))
}
