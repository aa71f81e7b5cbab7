import { describe, expect, it } from 'vitest'
import { renderCached, renderResolutionNote } from '../../src/commands/login-output.ts'
import { renderWriteWarning } from '../../src/errors/files.ts'

const NOW = new Date(2026, 10, 21, 12, 0)
const session = { profile: 'admin', expiration: new Date(2026, 10, 21, 13, 0), identity: undefined }
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
      'until 13:00, 1 hour. The AWS CLI and SAM do not ask until 12:20\n',
    ],
    [{ sources: ['boto-cache'] as const, until }, 'until 13:00, 1 hour. SAM does not ask until 12:20\n'],
    [undefined, 'until 13:00, 1 hour\n'],
  ])('names the tools that do not ask, and until when: %j', (quiet, expected) => {
    expect(renderCached(session, quiet, NOW, plain)).toContain(expected)
  })
})
