/** The code that `awsmfa shell-init` prints. */
import { describe, expect, it } from 'vitest'
import {
  ENV_FORMATS,
  FOREIGN_TOOLS,
  HELP_TOPICS,
  KEY_PLACES,
  LAYOUT_NAMES,
  PROMPT_CHOICES,
  SHELL_NAMES,
  findShell,
} from '../../src/command-line/spec.ts'
import { LONG_TERM_SUFFIXES } from '../../src/aws-files/profile-keys.ts'
import { spellings } from '../../src/command-line/parse.ts'
import { ALL_OPTIONS } from '../../src/command-line/parse.ts'
import { COMMAND_TABLE } from '../../src/command-line/table.ts'
import { KEY_STORES } from '../../src/model/credentials.ts'
import { COMMAND_NAMES } from '../../src/model/invocation.ts'
import { ENCODED_CHARACTERS, promptFileName } from '../../src/sessions/prompt-line.ts'
import {
  completedCommands,
  completionWords,
  renderShellInit,
  spellingsOf,
  valueOptions,
} from '../../src/shell/shell-init.ts'
import type { CompletedCommand } from '../../src/shell/shell-init.ts'

const SOME: readonly CompletedCommand[] = [
  {
    name: '',
    takes: [
      { name: 'login', description: "Sign in: it's quick" },
      { name: 'env', description: '' },
    ],
    options: [{ name: 'help', short: 'h', description: 'show help', offers: 'nothing' }],
  },
  {
    name: 'login',
    takes: 'profile',
    options: [
      { name: 'profile', short: 'p', description: 'the profile', offers: 'profiles' },
      { name: 'ca-bundle', description: 'a file', offers: 'files' },
      { name: 'all', description: 'all', offers: 'nothing' },
    ],
  },
  { name: 'exec', takes: 'profile', options: [], tail: 'command' },
  {
    name: 'cache',
    takes: [
      { name: 'show', description: 'show it' },
      { name: 'clear', description: '' },
    ],
    options: [],
  },
  { name: 'cache show', takes: [], options: [] },
  { name: 'cache clear', takes: 'profile', options: [{ name: 'min', description: 'so much', offers: 'anything' }] },
  { name: 'env', takes: [], options: [{ name: 'format', description: 'the form', offers: ['env', 'fish'] }] },
]

describe('the code for a shell', () => {
  it.each(SHELL_NAMES)('%s is the file of that shell with every slot filled', async (shell) => {
    await expect(renderShellInit(shell, SOME)).toMatchFileSnapshot(`${shell}.golden.txt`)
  })

  it.each(SHELL_NAMES)('%s encodes every character that is encoded in names of files', (shell) => {
    const code = renderShellInit(shell, [])
    for (const character of ENCODED_CHARACTERS) expect(code).toContain(promptFileName(character))
    expect(code).toContain('%2E')
  })

  it.each(SHELL_NAMES)('%s completes every command and option', (shell) => {
    const code = renderShellInit(shell, completedCommands())
    for (const { name, options } of completedCommands())
      for (const option of options)
        expect(code).toMatch(
          new RegExp(
            shell === 'fish'
              ? `_awsmfa_is ${name === '' || name.includes(' ') ? `"${name}"` : name}' (-f )?-l ${option.name}\\b`
              : `--${option.name}\\b`,
          ),
        )
  })
})

describe('completion before the command', () => {
  it.each(SHELL_NAMES)('%s knows every option that takes a value', (shell) => {
    // In login --replace is a flag.
    const taking = [
      ...new Set(ALL_OPTIONS.filter(({ kind, name }) => kind === 'value' && name !== 'replace').flatMap(spellings)),
    ]
    expect(spellingsOf(valueOptions(completedCommands())).toSorted()).toEqual(taking.toSorted())
    const [line = ''] = /taking(?: = @\(|=| )['-].*/.exec(renderShellInit(shell, completedCommands())) ?? []
    expect((line.match(/(?<=['\s])--?[a-z-]+/g) ?? []).toSorted()).toEqual(taking.toSorted())
  })

  it('completes values of options that all commands share, and offers the global options alone', () => {
    const commands = completedCommands()
    const [before] = commands.map((command) => completionWords(command, commands))
    expect(before).toMatchObject({
      flags: '--help -h --version -V --licenses',
      values: '',
      profiles: '--profile -p --source-profile',
    })
    // The --format of env is one of a few words, that of status a template; import cannot move keys to a file.
    expect(before?.choices).toBe(
      `--prompt=${PROMPT_CHOICES.join(',')} --to=${KEY_PLACES.join(',')} --from=${KEY_STORES.join(',')} --layout=${LAYOUT_NAMES.join(',')} `,
    )
  })
})

describe('completed words', () => {
  it('are plain, so that no shell interprets them', () => {
    const words = completedCommands().flatMap(({ name, takes, options }) => [
      name,
      ...(takes === 'profile' ? [] : takes.map((word) => word.name)),
      ...options.flatMap((option) => [
        option.name,
        option.short ?? '',
        ...(typeof option.offers === 'string' ? [] : option.offers),
      ]),
    ])
    expect(words.filter((word) => !/^[a-z0-9-]*(?: [a-z]+)?$/i.test(word))).toEqual([])
  })

  it('are the commands of the table', () => {
    expect(completedCommands().map(({ name }) => name)).toEqual([
      '',
      ...COMMAND_NAMES.flatMap((name) => [
        name,
        ...Object.keys(COMMAND_TABLE[name].actions ?? {}).map((action) => `${name} ${action}`),
      ]),
      'help',
    ])
  })

  it('include the values of options with a closed set', () => {
    const offered = completedCommands().flatMap(({ name, options }) =>
      options.map(({ name: option, offers }) => [`${name} --${option}`, offers] as const),
    )
    expect(Object.fromEntries(offered.filter(([, offers]) => typeof offers !== 'string'))).toEqual({
      'env --format': ENV_FORMATS,
      'login --prompt': PROMPT_CHOICES,
      'credential-process --prompt': PROMPT_CHOICES,
      'setup --layout': LAYOUT_NAMES,
      'setup --keys': KEY_PLACES,
      'import --keys': KEY_STORES,
      'keys --to': KEY_PLACES,
      'keys add --to': KEY_PLACES,
      'keys move --to': KEY_PLACES,
      'keys --from': KEY_STORES,
      'keys remove --from': KEY_STORES,
    })
    // A new option with a closed set of values fails here.
    expect(
      new Set(offered.filter(([, offers]) => offers === 'anything').map(([option]) => option.replace(/^.* --/, ''))),
    ).toEqual(
      new Set([
        'token-code',
        'serial-number',
        'role-arn',
        'duration',
        'duration-seconds',
        'min-ttl',
        'region',
        'endpoint-url',
        'format',
        'refresh-window',
        'timeout',
        'service',
        'destination',
        'replace',
      ]),
    )
  })

  it('include the words that a command takes', () => {
    const takes = (command: string): unknown => {
      const found = completedCommands().find(({ name }) => name === command)?.takes
      return typeof found === 'string' ? found : found?.map(({ name }) => name)
    }
    expect(['import', 'shell-init', 'cache', 'cache show', 'cache clear', 'undo', 'status'].map(takes)).toEqual([
      FOREIGN_TOOLS,
      SHELL_NAMES,
      ['show', 'clear'],
      [],
      'profile',
      [],
      'profile',
    ])
    expect(takes('help')).toEqual([...COMMAND_NAMES, ...HELP_TOPICS])
    expect(takes('')).toEqual([...COMMAND_NAMES, 'help'])
  })
})

describe('findShell', () => {
  it.each([
    ['bash', 'bash'],
    ['pwsh', 'powershell'],
    ['powershell', 'powershell'],
    ['sh', undefined],
    ['Bash', undefined],
    ['', undefined],
    ['toString', undefined],
  ])('%j is %j', (word, shell) => {
    expect(findShell(word)).toBe(shell)
  })
})

describe('the code for PowerShell', () => {
  it('puts every word of the table in single quotes', () => {
    const code = renderShellInit('powershell', [
      {
        name: "it's",
        takes: [{ name: '$(x)', description: '' }],
        options: [{ name: '`n', description: '', offers: ["'", '"'] }],
      },
    ])
    expect(code).toContain("  'it''s' = @{ Flags = @(); Values = @('--`n'); Profiles = @(); Choices = @{ '--`n' = ")
    expect(code).toContain("Choices = @{ '--`n' = @('''', '\"') }; TakesProfile = $false; Takes = @('$(x)'); ")
    expect(code).toContain("Takes = @('$(x)'); TakesProgram = $false }\n")
  })

  it('expands only its own variables in double quotes', () => {
    const inDouble = [...renderShellInit('powershell', []).matchAll(/"[^"\n]*"/g)].map(([text]) => text)
    const variables = inDouble.flatMap((text) => [...text.matchAll(/\$\(?[\w:.]*/g)].map(([name]) => name))
    // PowerShell expands a variable in them once, and does not look at what it put there.
    expect(
      variables.every((name) =>
        /^\$(\(|env:|label|left|end|name|minutes|word|command|credentials|last|element|_)/.test(name),
      ),
    ).toBe(true)
  })
})

it.each(SHELL_NAMES)('%s completes no section of long-term keys, whatever its suffix', (shell) => {
  const code = renderShellInit(shell, completedCommands())
  expect(LONG_TERM_SUFFIXES.filter((suffix) => !code.includes(suffix))).toEqual([])
})
