/** install.sh with a small release in a folder: what it installs, what it refuses, and what it says. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { needsMounts } from '../support/mount-namespace.ts'
import { needsProgram } from '../support/outside-program.ts'
import { runProgram } from '../support/run-cli.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const SCRIPT = fileURLToPath(new URL('../../install.sh', import.meta.url))
/** Stands for the executable: the text by which the script knows awsmfa, and an answer to `--version`. */
const PROGRAM = '#!/bin/sh\n# awsmfa: error:\necho 9.9.9\n'
const TOOLS = 'sh sed tar gzip cp mv rm mkdir chmod mktemp cut grep head cat'.split(' ')

let home: TempHome
let release = ''
let installed = ''
beforeEach(() => {
  home = createTempHome()
  release = join(home.path, 'release')
  installed = join(home.path, '.local/bin/awsmfa')
  makeRelease(['linux-x64', 'linux-arm64', 'linux-x64-musl', 'darwin-arm64'])
})
afterEach(() => home.remove())

function makeRelease(targets: readonly string[], program = PROGRAM): void {
  mkdirSync(release, { recursive: true })
  const sums = targets.map((target) => {
    const folder = join(home.path, `awsmfa-${target}`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'awsmfa'), program, { mode: 0o755 })
    const archive = join(release, `awsmfa-${target}.tar.gz`)
    execFileSync('tar', ['-czf', archive, '-C', home.path, `awsmfa-${target}`])
    return `${createHash('sha256').update(readFileSync(archive)).digest('hex')}  awsmfa-${target}.tar.gz\n`
  })
  writeFileSync(join(release, 'SHA256SUMS'), sums.join(''))
}

/** Makes a folder for PATH that has these programs of the system, and these scripts. */
function makePath(programs: readonly string[], scripts: Readonly<Record<string, string>> = {}): string {
  const folder = join(home.path, 'path')
  mkdirSync(folder)
  for (const program of programs)
    symlinkSync(execFileSync('which', [program], { encoding: 'utf8' }).trim(), join(folder, program))
  for (const [name, text] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  return folder
}

const machine = (system: string, cpu: string) => `case $1 in -s) echo ${system} ;; *) echo ${cpu} ;; esac`

/** Runs install.sh as `sh install.sh`, with nothing in its environment but what it needs. */
function install(environment: Readonly<Record<string, string>> = {}) {
  return runProgram(['/bin/sh', SCRIPT], {
    environment: {
      PATH: '/usr/bin:/bin',
      HOME: home.path,
      AWSMFA_INSTALL_URL: `file://${release}`,
      ...environment,
    },
    cwd: home.path,
  })
}

/** Nothing but what the test made is in the home folder. */
function expectNothingInstalled(): void {
  expect(existsSync(installed)).toBe(false)
  if (existsSync(join(installed, '..'))) expect(readdirSync(join(installed, '..'))).toEqual([])
}

describe.skipIf(process.platform !== 'linux')('install.sh', () => {
  it('installs the executable for this machine, and says what PATH needs', async () => {
    expect(await install()).toMatchObject({
      code: 0,
      stdout: [
        `awsmfa 9.9.9 is installed: ${installed}`,
        'To find it, add this line to the startup file of your shell:',
        `  export PATH="${home.path}/.local/bin:$PATH"`,
        '',
      ].join('\n'),
      stderr: '',
    })
    expect(readFileSync(installed, 'utf8')).toBe(PROGRAM)
    expect(readdirSync(join(installed, '..'))).toEqual(['awsmfa'])
  })

  it('replaces an earlier awsmfa, and says nothing of a PATH that finds it', async () => {
    home.write('.local/bin/awsmfa', '#!/bin/sh\n# awsmfa: error: old\n')
    expect(await install({ PATH: `${home.path}/.local/bin:/usr/bin:/bin` })).toMatchObject({
      code: 0,
      stdout: `awsmfa 9.9.9 is installed: ${installed}\n`,
    })
    expect(readFileSync(installed, 'utf8')).toBe(PROGRAM)
  })

  it('names another awsmfa that PATH finds first', async () => {
    home.write('first/awsmfa', PROGRAM)
    chmodSync(join(home.path, 'first/awsmfa'), 0o755)
    const { code, stdout } = await install({ PATH: `${home.path}/first:${home.path}/.local/bin:/usr/bin:/bin` })
    expect({ code, last: stdout.split('\n').at(-2) }).toEqual({
      code: 0,
      last: `Your shell finds another one first: ${home.path}/first/awsmfa`,
    })
  })

  it('leaves another program of that name alone', async () => {
    home.write('.local/bin/awsmfa', '#!/bin/sh\necho another\n')
    expect(await install()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`error: ${installed} is another program; nothing was changed\n`) as string,
    })
    expect(readFileSync(installed, 'utf8')).toContain('another')
  })

  it('installs nothing that has another SHA-256', async () => {
    const archive = join(release, 'awsmfa-linux-x64.tar.gz')
    const bytes = readFileSync(archive)
    bytes[bytes.length - 9] = (bytes.at(-9) ?? 0) ^ 1
    writeFileSync(archive, bytes)
    expect(await install({ PATH: makePathFor('Linux', 'x86_64') })).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('does not have the SHA-256 in SHA256SUMS; nothing was changed') as string,
    })
    expectNothingInstalled()
  })

  it.each([
    ['FreeBSD', 'amd64', 'there is no executable for FreeBSD on amd64'],
    ['Linux', 'riscv64', 'there is no executable for Linux on riscv64'],
    ['Darwin', 'x86_64', 'the release has no awsmfa-darwin-x64.tar.gz'],
  ])('fails for %s on %s', async (system, cpu, message) => {
    expect(await install({ PATH: makePathFor(system, cpu) })).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(`install.sh: error: ${message}\n`) as string,
    })
    expectNothingInstalled()
  })

  function makePathFor(system: string, cpu: string): string {
    return makePath([...TOOLS, 'sha256sum'], { uname: machine(system, cpu) })
  }

  it.each([
    ['Linux', 'aarch64', 'linux-arm64'],
    ['Darwin', 'arm64', 'darwin-arm64'],
  ])('chooses the archive for %s on %s', async (system, cpu, target) => {
    makeRelease([target], PROGRAM.replace('9.9.9', target))
    expect(await install({ PATH: makePathFor(system, cpu) })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`awsmfa ${target} is installed`) as string,
    })
  })

  it.skipIf(!['curl', 'shasum', 'wget', 'openssl'].map(needsProgram).every((found) => found)).each([
    ['curl', 'shasum'],
    ['wget', 'openssl'],
  ])('downloads with %s alone, and checks with %s alone', async (downloader, checker) => {
    const server = createServer(({ url = '' }, response) => {
      const path = join(release, url)
      response.writeHead(existsSync(path) ? 200 : 404).end(existsSync(path) ? readFileSync(path) : '')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const PATH = makePath([...TOOLS, downloader, checker, 'uname', ...(checker === 'shasum' ? ['perl'] : [])])
    expect(await install({ PATH, AWSMFA_INSTALL_URL: url })).toMatchObject({ code: 0, stderr: '' })
    expect(readFileSync(installed, 'utf8')).toBe(PROGRAM)
  })

  it('offline: says what cannot be downloaded', async () => {
    const { code, stderr } = await install({ AWSMFA_INSTALL_URL: 'http://127.0.0.1:9' })
    expect({ code, last: stderr.split('\n').at(-2) }).toEqual({
      code: 1,
      last: 'install.sh: error: cannot download http://127.0.0.1:9/SHA256SUMS',
    })
    expectNothingInstalled()
  })

  it('fails before any download without curl and wget, or without an address', async () => {
    const PATH = makePath([...TOOLS, 'uname', 'sha256sum'])
    expect(await install({ PATH, AWSMFA_INSTALL_URL: 'https://127.0.0.1:9' })).toMatchObject({
      code: 1,
      stderr: 'install.sh: error: neither curl nor wget is installed\n',
    })
    expect(await install({ PATH, AWSMFA_INSTALL_URL: '' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('install.sh: error: no address to install from\n') as string,
    })
  })

  it('says what keeps the executable from running, and leaves no trace', async () => {
    makeRelease(
      ['linux-x64', 'linux-arm64'],
      '#!/bin/sh\n# awsmfa: error:\necho libstdc++.so.6: missing >&2\nexit 127\n',
    )
    const { code, stderr } = await install({ PATH: makePathFor('Linux', 'x86_64') })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining(
        `the executable does not run in ${home.path}/.local/bin: libstdc++.so.6: missing\n`,
      ) as string,
    })
    expectNothingInstalled()
  })

  it('a folder that cannot be written to is named', async () => {
    writeFileSync(join(home.path, 'file'), '')
    expect(await install({ AWSMFA_INSTALL_DIR: join(home.path, 'file') })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`install.sh: error: cannot write to ${home.path}/file\n`) as string,
    })
  })

  it.skipIf(!needsMounts())('a file system mounted with noexec is named', async () => {
    const folder = join(home.path, 'noexec')
    mkdirSync(folder)
    const command = `mount -t tmpfs -o noexec tmpfs '${folder}' && exec /bin/sh '${SCRIPT}'`
    const result = await runProgram(['unshare', '-rm', '/bin/sh', '-c', command], {
      environment: {
        PATH: '/usr/bin:/bin',
        HOME: home.path,
        AWSMFA_INSTALL_URL: `file://${release}`,
        AWSMFA_INSTALL_DIR: folder,
      },
    })
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('mounted with noexec') as string })
    expect(readdirSync(folder)).toEqual([])
  })
})
