/**
 * `awsmfa setup` and `awsmfa undo`, as built, with a fault at each of their writing calls on files. They use the write
 * protocol of login and logout, which are also killed at every other call (login.test.ts, logout.test.ts).
 */
import { existsSync, readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { killAtEveryWritingCall, failEveryWritingCall, failEveryWritingCallInTurn } from '../support/fault-sweep.ts'
import type { SweepTarget } from '../support/fault-sweep.ts'
import { isFileWork } from '../support/login-homes.ts'
import { needsProgram } from '../support/outside-program.ts'
import { PRODUCT, runCli } from '../support/run-cli.ts'
import type { RunResult } from '../support/run-cli.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const IS_FULL = (process.env['FULL_SWEEP'] ?? '') !== ''
const SERIAL = 'arn:aws:iam::111111111111:mfa/alice'
const KEYS =
  'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n'
const ROLE = 'region = eu-west-1\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = work\n'
const PADDING = `# ${'-'.repeat(5_000)}\n`
const OLD = {
  config: `${PADDING}[profile work]\nregion = eu-west-1\n[profile admin]\n${ROLE}mfa_serial = ${SERIAL}\n`,
  credentials: `${PADDING}[work]\n${KEYS}`,
}
const NEW = {
  config: `${PADDING}[profile work]\nregion = eu-west-1\nawsmfa_mfa_serial = ${SERIAL}\n[profile admin]\n${ROLE}`,
  credentials: `${PADDING}[work-long-term]\n${KEYS}`,
}
const ERRORS = ['ENOSPC', 'EIO', 'EACCES', 'EBUSY', 'EXDEV', 'EPERM']

interface SetupTarget extends SweepTarget {
  readonly home: TempHome
}

describe.skipIf(!needsProgram('strace'))('promise 2: nothing is ever lost when', { timeout: 600_000 }, () => {
  const homes: TempHome[] = []
  afterEach(() => homes.splice(0).forEach((home) => home.remove()))

  const targetOf = (home: TempHome, command: string): SetupTarget => {
    age(home)
    const paths = ['.aws', '.local'].map((folder) => join(home.path, folder))
    return {
      home,
      argv: [...PRODUCT, command, ...(command === 'setup' ? ['work'] : []), '--yes'],
      env: home.environment(),
      paths,
    }
  }
  const beforeSetup = (): SetupTarget => {
    const home = createTempHome({ '.aws/config': OLD.config, '.aws/credentials': OLD.credentials })
    homes.push(home)
    return targetOf(home, 'setup')
  }
  const beforeUndo = async (): Promise<SetupTarget> => {
    const target = beforeSetup()
    expect(await run(target, 'setup', 'work')).toMatchObject({ code: 0 })
    return targetOf(target.home, 'undo')
  }

  /** Expects each file to be the old one or the new one. The credentials file is written last. */
  function expectWholeFiles(target: SetupTarget, order: readonly (typeof OLD)[]): void {
    const { config, credentials } = filesOf(target)
    const [first, last] = order
    expect(order.map((files) => files.config)).toContain(config)
    expect(order.map((files) => files.credentials)).toContain(credentials)
    if (credentials === last?.credentials) expect(config).toBe(last.config)
    if (config === first?.config) expect(credentials).toBe(first.credentials)
  }

  /** Expects undo and then setup to work after the fault, and to leave nothing behind. */
  async function expectNextRunsToWork(target: SetupTarget): Promise<void> {
    age(target.home)
    expect(await run(target, 'undo')).toMatchObject({ code: 0, stdout: '' })
    expect(filesOf(target)).toEqual(OLD)
    expect(await run(target, 'setup', 'work')).toMatchObject({ code: 0 })
    expect(filesOf(target)).toEqual(NEW)
    expect(readdirSync(join(target.home.path, '.aws')).toSorted()).toEqual(['config', 'credentials'])
    expect(backupsOf(target)).toHaveLength(1)
  }

  it.each([
    { what: 'setup', prepare: beforeSetup, order: [OLD, NEW] },
    { what: 'undo', prepare: beforeUndo, order: [NEW, OLD] },
  ])(
    '$what is killed at any writing call: each file is the old one or the new one, and setup and undo work afterwards',
    async ({ prepare, order }) => {
      const { counted, faulted } = await killAtEveryWritingCall<SetupTarget>({
        prepare,
        isIncluded: isFileWork,
        check: (target) => expectWholeFiles(target, order),
        runAgain: expectNextRunsToWork,
      })
      expect(counted).toBeGreaterThan(20)
      expect(faulted).toBe(counted)
    },
  )

  const failWrites = IS_FULL ? failEveryWritingCall : failEveryWritingCallInTurn
  it.each([
    { what: 'setup', prepare: beforeSetup, order: [OLD, NEW] },
    { what: 'undo', prepare: beforeUndo, order: [NEW, OLD] },
  ])(
    '$what cannot make a writing call: it reports that, and both files are changed or neither is',
    async ({ prepare, order: [before, after] }) => {
      const { counted, faulted } = await failWrites<SetupTarget>(
        {
          prepare,
          isIncluded: isFileWork,
          check: (target, { status, stdout, stderr }) => {
            expect(stdout).toBe('')
            expect(stderr).not.toMatch(/fault of awsmfa|\n {4}at |wJalrXUt/)
            expect([status, filesOf(target)]).toEqual(status === 0 ? [0, after] : [1, before])
          },
          runAgain: expectNextRunsToWork,
        },
        ERRORS,
      )
      expect(counted).toBeGreaterThan(20)
      expect(faulted).toBe(counted)
    },
  )
})

function run({ home }: SetupTarget, ...words: readonly string[]): Promise<RunResult> {
  return runCli([...words, '--yes'], { environment: home.environment() })
}

function filesOf({ home }: SetupTarget): typeof OLD {
  return { config: home.read('.aws/config').toString(), credentials: home.read('.aws/credentials').toString() }
}

function backupsOf({ home }: SetupTarget): readonly string[] {
  const folder = join(home.path, '.local/state/awsmfa/backups')
  return existsSync(folder) ? readdirSync(folder) : []
}

/** Makes all files an hour old, so that none looks as if it is being written. */
function age(home: TempHome): void {
  const anHourAgo = new Date(Date.now() - 3_600_000)
  for (const folder of ['.aws', '.local']) {
    if (!existsSync(join(home.path, folder))) continue
    for (const entry of readdirSync(join(home.path, folder), { recursive: true, withFileTypes: true }))
      if (entry.isFile()) utimesSync(join(entry.parentPath, entry.name), anHourAgo, anHourAgo)
  }
}
