/** The library, installed from the packed tarball: the example program, concurrent programs, and the types. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { signedInFiles, startPortal } from '../support/aws-logins.ts'
import { needsProgram } from '../support/outside-program.ts'
import { openPty } from '../support/pty.ts'
import { runProgram } from '../support/run-cli.ts'
import type { RunResult } from '../support/run-cli.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'
import { ROOT } from './built-files.ts'
import { installPacked } from './packed.ts'

const DEVICE = virtualDevice('111111111111', 'alice').serial
const CREDENTIALS = `[base]\naws_access_key_id = ${keyIdFor('111111111111')}\naws_secret_access_key = ${secretFor('arn:aws:iam::111111111111:user/alice')}\n`
const CONFIG = ['admin', 'other']
  .map(
    (name) =>
      `[profile ${name}]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = base\nmfa_serial = ${DEVICE}\nrole_session_name = ${name}\n`,
  )
  .join('\n')

let sts: StrictSts
let folder = ''
let project = ''
let home: TempHome

beforeAll(async () => {
  sts = await startStrictSts(aliceWorld())
  folder = mkdtempSync(join(tmpdir(), 'awsmfa-library-'))
  project = installPacked(folder, ['@aws-sdk/client-sts', '@smithy/types', '@types/node'])
  copyFileSync(join(ROOT, 'examples/sdk-v3.mjs'), join(project, 'sdk-v3.mjs'))
  copyFileSync(join(ROOT, 'test/support/drivers/library-once.mjs'), join(project, 'once.mjs'))
})
afterAll(async () => {
  await sts.stop()
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
})

beforeEach(async () => {
  home = createTempHome({ '.aws/credentials': CREDENTIALS, '.aws/config': CONFIG })
  await sts.configure({ forgetSpentCodes: true, clearLog: true, faults: [] })
})
afterEach(() => home.remove())

function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return home.environment({ ...sts.environment(), AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...more })
}

async function node(...argv: readonly string[]): Promise<RunResult> {
  return await runProgram([process.execPath, ...argv], { environment: environment(), cwd: project })
}

interface Once {
  readonly accountId: string
  readonly prompts: number
  readonly loaded: readonly string[]
  readonly alive: readonly string[]
}

async function once(profile: string, code?: string): Promise<Once> {
  const more = code === undefined ? {} : { AWSMFA_TEST_CODE: code }
  const result = await runProgram([process.execPath, 'once.mjs', profile], {
    environment: environment(more),
    cwd: project,
  })
  expect(result, result.stderr).toMatchObject({ code: 0, stderr: '' })
  return JSON.parse(result.stdout) as Once
}

async function callsWithCode(): Promise<number> {
  return (await sts.log()).filter((entry) => JSON.stringify(entry).includes('TokenCode')).length
}

describe('the example', () => {
  const who = (name: string): RegExp =>
    new RegExp(`^arn:aws:sts::222222222222:assumed-role/Admin/${name} until \\d{4}-\\S+Z\\n$`)

  it.skipIf(process.platform === 'win32' || !needsProgram('python3'))(
    'prompts once; later runs and other profiles with the same device do not',
    async () => {
      const pty = await openPty([process.execPath, 'sdk-v3.mjs', 'admin'], { environment: environment(), cwd: project })
      try {
        await pty.expect('MFA code for alice (admin): ')
        pty.send(`${sts.code(DEVICE)}\r`)
        await pty.expect(/assumed-role\/Admin\/admin until/)
        expect(await pty.exit()).toEqual({ code: 0, signal: null })
      } finally {
        pty.close()
      }
      for (const profile of ['admin', 'other'])
        expect(await node('sdk-v3.mjs', profile)).toMatchObject({
          code: 0,
          stderr: '',
          stdout: expect.stringMatching(who(profile)) as string,
        })
      expect(await callsWithCode()).toBe(1)
    },
  )

  it.skipIf(process.platform === 'win32' || !needsProgram('python3'))(
    'ends on Ctrl-C at the prompt, and the next run prompts immediately',
    async () => {
      for (let run = 0; run < 2; run += 1) {
        const pty = await openPty([process.execPath, 'sdk-v3.mjs', 'admin'], {
          environment: environment(),
          cwd: project,
        })
        try {
          await pty.expect('MFA code for ')
          pty.send('\u0003')
          await pty.expect('canceled')
          expect(await pty.exit()).toEqual({ code: 1, signal: null })
        } finally {
          pty.close()
        }
      }
    },
  )

  it('fails with a hint if there is no terminal', async () => {
    expect(await node('sdk-v3.mjs', 'admin')).toMatchObject({
      code: 1,
      stdout: '',
      stderr:
        'a token code is required, and there is no terminal to prompt on\n  sign in first: awsmfa login admin; or pass an mfaCodeProvider to fromAwsmfa\n',
    })
    expect(await callsWithCode()).toBe(0)
  })
})

describe('programs', () => {
  it('need one code and one prompt for ten concurrent runs', async () => {
    const code = sts.code(DEVICE)
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => once(index % 2 === 0 ? 'admin' : 'other', code)),
    )
    expect(answers.map(({ accountId }) => accountId)).toEqual(Array.from({ length: 10 }, () => '222222222222'))
    expect(answers.reduce((sum, { prompts }) => sum + prompts, 0)).toBe(1)
    expect(await callsWithCode()).toBe(1)
  })

  it('share sessions with `awsmfa login`', async () => {
    const login = [join(project, 'node_modules/awsmfa/dist/awsmfa.cjs'), 'login', '--force', 'admin', '--token-code']
    expect(await node(...login, sts.code(DEVICE))).toMatchObject({ code: 0 })
    expect(await once('other')).toMatchObject({ accountId: '222222222222', prompts: 0 })
    expect(await callsWithCode()).toBe(1)
  })

  it('load only library.cjs on import, and are not kept alive by awsmfa', async () => {
    const { loaded, alive } = await once('admin', sts.code(DEVICE))
    expect(loaded.map((path) => path.replaceAll('\\', '/'))).toEqual([
      expect.stringMatching(/awsmfa\/dist\/library\.cjs$/),
    ])
    expect(alive).toEqual([])
  })

  it('can import fromAwsmfa as an ES module', async () => {
    expect(
      await node(
        '--input-type=module',
        '-e',
        "import { fromAwsmfa } from 'awsmfa'; console.log(typeof fromAwsmfa, typeof fromAwsmfa())",
      ),
    ).toMatchObject({ stdout: 'function function\n', stderr: '' })
  })
})

describe('a profile that the AWS CLI signs in to', () => {
  const PROGRAM =
    "const call = (profile) => fromAwsmfa({ profile })().then((found) => found.accessKeyId, (error) => `${error.code}: ${error.message}`); call('sso').then(console.log).then(() => call('nobody')).then(console.log)"
  it.each([
    ['commonjs', `const { fromAwsmfa } = require('awsmfa'); ${PROGRAM}`],
    ['module', `import { fromAwsmfa } from 'awsmfa'; ${PROGRAM}`],
  ])('has its session, else the command that signs in, in a %s', async (type, program) => {
    const portal = await startPortal()
    const other = createTempHome(signedInFiles())
    try {
      const environment = other.environment(portal.environment())
      const words = [`--input-type=${type}`, '-e', program]
      expect(await runProgram([process.execPath, ...words], { environment, cwd: project })).toMatchObject({
        code: 0,
        stdout: "ASIAIOSFODNN7EXAMPLE\nSESSION_MISSING: 'nobody' is not signed in\n  aws login --profile nobody\n",
        stderr: '',
      })
    } finally {
      portal.stop()
      other.remove()
    }
  })
})

describe('the types', () => {
  const LINES = [
    "import type { AwsCredentialIdentityProvider } from '@smithy/types'",
    "import { STSClient } from '@aws-sdk/client-sts'",
    "import { fromAwsmfa } from 'awsmfa'",
    "import type { AwsmfaProviderError, FromAwsmfaOptions } from 'awsmfa'",
    'export const provider: AwsCredentialIdentityProvider = fromAwsmfa()',
    'export const client = new STSClient({ credentials: fromAwsmfa({ profile: process.argv[2], mfaCodeProvider: async (serial: string) => serial }) })',
    'export const options: FromAwsmfaOptions = { durationSeconds: 3600, logger: console }',
    'export const nextLink = (error: AwsmfaProviderError): boolean => error.tryNextLink',
  ]

  function problemsOf(name: string, lines: readonly string[]): readonly string[] {
    const path = join(project, name)
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
    const options: ts.CompilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: false,
      module: ts.ModuleKind.Node16,
      moduleResolution: ts.ModuleResolutionKind.Node16,
      target: ts.ScriptTarget.ES2022,
      types: ['node'],
      typeRoots: [join(project, 'node_modules/@types')],
    }
    const program = ts.createProgram([path], options)
    const ours = program
      .getSourceFiles()
      .filter(({ fileName }) => fileName === path.replaceAll('\\', '/') || fileName.includes('/awsmfa/dist/'))
    expect(ours).toHaveLength(2)
    return ours
      .flatMap((file) => ts.getPreEmitDiagnostics(program, file))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
  }

  it.each(['module.mts', 'common.cts'])('fit the SDK in a %s', (name) => {
    expect(problemsOf(name, LINES)).toEqual([])
  })

  it('reject unknown options', () => {
    expect(
      problemsOf('wrong.mts', [
        "import { fromAwsmfa } from 'awsmfa'",
        'export const wrong = fromAwsmfa({ profil: 1 })',
      ]),
    ).toEqual([expect.stringContaining("'profil' does not exist in type 'FromAwsmfaOptions'")])
  })
})
