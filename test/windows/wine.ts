/** Runs programs for Windows under Wine: see `prepare` and `wine` beside this file. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openPty } from '../support/pty.ts'
import type { Pty } from '../support/pty.ts'
import { isExecutable, runProgram } from '../support/run-cli.ts'
import type { RunResult } from '../support/run-cli.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const PLACE = fileURLToPath(new URL('../../build/windows/', import.meta.url))
const WINE = [join(HERE, 'wine'), 'tool'] as const

const CHECKOUT = 'Z:\\checkout'

/** Paths as Windows programs see them. */
export const NODE = `${CHECKOUT}\\build\\windows\\node.exe`
export const BUILT_CLI = `${CHECKOUT}\\dist\\awsmfa.cjs`

/** The words that start the product under test: see test/support/run-cli.ts. */
export const PRODUCT: readonly [string, ...string[]] = isExecutable
  ? [`${CHECKOUT}\\build\\executable-windows-x64\\awsmfa.exe`]
  : [NODE, BUILT_CLI]
export const GO_IDENTITY = `${CHECKOUT}\\build\\windows\\identity.exe`

/** Whether `prepare` has run. Throws in CI if it has not. */
export function isPrepared(): boolean {
  const found = existsSync(join(PLACE, 'root')) && existsSync(join(PLACE, 'node.exe'))
  if (!found && (process.env['CI'] ?? '') !== '') throw new Error('CI lacks Wine: run test/windows/prepare')
  return found
}

/** A home folder: its path on this system, and as Windows programs see it. */
export interface WindowsHome {
  readonly path: string
  readonly windowsPath: string
  readonly write: (path: string, content: string) => void
  readonly read: (path: string) => string
  readonly exists: (path: string) => boolean
  /** Complete: Wine adds only what Windows itself sets. */
  readonly environment: (more?: Readonly<Record<string, string>>) => Record<string, string>
  readonly remove: () => void
}

/**
 * Creates a home with the given files. Wine sets USERPROFILE and LOCALAPPDATA itself, so the files are named by
 * variables that come first.
 */
export function createWindowsHome(files: Readonly<Record<string, string>> = {}): WindowsHome {
  mkdirSync(join(PLACE, 'homes'), { recursive: true })
  const path = mkdtempSync(join(PLACE, 'homes', 'home-'))
  const windowsPath = `${CHECKOUT}\\build\\windows\\homes\\${basename(path)}`
  const write: WindowsHome['write'] = (name, content) => {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), content)
  }
  for (const [name, content] of Object.entries(files)) write(name, content)
  return {
    path,
    windowsPath,
    write,
    read: (name) => readFileSync(join(path, name), 'utf8'),
    exists: (name) => existsSync(join(path, name)),
    environment: (more = {}) => ({
      AWS_SHARED_CREDENTIALS_FILE: `${windowsPath}\\.aws\\credentials`,
      AWS_CONFIG_FILE: `${windowsPath}\\.aws\\config`,
      AWSMFA_HOME: `${windowsPath}\\awsmfa`,
      AWSMFA_NO_GUI: 'true',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      AWS_EC2_METADATA_DISABLED: 'true',
      NO_COLOR: '1',
      TERM: 'xterm',
      ...more,
    }),
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 10 }),
  }
}

/**
 * Runs a Windows program to completion, without a terminal. Its output goes to files: under Wine, a stream of Node
 * cannot write to a pipe of Unix.
 */
export async function runOnWindows(
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<RunResult> {
  const folder = mkdtempSync(join(tmpdir(), 'awsmfa-wine-'))
  const [stdout, stderr] = [join(folder, 'stdout'), join(folder, 'stderr')]
  try {
    const redirected = ['sh', '-c', 'out=$1 err=$2; shift 2; exec "$@" >"$out" 2>"$err"', 'sh', stdout, stderr] as const
    const result = await runProgram([...redirected, ...WINE, ...argv], { environment, limitMs: 120_000 })
    return { ...result, stdout: readFileSync(stdout, 'utf8'), stderr: readFileSync(stderr, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true, maxRetries: 10 })
  }
}

/** Starts a Windows program on a pseudo-terminal, which is its console. Wait for `isReading` before typing. */
export async function openConsole(
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Pty & { readonly isReading: () => Promise<boolean> }> {
  const pty = await openPty([...WINE, ...argv], { environment, columns: 200 })
  return { ...pty, isReading: async () => !(await pty.modes()).canonical }
}
