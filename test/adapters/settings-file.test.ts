import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readSettingsFile } from '../../src/adapters/settings-file.ts'

describe("awsmfa's own settings", () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'awsmfa-settings-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  const write = (text: string): void => writeFileSync(join(folder, 'config.ini'), text)

  it('are none where there is no file, and none in an empty one', async () => {
    expect(await readSettingsFile(join(folder, 'nowhere'))).toEqual({})
    write('\n\n')
    expect(await readSettingsFile(folder)).toEqual({})
  })

  it('are text whatever they look like', async () => {
    write('; comment\nduration = 3600\nmin_ttl="45m"\n')
    expect(await readSettingsFile(folder)).toMatchObject({ duration: { value: '3600', place: { line: 2 } }, min_ttl: { value: '45m', place: { path: join(folder, 'config.ini'), line: 3 } } })
  })

  it.each([
    ['duratoin = 12h\n', { key: 'duratoin', line: 1, nearest: 'duration' }],
    ['duration = 1h\n\n[profile x]\nduration = 2h\n', { key: 'profile x', line: 3 }],
  ])('are refused with the line and the nearest name: %j', async (text, facts) => {
    write(text)
    const problem = { kind: 'unknown-setting', path: join(folder, 'config.ini'), ...facts }
    await expect(readSettingsFile(folder)).rejects.toMatchObject({ failure: { code: 'USAGE', problem } })
  })

  it('that cannot be read are an error', async () => {
    mkdirSync(join(folder, 'config.ini'))
    await expect(readSettingsFile(folder)).rejects.toMatchObject({ failure: { code: 'SETTINGS_UNREADABLE', errno: 'EISDIR' } })
  })
})
