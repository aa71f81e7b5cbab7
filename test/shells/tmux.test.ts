/** The tmux configuration from docs/prompt.md in a real tmux. */
import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { needsProgram } from '../support/outside-program.ts'
import { openPty } from '../support/pty.ts'
import { PRODUCT_LINE, runProgram } from '../support/run-cli.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'

const GUIDE = readFileSync(fileURLToPath(new URL('../../docs/prompt.md', import.meta.url)), 'utf8')
const [, LINES = ''] = /\*\*tmux\*\*[^]*?^```text\n([^]*?)^```$/m.exec(GUIDE) ?? []

let home: TempHome
let environment: Readonly<Record<string, string>>
beforeEach(() => {
  const expiration = new Date(Date.now() + 2 * 3600_000 + 30_000).toISOString().replace(/\.\d+Z$/, 'Z')
  home = createTempHome({
    '.tmux.conf': LINES,
    '.bin/awsmfa': `#!/bin/sh\nexec ${PRODUCT_LINE} "$@"\n`,
    '.aws/credentials': `[work]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\naws_session_token = t\nexpiration = ${expiration}\n`,
  })
  chmodSync(join(home.path, '.bin/awsmfa'), 0o700)
  environment = home.environment({
    TERM: 'xterm',
    TMUX_TMPDIR: home.path,
    SHELL: '/bin/sh',
    PATH: `${join(home.path, '.bin')}:${process.env['PATH'] ?? ''}`,
  })
})
afterEach(() => home.remove())

describe.skipIf(process.platform === 'win32' || !needsProgram('tmux') || !needsProgram('python3'))(
  'tmux with the configuration from docs/prompt.md',
  () => {
    it('shows the time remaining in the status line', async () => {
      expect(LINES).toContain('status-right')
      const pty = await openPty(['tmux', 'new-session'], { environment, cwd: home.path, columns: 120 })
      try {
        await pty.expect(/work 2 ?h/)
        expect(pty.output()).not.toMatch(/not ready|invalid|unknown/)
      } finally {
        // The tmux server keeps running after its terminal is closed. Its socket is in this home.
        await runProgram(['tmux', 'kill-server'], { environment })
        pty.close()
      }
    })
  },
)
