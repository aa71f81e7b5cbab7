/** What is measured: the built tool, and the yardsticks beside it where they are found. */
import { execFileSync } from 'node:child_process'
import { accessSync, constants, cpSync, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The floor of everything that runs on Node. */
export const FLOOR = [process.execPath, '-e', '0']

/** Builds dist/ if it is missing and gives the entry of a copy of it, which no build can take away meanwhile. */
export function builtTool(folder) {
  const dist = join(root, 'dist')
  if (!existsSync(join(dist, 'awsmfa.cjs')))
    execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'inherit' })
  cpSync(dist, join(folder, 'dist'), { recursive: true })
  return join(folder, 'dist', 'awsmfa.cjs')
}

/** Finds the AWS CLI, past the shim of a version manager, which costs 75 ms; undefined where there is none. */
export function findAwsCli() {
  const found = findOnPath('aws')
  if (found === undefined || !/[\\/]shims[\\/]/.test(found)) return found
  try {
    return execFileSync('pyenv', ['which', 'aws'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return found
  }
}

/**
 * Finds broamski's aws-mfa, from a bare environment of its own (`python3 -m venv build/peers && build/peers/bin/pip install
 * aws-mfa`) or on the path; undefined where there is none.
 */
export function findPythonPeer() {
  const own = join(root, 'build', 'peers', 'bin', 'aws-mfa')
  return existsSync(own) ? own : findOnPath('aws-mfa')
}

/** Finds the Python that .ci/run gives boto3; undefined where there is none. */
export function findBoto3() {
  const own = join(root, 'build', 'python', 'bin', 'python')
  return existsSync(own) ? own : undefined
}

/** Finds a program by its name; undefined where there is none. */
export function findOnPath(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable)
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
