/** What `shell-init` prints, run in each shell with hostile profile names, prompt cache lines and variables. */
import { chmodSync, existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { BUILT_CLI, runProgram } from '../support/run-cli.ts'
import type { RunResult } from '../support/run-cli.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'
import { age, endingAs, endingIn, installSnippet, PROMPT_SHELLS, writeLine, writeSecondLine } from './prompt-shells.ts'
import type { PromptShell } from './prompt-shells.ts'
import { isMissing, PLAIN, quoteFor } from './shells.ts'

const HOUR = 3600
const STRICT: Readonly<Record<PromptShell, string>> = { bash: 'set -eu\n', zsh: 'setopt errexit nounset\n', fish: '' }

let home: TempHome
beforeEach(() => {
  home = createTempHome({ '.aws/credentials': '[work]\n', '.aws/config': '' })
  age(home)
})
afterEach(() => home.remove())

/** Runs a script after the snippet of a shell, with errexit, nounset and an empty PATH. */
function inShell(
  shell: PromptShell,
  script: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  const path = join(home.path, 'script')
  const emptied = shell === 'fish' ? 'set -g PATH' : 'PATH='
  writeFileSync(path, `${STRICT[shell]}source ${installSnippet(home, shell)}\n${emptied}\n${script}\n`)
  return runProgram([...PLAIN[shell], path], { environment: home.environment(environment), cwd: home.path })
}

/** Returns the prompt segment of each profile. Fails if the shell prints anything else. */
async function segments(
  shell: PromptShell,
  profiles: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const use = (profile: string): string =>
    shell === 'fish'
      ? `set -gx AWS_PROFILE ${quoteFor(shell, profile)}`
      : `export AWS_PROFILE=${quoteFor(shell, profile)}`
  const show = shell === 'fish' ? 'printf "<%s>\\n" "$AWSMFA_PS1"' : 'printf "<%s>\\n" "$AWSMFA_PS1"'
  const { stdout, stderr, code } = await inShell(
    shell,
    profiles.map((profile) => `${use(profile)}\n_awsmfa_prompt\n${show}`).join('\n'),
    environment,
  )
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  return [...stdout.matchAll(/<([^\n]*)>\n/g)].map(([, text = '']) => text)
}

describe.each(PROMPT_SHELLS)('the prompt segment in %s', (shell) => {
  it.skipIf(isMissing(shell))(
    'shows the time remaining, "expired" for one day, "?" for an unknown expiration, and the name without a session',
    async () => {
      const ends = {
        day: 36 * HOUR - 30,
        hour: HOUR + 30,
        under: HOUR - 30,
        eleven: 11 * 60 + 30,
        over: -60,
        yesterday: -24 * HOUR + 60,
        before: -24 * HOUR - 60,
      }
      for (const [profile, seconds] of Object.entries(ends)) writeLine(home, profile, endingIn(seconds, profile))
      writeLine(home, 'no-expiration', '1 0 unknown no-expiration\n')
      expect(await segments(shell, [...Object.keys(ends), 'no-expiration', 'nowhere'])).toEqual([
        'day 35h59m',
        'hour 1h0m',
        'under 59m',
        'eleven 11m',
        'over expired',
        'yesterday expired',
        'before',
        'no-expiration ?',
        'nowhere',
      ])
    },
  )

  it.skipIf(isMissing(shell))('shows nothing if no profile is chosen and default has no session', async () => {
    const show = '_awsmfa_prompt\nprintf "<%s>" "$AWSMFA_PS1"'
    expect((await inShell(shell, show)).stdout).toBe('<>')
    expect((await inShell(shell, show, { AWS_DEFAULT_PROFILE: 'wo`rk' })).stdout).toBe('<wo_rk>')
  })

  it.skipIf(isMissing(shell))(
    'shows "?" if the credentials file is newer than the line, and the name if the file does not exist',
    async () => {
      writeLine(home, 'work', endingIn(HOUR, 'work'))
      const later = Date.now() / 1000 + 1
      utimesSync(join(home.path, '.aws/credentials'), later, later)
      expect(await segments(shell, ['work'])).toEqual(['work ?'])
      home.write('else/credentials.awsmfa/work', endingIn(HOUR, 'work'))
      expect(
        await segments(shell, ['work'], { AWS_SHARED_CREDENTIALS_FILE: join(home.path, 'else/credentials') }),
      ).toEqual(['work'])
    },
  )

  it.skipIf(isMissing(shell))(
    'follows AWS_SHARED_CREDENTIALS_FILE, in a folder with special characters in its name',
    async () => {
      const folder = 'a b$(touch run)\'"%\\é'
      home.write(`${folder}/keys`, '')
      age(home, `${folder}/keys`)
      writeLine(home, 'work', endingIn(2 * HOUR + 30, 'work'), `${folder}/keys`)
      expect(await segments(shell, ['work'], { AWS_SHARED_CREDENTIALS_FILE: join(home.path, folder, 'keys') })).toEqual(
        ['work 2h0m'],
      )
      // As AWS's tools read it: a variable that is not set stays as it is written.
      for (const path of [`~/${folder}/keys`, `$HOME/${folder}/keys`, `\${HOME}/${folder}/keys`])
        expect(await segments(shell, ['work'], { AWS_SHARED_CREDENTIALS_FILE: path })).toEqual(['work 2h0m'])
      expect(await segments(shell, ['work'], { AWS_SHARED_CREDENTIALS_FILE: `$HOME/$NOTHING/${folder}/keys` })).toEqual(
        ['work'],
      )
    },
  )

  it.skipIf(isMissing(shell))(
    'follows AWS_PROFILE, then AWS_DEFAULT_PROFILE, then default; empty variables count as unset',
    async () => {
      for (const profile of ['one', 'two', 'default']) writeLine(home, profile, endingIn(2 * HOUR + 30, profile))
      const show = '_awsmfa_prompt\nprintf "%s\\n" "$AWSMFA_PS1"'
      const cases = [
        [{ AWS_PROFILE: 'one', AWS_DEFAULT_PROFILE: 'two' }, 'one'],
        [{ AWS_PROFILE: '', AWS_DEFAULT_PROFILE: 'two' }, 'two'],
        [{ AWS_PROFILE: '', AWS_DEFAULT_PROFILE: '' }, 'default'],
        [{}, 'default'],
      ] as const
      for (const [environment, profile] of cases)
        expect(await inShell(shell, show, environment)).toMatchObject({
          stdout: `${profile} 2h0m\n`,
          stderr: '',
          code: 0,
        })
    },
  )

  it.skipIf(isMissing(shell))(
    'shows the session of the environment inside `awsmfa exec`, unless AWS_PROFILE or missing keys override it',
    async () => {
      writeLine(home, 'work', endingIn(2 * HOUR + 30, 'work'))
      const show = '_awsmfa_prompt\nprintf "%s\\n" "$AWSMFA_PS1"'
      const inside = {
        AWSMFA_PROFILE: 'prod',
        AWS_ACCESS_KEY_ID: 'ASIA',
        AWS_SECRET_ACCESS_KEY: 's',
        AWS_SESSION_TOKEN: 't',
      }
      const in3Hours = `${new Date(Date.now() + 3 * HOUR * 1000 + 30_000).toISOString().slice(0, 19)}Z`
      const shown = async (environment: Record<string, string>): Promise<string> =>
        (await inShell(shell, show, { ...inside, ...environment })).stdout.trim()
      expect(await shown({ AWS_CREDENTIAL_EXPIRATION: in3Hours })).toBe('prod 3h0m')
      expect(await shown({ AWS_CREDENTIAL_EXPIRATION: '2020-02-29T23:59:59Z' })).toBe('')
      for (const text of [
        '',
        'soon',
        '2026-11-21 18:40:00',
        '2026-11-21T18:40:00+01:00',
        'a[$(touch run)]',
        '9999999999999999999',
        '2O26-11-21T18:40:00Z',
      ])
        expect(await shown({ AWS_CREDENTIAL_EXPIRATION: text })).toBe('prod ?')
      expect(await shown({ AWS_CREDENTIAL_EXPIRATION: in3Hours, AWS_PROFILE: 'work' })).toBe('work 2h0m')
      expect(await shown({ AWS_CREDENTIAL_EXPIRATION: in3Hours, AWS_SESSION_TOKEN: '', AWS_PROFILE: 'work' })).toBe(
        'work 2h0m',
      )
      expect(
        await shown({
          AWSMFA_PROFILE: 'e\u001b[31m$(touch run)`touch run`\\w\ne',
          AWS_CREDENTIAL_EXPIRATION: in3Hours,
        }),
      ).toBe('e_[31m_(touch run)_touch run__w_e 3h0m')
      expect(existsSync(join(home.path, 'run'))).toBe(false)
    },
  )

  it.skipIf(isMissing(shell))(
    'shows the profile that is served inside `awsmfa exec --server`, until another is chosen',
    async () => {
      for (const profile of ['prod', 'awsmfa-server', 'other'])
        writeLine(home, profile, endingIn(2 * HOUR + 30, profile))
      const inside = {
        AWSMFA_SERVER_CONFIG: '/copy',
        AWS_CONFIG_FILE: '/copy',
        AWS_PROFILE: 'awsmfa-server',
        AWSMFA_PROFILE: 'prod',
      }
      const cases = [
        [{}, 'prod'],
        [{ AWS_PROFILE: 'other' }, 'other'],
        [{ AWS_CONFIG_FILE: '/mine' }, 'awsmfa-server'],
      ] as const
      for (const [environment, profile] of cases)
        expect(
          await inShell(shell, '_awsmfa_prompt\nprintf "%s\\n" "$AWSMFA_PS1"\nawsmfa-use', {
            ...inside,
            ...environment,
          }),
        ).toMatchObject({ stdout: `${profile} 2h0m\n${profile}\n`, stderr: '', code: 0 })
    },
  )

  it.skipIf(isMissing(shell))('computes the time in seconds of every kind of date', async () => {
    const days = [
      '1970-01-01',
      '1999-12-31',
      '2000-02-28',
      '2000-02-29',
      '2000-03-01',
      '2024-02-29',
      '2026-11-21',
      '2100-02-28',
      '2100-03-01',
      '2400-02-29',
      '9999-12-31',
    ]
    const call = (day: string): string =>
      shell === 'fish' ? `_awsmfa_instant ${day}T08:09:59Z` : `_awsmfa_instant ${day}T08:09:59Z; echo "$end"`
    const { stdout } = await inShell(shell, `${shell === 'fish' ? '' : 'end=\n'}${days.map(call).join('\n')}`)
    expect(stdout.trim().split('\n').map(Number)).toEqual(days.map((day) => Date.parse(`${day}T08:09:59Z`) / 1000))
  })

  it.skipIf(isMissing(shell))('does not evaluate an inherited EPOCHSECONDS', async () => {
    writeLine(home, 'work', endingIn(2 * HOUR + 30, 'work'))
    // As in a bash without EPOCHSECONDS of its own.
    const own = shell === 'bash' ? "unset EPOCHSECONDS\nEPOCHSECONDS='HOME[$(: >run)1]'\n" : ''
    await inShell(shell, `${own}AWS_PROFILE=work _awsmfa_prompt`, {
      EPOCHSECONDS: 'path[$(: >run)1]',
      AWS_PROFILE: 'work',
    })
    expect(readdirSync(home.path)).not.toContain('run')
  })

  it.skipIf(isMissing(shell))('does not take the time from an inherited EPOCHSECONDS', async () => {
    writeLine(home, 'work', endingIn(2 * HOUR + 30, 'work'))
    const path = join(home.path, 'script')
    const older =
      shell === 'bash' ? ["BASH_VERSION='4.4.23(1)-release'; unset EPOCHSECONDS; export EPOCHSECONDS=1700000000"] : []
    for (const before of ['', ...older]) {
      // Sourced twice, like a start-up file that is read again.
      writeFileSync(
        path,
        `${STRICT[shell]}${before}\nsource ${installSnippet(home, shell)}\nsource ${installSnippet(home, shell)}\n_awsmfa_prompt\nprintf '%s\\n' "$AWSMFA_PS1"\n`,
      )
      expect(
        await runProgram([...PLAIN[shell], path], {
          environment: home.environment({ EPOCHSECONDS: '1700000000', AWS_PROFILE: 'work' }),
        }),
      ).toMatchObject({ stdout: 'work 2h0m\n', stderr: '', code: 0 })
    }
  })

  it.skipIf(isMissing(shell)).each([
    ['an expression', '1 a[$(touch${IFS}run)] ends work\n'],
    ['a variable', '1 AWSMFA_PROFILE ends work\n'],
    ['an octal number', '1 017952864000 ends work\n'],
    ['a leading zero', '1 08 ends work\n'],
    ['a hexadecimal number', '1 0x7fffffff ends work\n'],
    ['a base', '1 36#zzzzzz ends work\n'],
    ['a huge number', '1 99999999999999999999999999 ends work\n'],
    ['non-ASCII digits', '1 ١٧٩٥٢٨٦٤٠٠ ends work\n'],
    ['a fraction', '1 17952864.5 ends work\n'],
    ['an assignment', '1 x=1795286400 ends work\n'],
    ['a negative number', '1 -1795286400 ends work\n'],
    ['another version', `2 ${Math.floor(Date.now() / 1000) + 7200} ends work\n`],
    ["another profile's name", `1 ${Math.floor(Date.now() / 1000) + 7200} ends Work\n`],
    ['several lines', '1\n1795286400\nends\nwork\n'],
    ['nothing', ''],
    ['empty lines', '\n\n\n'],
    ['spaces', '   \t  \n'],
    ['NUL bytes', Buffer.from('\0\0\0\n')],
    ['invalid UTF-8', Buffer.from([0xff, 0xfe, 0x31, 0x20, 0x0a])],
    ['options for read and printf', '-n 5 -a %s%n\n'],
    ['a long line', `1 ${'9'.repeat(100_000)} ends work\n`],
  ])('shows the name for a line with %s, and runs no command in it', async (_, content) => {
    writeLine(home, 'work', content)
    expect(await segments(shell, ['work'])).toEqual(['work'])
    expect(existsSync(join(home.path, 'run'))).toBe(false)
  })

  describe.skipIf(isMissing(shell))('with AWSMFA_PS1_FORMAT', () => {
    const LEFT = 2 * HOUR + 30
    const withBoth = (profile: string, who: string): void => {
      writeLine(home, profile, endingIn(LEFT, profile))
      writeSecondLine(home, profile, endingAs(who, LEFT, profile))
    }
    /** A percent sign as it is shown: zsh's prompts need two. */
    const percent = shell === 'zsh' ? '%%' : '%'

    it('has the account and the user or role where the format wants them', async () => {
      withBoth('work', '111111111111 alice')
      const formats = {
        '%p %t': 'work 2h0m',
        '%p': 'work',
        '%t|%p': '2h0m|work',
        '%a/%r %p: %t': '111111111111/alice work: 2h0m',
        'aws %p': 'aws work',
        '100%% %x %': `100${percent} ${percent}x ${percent}`,
        'no name': 'no name',
        '\\w$(touch run)`touch run`!!\u001b[31m%p': '_w_(touch run)_touch run____[31mwork',
      }
      for (const [format, shown] of Object.entries(formats))
        expect(await segments(shell, ['work'], { AWSMFA_PS1_FORMAT: format })).toEqual([shown])
      expect(await segments(shell, ['work'], { AWSMFA_PS1_FORMAT: '' })).toEqual(['work 2h0m'])
      expect(existsSync(join(home.path, 'run'))).toBe(false)
    })

    it('leaves no space for what is not known, and nothing without a session and a selected profile', async () => {
      writeLine(home, 'first-only', endingIn(LEFT, 'first-only'))
      withBoth('no-account', '- Admin')
      withBoth('no-role', '111111111111 -')
      withBoth('%a', '111111111111 a+b=c,d.e@f_g-h')
      writeLine(home, 'no-end', '1 0 unknown no-end\n')
      writeSecondLine(home, 'no-end', '2 0 unknown 111111111111 alice no-end\n')
      const profiles = ['first-only', 'no-account', 'no-role', '%a', 'no-end', 'nowhere']
      expect(await segments(shell, profiles, { AWSMFA_PS1_FORMAT: '%a  %p %r (%t)' })).toEqual([
        'first-only (2h0m)',
        'no-account Admin (2h0m)',
        '111111111111  no-role (2h0m)',
        `111111111111  ${percent}a a+b=c,d.e@f_g-h (2h0m)`,
        '111111111111  no-end alice (?)',
        'nowhere ()',
      ])
      const show = '_awsmfa_prompt\nprintf "<%s>" "$AWSMFA_PS1"'
      expect((await inShell(shell, show, { AWSMFA_PS1_FORMAT: 'aws %p' })).stdout).toBe('<>')
    })

    it('shows no account of files that have changed since', async () => {
      withBoth('work', '111111111111 alice')
      const later = Date.now() / 1000 + 1
      utimesSync(join(home.path, '.aws/credentials'), later, later)
      expect(await segments(shell, ['work'], { AWSMFA_PS1_FORMAT: '%p %a %r %t' })).toEqual(['work ?'])
    })

    it('has the account and role of the profile inside `awsmfa exec`', async () => {
      withBoth('prod', '333333333333 Deploy')
      const inside = {
        AWSMFA_PROFILE: 'prod',
        AWS_ACCESS_KEY_ID: 'ASIA',
        AWS_SECRET_ACCESS_KEY: 's',
        AWS_SESSION_TOKEN: 't',
        AWS_CREDENTIAL_EXPIRATION: `${new Date(Date.now() + 3 * HOUR * 1000 + 30_000).toISOString().slice(0, 19)}Z`,
        AWSMFA_PS1_FORMAT: '%p %a %r %t',
      }
      const show = '_awsmfa_prompt\nprintf "%s\\n" "$AWSMFA_PS1"'
      expect((await inShell(shell, show, inside)).stdout).toBe('prod 333333333333 Deploy 3h0m\n')
      expect((await inShell(shell, show, { ...inside, AWSMFA_PROFILE: 'else' })).stdout).toBe('else 3h0m\n')
    })

    const end = Math.floor(Date.now() / 1000) + 2 * HOUR - 5
    it.each([
      ['an account that is code', `2 ${end} ends $(touch\${IFS}run) alice work\n`],
      ['a role that is code', `2 ${end} ends 111111111111 $(touch\${IFS}run) work\n`],
      ['a role with backticks', `2 ${end} ends 111111111111 \`touch\` work\n`],
      ['a role with escapes', `2 ${end} ends 111111111111 a\u001b[31m%F{red}\\w work\n`],
      ['an expression', '2 a[$(touch${IFS}run)] ends 111111111111 alice work\n'],
      ['version 1', `1 ${end} ends work\n`],
      ['version 3', `3 ${end} ends 111111111111 alice work\n`],
      ["another profile's name", `2 ${end} ends 111111111111 alice Work\n`],
      ['another end', `2 ${end + 3600} ends 111111111111 alice work\n`],
      ['an end that is not known', '2 0 unknown 111111111111 alice work\n'],
      ['too few words', `2 ${end} ends alice work\n`],
      ['several lines', '2\n1795286400\nends\n111111111111\nalice\nwork\n'],
      ['nothing', ''],
      ['NUL bytes', Buffer.from('\0\0\0\n')],
      ['a long line', `2 ${end} ends 111111111111 ${'a'.repeat(100_000)} work\n`],
    ] as const)('goes by the first file, and runs nothing, where the second has %s', async (_, content) => {
      writeLine(home, 'work', `1 ${end} ends work\n`)
      writeSecondLine(home, 'work', content)
      const [segment] = await segments(shell, ['work'], { AWSMFA_PS1_FORMAT: '%p %a %r %t' })
      // What is right beside a part that is not may be shown.
      expect(segment?.replace(/ a{1000,}/, '')).toMatch(/^work(?: 111111111111| alice)? 1h5\dm$/)
      expect(existsSync(join(home.path, 'run'))).toBe(false)
    })

    it('goes by the first file where the second is older than the credentials file, and by nothing without the first', async () => {
      withBoth('work', '111111111111 alice')
      utimesSync(join(home.path, '.aws/credentials.awsmfa/.work'), 1_600_000_000, 1_600_000_000)
      writeSecondLine(home, 'alone', endingAs('111111111111 alice', LEFT, 'alone'))
      expect(await segments(shell, ['work', 'alone'], { AWSMFA_PS1_FORMAT: '%p %a %r %t' })).toEqual([
        'work 2h0m',
        'alone',
      ])
    })
  })

  it.skipIf(isMissing(shell))('ignores a FIFO, a folder and a dangling link, without blocking', async () => {
    writeLine(home, 'work', '')
    const lines = join(home.path, '.aws/credentials.awsmfa')
    await runProgram(['sh', '-c', 'rm work && mkfifo work && mkdir folder && ln -s nowhere dangling'], {
      environment: home.environment(),
      cwd: lines,
    })
    const names = ['work', 'folder', 'dangling', '.', '..', '../credentials']
    expect(await segments(shell, names)).toEqual(names)
  })

  const NAMES = [
    'two words',
    'a/b',
    '.hidden',
    '../up',
    '100%',
    '%F{red}',
    '%(!.x.y)',
    '$(touch run)',
    '`touch run`',
    '${HOME}',
    '\\w\\$',
    'it\'s "quoted"',
    '*',
    '?',
    '[a-z]',
    '~',
    '-n',
    '--',
    '!!',
    '; touch run',
    '& touch run',
    '| touch run',
    '<x>',
    'a:b',
    'jürgen 😀',
    '#x',
    '{a,b}',
    'work',
  ]
  it.skipIf(isMissing(shell))(
    'shows special characters in profile names, with an underscore for those that a prompt would expand',
    async () => {
      for (const name of NAMES) writeLine(home, name, endingIn(2 * HOUR + 30, name))
      const shown = (name: string): string =>
        `${name.replace(/[\\`$!]/g, '_').replaceAll('%', shell === 'zsh' ? '%%' : '%')} 2h0m`
      expect(await segments(shell, NAMES)).toEqual(NAMES.map(shown))
      expect(existsSync(join(home.path, 'run'))).toBe(false)
    },
  )

  it.skipIf(isMissing(shell))(
    'warns once at 10 and once at 5 minutes before expiration, with a command that renews the session',
    async () => {
      writeLine(home, "it's $(x)", endingIn(9 * 60 + 30, "it's $(x)"))
      writeLine(home, '-p', endingIn(4 * 60 + 30, '-p'))
      const use = (profile: string): string =>
        shell === 'fish'
          ? `set -gx AWS_PROFILE ${quoteFor(shell, profile)}`
          : `export AWS_PROFILE=${quoteFor(shell, profile)}`
      const { stdout, stderr, code } = await inShell(
        shell,
        ["it's $(x)", '-p', "it's $(x)", '-p'].map((profile) => `${use(profile)}\n_awsmfa_prompt`).join('\n'),
      )
      expect({ stdout, code }).toEqual({ stdout: '', code: 0 })
      const [first, second, ...more] = stderr.split('\n').filter((line) => line !== '')
      const [, word] =
        /^awsmfa: session of 'it's [$_]\(x\)' ends in 10 min. To renew: awsmfa login (.*)$/.exec(first ?? '') ?? []
      expect((await inShell(shell, `printf '<%s>' ${word ?? 'none'}`)).stdout).toBe("<it's $(x)>")
      expect([second, more]).toEqual(["awsmfa: session of '-p' ends in 5 min. To renew: awsmfa login --profile=-p", []])
    },
  )

  it.skipIf(isMissing(shell))('suggests a new shell in the warning inside `awsmfa exec`', async () => {
    const at = `${new Date(Date.now() + 270_000).toISOString().slice(0, 19)}Z`
    const { stderr } = await inShell(shell, '_awsmfa_prompt\n_awsmfa_prompt', {
      AWSMFA_PROFILE: 'prod',
      AWS_ACCESS_KEY_ID: 'A',
      AWS_SECRET_ACCESS_KEY: 's',
      AWS_SESSION_TOKEN: 't',
      AWS_CREDENTIAL_EXPIRATION: at,
    })
    expect(stderr).toBe(`awsmfa: session in this shell ends in 5 min. To renew: exit, and run awsmfa exec prod\n`)
  })

  it.skipIf(isMissing(shell) || !needsProgram('strace'))('starts no process', async () => {
    for (const [profile, seconds] of [
      ['work', HOUR],
      ['soon', 200],
      ['a%/b', HOUR],
    ] as const)
      writeLine(home, profile, endingIn(seconds, profile))
    writeSecondLine(home, 'work', endingAs('111111111111 alice', HOUR, 'work'))
    const use = (profile: string): string =>
      shell === 'fish' ? `set -gx AWS_PROFILE ${profile}` : `AWS_PROFILE=${profile}`
    const format = `${shell === 'fish' ? 'set -g AWSMFA_PS1_FORMAT ' : 'AWSMFA_PS1_FORMAT='}'%p %a %r %t'`
    writeFileSync(
      join(home.path, 'script'),
      `source ${installSnippet(home, shell)}\n${['work', 'soon', 'a%/b', 'nowhere'].flatMap((profile) => [use(profile), '_awsmfa_prompt', '_awsmfa_prompt']).join('\n')}\n${format}\n${use('work')}\n_awsmfa_prompt\n`,
    )
    const { stderr, code } = await runProgram(
      [
        'strace',
        '-f',
        '-qq',
        '-e',
        'trace=execve,execveat,fork,vfork,clone,clone3',
        '-o',
        join(home.path, 'trace'),
        ...PLAIN[shell],
        join(home.path, 'script'),
      ],
      { environment: home.environment() },
    )
    const calls = home
      .read('trace')
      .toString()
      .split('\n')
      .filter((line) => line !== '' && !line.includes('CLONE_THREAD') && !/resumed|SIG|exited/.test(line))
    expect({ stderr: stderr.split('\n').length, code, calls: calls.length }).toEqual({ stderr: 2, code: 0, calls: 1 })
  })

  it.skipIf(isMissing(shell))(
    'prints nothing and writes no files when it is sourced, also a second time and with unusual shell options',
    async () => {
      const odd = {
        bash: "IFS=abc123; shopt -s nocasematch nullglob failglob extglob; set -o noglob -o noclobber; trap 'echo trapped' ERR\n",
        zsh: 'setopt ksharrays shwordsplit nullglob noglob noclobber nounset warncreateglobal; IFS=abc123\n',
        fish: '',
      }[shell]
      writeLine(home, 'a1b2c3', endingIn(2 * HOUR + 30, 'a1b2c3'))
      writeSecondLine(home, 'a1b2c3', endingAs('111111111111 alice', 2 * HOUR + 30, 'a1b2c3'))
      const before = readdirSync(home.path)
      const { stdout, stderr, code } = await inShell(
        shell,
        `${odd}source ${join(home.path, `init.${shell}`)}\n_awsmfa_prompt\nprintf "%s\\n" "$AWSMFA_PS1"\n${shell === 'fish' ? 'set -g AWSMFA_PS1_FORMAT ' : 'AWSMFA_PS1_FORMAT='}'%p %a %r %t'\n_awsmfa_prompt\nprintf "%s\\n" "$AWSMFA_PS1"`,
        { AWS_PROFILE: 'a1b2c3' },
      )
      expect({ stdout, stderr, code }).toEqual({
        stdout: 'a1b2c3 2h0m\na1b2c3 111111111111 alice 2h0m\n',
        stderr: '',
        code: 0,
      })
      expect(
        readdirSync(home.path)
          .filter((name) => !before.includes(name) && !(shell === 'fish' && /^\.(config|local)$/.test(name)))
          .toSorted(),
      ).toEqual([`init.${shell}`, 'script'])
    },
  )

  it.skipIf(isMissing(shell))(
    'keeps the exit code of the last command, and does not end a shell under errexit',
    async () => {
      const script = {
        bash: 'set +e; (exit 7); _awsmfa_prompt; echo $?; set -e; ! true; _awsmfa_prompt; echo on',
        zsh: 'setopt noerrexit; (exit 7); _awsmfa_prompt; echo $?; setopt errexit; ! true; _awsmfa_prompt; echo on',
        fish: 'function seven; return 7; end; seven; _awsmfa_prompt; echo $status; echo on',
      }[shell]
      expect(await inShell(shell, script)).toMatchObject({ stdout: '7\non\n', stderr: '', code: 0 })
    },
  )

  describe.skipIf(isMissing(shell))('awsmfa-use', () => {
    const USAGE = 'usage: awsmfa-use [PROFILE | - | --clear] (no argument: choose from a list)\n'
    /** Prints the exit code of a command, and AWS_PROFILE after it. */
    const thenProfile = (command: string): string =>
      shell === 'fish'
        ? `${command}; echo $status "<$AWS_PROFILE>"`
        : `code=0; ${command} || code=$?; echo "$code <\${AWS_PROFILE-}>"`
    beforeEach(() => {
      home.write('.aws/credentials', "[work]\n[it's]\n[-x]\n")
      home.write('.bin/awsmfa', `#!/bin/sh\nexec '${process.execPath}' '${BUILT_CLI}' "$@"\n`)
      chmodSync(join(home.path, '.bin/awsmfa'), 0o755)
    })
    const use = async (commands: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
      const folder = join(home.path, '.bin')
      const path = shell === 'fish' ? `set -gx PATH ${folder} /usr/bin /bin` : `export PATH=${folder}:/usr/bin:/bin`
      return await inShell(shell, [path, ...commands.map(thenProfile)].join('\n'), environment)
    }

    it('sets AWS_PROFILE for programs, and prints the profile in use', async () => {
      expect(await use(['awsmfa-use', `awsmfa-use "it's"`, 'awsmfa-use', 'env | grep ^AWS_PROFILE'])).toMatchObject({
        stdout: "default\n0 <>\n0 <it's>\nit's\n0 <it's>\nAWS_PROFILE=it's\n0 <it's>\n",
        stderr: '',
      })
    })

    it('returns to the profile before with -, and unsets it with --clear', async () => {
      const steps = ['-', 'work', '-x', '-', '-', '--clear', '-', '--clear', '-', '-'].map(
        (word) => `awsmfa-use ${word}`,
      )
      expect(await use(steps, { AWS_DEFAULT_PROFILE: 'other' })).toMatchObject({
        stdout: [
          '1 <>',
          '0 <work>',
          '0 <-x>',
          'work\n0 <work>',
          '-x\n0 <-x>',
          '0 <>',
          '-x\n0 <-x>',
          '0 <>',
          '-x\n0 <-x>',
          'other\n0 <>',
          '',
        ].join('\n'),
        stderr: 'awsmfa-use: no previous profile\n',
      })
    })

    it('leaves AWS_PROFILE as it is for a name that is no profile, and suggests one', async () => {
      expect(await use(['awsmfa-use wrok', 'awsmfa-use'], { AWS_PROFILE: "it's" })).toMatchObject({
        stdout: "1 <it's>\nit's\n0 <it's>\n",
        stderr: expect.stringMatching(
          /^awsmfa: error: profile 'wrok' not found in .*\nawsmfa: hint: did you mean 'work'\?\n$/,
        ),
      })
    })

    it('shows its usage, and sets nothing', async () => {
      const steps = ['--help', '-h', '--halp', 'a b', "''"].map((words) => `awsmfa-use ${words}`)
      expect(await use(steps)).toMatchObject({
        stdout: `${USAGE}0 <>\n${USAGE}0 <>\n2 <>\n2 <>\n2 <>\n`,
        stderr: USAGE.repeat(3),
      })
    })

    it('says that keys in the environment come first', async () => {
      expect((await use(['awsmfa-use work'], { AWS_ACCESS_KEY_ID: 'A' })).stderr).toMatch(
        /^awsmfa-use: credentials in this shell override AWS_PROFILE. To remove them: \S+ [^\n]+\n$/,
      )
    })
  })
})

describe.each(PROMPT_SHELLS)('src/shell/awsmfa.%s', (shell) => {
  it.skipIf(isMissing(shell))('is valid code before its placeholders are filled in', async () => {
    const { stderr, code } = await runProgram([shell, '-n', join('src', 'shell', `awsmfa.${shell}`)], {
      environment: home.environment(),
    })
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  })
})

describe('the snippet for fish', () => {
  it.skipIf(isMissing('fish'))('runs date for the time in fish 3.1 to 3.4', async () => {
    for (const [profile, seconds] of [
      ['work', 2 * HOUR + 30],
      ['over', -60],
    ] as const)
      writeLine(home, profile, endingIn(seconds, profile))
    installSnippet(home, 'fish')
    const code = home.read('init.fish').toString().replace('if builtin -q path', 'if false')
    const show = `for name in work over; set -g AWS_PROFILE $name; _awsmfa_prompt; printf '<%s>\\n' "$AWSMFA_PS1"; end`
    home.write('old.fish', `${code}\nset -l path $PATH\nset PATH\n${show}\nset PATH $path\n${show}\n`)
    const { stdout, stderr } = await runProgram([...PLAIN.fish, join(home.path, 'old.fish')], {
      environment: home.environment(),
    })
    expect({ stdout, stderr }).toEqual({ stdout: '<work>\n<over>\n<work 2h0m>\n<over expired>\n', stderr: '' })
  })
})

describe('the snippet for bash', () => {
  it.skipIf(isMissing('bash'))('runs date for the time in bash 3.2 and 4.1', async () => {
    writeLine(home, 'default', endingIn(2 * HOUR + 30, 'default'))
    for (const version of ['3.2.57(1)-release', '4.1.2(2)-release']) {
      const { stdout, stderr } = await inShell(
        'bash',
        `date() { builtin printf '%(%s)T' -1; echo called >&2; }\nBASH_VERSION='${version}'\nunset EPOCHSECONDS\n_awsmfa_prompt\nprintf '%s\\n' "$AWSMFA_PS1"`,
      )
      expect({ stdout, stderr }).toEqual({ stdout: 'default 2h0m\n', stderr: '' })
    }
    const { stdout } = await inShell(
      'bash',
      "BASH_VERSION='3.2.57'\nunset EPOCHSECONDS\n_awsmfa_prompt\nprintf '<%s>\\n' \"$AWSMFA_PS1\"",
    )
    expect(stdout).toBe('<>\n')
  })

  it.skipIf(isMissing('bash') || !needsProgram('shellcheck'))('passes shellcheck', async () => {
    const asset = join('src', 'shell', 'awsmfa.bash')
    const { stdout, code } = await runProgram(['shellcheck', asset, installSnippet(home, 'bash')], {
      environment: home.environment(),
    })
    expect({ stdout, code }).toEqual({ stdout: '', code: 0 })
  })

  it.skipIf(isMissing('bash'))('works in POSIX mode, without awsmfa-use', async () => {
    writeLine(home, 'default', endingIn(2 * HOUR + 30, 'default'))
    const script = join(home.path, 'posix')
    writeFileSync(script, `set -o posix\n. ${installSnippet(home, 'bash')}\n_awsmfa_prompt\necho "$AWSMFA_PS1"\n`)
    expect(await runProgram(['bash', script], { environment: home.environment() })).toMatchObject({
      stdout: 'default 2h0m\n',
      stderr: '',
      code: 0,
    })
  })

  it.skipIf(isMissing('bash')).each([
    ['no PROMPT_COMMAND', '', '_awsmfa_prompt'],
    ['an existing one', "PROMPT_COMMAND='echo hello'", '_awsmfa_prompt\necho hello'],
    ['an array', 'PROMPT_COMMAND=(one two)', '_awsmfa_prompt\none two'],
  ])('is added to PROMPT_COMMAND once, in front: %s', async (_, before, after) => {
    const script = join(home.path, 'script')
    const path = installSnippet(home, 'bash')
    writeFileSync(script, `${before}\n. ${path}\n. ${path}\nprintf '%s\\n' "\${PROMPT_COMMAND[*]}"\n`)
    expect((await runProgram(['bash', script], { environment: home.environment() })).stdout).toBe(`${after}\n`)
  })
})
