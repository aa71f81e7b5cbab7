import { expect, test } from 'vitest'
import { nearest } from '../../src/core/nearest.ts'

test.each([
  ['prdo', ['dev', 'prod', 'stage'], 'prod'],
  ['PROD', ['prod'], 'prod'],
  ['wrk', ['work', 'walk'], 'work'],
  ['--profle', ['--profile', '--region'], '--profile'],
  ['statsu', ['login', 'status', 'logout'], 'status'],
  ['logn', ['login', 'logout'], 'login'],
  ['x', ['a', 'b'], undefined],
  ['something', ['else'], undefined],
  ['', ['a'], undefined],
  ['ab', [], undefined],
])('%j among %j means %j', (word, candidates, meant) => {
  expect(nearest(word, candidates)).toBe(meant)
})

test('of two equally near ones the first is named', () => {
  expect(nearest('dev-3', ['dev-1', 'dev-2'])).toBe('dev-1')
})
