import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from '../support/run-cli.ts'
import type { RunResult } from '../support/run-cli.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

describe.skipIf(process.platform === 'win32')('what V8 compiled is kept between runs', () => {
  let home: TempHome
  beforeEach(() => {
    home = createTempHome()
  })
  afterEach(() => home.remove())

  const folder = (): string => join(home.path, '.cache/awsmfa/code')
  const entries = (): readonly string[] => readdirSync(folder()).map((name) => join(folder(), name))
  const help = async (extra: Readonly<Record<string, string>> = {}): Promise<RunResult> => await runCli(['login', '--help'], { environment: { ...home.environment(), ...extra } })
  const isFine = (result: RunResult): void => {
    expect({ code: result.code, stderr: result.stderr, helps: result.stdout.includes('--token-code CODE') }).toEqual({ code: 0, stderr: '', helps: true })
  }

  it('in private files in a private folder, and used by the next run', async () => {
    isFine(await help())
    expect(statSync(folder()).mode & 0o777).toBe(0o700)
    const before = entries().map((path) => [path, statSync(path).mode & 0o777, statSync(path).mtimeMs])
    expect(before.length).toBeGreaterThan(1)
    expect(new Set(before.map(([, mode]) => mode))).toEqual(new Set([0o600]))
    isFine(await help())
    expect(entries().map((path) => [path, statSync(path).mode & 0o777, statSync(path).mtimeMs])).toEqual(before)
  })

  it.each([['status'], ['login', '--help'], ['credential-process']])('whatever its size: %s keeps once what it uses', async (...words) => {
    home.write('.aws/config', '[default]\nregion = eu-west-1\n')
    const run = async (): Promise<readonly unknown[]> => {
      await runCli(words, { environment: home.environment() })
      return entries().map((path) => [path, statSync(path).ino, statSync(path).mtimeMs])
    }
    expect(await run()).toEqual(await run())
  })

  it('and does no harm when an entry is cut short or is rubbish', async () => {
    isFine(await help())
    for (const [index, path] of entries().entries()) {
      if (!statSync(path).isFile()) continue
      if (index % 2 === 0) truncateSync(path, 100)
      else writeFileSync(path, 'rubbish')
    }
    isFine(await help())
    isFine(await help())
  })

  it('but not taken from, nor put into, a folder that others can write', async () => {
    mkdirSync(folder(), { recursive: true })
    chmodSync(folder(), 0o777)
    isFine(await help())
    expect(readdirSync(folder())).toEqual([])
  })

  it('and an entry that others can write is not taken', async () => {
    isFine(await help())
    for (const path of entries()) {
      writeFileSync(path, 'rubbish')
      chmodSync(path, 0o666)
    }
    isFine(await help())
    expect(entries().every((path) => readFileSync(path, 'latin1') !== 'rubbish' && (statSync(path).mode & 0o777) === 0o600)).toBe(true)
  })

  it.skipIf(process.getuid?.() !== 0)('and root leaves nothing in the home of another, nor folders that this person cannot use', async () => {
    chownSync(home.path, 65_534, 65_534)
    isFine(await help())
    expect(readdirSync(folder())).toEqual([])
    expect(['.cache', '.cache/awsmfa', '.cache/awsmfa/code'].map((name) => statSync(join(home.path, name)).uid)).toEqual([65_534, 65_534, 65_534])
  })

  it('unless it is switched off, or the folder cannot be made', async () => {
    isFine(await help({ AWSMFA_NO_CODE_CACHE: '1' }))
    writeFileSync(join(home.path, 'file'), '')
    isFine(await help({ XDG_CACHE_HOME: join(home.path, 'file') }))
    expect(existsSync(folder())).toBe(false)
  })

  it('and for status what status uses, whatever ran first', async () => {
    home.write('.aws/config', '[default]\nregion = eu-west-1\n')
    await runCli(['--version'], { environment: home.environment() })
    const others = entries()
    expect((await runCli(['status'], { environment: home.environment() })).code).toBe(4)
    const made = entries().filter((path) => !others.includes(path))
    expect(made).toEqual([expect.stringMatching(/\/front-[^/]*-status$/)])
    expect(statSync(made[0] ?? '').size).toBeGreaterThan(statSync(others[0] ?? '').size)
  })
})
