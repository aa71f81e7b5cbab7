/** Checks the documentation: console examples match the real output, tables are current, commands parse, links work. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { exitCodeOf } from '../../src/cli/supervise.ts'
import { parse } from '../../src/command-line/parse.ts'
import { COMMAND_NAMES } from '../../src/model/invocation.ts'
import { parseStsArguments } from '../../src/login/sts-options.ts'
import { namesRole } from '../../src/login/sts-options.ts'
import { needsProgram } from '../support/outside-program.ts'
import { aliceWorld } from '../support/strict-sts/worlds.ts'
import { openSandbox } from '../support/sandbox.ts'
import { parseTranscript, runTranscript } from '../support/transcript.ts'
import { FAILURE_EXAMPLES } from '../errors/failure-examples.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** The pages of the guide. */
const GUIDE = readdirSync(join(ROOT, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`)
const DOCUMENTS = ['README.md', ...GUIDE, 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md']

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** Returns the code blocks of a language. */
function blocks(text: string, language: string): readonly string[] {
  return codeBlocks(text)
    .filter((block) => block.language === language)
    .map(({ body }) => body)
}

/** Returns the code blocks of a text, each with the last file of the home folder that the text before it names. */
function codeBlocks(text: string) {
  return [...text.matchAll(/([^]*?)^```(\w+)\n([^]*?)^```$/gm)].map(([, before = '', language = '', body = '']) => ({
    language,
    body,
    file: [...before.matchAll(/`~\/([^`]+)`/g)].at(-1)?.[1],
  }))
}

const FOREIGN_KEYS = `-- .aws/credentials --
[work-long-term]
aws_access_key_id = {alice-key}
aws_secret_access_key = {alice-secret}
aws_mfa_device = arn:aws:iam::111111111111:mfa/alice
`
const WORK = `-- .aws/credentials --
[work-long-term]
aws_access_key_id = {alice-key}
aws_secret_access_key = {alice-secret}
-- .aws/config --
[profile work]
region = eu-west-1
awsmfa_mfa_serial = arn:aws:iam::111111111111:mfa/alice
-- .config/awsmfa/config.ini --
duration = 8h
`
const TYPO = `-- .aws/credentials --
[base-long-term]
aws_access_key_id = {alice-key}
aws_secret_access_key = {alice-secret}
-- .aws/config --
[profile base]
region = eu-west-1
awsmfa_mfa_serial = arn:aws:iam::111111111111:mfa/alice

[profile late]
role_arn = arn:aws:iam::222222222222:role/Admin
region = eu-west-1 # Ireland
source_profile = bsae
`

/**
 * For a page and its section, or a page alone for the text before its first section: what is done before and after its
 * console blocks, as a transcript, and the exit codes of commands other than 0. The ini blocks of a section are written
 * to the files that the text names.
 */
const EXAMPLES: Readonly<
  Record<string, { readonly before?: string; readonly after?: string; readonly exitCodes?: Record<string, number> }>
> = {
  'README.md, Quick start': {},
  'docs/getting-started.md, Your access key is in ~/.aws/credentials': {},
  'docs/getting-started.md, You have no access key in your files': {},
  'docs/getting-started.md, Write the files yourself': { after: '$ awsmfa logout base\n!> ✔ base: signed out…\n!> …' },
  'docs/your-day.md, One code in the morning': {},
  'docs/import.md': { before: FOREIGN_KEYS },
  'docs/settings.md': { before: WORK },
  'docs/doctor.md': {
    before: `${TYPO}\n$ awsmfa login base --token-code {code} --quiet`,
    exitCodes: { 'awsmfa doctor': 1, 'awsmfa doctor --verbose': 1 },
  },
}

/** Returns the sections of a page that have console blocks, by page and heading. */
function examplesIn(path: string): readonly (readonly [name: string, text: string])[] {
  return read(path)
    .split('\n## ')
    .map((text, index) => [index === 0 ? path : `${path}, ${text.split('\n')[0] ?? ''}`, text] as const)
    .filter(([, text]) => blocks(text, 'console').length > 0)
}

/** What a person answers at each prompt, and what the terminal then shows after the prompt. */
const ANSWERS: readonly (readonly [prompt: RegExp, typed?: string, shown?: string])[] = [
  [/^MFA code .*: (?=\d)/, '{code}', '…'],
  [/^Access key ID: (?=\S)/i, '{alice-key}', '…'],
  [/^Secret access key.*: (?=$)/, '{alice-secret}', ''],
  [/^Region.*: (?=\S)/],
  [/^.*\? \[y\/n\] (?=\w)/i],
]

/** Commands that print data to stdout; the others print to stderr alone. */
const DATA_COMMAND = /^(?:\w+=\S+ )*awsmfa (?:status|settings|doctor)\b/

/** Converts a console block to a transcript: answers prompts, separates stderr from stdout, and allows any time. */
function asTranscript(block: string, exitCodes: Readonly<Record<string, number>> = {}): string {
  let command = ''
  return block
    .split('\n')
    .flatMap((line) => {
      if (line.startsWith('$ ')) {
        command = line.slice(2)
        return [line, `? ${exitCodes[command] ?? 0}`]
      }
      const shown = anyTime(withTestKeys(line))
      for (const [prompt, typed, echo] of ANSWERS) {
        const [asked] = prompt.exec(shown) ?? []
        if (asked === undefined) continue
        const answer = shown.slice(asked.length)
        return [`tty ${typed ?? answer}`, `tty> ${asked}${echo ?? answer}`]
      }
      return [`${DATA_COMMAND.test(command) && !shown.startsWith('awsmfa: ') ? '>' : '!>'} ${shown}`]
    })
    .join('\n')
}

function anyTime(text: string): string {
  // A time tomorrow is longer, so the column has fewer spaces after it.
  return text.replace(
    /\b\d\d:\d\d\b(?: {2,}(?=through))?|\b\d+ h(?: \d+ min)?\b|\b11 hours\b|\d{4}-\d\d-\d\dT[\d:]+Z/g,
    '…',
  )
}

/** Replaces the access key of the documentation by one that the strict STS knows. */
function withTestKeys(text: string): string {
  return text
    .replace('AKIAIOSFODNN7EXAMPLE', '{alice-key}')
    .replace('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', '{alice-secret}')
    .replace('…MPLE', '…')
}

/**
 * Returns the transcript of a section. The ini blocks before its first console block are files to write; a later one is
 * what the commands add to a file.
 */
function transcriptOf(text: string, { before = '', after = '', exitCodes = {} }: (typeof EXAMPLES)[string]): string {
  const written = new Map<string, string>()
  const parts = [before]
  let hasRun = false
  for (const { language, body, file = '' } of codeBlocks(text)) {
    if (language === 'console') {
      hasRun = true
      parts.push(asTranscript(body.trimEnd(), exitCodes))
    } else if (language === 'ini' && hasRun)
      parts.push(`== ${file} ==\n${written.get(file) ?? ''}\n${anyTime(withTestKeys(body))}`)
    else if (language === 'ini') {
      written.set(file, withTestKeys(body))
      parts.push(`-- ${file} --\n${withTestKeys(body)}`)
    }
  }
  // Every example ends with undo or logout if it had files to begin with, which are then as they were.
  return [...parts, after, ...[...written].map(([file, body]) => `== ${file} ==\n${body}`)].join('\n')
}

describe.skipIf(process.platform === 'win32' || !needsProgram('python3'))('the console examples', () => {
  const examples = ['README.md', ...GUIDE].flatMap(examplesIn)

  it('are all tested', () => {
    expect(examples.map(([name]) => name).toSorted()).toEqual(Object.keys(EXAMPLES).toSorted())
  })

  it.each(examples)('of %s match the tool', async (name, text) => {
    const sandbox = await openSandbox(aliceWorld())
    try {
      expect(await runTranscript(parseTranscript(transcriptOf(text, EXAMPLES[name] ?? {})), sandbox.world)).toEqual([])
    } finally {
      await sandbox.close()
    }
  })
})

describe('the tables of the guide', () => {
  it('are up to date (`npm run docs`)', () => {
    expect(() =>
      execFileSync(process.execPath, [join(ROOT, 'scripts/docs.mjs'), '--check'], { stdio: 'pipe', encoding: 'utf8' }),
    ).not.toThrow()
  })

  it('contain every exit code', () => {
    const named = new Set([...read('docs/scripts.md').matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code)))
    expect(
      [...new Set(FAILURE_EXAMPLES.map(({ failure }) => exitCodeOf(failure)))].filter((code) => !named.has(code)),
    ).toEqual([])
  })

  it('contain every environment variable in the source', () => {
    const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => read(join('src', path)))
    const names = sources
      .flatMap((text) => [...text.matchAll(/\b(?:AWS|AWSMFA|XDG|NODE)_[A-Z_]*[A-Z]\b|(?:env|environment)\['(\w+)'\]/g)])
      .map(([whole, name]) => (name ?? whole).toUpperCase())
    expect(names.length).toBeGreaterThan(50)
    // The first silences the SDK while it is loaded; the second is only withheld from a credential process; by the
    // others a script of awsmfa's own is found on Windows, and told what to show.
    const ofWindows = [
      'SYSTEMROOT',
      'AWSMFA_WINDOW_TITLE',
      'AWSMFA_WINDOW_TEXT',
      'AWSMFA_WINDOW_LABEL',
      'AWSMFA_WINDOW_SECONDS',
    ]
    // Named in a comment: it has no effect.
    const ignored = 'NODE_TLS_REJECT_UNAUTHORIZED'
    const internal = [
      'TZ',
      'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED',
      'AWS_SECURITY_TOKEN',
      ignored,
      ...ofWindows,
    ]
    const guide = GUIDE.map(read).join('').toUpperCase()
    expect([...new Set(names)].filter((name) => !internal.includes(name) && !guide.includes(`\`${name}\``))).toEqual([])
  })
})

/** Returns every awsmfa command in code blocks and inline code, split at pipes, `&&` and `||`. */
function commandLines(text: string): readonly string[] {
  const inBlocks = [...blocks(text, 'console'), ...blocks(text, 'sh')]
    .flatMap((block) => block.split('\n'))
    .map((line) => line.replace(/^\$ /, ''))
  const inText = [...text.replace(/^```[^]*?^```$/gm, '').matchAll(/`(awsmfa [^`]+)`/g)].map(([, line = '']) => line)
  const lines = [...inBlocks, ...inText].filter(
    (line) => !line.startsWith('awsmfa: ') && !/\[(?:options|profile)/.test(line),
  )
  return [
    ...new Set(
      lines.flatMap((line) => line.split(/ (?:\|\||&&|\|) /)).filter((line) => /^(?:[A-Z_]+=\S+ )*awsmfa /.test(line)),
    ),
  ]
}

function wordsOf(line: string): readonly string[] {
  return [...line.replace(/^(?:[A-Z_]+=\S+ )*awsmfa /, '').matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  )
}

describe('the command lines of the documentation', () => {
  const lines = DOCUMENTS.flatMap((path) => commandLines(read(path)))

  it('are found', () => {
    expect(lines.length).toBeGreaterThan(20)
    expect(lines.map((line) => wordsOf(line)[0])).toEqual(expect.arrayContaining([...COMMAND_NAMES]))
  })

  it.each([...new Set(lines)])('%s is a valid command line', (line) => {
    const words = wordsOf(line)
    const parsed = parse(words, false)
    // The arguments of help are not those of a command.
    if (words[0] === 'help') return expect(parsed.kind).toMatch(/^(?:help|topic)$/)
    const tail =
      parsed.kind === 'invocation' && parsed.invocation.command === 'login' ? (parsed.invocation.tail ?? []) : []
    expect(() => parseStsArguments(tail, { roleKnown: namesRole(tail), readFile: () => '' })).not.toThrow()
  })

  it('do not install awsmfa from the npm registry', () => {
    expect(DOCUMENTS.filter((path) => /npx awsmfa|npm (?:i|install)(?: -g)? awsmfa/.test(read(path)))).toEqual([])
  })
})

describe('the messages in the troubleshooting guide', () => {
  const golden = new Set(read('test/errors/failures.golden.txt').split('\n'))

  it('are in the golden file of all messages', () => {
    const quoted = [...read('docs/troubleshooting.md').matchAll(/`(awsmfa: (?:error|hint): [^`]+)`/g)].map(
      ([, line = '']) => line,
    )
    expect(quoted.length).toBeGreaterThan(20)
    expect(quoted.filter((line) => !golden.has(line))).toEqual([])
  })
})

describe('the links of the documentation', () => {
  /** GitHub's anchors: lower case, no punctuation, dashes for spaces. */
  function anchorsOf(text: string): ReadonlySet<string> {
    const headings = [...text.replace(/^```[^]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)].map(
      ([, heading = '']) => heading,
    )
    return new Set(
      headings.map((heading) =>
        heading
          .toLowerCase()
          .replace(/[^\p{L}\p{N} _-]/gu, '')
          .replaceAll(' ', '-'),
      ),
    )
  }

  it.each(DOCUMENTS)('in %s have existing targets', (path) => {
    const targets = [...read(path).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^https?:/.test(target))
    const dead = targets.filter((target) => {
      const [file = '', anchor] = target.split('#')
      const place = file === '' ? path : join(dirname(path), file)
      return !existsSync(join(ROOT, place)) || (anchor !== undefined && !anchorsOf(read(place)).has(anchor))
    })
    expect(dead).toEqual([])
  })

  it('lead from the README to every page of the guide', () => {
    expect(GUIDE.filter((path) => !read('README.md').includes(`](${path})`))).toEqual([])
  })

  it('leave the README short', () => {
    expect(Buffer.byteLength(read('README.md'))).toBeLessThanOrEqual(12 * 1024)
  })

  it.each(['CONTRIBUTING.md', 'docs/architecture.md'])('include only existing source files in %s', (path) => {
    const named = [...read(path).matchAll(/`((?:src|test|scripts|fixtures|docs|\.ci)\/[\w./-]+)`/g)].map(
      ([, name = '']) => name,
    )
    expect(named.length).toBeGreaterThan(20)
    // A word in capitals is a placeholder.
    expect(named.filter((name) => !/[A-Z]{4}/.test(name) && !existsSync(join(ROOT, name)))).toEqual([])
  })
})
