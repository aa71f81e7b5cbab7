/**
 * Every SDK that the suite has asks the endpoint of `awsmfa exec --server`, though there are keys in `[default]` and
 * variables that lead elsewhere. The AWS CLI, boto3 and the SDK for JavaScript are in test/transcripts, too.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCli } from '../../support/run-cli.ts'
import { startStrictSts } from '../../support/strict-sts/client.ts'
import type { StrictSts } from '../../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../../support/strict-sts/worlds.ts'
import { createTempHome } from '../../support/temp-home.ts'
import type { TempHome } from '../../support/temp-home.ts'
import { findTools } from './tools.ts'
import type { Tool } from './tools.ts'

const { serial } = virtualDevice('111111111111', 'alice')
const keysOf = (name: string, number: number): string =>
  `aws_access_key_id = ${keyIdFor('111111111111', number)}\naws_secret_access_key = ${secretFor(`arn:aws:iam::111111111111:user/${name}`)}\n`

let sts: StrictSts
let home: TempHome
beforeAll(async () => {
  sts = await startStrictSts(aliceWorld())
  home = createTempHome({
    '.aws/credentials': `[default]\n${keysOf('bob', 2)}[base-long-term]\n${keysOf('alice', 1)}`,
    '.aws/config': `[profile base]\nregion = eu-west-1\nawsmfa_mfa_serial = ${serial}\n[profile admin]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = base\nregion = eu-west-1\n`,
  })
  const environment = home.environment(sts.environment())
  const login = await runCli(['login', 'base', '--quiet', '--token-code', sts.code(serial)], { environment })
  expect(login).toMatchObject({ code: 0, stderr: '' })
})
afterAll(async () => {
  await sts.stop()
  home.remove()
})

/** What points SDKs elsewhere: ECS, EKS, web identity, exported keys. */
const MISLEADING = {
  AWS_ACCESS_KEY_ID: 'AKIAQQQQQQQQQQQQEXPL',
  AWS_SECRET_ACCESS_KEY: 'x',
  AWS_SESSION_TOKEN: 'x',
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/x',
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/nonexistent/token',
  AWS_WEB_IDENTITY_TOKEN_FILE: '/nonexistent/identity',
  AWS_ROLE_ARN: 'arn:aws:iam::222222222222:role/Open',
}
const ADMIN = 'arn:aws:sts::222222222222:assumed-role/Admin/alice'

const tools = findTools().filter(({ argv, printsArn }) => argv !== undefined && printsArn)

/** AWS CLI 2.9 reads no variables for endpoints. */
const lineOf = ({ argv, way }: Pick<Tool, 'argv' | 'way'>): readonly string[] => [
  ...(argv?.() ?? []),
  ...(way === 'proxy' ? ['--endpoint-url', sts.url] : []),
]

const serve = (argv: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  runCli(['exec', 'admin', '--server', '--', ...argv], {
    environment: home.environment({ ...sts.environment(), ...MISLEADING, ...more }),
    limitMs: 200_000,
  })

it.each(tools)('$name', async (tool) => {
  const run = await serve(lineOf(tool))
  expect({ code: run.code, stderr: run.code === 0 ? '' : run.stderr }).toEqual({ code: 0, stderr: '' })
  expect(run.stdout).toContain(ADMIN)
  expect(run.stdout).not.toContain('user/bob')
})

/** A program that has one client goes on until the file is there; any other is started again and again. */
const AGAIN = 'while :; do "$@" || exit 1; if [ -e "$IDENTIFY_UNTIL" ]; then exit; fi; done'

/** When each session of the role was used last, in order of their first use. */
async function lastUses(): Promise<readonly Date[]> {
  const calls = (await sts.log()).filter(
    ({ operation, signer }) => operation === 'GetCallerIdentity' && signer === 'assumed-role',
  )
  return [...new Map(calls.map(({ accessKeyId, time }) => [accessKeyId, new Date(time)])).values()]
}

it.each(tools)('$name, past the end of its session', async (tool) => {
  const until = join(home.path, 'enough')
  rmSync(until, { force: true })
  rmSync(join(home.path, '.cache/awsmfa/sessions'), { recursive: true })
  const ends = new Date(Math.ceil(Date.now() / 1000) * 1000 + 12_000)
  await sts.configure({
    clearLog: true,
    faults: [{ kind: 'expiration', operation: 'AssumeRole', value: ends.toISOString() }],
  })
  const run = serve(['sh', '-c', AGAIN, 'sh', ...lineOf(tool)], { IDENTIFY_UNTIL: until })
  const isRenewed = async (): Promise<boolean> => (await lastUses()).length > 1 && new Date() > ends
  await Promise.race([run, expect.poll(isRenewed, { interval: 500, timeout: 120_000 }).toBe(true)])
  home.write('enough', '')
  const { code, stdout, stderr } = await run
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).not.toContain('user/bob')
  const [first, second, ...more] = await lastUses()
  expect([first !== undefined && first < ends, second !== undefined && second > ends, more]).toEqual([true, true, []])
})
