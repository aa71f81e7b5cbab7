/** Edits of a text. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyEdits, replaceText } from '../../src/aws-files/ini-document.ts'

describe('the replacement of a text', () => {
  test('is one edit, and none where the texts are equal', () => {
    expect(applyEdits('abc', replaceText('abc', 'abd'))).toBe('abd')
    expect(applyEdits('', replaceText('', 'x'))).toBe('x')
    expect(replaceText('abc', 'abc')).toEqual([])
  })
})

describe('edits', () => {
  test.each([
    { what: 'none', edits: [], after: 'abcdef' },
    { what: 'an insert at the beginning', edits: [{ offset: 0, length: 0, content: '<' }], after: '<abcdef' },
    { what: 'an insert at the end', edits: [{ offset: 6, length: 0, content: '>' }], after: 'abcdef>' },
    { what: 'a replacement', edits: [{ offset: 2, length: 2, content: 'XYZ' }], after: 'abXYZef' },
    { what: 'a deletion of everything', edits: [{ offset: 0, length: 6, content: '' }], after: '' },
    {
      what: 'edits out of order',
      edits: [
        { offset: 5, length: 1, content: '6' },
        { offset: 0, length: 1, content: '1' },
      ],
      after: '1bcde6',
    },
    {
      what: 'inserts at one offset, in the order given',
      edits: [
        { offset: 3, length: 0, content: '1' },
        { offset: 3, length: 0, content: '2' },
      ],
      after: 'abc12def',
    },
    {
      what: 'an insert where a deletion begins',
      edits: [
        { offset: 3, length: 2, content: '' },
        { offset: 3, length: 0, content: '1' },
      ],
      after: 'abc1f',
    },
    {
      what: 'an insert where a deletion ends',
      edits: [
        { offset: 3, length: 0, content: '1' },
        { offset: 1, length: 2, content: '' },
      ],
      after: 'a1def',
    },
  ])('are made: $what', ({ edits, after }) => {
    expect(applyEdits('abcdef', edits)).toBe(after)
  })

  test.each([
    {
      what: 'overlap',
      edits: [
        { offset: 1, length: 3, content: '' },
        { offset: 2, length: 1, content: '' },
      ],
    },
    {
      what: 'insert into what is deleted',
      edits: [
        { offset: 1, length: 3, content: '' },
        { offset: 2, length: 0, content: 'x' },
      ],
    },
    { what: 'reach beyond the end', edits: [{ offset: 5, length: 2, content: '' }] },
    { what: 'begin beyond the end', edits: [{ offset: 7, length: 0, content: '' }] },
    { what: 'begin before the text', edits: [{ offset: -1, length: 0, content: '' }] },
    { what: 'have a negative length', edits: [{ offset: 3, length: -1, content: '' }] },
    { what: 'have no whole offset', edits: [{ offset: 0.5, length: 0, content: '' }] },
  ])('are refused when they $what', ({ edits }) => {
    expect(() => applyEdits('abcdef', edits)).toThrow(/^edit /)
  })

  test('keep the bytes between them', () => {
    const cuts = fc.uniqueArray(fc.nat(40), { maxLength: 8 }).map((offsets) => offsets.toSorted((a, b) => a - b))
    fc.assert(
      fc.property(fc.string({ minLength: 41, maxLength: 60 }), cuts, (text, offsets) => {
        const edits = offsets.map((offset) => ({ offset, length: 0, content: '\u2020' }))
        expect(applyEdits(text, edits.toReversed()).replaceAll('\u2020', '')).toBe(text)
      }),
    )
  })
})
