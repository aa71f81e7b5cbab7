/** Signals, errors and exit codes around a command's work. */
import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import type { Work } from '../../src/cli/supervise.ts'
import { supervise } from '../../src/cli/supervise.ts'
import { AwsmfaError } from '../../src/model/failure.ts'

interface Outcome {
  readonly exitCode: number
  readonly talk: string
}

async function run(work: Work, events = new EventEmitter(), debug = false): Promise<Outcome> {
  let talk = ''
  const exitCode = await supervise(work, { debug, events, stderr: (text) => void (talk += text) })
  expect(events.eventNames()).toEqual([])
  return { exitCode, talk }
}

/** Waits until the signal aborts, then throws what an aborted wait of Node throws. */
function untilAborted(signal: AbortSignal): Promise<number> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new DOMException('The operation was aborted', 'AbortError')))
  })
}

test('the exit code of the work is the exit code, and nothing is said', async () => {
  expect(await run(() => 4)).toEqual({ exitCode: 4, talk: '' })
  expect(await run(() => Promise.resolve(0))).toEqual({ exitCode: 0, talk: '' })
})

test('a failure is told in its words and ends with its code', async () => {
  const outcome = await run(() => {
    throw new AwsmfaError({ code: 'SESSION_MISSING', profile: 'work' })
  })
  expect(outcome).toEqual({
    exitCode: 4,
    talk: "awsmfa: error: 'work' is not signed in\nawsmfa: hint: awsmfa login work\n",
  })
})

test.each([
  ['SIGINT', 130, 'canceled'],
  ['SIGTERM', 143, 'stopped by SIGTERM'],
  ['SIGHUP', 129, 'stopped by SIGHUP'],
])('%s stops the work and ends with %i', async (name, exitCode, words) => {
  const events = new EventEmitter()
  const ended = run(untilAborted, events)
  await Promise.resolve()
  events.emit(name)
  expect(await ended).toEqual({ exitCode, talk: `awsmfa: error: ${words}\n` })
})

test('a second signal is left to the system', async () => {
  const events = new EventEmitter()
  let listening = -1
  await run((signal) => {
    events.emit('SIGINT')
    listening = events.listenerCount('SIGINT')
    return signal.aborted ? 0 : 1
  }, events)
  expect(listening).toBe(0)
})

test('a failure that a signal brought about is told, since it may say how a file was left', async () => {
  const events = new EventEmitter()
  const outcome = await run(() => {
    events.emit('SIGTERM')
    throw new AwsmfaError({ code: 'FILE_KEEPS_CHANGING', place: { path: '/x' } })
  }, events)
  expect(outcome.exitCode).toBe(1)
  expect(outcome.talk).toContain('keeps changing')
})

test('an unexpected error is reported as a fault of awsmfa, without its message, which may contain a secret', async () => {
  const work: Work = () => {
    throw Object.assign(new TypeError('bad value wJalrXUtnFEMI'), { code: 'ERR_INVALID_ARG_VALUE' })
  }
  const { exitCode, talk } = await run(work)
  expect(exitCode).toBe(1)
  expect(talk).toMatch(
    /^awsmfa: error: internal error: TypeError ERR_INVALID_ARG_VALUE \(awsmfa \d+\.\d+\.\d+, Node\.js \d+\.\d+\.\d+, \w+ \w+\)\nawsmfa: hint: /,
  )
  expect(talk).not.toContain(' at ')
  const debugged = await run(work, new EventEmitter(), true)
  expect(debugged.talk).toContain('awsmfa: debug: at ')
  expect(debugged.talk).not.toContain('wJalr')
})

test('what is thrown and is no error is told too', async () => {
  const { exitCode, talk } = await run(() => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the case
    throw 'text'
  })
  expect(exitCode).toBe(1)
  expect(talk).toContain('internal error')
})

test.each(['uncaughtException', 'unhandledRejection'])('%s ends the work as a fault', async (name) => {
  const events = new EventEmitter()
  const ended = run(untilAborted, events)
  await Promise.resolve()
  events.emit(name, new RangeError('x'))
  expect(await ended).toMatchObject({ exitCode: 1, talk: expect.stringContaining('RangeError') as string })
})

test('a reader of our output that has gone away is no failure', async () => {
  const events = new EventEmitter()
  const outcome = await run(() => {
    events.emit('uncaughtException', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    return 0
  }, events)
  expect(outcome).toEqual({ exitCode: 0, talk: '' })
})

test('a file of awsmfa that is gone is told as that, and not as a fault', async () => {
  const outcome = await run(() => {
    throw Object.assign(new Error("Cannot find module './chunks/sts.cjs'"), { code: 'MODULE_NOT_FOUND' })
  })
  expect(outcome).toEqual({
    exitCode: 1,
    talk: 'awsmfa: error: awsmfa was replaced or removed while it ran\nawsmfa: hint: run it again\n',
  })
})

test.each([
  [
    'a failure',
    new AwsmfaError({ code: 'SESSION_MISSING', profile: 'work' }),
    { code: 'SESSION_MISSING', message: "'work' is not signed in", hints: ['awsmfa login work'] },
  ],
  [
    'a fault, without its message',
    new TypeError('a secret'),
    { code: 'FAULT', message: 'this is a fault of awsmfa', hints: [] },
  ],
])('with --json %s is a document', async (_, thrown, error) => {
  const documents: string[] = []
  const work = (): never => {
    throw thrown
  }
  const json = (text: string): void => void documents.push(text)
  await supervise(work, { debug: false, events: new EventEmitter(), stderr: () => undefined, json })
  expect(documents).toEqual([`${JSON.stringify({ error })}\n`])
})

test('with --json the failure of some of many profiles is no second document', async () => {
  const documents: string[] = []
  const failure = { code: 'LOGINS_FAILED', of: 2, causes: [{ code: 'SESSION_MISSING', profile: 'work' }] } as const
  const work = (): never => {
    throw new AwsmfaError(failure)
  }
  const json = (text: string): void => void documents.push(text)
  await supervise(work, { debug: false, events: new EventEmitter(), stderr: () => undefined, json })
  expect(documents).toEqual([])
})
