/** Diffs of the shared files, without secrets. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TextStyle } from '../../src/ui/style.ts'
import { renderDiff } from '../../src/aws-files/diff.ts'

const PLAIN: TextStyle = { color: false, unicode: true, columns: undefined }

function diff(before: string, after: string, style = PLAIN): string {
  return renderDiff([{ path: '/home/alice/.aws/config', before, after }], '/home/alice', style)
}

test('a change is shown under its section, between its neighbors', () => {
  const before =
    '[profile a]\nregion = x\n\n[profile b]\nrole_arn = r\noutput = json\nsource_profile = a\nmfa_serial = s\nregion = y\n'
  expect(diff(before, before.replace('mfa_serial = s\n', ''))).toBe(
    '~/.aws/config\n   [profile b]\n   …\n   source_profile = a\n  -mfa_serial = s\n   region = y\n',
  )
})

test('a renamed section and a new one', () => {
  expect(
    diff(
      '[work]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n',
      '[work-long-term]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\n[new]\nregion = x\n',
    ),
  ).toBe('~/.aws/config\n  -[work]\n  +[work-long-term]\n   aws_access_key_id = …MPLE\n  +\n  +[new]\n  +region = x\n')
})

test('several changes, without files that do not change', () => {
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
  ['mfa_process = oathtool --totp -b JBSWY3DPEHPK3PXP', 'mfa_process = oathtool …'],
  ['mfa_process : oathtool --totp -b JBSWY3DPEHPK3PXP', 'mfa_process : oathtool …'],
  ['MFA_PROCESS=oathtool --totp -b JBSWY3DPEHPK3PXP', 'MFA_PROCESS=oathtool …'],
  ['awsmfa_token_command = "oathtool --totp -b JBSWY3DPEHPK3PXP"', 'awsmfa_token_command = "oathtool …'],
  ['mfa_process = SEED=JBSWY3DPEHPK3PXP totp', 'mfa_process = …'],
  ['mfa_process = totp', 'mfa_process = totp'],
  ['credential_process = /opt/vault --password hunter2', 'credential_process = /opt/vault …'],
  [
    'credential_process = /usr/bin/node /usr/lib/awsmfa.cjs credential-process --profile base',
    'credential_process = /usr/bin/node /usr/lib/awsmfa.cjs credential-process --profile base',
  ],
  [
    'credential_process = "C:\\Program Files\\nodejs\\node.exe" C:\\awsmfa.cjs credential-process --profile "the base"',
    'credential_process = "C:\\Program Files\\nodejs\\node.exe" C:\\awsmfa.cjs credential-process --profile "the base"',
  ],
  ['credential_process = awsmfa credential-process base', 'credential_process = awsmfa credential-process base'],
  ["credential_process = awsmfa credential-process base --token-command 'totp SEED'", 'credential_process = awsmfa …'],
  ['credential_process = hunter2 awsmfa credential-process base', 'credential_process = hunter2 …'],
  ['# mfa_process = oathtool --totp -b jbswy3dp', '# mfa_process = oathtool …'],
  ['# the seed is JBSWY3DPEHPK3PXP', '# the seed is …'],
  ['totp_seed = jbswy3dp', 'totp_seed = …'],
  ['  JBSWY3DPEHPK3PXP====', '…'],
  ['  oathtool --key=hunter2', '…'],
  ['region = eu # aws_secret_access_key = hunter2', 'region = eu # aws_secret_access_key = …'],
  ['name = \x1b[31mred', 'name = \\x1b[31mred'],
  ['name = caf\xc3\xa9', 'name = café'],
])('%j is shown as %j', (line, shown) => {
  expect(diff('[a]\n', `[a]\n${line}\n`)).toBe(`~/.aws/config\n   [a]\n  +${shown}\n`)
})

test('an indented line below a command is part of it', () => {
  expect(diff('[a]\n', '[a]\nmfa_process =\n  totp = x\ns3 =\n  size = 2\n')).toBe(
    '~/.aws/config\n   [a]\n  +mfa_process =\n  +…\n  +s3 =\n  +  size = 2\n',
  )
})

test.each([
  ['[work] # aws_secret_access_key = hunter2', '[work] # aws_secret_access_key = …'],
  ['[work] # mine', '[work] # mine'],
  ['[work] aws_secret_access_key = hunter2', '[work] …'],
])('the header %j is shown as %j', (line, shown) => {
  expect(diff(`${line}\nx = 1\n`, `${line}\nx = 2\n`)).toBe(`~/.aws/config\n   ${shown}\n  -x = 1\n  +x = 2\n`)
})

test('an unchanged secret is hidden', () => {
  expect(diff('[a]\nmfa_process = totp SEED\n', '[a]\nmfa_process = totp SEED\nx = 1\n')).toBe(
    '~/.aws/config\n   [a]\n   mfa_process = totp …\n  +x = 1\n',
  )
})

test('lines inserted right above a header are shown under their own section', () => {
  expect(
    diff(
      '[profile work]\nregion = eu\n[profile r]\nx = 1\n',
      '[profile work]\nregion = eu\nmfa_serial = s\n[profile r]\nx = 1\n',
    ),
  ).toBe('~/.aws/config\n   [profile work]\n   region = eu\n  +mfa_serial = s\n')
  expect(diff('[work]\n[r]\nx = 1\n', '[work]\nregion = eu\n[r]\nx = 1\n')).toBe(
    '~/.aws/config\n   [work]\n  +region = eu\n',
  )
})

test('every changed line is shown under its own section, for generated files', () => {
  const line = fc.constantFrom('[a]', '[b]', '[c]', 'x = 1', 'y = 2', 'z = 3', '')
  const text = fc.array(line, { maxLength: 14 }).map((lines) => lines.map((each) => `${each}\n`).join(''))
  fc.assert(
    fc.property(text, text, (before, after) => {
      for (const [sign, whole] of [
        ['-', before],
        ['+', after],
      ] as const) {
        const rows = diff(before, after)
          .split('\n')
          .slice(1)
          .map((row) => row.slice(2))
          .filter((row) => row.startsWith(sign) || row.startsWith(' '))
        expect(changedUnder(rows, sign).filter((row) => !sectionsOf(whole).has(row))).toEqual([])
      }
    }),
    { numRuns: 500 },
  )
})

/** Returns each changed key with the header above it in the diff. */
function changedUnder(rows: readonly string[], sign: string): readonly string[] {
  let header = ''
  return rows.flatMap((row) => {
    const content = row.slice(1)
    if (content.startsWith('[')) header = content
    return row.startsWith(sign) && content.includes('=') ? [header + content] : []
  })
}

function sectionsOf(text: string): ReadonlySet<string> {
  return new Set(
    changedUnder(
      text.split('\n').map((content) => `+${content}`),
      '+',
    ),
  )
}

test('red and green in color', () => {
  expect(diff('[a]\nx = 1\n', '[a]\nx = 2\n', { ...PLAIN, color: true })).toBe(
    '~/.aws/config\n   [a]\n  \u001b[31m-x = 1\u001b[39m\n  \u001b[32m+x = 2\u001b[39m\n',
  )
})
