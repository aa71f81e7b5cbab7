/** Whose credentials a tool uses, however the files are written; and that --fix does not change that. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { examineFiles } from '../../src/doctor/examination.ts'
import { profilesSeenBy } from '../../src/doctor/outcomes.ts'
import { renderFindingsJson } from '../../src/doctor/report.ts'
import type { ToolId } from '../../src/doctor/tools.ts'
import { findingsIn, fixedTexts, homeOf, isOutcome, MESSAGE_CONTEXT } from '../support/doctor-homes.ts'
import type { FileTexts } from '../support/doctor-homes.ts'

const keys = (id: string): string =>
  `aws_access_key_id = AKIAIOSFODNN7EXA${id}\naws_secret_access_key = wJalrXUtnFEMI\n`
const [A, B] = [keys('AAAA'), keys('BBBB')]
const inCapitals = (text: string): string => text.replace('aws_access', 'AWS_ACCESS')
const ROLE = 'role_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = work\n'
const REGION = 'region = eu-west-1\n'

interface AmbiguousHome extends Partial<FileTexts> {
  readonly name: string
  /** The end of the key id that the tools use for `work`, or why they have none. */
  readonly botocore: string
  readonly js: string
}

const HOMES: readonly AmbiguousHome[] = [
  {
    name: 'keys in both files, with a prefix in credentials',
    credentials: `[profile work]\n${A}`,
    config: `[profile work]\n${B}`,
    botocore: 'BBBB',
    js: 'BBBB',
  },
  {
    name: 'keys in both files, with blanks in credentials',
    credentials: `[ work ]\n${A}`,
    config: `[profile work]\n${B}`,
    botocore: 'BBBB',
    js: 'BBBB',
  },
  {
    name: 'keys in both files, in capitals in credentials',
    credentials: `[work]\n${inCapitals(A)}`,
    config: `[profile work]\n${B}`,
    botocore: 'AAAA',
    js: 'BBBB',
  },
  {
    name: 'a role in config, with blanks',
    credentials: `[work]\n${A}`,
    config: `[ profile work ]\n${ROLE}`,
    botocore: 'AAAA',
    js: 'AAAA',
  },
  { name: 'two forms in credentials', credentials: `[work]\n${A}[profile work]\n${B}`, botocore: 'AAAA', js: 'AAAA' },
  {
    name: 'two forms in config',
    credentials: `[work]\n${A}`,
    config: `[work]\n${REGION}[profile work]\n${REGION}`,
    botocore: 'AAAA',
    js: 'AAAA',
  },
  { name: 'blanks and none', credentials: `[work]\n${A}[ work ]\n${B}`, botocore: 'AAAA', js: 'AAAA' },
  { name: 'a tab and none', credentials: `[\twork]\n${B}[work]\n${A}`, botocore: 'AAAA', js: 'AAAA' },
  {
    name: 'a comment that is joined to the next header',
    credentials: `[work]\n${A}[other];mine\n${B}`,
    botocore: 'AAAA',
    js: 'BBBB',
  },
  {
    name: 'text after the next header',
    credentials: `[work]\n${A}[other] mine\n${inCapitals(B)}`,
    botocore: 'AAAA',
    js: 'AAAA',
  },
  { name: 'a bracket in a comment', credentials: `[work] # ticket [OPS-1]\n${A}`, botocore: 'unread', js: 'AAAA' },
  { name: 'a double bracket', credentials: `[work]]\n${A}`, botocore: 'unread', js: 'unread' },
  {
    name: 'a region in a line of its own',
    credentials: `[work]\n${A}`,
    config: '[profile work]\nregion =\n  eu-west-1\n',
    botocore: 'unread',
    js: 'AAAA',
  },
  {
    name: 'a nested line without =',
    credentials: `[work]\n${A}`,
    config: '[profile work]\ns3 =\n  addressing_style\n',
    botocore: 'unread',
    js: 'AAAA',
  },
  { name: 'a header without a name', credentials: `[]\n[work]\n${A}`, botocore: 'unread', js: 'AAAA' },
  { name: 'a colon', credentials: `[work]\n${A.replace(' =', ' :')}`, botocore: 'AAAA', js: 'none' },
  {
    name: 'a byte order mark',
    credentials: `\xef\xbb\xbf[work]\n${A}`,
    config: `[profile work]\n${B}`,
    botocore: 'unread',
    js: 'AAAA',
  },
  {
    name: 'half a key pair in credentials',
    credentials: '[work]\naws_access_key_id = AKIAIOSFODNN7EXAAAAA\n',
    config: `[profile work]\n${B}`,
    botocore: 'fails',
    js: 'AAAA',
  },
]

describe.each(HOMES)('$name', ({ credentials = '', config = '', botocore, js }) => {
  const home = homeOf({ credentials, config })
  const outcomeOf = (tool: ToolId): string | undefined => {
    const found = findingsIn(home).find(
      (each) => isOutcome(each) && each.profile === 'work' && each.tools.includes(tool),
    )
    return found?.key === 'keys' ? found.name?.slice(-4) : found?.key
  }

  it('is reported as the tools read it', () => {
    expect([outcomeOf('boto3'), outcomeOf('sdk-js')]).toEqual([botocore, js])
  })

  it('is a fault of the files', () => {
    expect(findingsIn(home).filter(({ severity }) => severity !== 'note')).not.toEqual([])
  })

  it('gives no tool other credentials once it is fixed', () => {
    for (const engine of ['botocore', 'js'] as const)
      expect(changesBetween(engine, { credentials, config }, fixedTexts(home))).toEqual([])
  })
})

it('does not report as working what AWS refuses', () => {
  const home = homeOf({ credentials: `[work]\n${A.replace('AAAA', 'AAAA # mine')}`, config: '' })
  const rows = renderFindingsJson(findingsIn(home), MESSAGE_CONTEXT)
  expect(rows).toContain('the long-term keys …AAAA, which AWS refuses as they are written')
  expect(rows).not.toContain('# mine')
})

it('reports a name of two words for JavaScript, Rust and Java', () => {
  const found = findingsIn(homeOf({ credentials: `[we ird]\n${A}`, config: '' }))
  expect(found.find(({ code }) => code === 'name-not-portable')?.tools).toEqual([
    'sdk-js',
    'cdk',
    'sdk-rust',
    'sdk-java',
  ])
})

/** The profiles that gave a tool credentials before, and give it others after. */
function changesBetween(engine: 'botocore' | 'js', before: FileTexts, after: FileTexts): readonly string[] {
  const idsIn = (texts: FileTexts) => {
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

it('--fix gives no tool other credentials, however two files are written', () => {
  fc.assert(
    fc.property(fc.record({ credentials: fileText('credentials'), config: fileText('config') }), (texts) => {
      const after = fixedTexts(homeOf(texts))
      for (const engine of ['botocore', 'js'] as const)
        expect(changesBetween(engine, texts, after), JSON.stringify(after)).toEqual([])
    }),
    { numRuns: 300 },
  )
})
