/** The prompt of `awsmfa login` disappears when STS reports, while it waits for a code, that no code can help. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { openPty } from '../support/pty.ts'
import type { Pty } from '../support/pty.ts'
import { PRODUCT } from '../support/run-cli.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const { serial } = virtualDevice('111111111111', 'alice')
const CONFIG = `[profile work]\nawsmfa_source_profile = work-long-term\nawsmfa_mfa_serial = ${serial}\n`
const ALICE = { id: keyIdFor('111111111111', 1), secret: secretFor('arn:aws:iam::111111111111:user/alice') }
const IVAN = { id: keyIdFor('111111111111', 8), secret: secretFor('arn:aws:iam::111111111111:user/ivan') }

const cases = [
  {
    title: 'a wrong secret',
    keys: { ...ALICE, secret: IVAN.secret },
    clockOffsetMs: 0,
    code: 4,
    message: /^awsmfa: error: the secret of access key …\w{4} .* is wrong \[SignatureDoesNotMatch\]/,
  },
  {
    title: 'an unknown key',
    keys: { ...ALICE, id: 'AKIAEXAMPLEEXAMPLE12' },
    clockOffsetMs: 0,
    code: 4,
    message: /^awsmfa: error: access key …LE12 .* is unknown to AWS/,
  },
  {
    title: 'an inactive key',
    keys: IVAN,
    clockOffsetMs: 0,
    code: 4,
    message: /^awsmfa: error: access key …\w{4} .* is unknown to AWS or inactive/,
  },
  {
    title: 'a clock that is an hour behind',
    keys: ALICE,
    clockOffsetMs: 3_600_000,
    code: 1,
    message: /^awsmfa: error: this computer's clock is 1 h slow/,
  },
]

describe.skipIf(!needsProgram('python3'))('a prompt for a login that cannot succeed', () => {
  let sts: StrictSts
  let home: TempHome
  let pty: Pty | undefined
  beforeAll(async () => {
    sts = await startStrictSts(aliceWorld())
  })
  afterEach(() => {
    pty?.close()
    home.remove()
  })
  afterAll(() => sts.stop())

  it.each(cases)('is removed, and no code is used: $title', async ({ keys, clockOffsetMs, code, message }) => {
    const credentials = `[work-long-term]\naws_access_key_id = ${keys.id}\naws_secret_access_key = ${keys.secret}\n`
    home = createTempHome({ '.aws/credentials': credentials, '.aws/config': CONFIG })
    await sts.configure({ clockOffsetMs, clearLog: true, faults: [{ kind: 'hold', operation: 'GetCallerIdentity' }] })
    pty = await openPty([...PRODUCT, 'login', 'work'], {
      environment: home.environment({ ...sts.environment(), TERM: 'xterm-256color' }),
      columns: 200,
    })
    await pty.expect('MFA code for alice (work): ')
    pty.send('123')
    await pty.expect('123')
    await sts.configure({ release: true })
    expect(await pty.exit()).toEqual({ code, signal: null })
    const { lines } = pty.screen()
    expect(lines[0]).toMatch(message)
    expect(lines.join('\n')).not.toContain('MFA code')
    expect((await sts.log()).map(({ operation }) => operation).filter((operation) => operation !== null)).toEqual([
      'GetCallerIdentity',
    ])
    expect(home.read('.aws/credentials').toString()).toBe(credentials)
  })
})
