import { describe, expect, it } from 'vitest'
import { isMountPoint } from '../../src/aws-files/in-place.ts'
import { scratchFolder } from '../support/scratch.ts'

describe('mount points', () => {
  it.runIf(process.platform === 'linux')('are what the system lists, and nothing else is', () => {
    expect([
      isMountPoint('/'),
      isMountPoint('/proc'),
      isMountPoint(scratchFolder()),
      isMountPoint('/not/there'),
    ]).toEqual([true, true, false, false])
  })
})
