/**
 * Profiles with `login_session`, which `aws login` writes: what each tool does with one that is signed in, and with a
 * role profile whose source profile it is. Compared with doctor's predictions.
 */
import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../../support/run-cli.ts'
import { startStrictSts } from '../../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../../support/strict-sts/worlds.ts'
import { createTempHome } from '../../support/temp-home.ts'
import { TOOLS } from '../../../src/doctor/tools.ts'
import type { ToolId } from '../../../src/doctor/tools.ts'
import type { Stage } from './moments.ts'
import { text } from './moments.ts'
import { observe, RESULTS } from './observe.ts'
import { findTools } from './tools.ts'

const ALICE = 'arn:aws:iam::111111111111:user/alice'
const DEVICE = virtualDevice('111111111111', 'alice').serial
const CONFIG =
  text('[profile dev]', `login_session = ${ALICE}`, 'region = eu-west-1') +
  text(
    '[profile viadev]',
    'role_arn = arn:aws:iam::222222222222:role/Admin',
    'source_profile = dev',
    'region = eu-west-1',
  )
const PROFILES = ['dev', 'viadev'] as const

/** The tools by doctor's names. Doctor speaks of version 2 of the AWS CLI from 2.32 on, which is not run here. */
const IDS: Readonly<Record<string, ToolId>> = {
  'SAM CLI, `sam package`': 'sam',
  'CDK CLI': 'cdk',
  boto3: 'boto3',
  'AWS SDK for JavaScript 3': 'sdk-js',
  'AWS SDK for Go 2': 'sdk-go',
  Terraform: 'terraform',
  "base library of Terraform's AWS provider": 'terraform',
  'AWS SDK for Rust': 'sdk-rust',
  'AWS SDK for Java 2': 'sdk-java',
}

/** Returns a home where alice is signed in with `aws login`. Its cache: botocore, utils.py › LoginTokenLoader. */
async function signedIn(): Promise<Stage> {
  const sts = await startStrictSts(aliceWorld(), { proxy: true })
  const { Credentials: session } = await new STSClient({
    region: 'eu-west-1',
    endpoint: sts.url,
    credentials: { accessKeyId: keyIdFor('111111111111', 1), secretAccessKey: secretFor(ALICE) },
  }).send(new GetSessionTokenCommand({ SerialNumber: DEVICE, TokenCode: sts.code(DEVICE) }))
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const token = {
    accessToken: {
      accessKeyId: session?.AccessKeyId,
      secretAccessKey: session?.SecretAccessKey,
      sessionToken: session?.SessionToken,
      accountId: '111111111111',
      expiresAt: new Date(Date.now() + 10 * 60_000).toISOString().replace(/\.\d+Z$/, 'Z'),
    },
    tokenType: 'aws_sigv4',
    clientId: 'arn:aws:signin:::devtools/same-device',
    refreshToken: 'EXAMPLE',
    idToken: 'EXAMPLE',
    dpopKey: privateKey.export({ type: 'sec1', format: 'pem' }),
  }
  const name = createHash('sha256').update(ALICE).digest('hex')
  const home = createTempHome({ '.aws/config': CONFIG, [`.aws/login/cache/${name}.json`]: JSON.stringify(token) })
  return {
    sts,
    home,
    remove: async () => {
      home.remove()
      await sts.stop()
    },
  }
}

/** A finding of `doctor --json`. */
interface Found {
  readonly code: string
  readonly profile: string | null
  readonly tools: readonly string[]
}

let stage: Stage
let isPredicted: (id: ToolId, profile: string) => boolean
const rows: { readonly tool: string; readonly profile: string; readonly answer: string; readonly identity: string }[] =
  []

beforeAll(async () => {
  stage = await signedIn()
  const { stdout } = await runCli(['doctor', '--json'], {
    environment: stage.home.environment(stage.sts.environment()),
  })
  const findings = JSON.parse(stdout) as readonly Found[]
  isPredicted = (id, profile) =>
    findings.some((found) => found.code === 'tools-use' && found.profile === profile && found.tools.includes(id))
})
afterAll(async () => {
  await stage.remove()
})

const TESTED = findTools()

describe.each(PROFILES)('a profile of aws login, as %s', (profile) => {
  for (const tool of TESTED) {
    it.skipIf(tool.argv === undefined)(tool.name, async () => {
      const { answer, identity, words } = await observe(tool, profile, stage)
      rows.push({ tool: tool.name, profile, answer, identity })
      const id = IDS[tool.name]
      if (id === undefined) return
      expect([TOOLS[id].name, answer === 'quiet'], words).toEqual([TOOLS[id].name, isPredicted(id, profile)])
    })
  }
})

afterAll(() => {
  mkdirSync(RESULTS, { recursive: true })
  writeFileSync(
    join(RESULTS, 'aws-login.json'),
    JSON.stringify({ isWhole: TESTED.every(({ argv }) => argv !== undefined), profiles: PROFILES, rows }, null, 1),
  )
})
