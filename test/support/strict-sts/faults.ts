/** What the server can be told to do wrong. A fault is met once unless it says how often, and only by the operation that it names. */

type Scope = {
  /** Operation (`AssumeRole`), or every one. */
  readonly operation?: string
  /** How many requests meet it; default 1. */
  readonly times?: number | 'always'
  /** How many requests pass before the first one meets it; default 0. */
  readonly skip?: number
}

type Page = { readonly status: number; readonly contentType: string; readonly body: string }

/**
 * - delay: answers `ms` later
 * - hold: answers once the test says so (`release` in control.ts)
 * - throttle: 400 Throttling or 503 ServiceUnavailable, without processing
 * - drop: closes the connection; with `when: 'after'` the request has been processed (a code is spent) and its answer is lost
 * - hang: never answers, keeps the connection open; `when` as for drop
 * - truncate: processes, promises the whole body and breaks off after `bytes` (default: half)
 * - answer: sends this instead; processes the request first if `when` is 'after'
 * - refuse: an error of the given code, without processing
 * - expiration: replaces the Expiration of the session in the answer; null leaves it out
 * - credentials: replaces parts of the session in the answer, unescaped but for XML's own characters
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

/** A load balancer's page in place of an answer. */
export const BAD_GATEWAY: Fault = {
  kind: 'answer',
  status: 502,
  contentType: 'text/html',
  body: '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<h1>502 Bad Gateway</h1>\r\n</body>\r\n</html>\r\n',
}
/** Success without a word. */
export const EMPTY_SUCCESS: Fault = { kind: 'answer', status: 200, contentType: 'text/xml', body: '' }

/** A fault on the server, with what is left of it. Changes as requests come in. */
export type ArmedFault = { readonly fault: Fault; skip: number; left: number }

/** Arms faults as they were configured. */
export const armFaults = (faults: readonly Fault[]): ArmedFault[] =>
  faults.map((fault) => ({
    fault,
    skip: fault.skip ?? 0,
    left: fault.times === 'always' ? Infinity : (fault.times ?? 1),
  }))

/** Takes every fault that this request meets, in order, and counts it down. */
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
