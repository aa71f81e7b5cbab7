/** Token codes from the command line and from stdin. */
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createGivenTokenCode } from '../../src/mfa/sources.ts'
import type { TokenCodeRequest } from '../../src/mfa/token-code.ts'

const REQUEST: TokenCodeRequest = { profile: 'work', profiles: 1, serialNumber: 'arn:aws:iam::111111111111:mfa/alice' }
const going = (): AbortSignal => new AbortController().signal
const piped = (...chunks: readonly string[]): PassThrough => {
  const stdin = new PassThrough()
  chunks.forEach((chunk) => stdin.write(chunk))
  return stdin
}

describe('a token code on the command line', () => {
  it.each(['123456', ' 123456', '123 456', '012345'])('is accepted: %j', async (value) => {
    expect(await createGivenTokenCode(value, 'flag')(REQUEST, going())).toEqual({
      code: value.replaceAll(' ', ''),
      typed: false,
    })
  })

  it.each(['12345', '1234567', 'abcdef', '', '１２３４５６', '--', '12345-'])('is rejected: %j', async (value) => {
    await expect(createGivenTokenCode(value, 'sts-flag')(REQUEST, going())).rejects.toMatchObject({
      failure: { code: 'TOKEN_CODE_MALFORMED', source: 'sts-flag' },
    })
  })

  it('is used once', async () => {
    const refusal = { nextCodeInSeconds: 17, known: 'used', answerLost: false } as const
    expect(await createGivenTokenCode('123456', 'flag')({ ...REQUEST, refusal }, going())).toBe('unavailable')
  })

  it('does not read stdin', async () => {
    const stdin = piped('999999\n')
    await createGivenTokenCode('123456', 'flag', { stdin })(REQUEST, going())
    expect([stdin.readableFlowing, stdin.readableLength]).toEqual([null, 7])
  })
})

describe('a token code from stdin', () => {
  const taken = [
    { title: 'a line', chunks: ['123456\n'] },
    { title: 'a Windows line', chunks: ['123456\r\n'] },
    { title: 'a line in pieces', chunks: ['1', '23', '456', '\n'] },
    { title: 'the first of two lines', chunks: ['123456\n654321\n'] },
    { title: 'spaces round and inside', chunks: [' 123 456 \n'] },
  ]
  it.each(taken)('is read from $title', async ({ chunks }) => {
    expect(await createGivenTokenCode('-', 'flag', { stdin: piped(...chunks) })(REQUEST, going())).toEqual({
      code: '123456',
      typed: false,
    })
  })

  it('is read from a line without a line ending', async () => {
    const stdin = piped('123456')
    stdin.end()
    expect(await createGivenTokenCode('-', 'flag', { stdin })(REQUEST, going())).toEqual({
      code: '123456',
      typed: false,
    })
  })

  it.each([
    ['an empty line', '\n'],
    ['words', 'no code\n'],
    ['65 bytes without a line end', '1'.repeat(65)],
  ])('is refused: %s', async (_title, text) => {
    await expect(createGivenTokenCode('-', 'flag', { stdin: piped(text) })(REQUEST, going())).rejects.toMatchObject({
      failure: { code: 'TOKEN_CODE_MALFORMED', source: 'stdin' },
    })
  })

  it('fails if stdin ends without a line', async () => {
    const stdin = piped()
    stdin.end()
    await expect(createGivenTokenCode('-', 'flag', { stdin })(REQUEST, going())).rejects.toMatchObject({
      failure: { code: 'PROMPT_UNAVAILABLE', obstacle: 'stdin-closed', wanted: 'token-code' },
    })
  })

  it('fails after the time limit', async () => {
    await expect(
      createGivenTokenCode('-', 'flag', { stdin: piped('123'), timeoutMs: 1 })(REQUEST, going()),
    ).rejects.toMatchObject({
      failure: { code: 'DEADLINE_EXCEEDED', waitingFor: 'a token code on stdin' },
    })
  })

  it('stops when the signal aborts, and leaves no listener behind', async () => {
    const stdin = piped()
    const withdrawal = new AbortController()
    const answer = createGivenTokenCode('-', 'flag', { stdin })(REQUEST, withdrawal.signal)
    withdrawal.abort(new Error('withdrawn'))
    await expect(answer).rejects.toThrow('withdrawn')
    expect(stdin.listenerCount('data')).toBe(0)
  })
})
