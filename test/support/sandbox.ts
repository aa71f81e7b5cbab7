/**
 * The environment for transcripts of the built tool: a temporary home, a strict STS server, and on PATH
 *
 * - `awsmfa`, the built tool;
 * - `sts '{"faults": […]}'`, which configures the server (`Changes` in strict-sts/control.ts);
 * - `sts log`, which prints the requests to STS and IAM since the last `sts log`, except GetCallerIdentity.
 *
 * Every run is also checked against the invariants of `createInspector`.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PRODUCT_LINE } from './run-cli.ts'
import { hintRunner } from './hints.ts'
import { cacheKeyOf, encryptedSessions } from './encrypted-cache.ts'
import { startStrictSts } from './strict-sts/client.ts'
import type { Changes, LogEntry, StrictSts, World } from './strict-sts/client.ts'
import { createTempHome } from './temp-home.ts'
import type { TempHome } from './temp-home.ts'
import type { TranscriptCommand, TranscriptRun, TranscriptStep, TranscriptContext } from './transcript.ts'

export interface Sandbox {
  readonly home: TempHome
  readonly sts: StrictSts
  readonly world: TranscriptContext
  readonly close: () => Promise<void>
}

/** Options of `openSandbox`. `files` exist from the start; `variables` override those that `openSandbox` defines. */
export interface SandboxOptions {
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  readonly variables?: TranscriptContext['variables']
  readonly environment?: Readonly<Record<string, string>>
}

const STEP_MS = 30_000

/** NODE_OPTIONS without the waiting. */
export const FAST_CLOCK = `--require="${fileURLToPath(new URL('./fast-clock.cjs', import.meta.url))}"`

/**
 * Opens a sandbox. Defines, for each user of the world (lower case, `-` for `_`), `{name-key}`, `{name-secret}` and,
 * with a TOTP device, `{code-name}`: a valid, unused token code. `{code}` is alice's. `{wrong-code}` is never accepted.
 * `NODE_OPTIONS='{fast-clock}'` takes the waiting out of a command.
 */
export async function openSandbox(world: World, options: SandboxOptions = {}): Promise<Sandbox> {
  const home = createTempHome(options.files)
  const sts = await startStrictSts(world)
  const usedCodes = new Set<string>()
  const clock = { offsetMs: 0 }
  const configure = async (changes: Changes): Promise<void> => {
    clock.offsetMs = changes.clockOffsetMs ?? clock.offsetMs
    await sts.configure(changes)
  }
  const control = await startControl(sts, configure)
  home.write('.bin/awsmfa', `#!/bin/sh\nexec ${PRODUCT_LINE} "$@"\n`)
  const send = `fetch('${control.url}', { method: 'POST', body: process.argv[1] }).then((r) => r.text()).then((t) => process.stdout.write(t))`
  home.write('.bin/sts', `#!/bin/sh\nexec '${process.execPath}' -e "${send}" "$1"\n`)
  for (const program of ['awsmfa', 'sts']) chmodSync(join(home.path, '.bin', program), 0o755)
  const environment = home.environment({ ...sts.environment(), ...options.environment })
  const users = world.accounts.flatMap((account) => account.users)
  const codeOf = (serial: string): (() => Promise<string>) => unusedCodes({ sts, serial, clock, configure, usedCodes })
  const variables: Record<string, () => string | Promise<string>> = {
    'wrong-code': () => '000000',
    home: () => home.path,
    'fast-clock': () => FAST_CLOCK,
    ...options.variables,
  }
  for (const { name: userName, accessKeys, devices } of users) {
    const name = userName.toLowerCase().replaceAll('_', '-')
    const serial = devices.find(({ kind }) => kind === 'totp')?.serial
    if (serial !== undefined) variables[name === 'alice' ? 'code' : `code-${name}`] = codeOf(serial)
    variables[`${name}-key`] = () => accessKeys[0]?.id ?? ''
    variables[`${name}-secret`] = () => accessKeys[0]?.secret ?? ''
  }
  const commandEnvironment = { ...environment, PATH: `${join(home.path, '.bin')}:${environment['PATH'] ?? ''}` }
  const keepServer = async () => {
    await sts.configure({ keep: 'state' })
    return () => sts.configure({ keep: 'restore' })
  }
  const longTerm = users.flatMap((user) => user.accessKeys.map(({ secret }) => secret))
  return {
    home,
    sts,
    world: {
      home,
      environment: commandEnvironment,
      variables,
      inspect: createInspector(home, longTerm, usedCodes),
      runHints: hintRunner({ home, environment: { NODE_OPTIONS: FAST_CLOCK, ...commandEnvironment }, keepServer }),
    },
    close: async () => {
      control.close()
      await sts.stop()
      home.remove()
    },
  }
}

interface CodeSupply {
  readonly sts: StrictSts
  readonly serial: string
  readonly clock: { readonly offsetMs: number }
  readonly configure: (changes: Changes) => Promise<void>
  readonly usedCodes: Set<string>
}

/**
 * Each code works once, and STS accepts the codes of the previous, the current and the next step (RFC 6238, 5.2). Hands
 * out those of the current and the next step, and moves the server's clock forward when both are used.
 */
function unusedCodes({ sts, serial, clock, configure, usedCodes }: CodeSupply): () => Promise<string> {
  let last = 0
  return async () => {
    const current = Math.floor((Date.now() + clock.offsetMs) / STEP_MS)
    const step = Math.max(last + 1, current)
    if (step > current + 1) await configure({ clockOffsetMs: clock.offsetMs + (step - current) * STEP_MS })
    last = step
    const code = sts.code(serial, step - Math.floor((Date.now() + clock.offsetMs) / STEP_MS))
    usedCodes.add(code)
    return code
  }
}

async function startControl(
  sts: StrictSts,
  configure: (changes: Changes) => Promise<void>,
): Promise<{ readonly url: string; readonly close: () => void }> {
  let seen = 0
  const answer = async (command: string): Promise<string> => {
    if (command !== 'log') {
      await configure(JSON.parse(command) as Changes)
      return ''
    }
    const log = await sts.log()
    const fresh = log.slice(seen)
    seen = log.length
    return fresh
      .filter(({ operation }) => operation !== null && operation !== 'GetCallerIdentity')
      .map((entry) => `${formatLogEntry(entry)}\n`)
      .join('')
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      answer(Buffer.concat(chunks).toString()).then(
        (text) => response.end(text),
        (error: unknown) => response.end(`sts: ${String(error)}\n`),
      )
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => void server.close() }
}

function formatLogEntry({ operation, signer, signerArn, region, parameters, outcome, status }: LogEntry): string {
  const given = Object.entries(parameters).map(
    ([name, value]) =>
      `${name}=${name === 'TokenCode' ? '…' : typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const by = signerArn === null ? 'nobody' : signerArn.split(':').slice(5).join(':')
  const session = signer === 'session-token' ? "'s session" : ''
  return [
    operation ?? '',
    'by',
    `${by}${session}`,
    'in',
    region ?? 'no region',
    ...given.toSorted(),
    '->',
    outcome ?? String(status),
  ].join(' ')
}

/**
 * Checks what must be true after every command, successful or not:
 *
 * - no secret key, session token or token code on stdout or stderr, nor in any file except the credentials file,
 *   awsmfa's backups and rotations, the caches of the AWS CLI and botocore, and files that the transcript itself wrote;
 * - no stack trace and no internal error;
 * - no lock or temporary file of awsmfa left next to the shared files;
 * - a single awsmfa command that failed, for all of its profiles, did not change the shared files (the prompt cache may
 *   change: any command repairs it).
 */
function createInspector(
  home: TempHome,
  longTerm: readonly string[],
  codes: ReadonlySet<string>,
): NonNullable<TranscriptContext['inspect']> {
  const sessionSecrets = new Set<string>()
  const written = new Set<string>()
  let before: ReadonlyMap<string, string> = new Map()
  return {
    before: (step: TranscriptStep) => {
      if (step.kind === 'set-up') written.add(step.path)
      before = sharedFilesOf(home)
    },
    after: (step: TranscriptCommand, run: TranscriptRun) => {
      for (const secret of sessionSecretsIn(home)) sessionSecrets.add(secret)
      const secrets = [...sessionSecrets, ...longTerm.filter((secret) => secret.length > 16)]
      // These commands print the session on stdout by design.
      const output = /\bawsmfa (?:credential-process|env)\b/.test(step.command)
        ? run.stderr
        : `${run.stdout}\n${run.stderr}`
      const key = cacheKeyOf(home.path)?.bytes.toString('base64')
      const shown = [
        ...[...secrets, ...(key === undefined ? [] : [key])].filter((secret) => output.includes(secret)),
        ...[...codes].filter((code) => new RegExp(`(?<!\\d)${code}(?!\\d)`).test(output)),
      ]
      const after = sharedFilesOf(home)
      const changed =
        /^(?:[A-Z_]+=\S* )*awsmfa [^;&|]*$/.test(step.command) &&
        run.code !== 0 &&
        !/profiles failed|could not be removed from where it is stored/.test(run.stderr) &&
        !isSame(before, after)
      return [
        ...shown.map((secret) => `a secret is printed (${secret.slice(0, 2)}…)`),
        ...(/SigninToken=/.test(run.stderr) ? ['a sign-in URL is printed'] : []),
        ...(/^ {4}at |internal error/m.test(output) ? ['it crashed'] : []),
        ...[...after.keys()].filter((path) => /\.awsmfa-/.test(path)).map((path) => `${path} is left behind`),
        ...(changed ? ['it failed and changed a file'] : []),
        ...findLeaks(home, secrets, codes, written),
      ]
    },
  }
}

function findLeaks(
  home: TempHome,
  secrets: readonly string[],
  codes: ReadonlySet<string>,
  written: ReadonlySet<string>,
): readonly string[] {
  return filesBelow(home.path).flatMap((path) => {
    const name = relative(home.path, path)
    if (
      /^\.bin\/|^\.transcript-|^\.local\/state\/awsmfa\/(?:backups|rotations)\/|^\.aws\/(?:cli|boto)\/cache\/|(?:^|\/)credentials$/.test(
        name,
      ) ||
      written.has(name)
    )
      return []
    const text = readFileSync(path, 'latin1')
    const found = [
      ...secrets.filter((secret) => text.includes(secret)),
      ...[...codes].filter((code) => new RegExp(`(?<![\\da-f])${code}(?![\\da-f])`).test(text)),
    ]
    return found.map(() => `a secret is in ${name}`)
  })
}

function sharedFilesOf(home: TempHome): ReadonlyMap<string, string> {
  return new Map(
    filesBelow(join(home.path, '.aws'))
      .filter((path) => !/\.awsmfa\/[^/]+$/.test(path))
      .map((path) => [relative(home.path, path), readFileSync(path, 'latin1')]),
  )
}

function isSame(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): boolean {
  return before.size === after.size && [...before].every(([path, text]) => after.get(path) === text)
}

/** Returns the secret keys and tokens of all sessions in the shared files and caches. */
function sessionSecretsIn(home: TempHome): readonly string[] {
  const files = [...filesBelow(join(home.path, '.aws')), ...filesBelow(join(home.path, '.cache'))]
  const texts = [
    ...files.map((path) => readFileSync(path, 'latin1')),
    ...encryptedSessions(home.path).map(([, text = '']) => text),
  ]
  return texts.flatMap((text) => {
    const tokens = [...text.matchAll(/(?:aws_session_token\s*=\s*|"sessionToken":\s*")([A-Za-z0-9+/=]{100,})/gi)]
    const secrets = [
      ...text.matchAll(/aws_access_key_id\s*=\s*ASIA\w+\s+aws_secret_access_key\s*=\s*([A-Za-z0-9+/=]{40})/gi),
      ...text.matchAll(/"secretAccessKey":\s*"([^"]+)"/gi),
    ]
    return [...tokens, ...secrets].map(([, secret]) => secret ?? '')
  })
}

function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
