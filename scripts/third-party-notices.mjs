/** The licences of what is bundled: whoever ships MIT, ISC, BSD or Apache code must ship its notices with it. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Gives the text of THIRD-PARTY-NOTICES for the modules of a bundle: each licence text once, under the packages it is for. */
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

/** Gives name, version, licence and the licence's text of every package that a module comes from. Throws where there is no licence. */
export function findBundledPackages(moduleIds) {
  const folders = new Set(moduleIds.flatMap((id) => findPackageFolder(id) ?? []))
  const packages = new Map([...folders].map((folder) => [folder, readPackage(folder)]))
  const unique = new Map([...packages.values()].map((found) => [`${found.name} ${found.version}`, found]))
  return [...unique.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => found)
}

/** The folder of the package that a module belongs to; undefined for awsmfa's own modules and the bundler's helpers. */
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
  if (texts.length === 0 && !license) throw new Error(`${name} ${version} names no licence`)
  return { name, version, license, text: texts.length > 0 ? texts.join('\n\n') : standardText(folder, name, license) }
}

/** Some packages name their licence and leave its text to their monorepo; then a sister's text of the same scope stands in. */
function standardText(folder, name, license) {
  const scope = dirname(folder)
  const sister = name.startsWith('@')
    ? readdirSync(scope).find((other) => existsSync(join(scope, other, 'LICENSE')))
    : undefined
  if (sister === undefined) throw new Error(`${name} has no licence text (${license})`)
  return readFileSync(join(scope, sister, 'LICENSE'), 'utf8').trim()
}
