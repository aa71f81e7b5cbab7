/** The npm package: it contains exactly the files to publish, and runs without dependencies. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { builtFiles, packagesIn, ROOT } from './built-files.ts'

interface Packed {
  readonly filename: string
  readonly version: string
  readonly files: readonly { readonly path: string; readonly mode: number }[]
}

let folder = ''
let packed: Packed

/** Runs npm with a temporary home, offline. */
function npm(cwd: string, ...argv: readonly string[]): string {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    npm_config_cache: join(folder, 'cache'),
    npm_config_update_notifier: 'false',
  }
  return execFileSync('npm', [...argv, '--offline', '--no-audit', '--no-fund'], {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'awsmfa-package-'))
  // Without scripts: prepack would rebuild dist/ while other tests use it.
  const [first] = JSON.parse(
    npm(ROOT, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder),
  ) as readonly Packed[]
  if (first === undefined) throw new Error('npm pack made nothing')
  packed = first
})

afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))

test('contains exactly the files to publish', () => {
  const paths = packed.files.map(({ path }) => path)
  expect(
    paths.filter(
      (path) =>
        !/^dist\/(?:awsmfa|library|notices|chunks\/[\w-]+)\.cjs$|^dist\/library\.(?:mjs|d\.[mc]ts)$|^docs\/(?:awsmfa\.1|[\w-]+\.md|pictures\/\w+\.svg)$|^examples\/[\w-]+\.mjs$|^(?:package\.json|(?:README|CHANGELOG|CONTRIBUTING|SECURITY)\.md|LICENSE|THIRD-PARTY-NOTICES)$/.test(
          path,
        ),
    ),
  ).toEqual([])
  expect(paths).toEqual(
    expect.arrayContaining([
      'dist/awsmfa.cjs',
      expect.stringMatching(/^dist\/chunks\/main-/),
      'docs/awsmfa.1',
      'package.json',
      'LICENSE',
      'THIRD-PARTY-NOTICES',
    ]),
  )
  expect(packed.files.find(({ path }) => path === 'dist/awsmfa.cjs')?.mode).toBe(0o755)
})

test('contains every file that its pages link to', () => {
  const paths = new Set(packed.files.map(({ path }) => path))
  const links = [...paths]
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) =>
      [...readFileSync(join(ROOT, path), 'utf8').matchAll(/\]\(([^)\s#]+)[^)\s]*\)/g)].map(([, target = '']) =>
        /^https?:/.test(target) ? undefined : posix.join(posix.dirname(path), target),
      ),
    )
    .filter((target) => target !== undefined)
  expect(links.length).toBeGreaterThan(50)
  expect(links.filter((target) => !paths.has(target))).toEqual([])
})

test('contains no path of the machine that built it', () => {
  for (const file of [...builtFiles(), join(ROOT, 'THIRD-PARTY-NOTICES')])
    expect(readFileSync(file, 'utf8')).not.toContain(ROOT)
})

test('lists exactly the bundled packages in THIRD-PARTY-NOTICES, with version and license', () => {
  const bundled = new Set(builtFiles().flatMap(packagesIn))
  expect(bundled.size).toBeGreaterThan(5)
  const noticed = [
    ...readFileSync(join(ROOT, 'THIRD-PARTY-NOTICES'), 'utf8').matchAll(/^(\S+) \d+\.\d+\.\d+\S* \([\w.-]+\)$/gm),
  ].map(([, name]) => name)
  expect(new Set(noticed)).toEqual(bundled)
})

test('runs when installed offline into an empty folder', () => {
  const place = join(folder, 'empty')
  mkdirSync(place)
  writeFileSync(join(place, 'package.json'), '{}')
  npm(place, 'install', join(folder, packed.filename))
  expect(readdirSync(join(place, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['awsmfa'])
  const run = (...argv: readonly string[]) =>
    spawnSync(join(place, 'node_modules', '.bin', 'awsmfa'), argv, {
      env: { PATH: process.env['PATH'] ?? '', HOME: folder },
      encoding: 'utf8',
    })
  expect(run('--version')).toMatchObject({ status: 0, stdout: `${packed.version}\n`, stderr: '' })
  expect(run('--help')).toMatchObject({ status: 0, stderr: '' })
  expect(run('login', '--token-code', '123456', '-p', 'x')).toMatchObject({ status: 1, stdout: '' })
  expect(run('logn')).toMatchObject({
    status: 2,
    stdout: '',
    stderr: "awsmfa: error: unknown command 'logn'\nawsmfa: hint: did you mean 'login'?\n",
  })
  // The optional keychain add-on is not installed.
  expect(run('__keychain-helper')).toMatchObject({ stdout: '{"kind":"no-add-on"}\n', stderr: '' })
})

test.skipIf(process.platform === 'win32')('a global install links the man page', () => {
  const prefix = join(folder, 'prefix')
  npm(folder, 'install', '--global', '--prefix', prefix, '--omit=optional', join(folder, packed.filename))
  expect(readFileSync(join(prefix, 'share/man/man1/awsmfa.1'), 'utf8')).toContain('.Nm awsmfa')
})
