/** `npm run imports` reports every kind of problem: each test adds one to a source tree that has none. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { scratchFolder } from '../support/scratch.ts'
import { ROOT } from './built-files.ts'

interface SourceFile {
  readonly file: string
  readonly lines: number
  readonly imports: readonly {
    readonly line: number
    readonly specifier?: string
    readonly to?: string
    readonly missing?: boolean
  }[]
}
interface Imports {
  readonly readImports: (text: string) => SourceFile['imports']
  readonly readGraph: (texts: ReadonlyMap<string, string>) => readonly SourceFile[]
  readonly findProblems: (
    graph: readonly SourceFile[],
    allowed?: readonly string[],
  ) => readonly { readonly at: string; readonly text: string }[]
  readonly drawHouse: (graph: readonly SourceFile[]) => string
}

const SCRIPT = join(ROOT, 'scripts/imports.mjs')
const { readImports, readGraph, findProblems, drawHouse } = (await import(pathToFileURL(SCRIPT).href)) as Imports

/** The content of each file under src, by path. */
type Tree = Readonly<Record<string, string>>

/** A tree that breaks no rule, with every form of import. */
const CLEAN: Tree = {
  'bin.ts': "import { run } from './cli/run.ts'\nrun()\n",
  'cli/run.ts':
    "import { version } from '../../package.json'\nexport const run = () => import('../commands/login.ts')\n",
  'library/provide.ts': "export { login } from '../commands/login.ts'\n",
  'commands/login.ts': "import './login-output.ts'\nimport type { Plan } from '../login/plan.ts'\n",
  'commands/login-output.ts': 'export const text = 1\n',
  'commands/exec.ts': "import { session } from './program-session.ts'\n",
  'commands/program-session.ts': "export const session = () => import('./login.ts')\n",
  'login/plan.ts': "import { call } from '../aws/sts.ts'\nimport { expiration } from './expiration.ts'\n",
  'login/expiration.ts': "export type Plan = import('../model/session.ts').Session\n",
  'aws/sts.ts': "import { readFileSync } from 'node:fs'\nimport script from '../shell/awsmfa.bash'\n",
  'shell/awsmfa.bash': 'import x from ./nowhere.ts\n',
  'model/session.ts': "import type { Key } from './key.ts'\n",
  'model/key.ts': '',
}

const graphOf = (tree: Tree): readonly SourceFile[] => readGraph(new Map(Object.entries(tree)))
const reportedFor = (added: Tree, allowed: readonly string[] = []): readonly string[] =>
  findProblems(graphOf({ ...CLEAN, ...added }), allowed).map(({ at, text }) => `${at} ${text}`)

describe('a tree without problems', () => {
  it('is not reported', () => {
    expect(reportedFor({})).toEqual([])
  })
})

describe('an import against the order is reported', () => {
  const text = 'imports login/plan: aws must not import from login'

  it.each([
    ['of a value', "\nimport { a } from '../login/plan.ts'\n", 2],
    ['of a default and a namespace', "import a, * as b from '../login/plan.ts'\n", 1],
    ['over several lines', "import {\n  a,\n} from '../login/plan.ts'\n", 3],
    ['of a type', "\n\nimport type { A } from '../login/plan.ts'\n", 3],
    ['of a type among values', "import { type A } from '../login/plan.ts'\n", 1],
    ['for its side effects', "import '../login/plan.ts'\n", 1],
    ['by a re-export', "export { a } from '../login/plan.ts'\n", 1],
    ['by export *', "export * from '../login/plan.ts'\n", 1],
    ['by a re-export of a type', "export type { A } from '../login/plan.ts'\n", 1],
    ['by import()', "\nexport const a = async () => {\n  await import('../login/plan.ts')\n}\n", 3],
    ['by import() of a template', 'export const a = () => import(`../login/plan.ts`)\n', 1],
    ['by an import type', "\nexport interface A {\n  readonly b: import('../login/plan.ts').B\n}\n", 3],
    ['by typeof import()', "export type A = typeof import('../login/plan.ts')\n", 1],
  ])('%s', (_, code, line) => {
    expect(reportedFor({ 'aws/call.ts': code })).toEqual([`aws/call.ts:${line} ${text}`])
  })

  it.each([
    [
      'between cli and library',
      { 'cli/help.ts': "import '../library/provide.ts'\n" },
      'cli/help.ts:1 imports library/provide: cli must not import from library',
    ],
    [
      'between library and cli',
      { 'library/help.ts': "import '../cli/run.ts'\n" },
      'library/help.ts:1 imports cli/run: library must not import from cli',
    ],
    [
      'of an entry point',
      { 'cli/help.ts': "import '../bin.ts'\n", 'bin.ts': '' },
      'cli/help.ts:1 imports bin: cli must not import from src',
    ],
    [
      'from model',
      { 'model/key.ts': "import type { A } from '../platform/paths.ts'\n", 'platform/paths.ts': '' },
      'model/key.ts:1 imports platform/paths: model must not import from platform',
    ],
    [
      'of a package from model',
      { 'model/key.ts': "\nimport { join } from 'node:path'\n" },
      "model/key.ts:2 imports 'node:path': model must import only from model",
    ],
    [
      'of a file that is not TypeScript',
      { 'model/key.ts': "import script from '../shell/awsmfa.bash'\n" },
      'model/key.ts:1 imports shell/awsmfa.bash: model must not import from shell',
    ],
  ])('%s', (_, added: Tree, reported) => {
    expect(reportedFor(added)).toEqual([reported])
  })

  it('but not text that only looks like an import', () => {
    expect(
      readImports(
        "// import './a.ts'\nconst a = \"import './b.ts'\"\nexport const b = `from './c.ts'`\nexport { a }\nc.import('./d.ts')\n",
      ),
    ).toEqual([])
  })
})

describe('a cycle is reported', () => {
  it('of values, with the shortest path', () => {
    const added = {
      'ui/a.ts': "import './b.ts'\n",
      'ui/b.ts': "import './c.ts'\n",
      'ui/c.ts': "\nimport './a.ts'\nimport './d.ts'\n",
      'ui/d.ts': "import './c.ts'\n",
    }
    expect(reportedFor(added)).toEqual(['ui/c.ts:3 cycle among 4 files, the shortest: ui/c -> ui/d -> ui/c'])
  })

  it('of only types and import()', () => {
    const added = {
      'ui/a.ts': "import type { B } from './b.ts'\n",
      'ui/b.ts': "export type C = import('./c.ts').C\n",
      'ui/c.ts': "export const a = () => import('./a.ts')\n",
    }
    expect(reportedFor(added)).toEqual(['ui/a.ts:1 cycle among 3 files, the shortest: ui/a -> ui/b -> ui/c -> ui/a'])
  })

  it('for each of several cycles, and a file that imports itself', () => {
    const added = {
      'ui/a.ts': "import type { B } from './b.ts'\n",
      'ui/b.ts': "import type { A } from './a.ts'\n",
      'mfa/x.ts': "\nexport const x = () => import('./x.ts')\n",
    }
    expect(reportedFor(added)).toEqual([
      'mfa/x.ts:2 imports itself',
      'ui/a.ts:1 cycle among 2 files, the shortest: ui/a -> ui/b -> ui/a',
    ])
  })
})

describe('a file is reported', () => {
  it.each([
    [
      'in a folder that is not in the order',
      { 'helpers/a.ts': '' },
      'helpers/a.ts:1 helpers is not in the order of folders',
    ],
    ['directly in src', { 'helpers.ts': '' }, 'helpers.ts:1 helpers.ts is not in the order of folders'],
    [
      'that imports a file that does not exist',
      { 'ui/a.ts': "\nimport './b.ts'\n" },
      "ui/a.ts:2 imports './b.ts', which does not exist",
    ],
    [
      'that imports without the extension',
      { 'ui/a.ts': "import type { A } from '../model/key'\n" },
      "ui/a.ts:1 imports '../model/key', which does not exist",
    ],
    [
      'that imports a file outside src',
      { 'ui/a.ts': "import '../../test/a.ts'\n" },
      "ui/a.ts:1 imports '../../test/a.ts', which does not exist",
    ],
    [
      'that imports by a computed name',
      { 'ui/a.ts': 'export const a = (name: string) => import(name)\n' },
      'ui/a.ts:1 import() of something other than a literal',
    ],
    ['that is too long', { 'ui/a.ts': '\n'.repeat(501) }, 'ui/a.ts:501 501 lines; the limit is 500'],
    [
      'that is a command and imports another',
      { 'commands/status.ts': "\nimport type { A } from './login.ts'\n" },
      'commands/status.ts:2 imports commands/login: a command must not import another command',
    ],
    [
      'that declares a type of the name of another',
      { 'ui/a.ts': 'export type A = 1\n', 'ui/b.ts': '\ninterface A {}\n' },
      'ui/b.ts:2 ui/a declares a type A, too',
    ],
  ])('%s', (_, added: Tree, reported) => {
    expect(reportedFor(added)).toEqual([reported])
  })

  it('but not one of 500 lines, with or without the last line break', () => {
    expect(reportedFor({ 'ui/a.ts': '\n'.repeat(500), 'ui/b.ts': '\n'.repeat(499) + '//' })).toEqual([])
  })

  it('if there are too many files, or none', () => {
    const files = (count: number): Tree =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`ui/${index}.ts`, '']))
    expect(findProblems(graphOf(files(168)), [])).toEqual([])
    expect(findProblems(graphOf(files(169)), [])).toEqual([{ at: '', text: '169 files; there must be 1 to 168' }])
    expect(findProblems(graphOf({}), [])).toEqual([{ at: '', text: '0 files; there must be 1 to 168' }])
  })
})

describe('an exception', () => {
  const stale = (name: string): string => ` ALLOWED has '${name}', which is no longer needed: remove it`

  it.each([
    ['an import against the order', 'aws/call -> login/plan', { 'aws/call.ts': "import '../login/plan.ts'\n" }],
    ['an import of a command', 'commands/status -> commands/login', { 'commands/status.ts': "import './login.ts'\n" }],
    ['a cycle, also across folders', 'aws/sts -> login/plan', { 'aws/sts.ts': "import '../login/plan.ts'\n" }],
    ['a cycle in a folder', 'ui/b -> ui/a', { 'ui/a.ts': "import './b.ts'\n", 'ui/b.ts': "import './a.ts'\n" }],
    ['a file that imports itself', 'ui/a -> ui/a', { 'ui/a.ts': "import './a.ts'\n" }],
    ['a long file', 'ui/a', { 'ui/a.ts': '\n'.repeat(501) }],
  ])('allows %s, and is reported if it is not needed', (_, name, added: Tree) => {
    expect(reportedFor(added)).not.toEqual([])
    expect(reportedFor(added, [name])).toEqual([])
    expect(reportedFor({}, [name])).toEqual([stale(name)])
  })

  it('is reported for an import that breaks no rule', () => {
    expect(reportedFor({}, ['login/plan -> aws/sts'])).toEqual([stale('login/plan -> aws/sts')])
  })

  it('allows one import and no others', () => {
    const added = { 'aws/call.ts': "import '../login/plan.ts'\nimport '../login/expiration.ts'\n" }
    expect(reportedFor(added, ['aws/call -> login/plan'])).toEqual([
      'aws/call.ts:2 imports login/expiration: aws must not import from login',
    ])
  })
})

describe('the picture', () => {
  it('does not depend on the order or the length of the files', () => {
    const entries = Object.entries(CLEAN)
    const longer = entries.toReversed().map(([file, text]) => [file, `${text}// More.\n`] as const)
    expect(drawHouse(readGraph(new Map(longer)))).toBe(drawHouse(graphOf(CLEAN)))
  })

  it('changes with a new file, or an import between other folders', () => {
    const pictures = [
      CLEAN,
      { ...CLEAN, 'aws/arn.ts': '' },
      { ...CLEAN, 'aws/sts.ts': "import '../model/key.ts'\n" },
    ].map((tree) => drawHouse(graphOf(tree)))
    expect(new Set(pictures).size).toBe(3)
  })

  it('shows an import against the order', () => {
    expect(drawHouse(graphOf(CLEAN))).not.toContain('↑')
    expect(drawHouse(graphOf({ ...CLEAN, 'aws/sts.ts': "import '../login/plan.ts'\n" }))).toContain('↑ login<')
  })
})

describe('the script', () => {
  /** Writes a tree to disk. Returns a function that runs the script on it. */
  function write(
    tree: Tree,
  ): (...options: string[]) => { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
    const folder = scratchFolder()
    for (const [file, text] of Object.entries(tree)) {
      const path = join(folder, 'src', file)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    }
    return (...options) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...options, 'src'], {
        cwd: folder,
        encoding: 'utf8',
      })
      return { status, stdout, stderr: stderr.replaceAll('\\', '/') }
    }
  }

  it('prints nothing for a tree without problems', () => {
    const run = write(CLEAN)
    expect(run()).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(run('--check')).toEqual({ status: 0, stdout: '', stderr: '' })
  })

  it('prints each problem with its file and line, and exits with 1', () => {
    const run = write({ ...CLEAN, 'aws/call.ts': "\nimport '../login/plan.ts'\n", 'helpers/a.ts': '' })
    const stderr =
      'src/aws/call.ts:2: imports login/plan: aws must not import from login\nsrc/helpers/a.ts:1: helpers is not in the order of folders\n'
    expect(run()).toEqual({ status: 1, stdout: '', stderr })
    expect(run('--check')).toEqual({ status: 1, stdout: '', stderr })
  })

  it('prints figures', () => {
    const { status, stdout } = write(CLEAN)('--figures')
    expect(status).toBe(0)
    expect(stdout).toMatch(
      /^ {4}13 {2}files\n {4}12 {2}imports between files\n {4}18 {2}lines\n {5}1 {2}lines in the median file\n {8}largest:\n( {5}[12] {2}\S+\n){10}$/,
    )
  })

  it('draws the picture, and reports an outdated one', () => {
    const run = write(CLEAN)
    expect(run('--check-picture')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'docs/pictures/house.svg: the structure has changed; to draw it again: npm run imports -- --picture\n',
    })
    expect(run('--picture')).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(run('--check', '--check-picture')).toEqual({ status: 0, stdout: '', stderr: '' })
  })

  it('is in package.json', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>
    }
    expect(scripts['imports']).toBe('node scripts/imports.mjs')
  })
})
