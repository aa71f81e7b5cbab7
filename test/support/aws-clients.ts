/** Finds the AWS CLI, boto3 and Python on this machine, for tests that read the shared files with them. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { StrictSts } from './strict-sts/client.ts'
import type { TempHome } from './temp-home.ts'

/** Where `.ci/run` installs the AWS CLI 1 and boto3. Searched before PATH. */
const VENV = fileURLToPath(new URL('../../build/python/bin/', import.meta.url))

/**
 * Returns the path of the first AWS CLI with this major version, or undefined. Throws if it is missing in CI, on Linux.
 */
export function findAwsCli(major: 1 | 2): string | undefined {
  return requireInCi(
    candidates('aws').find((path) => versionOf(path).startsWith(`aws-cli/${major}.`)),
    `AWS CLI ${major}`,
  )
}

/** Returns the path of the first Python with boto3, or undefined. Throws if it is missing in CI, on Linux. */
export function findPythonWithBoto3(): string | undefined {
  return requireInCi(
    candidates('python3').find((path) => run(path, ['-c', 'import boto3']).status === 0),
    'Python with boto3',
  )
}

/** Returns the path of the first Python 3, or undefined. Throws if it is missing in CI, on Linux. */
export function findPython(): string | undefined {
  return requireInCi(
    candidates('python3').find((path) => run(path, ['-c', 'import configparser']).status === 0),
    'Python 3',
  )
}

/**
 * Returns the environment of a tool that calls AWS's own host names: the proxy of the strict STS answers for them.
 * `sts` must have been started with `proxy`.
 */
export function proxyEnvironment(home: TempHome, sts: StrictSts): Record<string, string> {
  const environment = home.environment({
    HTTPS_PROXY: sts.proxyUrl ?? '',
    AWS_CA_BUNDLE: sts.caPemPath ?? '',
    AWS_PAGER: '',
  })
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('AWS_ENDPOINT_URL')))
}

function candidates(name: string): readonly string[] {
  const folders = [VENV, ...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin']
  return [...new Set(folders.map((folder) => join(folder, name)))].filter((path) => existsSync(path))
}

/** The AWS CLI before 1.18 prints its version to stderr. */
function versionOf(path: string): string {
  const { stdout, stderr } = run(path, ['--version'])
  return `${stdout}${stderr}`
}

function run(path: string, argv: readonly string[]) {
  return spawnSync(path, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 })
}

function requireInCi(found: string | undefined, what: string): string | undefined {
  if (found === undefined && (process.env['CI'] ?? '') !== '' && process.platform === 'linux')
    throw new Error(`a test needs ${what}, which is not installed`)
  return found
}
