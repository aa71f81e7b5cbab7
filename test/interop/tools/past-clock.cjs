// Loaded before a program with --require: sets its clock CLOCK_OFFSET_MS ahead of the machine's (negative: behind). A
// login with it is in the past for tools that run with the real time.
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
