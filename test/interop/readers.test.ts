/**
 * Real tools after a login, without awsmfa: the AWS CLI, boto3 and the SDK for JavaScript have the right identity, and
 * ini parsers see every other profile unchanged. The strict STS checks their signatures.
 */
import { loadSharedConfigFiles } from '@smithy/shared-ini-file-loader'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findAwsCli, findPython, findPythonWithBoto3, proxyEnvironment } from '../support/aws-clients.ts'
import { runCli, runProgram } from '../support/run-cli.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import type { TempHome } from '../support/temp-home.ts'
import { createTempHome } from '../support/temp-home.ts'

const ACCOUNT = '111111111111'
const ALICE = `arn:aws:iam::${ACCOUNT}:user/alice`
const DEVICE = virtualDevice(ACCOUNT, 'alice').serial
const ADMIN = 'arn:aws:iam::222222222222:role/Admin'
const AS_ADMIN = /^arn:aws:sts::222222222222:assumed-role\/Admin\/\S+$/
const LONG_TERM = [`aws_access_key_id = ${keyIdFor(ACCOUNT, 1)}`, `aws_secret_access_key = ${secretFor(ALICE)}`]
const OTHERS = [
  '[private]',
  'aws_access_key_id=AKIAIOSFODNN7EXAMPLE',
  'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  'aws_session_token=abc==%(x)s$HOME',
  's3 =',
  '  max_concurrent_requests = 20',
  '',
  '[team.prod-eu@2]',
  'region = eu-west-1',
  'output: json',
  '# [work]',
  '[empty]',
]

/**
 * - credentials, config: the files before the login
 * - logins: command lines, each run with a new token code
 * - target: the section that login writes; asked: the profile that the tools use
 */
interface LoginCase {
  readonly title: string
  readonly credentials: string
  readonly config: string
  readonly logins: readonly (readonly string[])[]
  readonly target: string
  readonly asked: string
  readonly identity: RegExp
}

const text = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')
const PLAIN = {
  credentials: text('[base]', ...LONG_TERM, '', ...OTHERS),
  config: text('[profile work]', 'region = eu-west-1', 'awsmfa_source_profile = base', `awsmfa_mfa_serial = ${DEVICE}`),
  logins: [['login', 'work']],
  target: 'work',
  asked: 'work',
  identity: new RegExp(`^${ALICE}$`),
}
const LOGIN_CASES: readonly LoginCase[] = [
  { ...PLAIN, title: 'first login' },
  {
    ...PLAIN,
    title: 'renewal',
    logins: [
      ['login', 'work'],
      ['login', 'work', '--force'],
    ],
  },
  { ...PLAIN, title: 'role session', config: `${PLAIN.config}awsmfa_role_arn = ${ADMIN}\n`, identity: AS_ADMIN },
  {
    ...PLAIN,
    title: 'default profile between others, in a file with comments and CRLF line endings',
    credentials: text(
      '; comment',
      '',
      '[base]',
      ...LONG_TERM,
      '  # indented',
      ...OTHERS,
      '[default]',
      '# nothing yet',
      '',
      '[last]',
      'region = eu-north-1',
    ).replaceAll('\n', '\r\n'),
    config: text(
      '[default]',
      'region = eu-west-1',
      'awsmfa_source_profile = base',
      `awsmfa_mfa_serial = ${DEVICE}`,
    ).replaceAll('\n', '\r\n'),
    logins: [['login']],
    target: 'default',
    asked: 'default',
  },
  {
    ...PLAIN,
    title: 'role profile with the session as its source, where the tool assumes the role itself',
    config: `${PLAIN.config}${text('[profile admin]', 'region = eu-west-1', `role_arn = ${ADMIN}`, 'source_profile = work')}`,
    asked: 'admin',
    identity: AS_ADMIN,
  },
  {
    ...PLAIN,
    title: 'role profile whose source profile leads to the keys over another one',
    config: text(
      '[profile r2]',
      'region = eu-west-1',
      `role_arn = ${ADMIN}`,
      'source_profile = alias',
      '[profile alias]',
      'source_profile = plain',
      '[profile plain]',
      'source_profile = base',
      `awsmfa_mfa_serial = ${DEVICE}`,
    ),
    logins: [['login', 'r2']],
    target: 'alias',
    asked: 'r2',
    identity: AS_ADMIN,
  },
]

const python = findPython()
const pythonWithBoto3 = findPythonWithBoto3()
const awsCli1 = findAwsCli(1)
const awsCli2 = findAwsCli(2)
const supportPath = (name: string): string => fileURLToPath(new URL(`../support/readers/${name}`, import.meta.url))

/** `endpoint`: it reads AWS_ENDPOINT_URL_STS; `proxy`: it calls AWS's host names through the strict STS's proxy. */
interface Reader {
  readonly name: string
  readonly program: string | undefined
  readonly way: 'endpoint' | 'proxy'
  /** How many times it prints its identity. */
  readonly answers: number
  readonly argv: (profile: string) => readonly string[]
}

const cliArgv = (profile: string): readonly string[] => [
  'sts',
  'get-caller-identity',
  '--profile',
  profile,
  '--query',
  'Arn',
  '--output',
  'text',
]
const READERS: readonly Reader[] = [
  { name: 'AWS CLI 1', program: awsCli1, way: 'endpoint', answers: 1, argv: cliArgv },
  // Before 2.13 it does not read AWS_ENDPOINT_URL_STS, and does not use --endpoint-url for AssumeRole.
  { name: 'AWS CLI 2', program: awsCli2, way: 'proxy', answers: 1, argv: cliArgv },
  {
    name: 'boto3',
    program: pythonWithBoto3,
    way: 'endpoint',
    answers: 1,
    argv: (profile) => [supportPath('boto3_identity.py'), profile],
  },
  {
    name: 'AWS SDK for JavaScript',
    program: process.execPath,
    way: 'endpoint',
    answers: 2,
    argv: (profile) => [supportPath('aws-sdk.mjs'), profile],
  },
]

/** Reads every section of both files with another project's parser. Rejects if the parser rejects a file. */
interface Parser {
  readonly name: string
  readonly isThere: boolean
  readonly read: (home: TempHome) => Promise<{ readonly credentials: Sections; readonly config: Sections }>
}

type Sections = Readonly<Record<string, Readonly<Record<string, string | undefined>>>>

const PARSERS: readonly Parser[] = [
  {
    name: '@smithy/shared-ini-file-loader',
    isThere: true,
    read: async (home) => {
      const [filepath, configFilepath] = pathsOf(home)
      const { credentialsFile, configFile } = await loadSharedConfigFiles({
        filepath,
        configFilepath,
        ignoreCache: true,
      })
      return { credentials: credentialsFile, config: configFile }
    },
  },
  {
    name: "Python's configparser",
    isThere: python !== undefined,
    read: async (home) => {
      const result = await runProgram([python ?? '', supportPath('sections.py'), ...pathsOf(home)], {
        environment: home.environment(),
      })
      expect(result, result.stderr).toMatchObject({ code: 0 })
      const [credentials = {}, config = {}] = JSON.parse(result.stdout) as readonly Sections[]
      return { credentials, config }
    },
  },
]

describe.each(LOGIN_CASES)('promise 3: every tool sees the session, and none prompts again: $title', (loginCase) => {
  let sts: StrictSts
  let home: TempHome
  beforeAll(async () => {
    sts = await startStrictSts(aliceWorld(), { proxy: true })
  })
  afterAll(() => sts.stop())
  const signIn = async (): Promise<void> => {
    await sts.configure({ forgetSpentCodes: true })
    home = createTempHome({ '.aws/credentials': loginCase.credentials, '.aws/config': loginCase.config })
    for (const [index, argv] of loginCase.logins.entries()) {
      const environment = home.environment(sts.environment())
      expect(await runCli([...argv, '--token-code', sts.code(DEVICE, index)], { environment })).toMatchObject({
        code: 0,
      })
    }
  }

  for (const { name, isThere, read } of PARSERS) {
    it.skipIf(!isThere)(`${name} sees every other profile unchanged, after login and after logout`, async () => {
      const untouched = createTempHome({ '.aws/credentials': loginCase.credentials, '.aws/config': loginCase.config })
      const before = await read(untouched)
      untouched.remove()
      expect(Object.keys(before.credentials)).toEqual(expect.arrayContaining(['base', 'private', 'team.prod-eu@2']))
      await signIn()
      const { credentials, config } = await read(home)
      expect(credentials[loginCase.target]).toHaveProperty('aws_session_token')
      expect({ credentials: without(credentials, loginCase.target), config }).toEqual({
        ...before,
        credentials: without(before.credentials, loginCase.target),
      })
      const environment = home.environment(sts.environment())
      expect(await runCli(['logout', loginCase.target], { environment })).toMatchObject({ code: 0 })
      expect(await read(home)).toEqual(before)
      home.remove()
    })
  }

  describe('after the login', () => {
    beforeAll(signIn)
    afterAll(() => home.remove())

    for (const { name, program, way, answers, argv } of READERS) {
      it.skipIf(program === undefined)(`${name} has the right identity`, async () => {
        const environment =
          way === 'proxy' ? proxyEnvironment(home, sts) : home.environment({ ...sts.environment(), ...DEAD_PROXY })
        const result = await runProgram([program ?? '', ...argv(loginCase.asked)], {
          environment,
          cwd: home.path,
        })
        expect(result, result.stderr).toMatchObject({ code: 0 })
        const identities = result.stdout.trim().split('\n')
        expect(identities).toHaveLength(answers)
        for (const found of identities) expect(found).toMatch(loginCase.identity)
      })
    }
  })
})

/** Blocks requests that do not go to the endpoint of the strict STS. */
const DEAD_PROXY = { HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1,localhost' }

function pathsOf(home: TempHome): readonly [string, string] {
  return [join(home.path, '.aws/credentials'), join(home.path, '.aws/config')]
}

function without(sections: Sections, name: string): Sections {
  return Object.fromEntries(Object.entries(sections).filter(([found]) => found !== name))
}
