/**
 * Cache entries that awsmfa writes for the AWS CLI and botocore: those tools use them for a role profile with
 * mfa_serial, do not prompt for a code, and leave the entry unchanged. All requests go to the strict STS.
 */
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha1 } from '../../src/runtime/runtime.ts'
import { createAwsCacheStore } from '../../src/sessions/aws-cache.ts'
import type { AwsCacheKind, AwsCache } from '../../src/sessions/aws-cache.ts'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import { cacheArgumentsOf } from '../../src/sessions/aws-cache-entry.ts'
import type { CacheArguments } from '../../src/sessions/aws-cache-entry.ts'
import type { ShortTermCredentials } from '../../src/model/credentials.ts'
import { findAwsCli, findPythonWithBoto3, proxyEnvironment } from '../support/aws-clients.ts'
import { runProgram } from '../support/run-cli.ts'
import type { RunResult } from '../support/run-cli.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import type { TempHome } from '../support/temp-home.ts'
import { createTempHome } from '../support/temp-home.ts'

const ACCOUNT = '111111111111'
const ALICE = { accessKeyId: keyIdFor(ACCOUNT, 1), secretAccessKey: secretFor(`arn:aws:iam::${ACCOUNT}:user/alice`) }
const DEVICE = virtualDevice(ACCOUNT, 'alice').serial
const ADMIN = 'arn:aws:iam::222222222222:role/Admin'
const CREDENTIALS = `[base]\naws_access_key_id = ${ALICE.accessKeyId}\naws_secret_access_key = ${ALICE.secretAccessKey}\n`
const CONFIG = [
  '[profile admin]',
  'region = eu-west-1',
  `role_arn = ${ADMIN}`,
  'source_profile = base',
  `mfa_serial = ${DEVICE}`,
  'duration_seconds = １_800',
  'external_id = a:b/c',
  'role_session_name = alice',
  '',
].join('\n')

interface Reader {
  readonly name: string
  readonly program: string | undefined
  readonly way: 'endpoint' | 'proxy'
  readonly kind: AwsCacheKind
  readonly argv: readonly string[]
  /** What it prints if its cache is empty and there is no terminal to prompt on. */
  readonly prompts: RegExp
}

const CLI_ARGV = ['sts', 'get-caller-identity', '--profile', 'admin', '--query', 'Arn', '--output', 'text']
const BOTO3_ARGV = [fileURLToPath(new URL('../support/readers/boto3_cached_identity.py', import.meta.url)), 'admin']
const READERS: readonly Reader[] = [
  {
    name: 'AWS CLI 1',
    program: findAwsCli(1),
    way: 'endpoint',
    kind: 'cli-cache',
    argv: CLI_ARGV,
    prompts: /MFA code|EOF/,
  },
  {
    name: 'AWS CLI 2',
    program: findAwsCli(2),
    way: 'proxy',
    kind: 'cli-cache',
    argv: CLI_ARGV,
    prompts: /MFA code|EOF/,
  },
  {
    name: 'boto3 with the cache that SAM configures',
    program: findPythonWithBoto3(),
    way: 'endpoint',
    kind: 'boto-cache',
    argv: BOTO3_ARGV,
    prompts: /MFA code|EOF/,
  },
]

describe.each(READERS)(
  'promise 3: every tool sees the session, and none prompts again: $name, from its cache',
  ({ program, way, kind, argv, prompts }) => {
    let sts: StrictSts
    let home: TempHome
    let store: AwsCache
    const profile = readProfiles({ credentials: '', config: Buffer.from(CONFIG).toString('latin1') }).find('admin')
    const cacheArguments: CacheArguments = (profile === undefined ? undefined : cacheArgumentsOf(profile)) ?? {
      RoleArn: '',
    }
    const run = (): Promise<RunResult> => {
      const environment = way === 'proxy' ? proxyEnvironment(home, sts) : home.environment(sts.environment())
      return runProgram([program ?? '', ...argv], { environment, cwd: home.path })
    }
    const roleSession = async (): Promise<ShortTermCredentials> => {
      const client = new STSClient({ region: 'eu-west-1', endpoint: sts.url, credentials: ALICE })
      const { Credentials: credentials } = await client.send(
        new AssumeRoleCommand({
          RoleArn: ADMIN,
          RoleSessionName: 'alice',
          SerialNumber: DEVICE,
          TokenCode: sts.code(DEVICE),
          DurationSeconds: 1800,
        }),
      )
      return {
        accessKeyId: credentials?.AccessKeyId ?? '',
        secretAccessKey: credentials?.SecretAccessKey ?? '',
        sessionToken: credentials?.SessionToken ?? '',
        expiration: credentials?.Expiration ?? new Date(0),
      }
    }
    beforeAll(async () => {
      sts = await startStrictSts(aliceWorld(), { proxy: true })
      home = createTempHome({ '.aws/credentials': CREDENTIALS, '.aws/config': CONFIG })
      store = createAwsCacheStore({ home: home.path, kind, sha1, onOddity: () => undefined })
    })
    afterAll(async () => {
      home.remove()
      await sts.stop()
    })

    it.skipIf(program === undefined)(
      'prompts without an entry, fails with a damaged one, and uses ours until 15 minutes before it expires',
      async () => {
        const without = await run()
        expect(without.code).not.toBe(0)
        expect(without.stderr).toMatch(prompts)

        home.write(store.pathFor(cacheArguments).slice(home.path.length + 1), '{}')
        expect(store.findFor(cacheArguments).kind).toBe('damaged')
        const damaged = await run()
        expect(damaged.code).not.toBe(0)
        expect(damaged.stderr).not.toMatch(prompts)
        expect(damaged.stderr).toMatch(/'Credentials'/)

        const credentials = await roleSession()
        store.storeFor(cacheArguments, { profile: 'admin', requestHash: '0', credentials })
        const written = readFileSync(store.pathFor(cacheArguments), 'utf8')
        await sts.configure({ clearLog: true })
        expect(await run()).toMatchObject({ code: 0, stdout: 'arn:aws:sts::222222222222:assumed-role/Admin/alice\n' })
        const log = await sts.log()
        expect(log.map(({ operation }) => operation)).toEqual(['GetCallerIdentity'])
        expect(readFileSync(store.pathFor(cacheArguments), 'utf8')).toBe(written)

        store.storeFor(cacheArguments, {
          profile: 'admin',
          requestHash: '0',
          credentials: { ...credentials, expiration: new Date(Date.now() + 14 * 60_000) },
        })
        const late = await run()
        expect(late.code).not.toBe(0)
        expect(late.stderr).toMatch(prompts)
      },
    )
  },
)
