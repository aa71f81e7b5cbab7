import type { ForeignSession } from '../failures.ts'
import type { SectionOwnership } from '../files/ownership.ts'
import { shortenAccessKeyId } from '../sessions/credentials.ts'
import { parseExpiration } from '../sessions/expiration.ts'

/** What login may do with the section that it wants to write. */
export type Takeover =
  /** Nobody's, or ours. */
  | { readonly kind: 'take' }
  /** Another's session of no more use: taken, and told. */
  | { readonly kind: 'take-expired'; readonly session: ForeignSession }
  /** Another's session that may still be in use: only STS can tell whether it is alive, and whose it is. */
  | { readonly kind: 'find-out'; readonly session: ForeignSession }
  /** Another tool keeps this section: only the person can say. */
  | { readonly kind: 'ask'; readonly session: ForeignSession }
  /** Long-term credentials: never. */
  | { readonly kind: 'never' }

/** Decides by what stands in the section, and nothing else. */
export function decideTakeover(ownership: SectionOwnership, now: Date): Takeover {
  if (ownership.kind === 'long-term') return { kind: 'never' }
  if (ownership.kind !== 'foreign-session') return { kind: 'take' }
  const marked = ownership.expiration
  const expiration = marked === undefined ? undefined : parseExpiration(marked.value, marked.format)
  const session: ForeignSession = {
    accessKeyId: shortenAccessKeyId(ownership.accessKeyId ?? ''),
    ...(ownership.manager === undefined ? {} : { manager: ownership.manager }),
    ...(expiration === undefined ? {} : { expiration }),
  }
  if (!ownership.complete) return { kind: 'take-expired', session }
  if (ownership.manager !== undefined && ownership.manager !== 'awsmfa') return { kind: 'ask', session }
  return expiration !== undefined && expiration <= now ? { kind: 'take-expired', session } : { kind: 'find-out', session }
}
