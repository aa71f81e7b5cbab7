/**
 * What awsmfa puts into the caches of the AWS CLI and botocore is used there: a role profile that asks for a code is
 * who it should be without a question, and the entry is left as it is. All of them talk to the strict STS.
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
import { findAwsCli, findPythonWithBoto3 } from '../support/aws-clients.ts'
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
  /** What it says when it has nothing in the cache and no terminal to ask at. */
  readonly asks: RegExp
}

const askingCli = ['sts', 'get-caller-identity', '--profile', 'admin', '--query', 'Arn', '--output', 'text']
const askingBoto3 = [fileURLToPath(new URL('../support/readers/boto3_cached_identity.py', import.meta.url)), 'admin']
const READERS: readonly Reader[] = [
  {
    name: 'AWS CLI 1',
    program: findAwsCli(1),
    way: 'endpoint',
    kind: 'cli-cache',
    argv: askingCli,
    asks: /MFA code|EOF/,
  },
  { name: 'AWS CLI 2', program: findAwsCli(2), way: 'proxy', kind: 'cli-cache', argv: askingCli, asks: /MFA code|EOF/ },
  {
    name: 'boto3 with the cache that SAM gives it',
    program: findPythonWithBoto3(),
    way: 'endpoint',
    kind: 'boto-cache',
    argv: askingBoto3,
    asks: /MFA code|EOF/,
  },
]

describe.each(READERS)(
  'promise 3: every tool sees the session, and none asks again: $name, from its cache',
  ({ program, way, kind, argv, asks }) => {
    let sts: StrictSts
    let home: TempHome
    let store: AwsCache
    const profile = readProfiles({ credentials: '', config: Buffer.from(CONFIG).toString('latin1') }).find('admin')
    const cacheArguments: CacheArguments = (profile === undefined ? undefined : cacheArgumentsOf(profile)) ?? {
      RoleArn: '',
    }
    const ask = (): Promise<RunResult> => {
      const environment = way === 'proxy' ? throughProxy(home, sts) : home.environment(sts.environment())
      return runProgram([program ?? '', ...argv], { environment, cwd: home.path })
    }
    const roleSession = async (): Promise<ShortTermCredentials> => {
      const client = new STSClient({ region: 'eu-west-1', endpoint: sts.url, credentials: ALICE })
      const { Credentials: got } = await client.send(
        new AssumeRoleCommand({
          RoleArn: ADMIN,
          RoleSessionName: 'alice',
          SerialNumber: DEVICE,
          TokenCode: sts.code(DEVICE),
          DurationSeconds: 1800,
        }),
      )
      return {
        accessKeyId: got?.AccessKeyId ?? '',
        secretAccessKey: got?.SecretAccessKey ?? '',
        sessionToken: got?.SessionToken ?? '',
        expiration: got?.Expiration ?? new Date(0),
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
      'asks without an entry, fails on a damaged one, and uses ours without a question until 15 minutes before its end',
      async () => {
        const without = await ask()
        expect(without.code).not.toBe(0)
        expect(without.stderr).toMatch(asks)

        home.write(store.pathFor(cacheArguments).slice(home.path.length + 1), '{}')
        expect(store.findFor(cacheArguments).kind).toBe('damaged')
        const damaged = await ask()
        expect(damaged.code).not.toBe(0)
        expect(damaged.stderr).not.toMatch(asks)
        expect(damaged.stderr).toMatch(/'Credentials'/)

        const credentials = await roleSession()
        store.storeFor(cacheArguments, { profile: 'admin', requestHash: '0', credentials })
        const written = readFileSync(store.pathFor(cacheArguments), 'utf8')
        await sts.configure({ clearLog: true })
        expect(await ask()).toMatchObject({ code: 0, stdout: 'arn:aws:sts::222222222222:assumed-role/Admin/alice\n' })
        const log = await sts.log()
        expect(log.map(({ operation }) => operation)).toEqual(['GetCallerIdentity'])
        expect(readFileSync(store.pathFor(cacheArguments), 'utf8')).toBe(written)

        store.storeFor(cacheArguments, {
          profile: 'admin',
          requestHash: '0',
          credentials: { ...credentials, expiration: new Date(Date.now() + 14 * 60_000) },
        })
        const late = await ask()
        expect(late.code).not.toBe(0)
        expect(late.stderr).toMatch(asks)
      },
    )
  },
)

function throughProxy(home: TempHome, sts: StrictSts): Record<string, string> {
  const environment = home.environment({
    HTTPS_PROXY: sts.proxyUrl ?? '',
    AWS_CA_BUNDLE: sts.caPemPath ?? '',
    AWS_PAGER: '',
  })
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('AWS_ENDPOINT_URL')))
}
