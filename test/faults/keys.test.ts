/**
 * `awsmfa keys move`, as built, killed at each of its writing calls on files: the key is in its old place, in the new
 * one or in both, and the next move finishes. Then the secret is nowhere in plain text, not in older backups either.
 */
import { cpSync, readFileSync, readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEncryptedFileStore } from '../../src/keys/encrypted-file.ts'
import { killAtEveryWritingCall, failEveryWritingCallInTurn } from '../support/fault-sweep.ts'
import type { SweepTarget } from '../support/fault-sweep.ts'
import { isFileWork } from '../support/login-homes.ts'
import { needsProgram } from '../support/outside-program.ts'
import { PRODUCT, runCli } from '../support/run-cli.ts'
import type { RunResult } from '../support/run-cli.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

/** Every second call in CI, and here every sixth: each run asks scrypt for a key, which takes 0.4 s. */
const STEP = (process.env['FULL_SWEEP'] ?? '') === '' ? 6 : 2
const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
const PAIR = `aws_access_key_id = ${KEYS.accessKeyId}\naws_secret_access_key = ${KEYS.secretAccessKey}\n`
const CONFIG = '[profile work]\nregion = eu-west-1\nawsmfa_mfa_serial = arn:aws:iam::111111111111:mfa/alice\n'
const OLD = { config: CONFIG, credentials: `# mine\n[work-long-term]\n${PAIR}[other]\nkey = value\n` }
const NEW = {
  config: `${CONFIG}\n[profile work-long-term]\nawsmfa_keys = encrypted-file\nawsmfa_key_id = ${KEYS.accessKeyId}\n`,
  credentials: '# mine\n[other]\nkey = value\n',
}
const ERRORS = ['ENOSPC', 'EIO', 'EACCES', 'EPERM']

interface MoveTarget extends SweepTarget {
  readonly home: TempHome
}

describe.skipIf(!needsProgram('strace'))('promise 2: no access key is ever lost when', { timeout: 900_000 }, () => {
  const homes: TempHome[] = []
  afterEach(() => homes.splice(0).forEach((home) => home.remove()))

  const openHome = (files?: Parameters<typeof createTempHome>[0]): TempHome => {
    const home = createTempHome(files)
    homes.push(home)
    return home
  }
  const targetOf = (home: TempHome): MoveTarget => ({
    home,
    argv: [...PRODUCT, 'keys', 'move', 'work', '--to', 'encrypted-file', '--yes'],
    env: home.environment({ AWSMFA_PASSPHRASE_COMMAND: 'echo sesame' }),
    paths: ['.aws', '.local', '.config'].map((folder) => join(home.path, folder)),
  })

  /** A home in which setup has moved the key, so that a backup has its secret. */
  let afterSetup: TempHome
  beforeEach(async () => {
    afterSetup = openHome({
      '.aws/config': CONFIG.replace('awsmfa_mfa_serial', 'mfa_serial'),
      '.aws/credentials': `# mine\n[work]\n${PAIR}[other]\nkey = value\n`,
    })
    expect(await run(targetOf(afterSetup), 'setup', 'work', '--yes')).toMatchObject({ code: 0 })
    expect(filesOf(targetOf(afterSetup))).toEqual(OLD)
  })

  function beforeMove(): MoveTarget {
    const home = openHome()
    cpSync(afterSetup.path, home.path, { recursive: true })
    age(home)
    return targetOf(home)
  }

  function expectWholeFiles(target: MoveTarget): void {
    const { config, credentials } = filesOf(target)
    expect([OLD.config, NEW.config]).toContain(config)
    expect([OLD.credentials, NEW.credentials]).toContain(credentials)
    // The credentials file is written last.
    if (credentials === NEW.credentials) expect(config).toBe(NEW.config)
  }

  async function expectNextMoveToFinish(target: MoveTarget): Promise<void> {
    const isMoved = filesOf(target).credentials === NEW.credentials
    if (isMoved) expect(await keysInStore(target)).toEqual(KEYS)
    age(target.home)
    expect(await run(target, ...target.argv.slice(PRODUCT.length))).toMatchObject({ code: 0, stdout: '' })
    expect(filesOf(target)).toEqual(NEW)
    if (!isMoved) expect(await keysInStore(target)).toEqual(KEYS)
    expect(filesWith(target.home, KEYS.secretAccessKey)).toEqual([])
    // A move that has nothing left to do takes no lock, and so sweeps nothing: a lock, or what a trial has left.
    const leftover = isMoved ? /\.awsmfa-(lock|\d+-[0-9a-f]{12})/ : /\.awsmfa-lock/
    const names = readdirSync(join(target.home.path, '.aws')).filter((name) => !leftover.test(name))
    expect(names.toSorted()).toEqual(['config', 'credentials'])
  }

  it('a move is killed at any writing call', async () => {
    const { counted, faulted } = await killAtEveryWritingCall<MoveTarget>({
      prepare: beforeMove,
      isIncluded: (call, index) => isFileWork(call) && index % STEP === 0,
      check: expectWholeFiles,
      runAgain: expectNextMoveToFinish,
    })
    expect(counted).toBeGreaterThan(20 / STEP)
    expect(faulted).toBe(counted)
  })

  it('a move cannot make a writing call: it reports that, and nothing is half moved', async () => {
    const { counted, faulted } = await failEveryWritingCallInTurn<MoveTarget>(
      {
        prepare: beforeMove,
        // A pipe that cannot be written to ends any program that runs on libuv.
        isIncluded: (call, index) => isFileWork(call) && !call.line.includes('<pipe:') && index % STEP === 1,
        check: (target, { status, stdout, stderr }) => {
          expect(stdout).toBe('')
          expect(stderr).not.toMatch(/fault of awsmfa|\n {4}at |wJalrXUt/)
          expect([status, filesOf(target)]).toEqual(status === 0 ? [0, NEW] : [1, OLD])
        },
        runAgain: expectNextMoveToFinish,
      },
      ERRORS,
    )
    expect(counted).toBeGreaterThan(20 / STEP)
    expect(faulted).toBe(counted)
  })
})

async function keysInStore({ home }: MoveTarget): Promise<unknown> {
  const store = createEncryptedFileStore({
    configFolder: join(home.path, '.config/awsmfa'),
    passphrase: {
      ask: () => Promise.resolve({ text: 'sesame', isTyped: false }),
      askNew: () => Promise.reject(new Error('unexpected')),
    },
    known: [],
  })
  return await store.find(KEYS.accessKeyId, new AbortController().signal)
}

function run({ env }: MoveTarget, ...words: readonly string[]): Promise<RunResult> {
  return runCli(words, { environment: env as Record<string, string> })
}

function filesOf({ home }: MoveTarget): typeof OLD {
  return { config: home.read('.aws/config').toString(), credentials: home.read('.aws/credentials').toString() }
}

function filesIn(home: TempHome): readonly string[] {
  return readdirSync(home.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

function filesWith(home: TempHome, text: string): readonly string[] {
  return filesIn(home).filter((path) => readFileSync(path).includes(text))
}

/** Makes all files an hour old, so that none looks as if it is being written. */
function age(home: TempHome): void {
  const anHourAgo = new Date(Date.now() - 3_600_000)
  for (const path of filesIn(home)) utimesSync(path, anHourAgo, anHourAgo)
}
