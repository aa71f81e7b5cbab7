/** The output of `awsmfa env`, evaluated in real shells: the session after a success, and no keys after a failure. */
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PRODUCT_LINE, runCli } from '../support/run-cli.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'
import { ALL_SHELLS, isMissing, POSIX_SHELLS, quoteFor, runScript } from './shells.ts'

const NAMES = [
  'prod',
  'two words',
  'dots.and@signs/and+more',
  `it's "quoted"`,
  '$(touch run)',
  '`touch run`',
  '; touch run',
  'back\\slash',
  'jürgen 😀',
  '-dash',
  '--',
  'a&b|c',
  '%PATH%',
  '!!',
  '~',
  '*',
]
const FORMATS = ['env', 'env-no-export', 'fish', 'powershell', 'windows-cmd', 'process', 'json', 'dotenv'] as const

const keyId = (index: number): string =>
  `ASIA${String(index)
    .padStart(16, 'A')
    .replace(/\d/g, (digit) => 'BCDEFGHIJK'.charAt(Number(digit)))}`
const section = (name: string, index: number, expiration: string): string =>
  `[${name}]\naws_access_key_id = ${keyId(index)}\naws_secret_access_key = secret/${index}\naws_session_token = token/${index}+==\nx_security_token_expires = ${expiration}\n`

let home: TempHome
let environment: Record<string, string>
beforeAll(() => {
  const sections = [
    ...NAMES.map((name, index) => section(name, index, '2099-01-01T00:00:00Z')),
    section('old', 90, '2020-01-01T00:00:00Z'),
    '[unknown]\naws_access_key_id = ASIAQQQQQQQQQQQQEXPL\naws_secret_access_key = s\naws_session_token = t\n',
  ]
  home = createTempHome({ '.aws/credentials': sections.join('\n') })
  home.write('.bin/awsmfa', `#!/bin/sh\nexec ${PRODUCT_LINE} "$@"\n`)
  chmodSync(join(home.path, '.bin/awsmfa'), 0o755)
  environment = { PATH: `${join(home.path, '.bin')}:${process.env['PATH'] ?? ''}` }
})
afterAll(() => home.remove())

const KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CREDENTIAL_EXPIRATION']
const STALE = Object.fromEntries(KEYS.map((name) => [name, 'stale']))

const FAILURES = [
  ['an expired session', 'old'],
  ['an unknown profile', 'nowhere'],
  ['an unknown option', 'prod --frmt'],
  ['an option without its value', 'prod --min-ttl'],
  ['an unknown format', 'prod --format bsh'],
  ['an extra argument', 'prod old'],
  ['a program after --', 'prod -- ls'],
] as const

describe.each(POSIX_SHELLS)('eval "$(awsmfa env …)" in %s', (shell) => {
  it.skipIf(isMissing(shell))('sets the session of the profile', async () => {
    const { stdout, code } = await runScript(
      shell,
      `eval "$(awsmfa env prod)" && echo reached\n${KEYS.map((name) => `echo "$${name}"`).join('\n')}`,
      home,
      { ...environment, ...STALE },
    )
    expect({ stdout, code }).toEqual({
      stdout: `reached\n${keyId(0)}\nsecret/0\ntoken/0+==\n2099-01-01T00:00:00Z\n`,
      code: 0,
    })
  })

  it.skipIf(isMissing(shell)).each(FAILURES)('fails and removes the old keys after %s', async (_, words) => {
    const shown = KEYS.map((name) => `echo "\${${name}-gone}"`).join('\n')
    const { stdout, code } = await runScript(
      shell,
      `eval "$(awsmfa env ${words} 2>/dev/null)" && echo reached\necho "status $?"\n${shown}`,
      home,
      { ...environment, ...STALE },
    )
    expect({ stdout, code }).toEqual({
      stdout: expect.stringMatching(/^status [124]\ngone\ngone\ngone\ngone\n$/) as string,
      code: 0,
    })
  })

  it.skipIf(isMissing(shell))('ends a script under set -eu with the exit code', async () => {
    const { stdout, code } = await runScript(
      shell,
      'set -eu\neval "$(awsmfa env prod --min-ttl x 2>/dev/null)"\necho reached',
      home,
      environment,
    )
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 })
  })

  it.skipIf(isMissing(shell))('removes the variables with --unset', async () => {
    const { stdout } = await runScript(
      shell,
      `eval "$(awsmfa env --unset)" && echo reached\n${KEYS.map((name) => `echo "\${${name}-gone}"`).join('\n')}`,
      home,
      { ...environment, ...STALE },
    )
    expect(stdout).toBe('reached\ngone\ngone\ngone\ngone\n')
  })

  it.skipIf(isMissing(shell))('removes variables of an older session that the new one does not set', async () => {
    const script =
      'eval "$(awsmfa env unknown)" && echo "$AWS_ACCESS_KEY_ID ${AWS_CREDENTIAL_EXPIRATION-gone} ${AWS_SECURITY_TOKEN-gone}"'
    const { stdout } = await runScript(shell, script, home, { ...environment, ...STALE, AWS_SECURITY_TOKEN: 'stale' })
    expect(stdout).toBe('ASIAQQQQQQQQQQQQEXPL gone gone\n')
  })
})

describe('fish', () => {
  const COMMANDS = [
    ['| source', (words: string) => `awsmfa env ${words} --format fish 2>/dev/null | source; and echo reached`],
    ['eval "$(…)"', (words: string) => `eval "$(awsmfa env ${words} --format fish 2>/dev/null)"; and echo reached`],
    ['eval (…)', (words: string) => `eval (awsmfa env ${words} --format fish 2>/dev/null); and echo reached`],
  ] as const
  const shown = KEYS.map((name) => `set -q ${name}; and echo $${name}; or echo gone`).join('\n')

  it.skipIf(isMissing('fish')).each(COMMANDS)('sets the session of the profile with %s', async (_, line) => {
    const { stdout, stderr } = await runScript('fish', `${line('prod')}\n${shown}`, home, { ...environment, ...STALE })
    expect({ stdout, stderr }).toEqual({
      stdout: `reached\n${keyId(0)}\nsecret/0\ntoken/0+==\n2099-01-01T00:00:00Z\n`,
      stderr: '',
    })
  })

  const failing = FAILURES.filter(([, words]) => !/--format|--min-ttl| --/.test(words))
  it
    .skipIf(isMissing('fish'))
    .each(COMMANDS.flatMap(([name, line]) => failing.map(([title, words]) => [title, name, line(words)] as const)))(
    'fails and removes the old keys after %s, with %s',
    async (_, __, line) => {
      const { stdout, stderr } = await runScript('fish', `${line}\necho "status $status"\n${shown}`, home, {
        ...environment,
        ...STALE,
      })
      expect({ stdout, stderr }).toEqual({
        stdout: expect.stringMatching(/^status [124]\ngone\ngone\ngone\ngone\n$/) as string,
        stderr: '',
      })
    },
  )

  it.skipIf(isMissing('fish')).each(FAILURES)('also fails with the POSIX format after %s', async (_, words) => {
    const { stdout } = await runScript(
      'fish',
      `eval "$(awsmfa env ${words} 2>/dev/null)" 2>/dev/null && echo reached`,
      home,
      { ...environment, ...STALE },
    )
    expect(stdout).toBe('')
  })

  it.skipIf(isMissing('fish'))('removes the variables with --unset', async () => {
    const { stdout, stderr } = await runScript(
      'fish',
      `awsmfa env --unset --format fish | source; and echo reached\n${shown}`,
      home,
      { ...environment, ...STALE },
    )
    expect({ stdout, stderr }).toEqual({ stdout: 'reached\ngone\ngone\ngone\ngone\n', stderr: '' })
  })
})

describe('profiles with special characters in their names', () => {
  it.skipIf(ALL_SHELLS.some(isMissing)).each(ALL_SHELLS)(
    'work in %s with env, and reach programs in AWSMFA_PROFILE with exec',
    async (shell) => {
      const lines = NAMES.flatMap((name) => {
        const word = quoteFor(shell, name)
        const evaluated =
          shell === 'fish'
            ? `awsmfa env --profile=${word} --format fish | source`
            : `eval "$(awsmfa env --profile=${word})"`
        return [
          evaluated,
          'echo $AWS_ACCESS_KEY_ID',
          `awsmfa exec --profile=${word} -- sh -c 'printf "%s %s\\n" "$AWS_ACCESS_KEY_ID" "$AWSMFA_PROFILE"'`,
        ]
      })
      const { stdout, stderr } = await runScript(shell, lines.join('\n'), home, environment)
      expect({ stdout, stderr }).toEqual({
        stdout: NAMES.map((name, index) => `${keyId(index)}\n${keyId(index)} ${name}\n`).join(''),
        stderr: '',
      })
    },
  )

  it.each(FORMATS)('work with --format %s', async (format) => {
    for (const [index, name] of NAMES.slice(0, 6).entries()) {
      const { code, stdout, stderr } = await runCli(['env', `--profile=${name}`, '--format', format], {
        environment: home.environment(),
      })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      for (const value of [keyId(index), `secret/${index}`, `token/${index}+==`, '2099-01-01T00:00:00Z'])
        expect(stdout).toContain(value)
      // A name that the format cannot write safely is left out.
      const lines = stdout.includes('AWSMFA_PROFILE') ? 6 : 5
      expect(stdout.split('\n')).toHaveLength(format === 'process' || format === 'json' ? 2 : lines)
      if (index === 0 && lines === 5) expect(['process', 'json']).toContain(format)
    }
  })
})

describe('awsmfa env', () => {
  it.each([
    [
      'env',
      'unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION AWSMFA_PROFILE; (exit 1)\n',
    ],
    [
      'env-no-export',
      'unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION AWSMFA_PROFILE; (exit 1)\n',
    ],
    [
      'fish',
      "set -e AWS_ACCESS_KEY_ID; set -e AWS_SECRET_ACCESS_KEY; set -e AWS_SESSION_TOKEN; set -e AWS_CREDENTIAL_EXPIRATION; set -e AWSMFA_PROFILE; true; sh -c 'exit 1'\n",
    ],
    [
      'powershell',
      "Remove-Item -ErrorAction SilentlyContinue -Path Env:AWS_ACCESS_KEY_ID, Env:AWS_SECRET_ACCESS_KEY, Env:AWS_SESSION_TOKEN, Env:AWS_CREDENTIAL_EXPIRATION, Env:AWSMFA_PROFILE; throw 'awsmfa has no credentials (exit code 1)'\n",
    ],
    [
      'windows-cmd',
      'set AWS_ACCESS_KEY_ID=\nset AWS_SECRET_ACCESS_KEY=\nset AWS_SESSION_TOKEN=\nset AWS_CREDENTIAL_EXPIRATION=\nset AWSMFA_PROFILE=\ncmd /c exit 1\n',
    ],
    ['process', ''],
    ['dotenv', ''],
  ])(
    'prints commands that remove the keys and fail, or nothing, with --format %s, also with --quiet',
    async (format, printed) => {
      for (const more of [[], ['--quiet']]) {
        const { code, stdout } = await runCli(['env', 'nowhere', '--format', format, ...more], {
          environment: home.environment(),
        })
        expect({ code, stdout }).toEqual({ code: 1, stdout: printed })
      }
    },
  )

  it('exits with 1 if stdout cannot be written to', async () => {
    const { code } = await runScript('sh', 'awsmfa env prod > /dev/full 2>/dev/null', home, environment)
    expect(code).toBe(1)
  })

  it('prints a note if AWS_PROFILE names another profile, except with --quiet', async () => {
    const loud = await runCli(['env', 'prod'], { environment: home.environment({ AWS_PROFILE: 'old' }) })
    const quiet = await runCli(['env', 'prod', '--quiet'], { environment: home.environment({ AWS_PROFILE: 'old' }) })
    expect(loud.stderr).toBe(
      "awsmfa: note: the AWS SDK for JavaScript uses AWS_PROFILE ('old') even if keys are set\nawsmfa: hint: unset AWS_PROFILE\n",
    )
    expect(quiet).toMatchObject({ code: 0, stdout: loud.stdout, stderr: '' })
  })
})
