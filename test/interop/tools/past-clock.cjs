// Loaded before a program with --require: its clock is CLOCK_OFFSET_MS ahead of the machine's (negative: behind). A
// login that runs with it lies in the past, and whoever uses its session afterwards does so with a true clock.
const Real = Date
const offset = Number(process.env.CLOCK_OFFSET_MS)

globalThis.Date = class Date extends Real {
  constructor(...parts) {
    if (parts.length === 0) super(Real.now() + offset)
    else super(...parts)
  }

  static now() {
    return Real.now() + offset
  }
}
