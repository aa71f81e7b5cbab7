/** The line for a profile in the prompt cache, and its file name. */
import { describe, expect, it } from 'vitest'
import { isPromptLine, promptFileName, promptFilesOf } from '../../src/sessions/prompt-line.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const NOBODY = { account: undefined, identity: undefined }
const at = (text: string): Date => new Date(text)

describe('the line of a profile', () => {
  it.each([
    [
      'a session',
      { profile: 'work', source: 'credentials-file', expiration: at('2026-11-21T18:40:00Z') },
      { name: 'work', content: '1 1795286400 ends work\n' },
    ],
    [
      'a part of a second, which is not there to be used',
      { profile: 'work', source: 'credentials-file', expiration: at('2026-11-21T18:40:00.900Z') },
      { name: 'work', content: '1 1795286400 ends work\n' },
    ],
    [
      'a session without a known end',
      { profile: 'work', source: 'credentials-file', expiration: undefined },
      { name: 'work', content: '1 0 unknown work\n' },
    ],
    [
      'a session that ended less than a day ago',
      { profile: 'work', source: 'cli-cache', expiration: at('2026-11-20T12:00:01Z') },
      { name: 'work', content: '1 1795176001 ends work\n' },
    ],
    [
      'a name that is no file name',
      { profile: 'a/b', source: 'boto-cache', expiration: at('2026-11-21T18:40:00Z') },
      { name: 'a%2Fb', content: '1 1795286400 ends a/b\n' },
    ],
  ] as const)('is there for %s', (_, entry, file) => {
    expect(promptFilesOf(entry, NOBODY, NOW)).toEqual([file])
    expect(isPromptLine(file.content)).toBe(true)
  })

  it.each([
    ['without a session', { profile: 'work', source: undefined, expiration: undefined }],
    [
      'whose session ended more than a day ago',
      { profile: 'work', source: 'credentials-file', expiration: at('2026-11-20T11:59:59Z') },
    ],
    [
      'with a name that would break the line',
      { profile: 'a\nb', source: 'credentials-file', expiration: at('2026-11-21T18:40:00Z') },
    ],
  ] as const)('is not there for a profile %s', (_, entry) => {
    expect(promptFilesOf(entry, NOBODY, NOW)).toEqual([])
  })
})

describe('the second file of a profile', () => {
  const ENDS = { profile: 'a/b', source: 'credentials-file', expiration: at('2026-11-21T18:40:00Z') } as const
  const second = (account?: string, identity?: string, entry: Parameters<typeof promptFilesOf>[0] = ENDS) =>
    promptFilesOf(entry, { account, identity }, NOW)[1]

  it.each([
    [['111111111111', 'alice'], '2 1795286400 ends 111111111111 alice a/b\n'],
    [['111111111111', undefined], '2 1795286400 ends 111111111111 - a/b\n'],
    [[undefined, 'A+b=c,d.e@f_g-h'], '2 1795286400 ends - A+b=c,d.e@f_g-h a/b\n'],
    [['1111', '$(touch run)'], undefined],
    [['111111111111', 'two words'], '2 1795286400 ends 111111111111 - a/b\n'],
    [['111111111111', 'x'.repeat(129)], '2 1795286400 ends 111111111111 - a/b\n'],
  ] as const)('has the account and the identity %j', ([account, identity], content) => {
    expect(second(account, identity)?.content).toBe(content)
    expect(content === undefined || isPromptLine(content)).toBe(true)
  })

  it('has a name that no profile has, and is there whenever the first is', () => {
    expect(second('111111111111', 'alice')?.name).toBe('.a%2Fb')
    expect(second('111111111111', 'alice', { ...ENDS, expiration: undefined })?.content).toBe(
      '2 0 unknown 111111111111 alice a/b\n',
    )
    expect(second('111111111111', 'alice', { ...ENDS, source: undefined })).toBeUndefined()
  })
})

describe('the name of the file', () => {
  it.each([
    ['work', 'work'],
    ['Two words', 'Two words'],
    ['../../etc/passwd', '%2E.%2F..%2Fetc%2Fpasswd'],
    ['.', '%2E'],
    ['..', '%2E.'],
    ['a.b', 'a.b'],
    ['100%', '100%25'],
    ['%2F', '%252F'],
    [String.raw`a\b:c*d?e"f<g>h|i`, 'a%5Cb%3Ac%2Ad%3Fe%22f%3Cg%3Eh%7Ci'],
    ["it's $(touch x) `y` 😀 é", "it's $(touch x) `y` 😀 é"],
    ['-rf', '-rf'],
  ])('of %j is %j', (profile, name) => {
    expect(promptFileName(profile)).toBe(name)
  })

  it.each(['', 'a\tb', 'a\nb', 'a\u001bb', 'a\u2028b', 'a\ufffdb', 'x'.repeat(201), '/'.repeat(67)])(
    'does not exist for %j',
    (profile) => {
      expect(promptFileName(profile)).toBeUndefined()
    },
  )

  it('is another one for every profile', () => {
    const pieces = ['', '.', '%', '/', '2F', '2E', '%2F', 'a']
    const profiles = pieces
      .flatMap((one) => pieces.flatMap((two) => pieces.map((three) => one + two + three)))
      .filter((profile) => profile !== '')
    expect(new Set(profiles.map(promptFileName)).size).toBe(new Set(profiles).size)
  })
})

describe('what counts as a line', () => {
  it.each(['', '\n', 'text\n', '1 2 ends\n', '1 2 ends work', '1 2 ends work\nmore\n', 'x 2 ends work\n'])(
    'not %j',
    (text) => {
      expect(isPromptLine(text)).toBe(false)
    },
  )

  it('one of a later version does, so that it goes with the others', () => {
    expect(isPromptLine('2 1795286400 ends work\n')).toBe(true)
  })
})
