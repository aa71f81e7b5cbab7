/**
 * What V8 made of awsmfa's own files is kept between runs: compiling them is half of what a login costs beside the network.
 * From Node 22.8 on Node does it by itself; before, this does, with the same means (`cachedData` of node:vm).
 *
 * Compiled code is code: it is taken only from a folder and files that belong to this user and that nobody else can write, so
 * that whoever could change it could change this user's own start-up files as well. V8 refuses what another version of it, or
 * other flags, made. Everything here may fail; then the files are compiled as ever.
 */
import { closeSync, fstatSync, lstatSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import type { Script } from 'node:vm'

/** The parts of Node's module loader that are used here; CommonJS gives every module its constructor. */
interface CommonJsModule {
  readonly exports: unknown
  readonly require: (id: string) => unknown
}
interface ModuleClass {
  readonly enableCompileCache?: (folder: string) => unknown
  readonly prototype: { _compile: (this: CommonJsModule, content: string, filename: string) => unknown }
  readonly wrap: (content: string) => string
}

/** Entries that were made longer ago are removed when new ones are made: they are of versions that are gone. */
const KEPT_MS = 30 * 24 * 3_600_000

/**
 * Has the files below `dist` compiled with what is kept in `folder`, from now on, and keeps at the end of the process what
 * was missing. Does nothing where AWSMFA_NO_CODE_CACHE is set.
 */
export function useCodeCache(ModuleLoader: ModuleClass, dist: string, folder: string): void {
  if ((process.env['AWSMFA_NO_CODE_CACHE'] ?? '') !== '') return
  if (ModuleLoader.enableCompileCache !== undefined) {
    orNothing(() => mkdirSync(folder, { recursive: true, mode: 0o700 }))
    if (isPrivate(() => lstatSync(folder))) ModuleLoader.enableCompileCache(folder)
    return
  }
  const { Script, constants } = process.getBuiltinModule('node:vm')
  const isTrusted = isPrivate(() => lstatSync(folder))
  const made = new Map<string, Script>()
  const compileAsEver = ModuleLoader.prototype._compile
  ModuleLoader.prototype._compile = function (content, filename) {
    if (!filename.startsWith(dist)) return compileAsEver.call(this, content, filename)
    const path = `${folder}/${entryName(filename, content)}`
    const cachedData = isTrusted ? readEntry(path) : undefined
    const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
    const script = new Script(ModuleLoader.wrap(content), { filename, importModuleDynamically, ...(cachedData === undefined ? {} : { cachedData }) })
    if (cachedData === undefined || script.cachedDataRejected === true) made.set(path, script)
    const body = script.runInThisContext() as (this: unknown, ...parameters: readonly unknown[]) => unknown
    const load = (id: string): unknown => this.require(id)
    return body.call(this.exports, this.exports, load, this, filename, filename.slice(0, Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\'))))
  }
  process.once('exit', () => {
    if (made.size > 0) orNothing(() => keepAll(folder, made))
  })
}

/** V8 compares no more of a source than its length, so the name must stand for the content: the bundler's hash, or one of ours. */
function entryName(filename: string, content: string): string {
  const name = filename.slice(Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')) + 1)
  let hash = 0x811c9dc5
  if (!/-[\w-]{8}\.cjs$/.test(name)) for (let index = 0; index < content.length; index += 1) hash = Math.imul(hash ^ content.charCodeAt(index), 0x01000193)
  return `${name}-${process.version}-${process.arch}-${(hash >>> 0).toString(16)}-${content.length}`
}

function readEntry(path: string): Buffer | undefined {
  return orNothing(() => {
    const descriptor = openSync(path, 'r')
    try {
      return isPrivate(() => fstatSync(descriptor)) ? readFileSync(descriptor) : undefined
    } finally {
      closeSync(descriptor)
    }
  })
}

/** Belongs to this user, and nobody else can write it. Windows keeps the folder private by itself. */
function isPrivate(look: () => { readonly uid: number; readonly mode: number }): boolean {
  const found = orNothing(look)
  return found !== undefined && (process.getuid === undefined || (found.uid === process.getuid() && (found.mode & 0o022) === 0))
}

/** Writes each entry whole, under a name of its own first. */
function keepAll(folder: string, made: ReadonlyMap<string, Script>): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!isPrivate(() => lstatSync(folder))) return
  for (const name of readdirSync(folder)) orNothing(() => removeIfOld(`${folder}/${name}`))
  for (const [path, script] of made) {
    const stage = `${path}.${process.pid}`
    try {
      writeFileSync(stage, script.createCachedData(), { mode: 0o600, flag: 'wx' })
      renameSync(stage, path)
    } catch (error) {
      rmSync(stage, { force: true })
      throw error
    }
  }
}

function removeIfOld(path: string): void {
  if (Date.now() - statSync(path).mtimeMs > KEPT_MS) unlinkSync(path)
}

function orNothing<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    // A cache that is not there, or cannot be written, costs time and nothing else.
    return undefined
  }
}
