/**
 * `npm run docs:site`: builds build/site/pages, the guide as a static site with its own search, from README.md, docs/
 * and the pages beside it. VitePress is pinned in packaging/site/package-lock.json; npm installs it to build/site the
 * first time. The navigation is the list under README's "Documentation". Links that lead nowhere fail the build.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const site = join(root, 'build', 'site')

const PAGES = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs']

/** Files that pages link to and that are no pages: they are shown as they are. */
const FILES = ['LICENSE', 'examples', 'docs/pictures', 'docs/awsmfa.1']

/** Returns the sidebar for VitePress: the groups of README's list, each with its links. */
function readSidebar() {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const list = /^## Documentation\n([^]*?)\n## /m.exec(readme)?.[1] ?? ''
  const groups = list.split(/^- (?=[A-Z][\w ]*: )/m).slice(1)
  const sidebar = groups.map((group) => ({
    text: group.slice(0, group.indexOf(':')),
    items: [...group.matchAll(/\[([^\]]+)\]\(([^)]+)\.md\)/g)].map(([, text, path]) => ({
      text: text.replace(/^[a-z]/, (letter) => letter.toUpperCase()),
      link: `/${path}`,
    })),
  }))
  if (!sidebar.some(({ items }) => items.length > 0)) throw new Error('README.md has no list of pages')
  return sidebar
}

function install() {
  const lock = join(root, 'packaging', 'site', 'package-lock.json')
  const copy = join(site, 'installed-lock.json')
  if (existsSync(copy) && readFileSync(copy).equals(readFileSync(lock))) return
  mkdirSync(site, { recursive: true })
  for (const name of ['package.json', 'package-lock.json'])
    cpSync(join(root, 'packaging', 'site', name), join(site, name))
  const options = ['--no-audit', '--no-fund', '--loglevel=error']
  execFileSync('npm', ['ci', ...options], { cwd: site, stdio: 'inherit', shell: process.platform === 'win32' })
  cpSync(lock, copy)
}

install()
const source = join(site, 'source')
rmSync(source, { recursive: true, force: true })
mkdirSync(join(source, '.vitepress'), { recursive: true })
for (const name of PAGES) cpSync(join(root, name), join(source, name), { recursive: true })
for (const name of FILES) cpSync(join(root, name), join(source, 'public', name), { recursive: true })
cpSync(join(root, 'packaging', 'site', 'config.mjs'), join(source, '.vitepress', 'config.mjs'))
writeFileSync(join(source, '.vitepress', 'sidebar.json'), JSON.stringify(readSidebar()))
const vitepress = join(site, 'node_modules', 'vitepress', 'bin', 'vitepress.js')
execFileSync(process.execPath, [vitepress, 'build', source, '--outDir', join(site, 'pages')], { stdio: 'inherit' })
console.log(join(site, 'pages'))
