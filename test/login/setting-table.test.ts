/** Consistency of the table of settings. */
import { expect, test } from 'vitest'
import { COMMAND_TABLE } from '../../src/command-line/table.ts'
import { SETTINGS_FILE_KEYS, SETTING_TABLE } from '../../src/login/setting-table.ts'
import { OWN_GLOBALS, STS_FLAGS } from '../../src/aws/sts-api.ts'

test('every setting has a name of its own', () => {
  const names = SETTING_TABLE.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

test('every flag of the table is an option of some command', () => {
  const options = Object.values(COMMAND_TABLE).flatMap((command) => command.options.map(({ name }) => name))
  expect(SETTING_TABLE.flatMap(({ flags }) => flags).filter((flag) => !options.includes(flag))).toEqual([])
})

test('every flag after -- that may differ from one before it is in the table', () => {
  const known: readonly string[] = [...STS_FLAGS.map(({ flag }) => flag), ...OWN_GLOBALS]
  expect(SETTING_TABLE.flatMap(({ stsFlags }) => stsFlags).filter((flag) => !known.includes(flag))).toEqual([])
})

test('every key of the settings file belongs to one setting', () => {
  expect(SETTINGS_FILE_KEYS).toContain('duration')
  expect(new Set(SETTINGS_FILE_KEYS).size).toBe(SETTINGS_FILE_KEYS.length)
})
