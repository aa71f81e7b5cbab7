import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A home folder of a test's own. Paths are relative to it, with `/`. */
export interface TempHome {
  readonly path: string
  /**
   * A complete environment, built from nothing: PATH, this home, UTF-8, UTC, and endpoints at which nothing answers, so that
   * a test that forgets its server cannot reach the real one. `more` is added last.
   */
  readonly environment: (more?: Readonly<Record<string, string>>) => Record<string, string>
  /** Writes a file as bytes (text is UTF-8), with its folders; mode 0600, as AWS's own tools leave it. */
  readonly write: (path: string, content: string | Uint8Array) => void
  readonly read: (path: string) => Buffer
  readonly remove: () => void
}

/** Makes a home folder with the given files in it: `{ '.aws/credentials': '[work]\n…' }`. Whoever makes it removes it. */
export function createTempHome(files: Readonly<Record<string, string | Uint8Array>> = {}): TempHome {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'awsmfa-home-')))
  const write: TempHome['write'] = (name, content) => {
    mkdirSync(dirname(join(path, name)), { recursive: true, mode: 0o700 })
    writeFileSync(join(path, name), content, { mode: 0o600 })
  }
  for (const [name, content] of Object.entries(files)) write(name, content)
  return {
    path,
    environment: (more = {}) => ({ ...guardedEnvironment(path), ...more }),
    write,
    read: (name) => readFileSync(join(path, name)),
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** Port 9 is discard: a connection is refused at once. Windows starts no program without SystemRoot. */
function guardedEnvironment(home: string): Record<string, string> {
  const systemRoot = process.env['SystemRoot']
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    USERPROFILE: home,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9',
    AWS_ENDPOINT_URL_IAM: 'http://127.0.0.1:9',
    AWS_EC2_METADATA_DISABLED: 'true',
    // macOS and Windows have a window for a test without a terminal, whose display is no variable.
    ...(process.platform === 'linux' ? {} : { AWSMFA_NO_GUI: 'true' }),
    ...(systemRoot === undefined ? {} : { SystemRoot: systemRoot, LOCALAPPDATA: join(home, 'AppData', 'Local') }),
  }
}
