/** Messages of `awsmfa login`. */
import { describe, expect, it } from 'vitest'
import { renderLoginResult, renderResolutionNote } from '../../src/commands/login-output.ts'
import { renderWriteWarning } from '../../src/errors/files.ts'

const NOW = new Date(2026, 10, 21, 12, 0)
const SIGNED_IN = {
  kind: 'signed-in',
  target: 'admin',
  profile: 'admin',
  storeIn: 'aws-caches',
  expiration: new Date(2026, 10, 21, 13, 0),
  identity: undefined,
} as const
const until = new Date(2026, 10, 21, 12, 20)
const plain = { color: false, unicode: false, columns: undefined }

describe('what login prints', () => {
  it('shows control characters of paths as what they are', () => {
    const path = '/x/co\u001b[31mnfig'
    const notes = [
      renderWriteWarning({ kind: 'mode-not-set', path, errno: 'EPERM' }, '/home/me'),
      renderResolutionNote(
        { kind: 'tools-still-ask', profile: 'w', place: { path, line: 3 }, tools: ['SAM'] },
        '/home/me',
      ),
    ]
    for (const text of notes.map((note) => (typeof note === 'string' ? note : 'lines' in note ? note.lines : '')))
      expect(text).toContain('/x/co\\x1b[31mnfig')
  })

  it.each([
    ['signed-in', 5, 'until 12:00, less than a minute left\n'],
    ['kept', 59, 'until 12:00, less than a minute left\nawsmfa: hint: to renew now: '],
    ['kept', 60, 'until 12:01, 1 min left\n'],
    ['signed-in', 3599, 'until 12:59, 1 h left\n'],
  ] as const)('rounds the time of a session that is %s with %i s left', (kind, seconds, expected) => {
    const result = { ...SIGNED_IN, storeIn: 'section', kind, promptFree: undefined } as const
    const expiration = new Date(NOW.getTime() + seconds * 1000)
    expect(renderLoginResult({ ...result, expiration }, false, NOW, plain)).toContain(expected)
  })

  it.each([
    [
      { sources: ['cli-cache', 'boto-cache'] as const, until },
      '1 h left\nawsmfa: note: used by the AWS CLI and SAM (deploy, package, publish, traces) until 12:20; boto3, the rest of SAM,',
    ],
    [
      { sources: ['boto-cache'] as const, until },
      '1 h left\nawsmfa: note: used by SAM (deploy, package, publish, traces) until 12:20; the AWS CLI, boto3, the rest of SAM,',
    ],
    [undefined, 'until 13:00, 1 h left\nawsmfa: hint: for every tool'],
  ])('names the tools that do not ask, and until when: %j', (promptFree, expected) => {
    expect(renderLoginResult({ ...SIGNED_IN, promptFree }, false, NOW, plain)).toContain(expected)
  })
})
