/**
 * The README's quick start, followed literally in a clean home with each shell on a pseudo-terminal: set up the access
 * key in `[default]`, log in, add the lines to the start-up file, and see the session in the prompt of a new shell.
 * Every file name and command is taken from the README.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { openPty } from '../support/pty.ts'
import type { Pty } from '../support/pty.ts'
import { aliceWorld } from '../support/strict-sts/worlds.ts'
import { openSandbox } from '../support/sandbox.ts'
import type { Sandbox } from '../support/sandbox.ts'
import { PROMPT_SHELLS } from './prompt-shells.ts'
import type { PromptShell } from './prompt-shells.ts'
import { isMissing } from './shells.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const README = readFileSync(join(ROOT, 'README.md'), 'utf8')

/** A code block of the README, and the last file that the text before it names. */
interface Block {
  readonly language: string
  readonly body: string
  readonly file: string | undefined
  readonly before: string
}

/** Returns the code blocks of a section of level 2. */
function blocksUnder(heading: string): readonly Block[] {
  const part = README.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return [...part.matchAll(/([^]*?)^```(\w+)\n([^]*?)^```$/gm)].map(([, before = '', language = '', body = '']) => ({
    before,
    language,
    body,
    file: [...before.matchAll(/`~\/([^`]+)`/g)].at(-1)?.[1],
  }))
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the README has no ${what}`)
  return value
}

/** Returns the first two commands, each with the prompt up to the answer, and the success message up to the time. */
function quickStart() {
  const { body } = found(
    blocksUnder('Quick start').find(({ language }) => language === 'console'),
    'quick start on a console',
  )
  const [setup, confirmation, offer, prompt, success] = [
    /^\$ (awsmfa setup.*)$/m,
    /^(.*\? \[y\/N\]) y$/m,
    /^(.*\? \[Y\/n\]) y$/m,
    /^(MFA code .*: )\d{6}$/m,
    /^. (.* signed in as .*? until )/m,
  ].map((pattern) => found(pattern.exec(body)?.[1], String(pattern)))
  return {
    setup: found(setup, 'setup'),
    confirmation: found(confirmation, 'confirmation'),
    offer: found(offer, 'offer to sign in'),
    prompt: found(prompt, 'prompt'),
    success: found(success, 'success'),
  }
}

/**
 * For each shell: its command, the words of the README before its start-up lines, the sentence that shows its prompt,
 * and what the screen shows around the segment. fish moves the cursor to the right first.
 */
const SHELLS: Readonly<
  Record<
    PromptShell,
    {
      readonly argv: readonly string[]
      readonly mention: RegExp
      readonly example: RegExp
      readonly around: readonly [before: string, after: string]
    }
  >
> = {
  bash: {
    argv: ['bash'],
    mention: /For bash\b/,
    example: /the prompt of bash and zsh starts with `([^`]+)`/,
    around: ['', ' [^\\n]*[$#] '],
  },
  zsh: {
    argv: ['zsh'],
    mention: /For zsh\b/,
    example: /the prompt of bash and zsh starts with `([^`]+)`/,
    around: ['', ' [^\\n]*[%#] '],
  },
  fish: {
    argv: ['fish'],
    mention: /For fish\b/,
    example: /In fish, `([^`]+)` is at the right end/,
    around: ['(?:\\[\\d\\d+C| {20})', '(?!\\))'],
  },
}

/** Returns the segment that the README shows, with the time remaining right after a login of 12 hours. */
function segmentOf(shell: PromptShell): RegExp {
  const { example, around } = SHELLS[shell]
  const segment = found(example.exec(README)?.[1], `prompt of ${shell}`)
  return new RegExp(
    around.join(segment.replace(/[()]/g, String.raw`\$&`).replace(/\d+h\d+m/, String.raw`(?:11h\d{1,2}|12h0)m`)),
  )
}

/** Returns the lines for the start-up file of a shell. */
function startUpOf(shell: PromptShell): Block {
  return found(
    blocksUnder('The prompt').find(({ before }) => SHELLS[shell].mention.test(before)),
    `lines for ${shell}`,
  )
}

let sandbox: Sandbox
const open: Pty[] = []
beforeEach(async () => {
  sandbox = await openSandbox(aliceWorld())
})
afterEach(async () => {
  for (const pty of open.splice(0)) pty.close()
  await sandbox.close()
})

async function newShell(shell: PromptShell): Promise<Pty> {
  const pty = await openPty(SHELLS[shell].argv, {
    environment: { ...sandbox.world.environment, TERM: 'xterm' },
    cwd: sandbox.home.path,
    columns: 120,
  })
  open.push(pty)
  return pty
}

async function valueOf(variable: string): Promise<string> {
  return await found(sandbox.world.variables[variable], variable)()
}

/** Writes the files from the README, with an access key that the strict STS knows. */
async function writeFiles(): Promise<void> {
  const files = blocksUnder('Quick start')
    .filter(({ language }) => language === 'ini')
    .slice(0, 2)
  const keys = {
    AKIAIOSFODNN7EXAMPLE: await valueOf('alice-key'),
    'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY': await valueOf('alice-secret'),
  }
  for (const { body, file } of files)
    sandbox.home.write(
      found(file, 'name of a file'),
      Object.entries(keys).reduce((text, [example, real]) => text.replace(example, real), body),
    )
  expect(files.map(({ file }) => file)).toEqual(['.aws/credentials', '.aws/config'])
  expect(sandbox.home.read('.aws/credentials').toString()).toContain(await valueOf('alice-secret'))
}

describe.each(PROMPT_SHELLS)('a new user of %s who follows the README', (shell) => {
  it.skipIf(isMissing(shell) || !needsProgram('python3'))(
    'has the time remaining in the prompt within a minute',
    async () => {
      const start = Date.now()
      const { file, body } = startUpOf(shell)
      const startUpFile = found(file, `start-up file for ${shell}`)
      const { setup, confirmation, offer, prompt, success } = quickStart()
      // Without a start-up file zsh offers to create one; without a completion file fish parses every man page at its
      // first start.
      sandbox.home.write(startUpFile, '# existing\n')
      sandbox.home.write('.local/share/fish/generated_completions/none.fish', '')
      await writeFiles()

      const first = await newShell(shell)
      first.send(`${setup}\r`)
      await first.expect(confirmation)
      first.send('y\r')
      await first.expect(offer)
      first.send('y\r')
      await first.expect(prompt)
      first.send(`${await valueOf('code')}\r`)
      await first.expect(success)
      first.send('exit\r')
      expect(await first.exit()).toEqual({ code: 0, signal: null })
      expect(first.output()).not.toMatch(/default 11h/)

      sandbox.home.write(startUpFile, `${sandbox.home.read(startUpFile).toString()}${body}`)
      const second = await newShell(shell)
      await second.expect(segmentOf(shell))
      // TAB completes the word and adds a space.
      second.send('awsmfa statu\t\r')
      await second.expect(/ left, until .*\(alice/)
      second.send('exit\r')
      expect(await second.exit()).toEqual({ code: 0, signal: null })
      expect(second.output()).not.toMatch(/not found|unknown command|error/i)
      expect(Date.now() - start).toBeLessThan(60_000)
    },
  )

  it('sees the same start-up lines in docs/prompt.md', () => {
    const { language, body } = startUpOf(shell)
    expect(readFileSync(join(ROOT, 'docs/prompt.md'), 'utf8')).toContain(`\`\`\`${language}\n${body}\`\`\``)
  })
})
