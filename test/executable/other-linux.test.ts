/** The released executables for other kinds of Linux, in QEMU or with musl: see `other-linux` beside this file. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { needsInstalledFile } from '../support/outside-program.ts'
import { runProgram } from '../support/run-cli.ts'
import type { RunResult } from '../support/run-cli.ts'
import { openSandbox } from '../support/sandbox.ts'
import { aliceWorld } from '../support/strict-sts/worlds.ts'

const BUILD = fileURLToPath(new URL('../../build', import.meta.url))

/** The words that start a program for a target, whose libraries are in a folder. */
const TARGETS: Readonly<Record<string, (libraries: string) => readonly [string, ...string[]]>> = {
  'linux-arm64': (root) => ['qemu-aarch64-static', '-L', root],
  'linux-arm64-musl': (root) => ['qemu-aarch64-static', '-L', root],
  'linux-x64-musl': (root) => {
    const folder = join(root, 'usr/lib/x86_64-linux-musl')
    return [join(folder, 'libc.so'), '--library-path', folder]
  },
}

describe.each(Object.entries(TARGETS))('%s', (target, startIn) => {
  const archive = join(BUILD, 'release', `awsmfa-${target}.tar.gz`)
  const libraries = join(BUILD, 'other-linux', target)
  const isPrepared = [archive, libraries].every(needsInstalledFile)
  let folder = ''
  beforeAll(() => {
    if (!isPrepared) return
    folder = mkdtempSync(join(tmpdir(), 'awsmfa-test-'))
    execFileSync('tar', ['-xzf', archive, '-C', folder])
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.skipIf(!isPrepared)('signs in, serves programs from its encrypted cache, and signs out again', async () => {
    const sandbox = await openSandbox(aliceWorld())
    const [key] = aliceWorld().accounts[0]?.users[0]?.accessKeys ?? []
    const credentials = `[work-long-term]\r\naws_access_key_id = ${key?.id}\r\naws_secret_access_key = ${key?.secret}\r\n`
    sandbox.home.write('.aws/credentials', credentials)
    sandbox.home.write(
      '.aws/config',
      '[profile work]\nmfa_serial = arn:aws:iam::111111111111:mfa/alice\nregion = eu-west-1\n',
    )
    const run = async (...words: readonly string[]): Promise<RunResult> =>
      await runProgram([...startIn(libraries), join(folder, `awsmfa-${target}`, 'awsmfa'), ...words], {
        environment: { ...sandbox.world.environment, PATH: process.env['PATH'] ?? '' },
        cwd: sandbox.home.path,
      })
    try {
      expect(await run('--version')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
      const code = String(await sandbox.world.variables['code']?.())
      expect(await run('login', 'work', '--token-code', code)).toMatchObject({ code: 0 })
      expect(String(sandbox.home.read('.aws/credentials'))).toMatch(/^\[work\]\r\naws_access_key_id = ASIA/m)
      expect(JSON.parse((await run('status', 'work', '--json')).stdout)).toMatchObject({ state: 'valid' })
      const served = await run('credential-process', '--profile', 'work')
      expect(JSON.parse(served.stdout)).toMatchObject({ Version: 1, AccessKeyId: expect.stringMatching(/^ASIA/) })
      expect(readdirSync(sandbox.home.path, { recursive: true }).join()).toContain('.sealed')
      expect((await run('credential-process', '--profile', 'work')).stdout).toBe(served.stdout)
      expect(await run('exec', 'work', '--', 'sh', '-c', 'test -n "$AWS_SESSION_TOKEN"')).toMatchObject({ code: 0 })
      expect(await run('logout', 'work')).toMatchObject({ code: 0 })
      expect(String(sandbox.home.read('.aws/credentials'))).toBe(credentials)
      expect(await sandbox.sts.log()).toSatisfy(
        (log: readonly { readonly operation: string }[]) =>
          log.filter(({ operation }) => operation === 'GetSessionToken').length === 1,
      )
    } finally {
      await sandbox.close()
    }
  })
})
