/** Checks the documentation: console examples match the real output, tables are current, commands parse, links work. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { exitCodeOf } from '../../src/cli/exit-codes.ts'
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
const README = read('README.md')

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** Returns the section of the README under a level-2 heading. */
function part(heading: string): string {
  const [, text] = README.split(`\n## ${heading}\n`)
  if (text === undefined) throw new Error(`the README has no part '${heading}'`)
  return text.split('\n## ')[0] ?? ''
}

function blocks(text: string, language: string): readonly string[] {
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , body = '']) => body)
}

describe.skipIf(process.platform === 'win32' || !needsProgram('python3'))('the first login of the README', () => {
  it('matches the output of the tool and the resulting file', async () => {
    const text = part('First login')
    const [credentials = '', config = '', written = ''] = blocks(text, 'ini')
    const mine = credentials
      .replace('AKIAIOSFODNN7EXAMPLE', '{alice-key}')
      .replace('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', '{alice-secret}')
    expect(mine).toContain('{alice-secret}')
    const transcript = [
      `-- .aws/credentials --\n${mine}`,
      `-- .aws/config --\n${config}`,
      ...blocks(text, 'console').map(asTranscript),
      `== .aws/credentials ==\n${mine}\n${anyTime(written)}`,
      '$ awsmfa logout base\n!> ✔ base: signed out…\n!> …',
      `== .aws/credentials ==\n${mine}`,
    ].join('\n')
    const sandbox = await openSandbox(aliceWorld())
    try {
      expect(await runTranscript(parseTranscript(transcript), sandbox.world)).toEqual([])
    } finally {
      await sandbox.close()
    }
  })

  /** Converts a console block to a transcript: answers prompts, separates stderr from stdout, and allows any time. */
  function asTranscript(block: string): string {
    return block
      .split('\n')
      .flatMap((line) => {
        if (line === '' || line.startsWith('$ ')) return [line]
        const shown = anyTime(line)
        if (line.startsWith('MFA code')) return ['tty {code}', `tty> ${shown.replace('123456', '…')}`]
        return [`${/^(?:✔|✖|awsmfa: )/.test(line) ? '!>' : '>'} ${shown}`]
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
})

describe.skipIf(process.platform === 'win32' || !needsProgram('python3'))('the setup of the README', () => {
  it('matches the output of the tool, and undo restores the files', async () => {
    const text = part('Set up and undo')
    const [credentials = '', config = ''] = blocks(text, 'ini')
    const transcript = [
      `-- .aws/credentials --\n${credentials}`,
      `-- .aws/config --\n${config}`,
      ...blocks(text, 'console').map((block) => block.split('\n').map(asStderr).join('\n')),
      `== .aws/credentials ==\n${credentials}`,
      `== .aws/config ==\n${config}`,
    ].join('\n')
    const sandbox = await openSandbox(aliceWorld())
    try {
      expect(await runTranscript(parseTranscript(transcript), sandbox.world)).toEqual([])
    } finally {
      await sandbox.close()
    }
  })
})

describe.skipIf(process.platform === 'win32' || !needsProgram('python3'))('the import of the README', () => {
  it('matches the output of the tool', async () => {
    const [block = ''] = blocks(part('Coming from another tool'), 'console')
    const keys =
      '[work-long-term]\naws_access_key_id = {alice-key}\naws_secret_access_key = {alice-secret}\naws_mfa_device = arn:aws:iam::111111111111:mfa/alice\n'
    const sandbox = await openSandbox(aliceWorld())
    try {
      expect(
        await runTranscript(
          parseTranscript(`-- .aws/credentials --\n${keys}\n${block.split('\n').map(asStderr).join('\n')}`),
          sandbox.world,
        ),
      ).toEqual([])
    } finally {
      await sandbox.close()
    }
  })
})

/** Converts a console line to transcript lines: stderr, or a prompt with its answer. */
function asStderr(line: string): string {
  if (line === '' || line.startsWith('$ ')) return line
  const question = /^(.*\? \[y\/N\]) (.*)$/.exec(line)
  return question === null ? `!> ${line}` : `tty ${question[2] ?? ''}\ntty> ${line}`
}

describe('the tables of the README', () => {
  it('are up to date (`npm run docs`)', () => {
    expect(() =>
      execFileSync(process.execPath, [join(ROOT, 'scripts/docs.mjs'), '--check'], { stdio: 'pipe', encoding: 'utf8' }),
    ).not.toThrow()
  })

  it('contain every exit code', () => {
    const named = new Set([...part('Exit codes').matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code)))
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
    const internal = ['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED', 'AWS_SECURITY_TOKEN', ignored, ...ofWindows]
    expect(
      [...new Set(names)].filter((name) => !internal.includes(name) && !README.toUpperCase().includes(`\`${name}\``)),
    ).toEqual([])
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
  const documents = ['README.md', 'CHANGELOG.md', 'docs/architecture.md', 'docs/files.md', 'docs/prompt.md']
  const lines = documents.flatMap((path) => commandLines(read(path)))

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
    expect(documents.filter((path) => /npx awsmfa|npm (?:i|install)(?: -g)? awsmfa/.test(read(path)))).toEqual([])
  })
})

describe('the messages in the README', () => {
  const golden = new Set(read('test/errors/failures.golden.txt').split('\n'))

  it('are in the golden file of all messages', () => {
    const quoted = [...README.matchAll(/`(awsmfa: (?:error|hint): [^`]+)`/g)].map(([, line = '']) => line)
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

  it.each(['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'docs/architecture.md', 'docs/files.md', 'docs/prompt.md'])(
    'in %s have existing targets',
    (path) => {
      const targets = [...read(path).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^https?:/.test(target))
      const dead = targets.filter((target) => {
        const [file = '', anchor] = target.split('#')
        const place = file === '' ? path : join(dirname(path), file)
        return !existsSync(join(ROOT, place)) || (anchor !== undefined && !anchorsOf(read(place)).has(anchor))
      })
      expect(dead).toEqual([])
    },
  )

  it.each(['CONTRIBUTING.md', 'docs/architecture.md'])('include only existing source files in %s', (path) => {
    const named = [...read(path).matchAll(/`((?:src|test|scripts|fixtures|docs|\.ci)\/[\w./-]+)`/g)].map(
      ([, name = '']) => name,
    )
    expect(named.length).toBeGreaterThan(20)
    // A word in capitals is a placeholder.
    expect(named.filter((name) => !/[A-Z]{4}/.test(name) && !existsSync(join(ROOT, name)))).toEqual([])
  })
})
