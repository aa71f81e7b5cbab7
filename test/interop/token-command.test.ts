/** Token commands that run real programs: oathtool in every setting that names a command, and a command that fails. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { openPty } from '../support/pty.ts'
import { PRODUCT, runProgram } from '../support/run-cli.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { openSandbox } from '../support/sandbox.ts'
import type { Sandbox } from '../support/sandbox.ts'

const { serial, seed } = virtualDevice('111111111111', 'alice')
const KEYS = `[work-long-term]\naws_access_key_id = ${keyIdFor('111111111111', 1)}\naws_secret_access_key = ${secretFor('arn:aws:iam::111111111111:user/alice')}\n`

/** The settings that name a token command. */
const settings = [
  { title: 'mfa_process', config: `mfa_process = oathtool --totp -b "${seed}"\n`, words: [] },
  { title: 'awsmfa_token_command', config: `awsmfa_token_command = oathtool --totp -b ${seed}\n`, words: [] },
  { title: '--token-command', config: '', words: ['--token-command', `oathtool --totp -b ${seed}`] },
  {
    title: 'mfa_process with a shell',
    config: `mfa_process = sh -c 'printf %s ${seed} | oathtool --totp -b -'\n`,
    words: [],
  },
]

describe.skipIf(process.platform === 'win32')('a token command that fails', () => {
  it('runs once for all processes that wait for it', async () => {
    const sandbox = await openSandbox(aliceWorld())
    try {
      const command = `sh -c 'echo run >>"${sandbox.home.path}/runs"; sleep 3; exit 5'`
      sandbox.home.write('.aws/credentials', KEYS)
      sandbox.home.write(
        '.aws/config',
        `[profile work]\nawsmfa_source_profile = work-long-term\nawsmfa_mfa_serial = ${serial}\nmfa_process = ${command}\n`,
      )
      const all = await Promise.all(
        [1, 2, 3].map(() =>
          runProgram([...PRODUCT, 'credential-process', '--profile', 'work'], {
            environment: sandbox.world.environment,
          }),
        ),
      )
      expect(all.map(({ code, stdout }) => ({ code, stdout }))).toEqual([1, 2, 3].map(() => ({ code: 1, stdout: '' })))
      expect(
        all.filter(({ stderr }) =>
          stderr.includes('another login for this MFA device failed: its token command failed'),
        ),
      ).toHaveLength(2)
      expect(sandbox.home.read('runs').toString()).toBe('run\n')
    } finally {
      await sandbox.close()
    }
  })
})

describe.skipIf(process.platform === 'win32' || !needsProgram('oathtool'))('oathtool as token command', () => {
  let sandbox: Sandbox
  beforeEach(async () => {
    sandbox = await openSandbox(aliceWorld())
    sandbox.home.write('.aws/credentials', KEYS)
  })
  afterEach(() => sandbox.close())

  it.each(settings)('signs in with $title, and the seed is not in the output', async ({ config, words }) => {
    sandbox.home.write(
      '.aws/config',
      `[profile work]\nawsmfa_source_profile = work-long-term\nawsmfa_mfa_serial = ${serial}\n${config}`,
    )
    const { code, stderr } = await runProgram([...PRODUCT, 'login', 'work', '--debug', ...words], {
      environment: sandbox.world.environment,
    })
    expect(stderr).toMatch(/^✔ work: signed in as alice \(111111111111\) until /m)
    expect(stderr).toMatch(/token command: (?:oathtool|sh) … /)
    expect(stderr).not.toContain(seed)
    expect(code).toBe(0)
  })

  it.skipIf(!needsProgram('python3'))('signs in without a prompt at a terminal', async () => {
    sandbox.home.write(
      '.aws/config',
      `[profile work]\nawsmfa_source_profile = work-long-term\nawsmfa_mfa_serial = ${serial}\nmfa_process = oathtool --totp -b ${seed}\n`,
    )
    const pty = await openPty([...PRODUCT, 'login', 'work'], {
      environment: { ...sandbox.world.environment, TERM: 'xterm-256color' },
      columns: 200,
    })
    try {
      expect(await pty.exit()).toEqual({ code: 0, signal: null })
      expect(pty.output()).not.toContain('MFA code')
    } finally {
      pty.close()
    }
  })

  it('works for exec without a terminal', async () => {
    sandbox.home.write(
      '.aws/config',
      `[profile work]\nawsmfa_source_profile = work-long-term\nawsmfa_mfa_serial = ${serial}\nmfa_process = oathtool --totp -b ${seed}\n`,
    )
    const { code, stdout } = await runProgram(
      [...PRODUCT, 'exec', 'work', '--', 'sh', '-c', 'echo "$AWSMFA_PROFILE $AWS_ACCESS_KEY_ID"'],
      { environment: sandbox.world.environment },
    )
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^work ASIA\w+\n$/) as string })
  })

  it('works for credential-process', async () => {
    sandbox.home.write(
      '.aws/config',
      `[profile work]\nawsmfa_source_profile = work-long-term\nawsmfa_mfa_serial = ${serial}\nmfa_process = oathtool --totp -b ${seed}\n`,
    )
    const { code, stdout, stderr } = await runProgram([...PRODUCT, 'credential-process', '--profile', 'work'], {
      environment: sandbox.world.environment,
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ Version: 1, AccessKeyId: expect.stringMatching(/^ASIA/) as string })
  })
})
