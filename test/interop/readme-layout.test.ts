/**
 * The roles of the README with the AWS CLI 1 and 2 and boto3: they use the role profile as it is printed there.
 * No variable and no option sets a region.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findAwsCli, findPythonWithBoto3, proxyEnvironment } from '../support/aws-clients.ts'
import { runCli, runProgram } from '../support/run-cli.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import type { TempHome } from '../support/temp-home.ts'
import { createTempHome } from '../support/temp-home.ts'

const README = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8')
const [, CONFIG = ''] = /^## Roles$[^]*?^```ini\n([^]*?)^```$/m.exec(README) ?? []
const CREDENTIALS = `[work-long-term]
aws_access_key_id = ${keyIdFor('111111111111', 1)}
aws_secret_access_key = ${secretFor('arn:aws:iam::111111111111:user/alice')}
`

const DEVICE = virtualDevice('111111111111', 'alice').serial
const CLI_ARGV = ['cloudformation', 'describe-stacks', '--profile', 'admin']
const BOTO3 = 'import boto3; boto3.Session(profile_name="admin").client("cloudformation").describe_stacks()'
const TOOLS = [
  { name: 'AWS CLI 1', program: findAwsCli(1), argv: CLI_ARGV },
  { name: 'AWS CLI 2', program: findAwsCli(2), argv: CLI_ARGV, isProxied: true },
  { name: 'boto3', program: findPythonWithBoto3(), argv: ['-c', BOTO3] },
] as const

describe('the role profile in the README', () => {
  let sts: StrictSts
  let home: TempHome
  beforeAll(async () => {
    sts = await startStrictSts(aliceWorld(), { proxy: true })
    home = createTempHome({ '.aws/credentials': CREDENTIALS, '.aws/config': CONFIG })
    const environment = home.environment(sts.environment())
    expect(await runCli(['login', 'work', '--token-code', sts.code(DEVICE)], { environment })).toMatchObject({
      code: 0,
    })
  })
  afterAll(async () => {
    home.remove()
    await sts.stop()
  })

  it.each(TOOLS)('$name sends a request of the role to its region', async ({ program, argv, ...tool }) => {
    if (program === undefined) return
    const environment = 'isProxied' in tool ? proxyEnvironment(home, sts) : home.environment(sts.environment())
    const earlier = (await sts.log()).length
    const { stderr } = await runProgram([program, ...argv], { environment, cwd: home.path })
    const last = (await sts.log()).slice(earlier).at(-1)
    expect(last, stderr).toMatchObject({ operation: 'DescribeStacks', region: 'eu-west-1' })
    expect(last?.accessKeyId).toMatch(/^ASIA/)
  })
})
