/** Start-up time, measured by the modules that a command loads, which do not depend on the machine. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { BUILT_CLI, PRODUCT_LINE } from '../support/run-cli.ts'
import { builtFiles, DIST, fileWith, modulesIn, packagesIn, staticClosure } from './built-files.ts'

const PRELOAD = fileURLToPath(new URL('preload-report.cjs', import.meta.url))

// Each takes a millisecond or more to load (measured on Node 20); process.stdout loads stream and net.
const SLOW = [
  'stream',
  'net',
  'tty',
  'http',
  'https',
  'http2',
  'tls',
  'crypto',
  'child_process',
  'readline',
  'readline/promises',
  'fs/promises',
  'assert',
  'worker_threads',
  'internal/modules/esm/loader',
]

let home = ''

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'awsmfa-startup-'))
  mkdirSync(join(home, '.aws'))
  writeFileSync(
    join(home, '.aws', 'credentials'),
    '[work]\naws_access_key_id = ASIAQQQQQQQQQQQQEXPL\naws_secret_access_key = s\naws_session_token = t\nexpiration = 2099-01-01T00:00:00Z\nmanager = awsmfa\n',
  )
})

afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 10 }))

interface Start {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  readonly builtIns: readonly string[]
  readonly files: readonly string[]
}

function start(...argv: readonly string[]): Start {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, LANG: 'C.UTF-8' }
  const { status, stdout, stderr, output } = spawnSync(process.execPath, ['-r', PRELOAD, BUILT_CLI, ...argv], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const { builtIns, files } = JSON.parse(String(output[3])) as Pick<Start, 'builtIns' | 'files'>
  return { exitCode: status, stdout, stderr, builtIns, files }
}

test.each([
  ['--version', ['--version'], 0],
  ['-V', ['-V'], 0],
  ['status', ['status', 'work'], 0],
  ['status --all', ['status', '--all'], 0],
  ['status --json', ['status', '-p', 'work', '--json'], 0],
  ['status of a missing profile', ['status'], 4],
])('%s loads no package except get-east-asian-width, and no slow built-in module', (_, argv, exitCode) => {
  const started = start(...argv)
  expect(started.exitCode).toBe(exitCode)
  expect(started.stderr).toBe(exitCode === 0 ? '' : 'awsmfa: hint: awsmfa status --all\n')
  expect(started.stdout).not.toBe('')
  // 9 KB of data for the columns of `status`.
  expect(started.files.flatMap(packagesIn)).toEqual(['get-east-asian-width'])
  expect(started.builtIns.filter((name) => SLOW.includes(name))).toEqual([])
})

test('--version prints the version in package.json', () => {
  const { version } = JSON.parse(readFileSync(join(DIST, '..', 'package.json'), 'utf8')) as { version: string }
  expect(start('--version').stdout).toBe(`${version}\n`)
})

test.each([
  ['--help', ['--help'], true],
  ['help of a command', ['login', '-h'], true],
  ['a usage error', ['login', '--frce'], false],
])('%s loads neither the SDK nor a command, and yargs only for help', (_, argv, isHelp) => {
  const { files } = start(...argv)
  const packages = files.flatMap(packagesIn)
  expect(packages.includes('yargs')).toBe(isHelp)
  expect(packages.filter((name) => /^@(?:aws|smithy)/.test(name))).toEqual([])
  expect(packages).not.toContain('ora')
  expect(
    files
      .flatMap(modulesIn)
      .filter((module) => module.startsWith('src/commands/') && module !== 'src/commands/status.ts'),
  ).toEqual([])
})

test('nothing to write to is told, also by the entry', () => {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home }
  const full = spawnSync('/bin/sh', ['-c', `${PRODUCT_LINE} --version > /dev/full`], {
    env,
    encoding: 'utf8',
  })
  expect(full.status).toBe(1)
  expect(full.stderr).toContain('awsmfa: error: cannot write to stdout: no space left on device (ENOSPC)\n')
  const closed = spawnSync('/bin/sh', ['-c', `{ ${PRODUCT_LINE} --version; echo "$?" >&2; } | :`], {
    env,
    encoding: 'utf8',
  })
  expect(closed.stderr).toBe('0\n')
})

test('the entry is executable and holds nothing but the check of Node', () => {
  expect(statSync(BUILT_CLI).mode & 0o111).toBe(0o111)
  expect(readFileSync(BUILT_CLI, 'utf8').startsWith('#!/usr/bin/env node\n')).toBe(true)
  expect(modulesIn(BUILT_CLI)).toEqual(['src/bin.ts'])
})

test.each(['exec', 'env'])('%s with a valid session loads no SDK, no yargs, no spinner, no login', (name) => {
  const closure = [
    'src/cli/run.ts',
    'src/runtime/runtime.ts',
    'src/runtime/login.ts',
    `src/commands/${name}.ts`,
  ].flatMap((module) => staticClosure(fileWith(module)))
  const packages = [...new Set(closure.flatMap(packagesIn))]
  expect(packages.filter((found) => /^@(?:aws|smithy)|^yargs|^ora$|^chalk$/.test(found))).toEqual([])
  expect(closure.flatMap(modulesIn).filter((module) => /src\/commands\/login-(?!first)/.test(module))).toEqual([])
})

test('login loads no SDK, no yargs and no spinner before it calls STS', () => {
  const closure = ['src/cli/run.ts', 'src/runtime/runtime.ts', 'src/commands/login.ts'].flatMap((module) =>
    staticClosure(fileWith(module)),
  )
  expect(closure.length).toBeGreaterThan(3)
  const packages = [...new Set(closure.flatMap(packagesIn))]
  expect(packages.filter((name) => /^@(?:aws|smithy)|^yargs|^ora$|^chalk$/.test(name))).toEqual([])
})

test('the STS client is loaded without credential providers and SSO clients', () => {
  const client = builtFiles().find((file) =>
    modulesIn(file).some((module) => module.endsWith('client-sts/dist-es/STSClient.js')),
  )
  if (client === undefined) throw new Error('no built file holds the STS client')
  const loaded = staticClosure(client)
  const modules = loaded.flatMap(modulesIn)
  expect(
    modules.filter((module) => /credential-provider-(?!env|node)|nested-clients|token-providers/.test(module)),
  ).toEqual([])
  expect(loaded.map((file) => basename(file))).not.toContain('awsmfa.cjs')
})

test('an unsupported Node version prints one error, and makes `eval "$(awsmfa env)"` fail', () => {
  const old = join(home, 'old-node.cjs')
  writeFileSync(
    old,
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } })\n",
  )
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-r', old, BUILT_CLI, 'login'], {
    env: { HOME: home },
    encoding: 'utf8',
  })
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr: 'awsmfa: error: awsmfa needs Node.js 20.19 or later; this is 18.20.4\n',
  })
  const evaluated = spawnSync(process.execPath, ['-r', old, BUILT_CLI, 'env'], {
    env: { HOME: home },
    encoding: 'utf8',
  })
  expect({ status: evaluated.status, stdout: evaluated.stdout }).toEqual({ status: 1, stdout: 'false\n' })
})
