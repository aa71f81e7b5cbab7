/**
 * `npm run build:executable`: compiles dist/, the bundle of the npm package, to build/executable/awsmfa with Bun, for
 * this platform; `-- --target linux-x64-musl` for another one. packaging/package-lock.json pins Bun and the keychain
 * add-on with their integrity; npm installs those of one target to build/bun the first time.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripSignature } from './check-executable.mjs'
import { renderExecutableNotices, writeNoticesModule } from './third-party-notices.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Targets by the name that releases have: Bun's package for it, and how npm describes its machine. */
export const TARGETS = {
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
export function hostTarget() {
  const isMusl = process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime
  const found = Object.entries(TARGETS).find(
    ([, { os, cpu, libc }]) =>
      os === process.platform && cpu === process.arch && (libc === undefined || (libc === 'musl') === isMusl),
  )
  if (found === undefined) throw new Error(`there is no Bun for ${process.platform} ${process.arch}`)
  return found[0]
}

/** Returns the name of a target's program. */
export function programName(target) {
  return TARGETS[target].os === 'win32' ? 'awsmfa.exe' : 'awsmfa'
}

/**
 * Compiles dist/ for a target to a file. Throws if Bun fails, which then has printed why. Bun takes its template for
 * another target from the lock file, never from the network.
 */
export function compile(target, outfile) {
  const { folder, bun } = installFor(target)
  const bundle = join(folder, 'dist')
  rmSync(bundle, { recursive: true, force: true })
  cpSync(join(root, 'dist'), bundle, { recursive: true })
  writeNoticesModule(join(bundle, 'notices.cjs'), executableNotices())
  compileBundle(join(bundle, 'awsmfa.cjs'), outfile, templateOptions(target, bun))
}

/** Compiles one bundle, a CommonJS file, to an executable; for this machine unless Bun's `options` say otherwise. */
export function compileBundle(bundle, outfile, options = []) {
  mkdirSync(dirname(outfile), { recursive: true })
  rmSync(outfile, { force: true })
  const usual = [
    '--compile',
    '--define=__dirname="/"',
    '--define=__filename="/awsmfa"',
    '--minify',
    '--bytecode',
    '--format=cjs',
    ...IGNORE_CURRENT_FOLDER,
  ]
  const { folder, bun } = installFor(hostTarget())
  execFileSync(bun, ['build', ...usual, ...options, bundle, `--outfile=${outfile}`], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    // No variable of Bun's own may act on the build.
    env: { PATH: process.env.PATH, HOME: process.env.HOME, SystemRoot: process.env.SystemRoot },
  })
}

/** Returns the THIRD-PARTY-NOTICES of an executable. */
export function executableNotices() {
  return renderExecutableNotices(readFileSync(join(root, 'THIRD-PARTY-NOTICES'), 'utf8'), installFor(hostTarget()))
}

/**
 * Bun appends the bundle to its own program. In the one for darwin-x64 it leaves the signature as it was, which then is
 * wrong (oven-sh/bun#39837), so it gets one without. The one for darwin-arm64 it signs anew.
 */
function templateOptions(target, bun) {
  if (target === hostTarget() && target !== 'darwin-x64') return []
  let template = bun
  if (target === 'darwin-x64') {
    template = `${bun}-unsigned`
    writeFileSync(template, stripSignature(readFileSync(bun)), { mode: 0o755 })
  }
  return [`--target=bun-${TARGETS[target].bun}`, `--compile-executable-path=${template}`]
}

/** Installs what a target needs from the lock file; returns the folder and the path of its Bun. */
export function installFor(target) {
  const { bun, os, cpu, libc } = TARGETS[target]
  const folder = join(root, 'build', 'bun', target)
  const program = join(folder, 'node_modules', '@oven', `bun-${bun}`, 'bin', os === 'win32' ? 'bun.exe' : 'bun')
  const lock = join(root, 'packaging', 'package-lock.json')
  // Written last: it says that all of this lock file is installed.
  const copy = join(folder, 'installed-lock.json')
  if (existsSync(program) && existsSync(copy) && readFileSync(copy).equals(readFileSync(lock)))
    return { folder, bun: program }
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
  copyFileSync(lock, copy)
  return { folder, bun: program }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf('--target')
  const target = at === -1 ? hostTarget() : process.argv[at + 1]
  if (!Object.hasOwn(TARGETS, target))
    throw new Error(`no target ${target}; there are ${Object.keys(TARGETS).join(', ')}`)
  const outfile = join(
    root,
    'build',
    target === hostTarget() ? 'executable' : `executable-${target}`,
    programName(target),
  )
  compile(target, outfile)
  console.log(outfile)
}
