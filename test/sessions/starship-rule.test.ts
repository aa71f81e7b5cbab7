/**
 * starship's rule for the end of a session in the credentials file (starship 1.26, src/modules/aws.rs ›
 * get_credentials_duration): in the section of the profile, the key `expiration`, else `x_security_token_expires`; read
 * as a timestamp whose offset from UTC has to be there.
 */
import { describe, expect, it } from 'vitest'
import { session, signIn } from '../aws-files/sign-in.ts'

function starshipReads(credentials: string, profile: string): Date | undefined {
  const section = credentials.split(/^\[/m).find((text) => text.startsWith(`${profile}]`)) ?? ''
  const keys = new Map(
    [...section.matchAll(/^(\w+)\s*=\s*(.*)$/gm)].map(([, key = '', value = '']) => [key, value.trim()]),
  )
  const text = keys.get('expiration') ?? keys.get('x_security_token_expires')
  return text !== undefined && /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text)
    ? new Date(text)
    : undefined
}

describe('what starship shows after a login', () => {
  it.each([
    ['in a new file', ''],
    [
      'in a section with another tool’s end, in a form without a zone',
      '[t]\nexpiration = 2020-01-01 00:00:00\nx_security_token_expires = 2020-01-01T00:00:00\n',
    ],
    [
      'in a file with a comment and other sections',
      '# mine\n[default]\nexpiration = 2020-01-01T00:00:00Z\n\n[t]\nregion = eu-west-1\n[z]\n',
    ],
  ])('is when the session ends, %s', (_, before) => {
    const wanted = new Date(Math.floor(session.expiration.getTime() / 1000) * 1000)
    expect(starshipReads(signIn(before), 't')).toEqual(wanted)
  })
})
