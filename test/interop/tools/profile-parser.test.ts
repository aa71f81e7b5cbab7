/**
 * AWS's own cases for parsers of the shared files, which come with the SDK for Rust (crate aws-runtime): the reader of
 * awsmfa agrees with each, or DEVIATIONS says what it reads instead, which tool reads the same, and what doctor says.
 * A login in each of these homes changes none of their bytes.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readProfiles } from '../../../src/aws-files/profiles.ts'
import { findPythonWithBoto3 } from '../../support/aws-clients.ts'
import { runCli } from '../../support/run-cli.ts'
import type { RunResult } from '../../support/run-cli.ts'
import { startStrictSts } from '../../support/strict-sts/client.ts'
import type { StrictSts } from '../../support/strict-sts/client.ts'
import { manyUsersWorld, keyIdFor, secretFor, virtualDevice } from '../../support/strict-sts/worlds.ts'
import { createTempHome } from '../../support/temp-home.ts'
import type { TempHome } from '../../support/temp-home.ts'

/** Profiles by name, values by key. */
type Contents = Readonly<Record<string, Readonly<Record<string, string>>>>

interface ParserCase {
  readonly name: string
  readonly input: { readonly configFile?: string; readonly credentialsFile?: string }
  readonly output: { readonly config?: { readonly profiles: Contents }; readonly errorContaining?: string }
}

/**
 * - reads: what awsmfa reads where AWS's cases expect something else
 * - like: a tool that was run and reads the same; null if none does
 * - doctor: codes of the findings that doctor reports, without the notes on tools that get no credentials
 */
interface Deviation {
  readonly reads: Contents
  readonly like: 'boto3' | 'AWS SDK for JavaScript' | null
  readonly doctor: readonly string[]
}

const LOCATION = fileURLToPath(new URL('../../../build/interop/rust/profile-parser-tests.json', import.meta.url))
const READERS = fileURLToPath(new URL('../../support/readers/', import.meta.url))

const CASES: readonly ParserCase[] = existsSync(LOCATION)
  ? (JSON.parse(readFileSync(LOCATION, 'utf8')) as { readonly tests: readonly ParserCase[] }).tests
  : []

const DEVIATIONS: Readonly<Record<string, Deviation>> = {
  // Errors of the whole file: a login must not fail for a line that it does not need.
  'Profile definitions must end with brackets.': {
    reads: {},
    like: 'AWS SDK for JavaScript',
    doctor: ['key-before-section', 'no-profiles'],
  },
  'Properties must be defined in a profile.': {
    reads: {},
    like: 'AWS SDK for JavaScript',
    doctor: ['key-before-section', 'no-profiles'],
  },
  'Continuations cannot be used outside of a profile.': {
    reads: {},
    like: 'AWS SDK for JavaScript',
    doctor: ['key-before-section', 'no-profiles'],
  },
  'Property key cannot be empty.': {
    reads: { foo: {} },
    like: 'AWS SDK for JavaScript',
    doctor: ['line-without-key'],
  },
  'Property definitions must contain an equals sign.': {
    reads: { foo: { key: 'value' } },
    like: 'boto3',
    doctor: ['colon-delimiter'],
  },
  'Continuations cannot be used outside of a property.': {
    reads: { foo: {} },
    like: 'AWS SDK for JavaScript',
    doctor: ['line-without-key'],
  },
  'Continuations reset with profile definitions.': {
    reads: { foo: { name: 'value' } },
    like: 'AWS SDK for JavaScript',
    doctor: ['duplicate-section', 'line-without-key'],
  },
  'Invalid continuation': {
    reads: { foo: { name: 'value' } },
    like: 'AWS SDK for JavaScript',
    doctor: ['duplicate-section', 'line-without-key'],
  },
  'Invalid sub-property definitions cause an error.': {
    reads: { foo: { s3: '\ninvalid' } },
    like: null,
    doctor: ['line-in-block'],
  },
  'Sub-property definitions cannot have an empty name.': {
    reads: { foo: { s3: '\n= value' } },
    like: null,
    doctor: ['nameless-in-block'],
  },
  // Comments after a value.
  'Pound sign comments are ignored.': {
    reads: { foo: { name: 'value # Comment with # sign' } },
    like: 'boto3',
    doctor: ['comment-after-header', 'inline-comment'],
  },
  'Semicolon sign comments are ignored.': {
    reads: { foo: { name: 'value ; Comment with ; sign' } },
    like: 'boto3',
    doctor: ['comment-after-header', 'inline-comment'],
  },
  'All comment types can be used together.': {
    reads: { foo: { name: 'value # Comment with ; sign' } },
    like: 'boto3',
    doctor: ['comment-after-header', 'inline-comment'],
  },
  'Comments can be empty.': {
    reads: { foo: { name: 'value ;' } },
    like: 'boto3',
    doctor: ['inline-comment', 'joined-comment'],
  },
  // Names.
  'Profile names support alphanumeric characters and - / . % @ _ : +': {
    reads: { 'some-thing:long/the_one%only.foo@bar+': {}, 'foo!bar': {} },
    like: 'boto3',
    doctor: ['name-not-portable'],
  },
  'Invalid profile names are ignored.': {
    reads: { 'in valid': { name: 'value' }, 'in valid 2': { name2: 'value2' } },
    like: null,
    doctor: ['name-not-portable'],
  },
  'Invalid property names are ignored.': { reads: { foo: { 'in valid': 'value' } }, like: 'boto3', doctor: [] },
  'sneaky profile name': {
    reads: { profilefoo: { name: 'value' }, bar: {} },
    like: null,
    doctor: ['bare-section-in-config'],
  },
  'properties from an invalid profile name are ignored': {
    reads: { foo: { name: 'value' }, bar: { name: 'value2' }, 'in valid': { x: '1' } },
    like: null,
    doctor: ['name-not-portable'],
  },
  'Config profiles without prefix are ignored.': {
    reads: { foo: { name: 'value' } },
    like: null,
    doctor: ['bare-section-in-config'],
  },
}

describe.runIf(CASES.length > 0)("AWS's cases for profile parsers", () => {
  it('come with the crate, and each deviation is one of them', () => {
    expect(CASES).toHaveLength(65)
    expect(Object.keys(DEVIATIONS).filter((name) => !CASES.some((one) => one.name === name))).toEqual([])
  })

  it.each(CASES)('$name', ({ name, input, output }) => {
    const deviation = DEVIATIONS[name]
    expect(readCase(input)).toEqual(deviation?.reads ?? output.config?.profiles)
    if (deviation !== undefined) expect(deviation.reads).not.toEqual(output.config?.profiles)
  })
})

describe.runIf(CASES.length > 0)('where awsmfa deviates', () => {
  const homes: TempHome[] = []
  const homeOf = new Map<string, TempHome>()
  let readings: Readonly<Record<NonNullable<Deviation['like']>, ReadonlyMap<string, unknown>>>
  beforeAll(() => {
    for (const { name, input } of CASES) {
      const home = createTempHome(filesOf(input))
      homes.push(home)
      homeOf.set(name, home)
    }
    readings = {
      boto3: readWith([findPythonWithBoto3() ?? 'python3', join(READERS, 'botocore_effects.py')], homeOf),
      'AWS SDK for JavaScript': readWith([process.execPath, join(READERS, 'sdk-effects.mjs')], homeOf),
    }
  })
  afterAll(() => {
    for (const home of homes) home.remove()
  })

  it.each(Object.entries(DEVIATIONS).filter(([, { like }]) => like !== null))('%s: a tool reads the same', (name) => {
    const { reads, like } = DEVIATIONS[name]!
    expect(withoutEmpty(readings[like!].get(name) as Contents)).toEqual(withoutEmpty(reads))
  })

  it.each(Object.entries(DEVIATIONS).filter(([, { like }]) => like === null))('%s: no tool reads the same', (name) => {
    for (const reading of Object.values(readings)) expect(reading.get(name)).not.toEqual(DEVIATIONS[name]!.reads)
  })

  it.each(Object.entries(DEVIATIONS))('%s: doctor', async (name, { doctor }) => {
    const { stdout } = await runCli(['doctor', '--json'], { environment: homeOf.get(name)!.environment() })
    const codes = (JSON.parse(stdout) as readonly { readonly code: string }[]).map(({ code }) => code)
    expect([...new Set(codes)].filter((code) => code !== 'tools-fail').toSorted()).toEqual(doctor)
  })
})

describe.runIf(CASES.length > 0)('a login', () => {
  const ACCOUNT = '111111111111'
  let sts: StrictSts
  beforeAll(async () => {
    sts = await startStrictSts(manyUsersWorld(CASES.length))
  })
  afterAll(async () => await sts.stop())

  it.each(CASES.map((one, index) => ({ ...one, index })))('in the home of: $name', async ({ input, index }) => {
    const user = `user${index}`
    const device = virtualDevice(ACCOUNT, user).serial
    const home = createTempHome(filesOf(input))
    const run = async (...argv: readonly string[]): Promise<RunResult> =>
      await runCli(argv, {
        environment: home.environment({
          ...sts.environment(),
          AWS_ACCESS_KEY_ID: keyIdFor(ACCOUNT, index + 1),
          AWS_SECRET_ACCESS_KEY: secretFor(`arn:aws:iam::${ACCOUNT}:user/${user}`),
        }),
      })
    try {
      const before = [home.read('.aws/config'), home.read('.aws/credentials')] as const
      const login = await run(
        ...['login', 'mine', '--source-env', '--serial-number', device, '--token-code', sts.code(device)],
      )
      expect(login).toMatchObject({ code: 0 })
      expect(home.read('.aws/config')).toEqual(before[0])
      expect(home.read('.aws/credentials').subarray(0, before[1].length)).toEqual(before[1])
      const status = await run('status', 'mine', '--json')
      expect(JSON.parse(status.stdout)).toMatchObject({ profile: 'mine', state: 'valid' })
      expect(await run('logout', 'mine')).toMatchObject({ code: 0 })
      expect([home.read('.aws/config'), home.read('.aws/credentials')]).toEqual(before)
    } finally {
      home.remove()
    }
  })
})

function filesOf({ configFile = '', credentialsFile = '' }: ParserCase['input']): Readonly<Record<string, string>> {
  return { '.aws/config': configFile, '.aws/credentials': credentialsFile }
}

function readCase({ configFile = '', credentialsFile = '' }: ParserCase['input']): Contents {
  const bytes = (text: string): string => Buffer.from(text).toString('latin1')
  const profiles = readProfiles({ config: bytes(configFile), credentials: bytes(credentialsFile) })
  return Object.fromEntries(
    profiles.names().map((name) => {
      const profile = profiles.find(name)
      return [name, Object.fromEntries(profile?.keys().map((key) => [key, profile.get(key)?.value ?? '']) ?? [])]
    }),
  )
}

/** Returns what a program reads in each home: its profiles. A home whose files it refuses is not in the result. */
function readWith(
  [program, ...args]: readonly [string, ...string[]],
  homeOf: ReadonlyMap<string, TempHome>,
): ReadonlyMap<string, unknown> {
  const homes = [...homeOf].map(([name, { path }]) => ({
    name,
    credentials: join(path, '.aws/credentials'),
    config: join(path, '.aws/config'),
  }))
  const { stdout, stderr, status } = spawnSync(program, args, { input: JSON.stringify({ homes }), encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
  const answers = (JSON.parse(stdout) as { readonly homes: Readonly<Record<string, { readonly profiles?: unknown }>> })
    .homes
  return new Map(
    Object.entries(answers).flatMap(([name, { profiles }]) => (profiles === undefined ? [] : [[name, profiles]])),
  )
}

/** Not every tool lists a profile without keys. */
function withoutEmpty(contents: Contents): Contents {
  return Object.fromEntries(Object.entries(contents).filter(([, values]) => Object.keys(values).length > 0))
}
