// Loaded before a program with --require: time stands still until a test moves it on. STEPPED_CLOCK is a folder: `now`
// is how many ms the clock is ahead of the machine's, and until when the program waits is written to `asleep`, unless
// it is shorter than a second.
const { readFileSync, renameSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const timers = require('node:timers/promises')

const folder = process.env.STEPPED_CLOCK
const realWait = timers.setTimeout
const Real = Date
const aheadMs = () => Number(readFileSync(join(folder, 'now'), 'utf8'))

timers.setTimeout = async (ms = 0, value, options = {}) => {
  if (ms < 1000) return await realWait(ms, value, options)
  const untilMs = aheadMs() + ms
  writeFileSync(join(folder, 'asleep.new'), String(untilMs))
  renameSync(join(folder, 'asleep.new'), join(folder, 'asleep'))
  while (aheadMs() < untilMs) await realWait(2, undefined, options)
  return value
}

globalThis.Date = class Date extends Real {
  constructor(...parts) {
    if (parts.length === 0) super(Real.now() + aheadMs())
    else super(...parts)
  }

  static now() {
    return Real.now() + aheadMs()
  }
}
