/** Which format `awsmfa env` prints where none is asked for. */
import { describe, expect, it } from 'vitest'
import { defaultFormat } from '../../src/commands/env.ts'

describe('the default format of env', () => {
  it.each([
    { where: 'Linux and macOS', isWindows: false, environment: { SHELL: '/bin/zsh' }, format: 'env' },
    { where: 'a container without SHELL', isWindows: false, environment: {}, format: 'env' },
    {
      where: 'PowerShell and cmd',
      isWindows: true,
      environment: { PSModulePath: 'C:\\Modules' },
      format: 'powershell',
    },
    { where: 'an empty SHELL', isWindows: true, environment: { SHELL: '' }, format: 'powershell' },
    { where: 'Git Bash', isWindows: true, environment: { SHELL: '/usr/bin/bash', MSYSTEM: 'MINGW64' }, format: 'env' },
  ])('$where: $format', ({ isWindows, environment, format }) => {
    expect(defaultFormat({ isWindows, environment })).toBe(format)
  })
})
