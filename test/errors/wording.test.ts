/** Errors of the operating system in words, by platform. */
import { expect, test } from 'vitest'
import { errnoHint, ownFolderHint, showErrno } from '../../src/errors/wording.ts'

const CLOSE_IT = 'close the program that has the file open, then try again'

test.each([
  ['EBUSY', 'win32', 'the file is open in another program (EBUSY)', CLOSE_IT],
  ['EPERM', 'win32', 'permission denied, or the file is open in another program (EPERM)', CLOSE_IT],
  ['ENOSPC', 'win32', 'no space left on device (ENOSPC)', 'free some disk space, then try again'],
  ['EBUSY', 'linux', 'file in use (EBUSY)', undefined],
  ['EPERM', 'linux', 'operation not permitted (EPERM)', undefined],
] as const)('%s on %s', (errno, platform, words, hint) => {
  expect(showErrno(errno, platform)).toBe(words)
  expect(errnoHint(errno, platform)).toBe(hint)
})

test.each([
  ['/home/alice/.cache/awsmfa/sessions/x.json', 'EROFS', true],
  ['/home/alice/.cache/awsmfa', 'EACCES', true],
  ['/home/alice/.cache/awsmfa/sessions/x.json', 'ENOSPC', false],
  ['/home/alice/.cache/awsmfa-else/x', 'EROFS', false],
  ['/srv/awsmfa/credentials', 'EROFS', false],
] as const)('whether %s with %s is for AWSMFA_HOME: %s', (path, errno, isHinted) => {
  const view = { home: '/home/alice', files: undefined, now: new Date(0), debug: false }
  const hint = ownFolderHint(path, errno, { ...view, ownFolders: ['/home/alice/.cache/awsmfa'] })
  expect(hint?.includes('AWSMFA_HOME') ?? false).toBe(isHinted)
  expect(ownFolderHint(path, errno, view)).toBeUndefined()
})
