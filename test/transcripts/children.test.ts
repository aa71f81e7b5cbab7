/** Child processes of a login, traced with strace: no secret in their arguments or environment. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { PRODUCT, runProgram } from '../support/run-cli.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import { createTempHome } from '../support/temp-home.ts'

it.skipIf(process.platform !== 'linux' || !needsProgram('strace'))(
  'passes no secret in the arguments or the environment of a child process, not even of a credential_process',
  async () => {
    const sts = await startStrictSts(aliceWorld())
    const { serial } = virtualDevice('111111111111', 'alice')
    const keys = {
      Version: 1,
      AccessKeyId: keyIdFor('111111111111', 1),
      SecretAccessKey: secretFor('arn:aws:iam::111111111111:user/alice'),
    }
    const home = createTempHome({ 'keys.json': JSON.stringify(keys) })
    home.write(
      '.aws/config',
      `[profile work]\nawsmfa_source_profile = keys\n[profile keys]\ncredential_process = /bin/cat "${home.path}/keys.json"\nmfa_serial = ${serial}\n`,
    )
    try {
      const code = sts.code(serial)
      const trace = join(home.path, 'trace')
      const environment = home.environment({
        ...sts.environment(),
        AWS_SECRET_ACCESS_KEY: 'secretOfTheEnvironment',
        AWS_SESSION_TOKEN: 'tokenOfTheEnvironment',
      })
      const run = await runProgram(
        [
          'strace',
          '-f',
          '-v',
          '-s',
          '100000',
          '-e',
          'trace=execve',
          '-o',
          trace,
          ...PRODUCT,
          'login',
          'work',
          '--token-code',
          '-',
        ],
        {
          environment,
          input: `${code}\n`,
        },
      )
      expect({ code: run.code, stdout: run.stdout }).toEqual({ code: 0, stdout: '' })
      const [tool, ...children] = readFileSync(trace, 'utf8')
        .split('\n')
        .filter((line) => line.includes('execve('))
      expect(tool).not.toContain(code)
      expect(children).toEqual([expect.stringContaining('/bin/cat')])
      const credentials = home.read('.aws/credentials').toString()
      const session = ['aws_secret_access_key', 'aws_session_token'].map(
        (key) => new RegExp(`^${key} = (.*)$`, 'm').exec(credentials)?.[1] ?? 'missing',
      )
      for (const secret of [...session, keys.SecretAccessKey, code, 'OfTheEnvironment'])
        expect(children.join('\n')).not.toContain(secret)
    } finally {
      await sts.stop()
      home.remove()
    }
  },
)
