/**
 * Somebody who has the README and a clean home, in each shell, on a pseudo-terminal: the files of the first login, the
 * login, the lines in the start-up file, a new shell, and the prompt says what is left. Every name, line and word that
 * is typed is taken from the README.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { openPty } from '../support/pty.ts'
import type { Pty } from '../support/pty.ts'
import { aliceWorld } from '../support/strict-sts/worlds.ts'
import { openStage } from '../support/transcript-stage.ts'
import type { TranscriptStage } from '../support/transcript-stage.ts'
import { lacksShell, PROMPT_SHELLS } from './prompt-shells.ts'
import type { PromptShell } from './prompt-shells.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const README = readFileSync(join(ROOT, 'README.md'), 'utf8')

/** A block of the README, and the last file that the text before it names. */
interface Block {
  readonly language: string
  readonly body: string
  readonly file: string | undefined
  readonly before: string
}

/** The blocks under a heading, up to the next one of its kind. */
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

/** What is typed to sign in, the question as far as the code, and what is said then as far as the time. */
function loginOf(): { readonly line: string; readonly question: string; readonly outcome: string } {
  const { body } = found(
    blocksUnder('First login').find(({ language }) => language === 'console'),
    'login on a console',
  )
  const [line, question, outcome] = [
    /^\$ (awsmfa login .*)$/m,
    /^(MFA code .*: )\d{6}$/m,
    /^. (.* signed in as .*? until )/m,
  ].map((pattern) => found(pattern.exec(body)?.[1], String(pattern)))
  return { line: found(line, 'login'), question: found(question, 'question'), outcome: found(outcome, 'outcome') }
}

/**
 * How each is started, where its lines are, where it is said what it shows then, and what is round that; fish goes some
 * columns to the right first.
 */
const SHELLS: Readonly<
  Record<
    PromptShell,
    {
      readonly argv: readonly string[]
      readonly named: RegExp
      readonly says: RegExp
      readonly around: readonly [before: string, after: string]
    }
  >
> = {
  bash: {
    argv: ['bash'],
    named: /For bash\b/,
    says: /In bash and zsh the\sprompt begins with `([^`]+)`/,
    around: ['', ' [^\\n]*[$#] '],
  },
  zsh: {
    argv: ['zsh'],
    named: /For zsh\b/,
    says: /In bash and zsh the\sprompt begins with `([^`]+)`/,
    around: ['', ' [^\\n]*[%#] '],
  },
  fish: {
    argv: ['fish'],
    named: /For fish\b/,
    says: /in fish `([^`]+)` or `[^`]+` stands at the right/,
    around: ['(?:\\[\\d\\d+C| {20})', '(?!\\))'],
  },
}

/** What the prompt shows by the README, whatever the minutes are: in the first second twelve hours are left. */
function segmentOf(shell: PromptShell): RegExp {
  const { says, around } = SHELLS[shell]
  const said = found(says.exec(README)?.[1], `words for what ${shell} shows`)
  return new RegExp(
    around.join(said.replace(/[()]/g, String.raw`\$&`).replace(/\d+h\d+m/, String.raw`(?:11h\d{1,2}|12h0)m`)),
  )
}

/** The block of the start-up file for a shell: the first behind the words that name it. */
function startUpOf(shell: PromptShell): Block {
  return found(
    blocksUnder('The prompt').find(({ before }) => SHELLS[shell].named.test(before)),
    `lines for ${shell}`,
  )
}

let stage: TranscriptStage
const open: Pty[] = []
beforeEach(async () => {
  stage = await openStage(aliceWorld())
})
afterEach(async () => {
  for (const pty of open.splice(0)) pty.close()
  await stage.close()
})

async function newShell(shell: PromptShell): Promise<Pty> {
  const pty = await openPty(SHELLS[shell].argv, {
    environment: { ...stage.world.environment, TERM: 'xterm' },
    cwd: stage.home.path,
    columns: 120,
  })
  open.push(pty)
  return pty
}

async function valueOf(variable: string): Promise<string> {
  return await found(stage.world.variables[variable], variable)()
}

/** What the README says about files, with keys that STS knows. */
async function writeFiles(): Promise<void> {
  const files = blocksUnder('First login')
    .filter(({ language }) => language === 'ini')
    .slice(0, 2)
  const keys = {
    AKIAIOSFODNN7EXAMPLE: await valueOf('alice-key'),
    'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY': await valueOf('alice-secret'),
  }
  for (const { body, file } of files)
    stage.home.write(
      found(file, 'name of a file'),
      Object.entries(keys).reduce((text, [example, real]) => text.replace(example, real), body),
    )
  expect(files.map(({ file }) => file)).toEqual(['.aws/credentials', '.aws/config'])
  expect(stage.home.read('.aws/credentials').toString()).toContain(await valueOf('alice-secret'))
}

describe.each(PROMPT_SHELLS)('somebody with %s who has only the README', (shell) => {
  it.skipIf(lacksShell(shell) || !needsProgram('python3'))(
    'gets from nothing to a prompt that says what is left, in much less than five minutes',
    async () => {
      const start = Date.now()
      const { file, body } = startUpOf(shell)
      const startUpFile = found(file, `start-up file for ${shell}`)
      const { line, question, outcome } = loginOf()
      const use = found(/`(awsmfa-use \w+)`/.exec(README)?.[1], 'awsmfa-use')
      // Without a file of its own zsh asks what to put there; without the other fish reads every man page at its first
      // start.
      stage.home.write(startUpFile, '# mine\n')
      stage.home.write('.local/share/fish/generated_completions/none.fish', '')
      await writeFiles()

      const first = await newShell(shell)
      first.send(`${line}\r`)
      await first.expect(question)
      first.send(`${await valueOf('code')}\r`)
      await first.expect(outcome)
      first.send('exit\r')
      expect(await first.exit()).toEqual({ code: 0, signal: null })
      expect(first.output()).not.toMatch(/base 11h/)

      stage.home.write(startUpFile, `${stage.home.read(startUpFile).toString()}${body}`)
      const second = await newShell(shell)
      second.send(`${use}\r`)
      await second.expect(segmentOf(shell))
      // TAB completes the word, and puts a blank behind it.
      second.send('awsmfa statu\tbase\r')
      await second.expect(/ left, until .*alice in/)
      second.send('exit\r')
      expect(await second.exit()).toEqual({ code: 0, signal: null })
      expect(second.output()).not.toMatch(/not found|unknown command|error/i)
      expect(Date.now() - start).toBeLessThan(60_000)
    },
  )

  it('finds the same lines in docs/prompt.md', () => {
    const { language, body } = startUpOf(shell)
    expect(readFileSync(join(ROOT, 'docs/prompt.md'), 'utf8')).toContain(`\`\`\`${language}\n${body}\`\`\``)
  })
})
