/** Faults that a test can inject into the server's answers. */

type Scope = {
  /** The operation to affect (`AssumeRole`); default: all. */
  readonly operation?: string
  /** How many requests to affect; default 1. */
  readonly times?: number | 'always'
  /** How many requests to let pass first; default 0. */
  readonly skip?: number
}

type Page = { readonly status: number; readonly contentType: string; readonly body: string }

/**
 * - delay: answers `ms` later
 * - hold: answers when the test calls `release` (control.ts)
 * - throttle: 400 Throttling or 503 ServiceUnavailable, without processing
 * - drop: closes the connection; with `when: 'after'` the request is processed (its code is used) but the answer is
 *   lost
 * - hang: never answers, keeps the connection open; `when` as for drop
 * - truncate: processes the request, announces the full length and closes the connection after `bytes` (default: half)
 * - answer: sends this page instead; processes the request first if `when` is 'after'
 * - refuse: returns the given error, without processing
 * - expiration: replaces the Expiration of the session in the answer; null omits it
 * - credentials: replaces members of the session in the answer; only XML special characters are escaped
 */
export type FaultAction =
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'hold' }
  | { readonly kind: 'throttle'; readonly status: 400 | 503 }
  | { readonly kind: 'drop'; readonly when: 'before' | 'after' }
  | { readonly kind: 'hang'; readonly when: 'before' | 'after' }
  | { readonly kind: 'truncate'; readonly bytes?: number }
  | ({ readonly kind: 'answer'; readonly when?: 'before' | 'after' } & Page)
  | { readonly kind: 'refuse'; readonly status: number; readonly code: string; readonly message: string }
  | { readonly kind: 'expiration'; readonly value: string | null }
  | {
      readonly kind: 'credentials'
      readonly AccessKeyId?: string
      readonly SecretAccessKey?: string
      readonly SessionToken?: string
    }

export type Fault = Scope & FaultAction

/** A load balancer's error page. */
export const BAD_GATEWAY: Fault = {
  kind: 'answer',
  status: 502,
  contentType: 'text/html',
  body: '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<h1>502 Bad Gateway</h1>\r\n</body>\r\n</html>\r\n',
}
/** Status 200 with an empty body. */
export const EMPTY_SUCCESS: Fault = { kind: 'answer', status: 200, contentType: 'text/xml', body: '' }

/** A pending fault with its remaining counts, which requests decrement. */
export type ArmedFault = { readonly fault: Fault; skip: number; left: number }

/** Returns pending faults with their initial counts. */
export const armFaults = (faults: readonly Fault[]): ArmedFault[] =>
  faults.map((fault) => ({
    fault,
    skip: fault.skip ?? 0,
    left: fault.times === 'always' ? Infinity : (fault.times ?? 1),
  }))

/** Returns the faults that affect this request, in order, and decrements their counts. */
export const takeFaults = (armed: readonly ArmedFault[], operation: string): readonly Fault[] => {
  const met: Fault[] = []
  for (const candidate of armed) {
    if (candidate.left <= 0 || (candidate.fault.operation ?? operation) !== operation) continue
    if (candidate.skip > 0) {
      candidate.skip -= 1
      continue
    }
    candidate.left -= 1
    met.push(candidate.fault)
  }
  return met
}
