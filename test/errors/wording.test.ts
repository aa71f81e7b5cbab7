/** Errors of the operating system in words, by platform, and lines to copy. */
import { describe, expect, it, test } from 'vitest'
import { errnoHint, loginWith, ownFolderHint, showErrno } from '../../src/errors/wording.ts'
import type { TypedLine } from '../../src/errors/wording.ts'
import type { CommandName } from '../../src/model/invocation.ts'

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

describe('what signs in with one more option', () => {
  const line = (command: CommandName, ...options: readonly string[]): TypedLine => ({
    command,
    profile: 'work',
    options,
  })
  it.each([
    ['a line without options: the whole line', line('login'), 'awsmfa login work --replace'],
    ['a login that has it already: the whole line', line('login', 'replace'), 'awsmfa login work --replace'],
    ['a login with other options: what to add', line('login', 'source-profile'), 'add --replace'],
    ['one with it and others: what to use', line('login', 'replace', 'duration'), 'use --replace'],
    ['what follows --: what to add, and where', line('login', ''), "add --replace before '--'"],
    ['a login of all profiles: a line for this one', line('login', 'all'), 'awsmfa login work --replace'],
    [
      'a login of others, too: a line for this one',
      { command: 'login', profile: 'w*', options: ['duration'] } as const,
      'awsmfa login work --replace',
    ],
    ['another command: the whole line', line('exec', 'min-ttl'), 'awsmfa login work --replace'],
    ['no known line: the whole line', undefined, 'awsmfa login work --replace'],
  ])('%s', (_, typed, expected) => {
    const view = { home: undefined, files: undefined, now: new Date(0), debug: false, typed }
    expect(loginWith('work', view, '--replace')).toBe(expected)
  })
})
