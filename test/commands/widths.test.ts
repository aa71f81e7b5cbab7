/** What commands print on terminals of several widths. */
import { describe, expect, it } from 'vitest'
import { cache } from '../../src/commands/cache.ts'
import { keys } from '../../src/commands/keys.ts'
import { settings } from '../../src/commands/settings.ts'
import { status } from '../../src/commands/status.ts'
import type { LoginRuntime } from '../../src/runtime/login.ts'
import { displayWidth, shortenList } from '../../src/ui/style.ts'
import { NOW, fakeCache, fakeFacts, sessionOf } from '../support/fake-effects.ts'
import { fakeRuntime, snapshotsWith } from '../support/fake-runtime.ts'
import type { FakeRuntime } from '../support/fake-runtime.ts'

const LONG = 'acme-production-eu-central-1-deploy'

const NAMES = [LONG, 'acme-staging', 'beta', 'work']

const KEYS = 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = abc\n'

const CREDENTIALS = [
  `[default]\n${KEYS}`,
  `[acme-production-eu-central-1-deploy-long-term]\n${KEYS}`,
  '[acme-production-eu-central-1-deploy]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = abc\n',
  `aws_session_token = def\nexpiration = ${new Date(NOW.getTime() + 40_800_000).toISOString()}\n`,
].join('')

const CONFIG =
  '[profile vault]\nawsmfa_keys = encrypted-file\nawsmfa_key_id = AKIAI44QH8DHBEXAMPLE\n[profile acme-production-eu-central-1-deploy]\nregion = eu-central-1\nawsmfa_mfa_serial = arn:aws:iam::111111111111:mfa/alice\n'

const RECORDS = [NAMES, ['work']].map((profiles, index) => ({
  key: {
    partition: 'aws',
    endpoint: '',
    accessKeyId: `AKIAIOSFODNN7EXAMPL${index}`,
    serialNumber: 'arn:aws:iam::111111111111:mfa/alice-with-a-long-name',
    chain: index === 0 ? '' : '["mfa-session",[]]',
  },
  credentials: {
    ...sessionOf('ASIAIOSFODNN7EXAMPLE').credentials,
    expiration: new Date(NOW.getTime() + 40_800_000),
  },
  durationSeconds: 43_200,
  createdAt: NOW,
  profiles,
}))

const IDENTITY = {
  account: '111111111111',
  arn: 'arn:aws:iam::111111111111:user/alice-with-a-long-name',
  userId: 'AIDAEXAMPLE',
}

/** Each command, and what it is given. */
const COMMANDS: Readonly<Record<string, (runtime: FakeRuntime & LoginRuntime) => unknown>> = {
  'cache show': (runtime) => cache({ command: 'cache', positionals: ['show'], options: {}, tail: undefined }, runtime),
  'keys show': (runtime) => keys({ command: 'keys', positionals: ['show'], options: {}, tail: undefined }, runtime),
  status: (runtime) =>
    status({ command: 'status', positionals: [], options: { profile: LONG }, tail: undefined }, runtime),
  'status --all': (runtime) =>
    status({ command: 'status', positionals: [], options: { all: true }, tail: undefined }, runtime),
  settings: (runtime) =>
    settings({ command: 'settings', positionals: [], options: { profile: LONG, all: true }, tail: undefined }, runtime),
}

/** Returns the lines that a command prints on a terminal this wide; undefined: no terminal. */
async function linesOf(command: string, columns: number | undefined): Promise<readonly string[]> {
  const base = fakeRuntime({
    files: { ...fakeRuntime().files, read: () => snapshotsWith(CREDENTIALS, CONFIG) },
    cache: fakeCache(RECORDS),
    facts: { ...fakeFacts(), identityOf: () => IDENTITY },
  })
  const terminal = { ...base.terminal, data: { color: false, unicode: true, columns } }
  await COMMANDS[command]?.({ ...base, terminal } as FakeRuntime & LoginRuntime)
  return base.stdout.join('').trimEnd().split('\n')
}

describe.each(Object.keys(COMMANDS))('%s', (command) => {
  it.each([40, 80, 120, 200])('in %i columns: no line is wider, unless one word is', async (columns) => {
    const lines = await linesOf(command, columns)
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.filter((line) => displayWidth(line) > columns && line.trim().includes(' '))).toEqual([])
  })

  it('leaves nothing out without a terminal', async () => {
    const [pipe, wide] = [await linesOf(command, undefined), await linesOf(command, 1000)]
    expect(pipe.join('\n').length).toBeGreaterThanOrEqual(wide.join('\n').length)
  })
})

it('fits tables and lines into 40 columns', async () => {
  const shown = await Promise.all(['cache show', 'keys show', 'status'].map((command) => linesOf(command, 40)))
  expect(shown.map((lines) => lines.join('\n')).join('\n\n')).toMatchInlineSnapshot(`
    "PROFILES                     LEFT
    acme-product~al-1-deploy +3  11 h 20 min
    work                         11 h 20 min

    PROFILE          STORE
    default          in the credentials file
    acme-pr~ng-term  in the credentials file
    vault            in an encrypted file

    acme-production-eu-central-1-deploy:
      valid, 11 h 20 min left, until 23:20"
  `)
})

it('leaves out columns of cache show one by one', async () => {
  const heads = await Promise.all([88, 80, 72, 40].map(async (columns) => (await linesOf('cache show', columns))[0]))
  expect(heads.map((head) => head?.split(/ +/))).toEqual([
    ['PROFILES', 'SESSION', 'KEY', 'LEFT', 'UNTIL'],
    ['PROFILES', 'SESSION', 'KEY', 'LEFT'],
    ['PROFILES', 'SESSION', 'LEFT'],
    ['PROFILES', 'LEFT'],
  ])
})

it.each([
  ['a, b', 10, 'a, b'],
  ['work, staging, prod', 19, 'work, staging, prod'],
  ['work, staging, prod', 18, 'work, staging +1'],
  ['work, staging, prod', 10, 'work +2'],
  ['production-admin, b', 10, 'pro~min +1'],
  ['production-admin', 10, 'produ~dmin'],
])('shortens the list %j to %i columns: %j', (list, width, shown) => {
  expect(shortenList(list, width)).toBe(shown)
})
