/** Edits that change anything outside their section are rejected. */
import { describe, expect, test } from 'vitest'
import { isEditContained } from '../../src/aws-files/session-section.ts'
import { session, signIn } from './sign-in.ts'

const BEFORE = '# top\n[a]\nk = v\n\n[t]\nregion = x\n\n[b]\nk = w\n'
const AFTER = signIn(BEFORE)
const APPENDED = signIn('[a]\nk = v')

describe('an edit within its section', () => {
  test.each([
    { what: 'a session written', before: BEFORE, after: AFTER },
    { what: 'a session renewed', before: AFTER, after: AFTER },
    { what: 'a section appended', before: '[a]\nk = v', after: APPENDED },
  ])('$what', ({ before, after }) => {
    expect(isEditContained({ before, after, profile: 't', intended: session })).toBe(true)
  })
})

describe('an edit outside its section, or with another result than intended', () => {
  test.each([
    { what: 'a byte above', before: BEFORE, after: AFTER.replace('# top', '# Top') },
    { what: 'a byte below', before: BEFORE, after: AFTER.replace('k = w', 'k = W') },
    { what: 'a byte after the end', before: BEFORE, after: `${AFTER}\n` },
    { what: 'another section gone', before: BEFORE, after: AFTER.replace('[b]\nk = w\n', '') },
    { what: 'a foreign key of the section', before: BEFORE, after: AFTER.replace('region = x', 'region = y') },
    { what: 'a foreign key of the section gone', before: BEFORE, after: AFTER.replace('region = x\n', '') },
    { what: 'the section twice', before: BEFORE, after: `${AFTER}[t]\n` },
    { what: 'a session removed', before: AFTER, after: BEFORE },
    { what: 'a section removed', before: APPENDED, after: '[a]\nk = v' },
    { what: 'more than a section appended', before: '[a]\nk = v', after: `${APPENDED}[c]\n` },
    { what: 'a section put in front', before: '[a]\n', after: `${signIn('')}[a]\n` },
    { what: 'another section made', before: '[a]\n', after: '[a]\n[b]\n' },
  ])('$what', ({ before, after }) => {
    expect(isEditContained({ before, after, profile: 't', intended: session })).toBe(false)
  })

  test.each([
    { what: 'a value', after: AFTER.replace('T==', 'T=') },
    { what: 'a key twice', after: AFTER.replace('manager = awsmfa\n', 'manager = awsmfa\nmanager = awsmfa\n') },
    { what: 'a key missing', after: AFTER.replace('manager = awsmfa\n', '') },
    { what: 'a state of another session', after: AFTER.replace('1:ASIANEW', '1:ASIAX') },
    { what: 'another expiration', after: AFTER.replace('18:40', '18:41') },
    { what: 'a value that goes on', after: AFTER.replace('T==\n', 'T==\n  more\n') },
  ])('$what', ({ after }) => {
    expect(isEditContained({ before: BEFORE, after, profile: 't', intended: session })).toBe(false)
  })
})
