import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const DIST = join(ROOT, 'dist')

/** Every built file, relative to the project. */
export function builtFiles(): readonly string[] {
  return readdirSync(DIST, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.cjs'))
    .map((name) => join(DIST, name))
}

/** What the entry answers with by itself; its name carries a hash of its content. */
export function frontFile(): string {
  const [found, ...more] = builtFiles().filter((file) => /[\\/]front-[\w-]+\.cjs$/.test(file))
  if (found === undefined || more.length > 0) throw new Error('not one front file was built')
  return found
}

/** The modules that a built file holds, as the bundler notes them in comments: `node_modules/yargs/…`, `src/…`. */
export function modulesIn(file: string): readonly string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^\/\/ ((?:src|node_modules)\/\S+|package\.json)$/gm)].map(([, path = '']) => path)
}

/** The packages that a built file holds code of. */
export function packagesIn(file: string): readonly string[] {
  return [...new Set(modulesIn(file).flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(path)?.[1] ?? []))]
}

/** A file and all built files that loading it loads: those it requires at its top level, and what these require. */
export function staticClosure(file: string): readonly string[] {
  const seen = new Set<string>()
  const visit = (path: string): void => {
    if (seen.has(path)) return
    seen.add(path)
    for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(/^(?:(?:const|let|var) [^=\n]+ = )?require\("(\.[^"]+)"\)/gm)) visit(resolve(dirname(path), name))
  }
  visit(file)
  return [...seen]
}

/** The built file that holds a module of the project. */
export function fileWith(module: string): string {
  const found = builtFiles().filter((file) => file !== join(DIST, 'awsmfa.cjs') && modulesIn(file).includes(module))
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${module} is in ${found.length} built files besides the entry`)
  return found[0]
}
