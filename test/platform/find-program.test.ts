/** Finding a program on PATH. */
import { chmodSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  findProgram,
  isExecutable,
  lastingPath,
  startErrno,
  startOf,
  startOfCommand,
} from '../../src/platform/find-program.ts'
import { createTempHome } from '../support/temp-home.ts'
import type { TempHome } from '../support/temp-home.ts'
import { isWindows } from '../support/on-windows.ts'

describe.skipIf(isWindows)('the file of a program', () => {
  let home: TempHome
  const at = (...parts: readonly string[]): string => join(home.path, ...parts)
  beforeEach(() => {
    home = createTempHome()
    home.write('no-mode/awsmfa-op', '')
    mkdirSync(at('folder/awsmfa-op'), { recursive: true, mode: 0o755 })
    home.write('program/awsmfa-op', '#!/bin/sh\n')
    chmodSync(at('program/awsmfa-op'), 0o755)
    mkdirSync(at('link'))
    symlinkSync(at('program/awsmfa-op'), at('link/awsmfa-op'))
    mkdirSync(at('dangling'))
    symlinkSync(at('nowhere'), at('dangling/awsmfa-op'))
  })
  afterEach(() => home.remove())

  it.each([
    ['no-mode', false],
    ['folder', false],
    ['dangling', false],
    ['nowhere', false],
    ['program', true],
    ['link', true],
  ])('may be run: %s, %s', (folder, may) => {
    expect(isExecutable(at(folder, 'awsmfa-op'))).toBe(may)
  })

  it('is the first that may be run, in the absolute folders of PATH', () => {
    const path = ['.', '', 'program', at('no-mode'), at('folder'), at('dangling'), at('link'), at('program')].join(
      delimiter,
    )
    expect(findProgram('awsmfa-op', { PATH: path })).toBe(at('link/awsmfa-op'))
    expect(findProgram(at('program/awsmfa-op'), {})).toBe(at('program/awsmfa-op'))
    expect(findProgram('awsmfa-op', { PATH: at('no-mode') })).toBeUndefined()
  })

  it('is named by a link in PATH that leads to it, as package managers make them, and else by its own path', () => {
    const program = realpathSync(at('program/awsmfa-op'))
    expect(lastingPath(program, { PATH: at('link') })).toBe(at('link/awsmfa-op'))
    for (const PATH of ['link', at('dangling'), at('no-mode'), at('program')])
      expect(lastingPath(program, { PATH })).toBe(program)
  })

  it('is what is spawned for a name, and a path is spawned as it is', () => {
    const start = (program: string, ...path: readonly string[]) =>
      startOf({ program, words: ['-v'], environment: { PATH: path.join(delimiter) } })
    const spawned = (file: string) => ({ file, words: ['-v'], verbatim: false })
    expect(start('awsmfa-op', '.', '', 'program', at('no-mode'), at('program'))).toEqual(
      spawned(at('program/awsmfa-op')),
    )
    expect(start('awsmfa-op', at('no-mode'))).toEqual(spawned(at('no-mode/awsmfa-op')))
    expect(start('awsmfa-op', '.', '', 'program')).toBe('not-found')
    expect(start('./awsmfa-op', at('program'))).toEqual(spawned('./awsmfa-op'))
    expect(startOf({ program: 'sh', words: [], environment: {} })).toMatchObject({ file: '/bin/sh' })
  })

  it('is left to execvp(3) for the command of exec', () => {
    const command = { program: 'awsmfa-op', words: [], environment: { PATH: '.' } }
    expect(startOfCommand(command)).toEqual({ file: 'awsmfa-op', words: [], verbatim: false })
  })

  // What execvp(3) says when a folder of PATH may not be searched and no other one has the program.
  it.each([
    ['EACCES', 'awsmfa-op', 'folder', 'ENOENT'],
    ['EACCES', 'awsmfa-op', 'no-mode', 'EACCES'],
    ['EACCES', './awsmfa-op', 'folder', 'EACCES'],
    ['ENOENT', 'awsmfa-op', 'folder', 'ENOENT'],
    ['ENOEXEC', 'awsmfa-op', 'folder', 'ENOEXEC'],
  ])('that could not be started with %s: %s in PATH %s: %s', (code, program, folder, errno) => {
    const error = Object.assign(new Error(code), { code, syscall: `spawn ${program}` })
    expect(startErrno(error, { program, environment: { PATH: at(folder) } })).toBe(errno)
  })
})
