/**
 * Collects the licenses of bundled packages: MIT, ISC, BSD and Apache licenses require that notices are distributed.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Returns the text of THIRD-PARTY-NOTICES for the modules of a bundle: each license text once, after its packages. */
export function renderNotices(moduleIds) {
  const byText = new Map()
  for (const found of findBundledPackages(moduleIds)) byText.set(found.text, [...(byText.get(found.text) ?? []), found])
  const parts = [...byText].map(
    ([text, packages]) =>
      `${packages.map(({ name, version, license }) => `${name} ${version} (${license})`).join('\n')}\n\n${text}\n`,
  )
  return ['awsmfa contains code of these packages, under the licenses that follow.\n', ...parts].join(
    `\n${'-'.repeat(80)}\n\n`,
  )
}

/** Returns the packages that the modules belong to, with their license texts. Throws if a package has no license. */
export function findBundledPackages(moduleIds) {
  const folders = new Set(moduleIds.flatMap((id) => findPackageFolder(id) ?? []))
  const packages = new Map([...folders].map((folder) => [folder, readPackage(folder)]))
  const unique = new Map([...packages.values()].map((found) => [`${found.name} ${found.version}`, found]))
  return [...unique.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => found)
}

/** Returns the folder of a module's package; undefined for awsmfa's own modules and the bundler's helpers. */
function findPackageFolder(id) {
  const path = id.replace(/^\0+/, '').replace(/\?.*$/, '')
  if (path.startsWith('@oxc-project+runtime')) return undefined
  return /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(path)?.[1]
}

function readPackage(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim())
  if (texts.length === 0 && !license) throw new Error(`${name} ${version} declares no license`)
  return { name, version, license, text: texts.length > 0 ? texts.join('\n\n') : standardText(folder, name, license) }
}

/** Returns the license text of another package in the same scope: some packages keep theirs only in their monorepo. */
function standardText(folder, name, license) {
  const scope = dirname(folder)
  const sibling = name.startsWith('@')
    ? readdirSync(scope).find((other) => existsSync(join(scope, other, 'LICENSE')))
    : undefined
  if (sibling === undefined) throw new Error(`${name} has no license text (${license})`)
  return readFileSync(join(scope, sibling, 'LICENSE'), 'utf8').trim()
}

/** What Bun's program contains, by its LICENSE.md for version 1.4; with the identifiers of SPDX. */
const LINKED_INTO_BUN = [
  ['JavaScriptCore and WebKit', 'LGPL-2.0-or-later'],
  ['TinyCC', 'LGPL-2.1-or-later'],
  ['BoringSSL', 'Apache-2.0', 'ISC', 'OpenSSL'],
  ['ICU', 'Unicode-3.0'],
  ['libarchive, libbase64, libspng', 'BSD-2-Clause'],
  ['lol-html, libwebp, zstd, parts of lsquic', 'BSD-3-Clause'],
  ['brotli, c-ares, libdeflate, libuv, ls-hpack, ls-qpack, lsquic, mimalloc, picohttpparser, uucode', 'MIT'],
  ['highway, simdutf, uSockets, uWebSockets, parts of TigerBeetle and of libc++abi', 'Apache-2.0'],
  ['libjpeg-turbo', 'BSD-3-Clause', 'IJG', 'Zlib'],
  ['zlib-ng', 'Zlib'],
  ["JavaScript for Node's modules (acorn, assert, buffer, events, path, url and others)", 'MIT'],
]

/** Writes the module that `awsmfa --licenses` prints. */
export function writeNoticesModule(path, text) {
  writeFileSync(path, `module.exports = ${JSON.stringify(text)}\n`)
}

/**
 * Returns THIRD-PARTY-NOTICES of a standalone executable: that of its bundle, then Bun's and the keychain add-on's.
 * `folder` is where packaging/package-lock.json was installed; `bun` is a Bun that runs here.
 */
export function renderExecutableNotices(bundleNotices, { folder, bun }) {
  const show = 'console.log(JSON.stringify(process.versions))'
  const versions = JSON.parse(execFileSync(bun, ['-e', show], { cwd: folder, encoding: 'utf8' }))
  const addOn = readPackage(join(folder, 'node_modules', '@napi-rs', 'keyring'))
  const identifiers = [...new Set(['MIT', ...LINKED_INTO_BUN.flatMap(([, ...licenses]) => licenses)])]
  const texts = createRequire(join(folder, 'package.json'))('spdx-license-list/full')
  return [
    bundleNotices,
    `${addOn.name} ${addOn.version} (${addOn.license})\n\n${addOn.text}\n`,
    [
      `Bun ${versions.bun} (MIT), which runs the program. It contains:\n`,
      ...LINKED_INTO_BUN.map(([name, ...licenses]) => `  ${name}: ${licenses.join(', ')}`),
      '',
      `Its sources: https://github.com/oven-sh/bun, tag bun-v${versions.bun}; its WebKit:`,
      `https://github.com/oven-sh/WebKit, commit ${versions.webkit}.`,
      '',
      'To link the program with another Bun, or with a changed JavaScriptCore: build that Bun as its LICENSE.md says,',
      'unpack the npm package of the same version of awsmfa, and run there',
      '  bun build --compile --format=cjs package/dist/awsmfa.cjs --outfile awsmfa\n',
    ].join('\n'),
    ...identifiers.map((identifier) => `${identifier}\n\n${texts[identifier].licenseText.trim()}\n`),
  ].join(`\n${'-'.repeat(80)}\n\n`)
}
