/**
 * What shaped a stored session, so that a later login can tell whether the session answers it too, and if not, what differs.
 * The stored form is short hashes, one for each part: nothing can be read back from it.
 */
import type { Sha256 } from '../ports.ts'
import type { LoginPlan, LoginStep } from './login-plan.ts'
import type { LoginResolution, RoleStep } from './resolution.ts'

/** The parts in their order in the stored form. */
const REQUEST_PARTS = ['key', 'device', 'role', 'duration', 'parameters'] as const

/** The name of a part, as messages say it. */
export type RequestPart = (typeof REQUEST_PARTS)[number]

/** Each part as a text; equal requests have equal texts. `device` is '' where the device is not known yet. */
export type RequestParts = Readonly<Record<RequestPart, string>>

/** What the parts are made of. */
export type RequestInput = Pick<LoginResolution, 'partition' | 'endpoint' | 'serialNumber' | 'roleExtras'>

const HASH_LENGTH = 12
const UNKNOWN = '0'

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

/** Gives the stored form: `[0-9a-f.]`, at most 80 characters. An unknown device is `0`. */
export function hashRequest(parts: RequestParts, sha256: Sha256): string {
  return REQUEST_PARTS.map((name) => (parts[name] === '' ? UNKNOWN : sha256(toByteString(`${name}\0${parts[name]}`)).slice(0, HASH_LENGTH))).join('.')
}

/**
 * Names the parts in which two stored forms differ; all of them where one is in no form that is known here. A device that one
 * side does not know (it was found through IAM) differs from none.
 */
export function differingParts(before: string, after: string): readonly RequestPart[] {
  const [left, right] = [before.split('.'), after.split('.')]
  if (left.length !== REQUEST_PARTS.length || right.length !== REQUEST_PARTS.length) return before === after ? [] : REQUEST_PARTS
  return REQUEST_PARTS.filter((_, index) => left[index] !== right[index] && left[index] !== UNKNOWN && right[index] !== UNKNOWN)
}

function sortKeys(extras: LoginResolution['roleExtras']): readonly (readonly [string, unknown])[] {
  return Object.entries(extras).sort(([left], [right]) => (left < right ? -1 : 1))
}

/** Hashes take byte strings; escaping keeps every text one, and different texts different. */
function toByteString(text: string): string {
  return JSON.stringify(text).replace(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
