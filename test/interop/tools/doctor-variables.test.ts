/** Doctor's predictions of whose keys each tool uses with AWS environment variables, compared with the tools. */
import { join } from 'node:path'
import { GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { ToolId } from '../../../src/doctor/tools.ts'
import { BEHAVIOR_OF_AWS_CLI_1, toolsWhere } from '../../../src/doctor/tools.ts'
import type { VariableBehavior } from '../../../src/doctor/tools.ts'
import { runProgram } from '../../support/run-cli.ts'
import type { StrictSts } from '../../support/strict-sts/client.ts'
import { startStrictSts } from '../../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor } from '../../support/strict-sts/worlds.ts'
import { createTempHome } from '../../support/temp-home.ts'
import type { TempHome } from '../../support/temp-home.ts'
import { keyLines } from '../doctor-cases.ts'
import { findTools } from './tools.ts'
import type { Tool } from './tools.ts'

const ACCOUNT = '111111111111'
const NUMBERS = { alice: 1, bob: 2, hank: 3, frida: 4, mina: 6 } as const
type User = keyof typeof NUMBERS
const secretOf = (user: User): string => secretFor(`arn:aws:iam::${ACCOUNT}:user/${user}`)
const section = (header: string, user: User): string =>
  `[${header}]\nregion = eu-west-1\n${keyLines(keyIdFor(ACCOUNT, NUMBERS[user]), secretOf(user))}\n`
/** The environment's keys are mina's. */
const KEYS = { AWS_ACCESS_KEY_ID: keyIdFor(ACCOUNT, NUMBERS.mina), AWS_SECRET_ACCESS_KEY: secretOf('mina') }

/**
 * - variables: the environment; `session`: a session of mina's, with an old AWS_SECURITY_TOKEN
 * - behavior: the behavior that only some tools have; undefined: all tools behave the same
 * - one, other: the user that STS sees from tools with the behavior, and from the others; empty: the tool fails
 * - everybody: also tested with the slow tools, AWS CLI 2, boto3 and SAM, which read variables like AWS CLI 1
 */
interface Case {
  readonly name: string
  readonly variables: Readonly<Record<string, string>> | 'session'
  readonly behavior?: VariableBehavior
  readonly one?: User | ''
  readonly other: User | ''
  readonly everybody?: true
}

const CASES: readonly Case[] = [
  {
    name: 'keys and AWS_PROFILE',
    variables: { ...KEYS, AWS_PROFILE: 'good' },
    behavior: 'AWS_PROFILE overrides keys',
    one: 'bob',
    other: 'mina',
    everybody: true,
  },
  {
    name: 'keys that have ended',
    variables: { ...KEYS, AWS_CREDENTIAL_EXPIRATION: '2020-01-01T00:00:00Z' },
    behavior: 'a past AWS_CREDENTIAL_EXPIRATION fails',
    one: '',
    other: 'mina',
  },
  {
    name: 'half a pair of keys',
    variables: { AWS_ACCESS_KEY_ID: KEYS.AWS_ACCESS_KEY_ID },
    behavior: 'half a key pair fails',
    one: '',
    other: 'alice',
  },
  {
    name: 'keys with an end that is no date',
    variables: { ...KEYS, AWS_CREDENTIAL_EXPIRATION: 'tomorrow-ish' },
    behavior: 'a malformed AWS_CREDENTIAL_EXPIRATION fails',
    one: '',
    other: 'mina',
  },
  {
    name: 'AWS_SECURITY_TOKEN',
    variables: 'session',
    behavior: 'AWS_SECURITY_TOKEN overrides AWS_SESSION_TOKEN',
    one: '',
    other: 'mina',
    everybody: true,
  },
  {
    name: 'two profiles',
    variables: { AWS_PROFILE: 'good', AWS_DEFAULT_PROFILE: 'other' },
    behavior: 'AWS_DEFAULT_PROFILE overrides AWS_PROFILE',
    one: 'hank',
    other: 'bob',
    everybody: true,
  },
  {
    name: 'AWS_DEFAULT_PROFILE',
    variables: { AWS_DEFAULT_PROFILE: 'other' },
    behavior: 'AWS_DEFAULT_PROFILE is ignored',
    one: 'alice',
    other: 'hank',
    everybody: true,
  },
  {
    name: 'an empty AWS_PROFILE',
    variables: { AWS_PROFILE: '' },
    behavior: 'an empty AWS_PROFILE fails',
    one: '',
    other: 'alice',
  },
  { name: 'an unknown AWS_PROFILE', variables: { AWS_PROFILE: 'goof' }, other: '' },
  {
    name: 'an empty path',
    variables: { AWS_PROFILE: 'good', AWS_SHARED_CREDENTIALS_FILE: '' },
    behavior: 'an empty AWS_SHARED_CREDENTIALS_FILE means no file',
    one: '',
    other: 'bob',
  },
  {
    name: 'an empty path of the config file',
    variables: { AWS_PROFILE: 'configured', AWS_CONFIG_FILE: '' },
    behavior: 'an empty AWS_CONFIG_FILE means no file',
    one: '',
    other: 'frida',
  },
  {
    name: '~',
    variables: { AWS_PROFILE: 'good', AWS_SHARED_CREDENTIALS_FILE: '~/elsewhere' },
    behavior: '~ in a path is literal',
    one: '',
    other: 'frida',
  },
  {
    name: '$HOME',
    variables: { AWS_PROFILE: 'good', AWS_SHARED_CREDENTIALS_FILE: '$HOME/elsewhere' },
    behavior: '$ in a path is literal',
    one: '',
    other: 'frida',
  },
]

const IDS: Readonly<Record<string, ToolId>> = {
  'AWS CLI 1': 'aws-cli',
  'AWS CLI 2': 'aws-cli',
  'SAM CLI, `sam package`': 'sam',
  'CDK CLI': 'cdk',
  boto3: 'boto3',
  'AWS SDK for JavaScript 3': 'sdk-js',
  'AWS SDK for Go 2': 'sdk-go',
  "base library of Terraform's AWS provider": 'terraform',
  'AWS SDK for Rust': 'sdk-rust',
  'AWS SDK for Java 2': 'sdk-java',
}
const SUBJECTS = findTools().flatMap((tool) => {
  const id = IDS[tool.name]
  return id === undefined ? [] : [{ name: tool.name, tool, id }]
})

let home: TempHome
/** One server for each tool: they run concurrently, and the log must show only one tool's requests. */
const servers = new Map<Tool, StrictSts>()

beforeAll(async () => {
  await Promise.all(
    SUBJECTS.map(async ({ tool }) => servers.set(tool, await startStrictSts(aliceWorld(), { proxy: true }))),
  )
  home = createTempHome({
    '.aws/credentials': section('default', 'alice') + section('good', 'bob') + section('other', 'hank'),
    '.aws/config': section('profile configured', 'frida'),
    elsewhere: section('good', 'frida'),
  })
})
afterAll(async () => {
  home.remove()
  await Promise.all([...servers.values()].map((sts) => sts.stop()))
})

describe.concurrent('doctor predicts whose keys are used', () => {
  for (const { name, tool, id } of SUBJECTS) {
    it.skipIf(tool.argv === undefined)(name, async ({ expect }) => {
      const cases = CASES.filter(
        ({ everybody }) => everybody === true || !['AWS CLI 2', 'boto3', 'SAM CLI, `sam package`'].includes(name),
      )
      const seen: (readonly [string, string])[] = []
      const words: string[] = []
      for (const each of cases) {
        const found = await use(tool, each)
        seen.push([each.name, found.user])
        words.push(`${each.name}: ${found.words.slice(-500)}`)
      }
      expect(seen, words.join('\n')).toEqual(cases.map((each) => [each.name, expectedOf(each, name, id)]))
    })
  }
})

function expectedOf({ behavior, one = '', other }: Case, name: string, id: ToolId): string {
  if (behavior === undefined) return other
  // Doctor does not distinguish the versions of the AWS CLI; this behavior is only that of version 1.
  const isOtherVersion = name === 'AWS CLI 2' && BEHAVIOR_OF_AWS_CLI_1.includes(behavior)
  return toolsWhere(behavior).includes(id) && !isOtherVersion ? one : other
}

/** Runs a tool without a profile. Returns the user that STS saw. */
async function use(tool: Tool, { name, variables }: Case): Promise<{ readonly user: string; readonly words: string }> {
  const sts = servers.get(tool)
  if (sts === undefined || tool.argv === undefined) throw new Error(`${tool.name} is not on this machine`)
  // CDK caches the account of each key in its folder.
  const own = { CDK_HOME: join(home.path, '.cdk', name) }
  const environment = environmentOf(tool, sts, {
    ...own,
    ...(variables === 'session' ? await sessionOf(sts) : variables),
  })
  const earlier = (await sts.log()).length
  const { stdout, stderr } = await runProgram(tool.argv(), { environment, cwd: home.path, limitMs: 120_000 })
  const seen = (await sts.log())
    .slice(earlier)
    .find(({ operation, outcome }) => operation === 'GetCallerIdentity' && outcome === 'OK')
  return { user: (seen?.signerArn ?? '').replace(/^.*\//, ''), words: stderr + stdout }
}

function environmentOf(
  tool: Tool,
  sts: StrictSts,
  variables: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const quiet = {
    AWS_PAGER: '',
    SAM_CLI_TELEMETRY: '0',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
  }
  const bare = home.environment({
    ...quiet,
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    NO_PROXY: '127.0.0.1,localhost',
  })
  if (tool.way === 'endpoint') return { ...bare, ...sts.environment(), HTTPS_PROXY: 'http://127.0.0.1:9', ...variables }
  const proxied = Object.entries({ ...bare, HTTPS_PROXY: sts.proxyUrl ?? '', AWS_CA_BUNDLE: sts.caPemPath ?? '' })
  return { ...Object.fromEntries(proxied.filter(([name]) => !name.startsWith('AWS_ENDPOINT_URL'))), ...variables }
}

async function sessionOf(sts: StrictSts): Promise<Readonly<Record<string, string>>> {
  const credentials = { accessKeyId: KEYS.AWS_ACCESS_KEY_ID, secretAccessKey: KEYS.AWS_SECRET_ACCESS_KEY }
  const { Credentials: found } = await new STSClient({ region: 'eu-west-1', endpoint: sts.url, credentials }).send(
    new GetSessionTokenCommand({}),
  )
  return {
    AWS_ACCESS_KEY_ID: found?.AccessKeyId ?? '',
    AWS_SECRET_ACCESS_KEY: found?.SecretAccessKey ?? '',
    AWS_SESSION_TOKEN: found?.SessionToken ?? '',
    AWS_SECURITY_TOKEN: 'AnOldOne==',
  }
}
