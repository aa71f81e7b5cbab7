/** Gives a path as people write it: with `~` for the home folder. Other paths stay as they are. */
export function displayPath(path: string, home: string | undefined): string {
  if (home === undefined || home === '' || home === '/') return path
  if (path === home) return '~'
  const next = path.charAt(home.length)
  return path.startsWith(home) && (next === '/' || next === '\\') ? `~${path.slice(home.length)}` : path
}
