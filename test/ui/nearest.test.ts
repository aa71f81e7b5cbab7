/** Suggestions for misspelled names. */
import { expect, test } from 'vitest'
import { nearest } from '../../src/ui/words.ts'

test.each([
  { word: 'prdo', candidates: ['dev', 'prod', 'staging'], found: 'prod' },
  { word: 'stauts', candidates: ['login', 'status', 'logout'], found: 'status' },
  { word: 'logn', candidates: ['login', 'logout'], found: 'login' },
  { word: '--duration-secnds', candidates: ['--duration-seconds', '--duration'], found: '--duration-seconds' },
  { word: 'WORK', candidates: ['word', 'work'], found: 'work' },
  { word: 'wrk', candidates: ['work', 'wark'], found: 'work' },
  { word: 'xyz', candidates: ['dev', 'prod'], found: undefined },
  { word: 'a', candidates: ['b'], found: undefined },
  { word: 'work', candidates: ['work'], found: undefined },
  { word: 'work', candidates: [], found: undefined },
  { word: '', candidates: ['a'], found: undefined },
  { word: 'production', candidates: ['prodtuion'], found: 'prodtuion' },
])('$word among $candidates means $found', ({ word, candidates, found }) => {
  expect(nearest(word, candidates)).toBe(found)
})
