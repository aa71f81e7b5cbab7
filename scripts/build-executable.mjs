/**
 * `npm run build:executable`: compiles dist/, the bundle of the npm package, to build/executable/awsmfa with Bun,
 * for this platform. Bun comes from packaging/package-lock.json, which pins it with
 * its integrity; it is installed the first time. `--target linux-x64-musl` compiles for another platform.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Targets by the name that releases have: Bun's package for it, and how npm describes its machine. */
const TARGETS = {
  'linux-x64': { bun: 'linux-x64', os: 'linux', cpu: 'x64', libc: 'glibc' },
  'linux-arm64': { bun: 'linux-aarch64', os: 'linux', cpu: 'arm64', libc: 'glibc' },
  'linux-x64-musl': { bun: 'linux-x64-musl', os: 'linux', cpu: 'x64', libc: 'musl' },
  'linux-arm64-musl': { bun: 'linux-aarch64-musl', os: 'linux', cpu: 'arm64', libc: 'musl' },
  'darwin-x64': { bun: 'darwin-x64', os: 'darwin', cpu: 'x64' },
  'darwin-arm64': { bun: 'darwin-aarch64', os: 'darwin', cpu: 'arm64' },
  'windows-x64': { bun: 'windows-x64', os: 'win32', cpu: 'x64' },
  'windows-arm64': { bun: 'windows-aarch64', os: 'win32', cpu: 'arm64' },
}

/** Nothing in the folder in which awsmfa is started may act: no .env, bunfig.toml, tsconfig.json or package.json. */
const IGNORE_CURRENT_FOLDER = ['dotenv', 'bunfig', 'tsconfig', 'package-json'].map(
  (name) => `--no-compile-autoload-${name}`,
)

/** Returns the target of this machine. */
function hostTarget() {
  const libc = process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime ? 'musl' : 'glibc'
  const found = Object.entries(TARGETS).find(
    ([, { os, cpu, libc: wanted }]) => os === process.platform && cpu === process.arch && (wanted ?? libc) === libc,
  )
  if (found === undefined) throw new Error(`there is no Bun for ${process.platform} ${process.arch}`)
  return found[0]
}

/** Installs Bun for a target, from the lock file; returns the path of its program. */
function installBun(target) {
  const { bun, os, cpu, libc } = TARGETS[target]
  const folder = join(root, 'build', 'bun', target)
  const program = join(folder, 'node_modules', '@oven', `bun-${bun}`, 'bin', os === 'win32' ? 'bun.exe' : 'bun')
  const lock = readFileSync(join(root, 'packaging', 'package-lock.json'))
  const copy = join(folder, 'package-lock.json')
  if (existsSync(program) && existsSync(copy) && readFileSync(copy).equals(lock)) return program
  mkdirSync(folder, { recursive: true })
  for (const name of ['package.json', 'package-lock.json'])
    copyFileSync(join(root, 'packaging', name), join(folder, name))
  const machine = [`--os=${os}`, `--cpu=${cpu}`, ...(libc === undefined ? [] : [`--libc=${libc}`])]
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...machine], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (!existsSync(program)) throw new Error(`npm installed no Bun for ${target}`)
  return program
}

/** Compiles the bundle for a target to a file. Throws what Bun printed if that fails. */
function compile(target, outfile) {
  const host = installBun(hostTarget())
  const { bun } = TARGETS[target]
  const cross =
    target === hostTarget() ? [] : [`--target=bun-${bun}`, `--compile-executable-path=${installBun(target)}`]
  mkdirSync(dirname(outfile), { recursive: true })
  rmSync(outfile, { force: true })
  execFileSync(
    host,
    [
      'build',
      '--compile',
      '--minify',
      '--bytecode',
      '--format=cjs',
      ...IGNORE_CURRENT_FOLDER,
      ...cross,
      join(root, 'dist', 'awsmfa.cjs'),
      `--outfile=${outfile}`,
    ],
    // No variable of Bun's own may act on the build.
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env: { PATH: process.env.PATH, HOME: process.env.HOME } },
  )
}

const at = process.argv.indexOf('--target')
const target = at === -1 ? hostTarget() : process.argv[at + 1]
if (!Object.hasOwn(TARGETS, target))
  throw new Error(`no target ${target}; there are ${Object.keys(TARGETS).join(', ')}`)
const folder = target === hostTarget() ? 'executable' : `executable-${target}`
const outfile = join(root, 'build', folder, TARGETS[target].os === 'win32' ? 'awsmfa.exe' : 'awsmfa')
compile(target, outfile)
console.log(outfile)
