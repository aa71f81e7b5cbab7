/** fromAwsmfa as a program uses it, in this process, with the SDK's own client against the strict STS. */
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { STSClientConfig } from '@aws-sdk/client-sts'
import { createHash } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEncryptedFileStore } from '../../src/keys/encrypted-file.ts'
import { fromAwsmfa } from '../../src/library/from-awsmfa.ts'
import { cacheEntryName } from '../../src/sessions/aws-cache-entry.ts'
import type { AwsmfaCredentials, FromAwsmfaOptions, MfaCodeRequest } from '../../src/library/types.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { LogEntry, StrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const ACCOUNT = '111111111111'
const ALICE = `arn:aws:iam::${ACCOUNT}:user/alice`
const DEVICE = virtualDevice(ACCOUNT, 'alice').serial
const ADMIN = 'arn:aws:iam::222222222222:role/Admin'
const AS_ADMIN = /^arn:aws:sts::222222222222:assumed-role\/Admin\//

const KEYS = `aws_access_key_id = ${keyIdFor(ACCOUNT)}\naws_secret_access_key = ${secretFor(ALICE)}\n`
const CREDENTIALS = `# mine\n[base-long-term]\n${KEYS}\n[direct]\n${KEYS}`
const CONFIG = [
  '[profile base]',
  `awsmfa_mfa_serial = ${DEVICE}`,
  '[profile admin]',
  `role_arn = ${ADMIN}`,
  'source_profile = base',
  // The AWS CLI's own form, on long-term keys.
  '[profile standard]',
  `role_arn = ${ADMIN}`,
  'source_profile = direct',
  `mfa_serial = ${DEVICE}`,
  '[profile long]',
  `role_arn = ${ADMIN}`,
  'source_profile = direct',
  `mfa_serial = ${DEVICE}`,
  'duration_seconds = 43200',
  '[profile own]',
  `role_arn = ${ADMIN}`,
  'source_profile = own',
  `mfa_serial = ${DEVICE}`,
  'aws_access_key_id = ' + keyIdFor(ACCOUNT),
  `aws_secret_access_key = ${secretFor(ALICE)}`,
  '',
].join('\n')

let sts: StrictSts
let home: TempHome

beforeAll(async () => {
  sts = await startStrictSts(aliceWorld())
})
afterAll(() => sts.stop())

beforeEach(async () => {
  home = createTempHome({ '.aws/credentials': CREDENTIALS, '.aws/config': CONFIG })
  await sts.configure({ forgetSpentCodes: true, clearLog: true, faults: [] })
  for (const [name, value] of Object.entries(home.environment(sts.environment()))) vi.stubEnv(name, value)
  vi.stubEnv('AWSMFA_HOME', join(home.path, 'own'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  home.remove()
})

interface Person {
  readonly mfaCodeProvider: NonNullable<FromAwsmfaOptions['mfaCodeProvider']>
  readonly asked: readonly (readonly [string, MfaCodeRequest])[]
}

/** A user who types the current code of the device, or `answers` instead. */
function person(...answers: readonly (string | Error)[]): Person {
  const asked: [string, MfaCodeRequest][] = []
  return {
    asked,
    mfaCodeProvider: async (serial, request) => {
      asked.push([serial, request])
      const answer = answers[asked.length - 1] ?? sts.code(serial)
      if (answer instanceof Error) throw answer
      return await Promise.resolve(answer)
    },
  }
}

const nobody = (): Promise<string> => Promise.reject(new Error('unexpected prompt'))

async function identify(credentials: NonNullable<STSClientConfig['credentials']>): Promise<string> {
  const client = new STSClient({ region: 'eu-west-1', credentials, maxAttempts: 1 })
  return (await client.send(new GetCallerIdentityCommand({}))).Arn ?? ''
}

/** The calls that make sessions, without who-am-I. */
async function sessionCalls(): Promise<readonly string[]> {
  const entries = await sts.log()
  return entries.flatMap((entry) =>
    entry.operation === 'GetCallerIdentity' ? [] : [`${entry.operation}${hasCode(entry) ? ' with a code' : ''}`],
  )
}

function hasCode(entry: LogEntry): boolean {
  return JSON.stringify(entry).includes('TokenCode')
}

/** A line that prints a word on every system. */
function commandThatPrints(word: string): string {
  return `"${process.execPath}" -p "'${word}'"`
}

function inMinutes(minutes: number): string {
  return new Date(Date.now() + minutes * 60_000).toISOString().replace(/\.\d+/, '')
}

describe('an access key in an encrypted file', () => {
  const stored = (): string => join(home.path, 'own/config/keys')
  beforeEach(async () => {
    vi.stubEnv('AWSMFA_PASSPHRASE_COMMAND', commandThatPrints('sesame'))
    home.write('.aws/credentials', '')
    home.write(
      '.aws/config',
      `[profile base]\nregion = eu-west-1\nawsmfa_mfa_serial = ${DEVICE}\nawsmfa_keys = encrypted-file\nawsmfa_key_id = ${keyIdFor(ACCOUNT)}\n`,
    )
    const store = createEncryptedFileStore({
      configFolder: join(home.path, 'own/config'),
      passphrase: {
        ask: () => Promise.reject(new Error('unexpected question')),
        askNew: () => Promise.resolve('sesame'),
      },
      known: [],
    })
    const keys = { accessKeyId: keyIdFor(ACCOUNT), secretAccessKey: secretFor(ALICE) }
    await store.create(keys, new AbortController().signal)
  })

  it('is opened for a new session alone', async () => {
    const alice = person()
    expect(await identify(fromAwsmfa({ profile: 'base', mfaCodeProvider: alice.mfaCodeProvider }))).toBe(ALICE)
    rmSync(stored(), { recursive: true })
    expect(await identify(fromAwsmfa({ profile: 'base', mfaCodeProvider: nobody }))).toBe(ALICE)
    expect(alice.asked).toHaveLength(1)
  })

  it('that is missing, or has another passphrase, is reported before a code is asked for', async () => {
    vi.stubEnv('AWSMFA_PASSPHRASE_COMMAND', commandThatPrints('wrong'))
    const provider = fromAwsmfa({ profile: 'base', mfaCodeProvider: nobody })
    await expect(provider()).rejects.toMatchObject({ code: 'KEY_STORE_FAILED' })
    rmSync(stored(), { recursive: true })
    await expect(provider()).rejects.toMatchObject({ code: 'KEY_STORE_FAILED' })
    expect(await sessionCalls()).toEqual([])
  })
})

describe('a session', () => {
  it.each(['admin', 'standard', 'own'])(
    'of the role profile %s is the role, made from an MFA session that one code gave',
    async (profile) => {
      const alice = person()
      expect(await identify(fromAwsmfa({ profile, mfaCodeProvider: alice.mfaCodeProvider }))).toMatch(AS_ADMIN)
      expect(alice.asked).toEqual([[DEVICE, { profile }]])
      expect(await sessionCalls()).toEqual(['GetSessionToken with a code', 'AssumeRole'])
    },
  )

  it('carries what the SDK needs to renew it, and the account', async () => {
    const credentials = await fromAwsmfa({ profile: 'standard', ...person() })()
    expect(credentials).toEqual({
      accessKeyId: expect.stringMatching(/^ASIA/) as string,
      secretAccessKey: expect.any(String) as string,
      sessionToken: expect.any(String) as string,
      expiration: expect.any(Date) as Date,
      accountId: '222222222222',
    } satisfies AwsmfaCredentials)
    expect(Math.round((credentials.expiration.getTime() - Date.now()) / 60_000)).toBe(60)
  })

  it('of a profile without a role is the user', async () => {
    const alice = person()
    expect(await identify(fromAwsmfa({ profile: 'base', mfaCodeProvider: alice.mfaCodeProvider }))).toBe(ALICE)
    expect(await sessionCalls()).toEqual(['GetSessionToken with a code'])
  })

  it('of AWS_PROFILE as it is at the call', async () => {
    const provider = fromAwsmfa(person())
    vi.stubEnv('AWS_PROFILE', 'admin')
    expect(await identify(provider)).toMatch(AS_ADMIN)
  })

  it('of files that the program names', async () => {
    home.write('elsewhere/credentials', `[there]\n${KEYS}`)
    home.write('elsewhere/config', `[profile there]\nawsmfa_mfa_serial = ${DEVICE}\n`)
    const places = { filepath: join(home.path, 'elsewhere/credentials'), configFilepath: '~/elsewhere/config' }
    expect(await identify(fromAwsmfa({ profile: 'there', ...places, ...person() }))).toBe(ALICE)
  })

  it.skipIf(process.platform === 'win32')(
    'takes the code of the token command that the profile names, unless the program gives one itself',
    async () => {
      home.write(
        '.aws/config',
        `${CONFIG}[profile direct]\nmfa_serial = ${DEVICE}\nmfa_process = sh -c 'echo run >>"${home.path}/runs"; echo ${sts.code(DEVICE)}'\n`,
      )
      expect(await identify(fromAwsmfa({ profile: 'direct' }))).toBe(ALICE)
      expect(home.read('runs').toString()).toBe('run\n')
      const alice = person(sts.code(DEVICE, 1))
      expect(
        await identify(
          fromAwsmfa({
            profile: 'direct',
            roleArn: ADMIN,
            durationSeconds: 43_200,
            mfaCodeProvider: alice.mfaCodeProvider,
          }),
        ),
      ).toMatch(AS_ADMIN)
      expect(alice.asked).toHaveLength(1)
      expect(home.read('runs').toString()).toBe('run\n')
    },
  )

  it('leaves both shared files as they were', async () => {
    for (const profile of ['base', 'admin', 'standard']) await fromAwsmfa({ profile, ...person() })()
    expect(home.read('.aws/credentials').toString()).toBe(CREDENTIALS)
    expect(home.read('.aws/config').toString()).toBe(CONFIG)
  })
})

describe('one code', () => {
  it('serves every later provider, whatever its role profile and the length in it', async () => {
    await fromAwsmfa({ profile: 'base', ...person() })()
    for (const profile of ['admin', 'standard', 'long', 'own'])
      expect(await identify(fromAwsmfa({ profile, mfaCodeProvider: nobody }))).toMatch(AS_ADMIN)
    expect((await sessionCalls()).filter((call) => call.endsWith('with a code'))).toEqual([
      'GetSessionToken with a code',
    ])
  })

  it('serves ten calls of one provider and ten providers at the same time', async () => {
    const alice = person()
    const one = fromAwsmfa({ profile: 'admin', mfaCodeProvider: alice.mfaCodeProvider })
    const calls = [
      ...Array.from({ length: 10 }, () => one()),
      ...Array.from({ length: 10 }, () =>
        fromAwsmfa({ profile: 'standard', mfaCodeProvider: alice.mfaCodeProvider })(),
      ),
    ]
    for (const { accountId } of await Promise.all(calls)) expect(accountId).toBe('222222222222')
    expect(alice.asked).toHaveLength(1)
    expect((await sessionCalls()).filter((call) => call.endsWith('with a code'))).toEqual([
      'GetSessionToken with a code',
    ])
  })

  it('serves the SDK when the session of a role runs out: another is made from the MFA session', async () => {
    await sts.configure({ faults: [{ kind: 'expiration', operation: 'AssumeRole', value: inMinutes(4) }] })
    const alice = person()
    const client = new STSClient({
      region: 'eu-west-1',
      credentials: fromAwsmfa({ profile: 'standard', mfaCodeProvider: alice.mfaCodeProvider }),
      maxAttempts: 1,
    })
    for (let turn = 0; turn < 3; turn += 1)
      expect((await client.send(new GetCallerIdentityCommand({}))).Arn).toMatch(AS_ADMIN)
    expect(alice.asked).toHaveLength(1)
    expect(await sessionCalls()).toEqual(['GetSessionToken with a code', 'AssumeRole', 'AssumeRole'])
  })

  it('is asked for again when the MFA session itself runs out', async () => {
    await sts.configure({
      faults: [
        { kind: 'expiration', operation: 'GetSessionToken', value: inMinutes(14) },
        { kind: 'expiration', operation: 'AssumeRole', value: inMinutes(4) },
      ],
    })
    const alice = person(sts.code(DEVICE), sts.code(DEVICE, 1))
    const provider = fromAwsmfa({ profile: 'standard', mfaCodeProvider: alice.mfaCodeProvider })
    await provider()
    await provider()
    expect(alice.asked).toHaveLength(2)
  })

  it('goes into AssumeRole where the program itself wants the role for longer than an hour', async () => {
    const options = { profile: 'standard', durationSeconds: 7200 }
    const { expiration } = await fromAwsmfa({ ...options, ...person() })()
    expect(Math.round((expiration.getTime() - Date.now()) / 60_000)).toBe(120)
    expect(await fromAwsmfa({ ...options, mfaCodeProvider: nobody })()).toMatchObject({ expiration })
    expect(await sessionCalls()).toEqual(['AssumeRole with a code'])
  })

  it('goes to a role that the program names', async () => {
    const roleArn = 'arn:aws:iam::222222222222:role/Open'
    expect(await identify(fromAwsmfa({ profile: 'base', roleArn, ...person() }))).toMatch(/assumed-role\/Open\//)
  })
})

describe('the session that login wrote into the credentials file', () => {
  const written = (minutes: number): string =>
    `${CREDENTIALS}[base]\naws_access_key_id = ASIAQQQQQQQQQQQQEXPL\naws_secret_access_key = s\naws_session_token = t\nexpiration = ${inMinutes(minutes)}\nmanager = awsmfa\nawsmfa_state = 1:ASIAQQQQQQQQQQQQEXPL:s:0\n`

  it.each([
    ['login', written],
    [
      'another tool, which says when it ends',
      (minutes: number) => written(minutes).replace(/^(?:manager|awsmfa_state) = .*\n/gm, ''),
    ],
  ])('is used as every tool uses it, when it is from %s', async (_, content) => {
    home.write('.aws/credentials', content(60))
    expect(await fromAwsmfa({ profile: 'base', mfaCodeProvider: nobody })()).toMatchObject({
      accessKeyId: 'ASIAQQQQQQQQQQQQEXPL',
      secretAccessKey: 's',
      sessionToken: 't',
    })
    expect(await sts.log()).toEqual([])
  })

  it('is used for a role profile that the AWS CLI signed in, and is not copied', async () => {
    const cacheArguments = { RoleArn: ADMIN, SerialNumber: DEVICE }
    const name = cacheEntryName(cacheArguments, (text) => createHash('sha1').update(text).digest('hex'))
    const Credentials = {
      AccessKeyId: 'ASIAQQQQQQQQQQQQEXPL',
      SecretAccessKey: 's',
      SessionToken: 't',
      Expiration: inMinutes(50),
    }
    home.write(`.aws/cli/cache/${name}`, JSON.stringify({ Credentials }))
    const { accessKeyId, expiration } = await fromAwsmfa({ profile: 'standard', mfaCodeProvider: nobody })()
    expect([accessKeyId, expiration]).toEqual([Credentials.AccessKeyId, new Date(Credentials.Expiration)])
    expect(await sts.log()).toEqual([])
    expect(existsSync(join(home.path, 'own'))).toBe(false)
  })

  it('is what a role profile is assumed with', async () => {
    await fromAwsmfa({ profile: 'base', ...person() })()
    const { accessKeyId, secretAccessKey, sessionToken } = await fromAwsmfa({
      profile: 'base',
      mfaCodeProvider: nobody,
    })()
    home.write(
      '.aws/credentials',
      `[base]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\naws_session_token = ${sessionToken}\nexpiration = ${inMinutes(60)}\n`,
    )
    expect(await identify(fromAwsmfa({ profile: 'admin', mfaCodeProvider: nobody }))).toMatch(AS_ADMIN)
  })

  it.each([
    ['it runs out', 14, {}],
    ['more time is wanted', 60, { minimumSeconds: 3601 }],
    ['a role is wanted', 60, { roleArn: ADMIN }],
    ['a length is wanted', 60, { durationSeconds: 3600 }],
  ])('is not used where %s', async (_, minutes, options) => {
    home.write('.aws/credentials', written(minutes))
    const alice = person()
    await fromAwsmfa({ profile: 'base', ...options, mfaCodeProvider: alice.mfaCodeProvider })()
    expect(alice.asked).toHaveLength(1)
  })
})

describe('no session', () => {
  it('what mfaCodeProvider throws is thrown on, as it is, to all who wait; no call is made with a code', async () => {
    const error = new Error('the window was closed')
    const alice = person(error, error)
    const provider = fromAwsmfa({ profile: 'standard', mfaCodeProvider: alice.mfaCodeProvider })
    const answers = await Promise.allSettled([provider(), provider(), provider()])
    expect(answers.map((answer) => (answer.status === 'rejected' ? (answer.reason as unknown) : undefined))).toEqual([
      error,
      error,
      error,
    ])
    expect(alice.asked).toHaveLength(1)
    expect(await sessionCalls()).toEqual([])
  })

  it('a client puts a cancelled question no second time', async () => {
    const error = new Error('the window was closed')
    const alice = person(error, error, error)
    await expect(identify(fromAwsmfa({ profile: 'standard', mfaCodeProvider: alice.mfaCodeProvider }))).rejects.toBe(
      error,
    )
    expect(alice.asked).toHaveLength(1)
  })

  it('a refused code is asked for again, and why is told', async () => {
    const alice = person('000000')
    await fromAwsmfa({ profile: 'standard', mfaCodeProvider: alice.mfaCodeProvider })()
    expect(alice.asked.map(([, { refused }]) => refused)).toEqual([
      undefined,
      { reason: 'wrong-or-used', nextCodeInSeconds: expect.any(Number) as number },
    ])
  })

  it('three refused codes are an error, which stops a chain of providers', async () => {
    const alice = person('000000', '000001', '000002')
    await expect(fromAwsmfa({ profile: 'standard', mfaCodeProvider: alice.mfaCodeProvider })()).rejects.toMatchObject({
      name: 'AwsmfaError',
      code: 'TOKEN_CODE_REJECTED',
      tryNextLink: false,
    })
    expect(alice.asked).toHaveLength(3)
  })

  it('a generator that gives the same refused code again is not asked three times', async () => {
    const alice = person('000000', '000000', '000000')
    await expect(fromAwsmfa({ profile: 'standard', mfaCodeProvider: alice.mfaCodeProvider })()).rejects.toMatchObject({
      code: 'TOKEN_CODE_REJECTED',
    })
    expect(alice.asked).toHaveLength(2)
  })

  it('what is no code is asked for again, and never sent', async () => {
    const alice = person('', '12345', 'abcdef')
    await expect(fromAwsmfa({ profile: 'standard', mfaCodeProvider: alice.mfaCodeProvider })()).rejects.toMatchObject({
      code: 'TOKEN_CODE_MALFORMED',
      message: 'a token code has six digits',
    })
    expect(await sessionCalls()).toEqual([])
  })

  it('after an error the next call tries anew', async () => {
    const provider = fromAwsmfa({ profile: 'standard', ...person(new Error('later')) })
    await expect(provider()).rejects.toThrow('later')
    expect(await provider()).toMatchObject({ accountId: '222222222222' })
  })

  it.each([
    [
      'a profile that is nowhere lets a chain go on',
      { profile: 'nowhere' },
      {
        code: 'PROFILE_NOT_FOUND',
        tryNextLink: true,
        message: expect.stringMatching(/^profile 'nowhere' not found/) as string,
      },
    ],
    [
      'an option of the command line has the name that it has here',
      { profile: 'standard', roleArn: 'x' },
      { code: 'USAGE', message: expect.stringMatching(/^invalid value 'x' for 'roleArn'/) as string },
    ],
    ['a length that AWS does not give', { profile: 'base', durationSeconds: 60 }, { code: 'DURATION_OUT_OF_RANGE' }],
    [
      'an option of another type',
      { profile: 7 as unknown as string },
      { name: 'TypeError', message: 'fromAwsmfa: profile must be a string' },
    ],
    [
      'a length that is none',
      { durationSeconds: 1.5 },
      { name: 'TypeError', message: 'fromAwsmfa: durationSeconds must be an integer number of seconds' },
    ],
  ])('%s', async (_, options, expected) => {
    await expect(fromAwsmfa({ ...options, mfaCodeProvider: nobody })()).rejects.toMatchObject(expected)
  })

  it('an error shows no secret, and neither does the log', async () => {
    const told: string[] = []
    const logger = { debug: (text: string): void => void told.push(text) }
    const error: unknown = await fromAwsmfa({
      profile: 'standard',
      logger,
      ...person('000000', '000001', '000002'),
    })().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Error)
    await fromAwsmfa({ profile: 'standard', logger, ...person() })()
    const shown = `${JSON.stringify(error)} ${(error as Error).stack ?? ''} ${told.join('\n')}`
    expect(told.length).toBeGreaterThan(3)
    for (const secret of [secretFor(ALICE), keyIdFor(ACCOUNT), '000000', 'ASIA']) expect(shown).not.toContain(secret)
  })
})

describe('the settings of a call', () => {
  it('include the endpoint of a [services] section, as those of a command do', async () => {
    const services = `[services local]\nsts =\n  endpoint_url = ${sts.environment()['AWS_ENDPOINT_URL'] ?? ''}\n`
    home.write('.aws/config', `[profile base]\nservices = local\nawsmfa_mfa_serial = ${DEVICE}\n${services}`)
    vi.stubEnv('AWS_ENDPOINT_URL', undefined)
    vi.stubEnv('AWS_ENDPOINT_URL_STS', undefined)
    const lines: string[] = []
    const logger = { debug: (line: string) => void lines.push(line) }
    await fromAwsmfa({ profile: 'base', logger, ...person() })()
    expect(lines).toContainEqual(expect.stringMatching(/^awsmfa: endpoint\b.*http:\/\/127\.0\.0\.1/))
  })
})
