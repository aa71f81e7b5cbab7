/**
 * Every SDK that the suite has asks the endpoint of `awsmfa exec --server`, though there are keys in `[default]` and
 * variables that lead elsewhere. The AWS CLI, boto3 and the SDK for JavaScript are in test/transcripts, too.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCli } from '../../support/run-cli.ts'
import { startStrictSts } from '../../support/strict-sts/client.ts'
import type { StrictSts } from '../../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../../support/strict-sts/worlds.ts'
import { createTempHome } from '../../support/temp-home.ts'
import type { TempHome } from '../../support/temp-home.ts'
import { findTools } from './tools.ts'

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

const MISLEADING = {
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/x',
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/nonexistent/token',
  AWS_WEB_IDENTITY_TOKEN_FILE: '/nonexistent/identity',
  AWS_ROLE_ARN: 'arn:aws:iam::222222222222:role/Open',
}

const tools = findTools().filter(({ argv, way, printsArn }) => argv !== undefined && way === 'endpoint' && printsArn)

it.each(tools)('$name', async ({ argv }) => {
  const run = await runCli(['exec', 'admin', '--server', '--', ...(argv?.() ?? [])], {
    environment: home.environment({ ...sts.environment(), ...MISLEADING }),
  })
  expect({ code: run.code, stderr: run.code === 0 ? '' : run.stderr }).toEqual({ code: 0, stderr: '' })
  expect(run.stdout).toContain('arn:aws:sts::222222222222:assumed-role/Admin/alice')
  expect(run.stdout).not.toContain('user/bob')
})
