/**
 * A program for pseudo-terminal tests: asks with the real adapters and says on stdout what came of it. Its words:
 * `code [profile]`, `confirm`, `choose`, `can-ask`, `ask`; `pick` one of 30 profiles; `secret` an answer that is not
 * shown; `crash` the same in a process that ends meanwhile; `refused` a code after a refusal; `die` a code while the
 * process gets a signal; `abort` a code whose question is withdrawn on SIGUSR2; `busy` a code while timers run;
 * `descriptors` how many are open more after several questions than after one; `flood` a million bytes of data; `wait`
 * with a spinner: SIGUSR2 brings a warning, the second one ends it; `note-code`, `note-ask`, `note-pick`,
 * `note-secret` a question during which two SIGUSR2 print notes; `preface` and `over` a code during which SIGUSR2
 * brings other words or another question; `two` and `two-secrets` questions one after another; `withdrawn` a code that
 * SIGUSR2 withdraws, then another question.
 */
import { readdirSync } from 'node:fs'
import { createAsker } from '../../../src/ui/keyboard.ts'
import { createSpinner, createTerminal } from '../../../src/ui/terminal.ts'
import { AwsmfaError } from '../../../src/model/failure.ts'
import type { TokenCodeAnswer, TokenCodeRequest } from '../../../src/mfa/token-code.ts'
import { createTerminalTokenCode, tokenCodeQuestion } from '../../../src/mfa/prompt.ts'

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
const never = new AbortController().signal
const QUESTION = tokenCodeQuestion(request, false)

const PROFILES = Array.from({ length: 30 }, (_, index) => ({
  name: `account-${index + 1}${index % 3 === 0 ? '-with-a-rather-long-name' : ''}`,
  detail: `role Admin (${String(111111111111 + index)})`,
}))

const signalled = (): Promise<void> => new Promise((resolve) => process.once('SIGUSR2', () => resolve()))

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve))
}

/** Prints a note at the first SIGUSR2, and another one at the second. */
function withNotes(ask: () => Promise<unknown>): Promise<unknown> {
  const note = (text: string) => (): void => terminal.stderr(`awsmfa: note: ${text}\n`)
  void signalled().then(note('one')).then(signalled).then(note('two'))
  return ask()
}

/** Streams are closed in the turn after they were destroyed. */
const closed = (): Promise<void> => turns(2)

const programs: Readonly<Record<string, () => Promise<unknown>>> = {
  code: () => source(request, never),
  refused: () =>
    source({ ...request, refusal: { nextCodeInSeconds: 17, known: 'wrong-or-used', answerLost: false } }, never),
  confirm: () => terminal.confirm({ text: 'Apply these changes?' }, never),
  ask: () => terminal.ask({ text: 'Access key ID: ', wanted: 'long-term-keys' }, never),
  secret: () => terminal.ask({ text: 'Secret: ', wanted: 'long-term-keys', hidden: true }, never),
  crash: () => {
    setTimeout(() => process.exit(3), 100)
    return terminal.ask({ text: 'Secret: ', wanted: 'long-term-keys', hidden: true }, never)
  },
  choose: () => terminal.choose('Which device?', [{ name: 'alice' }, { name: 'bob' }], never),
  pick: () => terminal.choose('Profile:', PROFILES, never),
  flood: () => Promise.resolve(terminal.stdout('x'.repeat(1_000_000))),
  wait: async () => {
    const alive = setInterval(() => undefined, 1000)
    const waiting = signalled()
      .then(() => terminal.stderr('a warning\n'))
      .then(signalled)
    await terminal.whileWaiting('asking STS', waiting)
    clearInterval(alive)
    terminal.stderr('✔ done\n')
    return 'waited'
  },
  'note-code': () => withNotes(() => source(request, never)),
  'note-pick': () => withNotes(programs['pick']!),
  'note-ask': () => withNotes(programs['ask']!),
  'note-secret': () => withNotes(programs['secret']!),
  preface: () => {
    void signalled().then(() => asker.preface('Touch it. '))
    return source(request, never)
  },
  over: async () => {
    const [answer, over] = await Promise.all([source(request, never), signalled().then(programs['secret'])])
    return { ...(answer as TokenCodeAnswer), over }
  },
  two: async () => [await programs['ask']!(), await programs['confirm']!()],
  'two-secrets': async () => [await programs['secret']!(), await programs['secret']!(), await programs['ask']!()],
  withdrawn: async () => {
    const withdrawal = new AbortController()
    void signalled().then(() => withdrawal.abort(new Error('withdrawn')))
    await source(request, withdrawal.signal).catch(() => undefined)
    return await programs['ask']!()
  },
  'can-ask': () => Promise.resolve(terminal.canAsk()),
  die: () => {
    // After the question is shown.
    void turns(5).then(() => process.kill(process.pid, process.argv[3]))
    return source({ ...request, profile: 'work' }, never)
  },
  descriptors: async () => {
    const count = (): number => readdirSync('/dev/fd').length
    // The first question makes what libuv keeps for the rest of the process.
    await asker.askLine({ text: QUESTION, wanted: 'answer', keep: false }, never)
    await closed()
    const before = count()
    await source(request, never)
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
    return await source(request, never)
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
