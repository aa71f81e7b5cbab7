/** Which modules and packages the files in dist/ contain, and which files they load. */
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const DIST = join(ROOT, 'dist')

/** Returns the paths of all built files. */
export function builtFiles(): readonly string[] {
  return readdirSync(DIST, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.cjs'))
    .map((name) => join(DIST, name))
}

/** Returns the modules in a built file, from build/modules.json: `node_modules/yargs/…`, `src/…`. */
export function modulesIn(file: string): readonly string[] {
  return (
    (JSON.parse(readFileSync(join(ROOT, 'build/modules.json'), 'utf8')) as Record<string, readonly string[]>)[
      relative(DIST, file)
    ] ?? []
  )
}

/** Returns the names of the packages in a built file. */
export function packagesIn(file: string): readonly string[] {
  return [
    ...new Set(
      modulesIn(file).flatMap(
        (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(path)?.[1] ?? [],
      ),
    ),
  ]
}

/** Returns a built file and all built files that it loads statically, directly or indirectly. */
export function staticClosure(file: string): readonly string[] {
  const seen = new Set<string>()
  const visit = (path: string): void => {
    if (seen.has(path)) return
    seen.add(path)
    for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(
      /^(?:(?:const|let|var) [^=\n]+ = )?require\("(\.[^"]+)"\)/gm,
    ))
      visit(resolve(dirname(path), name))
  }
  visit(file)
  return [...seen]
}

/** Returns the built file, other than the entry, that contains a module of the project. */
export function fileWith(module: string): string {
  const found = builtFiles().filter((file) => file !== join(DIST, 'awsmfa.cjs') && modulesIn(file).includes(module))
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${module} is in ${found.length} built files besides the entry`)
  return found[0]
}
