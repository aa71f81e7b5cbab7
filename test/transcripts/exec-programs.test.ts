/** `awsmfa exec` behaves like the program that it runs: streams, signals, exit codes, arguments and environment. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { openPty } from '../support/pty.ts'
import type { Pty } from '../support/pty.ts'
import { PRODUCT, PRODUCT_LINE, runCli, runProgram } from '../support/run-cli.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const CREDENTIALS =
  '[prod]\naws_access_key_id = ASIAQQQQQQQQQQQQEXPL\naws_secret_access_key = theSecretItself\naws_session_token = theTokenItself\nx_security_token_expires = 2099-01-01T00:00:00Z\n'

/** Prints every signal that it receives, and exits with 42 on SIGUSR2. */
const LISTENER = `
  const signals = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1']
  for (const signal of signals) process.on(signal, () => console.log('got ' + signal))
  process.on('SIGUSR2', () => process.exit(42))
  setInterval(() => undefined, 1000)
  console.log('ready')
`
const EXEC: readonly [string, ...string[]] = [...PRODUCT, 'exec', 'prod', '--', process.execPath, '-e']

let home: TempHome
let pty: Pty | undefined
beforeEach(() => {
  home = createTempHome({ '.aws/credentials': CREDENTIALS })
})
afterEach(() => {
  pty?.close()
  home.remove()
})

describe.skipIf(process.platform === 'win32')('signals', () => {
  it.each(['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const)(
    'forwards every %s once if there is no terminal, and waits for the program to exit',
    async (signal) => {
      const child = spawn(EXEC[0], [...EXEC.slice(1), LISTENER], {
        env: home.environment(),
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      })
      const lines: string[] = []
      const ended = new Promise((resolve) => child.on('close', (code, by) => resolve(code ?? by)))
      child.stdout.on('data', (chunk: Buffer) => {
        for (const line of chunk.toString().trim().split('\n')) {
          lines.push(line)
          // Sends the signal twice, the second time after the first was received, then SIGUSR2.
          child.kill(lines.length < 3 ? signal : 'SIGUSR2')
        }
      })
      expect(await ended).toBe(42)
      expect(lines).toEqual(['ready', `got ${signal}`, `got ${signal}`])
    },
  )

  it.each([['SIGTERM'], ['SIGKILL'], ['SIGINT'], ['SIGPIPE']] as const)(
    'exits with 128 plus the signal number if %s ended the program',
    async (signal) => {
      const { code, stderr } = await runCli(['exec', 'prod', '--', 'sh', '-c', `kill -${signal.slice(3)} $$`], {
        environment: home.environment(),
      })
      expect({ code, stderr }).toEqual({ code: 128 + constants.signals[signal], stderr: '' })
    },
  )
})

describe.skipIf(process.platform === 'win32' || !needsProgram('python3'))('at a terminal', () => {
  it.each([
    ['Ctrl-C', '\u0003', 'SIGINT'],
    ['Ctrl-\\', '\u001c', 'SIGQUIT'],
  ])('delivers %s to the program once and keeps awsmfa running', async (_, key, signal) => {
    pty = await openPty([...EXEC, LISTENER], { environment: home.environment() })
    await pty.expect('ready')
    pty.send(key)
    await pty.expect(`got ${signal}`)
    // Arrives after anything that awsmfa may have forwarded before.
    pty.signal('SIGUSR1')
    await pty.expect('got SIGUSR1')
    pty.signal('SIGUSR2')
    expect(await pty.exit()).toEqual({ code: 42, signal: null })
    expect(pty.output().split(`got ${signal}`)).toHaveLength(2)
  })

  it('is an interactive shell without a command, which Ctrl-C does not end', async () => {
    pty = await openPty([...PRODUCT, 'exec', 'prod'], {
      environment: home.environment({ SHELL: '/bin/sh', PS1: 'inside> ' }),
    })
    await pty.expect("Shell with the session of 'prod' until")
    await pty.expect('inside> ')
    pty.send('\u0003')
    // The terminal drops what is typed before the shell has taken the signal.
    await pty.expect(/\^C[^]*inside> $/)
    pty.send('echo "profile $AWSMFA_PROFILE"\r')
    await pty.expect(/profile prod\r?\n/)
    pty.send('exit 9\r')
    expect(await pty.exit()).toEqual({ code: 9, signal: null })
  })

  it('prompts for the code in env while its stdout is captured', async () => {
    const sts = await startStrictSts(aliceWorld())
    const { serial } = virtualDevice('111111111111', 'alice')
    home.write(
      '.aws/credentials',
      `[base-long-term]\naws_access_key_id = ${keyIdFor('111111111111', 1)}\naws_secret_access_key = ${secretFor('arn:aws:iam::111111111111:user/alice')}\n`,
    )
    home.write('.aws/config', `[profile base]\nregion = eu-west-1\nawsmfa_mfa_serial = ${serial}\n`)
    try {
      pty = await openPty(['sh', '-c', `eval "$(${PRODUCT_LINE} env base)" && echo "reached as $AWS_ACCESS_KEY_ID"`], {
        environment: home.environment(sts.environment()),
      })
      await pty.expect('MFA code for alice (base): ')
      pty.send(`${sts.code(serial)}\r`)
      await pty.expect(/reached as ASIA[A-Z2-7]{16}/)
      expect(await pty.exit()).toEqual({ code: 0, signal: null })
    } finally {
      await sts.stop()
    }
  })

  it('says of a background job without a session that it is in the background, and ends', async () => {
    home.write(
      '.aws/credentials',
      `[base-long-term]\naws_access_key_id = ${keyIdFor('111111111111', 1)}\naws_secret_access_key = s\n`,
    )
    home.write('.aws/config', '[profile base]\nawsmfa_mfa_serial = arn:aws:iam::111111111111:mfa/alice\n')
    pty = await openPty(['bash', '--norc', '--noprofile', '-i'], {
      environment: { ...home.environment(), PS1: 'shell> ' },
    })
    for (const line of ['credential-process --profile base', 'exec base -- true', 'env base']) {
      await pty.expect('shell> ')
      pty.send(`${PRODUCT_LINE} ${line} & wait $!; echo "code $?"\r`)
      await pty.expect(
        /error: 'base' is not signed in, and awsmfa cannot prompt in the\s+background\s+awsmfa: hint: awsmfa login base\s/,
      )
      await pty.expect('code 4')
    }
  })

  it('makes `eval "$(awsmfa env)" &&` fail on Ctrl-C at the prompt', async () => {
    home.write(
      '.aws/credentials',
      `[base-long-term]\naws_access_key_id = ${keyIdFor('111111111111', 1)}\naws_secret_access_key = s\n`,
    )
    home.write('.aws/config', '[profile base]\nawsmfa_mfa_serial = arn:aws:iam::111111111111:mfa/alice\n')
    pty = await openPty(
      ['sh', '-c', `trap : INT; eval "$(${PRODUCT_LINE} env base)" && echo reached; echo "status $?"`],
      { environment: home.environment() },
    )
    await pty.expect('MFA code')
    pty.send('\u0003')
    await pty.expect('status 130')
    expect(pty.output()).not.toContain('reached')
  })
})

describe('streams, arguments and environment', () => {
  const program = (script: string): readonly string[] => ['exec', 'prod', '--', process.execPath, '-e', script]

  it('passes stdin, stdout and stderr through byte for byte', async () => {
    const input = Uint8Array.from({ length: 200_000 }, (_, index) => index % 256)
    const run = await runCli(
      program(
        'process.stdin.pipe(process.stdout); process.stdin.on("end", () => process.stderr.write(" \\x1b[31m é"))',
      ),
      { environment: home.environment(), input },
    )
    expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: ' \u001b[31m é' })
    expect(run.stdout).toBe(Buffer.from(input).toString())
  })

  it('passes arguments unchanged, without a shell', async () => {
    const args = [
      '$HOME',
      '`id`',
      '; echo x',
      '*',
      '',
      ' ',
      '--',
      '--profile',
      "it's",
      '"q"',
      'a\nb',
      'é',
      '-h',
      '--help',
      '--version',
      '\\',
    ]
    const run = await runCli([...program('console.log(JSON.stringify(process.argv.slice(1)))'), '--', ...args], {
      environment: home.environment(),
    })
    expect(JSON.parse(run.stdout)).toEqual(args)
  })

  it('passes the environment, with the AWS variables replaced by the session', async () => {
    const before = home.environment({
      AWS_PROFILE: 'x',
      AWS_DEFAULT_PROFILE: 'x',
      AWS_SECURITY_TOKEN: 'x',
      AWS_SESSION_TOKEN: 'x',
      AWS_CREDENTIAL_EXPIRATION: 'x',
      AWSMFA_PROFILE: 'x',
      OTHER: 'kept',
      EMPTY: '',
    })
    const run = await runCli(program('console.log(JSON.stringify(process.env))'), { environment: before })
    const { AWS_PROFILE: _, AWS_DEFAULT_PROFILE: __, AWS_SECURITY_TOKEN: ___, ...kept } = before
    expect(JSON.parse(run.stdout)).toEqual({
      ...kept,
      AWS_ACCESS_KEY_ID: 'ASIAQQQQQQQQQQQQEXPL',
      AWS_SECRET_ACCESS_KEY: 'theSecretItself',
      AWS_SESSION_TOKEN: 'theTokenItself',
      AWS_CREDENTIAL_EXPIRATION: '2099-01-01T00:00:00Z',
      AWSMFA_PROFILE: 'prod',
    })
  })

  it.skipIf(process.platform !== 'linux')('passes no secret in the arguments of any process', async () => {
    const run = await runCli(
      program(
        'const { readFileSync } = require("fs"); console.log(["self", process.ppid].map((pid) => readFileSync("/proc/" + pid + "/cmdline", "utf8")).join())',
      ),
      { environment: home.environment() },
    )
    expect(run.stdout).toContain('exec')
    expect(run.stdout).not.toMatch(/theSecretItself|theTokenItself/)
  })

  it('exits with 126 for a file that cannot be executed and with 127 for a missing one', async () => {
    home.write('bin/lost', '#!/no/such/interpreter\n')
    home.write('bin/plain', 'text')
    await runProgram(['chmod', '755', `${home.path}/bin/lost`], { environment: home.environment() })
    const environment = home.environment({ PATH: `${home.path}/bin:${process.env['PATH'] ?? ''}` })
    const codes = await Promise.all(
      ['lost', `${home.path}/bin/lost`, `${home.path}/bin`, 'plain', `${home.path}/none`, 'bin/none', 'none'].map(
        async (name) => (await runCli(['exec', 'prod', '--', name], { environment })).code,
      ),
    )
    expect(codes).toEqual([126, 126, 126, 126, 127, 127, 127])
  })
})
