// Loaded before the built tool with --require: a wait ends at once, and the clocks have moved on by its length. A
// rotation then waits for AWS in no time, and STS, which goes by the time in the requests, sees the time pass.
const timers = require('node:timers/promises')
const Real = Date
const realTime = process.hrtime
let aheadMs = 0

timers.setTimeout = (ms = 0) => {
  aheadMs += ms
  return new Promise((resolve) => setImmediate(resolve))
}

process.hrtime = Object.assign(
  (...before) => {
    const [seconds, nanoseconds] = realTime(...before)
    const total = nanoseconds + (before.length === 0 ? aheadMs * 1e6 : 0)
    return [seconds + Math.floor(total / 1e9), total % 1e9]
  },
  { bigint: realTime.bigint },
)

globalThis.Date = class Date extends Real {
  constructor(...parts) {
    if (parts.length === 0) super(Real.now() + aheadMs)
    else super(...parts)
  }

  static now() {
    return Real.now() + aheadMs
  }
}
