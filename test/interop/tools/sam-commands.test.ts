/**
 * Which commands of SAM use the role session that a login leaves for them. SAM gives boto3's default session a cache
 * (samcli, cli/context.py › _refresh_session); half of its commands make a session of their own, which has none.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CACHED_IN_SAM } from '../../../src/sessions/aws-cache-entry.ts'
import { runProgram } from '../../support/run-cli.ts'
import type { Stage } from './moments.ts'
import { layoutNamed, signInBefore } from './moments.ts'
import { environmentFor, RESULTS } from './observe.ts'
import { findTools, SAM_PROJECT } from './tools.ts'

/** What a command did: it sent a request with a role session, or it wanted a code first. */
type Answer = 'quiet' | 'asks' | 'fails'

interface Command {
  readonly line: string
  readonly more?: readonly string[]
  /** What it does with the standard role profile. */
  readonly expected: Answer
}

const STACK = ['--stack-name', 'app']
const BUCKET = ['--s3-bucket', 'none']
const EXECUTION = 'arn:aws:lambda:eu-west-1:222222222222:function:app:1/durable-execution/a/b'
const COMMANDS: readonly Command[] = [
  {
    line: 'sam deploy',
    more: [...STACK, ...BUCKET, '--no-confirm-changeset', '--capabilities', 'CAPABILITY_IAM'],
    expected: 'quiet',
  },
  { line: 'sam package', more: [...BUCKET], expected: 'quiet' },
  { line: 'sam publish', expected: 'quiet' },
  { line: 'sam traces', expected: 'quiet' },
  { line: 'sam list resources', more: STACK, expected: 'asks' },
  { line: 'sam list endpoints', more: STACK, expected: 'asks' },
  { line: 'sam list stack-outputs', more: STACK, expected: 'asks' },
  { line: 'sam logs', more: STACK, expected: 'asks' },
  { line: 'sam delete', more: [...STACK, '--no-prompts'], expected: 'asks' },
  { line: 'sam remote invoke', more: ['Hello', ...STACK], expected: 'asks' },
  { line: 'sam remote test-event list', more: ['Hello', ...STACK], expected: 'asks' },
  { line: 'sam remote execution get', more: [EXECUTION], expected: 'asks' },
  { line: 'sam sync', more: [...STACK, ...BUCKET], expected: 'quiet' },
  { line: 'sam sync --code', more: [...STACK, ...BUCKET], expected: 'asks' },
  {
    line: 'sam pipeline bootstrap',
    more: ['--no-interactive', '--stage', 'dev', '--no-confirm-changeset'],
    expected: 'asks',
  },
]
const SAM = findTools().find(({ name }) => name.startsWith('SAM CLI'))

const rows: { readonly layout: string; readonly line: string; readonly answer: Answer }[] = []

describe.each([layoutNamed('one session, roles on it'), layoutNamed('standard role profile')])('$name', (layout) => {
  let stage: Stage | undefined
  beforeAll(async () => {
    stage = await signInBefore(0, layout)
  })
  afterAll(() => stage?.remove())

  it.skipIf(SAM?.argv === undefined).each(COMMANDS)('$line', async ({ line, more = [], expected }) => {
    if (SAM?.argv === undefined || stage === undefined) throw new Error('no stage')
    const own = mkdtempSync(join(tmpdir(), 'awsmfa-sam-'))
    try {
      cpSync(stage.home.path, own, { recursive: true, preserveTimestamps: true })
      cpSync(SAM_PROJECT, own, { recursive: true })
      const earlier = (await stage.sts.log()).length
      const [program] = SAM.argv()
      const result = await runProgram([program, ...line.split(' ').slice(1), ...more, '--profile', 'admin'], {
        environment: environmentFor(SAM, 'admin', stage.home.environment({ HOME: own, USERPROFILE: own }), stage.sts),
        cwd: own,
        // For `sam sync`, which wants to know whether the stack is one for development.
        input: 'Y\n',
        limitMs: 120_000,
      })
      const words = `${result.stdout}${result.stderr}`
      const log = (await stage.sts.log()).slice(earlier)
      const isSigned = log.some(
        ({ operation, accessKeyId }) => operation !== 'AssumeRole' && accessKeyId?.startsWith('ASIA') === true,
      )
      const answer = SAM.asks.test(words) ? 'asks' : isSigned ? 'quiet' : 'fails'
      rows.push({ layout: layout.name, line, answer })
      expect(answer, words).toBe(layout.setup === undefined ? expected : 'quiet')
    } finally {
      rmSync(own, { recursive: true, force: true, maxRetries: 10 })
    }
  })
})

it('login and doctor name commands that do not ask', () => {
  const named = /\((.*)\)/.exec(CACHED_IN_SAM)?.[1]?.split(', ') ?? []
  const quiet = COMMANDS.filter(({ expected }) => expected === 'quiet').map(({ line }) => line.replace('sam ', ''))
  expect(quiet).toEqual(expect.arrayContaining(named))
})

afterAll(() => {
  mkdirSync(RESULTS, { recursive: true })
  const isWhole = SAM?.argv !== undefined
  writeFileSync(join(RESULTS, 'sam.json'), JSON.stringify({ isWhole, rows }, null, 1))
})
