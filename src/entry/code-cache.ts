/**
 * What V8 made of awsmfa's own files is kept between runs: compiling them is half of what a login costs beside the network,
 * and most of what an answer of `status` costs. The means are those of Node's own compile cache (`cachedData` of node:vm),
 * which Node has only from 22.8 on, and which starts too late and costs too much for the first file.
 *
 * Compiled code is code: it is taken only from a folder and files that belong to this user and that nobody else can write, so
 * that whoever could change it could change this user's own start-up files as well. V8 refuses what another version of it, or
 * other flags, made. Everything here may fail; then the files are compiled as ever.
 */
import { closeSync, fstatSync, lstatSync, openSync, readSync, readdirSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { Script, constants } from 'node:vm'
import { makePrivateFolder } from '../adapters/private-folder.ts'
import { OPEN_FOR_READING } from '../adapters/read-whole.ts'

/** The parts of Node's module loader that are used here; CommonJS gives every module its constructor. */
interface CommonJsModule {
  readonly exports: unknown
  readonly require: (id: string) => unknown
}
type Load = (module: CommonJsModule, path: string) => unknown
export interface ModuleClass {
  readonly _extensions: Record<string, Load> & { readonly '.js': Load }
}

export interface CodeCache {
  /**
   * Runs a CommonJS file of ASCII alone as this module, compiled with what is kept of it if there is such a thing. Its name must
   * carry a hash of its content, because V8 compares no more of a source than its length. Throws what the file throws.
   */
  readonly run: (path: string, module: CommonJsModule) => void
  /** Has the files `*.cjs` below `dist`, with names and text of that kind, that are loaded from now on run in the same way. */
  readonly serve: (ModuleLoader: ModuleClass, dist: string) => void
}

/** Entries that were made longer ago are removed when new ones are made: they are of versions that are gone. */
const KEPT_MS = 30 * 24 * 3_600_000

// As Node wraps a file: on one line, so that the lines of a stack trace are the file's.
const [BEFORE, AFTER] = ['(function(exports,require,module,__filename,__dirname){', '\n})']

/**
 * Opens the cache in `folder`, which need not exist; undefined: keeps nothing. What is kept of a file is what a run came to use
 * of it, so `use` keeps apart the runs that use different parts. What was missing is written as the process ends.
 */
export function openCodeCache(folder: string | undefined, use: string): CodeCache {
  const isTrusted = folder !== undefined && isPrivate(orNothing(() => lstatSync(folder)))
  const made = new Map<string, Script>()
  const reader = createReader()
  const run: CodeCache['run'] = (path, module) => {
    const source = reader.readSource(path)
    const entry = folder === undefined ? '' : `${folder}/${baseName(path)}-${process.version}-${process.arch}-${source.length}${use}`
    const cachedData = isTrusted ? orNothing(() => reader.readEntry(entry)) : undefined
    const options = { filename: path, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER, ...(cachedData === undefined ? {} : { cachedData }) }
    const script = new Script(source, options)
    if (folder !== undefined && (cachedData === undefined || script.cachedDataRejected === true)) {
      if (made.size === 0) process.once('exit', () => orNothing(() => keepAll(folder, made)))
      made.set(entry, script)
    }
    const body = script.runInThisContext() as (this: unknown, ...parameters: readonly unknown[]) => unknown
    body.call(module.exports, module.exports, (id: string) => module.require(id), module, path, path.slice(0, path.length - baseName(path).length - 1))
  }
  return { run, serve: (ModuleLoader, dist) => serve(ModuleLoader, dist, run) }
}

interface Reader {
  /** Gives the text of a file of ASCII alone, wrapped as Node does it. Throws what Node throws. */
  readonly readSource: (path: string) => string
  /** Gives the bytes of an entry, until the next file is read. Throws for one that is not private, and what Node throws. */
  readonly readEntry: (path: string) => Buffer
}

/** Enough for the first file of a run and for what is kept of it; for larger ones there is more when they come. */
const FIRST_ROOM = 1 << 17

/**
 * Reads one file after the other into the same memory, since each is done with once it is compiled: of a login's peak that is a
 * megabyte. The text comes out of it in one piece; joined to its wrapper from strings it would be there twice.
 */
function createReader(): Reader {
  let room = Buffer.allocUnsafeSlow(FIRST_ROOM)
  const grow = (): void => {
    const larger = Buffer.allocUnsafeSlow(8 * room.length)
    room.copy(larger)
    room = larger
  }
  const fill = (descriptor: number, start: number): number => {
    let end = start
    for (let read = -1; read !== 0; end += read) {
      if (end === room.length) grow()
      read = readSync(descriptor, room, end, room.length - end, null)
    }
    return end
  }
  const reading = <T>(path: string, read: (descriptor: number) => T): T => {
    const descriptor = openSync(path, OPEN_FOR_READING)
    try {
      return read(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }
  return {
    readSource: (path) => {
      const end = reading(path, (descriptor) => fill(descriptor, room.write(BEFORE)))
      if (end + AFTER.length > room.length) grow()
      return room.toString('latin1', 0, end + room.write(AFTER, end))
    },
    readEntry: (path) => reading(path, (descriptor) => {
      const found = fstatSync(descriptor)
      if (!found.isFile() || !isPrivate(found)) throw new Error('not an entry to trust')
      // First, because it may put a larger room in the place of this one.
      const end = fill(descriptor, 0)
      return room.subarray(0, end)
    }),
  }
}

function serve(ModuleLoader: ModuleClass, dist: string, run: CodeCache['run']): void {
  ModuleLoader._extensions['.cjs'] = (module, path) => {
    if (path.startsWith(dist)) run(path, module)
    else ModuleLoader._extensions['.js'](module, path)
  }
}

function baseName(filename: string): string {
  return filename.slice(Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')) + 1)
}

/** Belongs to this user, and nobody else can write it. Windows keeps the folder private by itself. */
function isPrivate(found: Stats | undefined): boolean {
  return found !== undefined && (process.getuid === undefined || (found.uid === process.getuid() && (found.mode & 0o022) === 0))
}

/** Writes each entry whole, under a name of its own first. Root in another's home makes that person's folders, and keeps nothing there. */
function keepAll(folder: string, made: ReadonlyMap<string, Script>): void {
  makePrivateFolder(folder)
  if (!isPrivate(lstatSync(folder))) return
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
