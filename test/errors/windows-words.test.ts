/** On Windows no message has a line that only a POSIX shell runs. */
import { describe, expect, it } from 'vitest'
import { FINDING_TABLE, finding } from '../../src/doctor/finding.ts'
import type { FindingCode } from '../../src/doctor/finding.ts'
import { renderFindingsJson } from '../../src/doctor/report.ts'
import { renderFailure } from '../../src/errors/messages.ts'
import { onWindows } from '../support/on-windows.ts'
import { FAILURE_EXAMPLES } from './failure-examples.ts'

const NOW = new Date(2026, 10, 21, 8, 0)
const HOME = String.raw`C:\Users\alice`

/** Commands of POSIX shells, and single quotes around a word of a line, which cmd.exe takes literally. */
const POSIX = /\bsh -c\b|(?<!Remove-Item.*)\bunset\b|\beval\b|\$\(|\bexport \w+=|\bchmod\b|awsmfa [a-z].*? '(?!s )/

describe('on Windows', () => {
  it.each(FAILURE_EXAMPLES)('$name has no line for a POSIX shell', ({ failure }) => {
    const view = { home: HOME, files: undefined, now: NOW, debug: false }
    for (const hint of onWindows(() => renderFailure(failure, view)).hints) expect(hint).not.toMatch(POSIX)
  })

  // Modes are not checked on Windows.
  const codes = (Object.keys(FINDING_TABLE) as readonly FindingCode[]).filter((code) => code !== 'loose-permissions')

  it.each(codes)('%s has no line for a POSIX shell', (code) => {
    const details = { file: `${HOME}\\.aws\\config`, line: 1, profile: 'my profile', key: 'AWS_PROFILE', name: 'x' }
    const text = onWindows(() => renderFindingsJson([finding(code, details)], { home: HOME, now: NOW }))
    const { wayOut } = (JSON.parse(text) as readonly { readonly wayOut: string | null }[])[0] ?? {}
    expect(wayOut ?? '').not.toMatch(POSIX)
  })
})
