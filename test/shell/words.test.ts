/** Splitting and quoting of command lines. */
import { describe, expect, test } from 'vitest'
import { programOfCommand, showableCommand, splitTokenCommand, wantsShell } from '../../src/shell/words.ts'

test.each([
  ['op item get AWS --otp', 'op', ['item', 'get', 'AWS', '--otp']],
  ["pass otp 'my aws/code'", 'pass', ['otp', 'my aws/code']],
  ['oathtool --totp -b "JBSW Y3DP"', 'oathtool', ['--totp', '-b', 'JBSW Y3DP']],
  ["sh -c 'a | b'", 'sh', ['-c', 'a | b']],
  ['  code  ', 'code', []],
])('splits %s', (command, program, parameters) => {
  expect(splitTokenCommand(command, false)).toEqual({ program, parameters })
})

test('keeps backslashes in a path on Windows', () => {
  expect(splitTokenCommand(String.raw`"C:\Program Files\op.exe" item get`, true)).toEqual({
    program: String.raw`C:\Program Files\op.exe`,
    parameters: ['item', 'get'],
  })
})

test.each(['', '   ', "''", `op "item`, "op 'item", 'op \\'])('refuses %j', (command) => {
  expect(splitTokenCommand(command, false)).toBeUndefined()
})

describe('showableCommand', () => {
  test.each([
    ['oathtool --totp -b JBSWY3DP', 'oathtool …', 'oathtool'],
    ['/usr/local/bin/code', '/usr/local/bin/code', '/usr/local/bin/code'],
    [`oathtool -b "JBSWY3DP`, 'oathtool …', 'oathtool'],
    ["'/my programs/op' get", '/my programs/op …', '/my programs/op'],
    ['', ' …', ''],
  ])('%s: shows the program and hides its parameters', (command, shown, program) => {
    expect(showableCommand(command)).toBe(shown)
    expect(programOfCommand(command)).toBe(program)
  })
})

test.each([
  ['pass otp aws | tail -1', true],
  ['op item get "$ITEM" --otp', true],
  ['echo $(pass otp aws)', true],
  ['unlock && pass otp aws', true],
  ['VAULT=x op item get AWS --otp', true],
  ["sh -c 'pass otp aws | tail -1'", false],
  ["/bin/bash -c 'echo $CODE'", false],
  ['cmd.exe /c "a | b"', false],
  ['op item get AWS --otp', false],
  ['code --price 5$', false],
])('%s: wants a shell that it does not start: %s', (command, expected) => {
  expect(wantsShell(command)).toBe(expected)
})
