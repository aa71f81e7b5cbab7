/** How Windows finds programs by name, and how a batch file is handed its words. */

/** What PATHEXT is where it is not set. */
const USUAL_EXTENSIONS = '.COM;.EXE;.BAT;.CMD'

/**
 * Gives the paths at which a program may be, in the order in which cmd.exe looks, but for the current folder: a program there
 * is meant only where its path says so. A name without an extension is tried with each of PATHEXT.
 */
export function programCandidates(program: string, path: string, pathExtensions = USUAL_EXTENSIONS): readonly string[] {
  const extensions = pathExtensions.split(';').filter((extension) => extension.startsWith('.'))
  const hasExtension = extensions.some((extension) => program.toLowerCase().endsWith(extension.toLowerCase()))
  const names = hasExtension ? [program] : extensions.map((extension) => program + extension.toLowerCase())
  if (/[\\/]/.test(program)) return names
  const folders = path.split(';').map((folder) => folder.replace(/^"(.*)"$/, '$1')).filter((folder) => folder !== '')
  return folders.flatMap((folder) => names.map((name) => `${folder.replace(/[\\/]$/, '')}\\${name}`))
}

/**
 * Gives what follows `cmd.exe /d /v:off /s /c` to run a batch file with these words, each in quotes. Undefined where a word
 * holds what cmd.exe or the batch file would still take for something else: quotes, `%`, `!`, `^`, line ends.
 */
export function batchCommandLine(file: string, words: readonly string[]): string | undefined {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if ([file, ...words].some((word) => /["%!^\u0000-\u001f\u007f]/.test(word))) return undefined
  // The program behind the batch file reads a backslash before a quote as an escape (Microsoft C, "Parsing C command-line arguments").
  return `"${[file, ...words].map((word) => `"${word.replace(/\\+$/, '$&$&')}"`).join(' ')}"`
}
