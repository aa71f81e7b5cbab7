/** What package managers take: it names every archive with its SHA-256, and each format's own checker accepts it. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'

interface Release {
  readonly version: string
  readonly license: string
  readonly homepage: string
  readonly url: string
  readonly sums: Readonly<Record<string, string>>
}

// A script has no types.
const SCRIPT: string = '../../scripts/release-manifests.mjs'
const { renderManifests } = (await import(SCRIPT)) as {
  readonly renderManifests: (release: Release) => Readonly<Record<string, string>>
}

const URL = 'https://example.com/awsmfa/releases/download/v1.2.3'
const ARCHIVES = [
  'awsmfa-linux-x64.tar.gz',
  'awsmfa-linux-arm64.tar.gz',
  'awsmfa-darwin-x64.tar.gz',
  'awsmfa-darwin-arm64.tar.gz',
  'awsmfa-windows-x64.zip',
  'awsmfa-windows-arm64.zip',
]
const sums = Object.fromEntries(ARCHIVES.map((name, index) => [name, String(index).repeat(64)]))
const release = { version: '1.2.3', license: 'MIT', homepage: 'https://example.com/awsmfa', url: URL, sums }
const files = renderManifests(release)
const folder = mkdtempSync(join(tmpdir(), 'awsmfa-manifests-'))
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
afterAll(() => rmSync(folder, { recursive: true, maxRetries: 10 }))

const archivesFor = (pattern: RegExp) => ARCHIVES.filter((name) => pattern.test(name))

it.each([
  ['awsmfa.rb', archivesFor(/linux|darwin/)],
  ['awsmfa.json', archivesFor(/windows/)],
  ['awsmfa.awsmfa.installer.yaml', archivesFor(/windows/)],
  ['PKGBUILD', archivesFor(/linux/)],
])('%s names its archives, each with its SHA-256', (name, archives) => {
  const text = files[name] ?? ''
  expect(
    [...text.matchAll(/https:\S+?\/(awsmfa-[\w.-]+\.(?:tar\.gz|zip))/g)].map(([, archive]) => archive).sort(),
  ).toEqual([...archives].sort())
  expect([...text.matchAll(/\b([0-9])\1{63}\b/g)].map(([sum]) => sum).sort()).toEqual(
    archives.map((archive) => sums[archive]).sort(),
  )
})

it('fails for a release that lacks an archive', () => {
  expect(() => renderManifests({ ...release, sums: {} })).toThrow('the release has no awsmfa-darwin-arm64.tar.gz')
})

it.skipIf(!needsProgram('ruby'))('the formula is valid Ruby', () => {
  expect(spawnSync('ruby', ['-c', join(folder, 'awsmfa.rb')], { encoding: 'utf8' })).toMatchObject({ status: 0 })
})

it('the PKGBUILD is valid Bash, and its variables are as makepkg reads them', () => {
  const script = '. "$1" && echo "$pkgname $pkgver ${arch[*]} ${sha256sums_x86_64[0]}" && declare -F package'
  const { status, stdout } = spawnSync('bash', ['-uc', script, 'bash', join(folder, 'PKGBUILD')], { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: `awsmfa-bin 1.2.3 x86_64 aarch64 ${'0'.repeat(64)}\npackage\n`,
  })
})

it('the manifest of Scoop is JSON with what Scoop requires', () => {
  expect(JSON.parse(files['awsmfa.json'] ?? '')).toMatchObject({
    version: '1.2.3',
    license: 'MIT',
    architecture: { '64bit': { url: `${URL}/awsmfa-windows-x64.zip`, hash: '4'.repeat(64) } },
    bin: 'awsmfa.exe',
  })
})
