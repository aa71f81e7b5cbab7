/** What is true of the standalone executable alone. */
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  truncateSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { BUILT, runProgram } from '../support/run-cli.ts'
import { openSandbox } from '../support/sandbox.ts'
import type { Sandbox } from '../support/sandbox.ts'
import { aliceWorld } from '../support/strict-sts/worlds.ts'

/** Made by `npm run release -- --host-only`. */
const RELEASE = fileURLToPath(new URL('../../build/release', import.meta.url))

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await openSandbox(aliceWorld())
})
afterEach(() => sandbox.close())

/** Writes the long-term keys of alice and the profile 'work'. */
function writeKeys(): void {
  const [key] = aliceWorld().accounts[0]?.users[0]?.accessKeys ?? []
  sandbox.home.write(
    '.aws/credentials',
    `[work-long-term]\naws_access_key_id = ${key?.id}\naws_secret_access_key = ${key?.secret}\n`,
  )
  sandbox.home.write('.aws/config', '[profile work]\nmfa_serial = arn:aws:iam::111111111111:mfa/alice\n')
}

const tokenCode = async (): Promise<string> => String(await sandbox.world.variables['code']?.())

it('shows the licenses of the bundle, of the keychain add-on and of Bun', async () => {
  const { stdout, code } = await runProgram([BUILT, '--licenses'], { environment: {}, cwd: sandbox.home.path })
  expect(code).toBe(0)
  for (const text of ['yargs ', '@napi-rs/keyring ', 'JavaScriptCore and WebKit: LGPL', 'GNU LESSER GENERAL PUBLIC'])
    expect(stdout).toContain(text)
})

it('nothing in the current folder acts', async () => {
  const evil = `require('node:fs').writeFileSync(${JSON.stringify(join(sandbox.home.path, 'acted'))}, '')`
  const files: Readonly<Record<string, string>> = {
    '.env': 'AWSMFA_DURATION=15m\nAWS_ENDPOINT_URL_STS=http://127.0.0.1:9\nBUN_OPTIONS=--preload=./evil.js\n',
    '.env.local': 'AWSMFA_DURATION=15m\n',
    '.env.production': 'AWSMFA_DURATION=15m\n',
    'bunfig.toml': 'preload = ["./evil.js"]\n[run]\npreload = ["./evil.js"]\n',
    'tsconfig.json': '{"compilerOptions":{"paths":{"*":["./evil.js"]},"baseUrl":"."}}',
    'package.json': '{"imports":{"#*":"./evil.js"},"main":"./evil.js"}',
    'evil.js': evil,
    'index.js': evil,
    'awsmfa.cjs': evil,
    'node_modules/@napi-rs/keyring/package.json': '{"version":"2.1.2","main":"index.js"}',
    'node_modules/@napi-rs/keyring/index.js': evil,
    'node_modules/yargs/package.json': '{"main":"index.js"}',
    'node_modules/yargs/index.js': evil,
  }
  const folder = join(sandbox.home.path, 'evil')
  for (const [name, text] of Object.entries(files)) sandbox.home.write(join('evil', name), text)
  writeKeys()
  const run = (...words: readonly string[]) =>
    runProgram([BUILT, ...words], { environment: sandbox.world.environment, cwd: folder })
  expect(await run('login', 'work', '--token-code', await tokenCode())).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('12 h') as string,
  })
  expect(await run('--help')).toMatchObject({ code: 0, stderr: '' })
  expect((await run('settings')).stdout).not.toContain('15m')
  await run('__keychain-helper')
  expect(existsSync(join(sandbox.home.path, 'acted'))).toBe(false)
})

it('on a machine without Node, install.sh installs it, and the first login works', async () => {
  writeKeys()
  const PATH = join(sandbox.home.path, 'path')
  mkdirSync(PATH)
  for (const name of 'sh uname sed tar gzip cp mv rm mkdir chmod mktemp cut grep head sha256sum'.split(' '))
    symlinkSync(execFileSync('which', [name], { encoding: 'utf8' }).trim(), join(PATH, name))
  const environment = { ...sandbox.world.environment, PATH, AWSMFA_INSTALL_URL: `file://${RELEASE}` }
  expect(await runProgram(['/bin/sh', join(RELEASE, 'install.sh')], { environment })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(' is installed: ') as string,
    stderr: '',
  })
  const installed = join(sandbox.home.path, '.local/bin/awsmfa')
  const login = await runProgram([installed, 'login', 'work', '--token-code', await tokenCode()], { environment })
  expect(login).toMatchObject({ code: 0, stderr: expect.stringMatching(/^✔ work: signed in as alice/m) as string })
  expect(await runProgram([installed, 'status', 'work', '--json'], { environment })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('"state":"valid"') as string,
  })
})

it.skipIf(!needsProgram('dpkg-deb'))('the Debian package has the program, the man page and completions', async () => {
  const folder = join(sandbox.home.path, 'root')
  const [name = ''] = readdirSync(RELEASE).filter((file) => file.endsWith('_amd64.deb'))
  execFileSync('dpkg-deb', ['-x', join(RELEASE, name), folder])
  const inRoot = (path: string) => join(folder, path)
  const run = (...argv: readonly [string, ...string[]]) =>
    runProgram(argv, { environment: { ...sandbox.world.environment, PATH: `${inRoot('usr/bin')}:/usr/bin:/bin` } })
  expect(await run('awsmfa', '--help')).toMatchObject({ code: 0, stderr: '' })
  expect((await run('mandoc', inRoot('usr/share/man/man1/awsmfa.1'))).stdout).toContain('AWSMFA(1)')
  const load = `. ${inRoot('usr/share/bash-completion/completions/awsmfa')} && complete -p awsmfa`
  expect(await run('bash', '-c', load)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('awsmfa\n') as string,
  })
  const offer = `source ${inRoot('usr/share/fish/vendor_completions.d/awsmfa.fish')}; complete -C 'awsmfa logi'`
  expect((await run('fish', '-c', offer)).stdout).toMatch(/^login\t/)
})

it('a credential_process line names the link of a package manager, which an upgrade keeps', async () => {
  writeKeys()
  const cellar = join(sandbox.home.path, 'Cellar/awsmfa/1.0.0/bin')
  const bin = join(sandbox.home.path, 'bin')
  for (const folder of [cellar, bin]) mkdirSync(folder, { recursive: true })
  linkSync(BUILT, join(cellar, 'awsmfa'))
  symlinkSync(join(cellar, 'awsmfa'), join(bin, 'awsmfa'))
  const environment = { ...sandbox.world.environment, PATH: `${bin}:/usr/bin:/bin` }
  const setup = await runProgram(['awsmfa', 'setup', 'work', '--layout', 'process', '--yes'], { environment })
  expect(setup).toMatchObject({ code: 0 })
  expect(String(sandbox.home.read('.aws/config'))).toContain(`credential_process = ${bin}/awsmfa credential-process`)
})

it('a truncated copy says so in one line', async () => {
  const copy = join(sandbox.home.path, 'awsmfa')
  copyFileSync(BUILT, copy)
  truncateSync(copy, statSync(copy).size - 300_000)
  const { code, stderr } = await runProgram([copy, 'status'], { environment: sandbox.world.environment })
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('is truncated') as string })
})
