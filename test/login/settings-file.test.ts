/** Reading awsmfa's own settings file. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isWindows } from '../support/on-windows.ts'
import { readSettingsFile } from '../../src/login/settings-file.ts'
import { SETTINGS_FILES } from '../../src/platform/paths.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import type { Failure } from '../../src/model/failure.ts'
import type { GlobalDefaults } from '../../src/login/settings.ts'
import { SETTINGS_FILE_KEYS } from '../../src/login/setting-table.ts'

const FILES = [
  ['config.ini', 'ini'],
  ['config.toml', 'toml'],
  ['config.yaml', 'yaml'],
  ['config.yml', 'yaml'],
  ['config.json', 'json'],
] as const

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'awsmfa-settings-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))

const write = (name: string, text: string | Uint8Array): void => writeFileSync(join(folder, name), text)

/** Each value with its line, to be compared at a glance. */
async function read(): Promise<Readonly<Record<string, string>>> {
  return shown(await readSettingsFile(folder))
}

function shown(defaults: GlobalDefaults): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(defaults).map(([key, { value, place }]) => [key, `${value} @${String(place.line)}`]),
  )
}

async function failure(): Promise<Failure> {
  try {
    await readSettingsFile(folder)
  } catch (error) {
    if (error instanceof AwsmfaError) return error.failure
    throw error
  }
  throw new Error('nothing failed')
}

const problem = (facts: object): object => ({ code: 'USAGE', problem: facts })

describe("awsmfa's own settings", () => {
  it('are none where there is no file and no folder, and none in an empty file, a blank one, or one of comments', async () => {
    expect(await readSettingsFile(join(folder, 'nowhere'))).toEqual({})
    for (const [name, text] of [
      ['config.ini', ''],
      ['config.ini', '\n\n'],
      ['config.ini', '; nothing\n'],
      ['config.toml', '# nothing\n'],
      ['config.yaml', '# nothing\n'],
      ['config.json', ' \n'],
      ['config.json', '{}'],
    ] as const) {
      write(name, text)
      expect(await readSettingsFile(folder)).toEqual({})
      rmSync(join(folder, name))
    }
  })

  const TABLE: readonly (readonly [name: string, text: string, settings: Readonly<Record<string, string>>])[] = [
    ['config.ini', '; mine\nduration = 8h\nmin_ttl=45m\r\n', { duration: '8h @2', min_ttl: '45m @3' }],
    [
      'config.ini',
      'duration = 3600\nregion = "eu-west-1"\nmfa_serial = 0123\n',
      { duration: '3600 @1', region: 'eu-west-1 @2', mfa_serial: '0123 @3' },
    ],
    ['config.toml', '# mine\nduration = "8h"\n\nmin_ttl = 2700\n', { duration: '8h @2', min_ttl: '2700 @4' }],
    [
      'config.toml',
      '"duration" = 9007199254740993\nno_color = true\nexternal_id = \'C:\\x\'\n',
      { duration: '9007199254740993 @1', no_color: 'true @2', external_id: 'C:\\x @3' },
    ],
    [
      'config.yaml',
      '# mine\nduration: 8h\nmin_ttl: 2700\nno_color: yes\n',
      { duration: '8h @2', min_ttl: '2700 @3', no_color: 'yes @4' },
    ],
    [
      'config.yml',
      '---\nmfa_serial: 00123\n"region": >-\n  eu-west-1\nduration: !!str 8h\n',
      { mfa_serial: '00123 @2', region: 'eu-west-1 @3', duration: '8h @5' },
    ],
    ['config.yaml', '{duration: 8h, external_id: 0x10}\n', { duration: '8h @1', external_id: '0x10 @1' }],
    [
      'config.json',
      '{\n  "duration": "8h",\n  "min_ttl": 2700,\n  "no_color": false }\n',
      { duration: '8h @2', min_ttl: '2700 @3', no_color: 'false @4' },
    ],
    [
      'config.json',
      '{"external_id": 1.50, "region": "eu\\u002dwest-1"}',
      { external_id: '1.50 @1', region: 'eu-west-1 @1' },
    ],
  ]
  it.each(TABLE)('are text as it is written, each with its line: %s %j', async (name, text, settings) => {
    write(name, text)
    expect(await read()).toEqual(settings)
  })

  it.each(FILES)('may begin with a byte order mark: %s', async (name, format) => {
    const texts = { ini: 'region = x', toml: 'region = "x"', yaml: 'region: x', json: '{"region":"x"}' }
    write(name, `\uFEFF${texts[format]}\n`)
    expect(await read()).toEqual({ region: 'x @1' })
  })

  it('know their place', async () => {
    write('config.toml', 'duration = "8h"\n')
    expect(await readSettingsFile(folder)).toEqual({
      duration: { value: '8h', place: { path: join(folder, 'config.toml'), line: 1 } },
    })
  })

  it.each([
    ['config.yaml', 'duration:\nmin_ttl: 45m\n'],
    ['config.yaml', 'duration: ~\nmin_ttl: 45m\n'],
    ['config.json', '{"duration": null,\n"min_ttl": "45m"}'],
  ])('with nothing behind a key are not there: %s %j', async (name, text) => {
    write(name, text)
    expect(await read()).toEqual({ min_ttl: '45m @2' })
  })

  it('may have every key of the table, in every format', async () => {
    for (const [name, format] of FILES) {
      const lines = SETTINGS_FILE_KEYS.map(
        (key) => ({ ini: `${key} = x`, toml: `${key} = "x"`, yaml: `${key}: x`, json: `"${key}": "x"` })[format],
      )
      write(name, format === 'json' ? `{${lines.join(',\n')}}` : `${lines.join('\n')}\n`)
      expect(await read()).toEqual(Object.fromEntries(SETTINGS_FILE_KEYS.map((key, index) => [key, `x @${index + 1}`])))
      rmSync(join(folder, name))
    }
  })

  it('are the same whatever the format', async () => {
    const text = fc
      .string({ unit: fc.constantFrom(...Array.from('abcXYZ019 :#;=-_./\\\'"é中{}[]&*!|>%@`,')) })
      .map((value) => value.trim())
    await fc.assert(
      fc.asyncProperty(
        text.filter((value) => value !== ''),
        async (value) => {
          const quoted = JSON.stringify(value)
          for (const [name, line] of [
            ['config.toml', `region = ${quoted}`],
            ['config.yaml', `region: ${quoted}`],
            ['config.json', `{"region": ${quoted}}`],
          ] as const) {
            write(name, line)
            expect(await read()).toEqual({ region: `${value} @1` })
            rmSync(join(folder, name))
          }
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe("awsmfa's own settings are refused, with the place", () => {
  it('where there are two files, whatever they hold', async () => {
    for (const name of SETTINGS_FILES) write(name, '')
    expect(await failure()).toMatchObject(
      problem({ kind: 'several-settings-files', paths: SETTINGS_FILES.map((name) => join(folder, name)) }),
    )
    for (const name of ['config.ini', 'config.yaml', 'config.json']) rmSync(join(folder, name))
    expect(await failure()).toMatchObject(
      problem({ kind: 'several-settings-files', paths: [join(folder, 'config.toml'), join(folder, 'config.yml')] }),
    )
  })

  it.each([
    ['config.ini', 'duratoin = 12h\n', { key: 'duratoin', line: 1, nearest: 'duration' }],
    ['config.ini', 'duration = 1h\n\n[profile x]\nduration = 2h\n', { key: 'profile x', line: 3 }],
    ['config.ini', 'duration = 1h\nmin-ttl = 2h\n', { key: 'min-ttl', line: 2, nearest: 'min_ttl' }],
    ['config.toml', 'duration = "1h"\n[regoin]\nx = 1\n', { key: 'regoin', line: 2, nearest: 'region' }],
    ['config.toml', '\nDuration = "1h"\n', { key: 'Duration', line: 2, nearest: 'duration' }],
    ['config.yaml', 'min-ttl: 1h\n', { key: 'min-ttl', line: 1, nearest: 'min_ttl' }],
    ['config.yaml', 'x: &x {duration: 1h}\n<<: *x\n', { key: 'x', line: 1 }],
    ['config.json', '{\n"minttl": "1h"}', { key: 'minttl', line: 2, nearest: 'min_ttl' }],
    [
      'config.json',
      '{"profile": "x"}',
      { key: 'profile', line: 1, instead: 'set AWS_PROFILE, which every AWS tool reads' },
    ],
    [
      'config.toml',
      'token_code = "123456"',
      { key: 'token_code', line: 1, instead: 'a code works once: leave the line out' },
    ],
    ['config.toml', 'aws_secret_access_key = "x"', { key: 'aws_secret_access_key', line: 1 }],
  ])('for a key that means nothing, with the nearest: %s %j', async (name, text, facts) => {
    write(name, text)
    const found = await failure()
    expect(found).toMatchObject(problem({ kind: 'unknown-setting', path: join(folder, name), ...facts }))
    if (!('nearest' in facts)) expect(found).not.toHaveProperty('problem.nearest', expect.anything())
  })

  const PROTOTYPE: readonly (readonly [string, string])[] = [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'prototype',
  ].flatMap((key) => [
    ['config.ini', `${key} = x\n`],
    ['config.ini', `[${key}]\nduration = x\n`],
    ['config.toml', `${key} = "x"\n`],
    ['config.toml', `[${key}]\nduration = "x"\n`],
    ['config.yaml', `${key}: {duration: x}\n`],
    ['config.json', `{"${key}": {"duration": "x"}}`],
  ])
  it.each(PROTOTYPE)('for a key that all objects have: %s %j', async (name, text) => {
    write(name, text)
    expect(await failure()).toMatchObject(problem({ kind: 'unknown-setting', line: 1 }))
    expect(({} as Record<string, unknown>)['duration']).toBeUndefined()
  })

  it.each([
    ['config.ini', 'duration[] = 1h\n', 'list', 1],
    ['config.ini', 'region = x\n[duration]\na = 1\n', 'table', 2],
    ['config.toml', 'region = "x"\nduration = ["1h"]\n', 'list', 2],
    ['config.toml', 'duration = { hours = 1 }\n', 'table', 1],
    ['config.toml', 'duration.hours = 1\n', 'table', 1],
    ['config.toml', 'region = "x"\n[[duration]]\n', 'list', 2],
    ['config.toml', 'duration = 1979-05-27\n', 'date', 1],
    ['config.toml', 'duration = 07:32:00\n', 'date', 1],
    ['config.yaml', 'region: x\nduration:\n  - 1h\n', 'list', 2],
    ['config.yaml', 'duration:\n  hours: 1\n', 'table', 1],
    ['config.yaml', '%YAML 1.1\n---\nduration: 2020-01-01\n', 'date', 3],
    ['config.json', '{"region": "x",\n"duration": [1]}', 'list', 2],
    ['config.json', '{"duration": {}}', 'table', 1],
  ])('for a value that is no text: %s %j', async (name, text, found, line) => {
    write(name, text)
    expect(await failure()).toEqual(
      problem({ kind: 'setting-type', path: join(folder, name), key: 'duration', found, line }),
    )
  })

  it.each([
    ['config.ini', 'duration = 1h\nregion = x\nduration = 2h\n', [1, 3]],
    ['config.json', '{"duration": 1,\n"duration": 2}', [1, 2]],
  ])('for a key that is set twice: %s %j', async (name, text, lines) => {
    write(name, text)
    expect(await failure()).toEqual(
      problem({ kind: 'repeated-setting', path: join(folder, name), key: 'duration', lines }),
    )
  })

  it.each([
    ['config.toml', 'region = "x"\nduration = 8h\n', 2],
    ['config.toml', 'duration = "1h"\nduration = "2h"\n', 2],
    ['config.toml', 'duration: 8h\n', 1],
    ['config.yaml', 'duration: "8h\n', 2],
    ['config.yaml', 'region: x\nduration: [1\n', 3],
    ['config.yaml', 'duration: 1h\nduration: 2h\n', 2],
    ['config.yaml', 'duration: 1h\n---\nregion: x\n', 2],
    ['config.yaml', 'duration: !mine 1h\n', 1],
    ['config.yaml', 'duration: *nowhere\n', 1],
    ['config.yaml', '? [a, b]\n: x\n', 1],
    ['config.yaml', 'just text\n', 1],
    ['config.yaml', '- duration\n', 1],
    ['config.yaml', '\tduration: 1h\n', 1],
    ['config.json', '{"duration": "8h",\n}', 2],
    ['config.json', "{'duration': '8h'}", 1],
    ['config.json', '{\n// mine\n"duration": "8h"}', 2],
    ['config.json', '{"duration": 8h}', 1],
    ['config.json', '["duration"]', 1],
    ['config.json', '"duration"', 1],
    ['config.json', '{"duration": "8h"', 1],
    ['config.json', '{"duration": "8h"} {}', 1],
  ])('for what is not what its name says: %s %j', async (name, text, line) => {
    write(name, text)
    const format = name.slice('config.'.length)
    expect(await failure()).toEqual(problem({ kind: 'malformed-settings', path: join(folder, name), format, line }))
  })

  it.each(FILES)('for UTF-16 and other bytes that are no UTF-8: %s', async (name, format) => {
    write(name, Buffer.from('\uFEFFduration = 8h\n', 'utf16le'))
    expect(await failure()).toEqual(problem({ kind: 'malformed-settings', path: join(folder, name), format }))
  })

  it('for what cannot be read, or is no file', async () => {
    mkdirSync(join(folder, 'config.toml'))
    expect(await failure()).toEqual({
      code: 'FILE_NOT_REGULAR',
      place: { path: join(folder, 'config.toml') },
      found: 'directory',
    })
    rmSync(join(folder, 'config.toml'), { recursive: true })
    if (isWindows) return
    symlinkSync('config.ini', join(folder, 'config.ini'))
    expect(await failure()).toMatchObject({ code: 'FILE_NOT_REGULAR', found: 'symlink-loop' })
    rmSync(join(folder, 'config.ini'))
    execFileSync('mkfifo', [join(folder, 'config.ini')])
    expect(await failure()).toMatchObject({ code: 'FILE_NOT_REGULAR', found: 'fifo' })
  })
})

describe('aliases in YAML', () => {
  it('are followed to a text', async () => {
    write('config.yaml', 'duration: &long 8h\nmin_ttl: *long\n')
    expect(await read()).toEqual({ duration: '8h @1', min_ttl: '8h @2' })
  })

  it('to a list or to themselves are what they lead to, and a small file does not become a big one', async () => {
    write('config.yaml', 'duration: &a [*a, *a]\n')
    expect(await failure()).toMatchObject({ code: 'USAGE' })
    const levels = Array.from(
      { length: 30 },
      (_, level) => `  - &l${level + 1} [${Array.from({ length: 10 }, () => `*l${level}`).join(', ')}]`,
    )
    write('config.yaml', `duration:\n  - &l0 x\n${levels.join('\n')}\nmin_ttl: *l30\n`)
    expect(await failure()).toMatchObject(problem({ kind: 'setting-type', key: 'duration', found: 'list' }))
  })
})
