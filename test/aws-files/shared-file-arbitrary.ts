/** Generated shared files with every peculiarity of the format, as byte strings. */
import fc from 'fast-check'

/** A name that no generated section has by default. */
export const TARGET = 'target'

const keyLines = [
  'region = eu-west-1',
  'output=json',
  'REGION = EU',
  'sso_start_url : https://example.com/start#/',
  'name = caf\xe9',
  'name = caf\xc3\xa9',
  'note = a = b : c # d ; e',
  's3 =\n  max_concurrent_requests = 20\n  addressing_style = path',
  's3 =\n    a = 1\n\n    b = 2',
  'role_arn = arn:aws:iam::111111111111:role/Admin\n  continued',
  'empty =',
  'tabbed\t=\tvalue',
  'trailing = blanks  \t',
  'quoted = "value"',
  'bracket = [x]',
  'x\xa0y = \xa0padded\xa0',
]
const quietLines = ['', '   ', '\t', '# comment', '; comment', '#[target]', '  # indented comment', '# caf\xe9']
const oddLines = [
  'no delimiter',
  '= no key',
  'a\0b = c',
  '\xff\xfe',
  '<<<<<<< HEAD',
  '  indented first = 1',
  '[unclosed',
]
const credentialLines = [
  'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  'aws_access_key_id=ASIAIOSFODNN7EXAMPLE\naws_secret_access_key=s\naws_session_token=t==\naws_security_token=t==',
]
const headers = [
  '[other]',
  '[default]',
  '[base-long-term]',
  '[ padded ]',
  '[a] # comment',
  '[b]; comment',
  '[profile x]',
  '[DEFAULT]',
  '[a.b]',
  '[caf\xe9]',
  '[]',
  '[two words]',
]

/** The line endings of a file: one kind, or several mixed; a lone `'\r'` is rare. */
const lineEnds = fc.oneof(
  { weight: 6, arbitrary: fc.constant(['\n']) },
  { weight: 3, arbitrary: fc.constant(['\r\n']) },
  { weight: 2, arbitrary: fc.constant(['\n', '\r\n']) },
  { weight: 1, arbitrary: fc.constant(['\r']) },
)
const foreignBody = fc.array(fc.constantFrom(...keyLines, ...quietLines, ...credentialLines, ...oddLines), {
  maxLength: 5,
})
const foreignSection = fc.tuple(fc.constantFrom(...headers), foreignBody).map(([header, body]) => [header, ...body])
const targetHeader = fc.constantFrom(`[${TARGET}]`, `[ ${TARGET}\t]`, `[${TARGET}] # mine`, `[${TARGET}]; mine`)
const targetBody = fc.array(fc.constantFrom(...keyLines, ...quietLines, '  indented first = 1'), { maxLength: 5 })

function written(parts: readonly (readonly string[])[], ends: readonly string[], isEnded: boolean): string {
  const lines = parts.flat().flatMap((line) => line.split('\n'))
  const text = lines.map((line, index) => line + (ends[index % ends.length] ?? '\n')).join('')
  return isEnded ? text : text.replace(/(?:\r\n|\n|\r)$/, '')
}

const preamble = fc.array(fc.constantFrom(...quietLines, 'no section = yet'), { maxLength: 3 })
const style = fc.record({ lineEnds, isEnded: fc.boolean(), mark: fc.constantFrom('', '', '', '\xef\xbb\xbf') })

/** A file without the target section. */
export const fileWithoutTarget = fc
  .tuple(preamble, fc.array(foreignSection, { maxLength: 4 }), style)
  .map(([head, sections, { lineEnds: ends, isEnded, mark }]) => mark + written([head, ...sections], ends, isEnded))

/** A file with the target section once, anywhere, without credentials and awsmfa's own keys. */
export const fileWithTarget = fc
  .tuple(
    fc.array(foreignSection, { maxLength: 2 }),
    targetHeader,
    targetBody,
    fc.array(foreignSection, { maxLength: 2 }),
    style,
  )
  .map(
    ([above, header, body, below, { lineEnds: ends, isEnded, mark }]) =>
      mark + written([...above, [header, ...body], ...below], ends, isEnded),
  )

/** Either of the two. */
export const anyFile = fc.oneof(fileWithoutTarget, fileWithTarget)
