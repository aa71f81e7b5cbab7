/** Which profile exec, console and rotate work with if none is named: never one that nobody has agreed to. */
import { expect, test } from 'vitest'
import type { AnyInvocation, Invocation } from '../../src/command-line/table.ts'
import { withPickedProfile } from '../../src/commands/pick-profile.ts'
import type { LoginRuntime } from '../../src/runtime/login.ts'
import { fakeCache, fakeDeadline } from '../support/fake-effects.ts'
import { fakeRuntime, snapshotsWith } from '../support/fake-runtime.ts'

const KEYS =
  'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n'
const SERIAL = 'arn:aws:iam::111111111111:mfa/alice'
const PROD = `[profile prod]\nawsmfa_mfa_serial = ${SERIAL}\n`
const ADMIN = `[profile admin]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = prod\n`
const ONE = `[prod-long-term]\n${KEYS}`
const TWO = `${ONE}[dev-long-term]\n${KEYS.replaceAll('EXAMPLE', 'EXAMPLF')}`

interface Given {
  readonly line?: Partial<Pick<AnyInvocation, 'command' | 'options' | 'positionals'>>
  readonly credentials?: string
  readonly config?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly canAsk?: boolean
}

/** Returns what a line works with, what is printed, and whether the list was shown or profiles were compared. */
async function pick({ line, credentials = ONE, config = PROD, environment = {}, canAsk = true }: Given) {
  const seen = { asked: [] as string[], compared: false }
  const { terminal } = fakeRuntime()
  const runtime = fakeRuntime({
    environment,
    files: { ...fakeRuntime().files, read: () => snapshotsWith(credentials, config) },
    cache: {
      ...fakeCache(),
      list: () => {
        seen.compared = true
        return []
      },
    },
  })
  const own: LoginRuntime['terminal'] = {
    ...terminal,
    stderr: runtime.terminal.stderr,
    canAsk: () => canAsk,
    choose: (_, choices) => {
      seen.asked.push(...choices.map(({ name }) => name))
      return Promise.resolve(choices.length - 1)
    },
  }
  const invocation = { command: 'exec', positionals: [], options: {}, ...line } as Invocation<'exec'>
  const picked = await withPickedProfile(invocation, {
    ...runtime,
    terminal: own,
    deadline: fakeDeadline(),
    readFile: () => '',
  } as unknown as LoginRuntime)
  return { profile: picked.positionals[0], printed: runtime.stderr.join(''), ...seen }
}

const UNTOUCHED = { profile: undefined, printed: '', asked: [], compared: false }
const NOTE = "awsmfa: note: no profile given, and no profile 'default': using 'prod'\n"

test.each<[string, Given]>([
  ['[default] with plain access keys', { credentials: `[default]\n${KEYS}${ONE}` }],
  ['[default] with a foreign credential_process', { config: `[default]\ncredential_process = /usr/bin/x\n${PROD}` }],
  ['[default] with a region alone', { config: `[default]\nregion = eu-west-1\n${PROD}` }],
  ['default, which a suffix leads to', { credentials: `${ONE}[default-long-term]\n${KEYS}` }],
  ['AWS_PROFILE', { environment: { AWS_PROFILE: 'nowhere' } }],
  ['AWS_DEFAULT_PROFILE', { environment: { AWS_DEFAULT_PROFILE: 'prod' } }],
  ['--profile', { line: { options: { profile: 'nowhere' } } }],
  ['no terminal', { canAsk: false }],
])('nothing is picked, nor any other profile looked at: %s', async (_, given) => {
  expect(await pick(given)).toEqual(UNTOUCHED)
  for (const command of ['console', 'rotate'] as const)
    expect(await pick({ ...given, line: { ...given.line, command } })).toEqual(UNTOUCHED)
})

test.each<[string, Given]>([
  ['of one profile', {}],
  ['of several profiles', { credentials: TWO }],
])('rotate --yes does not choose: %s', async (_, given) => {
  expect(await pick({ ...given, line: { command: 'rotate', options: { yes: true } } })).toEqual(UNTOUCHED)
})

test.each<[string, Given, object]>([
  ['the only one, with a note', {}, { profile: 'prod', printed: NOTE, asked: [] }],
  ['the only key for rotate, with a note', { line: { command: 'rotate' } }, { profile: 'prod', printed: NOTE }],
  [
    'the only one, by a question if notes are unwanted',
    { line: { options: { quiet: true } } },
    { profile: 'prod', printed: '', asked: ['prod'] },
  ],
  ['one of a list', { config: PROD + ADMIN }, { profile: 'admin', printed: '', asked: ['prod', 'admin'] }],
  [
    'the only role for the console',
    { config: PROD + ADMIN, line: { command: 'console' } },
    { profile: 'admin', printed: NOTE.replace('prod', 'admin') },
  ],
  ['nothing, if there is nothing', { credentials: '', config: '' }, { profile: undefined, printed: '' }],
])('without a default, on a terminal: %s', async (_, given, expected) => {
  expect(await pick(given)).toMatchObject(expected)
})
