/** Runs a tool once in a home of its own, and reports its result and the identity that STS saw. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from '../../support/run-cli.ts'
import type { RunResult } from '../../support/run-cli.ts'
import type { LogEntry, StrictSts } from '../../support/strict-sts/client.ts'
import type { Stage } from './moments.ts'
import type { Tool } from './tools.ts'

/**
 * - answer: `quiet`: it worked without a question; `asks`: it wanted a code; `refused`: it never asks, and STS refused
 *   what it did; `rejects`: it takes a profile that is its own source for a circle; `fails`: none of these, which is no
 *   answer but a fault of the tool, the suite or awsmfa
 * - identity: who STS took it for, without the name of a role session; empty where it did not get that far
 * - words: its output, for test failures; log: its requests to STS
 */
export interface Observation {
  readonly answer: 'quiet' | 'asks' | 'refused' | 'rejects' | 'fails'
  readonly identity: string
  readonly words: string
  readonly log: readonly LogEntry[]
}

/** Runs `tool` with `profile` in a copy of the home, so that tools do not see each other's files. */
export async function observe(tool: Tool, profile: string, stage: Stage): Promise<Observation> {
  const own = mkdtempSync(join(tmpdir(), 'awsmfa-tool-'))
  try {
    cpSync(stage.home.path, own, { recursive: true, preserveTimestamps: true })
    if (tool.way === 'proxy') leadProcessToSts(join(own, '.aws', 'config'), stage.sts)
    return await observeIn(own, tool, profile, stage)
  } finally {
    rmSync(own, { recursive: true, force: true, maxRetries: 10 })
  }
}

/** Where the tests leave what docs/compatibility.md is written from. */
export const RESULTS = fileURLToPath(new URL('../../../build/interop/results/', import.meta.url))

/** The number of concurrent processes. */
const PROCESSES = 10

/** The result of many processes: the identity of each request that STS answered, and the output of failed ones. */
export interface ManyObserved {
  readonly identities: readonly string[]
  readonly words: string
}

/** Runs ten processes of `tool` concurrently in one home. */
export async function observeMany(tool: Tool, profile: string, stage: Stage): Promise<ManyObserved> {
  const { argv } = tool
  if (argv === undefined) throw new Error(`${tool.name} is not on this machine`)
  const own = mkdtempSync(join(tmpdir(), 'awsmfa-tool-'))
  try {
    cpSync(stage.home.path, own, { recursive: true, preserveTimestamps: true })
    if (tool.way === 'proxy') leadProcessToSts(join(own, '.aws', 'config'), stage.sts)
    const earlier = (await stage.sts.log()).length
    const environment = environmentFor(
      tool,
      profile,
      stage.home.environment({ HOME: own, USERPROFILE: own }),
      stage.sts,
    )
    const results = await Promise.all(
      Array.from(
        { length: PROCESSES },
        async () => await runProgram(argv(profile), { environment, cwd: own, limitMs: 240_000 }),
      ),
    )
    const log = (await stage.sts.log()).slice(earlier)
    const identities = log
      .filter(({ operation, outcome }) => operation === 'GetCallerIdentity' && outcome === 'OK')
      .map(identityOf)
    return {
      identities,
      words: results
        .filter(({ code }) => code !== 0)
        .map(({ stdout, stderr }) => `${stdout}${stderr}`)
        .join('\n'),
    }
  } finally {
    rmSync(own, { recursive: true, force: true, maxRetries: 10 })
  }
}

/** Gives credential processes the endpoint of the login: a tool with a proxy calls AWS's own endpoint. */
function leadProcessToSts(config: string, sts: StrictSts): void {
  const variables = Object.entries(sts.environment()).filter(([name]) => name.startsWith('AWS_ENDPOINT_URL'))
  const words = variables.map(([name, value]) => `${name}=${value}`).join(' ')
  writeFileSync(
    config,
    readFileSync(config, 'utf8').replaceAll(/^credential_process = /gm, `credential_process = env ${words} `),
  )
}

/** Like `observe`, in a home that the tool may change. No other requests to the same STS may run meanwhile. */
export async function observeIn(own: string, tool: Tool, profile: string, { sts, home }: Stage): Promise<Observation> {
  if (tool.argv === undefined) throw new Error(`${tool.name} is not on this machine`)
  const earlier = (await sts.log()).length
  const environment = environmentFor(tool, profile, home.environment({ HOME: own, USERPROFILE: own }), sts)
  const result = await runProgram(tool.argv(profile), { environment, cwd: own, limitMs: 240_000 })
  return judge(tool, result, (await sts.log()).slice(earlier))
}

function judge(tool: Tool, result: RunResult, log: readonly LogEntry[]): Observation {
  const words = `${result.stdout}${result.stderr}`
  const seen = log.findLast(({ operation, outcome }) => operation === 'GetCallerIdentity' && outcome === 'OK')
  const found = { identity: identityOf(seen), words, log }
  const isDone = tool.printsArn ? result.code === 0 && result.stdout.trim() === seen?.signerArn : seen !== undefined
  if (isDone) return { ...found, answer: 'quiet' }
  if (tool.asks.test(words)) return { ...found, answer: 'asks' }
  if (/Circular relationship detected with profiles/.test(words)) return { ...found, answer: 'rejects' }
  const last = log.at(-1)
  return { ...found, answer: last?.operation === 'AssumeRole' && last.outcome === 'AccessDenied' ? 'refused' : 'fails' }
}

/** `alice (111111111111, MFA)`, `role Admin (222222222222)`. */
function identityOf(seen: LogEntry | undefined): string {
  if (seen === undefined) return ''
  const [, account = '', name = ''] = /^arn:aws:(?:iam|sts)::(\d+):(.+)$/.exec(seen.signerArn ?? '') ?? []
  const role = /^assumed-role\/([^/]+)\//.exec(name)?.[1]
  if (role !== undefined) return `role ${role} (${account})`
  return `${name.replace(/^user\//, '')} (${account}${seen.isMfaPresent ? ', MFA' : ''})`
}

/** No telemetry and no notices. Requests to other hosts than loopback go to a closed port. */
const NO_TELEMETRY = {
  AWS_PAGER: '',
  SAM_CLI_TELEMETRY: '0',
  CDK_DISABLE_CLI_TELEMETRY: 'true',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
}
const DEAD_PROXY = { HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1,localhost' }

/** Returns the environment of a tool that is run with a profile. `bare` has its home. */
export function environmentFor(
  tool: Tool,
  profile: string,
  bare: Record<string, string>,
  sts: StrictSts,
): Record<string, string> {
  const base = { ...bare, ...NO_TELEMETRY, ...tool.environment?.(profile) }
  if (tool.way === 'endpoint') return { ...base, ...sts.environment(), ...DEAD_PROXY }
  const throughProxy = { ...base, HTTPS_PROXY: sts.proxyUrl ?? '', AWS_CA_BUNDLE: sts.caPemPath ?? '' }
  return Object.fromEntries(Object.entries(throughProxy).filter(([name]) => !name.startsWith('AWS_ENDPOINT_URL')))
}

/** Returns the number of requests with a token code. */
export function countCodes(log: readonly LogEntry[]): number {
  return log.filter(({ parameters }) => 'TokenCode' in parameters).length
}
