/** The plan of `awsmfa setup`. */
import { describe, expect, test } from 'vitest'
import type { SetupInput } from '../../src/layouts/setup-plan.ts'
import { failureOf, KEYS, planFor, SERIAL, setUp } from './setting-up.ts'
import { SETUPS } from './setups.ts'
import type { Files } from './setting-up.ts'

const ROLE = 'role_arn = arn:aws:iam::222222222222:role/Admin\n'

describe('setup', () => {
  test.each(SETUPS)('$title', ({ profile = 'base', more = {}, before, after }) => {
    const done = setUp(before, profile, more)
    expect(done).toEqual({ ...before, ...after })
  })

  test.each(SETUPS)('done twice changes nothing the second time: $title', ({ profile = 'base', more = {}, before }) => {
    const done = setUp(before, profile, more)
    expect(setUp(done, profile, { ...more, credentials: undefined })).toEqual(done)
  })
})

const REFUSALS: readonly {
  readonly title: string
  readonly profile?: string
  readonly more?: Partial<SetupInput>
  readonly files: Files
  readonly failure: object
}[] = [
  {
    title: 'the name for the keys is taken',
    files: { credentials: `[base]\n${KEYS}[base-long-term]\n${KEYS}`, config: '' },
    failure: { code: 'LAYOUT_UNSUITABLE', reason: 'name-taken', places: [{ path: '~/.aws/credentials', line: 4 }] },
  },
  {
    title: 'keys in both files',
    files: { credentials: `[base]\n${KEYS}`, config: `[profile base]\n${KEYS}` },
    failure: {
      code: 'LAYOUT_UNSUITABLE',
      reason: 'keys-in-both-files',
      places: [
        { path: '~/.aws/credentials', line: 1 },
        { path: '~/.aws/config', line: 1 },
      ],
    },
  },
  {
    title: 'keys beside a source that has others',
    files: { credentials: `[base]\n${KEYS}[other]\n${KEYS}`, config: '[profile base]\nsource_profile = other\n' },
    failure: { code: 'LAYOUT_UNSUITABLE', reason: 'keys-beside-source' },
  },
  {
    title: 'a role that is its own source',
    files: { credentials: `[base]\n${KEYS}`, config: `[profile base]\n${ROLE}source_profile = base\n` },
    failure: {
      code: 'LAYOUT_UNSUITABLE',
      profile: 'base',
      reason: 'own-source',
      places: [{ path: '~/.aws/config', line: 3 }],
    },
  },
  {
    title: 'roles that name different devices, where the base names none',
    files: {
      credentials: `[base]\n${KEYS}`,
      config: `[profile a]\n${ROLE}source_profile = base\nmfa_serial = ${SERIAL}\n[profile b]\n${ROLE}source_profile = base\nmfa_serial = GAHT12345678\n`,
    },
    failure: {
      code: 'LAYOUT_UNSUITABLE',
      reason: 'devices-differ',
      places: [
        { path: '~/.aws/config', line: 4 },
        { path: '~/.aws/config', line: 8 },
      ],
    },
  },
  {
    title: 'other keys than those that are there',
    more: { credentials: { accessKeyId: 'AKIAOTHEROTHEROTHER1', secretAccessKey: 'x' } },
    files: { credentials: `[base-long-term]\n${KEYS}`, config: '' },
    failure: { code: 'LAYOUT_UNSUITABLE', reason: 'has-keys', places: [{ path: '~/.aws/credentials', line: 2 }] },
  },
  {
    title: 'a profile that runs a process',
    files: { credentials: `[base]\n${KEYS}`, config: '[profile base]\ncredential_process = op\n' },
    failure: { code: 'SESSION_WOULD_BE_IGNORED', key: 'credential_process' },
  },
  {
    title: 'a profile that is nowhere',
    profile: 'bsae',
    files: { credentials: `[base]\n${KEYS}`, config: '' },
    failure: { code: 'PROFILE_NOT_FOUND', nearest: 'base' },
  },
  {
    title: 'roles that go round in a circle',
    profile: 'a',
    files: {
      credentials: '',
      config: `[profile a]\n${ROLE}source_profile = b\n[profile b]\n${ROLE}source_profile = a\n`,
    },
    failure: { code: 'SOURCE_PROFILE_CYCLE', path: ['a', 'b', 'a'] },
  },
  {
    title: 'a source that is nowhere',
    profile: 'a',
    files: { credentials: '', config: `[profile a]\n${ROLE}source_profile = base   ; mine\n[profile base]\n` },
    failure: { code: 'SOURCE_PROFILE_NOT_FOUND', nearest: 'base' },
  },
  {
    title: 'a section that stands twice',
    files: { credentials: `[base]\n${KEYS}[base]\nregion = x\n`, config: '' },
    failure: { code: 'FILE_MALFORMED', defect: 'duplicate-section' },
  },
  {
    title: 'a role whose section stands twice',
    files: {
      credentials: `[base]\n${KEYS}`,
      config: `[profile a]\n${ROLE}source_profile = base\n[profile a]\nmfa_serial = ${SERIAL}\n`,
    },
    failure: {
      code: 'FILE_MALFORMED',
      defect: 'duplicate-section',
      section: 'profile a',
      place: { path: '~/.aws/config', line: 4 },
    },
  },
  {
    title: 'no keys, and none given',
    files: { credentials: '', config: '[profile base]\n' },
    failure: { code: 'LONG_TERM_CREDENTIALS_MISSING', profile: 'base' },
  },
  {
    title: 'a device that cannot work',
    files: {
      credentials: `[base]\n${KEYS}`,
      config: '[profile base]\nmfa_serial = arn:aws:iam::111111111111:u2f/user/alice\n',
    },
    failure: { code: 'MFA_SERIAL_MALFORMED', defect: 'fido' },
  },
]

test.each(REFUSALS)('refused: $title', ({ profile = 'base', more = {}, files, failure }) => {
  expect(failureOf(() => planFor(files, profile, more))).toMatchObject(failure)
})
