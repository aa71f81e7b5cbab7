/**
 * A program for pseudo-terminal tests: asks with the real adapters and says on stdout what came of it. Its words: `code
 * [profile]`, `confirm`, `choose`, `can-ask`, `ask`; `secret` an answer that is not shown; `crash` the same in a
 * process that ends meanwhile; `refused` a code after a refusal; `die` a code while the process gets a signal; `abort`
 * a code whose question is withdrawn on SIGUSR2; `busy` a code while timers run; `descriptors` how many are open more
 * after several questions than after one; `flood` a million bytes of data; `wait` with a spinner: SIGUSR2 brings a
 * warning, the second one ends it.
 */
import { readdirSync } from 'node:fs'
import { createAsker } from '../../src/ui/question.ts'
import { createSpinner, createTerminal } from '../../src/ui/terminal.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { TokenCodeRequest } from '../../src/mfa/token-code.ts'
import { createTerminalTokenCode, tokenCodeQuestion } from '../../src/mfa/prompt.ts'

const environment = process.env
const asker = createAsker({ environment, noColor: false })
const terminal = createTerminal({
  environment,
  noColor: false,
  asker,
  spinner: (talk) => createSpinner({ talk, canMoveCursor: true }),
})
const source = createTerminalTokenCode(asker)
const request: TokenCodeRequest = {
  profile: process.argv[3] ?? 'work',
  profiles: 1,
  serialNumber: 'arn:aws:iam::111111111111:mfa/alice',
}
const QUESTION = tokenCodeQuestion(request, false)

/** Streams are closed in the turn after they were destroyed. */
const closed = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

const programs: Readonly<Record<string, () => Promise<unknown>>> = {
  code: () => source(request, new AbortController().signal),
  refused: () =>
    source(
      { ...request, refusal: { nextCodeInSeconds: 17, known: 'wrong-or-used', answerLost: false } },
      new AbortController().signal,
    ),
  confirm: () => terminal.confirm('Make these changes?', new AbortController().signal),
  ask: () => terminal.ask({ text: 'Access key id: ', wanted: 'long-term-keys' }, new AbortController().signal),
  secret: () =>
    terminal.ask({ text: 'Secret: ', wanted: 'long-term-keys', hidden: true }, new AbortController().signal),
  crash: () => {
    setTimeout(() => process.exit(3), 100)
    return terminal.ask({ text: 'Secret: ', wanted: 'long-term-keys', hidden: true }, new AbortController().signal)
  },
  choose: () => terminal.choose('Which device?', ['alice', 'bob'], new AbortController().signal),
  flood: () => Promise.resolve(terminal.stdout('x'.repeat(1_000_000))),
  wait: () => {
    const stop = terminal.showWaiting('asking STS')
    return new Promise((resolve) => {
      const alive = setInterval(() => undefined, 1000)
      process.once('SIGUSR2', () => {
        terminal.stderr('a warning\n')
        process.once('SIGUSR2', () => {
          clearInterval(alive)
          stop()
          terminal.stderr('✔ done\n')
          resolve('waited')
        })
      })
    })
  },
  'can-ask': () => Promise.resolve(terminal.canAsk()),
  die: () => {
    setImmediate(() => process.kill(process.pid, process.argv[3]))
    return source({ ...request, profile: 'work' }, new AbortController().signal)
  },
  descriptors: async () => {
    const count = (): number => readdirSync('/dev/fd').length
    // The first question makes what libuv keeps for the rest of the process.
    await asker.askLine({ text: QUESTION, wanted: 'answer', keep: false }, new AbortController().signal)
    await closed()
    const before = count()
    await source(request, new AbortController().signal)
    await closed()
    return count() - before
  },
  abort: () => {
    const withdrawal = new AbortController()
    process.once('SIGUSR2', () => withdrawal.abort(new Error('withdrawn')))
    return source(request, withdrawal.signal)
  },
  busy: async () => {
    process.once('SIGUSR2', () => setTimeout(() => setTimeout(() => terminal.stderr('turning'), 1), 1))
    return await source(request, new AbortController().signal)
  },
}

async function run(): Promise<void> {
  try {
    const result = await programs[process.argv[2] ?? '']?.()
    terminal.stdout(`result ${JSON.stringify(result)}\n`)
  } catch (error) {
    terminal.stdout(`failure ${JSON.stringify(error instanceof AwsmfaError ? error.failure : String(error))}\n`)
    process.exitCode = error instanceof AwsmfaError && error.failure.code === 'CANCELLED' ? 130 : 4
  }
}

void run()
