/** STS options after `--`, parsed like the AWS CLI. */
import { describe, expect, it, test } from 'vitest'
import { parseStsArguments } from '../../src/login/sts-options.ts'
import type { ParsedStsArguments } from '../../src/login/sts-options.ts'
import { failureOf } from './resolve.ts'

const FILES: Readonly<Record<string, string>> = {
  'policy.json': '{"Version":"2012-10-17"}\n',
  'id.txt': 'abc\r\n',
  'tags.json': '[{"Key":"a","Value":"b"}]',
  'tags.txt': 'Key=a,Value=b\n',
  'value.txt': 'v',
}
const ROLE = 'arn:aws:iam::111111111111:role/Admin'

function parse(tail: readonly string[], roleKnown = false): ParsedStsArguments {
  const readFile = (path: string): string => {
    const text = FILES[path]
    if (text === undefined) throw Object.assign(new Error('missing'), { code: 'ENOENT' })
    return text
  }
  return parseStsArguments(tail, { roleKnown, readFile })
}

const from = (flag: string, value: string | number): object => ({ value, origin: { kind: 'sts-flag', flag } })
const nothing = { texts: {}, durationSeconds: undefined, extras: {} }
const problemOf = (tail: readonly string[], roleKnown = false): unknown => {
  const failure = failureOf(() => parse(tail, roleKnown))
  return failure.code === 'STS_ARGUMENT' ? failure.problem : failure
}

describe('the operation is settled first', () => {
  test.each([
    [[], false, 'GetSessionToken'],
    [['--duration-seconds', '900'], false, 'GetSessionToken'],
    [[], true, 'AssumeRole'],
    [['--role-arn', ROLE], false, 'AssumeRole'],
    [[`--role-a=${ROLE}`], false, 'AssumeRole'],
    [['--ext', 'abc', '--role-ar', ROLE], false, 'AssumeRole'],
  ] as const)('%j, a role known: %s: %s', (tail, roleKnown, operation) =>
    expect(parse(tail, roleKnown).operation).toBe(operation),
  )
})

describe('spelling: a flag is found as the AWS CLI finds it', () => {
  const get = { operation: 'GetSessionToken', ...nothing }
  const assume = { operation: 'AssumeRole', ...nothing }
  test.each<[string, readonly string[], boolean, object]>([
    ['nothing', [], false, get],
    [
      'a word of its own',
      ['--duration-seconds', '900'],
      false,
      { ...get, durationSeconds: from('--duration-seconds', 900) },
    ],
    ['an equals sign', ['--duration-seconds=900'], false, { ...get, durationSeconds: from('--duration-seconds', 900) }],
    [
      'a value with an equals sign',
      ['--external-id=a=b'],
      true,
      { ...assume, texts: { '--external-id': from('--external-id', 'a=b') } },
    ],
    [
      'a value with a dash after an equals sign',
      ['--external-id=-x'],
      true,
      { ...assume, texts: { '--external-id': from('--external-id', '-x') } },
    ],
    [
      'the last one wins',
      ['--duration-seconds', '900', '--duration-seconds', '1000'],
      false,
      { ...get, durationSeconds: from('--duration-seconds', 1000) },
    ],
    [
      'a list replaces the one before',
      ['--tags', 'Key=a,Value=b', 'Key=x,Value=y', '--tags', 'Key=c,Value=d'],
      true,
      { ...assume, extras: { tags: [{ key: 'c', value: 'd' }] } },
    ],
    ['a prefix', ['--dur', '900'], false, { ...get, durationSeconds: from('--duration-seconds', 900) }],
    [
      '--s of one operation',
      ['--s', 'GAHT12345678'],
      false,
      { ...get, texts: { '--serial-number': from('--serial-number', 'GAHT12345678') } },
    ],
    ['--ext', ['--ext', 'abc'], true, { ...assume, texts: { '--external-id': from('--external-id', 'abc') } }],
    ['--so', ['--so', 'abc'], true, { ...assume, extras: { sourceIdentity: 'abc' } }],
    ['--tag', ['--tag', 'Key=a,Value=b'], true, { ...assume, extras: { tags: [{ key: 'a', value: 'b' }] } }],
    ['--tran', ['--tran', 'a', 'b'], true, { ...assume, extras: { transitiveTagKeys: ['a', 'b'] } }],
    [
      '--role-s',
      ['--role-s', 'me'],
      true,
      { ...assume, texts: { '--role-session-name': from('--role-session-name', 'me') } },
    ],
    [
      'global flags take part first: --p',
      ['--p', 'work'],
      true,
      { ...assume, texts: { '--profile': from('--profile', 'work') } },
    ],
    [
      'global flags take part first: --r',
      ['--r', 'eu-west-1'],
      true,
      { ...assume, texts: { '--region': from('--region', 'eu-west-1') } },
    ],
    [
      '--e',
      ['--e=http://127.0.0.1:1'],
      false,
      { ...get, texts: { '--endpoint-url': from('--endpoint-url', 'http://127.0.0.1:1') } },
    ],
    ['--ca-bundle', ['--ca', 'x.pem'], false, { ...get, texts: { '--ca-bundle': from('--ca-bundle', 'x.pem') } }],
    [
      '--debug takes no value',
      ['--debug', '--dur', '900'],
      false,
      { ...get, durationSeconds: from('--duration-seconds', 900) },
    ],
    [
      'a code keeps its zeros and loses its spaces',
      ['--token-code', '012 345'],
      false,
      { ...get, texts: { '--token-code': from('--token-code', '012345') } },
    ],
    [
      'the exact name of a flag that others begin with',
      ['--policy', '{}'],
      true,
      { ...assume, extras: { policy: '{}' } },
    ],
  ])('%s', (_, tail, roleKnown, expected) => expect(parse(tail, roleKnown)).toEqual(expected))
})

describe('spelling: what is refused', () => {
  const unknown = { kind: 'unknown-flag', operation: 'GetSessionToken' }
  test.each<[readonly string[], boolean, object]>([
    [['word'], false, { kind: 'bare-word', word: 'word' }],
    [['--dur', '900', 'word'], false, { kind: 'bare-word', word: 'word' }],
    [['-x'], false, { kind: 'bare-word', word: '-x' }],
    [['--'], false, { kind: 'bare-word', word: '--' }],
    [['--duration-secnds', '3600'], false, { ...unknown, flag: '--duration-secnds', nearest: '--duration-seconds' }],
    [['--zzz'], false, { ...unknown, flag: '--zzz' }],
    [
      ['--role', ROLE],
      true,
      { kind: 'ambiguous-flag', flag: '--role', candidates: ['--role-arn', '--role-session-name'] },
    ],
    [
      ['--t', 'a'],
      true,
      { kind: 'ambiguous-flag', flag: '--t', candidates: ['--token-code', '--tags', '--transitive-tag-keys'] },
    ],
    [['--pol', 'a'], true, { kind: 'ambiguous-flag', flag: '--pol', candidates: ['--policy', '--policy-arns'] }],
    [['--s', 'a'], true, { kind: 'ambiguous-flag', flag: '--s', candidates: ['--serial-number', '--source-identity'] }],
    [['--external-id', 'abc'], false, { kind: 'role-flag-without-role', flag: '--external-id' }],
    [['--tag', 'Key=a,Value=b'], false, { kind: 'role-flag-without-role', flag: '--tags' }],
    [['--external-id', '-x'], true, { kind: 'missing-value', flag: '--external-id', leadingDash: '-x' }],
    [['--external-id'], true, { kind: 'missing-value', flag: '--external-id' }],
    [['--external-id', '--role-session-name=a b'], true, { kind: 'missing-value', flag: '--external-id' }],
    [['--tags', '--debug'], true, { kind: 'missing-value', flag: '--tags' }],
    [['--debug=1'], false, { kind: 'bad-value', flag: '--debug', value: '1', expected: 'no value' }],
    [['--profile='], false, { kind: 'bad-value', flag: '--profile', value: '', expected: 'a profile name' }],
  ])('%j', (tail, roleKnown, problem) => expect(problemOf(tail, roleKnown)).toEqual(problem))

  test.each([
    ['--output'],
    ['--query'],
    ['--color'],
    ['--no-verify-ssl'],
    ['--no-paginate'],
    ['--no-sign-request'],
    ['--cli-read-timeout'],
    ['--cli-connect-timeout'],
    ['--version'],
    ['--cli-binary-format'],
    ['--no-cli-pager'],
    ['--cli-auto-prompt'],
    ['--no-cli-auto-prompt'],
    ['--cli-error-format'],
    ['--cli-input-json'],
    ['--cli-input-yaml'],
    ['--generate-cli-skeleton'],
    ['--o', '--output'],
    ['--q', '--query'],
    ['--gen', '--generate-cli-skeleton'],
  ])('%s is refused, and says why', (typed, flag = typed) => {
    expect(problemOf([typed, 'x'])).toMatchObject({ kind: 'refused-flag', flag, because: expect.stringMatching(/\w+/) })
  })
})

describe('values', () => {
  const tags = (...items: readonly (readonly [string, string])[]): object => ({
    tags: items.map(([key, value]) => ({ key, value })),
  })
  test.each<[string, readonly string[], object]>([
    ['shorthand, one item a word', ['--tags', 'Key=a,Value=b', 'Key=c,Value=d e'], tags(['a', 'b'], ['c', 'd e'])],
    ['a value in quotes', ['--tags', 'Key="a",Value=\'x y\''], tags(['a', 'x y'])],
    ['an empty tag value', ['--tags', 'Key=a,Value='], tags(['a', ''])],
    ['JSON in one word', ['--tags', '[{"Key":"a","Value":"b"}]'], tags(['a', 'b'])],
    [
      'JSON objects, one a word',
      ['--tags', '{"Key":"a","Value":"b"}', '{"Key":"c","Value":"d"}'],
      tags(['a', 'b'], ['c', 'd']),
    ],
    ['a file of JSON', ['--tags', 'file://tags.json'], tags(['a', 'b'])],
    ['a file of shorthand', ['--tags', 'file://tags.txt'], tags(['a', 'b'])],
    ['a member from a file', ['--tags', 'Key=a,Value@=file://value.txt'], tags(['a', 'v'])],
    ['texts', ['--transitive-tag-keys', 'a', 'b c'], { transitiveTagKeys: ['a', 'b c'] }],
    ['texts as JSON', ['--transitive-tag-keys', '["a","b"]'], { transitiveTagKeys: ['a', 'b'] }],
    ['policy ARNs', ['--policy-arns', `arn=${ROLE}`], { policyArns: [ROLE] }],
    [
      'contexts',
      ['--provided-contexts', `ProviderArn=${ROLE},ContextAssertion=abcd`],
      { providedContexts: [{ providerArn: ROLE, contextAssertion: 'abcd' }] },
    ],
    ['a policy from a file', ['--policy', 'file://policy.json'], { policy: '{"Version":"2012-10-17"}' }],
  ])('%s', (_, tail, extras) => expect(parse(tail, true).extras).toEqual(extras))

  it('takes a plain text from a file, without its last line end', () => {
    expect(parse(['--external-id', 'fileb://id.txt'], true).texts).toEqual({
      '--external-id': from('--external-id', 'abc'),
    })
  })

  it('takes a web address for what it is, and fetches nothing', () => {
    expect(parse(['--external-id', 'https://example.com/x'], true).texts).toEqual({
      '--external-id': from('--external-id', 'https://example.com/x'),
    })
  })

  it('names a file that cannot be read', () => {
    expect(problemOf(['--policy', 'file://none'], true)).toEqual({
      kind: 'unreadable-file',
      flag: '--policy',
      path: 'none',
      reason: 'ENOENT',
    })
  })
})

describe('values that STS would not take are refused here', () => {
  const many = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `Key=k${index},Value=v`)
  test.each<[string, readonly string[]]>([
    ['a duration with letters', ['--duration-seconds', '1h']],
    ['a negative duration', ['--duration-seconds', '-5']],
    ['a session name with a blank', ['--role-session-name', 'a b']],
    ['a session name that is too short', ['--role-session-name', 'a']],
    ['a session name that is too long', ['--role-session-name', 'a'.repeat(65)]],
    ['an external id that is too short', ['--external-id', 'a']],
    ['an external id that is too long', ['--external-id', 'a'.repeat(1225)]],
    ['an external id with other letters', ['--external-id', 'a!b']],
    ['a role that is no ARN', ['--role-arn', 'Admin']],
    ['a role of another service', ['--role-arn', 'arn:aws:iam::111111111111:user/alice']],
    ['a policy that is no JSON', ['--policy', '{']],
    ['a policy that is too long', ['--policy', `"${'a'.repeat(2048)}"`]],
    ['an empty policy', ['--policy', '']],
    ['a source identity with a blank', ['--source-identity', 'a b']],
    ['bare policy ARNs', ['--policy-arns', ROLE]],
    ['a short policy ARN', ['--policy-arns', 'arn=arn:aws:iam']],
    ['eleven policy ARNs', ['--policy-arns', ...Array.from({ length: 11 }, () => `arn=${ROLE}`)]],
    ['51 tags', ['--tags', ...many(51)]],
    ['a tag without value', ['--tags', 'Key=a']],
    ['a tag with a member in another case', ['--tags', 'key=a,Value=b']],
    ['a tag key with other letters', ['--tags', 'Key=a!,Value=b']],
    ['a tag value that is too long', ['--tags', `Key=a,Value=${'b'.repeat(257)}`]],
    ['a tag that is a number', ['--tags', '[{"Key":"a","Value":1}]']],
    ['a list inside a list', ['--tags', '[[1]]']],
    ['JSON that cannot be read', ['--tags', '[{']],
    ['texts that are numbers', ['--transitive-tag-keys', '[1]']],
    ['a text list that is no list', ['--transitive-tag-keys', '["a"']],
    ['no item', ['--tags', '[]']],
    ['two pairs in one word', ['--tags', 'Key=a,Value=b,Key=c,Value=d']],
    [
      'six contexts',
      ['--provided-contexts', ...Array.from({ length: 6 }, () => `ProviderArn=${ROLE},ContextAssertion=abcd`)],
    ],
  ])('%s', (_, tail) =>
    expect(problemOf(tail, true)).toMatchObject({
      kind: 'bad-value',
      flag: tail[0],
      expected: expect.stringMatching(/\w+/),
    }),
  )

  it('takes as much as STS does', () => {
    const tail = [
      '--tags',
      ...many(50),
      '--role-session-name',
      'a'.repeat(64),
      '--external-id',
      'a'.repeat(1224),
      '--policy',
      `"${'a'.repeat(2046)}"`,
    ]
    expect(parse(tail, true).extras.tags).toHaveLength(50)
  })

  it('checks durations for their operation', () => {
    const failure = {
      code: 'DURATION_OUT_OF_RANGE',
      minimum: 900,
      origin: { kind: 'sts-flag', flag: '--duration-seconds' },
    }
    expect(parse(['--duration-seconds', '129600']).durationSeconds?.value).toBe(129_600)
    expect(problemOf(['--duration-seconds', '129601'])).toEqual({
      ...failure,
      operation: 'GetSessionToken',
      seconds: 129_601,
      maximum: 129_600,
    })
    expect(problemOf(['--duration-seconds', '43201'], true)).toEqual({
      ...failure,
      operation: 'AssumeRole',
      seconds: 43_201,
      maximum: 43_200,
    })
    expect(problemOf(['--duration-seconds', '100'])).toEqual({
      ...failure,
      operation: 'GetSessionToken',
      seconds: 100,
      maximum: 129_600,
    })
  })

  it('refuses a security key, and a code that is none, without showing it', () => {
    const serial = 'arn:aws:iam::111111111111:u2f/user/alice/key'
    expect(problemOf(['--serial-number', serial])).toEqual({
      code: 'MFA_SERIAL_MALFORMED',
      defect: 'fido',
      serial,
      origin: { kind: 'sts-flag', flag: '--serial-number' },
    })
    expect(problemOf(['--token-code', '12345'])).toEqual({ code: 'TOKEN_CODE_MALFORMED', source: 'sts-flag' })
  })

  it('never shows a context assertion', () => {
    const secret = 'eyJhbGciOi'
    for (const word of [
      `ProviderArn=x,ContextAssertion=${secret}`,
      `ContextAssertion=${secret}`,
      `{"ContextAssertion":"${secret}"`,
      `ContextAssertion=${secret},x`,
    ]) {
      expect(JSON.stringify(problemOf(['--provided-contexts', word], true))).not.toContain(secret)
    }
  })
})
