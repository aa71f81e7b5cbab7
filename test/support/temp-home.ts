/** Temporary home folders for tests, with an environment that reaches neither the user's files nor AWS. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A temporary home folder. Paths are relative to it and use `/`. */
export interface TempHome {
  readonly path: string
  /**
   * Returns a complete environment: PATH, this home, UTF-8, UTC, and unreachable endpoints, so that a test that does
   * not set its own cannot call AWS. `more` overrides.
   */
  readonly environment: (more?: Readonly<Record<string, string>>) => Record<string, string>
  /** Writes a file (strings as UTF-8) with mode 0600, like the AWS CLI, and creates missing folders. */
  readonly write: (path: string, content: string | Uint8Array) => void
  readonly read: (path: string) => Buffer
  readonly remove: () => void
}

/** Creates a home folder with the given files: `{ '.aws/credentials': '[work]\n…' }`. The caller must call `remove`. */
export function createTempHome(files: Readonly<Record<string, string | Uint8Array>> = {}): TempHome {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'awsmfa-home-')))
  const write: TempHome['write'] = (name, content) => {
    mkdirSync(dirname(join(path, name)), { recursive: true, mode: 0o700 })
    writeFileSync(join(path, name), content, { mode: 0o600 })
  }
  for (const [name, content] of Object.entries(files)) write(name, content)
  return {
    path,
    environment: (more = {}) => ({ ...isolatedEnvironment(path), ...more }),
    write,
    read: (name) => readFileSync(join(path, name)),
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 10 }),
  }
}

/** Connections to port 9 (discard) are refused at once. Windows cannot start a program without SystemRoot. */
function isolatedEnvironment(home: string): Record<string, string> {
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
    AWSMFA_SIGNIN_ENDPOINT: 'http://127.0.0.1:9',
    AWS_EC2_METADATA_DISABLED: 'true',
    // On macOS and Windows a dialog would open: there it does not depend on DISPLAY.
    ...(process.platform === 'linux' ? {} : { AWSMFA_NO_GUI: 'true' }),
    ...(systemRoot === undefined ? {} : { SystemRoot: systemRoot, LOCALAPPDATA: join(home, 'AppData', 'Local') }),
  }
}
