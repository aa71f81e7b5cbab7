import { expect, test } from 'vitest'
import type { TextStyle } from '../../src/core/ports.ts'
import { renderDiff } from '../../src/render/diff.ts'

const PLAIN: TextStyle = { colour: false, unicode: true, columns: undefined }

function diff(before: string, after: string, style = PLAIN): string {
  return renderDiff([{ path: '/home/alice/.aws/config', before, after }], '/home/alice', style)
}

test('a change stands under its section, between its neighbours', () => {
  const before = '[profile a]\nregion = x\n\n[profile b]\nrole_arn = r\noutput = json\nsource_profile = a\nmfa_serial = s\nregion = y\n'
  expect(diff(before, before.replace('mfa_serial = s\n', ''))).toBe(
    '~/.aws/config\n   [profile b]\n   …\n   source_profile = a\n  -mfa_serial = s\n   region = y\n',
  )
})

test('a renamed section, and one that is new', () => {
  expect(diff('[work]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n', '[work-long-term]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\n[new]\nregion = x\n')).toBe(
    '~/.aws/config\n  -[work]\n  +[work-long-term]\n   aws_access_key_id = …MPLE\n  +\n  +[new]\n  +region = x\n',
  )
})

test('several changes, files without one left out', () => {
  const files = [
    { path: '/home/alice/.aws/credentials', before: '[a]\n', after: '[a]\n' },
    { path: '/etc/aws', before: '[a]\nx = 1\n[b]\nx = 1\n', after: '[a]\n[b]\nx = 2\n' },
  ]
  expect(renderDiff(files, '/home/alice', PLAIN)).toBe('/etc/aws\n   [a]\n  -x = 1\n   [b]\n  -x = 1\n  +x = 2\n')
})

test.each([
  ['aws_access_key_id = AKIAIOSFODNN7EXAMPLE', 'aws_access_key_id = …MPLE'],
  ['aws_access_key_id=AKIA', 'aws_access_key_id=…'],
  ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG', 'aws_secret_access_key = …'],
  ['AWS_SECRET_ACCESS_KEY: wJalrXUtnFEMI/K7MDENG', 'AWS_SECRET_ACCESS_KEY: …'],
  ['aws_session_token = FwoG==', 'aws_session_token = …'],
  ['aws_security_token = FwoG==', 'aws_security_token = …'],
  ['db_password = hunter2', 'db_password = …'],
  ['awsmfa_token_command = ykman', 'awsmfa_token_command = ykman'],
  ['  wJalrXUtnFEMI', '…'],
  ['wJalrXUtnFEMI', '…'],
  ['# aws_secret_access_key = wJalrXUtnFEMI', '# aws_secret_access_key = …'],
  ['# AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', '# …MPLE …'],
  ['# mine', '# mine'],
  ['  max_concurrent_requests = 20', '  max_concurrent_requests = 20'],
  ['mfa_serial = arn:aws:iam::111111111111:mfa/alice', 'mfa_serial = arn:aws:iam::111111111111:mfa/alice'],
  ['name = \x1b[31mred', 'name = \\x1b[31mred'],
  ['name = caf\xc3\xa9', 'name = café'],
])('%j is shown as %j', (line, shown) => {
  expect(diff('[a]\n', `[a]\n${line}\n`)).toBe(`~/.aws/config\n   [a]\n  +${shown}\n`)
})

test('red and green where there is colour', () => {
  expect(diff('[a]\nx = 1\n', '[a]\nx = 2\n', { ...PLAIN, colour: true })).toBe('~/.aws/config\n   [a]\n  \u001b[31m-x = 1\u001b[39m\n  \u001b[32m+x = 2\u001b[39m\n')
})
