/**
 * The work on large files grows no faster than the files: 8 times as large takes about 8 times as long, where anything
 * quadratic takes 64 times as long.
 */
import { expect, it } from 'vitest'
import { isEditContained } from '../../src/aws-files/session-section.ts'
import { editsBetween } from '../../src/aws-files/lines.ts'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import { growthOf } from '../support/growth.ts'
import { session, signIn, signOut } from './sign-in.ts'
import { isWindows } from '../support/on-windows.ts'

const FACTOR = 8
const LIMIT = 40

function each(count: number, write: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => write(index)).join('')
}

function signedIn(count: number): string {
  const section = signIn('')
  return each(count, (index) => section.replace('[t]', `[p${index}]`))
}

const CASES: readonly (readonly [what: string, size: number, work: (size: number) => () => unknown])[] = [
  [
    'reading every profile of both files',
    500,
    (size) => {
      const config = each(size, (index) => `[profile p${index}]\nregion = eu-west-1\n`)
      const files = { credentials: signedIn(size), config }
      return () => {
        const profiles = readProfiles(files)
        for (const name of profiles.names()) profiles.find(name)?.get('region')
      }
    },
  ],
  [
    'signing in and out of a section of many keys',
    1_500,
    (size) => {
      const text = `[t]\n${each(size, (index) => `key${index} = value\n`)}`
      return () => {
        const after = signIn(text)
        isEditContained({ before: text, after, profile: 't', intended: session })
        signOut(after)
      }
    },
  ],
  [
    'signing in below many profiles',
    500,
    (size) => {
      const text = signedIn(size)
      return () => isEditContained({ before: text, after: signIn(text), profile: 't', intended: session })
    },
  ],
  [
    'the lines that change in a large file',
    500,
    (size) => {
      const text = signedIn(size)
      return () => editsBetween(text, text.replaceAll('p77]', 'q77]'))
    },
  ],
]

// Windows counts processor time in steps of 16 ms.
it.skipIf(isWindows).each(CASES)('%s', async (_, size, prepare) => {
  const works = new Map([size, size * FACTOR].map((each) => [each, prepare(each)]))
  expect(await growthOf((each) => works.get(each)?.(), size, FACTOR)).toBeLessThan(LIMIT)
})
