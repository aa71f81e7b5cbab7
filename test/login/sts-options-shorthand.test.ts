/** The AWS CLI's shorthand syntax in STS options. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { parseShorthand } from '../../src/login/sts-options.ts'

// Every row was compared with awscli 1.45, shorthand.py › ShorthandParser.
describe('shorthand is read as the AWS CLI reads it', () => {
  const text = (key: string, value: string): object => ({ key, text: value, fromFile: false })
  test.each([
    ['Key=a,Value=b', [text('Key', 'a'), text('Value', 'b')]],
    ['Key= a , Value = b c ', [text('Key', 'a'), text('Value', 'b c')]],
    ['Key=a,Value=', [text('Key', 'a'), text('Value', '')]],
    ['Key=,Value=b', [text('Key', ''), text('Value', 'b')]],
    ['Key="x, y",Value=\'p,q\'', [text('Key', 'x, y'), text('Value', 'p,q')]],
    ['Key=a\\,b', [text('Key', 'a,b')]],
    ['Key=a=b:c/@+ d', [text('Key', 'a=b:c/@+ d')]],
    ['Key="a\\"b"', [text('Key', 'a"b')]],
    ["Key='a\\'b'", [text('Key', "a'b")]],
    ['Key="a\\\\"', [text('Key', 'a\\')]],
    ['Key=a Value=b', [text('Key', 'a Value=b')]],
    ['key=a', [text('key', 'a')]],
    ['Key@=file://p', [{ key: 'Key', text: 'file://p', fromFile: true }]],
  ])('%s', (word, members) => expect(parseShorthand(word)).toEqual(members))

  test.each([
    ['Key', 0],
    ['', 0],
    ['arn:aws:iam::aws:policy/ReadOnlyAccess', 0],
    ['Key=a,', 6],
    ['Key=a,b', 6],
    ['Key=a,Key=b', 6],
    ['Key=a,Value=b Key=c,Value=d', 20],
    ['Key="a"b', 7],
    ['Key="a', 4],
    ['Key=[a]', 4],
    ['Key={a=b}', 4],
    ['Key=a]b', 5],
    ['Key=a"b', 5],
  ])('%s is refused', (word, at) => expect(parseShorthand(word)).toMatchObject({ error: expect.any(String), at }))
})

it('gives back every member that was quoted as the AWS CLI documents it', () => {
  const key = fc.stringMatching(/^[A-Za-z0-9_.#/-]{1,10}$/)
  // A backslash at the end of a quoted text is the one thing that shorthand cannot say.
  const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.endsWith('\\'))
  const members = fc.uniqueArray(fc.record({ key, text, fromFile: fc.boolean() }), {
    selector: (member) => member.key,
    minLength: 1,
    maxLength: 4,
  })
  const quote = (value: string): string => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
  fc.assert(
    fc.property(members, (given) => {
      const word = given.map((member) => `${member.key}${member.fromFile ? '@' : ''}=${quote(member.text)}`).join(',')
      expect(parseShorthand(word)).toEqual(given)
    }),
  )
})
