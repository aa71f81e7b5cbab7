/** The built tool on Windows, as far as Wine shows it: typed questions, locks, files that are held, shims, callers. */
import { cpSync, linkSync, mkdirSync, utimesSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startStrictSts } from '../support/strict-sts/client.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { manyUsersWorld, keyIdFor, secretFor, virtualDevice } from '../support/strict-sts/worlds.ts'
import {
  BUILT_CLI,
  createWindowsHome,
  GO_IDENTITY,
  isPrepared,
  NODE,
  openConsole,
  PRODUCT,
  runOnWindows,
} from './wine.ts'
import type { WindowsHome } from './wine.ts'

const ACCOUNT = '111111111111'
const USERS = 40
const DIST = fileURLToPath(new URL('../../dist/', import.meta.url))
const NODE_FILE = fileURLToPath(new URL('../../build/windows/node.exe', import.meta.url))

describe.runIf(isPrepared())('on Windows', () => {
  let sts: StrictSts
  let next = 0
  const homes: WindowsHome[] = []
  beforeAll(async () => {
    sts = await startStrictSts(manyUsersWorld(USERS))
  })
  afterEach(() => {
    for (const home of homes.splice(0)) home.remove()
  })
  afterAll(async () => await sts.stop())

  /** A home with long-term credentials of a user that no other test has, in a file with the line ends of Windows. */
  const createUser = () => {
    const number = next++
    const name = `user${number}`
    const device = virtualDevice(ACCOUNT, name).serial
    const keys = { id: keyIdFor(ACCOUNT, number + 1), secret: secretFor(`arn:aws:iam::${ACCOUNT}:user/${name}`) }
    const credentials =
      `# mine\r\n[work-long-term]\r\naws_access_key_id = ${keys.id}\r\naws_secret_access_key = ${keys.secret}\r\n` +
      `mfa_serial = ${device}\r\n`
    const home = createWindowsHome({
      '.aws/credentials': credentials,
      '.aws/config': '[profile work]\r\nregion = eu-west-1\r\n',
    })
    homes.push(home)
    const environment = home.environment(sts.environment())
    const run = async (...argv: readonly string[]) => await runOnWindows([...PRODUCT, ...argv], environment)
    return { name, device, keys, credentials, home, environment, run }
  }

  it('login writes the session with the line ends of the file, and logout restores every byte', async () => {
    const { run, device, home, credentials } = createUser()
    expect(await run('login', 'work', '--token-code', sts.code(device))).toMatchObject({ code: 0 })
    expect(home.read('.aws/credentials')).toMatch(/^# mine\r\n[^]*\r\n\[work\]\r\n[^]*expiration = [^]*\r\n$/)
    expect(home.read('.aws/credentials').replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    expect(JSON.parse((await run('status', 'work', '--json')).stdout)).toMatchObject({ state: 'valid' })
    expect(await run('logout', 'work')).toMatchObject({ code: 0 })
    expect(home.read('.aws/credentials')).toBe(credentials)
  })

  it('setup asks one question after another', async () => {
    const { keys, device, home, environment } = createUser()
    home.write('.aws/credentials', '')
    home.write('.aws/config', '')
    const answers: readonly (readonly [RegExp, string])[] = [
      [/Access key ID: ?/, keys.id],
      [/Secret access key[^:]*: ?/, keys.secret],
      [/Region[^:]*: ?[^]*$/, 'eu-west-1'],
    ]
    const console = await openConsole([...PRODUCT, 'setup', 'new', '--yes', '--serial-number', device], environment)
    try {
      for (const [question, answer] of answers) {
        await console.expect(question)
        await vi.waitUntil(console.isReading, { timeout: 20_000 })
        console.send(`${answer}\r`)
      }
      expect(await console.exit()).toMatchObject({ code: 0 })
      expect(console.output()).not.toContain(keys.secret)
    } finally {
      console.close()
    }
    expect(home.read('.aws/credentials')).toContain(`aws_secret_access_key = ${keys.secret}`)
  })

  it('twenty logins at once leave twenty sessions in one file', async () => {
    const [first, ...others] = Array.from({ length: 20 }, createUser)
    const all = [first!, ...others]
    first!.home.write(
      '.aws/credentials',
      all
        .map(
          ({ keys, device }, n) =>
            `[p${n}-long-term]\r\naws_access_key_id = ${keys.id}\r\naws_secret_access_key = ${keys.secret}\r\nmfa_serial = ${device}\r\n`,
        )
        .join('\r\n'),
    )
    const results = await Promise.all(
      all.map(async ({ device }, n) => await first!.run('login', `p${n}`, '--token-code', sts.code(device))),
    )
    const failures = results.map(({ stderr }) => stderr).filter((text) => !text.includes('signed in'))
    if (failures.length > 0) throw new Error(failures.join('\n'))
    const states = JSON.parse((await first!.run('status', '--all', '--json')).stdout) as readonly {
      readonly profile: string
      readonly state: string
    }[]
    expect(
      states
        .filter(({ profile, state }) => /^p\d+$/.test(profile) && state !== 'valid')
        .map((one) => ({
          ...one,
          inFile: first!.home.read('.aws/credentials').includes('[' + one.profile + ']'),
          out: results[Number(one.profile.slice(1))],
        })),
    ).toEqual([])
  })

  it.each([
    { heldMs: 1_000, outcome: 'waits for it', code: 0, stderr: /signed in/ },
    { heldMs: 6_000, outcome: 'says so', code: 1, stderr: /another program/ },
  ])('a credentials file that another program holds for $heldMs ms: login $outcome', async ({ heldMs, ...wanted }) => {
    const { run, device, home, environment, credentials } = createUser()
    const holder = await holdOpen(`${home.windowsPath}\\.aws\\credentials`, heldMs, environment)
    const { code, stderr } = await run('login', 'work', '--token-code', sts.code(device))
    await holder.ended
    expect(stderr).toMatch(wanted.stderr)
    expect(code).toBe(wanted.code)
    expect(home.read('.aws/credentials').startsWith(credentials)).toBe(true)
  })

  it('a lock of a process that is gone, whose pid another process has now, does not last', async () => {
    const { run, device, home, environment } = createUser()
    home.write('other', '')
    const other = await holdOpen(`${home.windowsPath}\\other`, 20_000, environment)
    const host = (await runOnWindows([NODE, '-p', 'os.hostname()'], environment)).stdout.trim()
    const identity = { version: 1, pid: other.pid, start: '', boot: '', namespace: '', host }
    home.write(
      '.aws/credentials.awsmfa-lock',
      `${JSON.stringify({ ...identity, nonce: '0123456789ab', since: '2026-01-01T00:00:00.000Z' })}\n`,
    )
    const longAgo = new Date('2026-01-01T00:00:00Z')
    utimesSync(join(home.path, '.aws/credentials.awsmfa-lock'), longAgo, longAgo)
    expect(await run('login', 'work', '--token-code', sts.code(device))).toMatchObject({ code: 0 })
    other.stop()
  })

  /** Installs the tool in a home as `npm install -g` does, with node beside the shim. Returns the folder. */
  const installGlobally = async (home: WindowsHome): Promise<string> => {
    const require = createRequire(fileURLToPath(new URL('../../build/windows/cmd-shim/package.json', import.meta.url)))
    const cmdShim = require('cmd-shim') as (from: string, to: string) => Promise<void>
    const installed = join(home.path, 'npm/node_modules/awsmfa/dist')
    cpSync(DIST, installed, { recursive: true })
    linkSync(NODE_FILE, join(home.path, 'npm/node.exe'))
    await cmdShim(join(installed, 'awsmfa.cjs'), join(home.path, 'npm/awsmfa'))
    return `${home.windowsPath}\\npm`
  }

  it("npm's shim passes words on, also with blanks", async () => {
    const { home, environment } = createUser()
    const shim = `${await installGlobally(home)}\\awsmfa.cmd`
    const version = await runOnWindows(['cmd', '/c', shim, '--version'], environment)
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\s+$/) as unknown })
    const status = await runOnWindows(['cmd', '/c', shim, 'status', 'no such one'], environment)
    expect(status.stderr).toContain("'no such one'")
  })

  it.each([
    {
      where: 'a folder without blanks',
      folder: 'nodejs',
      line: /\\nodejs\\node\.exe .+ credential-process --profile work$/m,
    },
    {
      where: 'Program Files',
      folder: 'Program Files',
      line: /= \S+\\npm\\awsmfa\.cmd credential-process --profile work$/m,
    },
  ])('with node in $where, the SDKs for JavaScript and Go run the line that setup writes', async (given) => {
    const { run, device, home, environment, name } = createUser()
    const npm = await installGlobally(home)
    mkdirSync(join(home.path, given.folder))
    linkSync(NODE_FILE, join(home.path, given.folder, 'node.exe'))
    const node = `${home.windowsPath}\\${given.folder}\\node.exe`
    const program = `${npm}\\node_modules\\awsmfa\\dist\\awsmfa.cjs`
    const setup = await runOnWindows([node, program, 'setup', 'work', '--layout', 'process', '--yes'], environment)
    expect(setup).toMatchObject({ code: 0, stderr: expect.not.stringContaining('Terraform') as unknown })
    expect(home.read('.aws/config')).toMatch(given.line)
    expect(await run('login', 'work', '--token-code', sts.code(device))).toMatchObject({ code: 0 })
    expect(home.read('.aws/credentials')).not.toContain('aws_session_token')
    await expectIdentity(name, environment)
  })

  it('a line with quotes is run by the SDK for JavaScript alone, and setup says so', async () => {
    const { run, device, home, environment, name } = createUser()
    mkdirSync(join(home.path, 'Program Files'))
    linkSync(NODE_FILE, join(home.path, 'Program Files', 'node.exe'))
    const node = `${home.windowsPath}\\Program Files\\node.exe`
    const setup = await runOnWindows([node, BUILT_CLI, 'setup', 'work', '--layout', 'process', '--yes'], environment)
    expect(setup).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('Terraform and other Go programs') as unknown,
    })
    expect(home.read('.aws/config')).toContain('Program Files\\node.exe" ')
    expect(await run('login', 'work', '--token-code', sts.code(device))).toMatchObject({ code: 0 })
    await expectIdentity(name, environment, { goFails: true })
  })

  /** Runs both SDKs with the profile `work`. */
  const expectIdentity = async (
    name: string,
    environment: Readonly<Record<string, string>>,
    { goFails = false } = {},
  ): Promise<void> => {
    const arn = `arn:aws:iam::${ACCOUNT}:user/${name}`
    const js = await runOnWindows([NODE, 'test/support/readers/aws-sdk.mjs', 'work'], environment)
    expect(js).toMatchObject({ code: 0, stdout: `${arn}\n${arn}\n` })
    const go = await runOnWindows([GO_IDENTITY, 'sdk', 'work'], environment)
    expect(go.stdout.includes(arn)).toBe(!goFails)
  }
})

/** Starts a Windows program that opens a file without sharing it, as a backup or a virus scanner does. */
async function holdOpen(
  path: string,
  heldMs: number,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly pid: number; readonly ended: Promise<unknown>; readonly stop: () => void }> {
  // UV_FS_O_EXLOCK: libuv opens the file with a share mode of 0.
  const program = `const fd = fs.openSync(${JSON.stringify(path)}, fs.constants.O_RDWR | 0x10000000)
    console.log('held by', process.pid); setTimeout(() => fs.closeSync(fd), ${heldMs})`
  const console = await openConsole([NODE, '-e', program], environment)
  const found = /held by (\d+)/.exec(await console.expect(/held by \d+\s/))
  return { pid: Number(found?.[1]), ended: console.exit(), stop: console.close }
}
