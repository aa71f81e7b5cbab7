/** Output through a pipe, also when its reader has closed it. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { startOfDriver } from '../support/drivers.ts'
import { needsProgram } from '../support/outside-program.ts'

/** Counts the bytes on its stdin, but lets the pipe fill first, so that writers get EAGAIN. */
const READS_WHEN_FULL = `import fcntl, struct, sys, termios
while struct.unpack("i", fcntl.ioctl(0, termios.FIONREAD, bytes(4)))[0] < 60000: pass
print(len(sys.stdin.buffer.read()))`

describe.skipIf(!needsProgram('bash'))('data on stdout', { timeout: 30_000 }, () => {
  let line = ''
  beforeAll(async () => {
    line = (await startOfDriver('ask-at-terminal')).map((word) => `'${word}'`).join(' ')
  })
  const shell = async (text: string): Promise<{ readonly stdout: string; readonly stderr: string }> =>
    promisify(execFile)('bash', ['--norc', '-c', text.replaceAll('FLOOD', `${line} flood`)], {
      env: { PATH: process.env['PATH'] ?? '' },
      maxBuffer: 10_000_000,
      timeout: 20_000,
    })

  it('arrives whole through a pipe', async () => {
    const { stdout, stderr } = await shell('FLOOD')
    expect({ stdout, stderr }).toEqual({ stdout: `${'x'.repeat(1_000_000)}result undefined\n`, stderr: '' })
  })

  it.skipIf(!needsProgram('python3'))(
    'arrives whole through a pipe that another process made non-blocking',
    async () => {
      const { stdout } = await shell(
        `{ python3 -c 'import os; os.write(1, b"first\\n"); os.set_blocking(1, False)'; FLOOD; } | python3 -c '${READS_WHEN_FULL}'`,
      )
      expect(stdout.trim()).toBe(`${'first\n'.length + 1_000_000 + 'result undefined\n'.length}`)
    },
  )

  it('ends quietly and well when the reader goes away', async () => {
    const { stdout, stderr } = await shell('FLOOD | head -c 1; echo " ${PIPESTATUS[0]}"')
    expect({ stdout, stderr }).toEqual({ stdout: 'x 0\n', stderr: '' })
  })

  it.skipIf(!existsSync('/dev/full'))('that finds no room is a failure', async () => {
    await expect(shell('FLOOD > /dev/full')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('STDOUT_UNWRITABLE') as string,
    })
  })
})
