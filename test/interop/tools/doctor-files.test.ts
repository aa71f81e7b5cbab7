/**
 * Doctor's predictions for the SDKs for Go, Rust and Java and for Terraform, compared with these tools, and the session
 * token that each tool sends. For the other tools see test/interop/doctor.test.ts.
 */
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ruleForTool } from '../../../src/doctor/credential-order.ts'
import type { Outcome, ProfileTraits } from '../../../src/doctor/credential-order.ts'
import { diagnose } from '../../../src/doctor/report.ts'
import { examine } from '../../../src/doctor/examination.ts'
import type { InputFile } from '../../../src/doctor/examination.ts'
import type { Finding } from '../../../src/doctor/finding.ts'
import { effectOn, PARSER_BEHAVIOR } from '../../../src/doctor/tools.ts'
import type { ParserEffect, SyntaxCode } from '../../../src/doctor/tools.ts'
import { TOOLS } from '../../../src/doctor/tools.ts'
import type { ToolId } from '../../../src/doctor/tools.ts'
import { brokenHomePath, homeOf } from '../../support/doctor-homes.ts'
import { runProgram } from '../../support/run-cli.ts'
import type { LogEntry, StrictSts } from '../../support/strict-sts/client.ts'
import { startStrictSts } from '../../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, roleOf, secretFor } from '../../support/strict-sts/worlds.ts'
import { createTempHome } from '../../support/temp-home.ts'
import type { TempHome } from '../../support/temp-home.ts'
import { keyLines, NO_TRAITS, PROFILE_CASES, writtenProfile } from '../doctor-cases.ts'
import { askMany } from './many.ts'
import type { Answer, Question } from './many.ts'
import { findTools } from './tools.ts'

const IDS: Readonly<Record<string, ToolId>> = {
  'AWS SDK for Go 2': 'sdk-go',
  "base library of Terraform's AWS provider": 'terraform',
  'AWS SDK for Rust': 'sdk-rust',
  'AWS SDK for Java 2': 'sdk-java',
}
const SUBJECTS = findTools().flatMap((tool) => {
  const id = IDS[tool.name]
  return id === undefined ? [] : [{ name: tool.name, tool, id }]
})

let sts: StrictSts
let home: TempHome
let kindQuestions: readonly Question[] = []

beforeAll(async () => {
  sts = await startStrictSts(WORLD)
  home = createTempHome()
  kindQuestions = await writeKinds()
})
afterAll(async () => {
  home.remove()
  await sts.stop()
})

const SPELLINGS = Object.keys(PARSER_BEHAVIOR) as SyntaxCode[]
/** The faulty profile in the broken home of each code, if it is not `bad`. The profile `good` has no fault. */
const FAULTY: Readonly<Partial<Record<SyntaxCode, string>>> = {
  'name-not-portable': 'my$bad',
  'name-with-comment-sign': 'a#bad',
}

describe.each(SUBJECTS)('doctor predicts for $name', ({ tool, id }) => {
  let spelled: readonly Answer[] = []
  let kinds: readonly Answer[] = []
  let signers: ReadonlyMap<string, string> = new Map()
  beforeAll(async () => {
    if (tool.argv === undefined) return
    const earlier = (await sts.log()).length
    const questions = spellingQuestions()
    const answers = await askMany(tool, [...questions, ...kindQuestions], environment())
    spelled = answers.slice(0, questions.length)
    kinds = answers.slice(questions.length)
    const roles = (await sts.log()).slice(earlier).filter(({ operation }) => operation === 'AssumeRole')
    signers = new Map(
      roles.map(({ parameters, signerArn }) => [nameIn(parameters), (signerArn ?? '').replace(/^.*[:/]/, '')]),
    )
  })

  it.skipIf(tool.argv === undefined)('the effect of every kind of syntax that tools read differently', () => {
    const seen = SPELLINGS.map((code, index) => [code, effectSeen(spelled.slice(index * 3, index * 3 + 3))])
    expect(seen).toEqual(SPELLINGS.map((code) => [code, effectOn(code, TOOLS[id].engine)]))
  })

  it.skipIf(tool.argv === undefined)('the credentials that it uses with every kind of profile', () => {
    const seen = PROFILE_CASES.map(([name, traits], index) => [name, outcomeSeen(kinds[index], traits)])
    expect(
      seen,
      kinds.map(({ error }, index) => `${PROFILE_CASES[index]?.[0] ?? ''}: ${error.slice(0, 300)}`).join('\n'),
    ).toEqual(
      PROFILE_CASES.map(([name, traits]) => [name, ruleForTool(id, { ...NO_TRAITS, ...traits })?.outcome ?? 'none']),
    )
  })

  it.skipIf(tool.argv === undefined)('the keys with which it assumes roles', () => {
    const seen = PROFILE_CASES.flatMap(([name], index) =>
      kinds[index]?.arn.includes(':assumed-role/') === true ? [[name, signers.get(`p${index}`)]] : [],
    )
    expect(seen).toEqual(
      seen.map(([name]) => [name, signerOf(PROFILE_CASES.find(([other]) => other === name)?.[1] ?? {})]),
    )
    expect(seen.length).toBeGreaterThan(3)
  })
})

/** Profiles with session tokens that not every tool reads. STS rejects requests with the wrong token or none. */
const TOKENS = {
  'two-tokens': 'security-token-first',
  'old-token': 'security-token-alone',
  'token-elsewhere': 'token-in-other-file',
} as const

describe('doctor predicts the session token that is sent', () => {
  const tools = findTools().filter(({ name }) => ['AWS CLI 1', 'boto3', 'AWS SDK for JavaScript 3'].includes(name))
  const idOf = (name: string): ToolId =>
    IDS[name] ?? (name === 'AWS SDK for JavaScript 3' ? 'sdk-js' : name === 'boto3' ? 'boto3' : 'aws-cli')
  const refused = (id: ToolId): readonly string[] => {
    const findings = findingsAtHome()
    return Object.entries(TOKENS)
      .filter(([profile, code]) =>
        findings.some((found) => found.profile === profile && found.code === code && found.tools.includes(id)),
      )
      .map(([profile]) => profile)
  }

  it.skipIf(tools.some(({ argv }) => argv === undefined)).each(tools)('by $name', async (tool) => {
    const wrong: string[] = []
    for (const profile of Object.keys(TOKENS)) {
      if (tool.argv === undefined) continue
      const { code, stdout } = await runProgram(tool.argv(profile), {
        environment: { ...environment(), AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1', AWS_PAGER: '' },
        cwd: home.path,
        limitMs: 60_000,
      })
      if (code !== 0 || !stdout.includes(':user/bob')) wrong.push(profile)
    }
    expect(wrong).toEqual(refused(idOf(tool.name)))
  })

  it.skipIf(SUBJECTS.some(({ tool }) => tool.argv === undefined)).each(SUBJECTS)('by $name', async ({ tool, id }) => {
    const files = { credentials: join(home.path, '.aws/credentials'), config: join(home.path, '.aws/config') }
    const answers = await askMany(
      tool,
      Object.keys(TOKENS).map((profile) => ({ ...files, profile })),
      environment(),
    )
    expect(Object.keys(TOKENS).filter((_, index) => answers[index]?.arn.endsWith(':user/bob') !== true)).toEqual(
      refused(id),
    )
  })
})

/** Role chains: one with a role that needs a code, and one with a role profile that also has keys. */
describe('doctor predicts the result of a chain of roles', () => {
  it.skipIf(SUBJECTS.some(({ tool }) => tool.argv === undefined)).each(SUBJECTS)('with $name', async ({ tool, id }) => {
    const files = { credentials: join(home.path, '.aws/credentials'), config: join(home.path, '.aws/config') }
    const earlier = (await sts.log()).length
    const answers = await askMany(
      tool,
      ['over-mfa', 'over-keys'].map((profile) => ({ ...files, profile })),
      environment(),
    )
    const firstSigner =
      (await sts.log()).slice(earlier).findLast(({ parameters }) => nameIn(parameters) === 'keyed')?.signerArn ??
      (await sts.log()).findLast(({ parameters }) => nameIn(parameters) === 'over-keys')?.signerArn
    const seen = answers.map(({ arn }) => (arn.includes(':assumed-role/Second/') ? 'role' : 'fails'))
    const said = ['over-mfa', 'over-keys'].map((profile) =>
      findingsAtHome().find(
        (found) =>
          ['tools-use', 'tools-fail'].includes(found.code) && found.profile === profile && found.tools.includes(id),
      ),
    )
    expect(seen, answers.map(({ error }) => error).join('\n')).toEqual(said.map((facts) => facts?.key))
    expect(said[1]?.name).toBe(
      `role Second (222222222222) through '${firstSigner?.endsWith('/bob') === true ? 'keyed' : 'base'}'`,
    )
  })
})

function findingsAtHome(): readonly Finding[] {
  const file = (path: string): InputFile => ({
    path,
    text: readFileSync(path, 'latin1'),
    exists: true,
    unreadable: undefined,
    modifiedAt: undefined,
  })
  const { machine } = homeOf({ credentials: '', config: '' }, { now: new Date() })
  return diagnose(
    examine(
      { credentials: file(join(home.path, '.aws/credentials')), config: file(join(home.path, '.aws/config')) },
      machine,
    ),
  )
}

/** Three questions for each home: the correct profile, the faulty one, and one in the other file. */
function spellingQuestions(): readonly Question[] {
  return SPELLINGS.flatMap((code) => {
    cpSync(brokenHomePath(code), join(home.path, code), { recursive: true })
    const other = readFileSync(join(home.path, code, 'config'), 'latin1') === '' ? 'config' : 'credentials'
    home.write(`${code}/${other}`, `[${other === 'config' ? 'profile ' : ''}elsewhere]\nregion = eu-west-1\n`)
    const files = { credentials: join(home.path, code, 'credentials'), config: join(home.path, code, 'config') }
    return ['good', FAULTY[code] ?? 'bad', 'elsewhere'].map((profile) => ({ ...files, profile }))
  })
}

function effectSeen([good, faulty, elsewhere]: readonly Answer[]): ParserEffect {
  if (elsewhere?.isThere !== true) return 'file-refused'
  if (good?.isThere !== true) return 'file-skipped'
  if (faulty?.isThere !== true) return 'profile-missed'
  if (good.region !== '') return 'spreads'
  return faulty.region === '' ? 'key-missed' : faulty.region === 'eu-west-1' ? 'fine' : 'value-changed'
}

/** The error of each tool after it finds no credentials in a profile and tries the instance role. */
const FINDS_NOTHING =
  /no EC2 IMDS role found|the credential provider was not enabled$|contained no credentials for profile/

/** The identity shows the origin of the keys: alice's are the source's, bob's the profile's, hank's the process's. */
function outcomeSeen(answer: Answer | undefined, { mfa, role }: Partial<ProfileTraits>): Outcome {
  const { arn = '', error = '' } = answer ?? {}
  if (arn.endsWith(':user/bob')) return 'keys'
  if (arn.endsWith(':user/hank')) return 'process'
  if (arn.includes(':assumed-role/Open/')) return mfa === true ? 'role-without-mfa' : 'role'
  if (FINDS_NOTHING.test(error)) return role === true && error.includes('AssumeRole') ? 'fails' : 'none'
  // Without the file, the network or a module for single sign-on, these fail here.
  if (/web-identity-file|loading credentials: No such file/.test(error)) return 'web-identity'
  return /\bsso\b/i.test(error) ? 'sso' : 'fails'
}

/** Returns the session name, which is different for each role profile. */
function nameIn({ RoleSessionName: name }: LogEntry['parameters']): string {
  return typeof name === 'string' ? name : ''
}

function signerOf({ source, self, process: isProcess, keys, credentialSource }: Partial<ProfileTraits>): string {
  if (source === true && self !== true) return 'alice'
  if (credentialSource === true) return 'mina'
  return keys === true ? 'bob' : isProcess === true ? 'hank' : ''
}

const chained = (name: string, role: string, source: string): string =>
  `[profile ${name}]\nregion = eu-west-1\nrole_arn = arn:aws:iam::222222222222:role/${role}\nrole_session_name = ${name}\nsource_profile = ${source}\n`
const CHAINS = `${chained('asking', 'Open', 'base')}mfa_serial = arn:aws:iam::111111111111:mfa/alice\n${chained('over-mfa', 'Second', 'asking')}${chained('keyed', 'Open', 'base')}${chained('over-keys', 'Second', 'keyed')}`
const SECOND = roleOf('222222222222', 'Second', {
  trusts: ['arn:aws:iam::111111111111:root', 'arn:aws:iam::222222222222:role/Open'],
  requiresMfa: false,
})
const WORLD = {
  accounts: aliceWorld().accounts.map((account) =>
    account.id === '222222222222' ? { ...account, roles: [...account.roles, SECOND] } : account,
  ),
}

const keysOf = (name: string, number: number): string =>
  keyLines(keyIdFor('111111111111', number), secretFor(`arn:aws:iam::111111111111:user/${name}`))

async function writeKinds(): Promise<readonly Question[]> {
  const credentials = {
    accessKeyId: keyIdFor('111111111111', 2),
    secretAccessKey: secretFor('arn:aws:iam::111111111111:user/bob'),
  }
  const { Credentials: found } = await new STSClient({ region: 'eu-west-1', endpoint: sts.url, credentials }).send(
    new GetSessionTokenCommand({}),
  )
  const session = keyLines(found?.AccessKeyId ?? '', found?.SecretAccessKey ?? '', found?.SessionToken)
  home.write(
    'process.json',
    JSON.stringify({
      Version: 1,
      AccessKeyId: keyIdFor('111111111111', 3),
      SecretAccessKey: secretFor('arn:aws:iam::111111111111:user/hank'),
    }),
  )
  const file = join(home.path, 'process.json')
  const parts = {
    roleArn: 'arn:aws:iam::222222222222:role/Open',
    pair: keysOf('bob', 2),
    session,
    process: `/bin/cat ${file}`,
    webIdentityFile: join(home.path, 'web-identity-file'),
  }
  const texts = PROFILE_CASES.map(([, traits], index) =>
    writtenProfile(`p${index}`, { ...NO_TRAITS, ...traits }, parts),
  )
  const old = session.replace('aws_session_token', 'aws_security_token')
  home.write(
    '.aws/credentials',
    `[two-tokens]\n${session}aws_security_token = AnOldOne==\n\n[old-token]\n${old}\n[token-elsewhere]\n${keysOf('bob', 2)}\n[base]\n${keysOf('alice', 1)}\n[keyed]\n${session}`,
  )
  home.write('.aws/config', `[profile token-elsewhere]\naws_session_token = AnOldOne==\n${CHAINS}`)
  home.write('credentials', `[base]\n${keysOf('alice', 1)}\n${texts.map((text) => text.credentials).join('')}`)
  home.write('config', texts.map((text) => text.config).join(''))
  return PROFILE_CASES.map((_, index) => ({
    credentials: join(home.path, 'credentials'),
    config: join(home.path, 'config'),
    profile: `p${index}`,
  }))
}

function environment(): Readonly<Record<string, string>> {
  const mina = {
    AWS_ACCESS_KEY_ID: keyIdFor('111111111111', 6),
    AWS_SECRET_ACCESS_KEY: secretFor('arn:aws:iam::111111111111:user/mina'),
  }
  return home.environment({
    ...sts.environment(),
    ...mina,
    AWS_MAX_ATTEMPTS: '1',
    HTTPS_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1',
  })
}
