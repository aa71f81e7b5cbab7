/** Messages of `awsmfa login`. */
import { describe, expect, it } from 'vitest'
import { renderLoginResult, renderResolutionNote } from '../../src/commands/login-output.ts'
import { renderWriteWarning } from '../../src/errors/files.ts'

const NOW = new Date(2026, 10, 21, 12, 0)
const SIGNED_IN = {
  kind: 'signed-in',
  target: 'admin',
  isNamed: true,
  profile: 'admin',
  storeIn: 'aws-caches',
  expiration: new Date(2026, 10, 21, 13, 0),
  identity: undefined,
} as const
const until = new Date(2026, 10, 21, 12, 20)
const plain = { color: false, unicode: false, columns: undefined }

describe('what login says', () => {
  it('shows control characters of paths as what they are', () => {
    const path = '/x/co\u001b[31mnfig'
    const notes = [
      renderWriteWarning({ kind: 'mode-not-set', path, errno: 'EPERM' }, '/home/me'),
      renderResolutionNote(
        { kind: 'tools-still-ask', profile: 'w', place: { path, line: 3 }, tools: ['SAM'] },
        '/home/me',
      ),
    ]
    for (const text of notes) expect(text).toContain('/x/co\\x1b[31mnfig')
  })

  it.each([
    [
      { sources: ['cli-cache', 'boto-cache'] as const, until },
      'until 13:00, 1 hour. The AWS CLI and SAM (deploy, package, publish, traces) do not ask until 12:20\n',
    ],
    [
      { sources: ['boto-cache'] as const, until },
      'until 13:00, 1 hour. SAM (deploy, package, publish, traces) does not ask until 12:20\n',
    ],
    [undefined, 'until 13:00, 1 hour\n'],
  ])('names the tools that do not ask, and until when: %j', (promptFree, expected) => {
    expect(renderLoginResult({ ...SIGNED_IN, promptFree }, false, NOW, plain)).toContain(expected)
  })
})
