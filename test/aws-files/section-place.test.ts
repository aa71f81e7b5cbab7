/** Where a section is, or will be inserted; ambiguous files are rejected. */
import { describe, expect, test } from 'vitest'
import { AwsmfaError } from '../../src/model/failure.ts'
import { readIniDocument } from '../../src/aws-files/ini-document.ts'
import { addPlainProfile, locateSection } from '../../src/aws-files/sections.ts'

function locate(text: string, profile = 't') {
  return locateSection({ document: readIniDocument(text), path: '~/.aws/credentials', profile })
}

function refusal(text: string): unknown {
  try {
    locate(text)
  } catch (error) {
    return error instanceof AwsmfaError ? error.failure : error
  }
  return 'not refused'
}

describe('an ambiguous place is rejected with its line', () => {
  test.each([
    {
      what: 'two sections of the name',
      text: '[a]\n[t]\nk=v\n\n[t]\n',
      defect: 'duplicate-section',
      line: 5,
      otherLine: 2,
    },
    { what: 'two spellings of the name', text: '[t]\n[ t ]\n', defect: 'duplicate-section', line: 2, otherLine: 1 },
    { what: 'text after the header', text: '[a]\n[t] x\n', defect: 'ambiguous-header', line: 2 },
    { what: 'a key on the header line', text: '[t] k = v\n', defect: 'ambiguous-header', line: 1 },
    { what: 'a bracket in the comment of the header', text: '[t] # [x]\n', defect: 'ambiguous-header', line: 1 },
    { what: 'an indented header below a key', text: '[a]\nk = v\n  [t]\n', defect: 'ambiguous-header', line: 3 },
    {
      what: 'an indented header below an indented header below a key',
      text: '[a]\nk = v\n  [b]\n  [t]\n',
      defect: 'ambiguous-header',
      line: 4,
    },
    { what: 'an indented header after it', text: '[t]\nk = v\n  [b]\nl = w\n', defect: 'ambiguous-header', line: 3 },
    { what: 'an indented header right after it', text: '[t]\n  [b]\n', defect: 'ambiguous-header', line: 2 },
    { what: 'an open bracket in it', text: '[t]\nk = v\n[b\nl = w\n', defect: 'ambiguous-header', line: 3 },
    { what: 'an open bracket in a continuation', text: '[t]\nk = v\n  [b\n', defect: 'ambiguous-header', line: 3 },
    { what: 'a NUL in it', text: '[t]\nk = \0\n', defect: 'nul', line: 1 },
    { what: 'UTF-16', text: '\xff\xfe[\0t\0]\0', defect: 'nul', line: 1 },
    { what: 'an indented managed key', text: '[t]\n  aws_access_key_id = x\n', defect: 'key-unplaceable', line: 2 },
    {
      what: 'an indented managed key below another key',
      text: '[t]\nk = v\n  aws_session_token = x\n',
      defect: 'key-unplaceable',
      line: 3,
    },
    {
      what: 'an indented key below a managed one',
      text: '[t]\naws_session_token = x\n  region = y\n',
      defect: 'key-unplaceable',
      line: 3,
    },
    { what: 'an indented legacy token', text: '[t]\n  AWS_Security_Token: x\n', defect: 'key-unplaceable', line: 2 },
  ])('$what', ({ text, defect, line, otherLine }) => {
    const expected = { code: 'FILE_MALFORMED', place: { path: '~/.aws/credentials', line }, defect, section: 't' }
    expect(refusal(text)).toEqual(otherLine === undefined ? expected : { ...expected, otherLine })
  })
})

describe('an unambiguous place is found, even with faults elsewhere in the file', () => {
  test.each([
    { what: 'a plain section', text: '[t]\nk=v\n', keys: ['k'] },
    { what: 'a header with blanks inside', text: '[ t ]\nk=v\n', keys: ['k'] },
    { what: 'a header with a comment', text: '[t]; c\nk=v\n', keys: ['k'] },
    { what: 'an indented header with no key above', text: '# c\n  [t]\nk=v\n', keys: ['k'] },
    { what: 'other sections twice', text: '[a]\n[a]\n[t]\nk=v\n', keys: ['k'] },
    { what: 'a NUL in another section', text: '[a]\n\0\n[t]\nk=v\n', keys: ['k'] },
    { what: 'an open bracket in another section', text: '[t]\nk=v\n[a]\n[b\n', keys: ['k'] },
    { what: 'lines that are no key, and keys twice', text: '[t]\nnonsense\nk=v\nk=w\n', keys: ['k', 'k'] },
    { what: 'managed keys twice', text: '[t]\nmanager=v\nmanager=w\n', keys: ['manager', 'manager'] },
    { what: 'a nested key that is named like a managed one', text: '[t]\nx =\n  manager = y\n', keys: ['x'] },
    {
      what: 'a value that goes on in the next line',
      text: '[t]\naws_session_token = x\n  y==\n',
      keys: ['aws_session_token'],
    },
  ])('$what', ({ text, keys }) => {
    expect(locate(text)?.body.entries.map(({ key }) => key)).toEqual(keys)
  })
})

test.each([
  { profile: 'T', text: '[t]\n' },
  { profile: 't', text: '# [t]\nk = [t]\n' },
  { profile: 't', text: '[profile t]\n["t"]\n' },
  { profile: '__proto__', text: '[t]\n' },
])('there is no section $profile in $text', ({ profile, text }) => {
  expect(locate(text, profile)).toBeUndefined()
})

test.each([
  { what: 'UTF-8', text: '[caf\xc3\xa9]\n' },
  { what: 'latin-1', text: '[caf\xe9]\n' },
])('a name beyond ASCII is found in $what', ({ text }) => {
  expect(locate(text, 'café')?.section.start).toBe(0)
})

test.each([
  ['an empty file', '', 'prod', '[profile plain]\nregion = eu-west-3\n'],
  [
    'a file without a last line end',
    '[profile a]\nx = 1',
    'prod',
    '[profile a]\nx = 1\n[profile plain]\nregion = eu-west-3\n',
  ],
  [
    'settings, and nothing that leads to credentials',
    '[profile prod]\nrole_arn = r\nsource_profile = base\nregion = eu-west-1\nOutput = json\nsso_session = s\nawsmfa_mfa_serial = m\naws_access_key_id = k\ncredential_process = p\nmfa_serial = m\n# comment\ns3 =\n  max_queue_size = 5\n  role_arn = kept\nca_bundle = /ca\n',
    'prod',
    '[profile plain]\nregion = eu-west-3\nOutput = json\ns3 =\n  max_queue_size = 5\n  role_arn = kept\nca_bundle = /ca\n',
  ],
  [
    'the last of several settings of one name, which strict parsers refuse',
    '[profile prod]\noutput = json\noutput = text\n[profile prod]\ncli_pager = x\n',
    'prod',
    '[profile plain]\nregion = eu-west-3\noutput = text\ncli_pager = x\n',
  ],
  [
    'the default profile',
    '[default]\noutput = json\n',
    'default',
    '[profile plain]\nregion = eu-west-3\noutput = json\n',
  ],
])('a profile without credentials in %s', (_, text, profile, expected) => {
  const added = addPlainProfile(readIniDocument(text), profile, { name: 'plain', region: 'eu-west-3' })
  expect(added.startsWith(text)).toBe(true)
  expect(added.slice(added.indexOf('[profile plain]'))).toBe(expected.slice(expected.indexOf('[profile plain]')))
})

test('a region that is none is left out of it', () => {
  const region = 'x\n[profile prod]\ncredential_process = p'
  expect(addPlainProfile(readIniDocument(''), 'prod', { name: 'plain', region })).toBe('[profile plain]\n')
})
