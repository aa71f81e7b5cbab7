/** Properties of login and logout on generated files. */
import fc from 'fast-check'
import { parse } from 'ini'
import { loadSharedConfigFiles } from '@smithy/shared-ini-file-loader'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { isFailure } from '../../src/model/failure.ts'
import { applyEdits, linesBetween, parseSection, readIniDocument } from '../../src/aws-files/ini-document.ts'
import {
  isEditContained,
  planSessionRemoval,
  planSessionRemovals,
  planSessionWrite,
} from '../../src/aws-files/session-section.ts'
import { sectionsNamed } from '../../src/aws-files/profiles.ts'
import { anyFile, fileWithoutTarget, fileWithTarget, TARGET } from './shared-file-arbitrary.ts'

const folder = mkdtempSync(join(tmpdir(), 'awsmfa-properties-'))
afterAll(() => rmSync(folder, { recursive: true, maxRetries: 10 }))

const RUNS = { numRuns: 500 }
const morning = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalr/XUtn+FEMI',
  sessionToken: `Fwo${'G+/'.repeat(90)}==`,
  expiration: new Date('2026-11-21T18:40:00Z'),
}
const noon = {
  accessKeyId: 'ASIAI44QH8DHBEXAMPLE',
  secretAccessKey: 'je7MtGbClwBF',
  sessionToken: 'IQo=',
  expiration: new Date('2026-11-22T00:10:00Z'),
}

function login(text: string, profile = TARGET, credentials = morning, requestHash = '0a1b.2c'): string {
  return applyEdits(
    text,
    planSessionWrite({ document: readIniDocument(text), path: 'credentials', profile, credentials, requestHash }),
  )
}

function logout(text: string, profile = TARGET): string {
  return applyEdits(text, planSessionRemoval({ document: readIniDocument(text), path: 'credentials', profile }).edits)
}

/** Returns undefined if login rejects the generated file as ambiguous. */
function loginWhereCertain(text: string): string | undefined {
  try {
    return login(text)
  } catch (error) {
    if (isFailure(error, 'FILE_MALFORMED')) return undefined
    throw error
  }
}

function checkWhereCertain(files: fc.Arbitrary<string>, check: (before: string, after: string) => void): void {
  let certain = 0
  let all = 0
  fc.assert(
    fc.property(files, (before) => {
      const after = loginWhereCertain(before)
      all++
      if (after === undefined) return
      certain++
      check(before, after)
    }),
    RUNS,
  )
  expect(certain).toBeGreaterThan(all * 0.7)
}

/** Edits of other programs between login and logout, possible with and without our section. */
const foreignEdits: readonly { readonly what: string; readonly edit: (text: string) => string }[] = [
  {
    what: 'a section is appended',
    edit: (text) => `${text}${text === '' || text.endsWith('\n') ? '' : lineEndFor(text)}[appended]\nregion = x\n`,
  },
  {
    what: 'a section is appended after a blank line',
    edit: (text) => `${text}${text === '' || text.endsWith('\n') ? '' : lineEndFor(text)}\n[appended]\nregion = x\n`,
  },
  {
    what: 'a section is put on top',
    edit: (text) => (text.startsWith('\xef\xbb\xbf') ? text : `[top]\nregion = x\n${text}`),
  },
  { what: 'a section is removed', edit: (text) => withoutBlock(text, 'other') },
]

function lineEndFor(text: string): string {
  return /\r\n[^\n]*$/.test(text) ? '\r\n' : '\n'
}

/** Removes a section, from its header to its last line that is not blank. */
function withoutBlock(text: string, name: string): string {
  const [section] = sectionsNamed(readIniDocument(text), name)
  if (section === undefined) return text
  const end = linesBetween(text, section.start, section.end).findLast(
    ({ start, contentEnd }) => text.slice(start, contentEnd).trim() !== '',
  )?.end
  return text.slice(0, section.start) + text.slice(end)
}

describe('promise 1: not a byte of yours changes', () => {
  test('login, perhaps another login, and logout restore the file byte for byte', () => {
    checkWhereCertain(anyFile, (before, after) => {
      expect(logout(after)).toBe(before)
      expect(logout(login(after, TARGET, noon, 'ff'))).toBe(before)
    })
  })

  test.each(foreignEdits)('login, $what, logout has the same result as without a login', ({ edit }) => {
    checkWhereCertain(fileWithoutTarget, (before, after) => {
      fc.pre(/\n$/.test(before) || before === '')
      expect(logout(edit(after))).toBe(edit(before))
    })
  })

  test('two profiles sign in and out, in either order', () => {
    checkWhereCertain(anyFile, (before, after) => {
      const both = login(after, 'second', noon)
      expect(logout(logout(both), 'second')).toBe(before)
      expect(logout(logout(both, 'second'))).toBe(before)
    })
  })
})

test('several profiles signed out together end as if one after the other, in any order', () => {
  const names = ['second', TARGET, 'third', 'other']
  fc.assert(
    fc.property(anyFile, fc.shuffledSubarray(names, { minLength: 2 }), (before, order) => {
      const signedIn = loginWhereCertain(before)
      if (signedIn === undefined) return
      const text = login(login(signedIn, 'second', noon), 'third')
      const { edits } = planSessionRemovals({ document: readIniDocument(text), path: 'credentials' }, order)
      expect(applyEdits(text, edits)).toBe(order.reduce(logoutWhereCertain, text))
    }),
    RUNS,
  )
})

function logoutWhereCertain(text: string, profile: string): string {
  try {
    return logout(text, profile)
  } catch (error) {
    if (isFailure(error, 'FILE_MALFORMED')) return text
    throw error
  }
}

describe('an edit', () => {
  test('changes only its own section', () => {
    checkWhereCertain(anyFile, (before, after) => {
      const [was] = sectionsNamed(readIniDocument(before), TARGET)
      const [is] = sectionsNamed(readIniDocument(after), TARGET)
      const end = was?.end ?? before.length
      expect(after.slice(0, was?.start ?? before.length)).toBe(before.slice(0, was?.start))
      expect(after.slice(is?.end)).toBe(before.slice(end))
      expect(isEditContained({ before, after, profile: TARGET, intended: morning })).toBe(true)
    })
  })

  test('is idempotent', () => {
    checkWhereCertain(anyFile, (_, after) => {
      expect(
        planSessionWrite({
          document: readIniDocument(after),
          path: 'credentials',
          profile: TARGET,
          credentials: morning,
          requestHash: '0a1b.2c',
        }),
      ).toEqual([])
    })
  })

  test('keeps the keys, comments and order of its section', () => {
    checkWhereCertain(fileWithTarget, (before, after) => {
      const linesOf = (text: string) => {
        const document = readIniDocument(text)
        const section = sectionsNamed(document, TARGET)[0]
        return section === undefined
          ? []
          : linesBetween(text, section.start, section.end).map(({ start, contentEnd }) => text.slice(start, contentEnd))
      }
      const ours = /^(?:aws_(?:access_key_id|secret_access_key|session_token)|expiration|manager|awsmfa_state) ?=/
      expect(linesOf(after).filter((line) => !ours.test(line))).toEqual(linesOf(before))
    })
  })
})

describe('other readers', () => {
  const expected = {
    aws_access_key_id: morning.accessKeyId,
    aws_secret_access_key: morning.secretAccessKey,
    aws_session_token: morning.sessionToken,
    expiration: '2026-11-21T18:40:00Z',
    manager: 'awsmfa',
  }

  test('the JavaScript SDK reads the session', async () => {
    let read = 0
    const path = join(folder, 'credentials')
    const property = fc.asyncProperty(anyFile, async (before) => {
      const after = loginWhereCertain(before)
      if (after === undefined || /\r(?!\n)/.test(before) || new RegExp(`\\[ ${TARGET}|\\];`).test(after)) return
      writeFileSync(path, after, 'latin1')
      const { credentialsFile } = await loadSharedConfigFiles({
        filepath: path,
        configFilepath: join(folder, 'none'),
        ignoreCache: true,
      })
      expect(credentialsFile[TARGET]).toMatchObject(expected)
      read++
    })
    await fc.assert(property, { numRuns: 200 })
    expect(read).toBeGreaterThan(60)
  })

  test('the ini package reads the section', () => {
    checkWhereCertain(fileWithoutTarget, (_, after) => {
      const section = sectionsNamed(readIniDocument(after), TARGET)[0]
      expect(parse(after.slice(section?.start, section?.end))[TARGET]).toMatchObject(expected)
    })
  })
})

test('parsing loses no byte', () => {
  fc.assert(
    fc.property(anyFile, (text) => {
      const document = readIniDocument(text)
      const head = text.slice(0, document.sections[0]?.start)
      expect(head + document.sections.map(({ start, end }) => text.slice(start, end)).join('')).toBe(text)
      for (const section of document.sections) {
        expect(
          linesBetween(text, section.bodyStart, section.end)
            .map(({ start, end }) => text.slice(start, end))
            .join(''),
        ).toBe(text.slice(section.bodyStart, section.end))
        for (const entry of parseSection(document, section).entries)
          expect(text.slice(entry.valueStart, entry.valueEnd)).toBe(entry.value)
      }
    }),
    RUNS,
  )
})

test('any bytes are read without an error', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom('[', ']', '=', ':', '#', ' ', '\t', '\n', '\r', '\0', '\xa0', '\xc3', 'a', 'Z', '"'),
      }),
      (text) => {
        const document = readIniDocument(text)
        expect(
          document.sections
            .flatMap((section) => parseSection(document, section).entries)
            .every(({ key }) => key !== ''),
        ).toBe(true)
      },
    ),
    RUNS,
  )
})
