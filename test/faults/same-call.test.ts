/** A fault counts only at the call that it was meant for; which call that is must not depend on the machine's names. */
import { expect, it } from 'vitest'
import { isSameCall } from '../support/strace.ts'

const hosts = ['ab', 'vm', 'h'.repeat(60), 'build-7.example.com']
const boots = ['00000000-0000-0000-0000-000000000000', 'abcdefab-cdef-abcd-efab-cdefabcdefab', 'f103aa68-0107-41f7-b0d9-56b962044b1b']
const machines = hosts.flatMap((host) => boots.map((boot) => ({ host, boot })))

const lockWrite = (machine: { readonly host: string; readonly boot: string }, pid: number, nonce: string, since: string) => {
  const content = JSON.stringify({ version: 1, pid, start: '123', boot: machine.boot, namespace: 'pid:[4026531836]', host: machine.host, nonce, since })
  return { name: 'write', nth: 1, line: `write(17</x/.aws/credentials.awsmfa-lock.by-${pid}-${nonce}>, ${JSON.stringify(`${content}\n`)}, 200) = 200` }
}

it.each(machines)('the write of a lock is recognized in another run on host $host with boot id $boot', (machine) => {
  const first = lockWrite(machine, 4041, 'abcdefabcdef', '2026-11-21T18:40:00Z')
  for (const nonce of ['012345678901', 'fedcbafedcba', '0a1b2c3d4e5f']) {
    expect(isSameCall(lockWrite(machine, 77, nonce, '2026-12-01T08:00:01Z'), first)).toBe(true)
  }
})

it('other calls are told apart: by name, by path, by content', () => {
  const call = (name: string, text: string) => ({ name, nth: 1, line: `${name}("${text}", 0600) = 0` })
  expect(isSameCall(call('unlink', '/x/.aws/credentials'), call('open', '/x/.aws/credentials'))).toBe(false)
  expect(isSameCall(call('unlink', '/x/.aws/config'), call('unlink', '/x/.aws/credentials'))).toBe(false)
  expect(isSameCall(call('write', '[work]'), call('write', '[base]'))).toBe(false)
})
