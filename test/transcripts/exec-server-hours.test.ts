/** A program under `awsmfa exec --server` that outlives its session: three hours of simulated time. */
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { BUILT_CLI, isExecutable, runProgram } from '../support/run-cli.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const { serial } = virtualDevice('111111111111', 'alice')
const ALICE = `[base-long-term]\naws_access_key_id = ${keyIdFor('111111111111', 1)}\naws_secret_access_key = ${secretFor('arn:aws:iam::111111111111:user/alice')}\n`
const CLOCK = fileURLToPath(new URL('../support/stepped-clock.cjs', import.meta.url))

/** One client, which calls AWS after each step of the clock, until the test has no more. */
const PROGRAM = `
import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { defaultProvider } from '@aws-sdk/credential-provider-node'
const client = new STSClient({ credentials: defaultProvider(), maxAttempts: 1 })
const answers = new Map()
do {
  const answer = await client.send(new GetCallerIdentityCommand({})).then(({ Arn }) => Arn, ({ name }) => name)
  answers.set(answer, (answers.get(answer) ?? 0) + 1)
} while ((await (await fetch(process.argv[1])).text()) === 'more')
console.log(JSON.stringify(Object.fromEntries(answers)))
`
const STEP_MS = 30_000
const STEPS = (3 * 3_600_000) / STEP_MS

let sts: StrictSts
let home: TempHome
beforeEach(async () => {
  sts = await startStrictSts(aliceWorld())
  home = createTempHome({ 'clock/now': '0', '.aws/credentials': ALICE })
  home.write(
    '.aws/config',
    `[profile base]\nregion = eu-west-1\nawsmfa_mfa_serial = ${serial}\nawsmfa_token_command = sh ${home.path}/person\n[profile admin]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = base\n`,
  )
})
afterEach(async () => {
  await sts.stop()
  home.remove()
})

/** Moves the clock of AWS and of both programs on, and returns once awsmfa has done what was due, and waits again. */
async function moveTo(ms: number): Promise<void> {
  await sts.configure({ clockOffsetMs: ms })
  home.write('clock/next', String(ms))
  renameSync(join(home.path, 'clock/next'), join(home.path, 'clock/now'))
  const asleep = join(home.path, 'clock/asleep')
  await expect
    .poll(() => existsSync(asleep) && Number(readFileSync(asleep, 'utf8')) > ms, { interval: 1, timeout: 60_000 })
    .toBe(true)
}

it.skipIf(isExecutable || process.platform === 'win32')('sees no failure, and one question is asked', async () => {
  home.write('code', sts.code(serial))
  home.write('person', '#!/bin/sh\necho asked >> "$HOME/asked"\ncat "$HOME/code"\n')
  let steps = 0
  const driver = createServer((_, response) => {
    steps += 1
    void moveTo(steps * STEP_MS).then(() => response.end(steps < STEPS ? 'more' : 'enough'))
  })
  await new Promise<void>((resolve) => driver.listen(0, '127.0.0.1', resolve))
  try {
    const clock = ['--require', CLOCK] as const
    const url = `http://127.0.0.1:${(driver.address() as AddressInfo).port}`
    const program = [process.execPath, ...clock, '--input-type=module', '-e', PROGRAM, url]
    const run = await runProgram(
      [process.execPath, ...clock, BUILT_CLI, 'exec', 'admin', '--server', '--', ...program],
      {
        environment: home.environment({
          ...sts.environment(),
          AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
          STEPPED_CLOCK: join(home.path, 'clock'),
        }),
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        limitMs: 200_000,
      },
    )
    expect(run).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^✔ base: signed in as alice \(111111111111\) until .*\n$/) as string,
    })
    expect(JSON.parse(run.stdout)).toEqual({ 'arn:aws:sts::222222222222:assumed-role/Admin/alice': STEPS })
  } finally {
    driver.close()
  }
  expect(home.read('asked').toString()).toBe('asked\n')
  const log = await sts.log()
  const count = (operation: string): number => log.filter((entry) => entry.operation === operation).length
  // At 0:00, 0:40, 1:20, 2:00 and 2:40.
  expect([count('GetSessionToken'), count('AssumeRole')]).toEqual([1, 5])
})
