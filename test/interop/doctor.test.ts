/**
 * Doctor's predictions, compared with the real parsers and credential chains of the AWS CLI 1 and 2, boto3 and the SDK
 * for JavaScript: what each reads from the two files, and whether it uses the right credentials after `--fix`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ruleFor } from '../../src/doctor/credential-order.ts'
import type { Outcome } from '../../src/doctor/credential-order.ts'
import { checkBytes } from '../../src/doctor/check-syntax.ts'
import { examineFiles } from '../../src/doctor/examination.ts'
import { profilesSeenBy } from '../../src/doctor/outcomes.ts'
import { effectOn, PARSER_BEHAVIOR } from '../../src/doctor/tools.ts'
import type { ParserEffect, SyntaxCode } from '../../src/doctor/tools.ts'
import { findAwsCli, findPythonWithBoto3, proxyEnvironment } from '../support/aws-clients.ts'
import { brokenHomePath, brokenHomes, readBrokenHome } from '../support/doctor-homes.ts'
import { runCli, runProgram } from '../support/run-cli.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'
import { keyLines, NO_TRAITS, PROFILE_CASES, writtenProfile } from './doctor-cases.ts'

const readerPath = (name: string): string => fileURLToPath(new URL(`../support/readers/${name}`, import.meta.url))

/**
 * Returns the Python interpreter of an AWS CLI: of its first line, or the one beside it that `.ci/run` starts it with;
 * undefined if the CLI is one binary, or not installed.
 */
function pythonOf(awsCli: string | undefined): string | undefined {
  if (awsCli === undefined) return undefined
  const [, named] = /^#! ?(\S*python\S*)/.exec(readFileSync(awsCli, 'latin1').slice(0, 300)) ?? []
  return named ?? (existsSync(`${awsCli}.py`) ? join(dirname(awsCli), 'python3') : undefined)
}

const [awsCli1, awsCli2, pythonWithBoto3] = [findAwsCli(1), findAwsCli(2), findPythonWithBoto3()]

interface Reader {
  readonly name: string
  readonly engine: 'botocore' | 'js'
  readonly argv: readonly [string | undefined, string]
}

const READERS: readonly Reader[] = [
  { name: 'AWS CLI 1', engine: 'botocore', argv: [pythonOf(awsCli1), readerPath('botocore_effects.py')] },
  { name: 'AWS CLI 2', engine: 'botocore', argv: [pythonOf(awsCli2), readerPath('botocore_effects.py')] },
  { name: 'boto3', engine: 'botocore', argv: [pythonWithBoto3, readerPath('botocore_effects.py')] },
  { name: 'AWS SDK for JavaScript', engine: 'js', argv: [process.execPath, readerPath('sdk-effects.mjs')] },
]

type Sections = Readonly<Record<string, Readonly<Record<string, unknown>>>>

interface Answer {
  readonly homes: Readonly<Record<string, { readonly error?: string; readonly profiles?: Sections }>>
  readonly profiles: Readonly<Record<string, { readonly error?: string; readonly method?: string }>>
}

/** For `credential_source = Environment`. Every question names a profile, so nothing else uses these keys. */
const ENVIRONMENT_KEYS = { AWS_ACCESS_KEY_ID: 'AKIAENVIRONEXAMPLE00', AWS_SECRET_ACCESS_KEY: 'x' }

async function ask({ argv: [program = '', script] }: Reader, question: object, home: TempHome): Promise<Answer> {
  const environment = home.environment({
    ...ENVIRONMENT_KEYS,
    AWS_MAX_ATTEMPTS: '1',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  })
  const result = await runProgram([program, script], {
    environment,
    input: JSON.stringify(question),
    cwd: home.path,
  })
  expect(result, result.stderr).toMatchObject({ code: 0 })
  return JSON.parse(result.stdout) as Answer
}

const SYNTAX_CODES = Object.keys(PARSER_BEHAVIOR) as SyntaxCode[]
/** The faulty profile in the broken home of each code, if it is not `bad`. The profile `good` has no fault. */
const FAULTY: Readonly<Partial<Record<SyntaxCode, string>>> = {
  'name-not-portable': 'my$bad',
  'name-with-comment-sign': 'a#bad',
}

function effectSeen({ error, profiles = {} }: Answer['homes'][string], faulty: string): ParserEffect {
  if (error !== undefined) return 'file-refused'
  if (profiles['good'] === undefined) return 'file-skipped'
  if (profiles[faulty] === undefined) return 'profile-missed'
  if (profiles['good']['region'] !== undefined) return 'spreads'
  const region = profiles[faulty]['region']
  return region === undefined ? 'key-missed' : region === 'eu-west-1' ? 'fine' : 'value-changed'
}

const COMPARED_KEYS = [
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'role_arn',
  'source_profile',
  'region',
  'output',
]

/** Returns what doctor predicts that the tool reads from each profile; undefined if the tool rejects the files. */
function predicted(engine: 'botocore' | 'js', name: string): Sections | undefined {
  const { files } = readBrokenHome(name)
  const both = examineFiles(files)
  const seen = profilesSeenBy(engine, both, checkBytes(both.credentials).concat(checkBytes(both.config)))
  if (seen === 'refused') return undefined
  const known = (['credentials', 'config'] as const).flatMap((file) => [
    ...(both[file].readAs(engine) as ReadonlyMap<string, unknown>).keys(),
  ])
  return comparedOnly(
    Object.fromEntries(
      known.map((profile) => [
        profile,
        Object.fromEntries(COMPARED_KEYS.map((key) => [key, seen(profile)?.get(key)?.value])),
      ]),
    ),
  )
}

function observed({ error, profiles = {} }: Answer['homes'][string]): Sections | undefined {
  return error === undefined ? comparedOnly(profiles) : undefined
}

function comparedOnly(profiles: Sections): Sections {
  const rows = Object.entries(profiles).map(
    ([profile, values]) =>
      [
        profile,
        Object.fromEntries(
          Object.entries(values).filter(([key, value]) => COMPARED_KEYS.includes(key) && typeof value === 'string'),
        ),
      ] as const,
  )
  return Object.fromEntries(rows.filter(([, values]) => Object.keys(values).length > 0))
}

const METHODS: Readonly<Record<string, Outcome>> = {
  'shared-credentials-file': 'keys',
  'config-file': 'keys',
  static: 'keys',
  'assume-role': 'role',
  asks: 'asks',
  'custom-process': 'process',
  sso: 'sso',
  'assume-role-with-web-identity': 'web-identity',
  'web-identity': 'web-identity',
  none: 'none',
}

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const PAIR = keyLines('AKIAIOSFODNN7EXAMPLE', SECRET)

describe.each(READERS)('doctor predicts for $name', (reader) => {
  const { engine, argv } = reader
  let home: TempHome
  beforeAll(() => {
    home = createTempHome({
      'process.json':
        '{"Version":1,"AccessKeyId":"ASIAPROCESSEXAMPLE00","SecretAccessKey":"x","SessionToken":"x","Expiration":"2099-01-01T00:00:00Z"}',
    })
  })
  afterAll(() => home.remove())

  it.skipIf(argv[0] === undefined)('the effect of every kind of syntax that tools read differently', async () => {
    const homes = SYNTAX_CODES.map((name) => ({
      name,
      credentials: `${brokenHomePath(name)}/credentials`,
      config: `${brokenHomePath(name)}/config`,
    }))
    const { homes: found } = await ask(reader, { homes }, home)
    const seen = SYNTAX_CODES.map((code) => [code, effectSeen(found[code] ?? {}, FAULTY[code] ?? 'bad')])
    expect(seen).toEqual(SYNTAX_CODES.map((code) => [code, effectOn(code, engine)]))
  })

  it.skipIf(argv[0] === undefined)('every value that it reads in each broken home', async () => {
    const names = brokenHomes()
    const { homes: found } = await ask(
      reader,
      {
        homes: names.map((name) => ({
          name,
          credentials: `${brokenHomePath(name)}/credentials`,
          config: `${brokenHomePath(name)}/config`,
        })),
      },
      home,
    )
    for (const name of names) expect([name, predicted(engine, name)]).toEqual([name, observed(found[name] ?? {})])
  })

  it.skipIf(argv[0] === undefined)('the credentials that it uses with every kind of profile', async () => {
    const profiles = PROFILE_CASES.map(([, traits], index) => ({
      name: `p${index}`,
      traits: { ...NO_TRAITS, ...traits },
    }))
    const file = `${home.path}/process.json`
    const parts = {
      roleArn: 'arn:aws:iam::222222222222:role/Admin',
      pair: PAIR,
      session: keyLines('ASIAOWNKEYSEXAMPLE00', SECRET, 'EXAMPLE=='),
      process: `/bin/cat ${file}`,
      webIdentityFile: file,
    }
    const texts = profiles.map(({ name, traits }) => writtenProfile(name, traits, parts))
    home.write('.aws/credentials', `[base]\n${PAIR}\n${texts.map(({ credentials }) => credentials).join('')}`)
    home.write('.aws/config', texts.map(({ config }) => config).join(''))
    const { profiles: found } = await ask(reader, { profiles: profiles.map(({ name }) => name) }, home)
    const seen = profiles.map(({ name }, index) => [
      PROFILE_CASES[index]?.[0],
      METHODS[found[name]?.method ?? ''] ?? 'fails',
    ])
    expect(seen).toEqual(
      profiles.map(({ traits }, index) => [PROFILE_CASES[index]?.[0], ruleFor(engine, traits)?.outcome ?? 'none']),
    )
  })
})

const DEVICE = virtualDevice('111111111111', 'alice').serial
const ALICE = 'arn:aws:iam::111111111111:user/alice'

describe('after --fix', () => {
  let sts: StrictSts
  let home: TempHome
  const path = (): string => join(home.path, '.aws/credentials')

  beforeAll(async () => {
    sts = await startStrictSts(aliceWorld(), { proxy: true })
    home = createTempHome({
      '.aws/credentials': `[base-long-term]\naws_access_key_id = ${keyIdFor('111111111111', 1)}\naws_secret_access_key = ${secretFor(ALICE)}\n`,
      '.aws/config': `[profile base]\nregion = eu-west-1\nawsmfa_mfa_serial = ${DEVICE}\n`,
    })
    const environment = home.environment(sts.environment())
    expect(await runCli(['login', 'base', '--token-code', sts.code(DEVICE, 0)], { environment })).toMatchObject({
      code: 0,
    })
    // A byte order mark, a repeated section, an old token, a key in capitals, spaces in the header, comments.
    const text = readFileSync(path(), 'utf8')
      .replace('[base]\naws_access_key_id', '[ base ]\nAWS_ACCESS_KEY_ID')
      .replace('manager = awsmfa', 'manager = awsmfa # by itself\naws_security_token = OLDEXAMPLE==')
    writeFileSync(path(), `\ufeff${text}\n[other]\nregion = eu-west-1\n\n[other]\nregion = eu-west-1\n`, {
      mode: 0o644,
    })
    expect((await runCli(['doctor'], { environment })).code).toBe(1)
    const fixed = await runCli(['doctor', '--fix', '--yes'], { environment })
    expect(fixed, fixed.stdout).toMatchObject({ code: 0 })
    expect(fixed.stdout).toContain('No problems found')
  }, 60_000)
  afterAll(async () => {
    home.remove()
    await sts.stop()
  })

  const CLI_ARGV = ['sts', 'get-caller-identity', '--profile', 'base', '--query', 'Arn', '--output', 'text']
  const programs: readonly {
    readonly name: string
    readonly argv: readonly [string | undefined, ...string[]]
    readonly viaProxy?: true
  }[] = [
    { name: 'AWS CLI 1', argv: [awsCli1, ...CLI_ARGV] },
    { name: 'AWS CLI 2', argv: [awsCli2, ...CLI_ARGV], viaProxy: true },
    { name: 'boto3', argv: [pythonWithBoto3, readerPath('boto3_identity.py'), 'base'] },
    { name: 'AWS SDK for JavaScript', argv: [process.execPath, readerPath('aws-sdk.mjs'), 'base'] },
  ]

  it.skipIf(programs.every(({ argv }) => argv[0] === undefined)).each(programs)(
    '$name uses the right credentials',
    async ({ argv: [program, ...words], viaProxy }) => {
      if (program === undefined) return
      const environment = viaProxy === true ? proxyEnvironment(home, sts) : home.environment(sts.environment())
      const result = await runProgram([program, ...words], { environment, cwd: home.path })
      expect(result, result.stderr).toMatchObject({ code: 0 })
      expect([...new Set(result.stdout.trim().split('\n'))]).toEqual([ALICE])
    },
  )

  it('undo restores the faults, and a second --fix finds them again', async () => {
    const environment = home.environment(sts.environment())
    const fixed = readFileSync(path(), 'latin1')
    expect(await runCli(['undo', '--yes'], { environment })).toMatchObject({ code: 0 })
    expect(readFileSync(path(), 'latin1')).toContain('[ base ]\nAWS_ACCESS_KEY_ID')
    expect(await runCli(['doctor', '--fix', '--yes', '--quiet'], { environment })).toMatchObject({
      code: 0,
      stdout: '',
    })
    expect(readFileSync(path(), 'latin1')).toBe(fixed)
  })
})
