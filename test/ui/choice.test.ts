/** Which choices of a list an answer means. */
import { expect, it } from 'vitest'
import { chosenBy } from '../../src/ui/picker.ts'

const CHOICES = [
  { name: 'base', detail: 'alice (111111111111)' },
  { name: 'base-eu', detail: 'bob (111111111111)' },
  { name: 'Prod', detail: 'account 222222222222' },
  { name: 'prod', detail: 'account 333333333333' },
  { name: '12' },
]

it.each([
  ['a number', '2', [1]],
  ['a number that is past the list, and a name', '12', [4]],
  ['a number that is past the list, and a part of details', '2222', [2]],
  ['a whole name that others begin with', 'base', [0]],
  ['the same in other case', 'BASE', [0]],
  ['names that differ in case', 'prod', [3]],
  ['neither of these', 'PROD', [2, 3]],
  ['the only one with that beginning', 'base-', [1]],
  ['a part in the middle', 'ase', [0, 1]],
  ['a part of the details', 'ALICE', [0]],
  ['something that none has', 'x', []],
  ['zero', '0', []],
  ['nothing', '', []],
])('%s: %j', (_, answer, indexes) => {
  expect(chosenBy(answer, CHOICES)).toEqual(indexes)
})
