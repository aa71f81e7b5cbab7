/** Finding a program on Windows. */
import { expect, test } from 'vitest'
import { batchCommandLine, findNpmShim, programCandidates, windowsStart } from '../../src/platform/windows-program.ts'

test.each([
  ['cdk', ['C:\\a\\cdk.exe', 'C:\\a\\cdk.cmd', 'D:\\b c\\cdk.exe', 'D:\\b c\\cdk.cmd']],
  ['cdk.CMD', ['C:\\a\\cdk.CMD', 'D:\\b c\\cdk.CMD']],
  ['node.js', ['C:\\a\\node.js.exe', 'C:\\a\\node.js.cmd', 'D:\\b c\\node.js.exe', 'D:\\b c\\node.js.cmd']],
  ['.\\run', ['.\\run.exe', '.\\run.cmd']],
  ['C:/x/run.exe', ['C:/x/run.exe']],
])(
  '%s is looked for in the folders of PATH with the extensions of PATHEXT, and never in the current folder',
  (program, candidates) => {
    expect(programCandidates(program, 'C:\\a\\;;"D:\\b c"', '.EXE;.CMD;odd')).toEqual(candidates)
  },
)

test('without PATHEXT the usual extensions are tried', () => {
  expect(programCandidates('x', 'C:')).toEqual(['C:\\x.com', 'C:\\x.exe', 'C:\\x.bat', 'C:\\x.cmd'])
})

test.each([
  [['deploy', '--all'], '""C:\\x y\\cdk.cmd" "deploy" "--all""'],
  [['a & b | c > d', '(e)', ''], '""C:\\x y\\cdk.cmd" "a & b | c > d" "(e)" """'],
  [['C:\\dir\\', '\\\\'], '""C:\\x y\\cdk.cmd" "C:\\dir\\\\" "\\\\\\\\""'],
  [['%PATH%'], undefined],
  [['a"b'], undefined],
  [['a^b'], undefined],
  [['a!b'], undefined],
  [['a\nb'], undefined],
])('a batch file gets %j in quotes, or not at all', (words, line) => {
  expect(batchCommandLine('C:\\x y\\cdk.cmd', words)).toBe(line)
})

const PATH = '.;bin;C:\\tools\\;\\\\server\\share;"D:\\b c"'

test.each([
  ['a name: from a folder of PATH, with its whole path', 'ykman', ['C:\\tools\\ykman.exe'], 'C:\\tools\\ykman.exe'],
  [
    'a name that lies in the current folder alone',
    'ykman',
    ['ykman.exe', '.\\ykman.exe', 'bin\\ykman.exe'],
    'not-found',
  ],
  ['a name that lies there too', 'ykman', ['ykman.exe', '.\\ykman.exe', 'D:\\b c\\ykman.exe'], 'D:\\b c\\ykman.exe'],
  ['a name on a share', 'op', ['\\\\server\\share\\op.exe'], '\\\\server\\share\\op.exe'],
  ['a name with a drive', 'C:ykman', ['C:ykman.exe'], 'not-found'],
  ['a path of the current folder, which says so', '.\\ykman', ['.\\ykman.exe'], '.\\ykman.exe'],
  ['a whole path', 'C:\\x\\op.exe', ['C:\\x\\op.exe'], 'C:\\x\\op.exe'],
  ['a path with an extension that is not in PATHEXT', 'C:\\x\\op.scr', ['C:\\x\\op.scr'], 'C:\\x\\op.scr'],
])('on Windows a program is found by %s', (_, program, files, found) => {
  const start = windowsStart(
    { program, words: ['a b'], environment: { Path: PATH, PathExt: '.COM;.EXE;.CMD' } },
    (path) => files.includes(path),
  )
  expect(start).toEqual(found === 'not-found' ? found : { file: found, words: ['a b'], verbatim: false })
})

test.each([
  [{ ComSpec: 'C:\\Windows\\system32\\cmd.exe' }, 'C:\\Windows\\system32\\cmd.exe'],
  [{ SystemRoot: 'E:\\Win' }, 'E:\\Win\\System32\\cmd.exe'],
  [{}, 'C:\\Windows\\System32\\cmd.exe'],
  [{ ComSpec: '', SystemRoot: 'E:\\Win' }, 'E:\\Win\\System32\\cmd.exe'],
  [{ SystemRoot: '' }, 'C:\\Windows\\System32\\cmd.exe'],
  [{ PATHEXT: '' }, 'C:\\Windows\\System32\\cmd.exe'],
])('a batch file is run by cmd.exe, which is not looked for either: %j', (environment, file) => {
  const start = (...words: readonly string[]) =>
    windowsStart(
      { program: 'bw', words, environment: { ...environment, PATH } },
      (path) => path === 'C:\\tools\\bw.cmd',
    )
  expect(start('get', 'totp')).toEqual({
    file,
    words: ['/d', '/v:off', '/s', '/c', '""C:\\tools\\bw.cmd" "get" "totp""'],
    verbatim: true,
  })
  expect(start('%PATH%')).toBe('batch-file')
})

test.each([
  ['C:\\npm\\node_modules\\awsmfa\\dist\\awsmfa.cjs', 'C:\\npm\\awsmfa.cmd'],
  ['C:\\npm\\node_modules\\awsmfa\\dist/awsmfa.cjs', 'C:\\npm\\awsmfa.cmd'],
  ['D:\\x\\node_modules\\awsmfa\\dist\\awsmfa.cjs', 'D:\\x\\node_modules\\.bin\\awsmfa.cmd'],
  ['E:\\x\\node_modules\\awsmfa\\dist\\awsmfa.cjs', undefined],
  ['C:\\checkout\\dist\\awsmfa.cjs', undefined],
])('the shim of %s is %s', (program, shim) => {
  const there = ['C:\\npm\\awsmfa.cmd', 'D:\\x\\node_modules\\.bin\\awsmfa.cmd', 'C:\\awsmfa.cmd']
  expect(findNpmShim(program, (path) => there.includes(path))).toBe(shim)
})
