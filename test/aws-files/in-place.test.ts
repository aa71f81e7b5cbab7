/** Files that are mount points. */
import { describe, expect, it } from 'vitest'
import { isMountPoint } from '../../src/aws-files/in-place.ts'
import { scratchFolder } from '../support/scratch.ts'

describe('mount points', () => {
  it.runIf(process.platform === 'linux')('are the paths that the system lists', () => {
    expect([
      isMountPoint('/'),
      isMountPoint('/proc'),
      isMountPoint(scratchFolder()),
      isMountPoint('/not/there'),
    ]).toEqual([true, true, false, false])
  })
})
