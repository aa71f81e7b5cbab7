import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from './built-files.ts'

/**
 * Packs the project as it is built and installs the tarball into an empty project below `folder`, without a registry; gives
 * the project's folder. `borrowed`: packages that it has besides, from this project's own.
 */
export function installPacked(folder: string, borrowed: readonly string[]): string {
  const place = join(folder, 'project')
  mkdirSync(place)
  writeFileSync(join(place, 'package.json'), '{ "private": true }')
  // Without scripts: prepack would build again, under the feet of the other tests.
  const [packed] = JSON.parse(
    npm(folder, ROOT, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder),
  ) as readonly { readonly filename: string }[]
  if (packed === undefined) throw new Error('npm pack made nothing')
  npm(folder, place, 'install', join(folder, packed.filename))
  for (const name of borrowed) {
    const link = join(place, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), link, 'junction')
  }
  return place
}

/** npm in a home of its own, which must not reach a registry. */
function npm(home: string, cwd: string, ...argv: readonly string[]): string {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    npm_config_cache: join(home, 'cache'),
    npm_config_update_notifier: 'false',
  }
  return execFileSync('npm', [...argv, '--offline', '--no-audit', '--no-fund'], {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
