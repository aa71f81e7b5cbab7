/** The spinner, which is loaded only when it is needed. */
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Options, Ora } from 'ora'
import { createSpinner } from '../../src/ui/terminal.ts'
import { startOfDriver } from '../support/drivers.ts'
import { needsProgram } from '../support/outside-program.ts'
import { openPty } from '../support/pty.ts'
import type { Pty } from '../support/pty.ts'

const TERMINAL = { color: false, unicode: true, columns: 80 }

describe('when the spinner is loaded', () => {
  afterEach(() => vi.useRealTimers())

  const load = vi.fn(() => Promise.resolve({ default: (_options: Options) => ({}) as Ora }))
  const cases = [
    { title: 'not for a short wait', talk: TERMINAL, canMoveCursor: true, waited: 149, loads: 0 },
    { title: 'for a longer one', talk: TERMINAL, canMoveCursor: true, waited: 151, loads: 1 },
    {
      title: 'never in a background job',
      talk: TERMINAL,
      canMoveCursor: true,
      mayShow: false,
      waited: 10_000,
      loads: 0,
    },
    {
      title: 'never in a pipe',
      talk: { ...TERMINAL, columns: undefined },
      canMoveCursor: true,
      waited: 10_000,
      loads: 0,
    },
    {
      title: 'never on a terminal without columns',
      talk: TERMINAL,
      canMoveCursor: true,
      columns: 0,
      waited: 10_000,
      loads: 0,
    },
    { title: 'never on a dumb terminal', talk: TERMINAL, canMoveCursor: false, waited: 10_000, loads: 0 },
  ]
  it.each(cases)('$title', ({ talk, canMoveCursor, columns = 80, mayShow = true, waited, loads }) => {
    vi.useFakeTimers()
    load.mockClear()
    const stop = createSpinner({
      talk,
      canMoveCursor,
      columns: () => columns,
      mayShow: () => mayShow,
      load,
    }).showWaiting('asking STS')
    vi.advanceTimersByTime(waited)
    stop()
    vi.advanceTimersByTime(10_000)
    expect(load).toHaveBeenCalledTimes(loads)
  })

  it('does not start when the wait ends while it is loaded', async () => {
    const start = vi.fn()
    const loaded = Promise.resolve({ default: () => ({ start }) as unknown as Ora })
    vi.useFakeTimers()
    const stop = createSpinner({
      talk: TERMINAL,
      canMoveCursor: true,
      mayShow: () => true,
      load: () => loaded,
    }).showWaiting('asking STS')
    vi.advanceTimersByTime(200)
    stop()
    await loaded
    await Promise.resolve()
    expect(start).not.toHaveBeenCalled()
  })

  it('lets the wait go on when it cannot be loaded', async () => {
    vi.useFakeTimers()
    const stop = createSpinner({
      talk: TERMINAL,
      canMoveCursor: true,
      mayShow: () => true,
      load: () => Promise.reject(new Error('gone')),
    }).showWaiting('asking STS')
    await vi.advanceTimersByTimeAsync(200)
    expect(stop).not.toThrow()
  })
})

describe.skipIf(!needsProgram('python3'))('the spinner on a terminal', { timeout: 30_000 }, () => {
  const environment = { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', TERM: 'xterm' }
  const open: Pty[] = []
  let driver: readonly string[]
  beforeAll(async () => {
    driver = await startOfDriver('ask-at-terminal')
  })
  afterEach(() => open.splice(0).forEach((pty) => pty.close()))
  const start = async (argv: readonly string[]): Promise<Pty> => {
    const pty = await openPty(argv, { environment })
    open.push(pty)
    return pty
  }

  it('moves, makes room for a warning, and is gone before the outcome', async () => {
    const pty = await start([...driver, 'wait'])
    await pty.expect(/asking STS[^]*asking STS/)
    pty.signal('SIGUSR2')
    await pty.expect('a warning')
    await pty.expect('asking STS')
    pty.signal('SIGUSR2')
    await pty.exit()
    expect(pty.screen().lines).toEqual(['a warning', '✔ done', 'result "waited"', ''])
  })

  it('never hides the cursor, so that no signal leaves it hidden, and changes no mode', async () => {
    const pty = await start([...driver, 'wait'])
    await pty.expect(/asking STS[^]*asking STS/)
    expect(await pty.modes()).toMatchObject({ echo: true, canonical: true })
    pty.signal('SIGKILL')
    await pty.exit()
    expect(pty.output()).not.toContain('\u001B[?25l')
  })
})
