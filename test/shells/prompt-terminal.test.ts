/**
 * The prompt and completion as a person has them: the two lines of the README in a start-up file, on a pseudo-terminal.
 */
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openPty } from '../support/pty.ts'
import type { Pty } from '../support/pty.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'
import { needsInstalledFile, needsProgram } from '../support/outside-program.ts'
import { age, endingIn, installSnippet, lacksShell, PROMPT_SHELLS, writeLine } from './prompt-shells.ts'
import type { PromptShell } from './prompt-shells.ts'

const CREDENTIALS = '[work]\n[work-long-term]\n[two words]\n[a:b]\n[DEFAULT]\n[ $(touch run) ]\n'
const CONFIG = '[default]\n[profile admin]\n[profile "quoted one"]\n[sso-session none]\n[services x]\n[profile adept]\n'

/** In the place of the tool: says which words it was given. */
const ECHO = `awsmfa() { local IFS='|'; echo "got<$*>"; }\n`

/** What a person writes into the start-up file, and how the shell is started so that it reads that one alone. */
const SET_UP: Readonly<
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

/** What is typed before TAB and Enter, and the words that the tool is given. */
const COMPLETIONS = [
  ['credential-p', 'credential-process'],
  ['login --token-cod', 'login|--token-code'],
  ['logout adm', 'logout|admin'],
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
  // Options may stand ahead of the command, and none of their values is one.
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
  const { file, text, argv } = SET_UP[shell]
  home.write(file, text(installSnippet(home, shell)))
  // Without it fish reads all man pages in the background at its first start.
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
  it.skipIf(lacksShell('bash') || !needsProgram('python3') || !needsInstalledFile(BASH_COMPLETION))(
    'completes what is known of the words of a program after `--`',
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

describe.each(PROMPT_SHELLS)('%s with the lines of the README', (shell) => {
  const lacks = lacksShell(shell) || !needsProgram('python3')

  it.skipIf(lacks)('shows what is left, follows awsmfa-use, and keeps the code of the last command', async () => {
    const pty = await start(shell, { AWS_PROFILE: 'work' })
    await pty.expect(/\(work 2h0m\) .*> /s)
    pty.send('false\r')
    await pty.expect(/\(work 2h0m\) .*> /s)
    pty.send(shell === 'fish' ? 'echo "code=$status"\r' : 'echo "code=$?"\r')
    await pty.expect(/code=1\b/)
    pty.send(
      'awsmfa-use nowhere; echo now-(awsmfa-use)-\r'.replace(
        '(awsmfa-use)',
        shell === 'fish' ? '(awsmfa-use)' : '$(awsmfa-use)',
      ),
    )
    await pty.expect(/now-nowhere-[\s\S]*> /)
    pty.send('awsmfa-use work\r')
    await pty.expect(/\(work 2h0m\) .*> /s)
    pty.send('exit\r')
    expect(await pty.exit()).toEqual({ code: 0, signal: null })
  })

  it.skipIf(lacks)('warns once, above the prompt', async () => {
    const pty = await start(shell, { AWS_PROFILE: 'soon' })
    await pty.expect("awsmfa: note: the session of 'soon' ends in 10 min; to renew it: awsmfa login soon")
    await pty.expect(/\(soon 9m\) .*> /s)
    pty.send('echo again\r')
    await pty.expect(/\(soon 9m\) .*> /s)
    pty.send('exit\r')
    await pty.exit()
    expect(pty.output().split('ends in')).toHaveLength(2)
  })

  it.skipIf(lacks)('completes commands, options, their values and profiles', async () => {
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

  it.skipIf(lacks)('completes the files that an option takes, without a complaint', async () => {
    home.write('ca-of-work.pem', '')
    const pty = await start(shell)
    await pty.expect('> ')
    pty.send('awsmfa login --ca-bundle ca-of\t\r')
    await pty.expect('got<login|--ca-bundle|ca-of-work.pem')
    pty.send('exit\r')
    await pty.exit()
    expect(pty.output()).not.toContain('no matches found')
  })

  it.skipIf(lacks)(
    'completes a program and its words after `--`, as the shell does at the beginning of a line',
    async () => {
      home.write('file-of-mine', '')
      home.write('bin/some-other-program', '#!/bin/sh\n')
      chmodSync(join(home.path, 'bin/some-other-program'), 0o700)
      const pty = await start(shell, { PATH: `${join(home.path, 'bin')}:${process.env['PATH'] ?? ''}` })
      await pty.expect('> ')
      const tails = [
        ['exec work -- some-other-pro', 'exec|work|--|some-other-program'],
        ['exec -- some-other-program file-of', 'exec|--|some-other-program|file-of-mine'],
        ['exec work -- some-other-program --cat ./file-of', 'exec|work|--|some-other-program|--cat|./file-of-mine'],
        // Words of awsmfa's own, and profiles, have no place there.
        ['exec work -- credential-p', 'exec|work|--|credential-p'],
        ['exec work -- some-other-program --prof', 'exec|work|--|some-other-program|--prof'],
        ['login work -- --policy file-of', 'login|work|--|--policy|file-of-mine'],
        ['-p work exec -- some-other-pro', '-p|work|exec|--|some-other-program'],
        ['exec --region login -- some-other-pro', 'exec|--region|login|--|some-other-program'],
        // What is known of a program is known of it there too. bash has that from the package bash-completion.
        ...(shell === 'bash' ? [] : ([['exec work -- awsmfa-use adm', 'exec|work|--|awsmfa-use|admin']] as const)),
      ] as const
      for (const [typed, words] of tails) {
        pty.send(`awsmfa ${typed}\t\r`)
        await pty.expect(`got<${words}>`)
      }
      pty.send('exit\r')
      await pty.exit()
    },
  )

  it.skipIf(lacks)('completes the name for awsmfa-use', async () => {
    const pty = await start(shell)
    await pty.expect('> ')
    pty.send('awsmfa-use adm\t\r')
    pty.send('awsmfa-use >used\r')
    pty.send('exit\r')
    await pty.exit()
    expect(home.read('used').toString()).toBe('admin\n')
  })

  it.skipIf(lacks)('offers every profile that tools know, and runs nothing of a name', async () => {
    const pty = await start(shell)
    await pty.expect('> ')
    const list = shell === 'fish' ? '_awsmfa_profiles' : `_awsmfa_profiles; printf '%s\\n' "\${_awsmfa_names[@]}"`
    pty.send(`${list} >names\r`)
    await pty.expect('> ')
    pty.send('exit\r')
    await pty.exit()
    const names = home.read('names').toString().trim().split('\n')
    expect([...new Set(names)]).toEqual([
      'work',
      'work-long-term',
      'two words',
      'a:b',
      '$(touch run)',
      'default',
      'admin',
      'quoted one',
      'adept',
    ])
  })

  it.skipIf(lacks)('is silent in a home without any files', async () => {
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
