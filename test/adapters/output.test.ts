import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundleScript } from '../support/bundle-script.ts'
import { needsProgram } from '../support/outside-program.ts'

describe.skipIf(!needsProgram('bash'))('data on stdout', { timeout: 30_000 }, () => {
  let script = ''
  beforeAll(async () => {
    script = await bundleScript(new URL('../support/ask-at-terminal.ts', import.meta.url))
  })
  const shell = async (line: string): Promise<{ readonly stdout: string; readonly stderr: string }> =>
    promisify(execFile)('bash', ['--norc', '-c', line.replaceAll('NODE', `'${process.execPath}'`).replaceAll('FLOOD', `'${process.execPath}' '${script}' flood`)], {
      env: { PATH: process.env['PATH'] ?? '' },
      maxBuffer: 10_000_000,
      timeout: 20_000,
    })

  it('arrives whole through a pipe', async () => {
    const { stdout, stderr } = await shell('FLOOD')
    expect({ stdout, stderr }).toEqual({ stdout: `${'x'.repeat(1_000_000)}result undefined\n`, stderr: '' })
  })

  it('arrives whole through a pipe that another process made non-blocking', async () => {
    // Node makes its pipes non-blocking, and the open pipe keeps that after the first program has ended.
    const { stdout } = await shell(`{ NODE -e 'process.stdout.write("first\\n")'; FLOOD; } | wc -c`)
    expect(stdout.trim()).toBe(`${'first\n'.length + 1_000_000 + 'result undefined\n'.length}`)
  })

  it('ends quietly and well when the reader goes away', async () => {
    const { stdout, stderr } = await shell('FLOOD | head -c 1; echo " ${PIPESTATUS[0]}"')
    expect({ stdout, stderr }).toEqual({ stdout: 'x 0\n', stderr: '' })
  })

  it.skipIf(!existsSync('/dev/full'))('that finds no room is a failure', async () => {
    await expect(shell('FLOOD > /dev/full')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('STDOUT_UNWRITABLE') as string })
  })
})
