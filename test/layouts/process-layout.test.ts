/** The `credential_process` line of the process layout. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { processLine } from '../../src/layouts/setup-plan.ts'
import { splitCommand, splitWindowsCommand } from '../../src/shell/words.ts'

const START = { node: '/usr/bin/node', program: '/usr/local/bin/awsmfa', isWindows: false }
const WINDOWS = { node: 'C:\\Program Files\\nodejs\\node.exe', program: 'C:\\Users\\me\\awsmfa.cjs', isWindows: true }

test.each([
  ['base', '/usr/bin/node /usr/local/bin/awsmfa credential-process --profile base'],
  ['a@b.c/d', '/usr/bin/node /usr/local/bin/awsmfa credential-process --profile a@b.c/d'],
  ['my base', "/usr/bin/node /usr/local/bin/awsmfa credential-process --profile 'my base'"],
  ["it's", `/usr/bin/node /usr/local/bin/awsmfa credential-process --profile 'it'"'"'s'`],
  ['$(id)', "/usr/bin/node /usr/local/bin/awsmfa credential-process --profile '$(id)'"],
])('the line for %s', (profile, line) => expect(processLine(profile, START)).toBe(line))

test('the line on Windows has its paths in quotes', () => {
  expect(processLine('my base', WINDOWS)).toBe(
    '"C:\\Program Files\\nodejs\\node.exe" C:\\Users\\me\\awsmfa.cjs credential-process --profile "my base"',
  )
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
          expect(split(line)).toEqual([start.node, start.program, 'credential-process', '--profile', profile])
      }),
      { numRuns: 500 },
    )
  },
)
