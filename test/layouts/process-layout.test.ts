/** The `credential_process` line of the process layout. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { processLine } from '../../src/layouts/setup-plan.ts'
import { hasWindowsQuotes } from '../../src/shell/words.ts'
import { splitCommand, splitWindowsCommand } from '../../src/shell/words.ts'

const START = { command: ['/usr/bin/node', '/usr/local/bin/awsmfa'], isWindows: false } as const
const WINDOWS = {
  command: ['C:\\Program Files\\nodejs\\node.exe', 'C:\\Users\\me\\awsmfa.cjs'],
  isWindows: true,
} as const

test.each([
  ['base', '/usr/bin/node /usr/local/bin/awsmfa credential-process --profile base'],
  ['a@b.c/d', '/usr/bin/node /usr/local/bin/awsmfa credential-process --profile a@b.c/d'],
  ['my base', "/usr/bin/node /usr/local/bin/awsmfa credential-process --profile 'my base'"],
  ["it's", `/usr/bin/node /usr/local/bin/awsmfa credential-process --profile 'it'"'"'s'`],
  ['$(id)', "/usr/bin/node /usr/local/bin/awsmfa credential-process --profile '$(id)'"],
])('the line for %s', (profile, line) => expect(processLine(profile, START)).toBe(line))

const SHIM = 'C:\\Users\\me\\AppData\\Roaming\\npm\\awsmfa.cmd'
const [WINDOWS_NODE, PROGRAM] = WINDOWS.command
const PLAIN_NODE = 'C:\\node\\node.exe'

// Programs written in Go cannot run a line with quotes.
test.each([
  ['base', PLAIN_NODE, SHIM, `${PLAIN_NODE} ${PROGRAM} credential-process --profile base`],
  ['base', WINDOWS_NODE, SHIM, `${SHIM} credential-process --profile base`],
  ['base', WINDOWS_NODE, undefined, `"${WINDOWS_NODE}" ${PROGRAM} credential-process --profile base`],
  [
    'base',
    WINDOWS_NODE,
    'C:\\Users\\Jo Ann\\awsmfa.cmd',
    `"${WINDOWS_NODE}" ${PROGRAM} credential-process --profile base`,
  ],
  ['my base', PLAIN_NODE, SHIM, `${PLAIN_NODE} ${PROGRAM} credential-process --profile "my base"`],
  ['my base', WINDOWS_NODE, SHIM, `"${WINDOWS_NODE}" ${PROGRAM} credential-process --profile "my base"`],
])('the line on Windows for %s with %s and %s', (profile, node, shim, line) => {
  expect(processLine(profile, { ...WINDOWS, command: [node, PROGRAM], shim })).toBe(line)
})

test.each([
  ['"C:\\Program Files\\nodejs\\node.exe" x', true, true],
  ['C:\\npm\\awsmfa.cmd x', true, false],
  ['"/opt/my node" x', false, false],
])('%s, on Windows: %s, has quotes that Go programs fail at: %s', (line, isWindows, expected) => {
  expect(hasWindowsQuotes(line, isWindows)).toBe(expected)
})

test.each([
  ['-x', START],
  ['a #b', START],
  ['a ;b', START],
  ['a\nb', START],
  ['%PATH%', WINDOWS],
  ['a&b', WINDOWS],
  ['a"b', WINDOWS],
])('no line can carry %j', (profile, start) => expect(processLine(profile, start)).toBeUndefined())

const name = fc.string({ minLength: 1, maxLength: 20 })

test.each([
  [START, splitCommand],
  [WINDOWS, splitWindowsCommand],
] as const)(
  'whatever the name, the line is split into the words that it was made of, or there is none: %j',
  (start, split) => {
    fc.assert(
      fc.property(name, (profile) => {
        const line = processLine(profile, start)
        if (line !== undefined)
          expect(split(line)).toEqual([...start.command, 'credential-process', '--profile', profile])
      }),
      { numRuns: 500 },
    )
  },
)
