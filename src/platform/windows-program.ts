/** How Windows finds programs by name, and how a batch file is handed its words. */
import type { Environment } from '../model/invocation.ts'

/** What PATHEXT is where it is not set. */
const USUAL_EXTENSIONS = '.COM;.EXE;.BAT;.CMD'

/**
 * Returns the paths at which a program may be, in the order in which cmd.exe looks, without the current folder: a
 * program there is meant only if it is called by its path. A name without an extension is tried with each of PATHEXT.
 */
export function programCandidates(program: string, path: string, pathExtensions = USUAL_EXTENSIONS): readonly string[] {
  const extensions = pathExtensions.split(';').filter((extension) => extension.startsWith('.'))
  const hasExtension = extensions.some((extension) => program.toLowerCase().endsWith(extension.toLowerCase()))
  const names = hasExtension ? [program] : extensions.map((extension) => program + extension.toLowerCase())
  if (hasPath(program)) return names
  const folders = path
    .split(';')
    .map((folder) => folder.replace(/^"(.*)"$/, '$1'))
    .filter((folder) => folder !== '')
  return folders.flatMap((folder) => names.map((name) => `${folder.replace(/[\\/]$/, '')}\\${name}`))
}

/** A program to be run on Windows. `environment`: all that it will see. */
export interface WindowsProgram {
  readonly program: string
  readonly words: readonly string[]
  readonly environment: Environment
}

/** What is spawned for a program: a file and its words, which are the line as it is where `verbatim` says so. */
export interface ProgramStart {
  readonly file: string
  readonly words: readonly string[]
  readonly verbatim: boolean
}

/**
 * Why it cannot be started: there is none, or it is a batch file and cmd.exe would take one of the words for something
 * else.
 */
export type StartTrouble = 'not-found' | 'batch-file'

/**
 * Returns what to spawn for a program. A name is searched in the absolute folders of PATH only: given a bare name, Node
 * begins in the current folder, where anyone may have put a program of that name (libuv, src/win/process.c ›
 * search_path), and a relative folder of PATH means the current one again. A batch file needs cmd.exe (Node refuses to
 * start one itself: CVE-2024-27980); it is started only with words that cmd.exe cannot take for anything else.
 */
export function windowsStart(
  { program, words, environment }: WindowsProgram,
  isFile: (path: string) => boolean,
): ProgramStart | StartTrouble {
  // What is called by its path is that, or nothing, also with an extension that PATHEXT does not know.
  const file = findWindowsProgram(program, environment, isFile) ?? (hasPath(program) ? program : undefined)
  if (file === undefined) return 'not-found'
  if (!/\.(?:cmd|bat)$/i.test(file)) return { file, words, verbatim: false }
  const line = batchCommandLine(file, words)
  if (line === undefined) return 'batch-file'
  return {
    file: caselessValue(environment, 'COMSPEC') ?? `${windowsFolder(environment)}\\System32\\cmd.exe`,
    words: ['/d', '/v:off', '/s', '/c', line],
    verbatim: true,
  }
}

/**
 * Returns the batch file that npm made for a package of one program, by the path of that program in the package's
 * `dist`; undefined if it is not there.
 */
export function findNpmShim(program: string, isFile: (path: string) => boolean): string | undefined {
  const [, prefix, name] = /^(.+)\\node_modules\\([^\\]+)\\dist\\[^\\]+$/i.exec(program.replaceAll('/', '\\')) ?? []
  if (prefix === undefined || name === undefined) return undefined
  // Installed globally, or in a project.
  return [`${prefix}\\${name}.cmd`, `${prefix}\\node_modules\\.bin\\${name}.cmd`].find(isFile)
}

/**
 * Returns the file of a program that is called by its name, or by its path with or without extension; undefined if
 * there is none.
 */
export function findWindowsProgram(
  program: string,
  environment: Environment,
  isFile: (path: string) => boolean,
): string | undefined {
  const candidates = programCandidates(
    program,
    caselessValue(environment, 'PATH') ?? '',
    caselessValue(environment, 'PATHEXT'),
  )
  return candidates.find((path) => (hasPath(program) || isAbsolute(path)) && isFile(path))
}

/** The folder of Windows itself, whose programs need no looking for. */
export function windowsFolder(environment: Environment): string {
  return caselessValue(environment, 'SYSTEMROOT') ?? 'C:\\Windows'
}

/** Windows does not tell `Path` from `PATH`; a copy of its environment does. One that is empty counts as unset. */
export function caselessValue(environment: Environment, name: string): string | undefined {
  return Object.entries(environment).find(([key, value]) => key.toUpperCase() === name && (value ?? '') !== '')?.[1]
}

function hasPath(program: string): boolean {
  return /[\\/]/.test(program)
}

function isAbsolute(path: string): boolean {
  return /^(?:[A-Za-z]:[\\/]|[\\/]{2})/.test(path)
}

/**
 * Returns what follows `cmd.exe /d /v:off /s /c` to run a batch file with these words, each in quotes. Undefined if a
 * word contains what cmd.exe or the batch file would still take for something else: quotes, `%`, `!`, `^`, line ends.
 */
export function batchCommandLine(file: string, words: readonly string[]): string | undefined {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if ([file, ...words].some((word) => /["%!^\u0000-\u001f\u007f]/.test(word))) return undefined
  // The program behind the batch file reads a backslash before a quote as an escape (Microsoft C, "Parsing C
  // command-line arguments").
  return `"${[file, ...words].map((word) => `"${word.replace(/\\+$/, '$&$&')}"`).join(' ')}"`
}
