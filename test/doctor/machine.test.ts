/** What doctor reads from the machine: files, open files, programs. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, statSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { resolveTransport } from '../../src/aws/connection-settings.ts'
import { measureClock } from '../../src/aws/transport.ts'
import {
  filesIn,
  findDamagedSessions,
  findOpenFiles,
  findOtherAwsmfas,
  inspectProgram,
  makePrivate,
  readInputFile,
  removeDamaged,
} from '../../src/doctor/machine.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'
import { isWindows } from '../support/on-windows.ts'

const NAME = '0123456789abcdef0123456789abcdef01234567'

let home: TempHome
const at = (...parts: readonly string[]): string => join(home.path, ...parts)
const program = (path: string, content: string): string => {
  home.write(path, content)
  chmodSync(at(path), 0o755)
  return at(path)
}
beforeEach(() => {
  home = createTempHome()
})
afterEach(() => home.remove())

describe('a file', () => {
  it('is read as bytes, with the time of its last change', () => {
    home.write('credentials', Buffer.from('[caf\xe9]\n', 'latin1'))
    expect(readInputFile(at('credentials'))).toMatchObject({ text: '[caf\xe9]\n', exists: true, unreadable: undefined })
    expect(readInputFile(at('credentials')).modifiedAt?.getTime()).toBeGreaterThan(Date.now() - 60_000)
  })

  it('is empty if it does not exist; anything but a file is named', () => {
    mkdirSync(at('folder'))
    expect(readInputFile(at('none'))).toMatchObject({ text: '', exists: false, unreadable: undefined })
    expect(readInputFile(at('folder'))).toMatchObject({ text: '', exists: true, unreadable: 'it is a directory' })
  })

  it.skipIf(isWindows).each([
    [0o600, false],
    [0o400, false],
    [0o640, true],
    [0o604, true],
    [0o622, true],
    [0o711, false],
  ])('with mode %o is open to others: %s; makePrivate closes it', (mode, isOpen) => {
    home.write('credentials', '')
    chmodSync(at('credentials'), mode)
    expect(findOpenFiles([at('credentials'), at('none')])).toEqual(isOpen ? [{ path: at('credentials'), mode }] : [])
    makePrivate(at('credentials'))
    expect(statSync(at('credentials')).mode & 0o777).toBe(0o600)
  })
})

it.skipIf(isWindows)('devices, folders and pipes are never open files', () => {
  mkdirSync(at('folder'), { mode: 0o755 })
  execFileSync('mkfifo', ['-m', '666', at('pipe')])
  symlinkSync('/dev/null', at('link'))
  expect(findOpenFiles(['/dev/null', at('folder'), at('pipe'), at('link')])).toEqual([])
})

it('damaged sessions of awsmfa’s own cache are found, and can be removed twice', () => {
  home.write(`cache/sessions/${NAME}.sealed`, 'not encrypted')
  home.write('cache/sessions/other.txt', 'not ours')
  expect(findDamagedSessions(at('cache'))).toEqual([
    { path: at('cache', 'sessions', `${NAME}.sealed`), cache: 'awsmfa-cache', profile: undefined },
  ])
  removeDamaged(at('cache', 'sessions', `${NAME}.sealed`))
  removeDamaged(at('cache', 'sessions', `${NAME}.sealed`))
  expect(findDamagedSessions(at('cache'))).toEqual([])
  expect(filesIn(at('cache', 'sessions'), /./)).toEqual([at('cache', 'sessions', 'other.txt')])
  expect(filesIn(at('none'), /./)).toEqual([])
})

it.each([
  ['#!/usr/bin/env node\n', 'node'],
  ['#! /usr/bin/env -S python3 -I\n', 'python3'],
  ['#!/bin/sh\n', undefined],
  ['\x7fELF', undefined],
])('a program that begins with %j needs %s on PATH', (content, needs) => {
  expect(inspectProgram(program('tool', content))).toEqual({ isThere: true, needs })
})

it('a missing program and a folder are not there', () => {
  mkdirSync(at('folder'))
  for (const path of ['none', 'folder', 'none/none'])
    expect(inspectProgram(at(path))).toEqual({ isThere: false, needs: undefined })
})

describe.skipIf(isWindows)('other programs called awsmfa', () => {
  const pathOf = (...folders: readonly string[]): string => folders.map((folder) => at(folder)).join(delimiter)

  it('have another real path than the one that runs', () => {
    const own = program('lib/awsmfa.cjs', '')
    mkdirSync(at('one'))
    symlinkSync(own, at('one/awsmfa'))
    program('two/awsmfa', '')
    expect(findOtherAwsmfas(pathOf('one'), own)).toEqual([])
    expect(findOtherAwsmfas(pathOf('one', 'two'), own)).toEqual([{ path: at('two/awsmfa'), isFirst: false }])
    expect(findOtherAwsmfas(pathOf('two', 'one', 'two'), own)).toEqual([{ path: at('two/awsmfa'), isFirst: true }])
  })

  it('can be executed; a wrapper counts as the one that runs', () => {
    home.write('one/awsmfa', '')
    program('two/awsmfa', '#!/bin/sh\n')
    expect(findOtherAwsmfas(pathOf('one', 'two'), at('lib/awsmfa.cjs'))).toEqual([])
    expect(findOtherAwsmfas('', '')).toEqual([])
  })
})

describe('the clock of AWS', () => {
  const settingsFor = (url: string) =>
    resolveTransport({
      environment: { AWS_ENDPOINT_URL_STS: url },
      profileSetting: () => undefined,
      serviceEndpoint: () => undefined,
      readText: () => '',
      home: undefined,
    })

  it.each([
    [0, 0],
    [1260, 1260],
    [-7200, -7200],
  ])('is measured without credentials: %d s ahead', async (ahead, found) => {
    const requests: string[] = []
    const now = new Date('2026-11-21T09:00:00Z')
    const server = createServer((request, response) => {
      requests.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers.authorization ?? 'unsigned'}`)
      response.writeHead(302, { date: new Date(now.getTime() + ahead * 1000).toUTCString() }).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = server.address() as AddressInfo
      expect(await measureClock(settingsFor(`http://127.0.0.1:${port}`), 'eu-west-1', () => now)).toBe(found)
      expect(requests).toEqual(['GET / unsigned'])
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  it('stays unknown if nothing answers', async () => {
    expect(await measureClock(settingsFor('http://127.0.0.1:9'), 'eu-west-1', () => new Date())).toBe('none')
  })
})
