/** Finds the programs to measure: the built tool, and other tools for comparison if they are installed. */
import { execFileSync } from 'node:child_process'
import { accessSync, constants, cpSync, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The minimum for any program on Node. */
export const FLOOR = [process.execPath, '-e', '0']

/**
 * Returns the entry point of a copy of dist/, which a concurrent build cannot replace. Builds dist/ if it is missing.
 */
export function builtTool(folder) {
  const dist = join(root, 'dist')
  if (!existsSync(join(dist, 'awsmfa.cjs')))
    execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'inherit' })
  cpSync(dist, join(folder, 'dist'), { recursive: true })
  return join(folder, 'dist', 'awsmfa.cjs')
}

/** Finds the standalone executable (`npm run build:executable`); undefined if it is not built. */
export function findExecutable() {
  const own = join(root, 'build', 'executable', 'awsmfa')
  return existsSync(own) ? own : undefined
}

/** Finds the AWS CLI, and not the shim of a version manager, which takes 75 ms; undefined if there is none. */
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
 * Finds broamski's aws-mfa in build/peers (`python3 -m venv build/peers && build/peers/bin/pip install aws-mfa`) or on
 * PATH; undefined if there is none.
 */
export function findPythonPeer() {
  const own = join(root, 'build', 'peers', 'bin', 'aws-mfa')
  return existsSync(own) ? own : findOnPath('aws-mfa')
}

/** Finds the Python with boto3 that .ci/run installs; undefined if there is none. */
export function findBoto3() {
  const own = join(root, 'build', 'python', 'bin', 'python')
  return existsSync(own) ? own : undefined
}

/** Finds a program on PATH; undefined if there is none. */
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
