/**
 * The prompt and completion of an interactive shell on a pseudo-terminal, with the README's lines in its start-up file.
 */
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openPty } from '../support/pty.ts'
import type { Pty } from '../support/pty.ts'
import { PRODUCT_LINE } from '../support/run-cli.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'
import { needsInstalledFile, needsProgram } from '../support/outside-program.ts'
import { age, endingIn, installSnippet, PROMPT_SHELLS, writeLine } from './prompt-shells.ts'
import type { PromptShell } from './prompt-shells.ts'
import { isMissing } from './shells.ts'

const CREDENTIALS = '[work]\n[work-long-term]\n[workPerm]\n[two words]\n[a:b]\n[DEFAULT]\n[ $(touch run) ]\n'
const CONFIG = '[default]\n[profile admin]\n[profile "quoted one"]\n[sso-session none]\n[services x]\n[profile adept]\n'

/** A function that replaces awsmfa and prints its arguments. */
const ECHO = `awsmfa() { local IFS='|'; echo "got<$*>"; }\n`

/** The start-up file of each shell, and a command line that reads no other one. */
const SHELLS: Readonly<
  Record<
    PromptShell,
    { readonly file: string; readonly text: (init: string) => string; readonly argv: readonly string[] }
  >
> = {
  bash: {
    file: '.bashrc',
    text: (init) => `${ECHO}source ${init}\nPS1='\${AWSMFA_PS1:+($AWSMFA_PS1) }> '\n`,
    argv: ['bash', '--noprofile', '-i'],
  },
  zsh: {
    file: '.zshrc',
    text: (init) =>
      `${ECHO}autoload -Uz compinit && compinit -u -d ~/.zcompdump\nsource ${init}\nsetopt prompt_subst\nPROMPT='\${AWSMFA_PS1:+($AWSMFA_PS1) }> '\n`,
    argv: ['zsh', '-d', '-i'],
  },
  fish: {
    file: '.config/fish/config.fish',
    text: (init) =>
      `function awsmfa\n  echo "got<"(string join "|" -- $argv)">"\nend\nsource ${init}\nset -g fish_greeting\nfunction fish_prompt\n  test -n "$AWSMFA_PS1"; and echo -n "($AWSMFA_PS1) "\n  echo -n "> "\nend\n`,
    argv: ['fish', '-i'],
  },
}

/** What is typed before TAB and Enter, and the arguments that awsmfa then gets. */
const COMPLETIONS = [
  ['credential-p', 'credential-process'],
  ['login --token-cod', 'login|--token-code'],
  ['logout adm', 'logout|admin'],
  // [work-long-term] and [workPerm] are for the commands about keys alone.
  ['login wor', 'login|work'],
  ['rotate work-', 'rotate|work-long-term'],
  ['rotate workP', 'rotate|workPerm'],
  ['login work adm', 'login|work|admin'],
  ['status --profile ade', 'status|--profile|adept'],
  ['status --profile=adm', 'status|--profile=admin'],
  ['env --format powersh', 'env|--format|powershell'],
  ['shell-init pow', 'shell-init|powershell'],
  ['help exit', 'help|exit-codes'],
  ['help credential-p', 'help|credential-process'],
  ['import vegas', 'import|vegas-credentials'],
  ['login --prompt wind', 'login|--prompt|window'],
  ['login --prompt=osa', 'login|--prompt=osascript'],
  ['credential-process --prompt pine', 'credential-process|--prompt|pinentry'],
  ['setup --layout proc', 'setup|--layout|process'],
  ['cache cl', 'cache|clear'],
  ['cache clear adm', 'cache|clear|admin'],
  ['cache show --js', 'cache|show|--json'],
  ['login quoted', 'login|quoted one'],
  ['login a:', 'login|a:b'],
  // Options may precede the command, and their values are not commands.
  ['--profile work credential-p', '--profile|work|credential-process'],
  ['--profile=work credential-p', '--profile=work|credential-process'],
  ['-p cache credential-p', '-p|cache|credential-process'],
  [
    '--no-gui --serial-number arn:aws:iam::111111111111:mfa/alice credential-p',
    '--no-gui|--serial-number|arn:aws:iam::111111111111:mfa/alice|credential-process',
  ],
  ['--token-code - credential-p', '--token-code|-|credential-process'],
  ['--debug credential-p', '--debug|credential-process'],
  ['cache -p work cl', 'cache|-p|work|clear'],
  ['--profile ade', '--profile|adept'],
  ['-p ade', '-p|adept'],
  ['--prompt wind', '--prompt|window'],
  ['--duration credential-p', '--duration|credential-p'],
] as const

let home: TempHome
const open: Pty[] = []
beforeEach(() => {
  home = createTempHome({ '.aws/credentials': CREDENTIALS, '.aws/config': CONFIG })
  age(home)
  writeLine(home, 'work', endingIn(2 * 3600 + 50, 'work'))
  writeLine(home, 'soon', endingIn(9 * 60 + 50, 'soon'))
})
afterEach(() => {
  for (const pty of open.splice(0)) pty.close()
  home.remove()
})

async function start(shell: PromptShell, environment: Readonly<Record<string, string>> = {}): Promise<Pty> {
  const { file, text, argv } = SHELLS[shell]
  home.write(file, text(installSnippet(home, shell)))
  // Without this file fish parses every man page in the background at its first start.
  home.write('.local/share/fish/generated_completions/none.fish', '')
  const pty = await openPty(argv, {
    environment: home.environment({ TERM: 'xterm', ...environment }),
    cwd: home.path,
    columns: 120,
  })
  open.push(pty)
  return pty
}

const BASH_COMPLETION = '/usr/share/bash-completion/bash_completion'

describe('bash with the package bash-completion', () => {
  it.skipIf(isMissing('bash') || !needsProgram('python3') || !needsInstalledFile(BASH_COMPLETION))(
    'completes the arguments of a program after `--`',
    async () => {
      const pty = await start('bash')
      await pty.expect('> ')
      pty.send(`source ${BASH_COMPLETION}; echo rea''dy\r`)
      await pty.expect('ready')
      const tails = [
        ['exec work -- awsmfa-use adm', 'exec|work|--|awsmfa-use|admin'],
        ['exec -- awsmfa status --profile ade', 'exec|--|awsmfa|status|--profile|adept'],
        ['exec -- tar --extr', 'exec|--|tar|--extract'],
        ['login adm', 'login|admin'],
      ] as const
      for (const [typed, words] of tails) {
        pty.send(`awsmfa ${typed}\t\r`)
        await pty.expect(`got<${words}>`)
      }
      pty.send('exit\r')
      await pty.exit()
    },
  )
})

describe.each(PROMPT_SHELLS)('%s with the lines from the README', (shell) => {
  const isSkipped = isMissing(shell) || !needsProgram('python3')

  it.skipIf(isSkipped)(
    'shows the time remaining, follows awsmfa-use, and keeps the exit code of the last command',
    async () => {
      const pty = await start(shell, { AWS_PROFILE: 'work' })
      await pty.expect(/\(work 2h0m\) .*> /s)
      pty.send('false\r')
      await pty.expect(/\(work 2h0m\) .*> /s)
      pty.send(shell === 'fish' ? 'echo "code=$status"\r' : 'echo "code=$?"\r')
      await pty.expect(/code=1\b/)
      pty.send(
        'awsmfa-use admin; echo now-(awsmfa-use)-\r'.replace(
          '(awsmfa-use)',
          shell === 'fish' ? '(awsmfa-use)' : '$(awsmfa-use)',
        ),
      )
      await pty.expect(/now-admin-[\s\S]*> /)
      pty.send('awsmfa-use work\r')
      await pty.expect(/\(work 2h0m\) .*> /s)
      pty.send('exit\r')
      expect(await pty.exit()).toEqual({ code: 0, signal: null })
    },
  )

  it.skipIf(isSkipped)('picks a profile with awsmfa-use, and keeps the one in use after Esc', async () => {
    home.write('.bin/awsmfa', `#!/bin/sh\nexec ${PRODUCT_LINE} "$@"\n`)
    chmodSync(join(home.path, '.bin/awsmfa'), 0o755)
    const pty = await start(shell, { AWS_PROFILE: 'work', PATH: `${join(home.path, '.bin')}:/usr/bin:/bin` })
    const profile = shell === 'fish' ? '(awsmfa-use)' : '$(awsmfa-use)'
    await pty.expect(/\(work 2h0m\) .*> /s)
    pty.send('awsmfa-use\r')
    await pty.expect(/Profile, now 'work': [^]*Esc to cancel/)
    pty.send('dmi')
    await pty.expect('> admin')
    pty.send('\r')
    await pty.expect(/now 'work': admin[^]*> /)
    pty.send(`echo now-${profile}-\r`)
    await pty.expect('now-admin-')
    pty.send('awsmfa-use\r')
    await pty.expect('Esc to cancel')
    pty.send('\u001B')
    await pty.expect('canceled')
    pty.send(`echo code=${shell === 'fish' ? '$status' : '$?'} now-${profile}-\r`)
    await pty.expect('code=130 now-admin-')
    pty.send('exit\r')
    await pty.exit()
  })

  it.skipIf(isSkipped)('prints one warning above the prompt', async () => {
    const pty = await start(shell, { AWS_PROFILE: 'soon' })
    await pty.expect("awsmfa: session of 'soon' ends in 10 min. To renew: awsmfa login soon")
    await pty.expect(/\(soon 9m\) .*> /s)
    pty.send('echo again\r')
    await pty.expect(/\(soon 9m\) .*> /s)
    pty.send('exit\r')
    await pty.exit()
    expect(pty.output().split('ends in')).toHaveLength(2)
  })

  it.skipIf(isSkipped)('completes commands, options, option values and profiles', async () => {
    const pty = await start(shell)
    await pty.expect('> ')
    for (const [typed, words] of COMPLETIONS) {
      pty.send(`awsmfa ${typed}\t\r`)
      await pty.expect(`got<${words}>`)
    }
    pty.send('exit\r')
    await pty.exit()
    expect(existsSync(join(home.path, 'run'))).toBe(false)
  })

  it.skipIf(isSkipped)('completes file names as option values, without an error', async () => {
    home.write('ca-of-work.pem', '')
    const pty = await start(shell)
    await pty.expect('> ')
    pty.send('awsmfa login --ca-bundle ca-of\t\r')
    await pty.expect('got<login|--ca-bundle|ca-of-work.pem')
    pty.send('exit\r')
    await pty.exit()
    expect(pty.output()).not.toContain('no matches found')
  })

  it.skipIf(isSkipped)('completes a program and its arguments after `--` as at the start of a line', async () => {
    home.write('file-of-work', '')
    home.write('bin/some-other-program', '#!/bin/sh\n')
    chmodSync(join(home.path, 'bin/some-other-program'), 0o700)
    const pty = await start(shell, { PATH: `${join(home.path, 'bin')}:${process.env['PATH'] ?? ''}` })
    await pty.expect('> ')
    const tails = [
      ['exec work -- some-other-pro', 'exec|work|--|some-other-program'],
      ['exec -- some-other-program file-of', 'exec|--|some-other-program|file-of-work'],
      ['exec work -- some-other-program --cat ./file-of', 'exec|work|--|some-other-program|--cat|./file-of-work'],
      // No commands of awsmfa and no profiles are completed there.
      ['exec work -- credential-p', 'exec|work|--|credential-p'],
      ['exec work -- some-other-program --prof', 'exec|work|--|some-other-program|--prof'],
      ['login work -- --policy file-of', 'login|work|--|--policy|file-of-work'],
      ['-p work exec -- some-other-pro', '-p|work|exec|--|some-other-program'],
      ['exec --region login -- some-other-pro', 'exec|--region|login|--|some-other-program'],
      // Completions of the program itself work there too; bash needs the package bash-completion for that.
      ...(shell === 'bash' ? [] : ([['exec work -- awsmfa-use adm', 'exec|work|--|awsmfa-use|admin']] as const)),
    ] as const
    for (const [typed, words] of tails) {
      pty.send(`awsmfa ${typed}\t\r`)
      await pty.expect(`got<${words}>`)
    }
    pty.send('exit\r')
    await pty.exit()
  })

  it.skipIf(isSkipped).each([
    { what: 'the profile', typed: 'adm', used: 'admin' },
    { what: '--clear', typed: '--cl', used: 'default' },
  ])('completes $what for awsmfa-use', async ({ typed, used }) => {
    const pty = await start(shell, { AWS_PROFILE: 'work' })
    await pty.expect('> ')
    pty.send(`awsmfa-use ${typed}\t\r`)
    pty.send('awsmfa-use >used\r')
    pty.send('exit\r')
    await pty.exit()
    expect(home.read('used').toString()).toBe(`${used}\n`)
  })

  it.skipIf(isSkipped)(
    'completes every profile that AWS tools know, and runs no command in a profile name',
    async () => {
      const pty = await start(shell)
      await pty.expect('> ')
      const list = shell === 'fish' ? '_awsmfa_profiles' : `_awsmfa_profiles; printf '%s\\n' "\${_awsmfa_names[@]}"`
      pty.send(`${list} >names\r`)
      await pty.expect('> ')
      // In a path variables are read as AWS's tools do it.
      pty.send("export AWS_CONFIG_FILE='$HOME/.aws/config' AWS_SHARED_CREDENTIALS_FILE='${HOME}/.aws/credentials'\r")
      await pty.expect('> ')
      pty.send(`${list} >same-names\r`)
      await pty.expect('> ')
      pty.send('exit\r')
      await pty.exit()
      const names = home.read('names').toString().trim().split('\n')
      expect(home.read('same-names').toString().trim().split('\n')).toEqual(names)
      expect([...new Set(names)]).toEqual([
        'work',
        'work-long-term',
        'workPerm',
        'two words',
        'a:b',
        '$(touch run)',
        'default',
        'admin',
        'quoted one',
        'adept',
      ])
    },
  )

  it.skipIf(isSkipped)('prints nothing in a home without files', async () => {
    rmSync(join(home.path, '.aws'), { recursive: true })
    const pty = await start(shell)
    await pty.expect('> ')
    pty.send('awsmfa login \t\r')
    await pty.expect('got<login')
    pty.send('exit\r')
    await pty.exit()
    expect(pty.output()).not.toMatch(/No such|not found|error|awsmfa:/i)
  })
})
