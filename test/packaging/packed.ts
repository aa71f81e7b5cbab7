/** Installs the packed project for tests. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from './built-files.ts'

/**
 * Packs the built project and installs the tarball offline into an empty project in `folder`. Returns that project's
 * folder. Links the packages in `borrowed` from this project's node_modules.
 */
export function installPacked(folder: string, borrowed: readonly string[]): string {
  const place = join(folder, 'project')
  mkdirSync(place)
  writeFileSync(join(place, 'package.json'), '{ "private": true }')
  // Without scripts: prepack would rebuild dist/ while other tests use it.
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

/** Runs npm with a temporary home, offline. */
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
