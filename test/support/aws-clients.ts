/** Outside programs that read the shared files: where they are on this machine. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What `.ci/run` installs for the tests alone; PATH comes after it. */
const VENV = fileURLToPath(new URL('../../build/python/bin/', import.meta.url))

/**
 * Gives the path of the first AWS CLI of this major version; undefined where there is none, for a test to be skipped by
 * name. Throws where CI is set, on Linux, so that nothing is skipped there unseen.
 */
export function findAwsCli(major: 1 | 2): string | undefined {
  return demandInCi(
    candidates('aws').find((path) => versionOf(path).startsWith(`aws-cli/${major}.`)),
    `AWS CLI ${major}`,
  )
}

/** Gives the path of the first Python that has boto3, in the same way. */
export function findPythonWithBoto3(): string | undefined {
  return demandInCi(
    candidates('python3').find((path) => run(path, ['-c', 'import boto3']).status === 0),
    'Python with boto3',
  )
}

/** Gives the path of the first Python 3, in the same way. */
export function findPython(): string | undefined {
  return demandInCi(
    candidates('python3').find((path) => run(path, ['-c', 'import configparser']).status === 0),
    'Python 3',
  )
}

function candidates(name: string): readonly string[] {
  const folders = [VENV, ...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin']
  return [...new Set(folders.map((folder) => join(folder, name)))].filter((path) => existsSync(path))
}

/** The AWS CLI before 1.18 says its version on stderr. */
function versionOf(path: string): string {
  const { stdout, stderr } = run(path, ['--version'])
  return `${stdout}${stderr}`
}

function run(path: string, argv: readonly string[]) {
  return spawnSync(path, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 })
}

function demandInCi(found: string | undefined, what: string): string | undefined {
  if (found === undefined && (process.env['CI'] ?? '') !== '' && process.platform === 'linux')
    throw new Error(`CI has no ${what}, which a test needs`)
  return found
}
