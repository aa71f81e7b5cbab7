import { CHAINED_ROLE_SECONDS, DURATION_LIMITS } from '../aws/sts-api.ts'
import type { LoginResolution, RoleStep } from './resolution.ts'
import type { LongTermSource } from '../model/credentials.ts'
import type { RequestParts } from '../sessions/reuse.ts'

/**
 * Where a token code goes. A code works once, so this one function decides. It is pure and gives its reason for `--debug`.
 */

/** One call of STS. The first is signed by the long-term credentials and carries the code, each other by the session before. */
export type LoginStep =
  | {
      readonly call: 'GetSessionToken'
      readonly signer: 'long-term'
      readonly mfa: true
      readonly durationSeconds: number
      readonly reason: string
    }
  | {
      readonly call: 'AssumeRole'
      readonly signer: 'long-term' | 'previous'
      readonly mfa: boolean
      readonly durationSeconds: number
      readonly role: RoleStep
      /** Its session is the one that is stored; flags that only AssumeRole has are for this call alone. */
      readonly isLast: boolean
      readonly reason: string
    }

/** A role got less time than was asked for, because its session is made from another one. */
export interface PlanNote {
  readonly kind: 'capped'
  readonly roleArn: string
  readonly askedSeconds: number
  readonly cappedToSeconds: number
}

/** The calls in their order, and what the person should be told about them. */
export interface LoginPlan {
  readonly steps: readonly [LoginStep, ...LoginStep[]]
  readonly notes: readonly PlanNote[]
}

/** What a plan depends on. */
export type PlanInput = Pick<LoginResolution, 'roles' | 'durationSeconds'>

/**
 * Plans the calls of one login. Exactly one target with exactly one role for more than an hour: the code goes into
 * AssumeRole. Everything else: into GetSessionToken, whose session is kept, and the roles are assumed from that, for an hour
 * at most (AWS counts it as role chaining). `targets`: how many profiles this code serves. Throws nothing: lengths were
 * checked when they were resolved, and what a role's own maximum allows only STS knows.
 */
export function planLogin({ roles, durationSeconds }: PlanInput, targets = 1): LoginPlan {
  const last = roles.at(-1)
  if (last === undefined)
    return { steps: [sessionStep(durationSeconds?.value, "no role: the session is the user's own")], notes: [] }
  const asked = (durationSeconds ?? last.durationSeconds)?.value ?? DURATION_LIMITS.AssumeRole.usual
  if (targets === 1 && roles.length === 1 && asked > CHAINED_ROLE_SECONDS) {
    const reason = 'one target, and a role for more than one hour: only a code in AssumeRole itself allows that'
    return {
      steps: [
        {
          call: 'AssumeRole',
          signer: 'long-term',
          mfa: true,
          durationSeconds: asked,
          role: last,
          isLast: true,
          reason,
        },
      ],
      notes: [],
    }
  }
  const reason =
    targets > 1 ? `the code serves ${targets} profiles` : 'the session can be used again, and the role is made from it'
  const chain = roles.map((role, index) =>
    roleStep(role, index === roles.length - 1 ? asked : role.durationSeconds?.value, index === roles.length - 1),
  )
  const notes: readonly PlanNote[] =
    asked > CHAINED_ROLE_SECONDS
      ? [{ kind: 'capped', roleArn: last.roleArn.value, askedSeconds: asked, cappedToSeconds: CHAINED_ROLE_SECONDS }]
      : []
  return { steps: [sessionStep(undefined, reason), ...chain], notes }
}

function sessionStep(seconds: number | undefined, reason: string): LoginStep {
  return {
    call: 'GetSessionToken',
    signer: 'long-term',
    mfa: true,
    durationSeconds: seconds ?? DURATION_LIMITS.GetSessionToken.usual,
    reason,
  }
}

function roleStep(role: RoleStep, asked: number | undefined, isLast: boolean): LoginStep {
  const durationSeconds = Math.min(asked ?? DURATION_LIMITS.AssumeRole.usual, CHAINED_ROLE_SECONDS)
  return {
    call: 'AssumeRole',
    signer: 'previous',
    mfa: false,
    durationSeconds,
    role,
    isLast,
    reason: 'made from the session before: one hour at most',
  }
}

/** What the parts are made of. */
export type RequestInput = Pick<LoginResolution, 'partition' | 'endpoint' | 'serialNumber' | 'roleExtras'>

/**
 * Gives the parts of a request. The key comes with its partition and endpoint; the region is no part, since a session holds
 * in all regions. Session names count only where someone chose them.
 */
export function describeRequest(plan: LoginPlan, resolution: RequestInput, longTermKeyId: string): RequestParts {
  const roles = plan.steps.flatMap((step) => (step.call === 'AssumeRole' ? [step] : []))
  return {
    key: JSON.stringify([resolution.partition, resolution.endpoint?.value ?? '', longTermKeyId]),
    device: resolution.serialNumber?.value ?? '',
    role: JSON.stringify(roles.map(({ role }) => role.roleArn.value)),
    duration: JSON.stringify(plan.steps.map(storedSeconds)),
    parameters: JSON.stringify([chosenFor(roles.map(({ role }) => role)), sortKeys(resolution.roleExtras)]),
  }
}

/** What someone chose for the roles, each with the place of its role in the chain. */
function chosenFor(roles: readonly RoleStep[]): readonly unknown[] {
  return roles.flatMap(({ sessionName, externalId }, index) => [
    ...(sessionName === undefined ? [] : [[index, 'name', sessionName.value]]),
    ...(externalId === undefined ? [] : [[index, 'external id', externalId.value]]),
  ])
}

/** Only the length of what is stored counts: of the session before a role nothing is left in it. */
function storedSeconds(step: LoginStep, index: number, steps: readonly LoginStep[]): number {
  return index === steps.length - 1 ? step.durationSeconds : 0
}

function sortKeys(extras: LoginResolution['roleExtras']): readonly (readonly [string, unknown])[] {
  return Object.entries(extras).sort(([left], [right]) => (left < right ? -1 : 1))
}

/** What stands for the long-term key in the hash of a request; a process is not run to find out whether its answer changed. */
export function keyOfSource(source: LongTermSource): string {
  return source.kind === 'process' ? `process ${source.command}` : source.credentials.accessKeyId
}
