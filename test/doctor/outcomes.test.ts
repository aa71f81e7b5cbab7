/** Who a tool is with a profile: what doctor says of it, however the files are written, and that --fix does not change it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diagnose } from '../../src/doctor/report.ts'
import { examineFiles, examine } from '../../src/doctor/examination.ts'
import { planFixes } from '../../src/doctor/fix.ts'
import { profilesSeenBy } from '../../src/doctor/outcomes.ts'
import type { ToolId } from '../../src/doctor/tools.ts'
import { applyEdits } from '../../src/aws-files/edit.ts'
import { renderFindingsJson } from '../../src/doctor/report.ts'
import { DOCTOR_HOME, DOCTOR_NOW, homeOf } from '../support/doctor-homes.ts'
import type { DoctorHome } from '../support/doctor-homes.ts'

const keys = (id: string): string =>
  `aws_access_key_id = AKIAIOSFODNN7EXA${id}\naws_secret_access_key = wJalrXUtnFEMI\n`
const mended = ({ files, machine }: DoctorHome) => {
  const edits = planFixes(files, machine)
  return {
    credentials: applyEdits(files.credentials.text, edits.credentials),
    config: applyEdits(files.config.text, edits.config),
  }
}

/** The name says what stands there; then both files, and the end of the key id that each tool uses for `work`, or why it has none. */
const HOMES: readonly (readonly [
  name: string,
  credentials: string,
  config: string,
  botocore: string,
  javascript: string,
])[] = [
  [
    'keys in both files, under a prefix in credentials',
    `[profile work]\n${keys('AAAA')}`,
    `[profile work]\n${keys('BBBB')}`,
    'BBBB',
    'BBBB',
  ],
  [
    'keys in both files, under blanks in credentials',
    `[ work ]\n${keys('AAAA')}`,
    `[profile work]\n${keys('BBBB')}`,
    'BBBB',
    'BBBB',
  ],
  [
    'keys in both files, in capitals in credentials',
    `[work]\n${keys('AAAA').replace('aws_access', 'AWS_ACCESS')}`,
    `[profile work]\n${keys('BBBB')}`,
    'AAAA',
    'BBBB',
  ],
  [
    'a role in config, under blanks',
    `[work]\n${keys('AAAA')}`,
    `[ profile work ]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = work\n`,
    'AAAA',
    'AAAA',
  ],
  ['two forms in credentials', `[work]\n${keys('AAAA')}[profile work]\n${keys('BBBB')}`, '', 'AAAA', 'AAAA'],
  [
    'two forms in config',
    `[work]\n${keys('AAAA')}`,
    '[work]\nregion = eu-west-1\n[profile work]\nregion = eu-west-1\n',
    'AAAA',
    'AAAA',
  ],
  ['blanks and none', `[work]\n${keys('AAAA')}[ work ]\n${keys('BBBB')}`, '', 'AAAA', 'AAAA'],
  ['a tab and none', `[\twork]\n${keys('BBBB')}[work]\n${keys('AAAA')}`, '', 'AAAA', 'AAAA'],
  [
    'a comment that is joined to the next header',
    `[work]\n${keys('AAAA')}[other];mine\n${keys('BBBB')}`,
    '',
    'AAAA',
    'BBBB',
  ],
  [
    'text behind the next header',
    `[work]\n${keys('AAAA')}[other] mine\n${keys('BBBB').replace('aws_access', 'AWS_ACCESS')}`,
    '',
    'AAAA',
    'AAAA',
  ],
  ['a bracket in a comment', `[work] # ticket [OPS-1]\n${keys('AAAA')}`, '', 'unread', 'AAAA'],
  ['a double bracket', `[work]]\n${keys('AAAA')}`, '', 'unread', 'unread'],
  [
    'a region in a line of its own',
    `[work]\n${keys('AAAA')}`,
    '[profile work]\nregion =\n  eu-west-1\n',
    'unread',
    'AAAA',
  ],
  [
    'a nested line without a sign',
    `[work]\n${keys('AAAA')}`,
    '[profile work]\ns3 =\n  addressing_style\n',
    'unread',
    'AAAA',
  ],
  ['a header without a name', `[]\n[work]\n${keys('AAAA')}`, '', 'unread', 'AAAA'],
  ['a colon', `[work]\n${keys('AAAA').replace(' =', ' :')}`, '', 'AAAA', 'none'],
  ['a byte order mark', `\xef\xbb\xbf[work]\n${keys('AAAA')}`, `[profile work]\n${keys('BBBB')}`, 'unread', 'AAAA'],
  [
    'half a pair in credentials',
    `[work]\naws_access_key_id = AKIAIOSFODNN7EXAAAAA\n`,
    `[profile work]\n${keys('BBBB')}`,
    'fails',
    'AAAA',
  ],
]

describe.each(HOMES)('%s', (_, credentials, config, botocore, javascript) => {
  const home = homeOf({ credentials, config })
  const said = (tool: ToolId) => {
    const found = diagnose(examine(home.files, home.machine)).find(
      ({ code, profile, tools }) => code.startsWith('tools-') && profile === 'work' && tools.includes(tool),
    )
    return found?.key === 'keys' ? found.name?.slice(-4) : found?.key
  }

  it('is told as the tools read it', () => {
    expect([said('boto3'), said('sdk-js')]).toEqual([botocore, javascript])
  })

  it('is no less a fault of the files', () => {
    expect(diagnose(examine(home.files, home.machine)).filter(({ severity }) => severity !== 'note')).not.toEqual([])
  })

  it('changes nobody when it is mended', () => {
    const after = mended(home)
    for (const engine of ['botocore', 'js'] as const)
      expect(changesBetween(engine, { credentials, config }, after)).toEqual([])
  })
})

it('what AWS refuses is not said to work', () => {
  const home = homeOf({ credentials: `[work]\n${keys('AAAA').replace('AAAA', 'AAAA # mine')}`, config: '' })
  const rows = renderFindingsJson(diagnose(examine(home.files, home.machine)), { home: DOCTOR_HOME, now: DOCTOR_NOW })
  expect(rows).toContain('the long-term keys …AAAA, which AWS refuses as they are written')
  expect(rows).not.toContain('# mine')
})

it('a name of two words is one that JavaScript does not read', () => {
  const home = homeOf({ credentials: `[we ird]\n${keys('AAAA')}`, config: '' })
  expect(diagnose(examine(home.files, home.machine)).find(({ code }) => code === 'name-not-portable')?.tools).toEqual([
    'sdk-js',
    'cdk',
    'sdk-rust',
    'sdk-java',
  ])
})

type Texts =
  DoctorHome['files'] extends Readonly<Record<infer Name extends string, unknown>>
    ? Readonly<Record<Name, string>>
    : never

/** The profiles of whom a tool was somebody before, and is somebody else after. */
function changesBetween(engine: 'botocore' | 'js', before: Texts, after: Texts): readonly string[] {
  const idsIn = (texts: Texts) => {
    const { files } = homeOf(texts)
    const seen = profilesSeenBy(engine, examineFiles(files), [])
    const idOf = (name: string) =>
      seen === 'refused'
        ? undefined
        : ['aws_access_key_id', 'aws_secret_access_key', 'role_arn', 'source_profile']
            .map((key) => /[\w-]+/.exec(seen(name)?.get(key)?.value ?? '')?.[0] ?? '')
            .join()
    return NAMES.map((name) => [name, idOf(name)] as const)
  }
  const later = new Map(idsIn(after))
  return idsIn(before)
    .filter(([name, id]) => id !== undefined && !id.startsWith(',') && !id.includes(',,') && later.get(name) !== id)
    .map(([name]) => name)
}

const NAMES = ['work', 'other', 'default']

const headerLine = (file: 'credentials' | 'config') =>
  fc
    .tuple(
      fc.constantFrom(...NAMES),
      fc.constantFrom(
        '[%]',
        '[%]',
        '[ % ]',
        '["%"]',
        '[%] # c',
        '[%];c',
        '[%] x',
        ' [%]',
        '[profile %]',
        '[%]]',
        '[\t%]',
      ),
    )
    .map(([name, form]) =>
      form.replace(
        '%',
        file === 'config' && !form.includes('profile') && name !== 'default' ? `profile ${name}` : name,
      ),
    )
const bodyLine = fc
  .tuple(
    fc.constantFrom('', ' ', '\t'),
    fc.constantFrom('aws_access_key_id', 'AWS_ACCESS_KEY_ID', 'aws_secret_access_key', 'region', 'role_arn'),
    fc.constantFrom(' = ', ' : ', '='),
    fc.nat(9),
    fc.constantFrom('', ' # c', '\n  more'),
  )
  .map(([blank, key, sign, value, rest]) => `${blank}${key}${sign}${value}${rest}`)
const fileText = (file: 'credentials' | 'config') =>
  fc
    .array(fc.tuple(headerLine(file), fc.array(bodyLine, { maxLength: 4 })), { maxLength: 3 })
    .map((sections) => sections.map(([header, lines]) => [header, ...lines, ''].join('\n')).join(''))

it('however two files are written, --fix makes no tool that was somebody somebody else', () => {
  fc.assert(
    fc.property(fc.record({ credentials: fileText('credentials'), config: fileText('config') }), (texts) => {
      const after = mended(homeOf(texts))
      for (const engine of ['botocore', 'js'] as const)
        expect(changesBetween(engine, texts, after), JSON.stringify(after)).toEqual([])
    }),
    { numRuns: 300 },
  )
})
