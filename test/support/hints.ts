/**
 * Runs the commands that hints name, in the situation in which they were printed: the same home, the same variables and
 * the same STS, all of which are afterwards as if nothing had run. Nobody can be asked, so that a hint may end at a
 * question; it must not be refused, nor find nothing to do.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isCommandName } from '../../src/model/invocation.ts'
import { keyIdFor, secretFor } from './strict-sts/worlds.ts'
import { runProgram } from './run-cli.ts'
import type { RunResult } from './run-cli.ts'
import type { TempHome } from './temp-home.ts'

/** Returns the command lines in a message: at its beginning, after a colon, or after another one and `or`. */
export function commandLinesIn(text: string): readonly string[] {
  return [...text.matchAll(/(?:^|: |, or |; |then )(?=awsmfa )(?<line>(?:'[^']*'|\\'|(?!, or |; |: )[^'])+)/g)]
    .map(({ groups }) => groups?.['line'] ?? '')
    .map((line) => line.replace(/, (?:then|and) .*|\)$/, '').trim())
    .filter((line) => isCommandName(line.split(' ')[1] ?? ''))
}

/** How a hint may fail, by its error, and why that is no fault of the hint. `hint`: for these lines only. */
const NEEDS: readonly { readonly error: RegExp; readonly hint?: RegExp; readonly because: string }[] = [
  { error: /no terminal to prompt on|stdin is closed/, because: 'PROMPT_UNAVAILABLE: somebody must type' },
  { error: /is not signed in$/m, because: 'SESSION_MISSING: somebody must type a token code, which login asks for' },
  { error: /^awsmfa: error: token code not accepted/m, because: 'TOKEN_CODE_REJECTED: 123456 stands for a code' },
  { error: /^awsmfa: error: no MFA device set/m, because: 'MFA_SERIAL_MISSING: somebody must look up the device' },
  {
    error: /two access keys, which is the maximum/,
    because: 'ROTATION_REFUSED: somebody must choose the one to delete',
  },
  { error: /may be the one whose response was lost/, because: 'ROTATION_REFUSED: it is confirmed in a terminal' },
  {
    error: /does not accept the new access key/,
    because: 'KEY_NOT_READY: AWS takes a while, and the clock stands still',
  },
  { error: /is unknown to AWS/, hint: /team\/ops/, because: 'CREDENTIALS_REJECTED: that access key is made up' },
  {
    error: /the access key \S+ is not in/,
    hint: /--force$/,
    because: 'KEYS_MISSING: the transcript has moved the file away',
  },
  { error: /error: (?:ykman|.*YubiKey)/, because: 'YUBIKEY_FAILED: there is no YubiKey here' },
  {
    error: /contains long-term credentials/,
    hint: /^awsmfa login default$/,
    because: 'the hint says that it shows why default cannot sign in',
  },
  {
    error: /has several MFA devices/,
    hint: /^awsmfa setup /,
    because: 'MFA_SERIAL_AMBIGUOUS: in a terminal, setup asks which one',
  },
  { error: /token command .* failed/, because: 'TOKEN_COMMAND_FAILED: the program that it names asks a person' },
  { error: /profile 'default' not found/, hint: /awsmfa exec --/, because: 'in a terminal, exec shows a list' },
]

/** What a command says that finds nothing to do. */
const NOTHING = /note: (?:nothing |no |'[^']*' is (?:not signed in|already))|already signed in/

/** Messages whose hints are examples, for which nothing to do is fine. */
const EXAMPLES = /no profile given|no profile is named/

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  ARN: 'arn:aws:iam::222222222222:role/Admin',
  BASE: 'hinted',
  CODE: '123456',
  NAME: 'another',
  PROFILE: 'another',
  SERIAL: 'arn:aws:iam::111111111111:mfa/alice',
  STORE: 'file',
}

/** The profile that a hint means which speaks of another one. */
const HINTED = `\n[hinted]\naws_access_key_id = ${keyIdFor('111111111111')}\naws_secret_access_key = ${secretFor('arn:aws:iam::111111111111:user/alice')}\n`

/** Returns the line with something for each word in capitals, and with a harmless program after `exec --`. */
function filledIn(line: string): string {
  return line
    .replace(/^(awsmfa exec .*)?-- .*$/, (_, exec: string | undefined) => (exec === undefined ? _ : `${exec}-- true`))
    .replace('--source-profile NAME', '--source-profile BASE')
    .replace(/(?<= )[A-Z]{2,}(?= |$)/g, (word) => PLACEHOLDERS[word] ?? word)
}

/** What a command of a transcript sets in its environment: it holds for the hints, too. */
function environmentOf(command: string): string {
  return /^(?:env (?:-u [A-Z_0-9]+ )+)?(?:[A-Z_0-9]+=(?:'[^']*'|"[^"]*"|[^\s'"])* )*/.exec(command)?.[0] ?? ''
}

/** Returns the command lines in a hint. One to complete, or for after something else, is not for now. */
function hintedLines(row: string): readonly string[] {
  const [, text = ''] = /^awsmfa: hint: (.*)$/.exec(row) ?? []
  return /\bthen: awsmfa |…/.test(text) ? [] : commandLinesIn(text)
}

/** Everything that a hint may change. */
interface Situation {
  readonly home: TempHome
  readonly environment: Readonly<Record<string, string>>
  /** Keeps the state of STS and returns what restores it. */
  readonly keepServer: () => Promise<() => Promise<void>>
}

/** Returns what runs the hints on a command's stderr, each once for a state of `~/.aws`, and returns what is wrong. */
export function hintRunner(situation: Situation): (command: string, stderr: string) => Promise<readonly string[]> {
  const seen = new Set<string>()
  return async (command, stderr) => {
    const environment = environmentOf(command)
    const state = stateOf(situation.home)
    const hints = stderr
      .split('\n')
      .flatMap(hintedLines)
      .map((line) => ({ line, run: `${environment}${filledIn(line)}` }))
      .filter(({ run }) => !seen.has(`${run}\0${state}`) && seen.add(`${run}\0${state}`))
    const wrong: string[] = []
    for (const { line, run } of hints) {
      const result = await runApart(run, situation)
      const why = whyDead(line, result, stderr)
      if (why !== undefined) wrong.push(`dead hint: ${run}: ${why}\n${result.stderr}`)
    }
    return wrong
  }
}

/** Returns why a hint is no help; undefined if it is. `before`: what was printed with it. */
function whyDead(hint: string, { code, stderr }: RunResult, before: string): string | undefined {
  if (NOTHING.test(stderr) && !EXAMPLES.test(before)) return 'it finds nothing to do'
  // doctor: it has findings.
  const error = /^awsmfa: error: .*$/m.exec(stderr)?.[0]
  if (code === 0 || (error === undefined && code === 1 && hint.startsWith('awsmfa doctor'))) return undefined
  const isExcused = NEEDS.some((need) => need.error.test(stderr) && (need.hint?.test(hint) ?? true))
  return isExcused ? undefined : `it fails with ${String(code)}`
}

async function runApart(line: string, { home, environment, keepServer }: Situation): Promise<RunResult> {
  const original = `${home.path}.original`
  const restoreServer = await keepServer()
  renameSync(home.path, original)
  try {
    execFileSync('cp', ['-a', original, home.path])
    const credentials = join(home.path, '.aws', 'credentials')
    if (/ hinted(?= |$)/.test(line) && isFile(credentials)) appendFileSync(credentials, HINTED)
    return await runProgram(['/bin/sh', '-c', line], {
      environment: { BROWSER: 'true', ...environment },
      cwd: home.path,
    })
  } finally {
    rmSync(home.path, { recursive: true, force: true, maxRetries: 10 })
    renameSync(original, home.path)
    await restoreServer()
  }
}

/** Returns a checksum of both files; of a FIFO or socket, which would block, nothing. */
function stateOf(home: TempHome): string {
  const hash = createHash('sha256')
  for (const name of ['credentials', 'config']) {
    const path = join(home.path, '.aws', name)
    hash.update(isFile(path) ? readFileSync(path) : 'none')
  }
  return hash.digest('hex')
}

function isFile(path: string): boolean {
  // Not statSync, which throws for a loop of links.
  return existsSync(path) && statSync(path).isFile()
}
