/**
 * The fault sweeps' own tests: a fault counts only at the intended call, and calls of two runs are matched on any
 * machine.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { killAtEveryWritingCall } from '../support/fault-sweep.ts'
import { needsProgram } from '../support/outside-program.ts'
import { isSameCall } from '../support/strace.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const hosts = ['ab', 'vm', 'h'.repeat(60), 'build-7.example.com']
const boots = [
  '00000000-0000-0000-0000-000000000000',
  'abcdefab-cdef-abcd-efab-cdefabcdefab',
  'f103aa68-0107-41f7-b0d9-56b962044b1b',
]
const machines = hosts.flatMap((host) => boots.map((boot) => ({ host, boot })))

const lockWrite = (
  machine: { readonly host: string; readonly boot: string },
  pid: number,
  nonce: string,
  since: string,
) => {
  const content = JSON.stringify({
    version: 1,
    pid,
    start: '123',
    boot: machine.boot,
    namespace: 'pid:[4026531836]',
    host: machine.host,
    nonce,
    since,
  })
  return {
    name: 'write',
    nth: 1,
    nthAlike: 1,
    line: `write(17</x/.aws/credentials.awsmfa-lock.by-${pid}-${nonce}>, ${JSON.stringify(`${content}\n`)}, 200) = 200`,
  }
}

it.each(machines)('matches the write of a lock in another run, on host $host with boot ID $boot', (machine) => {
  const first = lockWrite(machine, 4041, 'abcdefabcdef', '2026-11-21T18:40:00Z')
  for (const nonce of ['012345678901', 'fedcbafedcba', '0a1b2c3d4e5f']) {
    expect(isSameCall(lockWrite(machine, 77, nonce, '2026-12-01T08:00:01Z'), first)).toBe(true)
  }
})

it('distinguishes calls by name, path, content and number', () => {
  const call = (name: string, ...values: readonly string[]) => ({
    name,
    nth: 1,
    nthAlike: 1,
    line: `${name}(${values.join(', ')}) = 0`,
  })
  expect(isSameCall(call('unlink', '"/x/.aws/credentials"'), call('open', '"/x/.aws/credentials"'))).toBe(false)
  expect(isSameCall(call('unlink', '"/x/.aws/config"'), call('unlink', '"/x/.aws/credentials"'))).toBe(false)
  expect(isSameCall(call('rename', '"/x/a"', '"/x/b"'), call('rename', '"/x/a"', '"/x/c"'))).toBe(false)
  expect(isSameCall(call('fsync', '17</x/.aws/config>'), call('fsync', '17</x/.aws/credentials>'))).toBe(false)
  expect(
    isSameCall(
      call('write', '17</x/.aws/credentials>', '"[work]"'),
      call('write', '17</x/.aws/credentials>', '"[base]"'),
    ),
  ).toBe(false)
  expect(isSameCall({ ...call('fsync', '17</x/.aws>'), nthAlike: 2 }, call('fsync', '17</x/.aws>'))).toBe(false)
})

it('matches a reading call that succeeds with one that fails or at which the program is killed', () => {
  const call = (rest: string) => ({ name: 'read', nth: 1, nthAlike: 1, line: `read(17</x/.aws/config>, ${rest}` })
  for (const rest of [
    '0x7ffd1234, 8192) = -1 EIO (Input/output error) (INJECTED)',
    '0x7ffd1234 <unfinished ...>',
    '"[other] # ) = 0", 8192) = 16',
  ]) {
    expect(isSameCall(call(rest), call('"[work]", 8192) = 6'))).toBe(true)
  }
})

it.skipIf(!needsProgram('strace'))('finds a call again that has another number in later runs', async () => {
  const homes: TempHome[] = []
  const prepare = () => {
    const home = createTempHome()
    const others = homes.length === 0 ? '' : ': >/dev/null; : >/dev/null; '
    homes.push(home)
    return { argv: ['sh', '-c', `${others}echo one >"$0/a"; echo two >"$0/b"`, home.path], paths: [home.path] }
  }
  try {
    const { counted, faulted } = await killAtEveryWritingCall({
      prepare,
      isIncluded: ({ line }) => line.includes('O_CREAT'),
      check: ({ paths: [home = ''] }, _, { call }) => {
        expect([join(home, 'a'), join(home, 'b')].filter((path) => existsSync(path))).toHaveLength(
          call.line.includes('/a"') ? 0 : 1,
        )
      },
    })
    expect([counted, faulted]).toEqual([2, 2])
  } finally {
    for (const home of homes) home.remove()
  }
})
