/**
 * Collects the licenses of bundled packages: MIT, ISC, BSD and Apache licenses require that notices are distributed.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Returns the text of THIRD-PARTY-NOTICES for the modules of a bundle: each license text once, after its packages. */
export function renderNotices(moduleIds) {
  const byText = new Map()
  for (const found of findBundledPackages(moduleIds)) byText.set(found.text, [...(byText.get(found.text) ?? []), found])
  const parts = [...byText].map(
    ([text, packages]) =>
      `${packages.map(({ name, version, license }) => `${name} ${version} (${license})`).join('\n')}\n\n${text}\n`,
  )
  return ['awsmfa contains code of these packages, under the licences that follow.\n', ...parts].join(
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
