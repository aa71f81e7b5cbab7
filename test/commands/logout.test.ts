import { describe, expect, it } from 'vitest'
import { logout } from '../../src/commands/logout.ts'
import type { LogoutContext } from '../../src/commands/logout.ts'
import { AwsmfaError } from '../../src/core/failures.ts'
import { NOW, fakeCache, fakeFacts, sessionOf } from '../support/fake-effects.ts'

const RECORD = {
  key: { partition: 'aws', endpoint: '', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', serialNumber: 'arn:aws:iam::111111111111:mfa/alice', chain: '' },
  credentials: sessionOf('ASIAIOSFODNN7EXAMPLE').credentials,
  durationSeconds: 43_200,
  createdAt: NOW,
  profiles: ['work'],
}

/** Signs 'work' out where the session in awsmfa's own cache cannot be removed; gives the exit code and what was said. */
function logoutWithStuckCache(options: Readonly<Record<string, true>>): { readonly code: number; readonly talk: readonly string[] } {
  const talk: string[] = []
  const style = { colour: false, unicode: false, columns: undefined }
  const refuse = (): never => {
    throw new AwsmfaError({ code: 'FILE_NOT_WRITABLE', place: { path: '/cache/session.json' }, errno: 'EROFS', step: 'remove' })
  }
  const context: LogoutContext = {
    environment: {},
    home: '/home/me',
    now: () => NOW,
    files: { read: () => ({ credentials: { path: '/c', text: '[work]\n', exists: true }, config: { path: '/f', text: '', exists: true } }) },
    facts: fakeFacts(),
    cachedSessionOf: () => undefined,
    stores: [],
    cache: { ...fakeCache([RECORD]), remove: refuse },
    terminal: { writeData: () => undefined, writeTalk: (text) => void talk.push(text), talk: style },
  }
  return { code: logout({ command: 'logout', positionals: ['work'], options }, context), talk }
}

describe('signing out where a session is left in a cache', () => {
  const warning = 'awsmfa: warning: /cache/session.json could not be changed (EROFS); the session in it is still there, so delete the file\n'

  it('says so and ends with 1', () => {
    const { code, talk } = logoutWithStuckCache({})
    expect([code, talk.at(-1)]).toEqual([1, warning])
  })

  it('says that alone when told to be quiet', () => {
    expect(logoutWithStuckCache({ quiet: true })).toEqual({ code: 1, talk: [warning] })
  })
})
