import { expect, test } from 'vitest'
import { batchCommandLine, programCandidates } from '../../src/core/windows-program.ts'

test.each([
  ['cdk', ['C:\\a\\cdk.exe', 'C:\\a\\cdk.cmd', 'D:\\b c\\cdk.exe', 'D:\\b c\\cdk.cmd']],
  ['cdk.CMD', ['C:\\a\\cdk.CMD', 'D:\\b c\\cdk.CMD']],
  ['node.js', ['C:\\a\\node.js.exe', 'C:\\a\\node.js.cmd', 'D:\\b c\\node.js.exe', 'D:\\b c\\node.js.cmd']],
  ['.\\run', ['.\\run.exe', '.\\run.cmd']],
  ['C:/x/run.exe', ['C:/x/run.exe']],
])('%s is looked for in the folders of PATH with the extensions of PATHEXT, and never in the current folder', (program, candidates) => {
  expect(programCandidates(program, 'C:\\a\\;;"D:\\b c"', '.EXE;.CMD;odd')).toEqual(candidates)
})

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
