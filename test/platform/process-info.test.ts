/** Whether another process is running. */
import { describe, expect, it } from 'vitest'
import { findProcess, identifyThisProcess, isPidUsed } from '../../src/platform/process-info.ts'
import { exitedPid } from '../support/processes.ts'

// Elsewhere less is known about a process than its number and its host.
describe.runIf(process.platform === 'linux')('other processes', () => {
  const self = identifyThisProcess()

  it.each([
    ['this one', self, 'running'],
    ["one with this one's number that started at another time", { ...self, start: '1' }, 'gone'],
    ['one on another host', { ...self, host: 'elsewhere' }, 'elsewhere'],
    ['one in another container', { ...self, namespace: 'pid:[1]' }, 'elsewhere'],
    ['one before a restart, or on another host of the same name', { ...self, boot: 'x' }, 'elsewhere'],
    ['one of which nothing but the number is known', { ...self, start: '' }, 'elsewhere'],
  ] as const)('%s', (_, sought, whereabouts) => {
    expect(findProcess(sought, self)).toBe(whereabouts)
  })

  it('is gone once it has ended', () => {
    const pid = exitedPid()
    expect([isPidUsed(pid), findProcess({ ...self, pid }, self)]).toEqual([false, 'gone'])
  })
})
