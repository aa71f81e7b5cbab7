/** Paths of the entries of a folder. */
import { join, sep } from 'node:path'
import { expect, it } from 'vitest'
import { childPath } from '../../src/platform/paths.ts'

it.each([`${sep}home${sep}alice`, sep, `${sep}a folder with a name`])('names what is in %s as join does', (folder) => {
  expect(childPath(folder, 'config.ini')).toBe(join(folder, 'config.ini'))
})
