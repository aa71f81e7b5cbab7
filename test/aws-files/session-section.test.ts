/** Writing a session to the credentials file. */
import { describe, expect, test } from 'vitest'
import { AwsmfaError } from '../../src/model/failure.ts'
import { applyEdits, readIniDocument } from '../../src/aws-files/ini-document.ts'
import { planSessionWrite } from '../../src/aws-files/session-section.ts'
import { session, signIn } from './sign-in.ts'

const KEYS = [
  'aws_access_key_id = ASIANEW',
  'aws_secret_access_key = S',
  'aws_session_token = T==',
  'expiration = 2026-11-21T18:40:00Z',
  'manager = awsmfa',
]
const NEW = [...KEYS, 'awsmfa_state = 1:ASIANEW:k:0a', ''].join('\n')

describe('a session replaces another', () => {
  test.each([
    {
      what: 'foreign keys, comments and order stay',
      before:
        '[t]\nregion = x\naws_session_token = old\n# mine\naws_access_key_id = ASIAOLD\noutput = y\naws_secret_access_key = old\n; end\n[z]\n',
      after:
        '[t]\nregion = x\naws_session_token = T==\n# mine\naws_access_key_id = ASIANEW\noutput = y\naws_secret_access_key = S\nexpiration = 2026-11-21T18:40:00Z\nmanager = awsmfa\nawsmfa_state = 1:ASIANEW:k:0a\n; end\n[z]\n',
    },
    {
      what: "a legacy token and other tools' marks go",
      before:
        '[t]\naws_access_key_id = ASIAOLD\naws_secret_access_key = old\naws_security_token = old\nassumed_role = True\nassumed_role_arn = a\nx_security_token_expires = e\nx_principal_arn = p\nautoawsume = true\nawsumepy_command = c\nsource_expiration = e\nawsmfa_expiration = e\nAWS_EXPIRATION = e\nregion = x\n',
      after: `[t]\naws_access_key_id = ASIANEW\naws_secret_access_key = S\n${NEW.slice(NEW.indexOf('aws_session_token'))}region = x\n`,
    },
    {
      what: 'capitals, colons, quotes and empty values are written portably',
      before: '[t]\nAWS_ACCESS_KEY_ID=ASIAOLD\naws_secret_access_key: old\naws_session_token="old"\nmanager =\n',
      after:
        '[t]\naws_access_key_id=ASIANEW\naws_secret_access_key=S\naws_session_token=T==\nmanager=awsmfa\nexpiration=2026-11-21T18:40:00Z\nawsmfa_state=1:ASIANEW:k:0a\n',
    },
    {
      what: 'second keys of one name and further lines of a value go',
      before:
        '[t]\naws_access_key_id = ASIAOLD\naws_secret_access_key = old\naws_session_token = old\n  more\n  # c\n  end==\nAWS_SESSION_TOKEN = older\nregion = x\n',
      after: `[t]\n${KEYS.slice(0, 3).join('\n')}\n  # c\n${KEYS.slice(3).join('\n')}\nawsmfa_state = 1:ASIANEW:k:0a\nregion = x\n`,
    },
    {
      what: 'a comment after a value goes, since the AWS CLI takes it for part of the value',
      before: '[t]\naws_access_key_id = ASIAOLD # old\naws_secret_access_key = old\naws_session_token = old\n',
      after: `[t]\n${NEW}`,
    },
    {
      what: 'a last line without line end gets one',
      before: '[t]\naws_access_key_id = ASIAOLD\naws_secret_access_key = old\naws_session_token = old',
      after: `[t]\n${NEW}`,
    },
    {
      what: 'a session token alone is of no use',
      before: '[t]\r\naws_session_token=old\r\n',
      after:
        '[t]\r\naws_session_token=T==\r\naws_access_key_id=ASIANEW\r\naws_secret_access_key=S\r\nexpiration=2026-11-21T18:40:00Z\r\nmanager=awsmfa\r\nawsmfa_state=1:ASIANEW:k:0a\r\n',
    },
    {
      what: 'a state that nobody can read is replaced',
      before: '[t]\nawsmfa_state = 9:x\n',
      after: '[t]\nawsmfa_state = 1:ASIANEW:k:0a\n' + `${KEYS.join('\n')}\n`,
    },
  ])('$what', ({ before, after }) => {
    expect(signIn(before)).toBe(after)
  })

  test('a renewal changes only values, and keeps the origin of the section in awsmfa_state', () => {
    const first = signIn('a=1')
    const second = signIn(first, { accessKeyId: 'ASIATWO', sessionToken: 'U' }, 'ff')
    expect(second).toBe(first.replaceAll('ASIANEW', 'ASIATWO').replace('T==', 'U').replace(':0a\n', ':ff\n'))
  })
})

describe('a new section', () => {
  test.each([
    { what: 'in an empty file', before: '', after: '[t]\n' },
    { what: 'after a blank line', before: '[a]\nk = v\n\n', after: '[a]\nk = v\n\n[t]\n' },
    { what: 'after a line without end', before: '[a]\nk = v', after: '[a]\nk = v\n\n[t]\n' },
    { what: 'after a comment', before: '# c\n', after: '# c\n\n[t]\n' },
    {
      what: 'where sections stand close together',
      before: '[a]\nk = v\n[b]\nk = v\n',
      after: '[a]\nk = v\n[b]\nk = v\n[t]\n',
    },
    {
      what: 'where comments stand above headers',
      before: '[a]\nk = v\n\n# b\n[b]\nk = v\n',
      after: '[a]\nk = v\n\n# b\n[b]\nk = v\n\n[t]\n',
    },
    { what: 'after blanks', before: '[a]\nk = v\n  ', after: '[a]\nk = v\n  \n[t]\n' },
  ])('stands $what', ({ before, after }) => {
    expect(signIn(before).slice(0, after.length)).toBe(after)
  })

  test('can have a non-ASCII name', () => {
    expect(
      applyEdits(
        '',
        planSessionWrite({
          document: readIniDocument(''),
          path: 'c',
          profile: 'café',
          credentials: session,
          requestHash: '0a',
        }),
      ),
    ).toMatch(/^\[caf\xc3\xa9\]\n/)
  })
})

describe('a file or session is rejected', () => {
  test.each([
    { what: 'a line end in the secret', change: { secretAccessKey: 'a\n[default]' }, defect: 'control-character' },
    { what: 'a line end in the session token', change: { sessionToken: 'a\rb' }, defect: 'control-character' },
    { what: 'a NUL in the key id', change: { accessKeyId: 'A\0' }, defect: 'control-character' },
    { what: 'a blank in the session token', change: { sessionToken: 'a # b' }, defect: 'alphabet' },
    { what: 'letters beyond ASCII', change: { secretAccessKey: 'é' }, defect: 'alphabet' },
    { what: 'a key id that is none', change: { accessKeyId: 'AS:IA' }, defect: 'alphabet' },
    { what: 'no session token', change: { sessionToken: '' }, defect: 'empty' },
    { what: 'no expiration', change: { expiration: new Date(Number.NaN) }, defect: 'alphabet' },
    {
      what: 'an expiration in the year 10000',
      change: { expiration: new Date(Date.UTC(10_000, 0)) },
      defect: 'alphabet',
    },
  ])('$what, without a word of it', ({ change, defect }) => {
    const failure = failureOf(() => signIn('', change))
    expect(failure).toMatchObject({ code: 'TEXT_REFUSED', defect, text: '' })
  })

  test.each(['x]\n[default]', 'a#b', 'DEFAULT', 'profile x'])('a new section of the name %j', (profile) => {
    expect(
      failureOf(() =>
        planSessionWrite({
          document: readIniDocument(''),
          path: 'c',
          profile,
          credentials: session,
          requestHash: '0a',
        }),
      ),
    ).toMatchObject({ code: 'TEXT_REFUSED', text: profile })
  })

  test.each([
    { what: 'long-term credentials', body: 'aws_access_key_id = AKIAX\naws_secret_access_key = s' },
    {
      what: 'long-term credentials above a session',
      body: 'aws_access_key_id = AKIAX\naws_secret_access_key = s\naws_access_key_id = ASIAX\naws_session_token = t',
    },
    {
      what: 'long-term credentials pasted over our session',
      body: 'aws_access_key_id = AKIAX\naws_secret_access_key = s\naws_session_token = t\nmanager = awsmfa\nawsmfa_state = 1:ASIANEW:s:0a',
    },
    { what: 'a secret alone', body: 'aws_secret_access_key = s' },
  ])('a section with $what', ({ body }) => {
    expect(failureOf(() => signIn(`[a]\n[t]\n${body}\n`))).toEqual({
      code: 'SECTION_HOLDS_LONG_TERM_CREDENTIALS',
      profile: 't',
      place: { path: 'c', line: 2 },
      sourceIsSame: false,
    })
  })
})

function failureOf(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error instanceof AwsmfaError ? error.failure : error
  }
  return undefined
}
