/** Removing a session from the credentials file. */
import { describe, expect, test } from 'vitest'
import { signIn, signOut } from './sign-in.ts'

const LONG_TERM = 'aws_access_key_id = AKIAX\naws_secret_access_key = mine\n'

describe('logout removes what login wrote', () => {
  test.each([
    {
      what: 'a section that login made',
      before: '[a]\nk = v\n',
      change: (text: string) => text,
      after: '[a]\nk = v\n',
      removed: 'section',
    },
    {
      what: 'a section that was empty',
      before: '[t]\n\n[a]\n',
      change: (text: string) => text,
      after: '[t]\n\n[a]\n',
      removed: 'keys',
    },
    {
      what: 'keys between keys of yours',
      before: '[t]\nk = v\n',
      change: (text: string) => `${text}l = w\n`,
      after: '[t]\nk = v\nl = w\n',
      removed: 'keys',
    },
    {
      what: 'a section that login made and you put a key into: the header stays',
      before: '',
      change: (text: string) => `${text}region = x\n`,
      after: '[t]\nregion = x\n',
      removed: 'keys',
    },
    {
      what: 'a section that login made and you put a comment into',
      before: '',
      change: (text: string) => text.replace('[t]\n', '[t]\n# mine\n'),
      after: '[t]\n# mine\n',
      removed: 'keys',
    },
    {
      what: 'a section whose header you commented',
      before: '',
      change: (text: string) => text.replace('[t]', '[t] # mine'),
      after: '[t] # mine\n',
      removed: 'keys',
    },
    {
      what: 'a section with a comment below it',
      before: '',
      change: (text: string) => `${text}\n# about b\n[b]\n`,
      after: '\n# about b\n[b]\n',
      removed: 'section',
    },
    {
      what: 'marks without keys',
      before: '',
      change: (text: string) => text.replace(/aws_(access|secret).*\n/g, ''),
      after: '',
      removed: 'section',
    },
    {
      what: 'a session that lost its expiration',
      before: '[t]\n',
      change: (text: string) => text.replace(/expiration.*\n/, ''),
      after: '[t]\n',
      removed: 'keys',
    },
    {
      what: 'nothing the second time',
      before: '[t]\n',
      change: (text: string) => signOut(text).text,
      after: '[t]\n',
      removed: 'nothing',
    },
    {
      what: 'nothing where there is no section',
      before: '',
      change: () => '[a]\n',
      after: '[a]\n',
      removed: 'nothing',
    },
  ])('$what', ({ before, change, after, removed }) => {
    expect(signOut(change(signIn(before)))).toEqual({ text: after, removed })
  })
})

describe('logout keeps what login did not write', () => {
  test.each([
    {
      what: 'long-term credentials pasted over our session: marks and dead token go',
      change: (text: string) => text.replace(/aws_access_key_id.*\naws_secret.*\n/, LONG_TERM),
      after: `[t]\n${LONG_TERM}`,
      removed: 'marks',
    },
    {
      what: 'long-term credentials above our session: no key goes',
      change: (text: string) => text.replace('[t]\n', `[t]\n${LONG_TERM}`),
      after: `[t]\n${LONG_TERM}aws_access_key_id = ASIANEW\naws_secret_access_key = S\n`,
      removed: 'marks',
    },
    {
      what: 'a key without token',
      change: (text: string) => text.replace(/aws_session_token.*\n/, ''),
      after: '[t]\naws_access_key_id = ASIANEW\naws_secret_access_key = S\n',
      removed: 'marks',
    },
    {
      what: 'three keys that the AWS CLI wrote over ours',
      change: (text: string) => text.replace('= ASIANEW', '= ASIACLI').replace('T==', 'CLI'),
      after: '[t]\naws_access_key_id = ASIACLI\naws_secret_access_key = S\naws_session_token = CLI\n',
      removed: 'marks',
    },
    {
      what: 'a session and an expiration that broamski/aws-mfa wrote over ours',
      change: (text: string) =>
        text.replace('= ASIANEW', '= ASIAMFA').replace(/expiration = .*/, 'expiration = 2026-11-21 19:00:00'),
      after:
        '[t]\naws_access_key_id = ASIAMFA\naws_secret_access_key = S\naws_session_token = T==\nexpiration = 2026-11-21 19:00:00\n',
      removed: 'marks',
    },
    {
      what: "another's session",
      change: () =>
        '[t]\naws_access_key_id = ASIAX\naws_secret_access_key = s\naws_session_token = t\nmanager = awsume\n',
      after: '[t]\naws_access_key_id = ASIAX\naws_secret_access_key = s\naws_session_token = t\nmanager = awsume\n',
      removed: 'nothing',
    },
    {
      what: 'long-term credentials',
      change: () => `[t]\n${LONG_TERM}`,
      after: `[t]\n${LONG_TERM}`,
      removed: 'nothing',
    },
    {
      what: 'a session token alone that was there',
      change: () => '[t]\naws_session_token = t\n',
      after: '[t]\naws_session_token = t\n',
      removed: 'nothing',
    },
  ])('$what', ({ change, after, removed }) => {
    expect(signOut(change(signIn('')))).toEqual({ text: after, removed })
  })
})

describe('the line end that login added to your last line', () => {
  test.each([
    { what: 'goes with the section', before: '[a]\nk = v', edit: (text: string) => text, after: '[a]\nk = v' },
    { what: 'goes with the keys below a header', before: '[t]', edit: (text: string) => text, after: '[t]' },
    {
      what: 'stays where a section follows',
      before: '[a]\nk = v',
      edit: (text: string) => `${text}[b]\n`,
      after: '[a]\nk = v\n[b]\n',
    },
    {
      what: 'stays where that line is another now',
      before: '[a]\nk = v',
      edit: (text: string) => text.replace('k = v\n', 'k = v\nl = w\n'),
      after: '[a]\nk = v\nl = w\n',
    },
  ])('$what', ({ before, edit, after }) => {
    expect(signOut(edit(signIn(before))).text).toBe(after)
  })
})
