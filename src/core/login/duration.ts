/** Lengths of sessions: how they are written and what STS allows. */
import type { StsOperation } from '../failures.ts'
import { AwsmfaError } from '../failures.ts'
import type { Resolved } from '../origin.ts'

/** What STS allows and takes when nothing is asked for, in seconds. Source: STS API Reference, GetSessionToken and AssumeRole. */
export const DURATION_LIMITS: Readonly<Record<StsOperation, { readonly minimum: number; readonly maximum: number; readonly usual: number }>> = {
  GetSessionToken: { minimum: 900, maximum: 129_600, usual: 43_200 },
  AssumeRole: { minimum: 900, maximum: 43_200, usual: 3_600 },
}

/**
 * The longest role session, in seconds, that can be made from another session. AWS counts AssumeRole with the session of
 * GetSessionToken as role chaining. Source: AWS re:Post knowledge center, "iam-role-chaining-limit".
 */
export const CHAINED_ROLE_SECONDS = 3_600

/** What a length looks like, for messages. */
export const DURATION_FORM = "a length such as '12h', '1h30m', '45m' or a number of seconds"

const FORM = /^(?:(\d{1,9})|(?=\d)(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,9})s)?)$/

/** Parses `12h`, `1h30m`, `45m`, `900s` or `900` into seconds. Gives undefined for anything else; checks no limits. */
export function parseDuration(text: string): number | undefined {
  const match = FORM.exec(text)
  if (match === null) return undefined
  const [plain, hours, minutes, seconds] = match.slice(1).map((digits) => Number((digits as string | undefined) ?? 0))
  return (plain ?? 0) + (hours ?? 0) * 3_600 + (minutes ?? 0) * 60 + (seconds ?? 0)
}

/** Throws DURATION_OUT_OF_RANGE, naming where the length came from, unless STS allows it for that operation. */
export function assertDuration(duration: Resolved<number>, operation: StsOperation): void {
  const { minimum, maximum } = DURATION_LIMITS[operation]
  if (duration.value >= minimum && duration.value <= maximum) return
  throw new AwsmfaError({ code: 'DURATION_OUT_OF_RANGE', operation, seconds: duration.value, minimum, maximum, origin: duration.origin })
}
