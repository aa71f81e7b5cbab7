/** Signing in several profiles, with one code for each device. */
import { describe, expect, it } from 'vitest'
import { AwsmfaError } from '../../src/model/failure.ts'
import { applyEdits } from '../../src/aws-files/ini-document.ts'
import type { Invocation } from '../../src/command-line/table.ts'
import { readProfiles, snapshotsOf } from '../../src/aws-files/profiles.ts'
import type { GlobalDefaults } from '../../src/login/settings.ts'
import { resolveLogin } from '../../src/login/resolve.ts'
import type { AwsCache } from '../../src/sessions/aws-cache.ts'
import type { SharedSnapshots } from '../../src/aws-files/profiles.ts'
import type { SharedFiles } from '../../src/aws-files/shared-files.ts'
import type { SessionRecord } from '../../src/sessions/session-record.ts'
import { signIn } from '../../src/login/sign-in.ts'
import type { SignInEffects } from '../../src/login/sign-in.ts'
import type { ObtainedSession } from '../../src/login/obtain-session.ts'
import type { Login } from '../../src/login/prepare.ts'
import {
  ALICE,
  NOW,
  fakeCache,
  fakeDeadline,
  fakeFacts,
  fakeLock,
  fakePerson,
  fakeSts,
  sessionOf,
} from '../support/fake-effects.ts'
import { sessionEffects } from '../support/login-builders.ts'

const KEYS = { alice: 'AKIAIOSFODNN7EXAMPLE', bob: 'AKIAI44QH8DHBEXAMPLE' }
const PATHS = { credentials: '/c', config: '/f' }
const CREDENTIALS = Object.entries(KEYS)
  .map(([name, keyId]) => `[${name}-long-term]\naws_access_key_id = ${keyId}\naws_secret_access_key = s\n`)
  .join('')
const SERIALS = Object.keys(KEYS)
  .map((name) => `[profile ${name}]\nawsmfa_mfa_serial = arn:aws:iam::111111111111:mfa/${name}\n`)
  .join('')

function fakeFiles(config: string): SharedFiles & { readonly text: () => string } {
  let text = CREDENTIALS
  const read = (): SharedSnapshots =>
    snapshotsOf({
      credentials: { path: PATHS.credentials, text, exists: true },
      config: { path: PATHS.config, text: config, exists: true },
    })
  return {
    text: () => text,
    read,
    removeCopies: () => [],
    preflight: () => undefined,
    whenUnlocked: () => Promise.resolve(),
    transact: (_, plan) => {
      const { edits, result } = plan(read())
      text = applyEdits(text, edits.credentials ?? [])
      return { result, changed: ['credentials'], warnings: [] }
    },
  }
}

const IN_SETTINGS: GlobalDefaults = { token_command: { value: 'op', place: { path: '/s', line: 3 } } }

/** Signs these profiles in; gives what became of each, and the credentials file. */
async function signInAll(
  names: readonly string[],
  changes: Partial<SignInEffects>,
  config = SERIALS,
  options: Invocation['options'] = {},
  defaults: GlobalDefaults = {},
): Promise<{ readonly outcomes: readonly Outcome[]; readonly text: string }> {
  const files = fakeFiles(config)
  const profiles = readProfiles({ credentials: CREDENTIALS, config })
  const logins: readonly Login[] = names.map((name) => {
    const invocation = { command: 'login', positionals: [name], options } as const
    const resolution = resolveLogin({
      invocation,
      environment: {},
      profiles,
      paths: PATHS,
      defaults,
      config: '',
      isWindows: false,
      readFile: () => '',
    })
    const reuse = { reuse: false, reason: 'not-found' } as const
    return { resolution, view: profiles.find(name), ownership: { kind: 'absent' }, reuse, reuseNotes: [] }
  })
  const effects: SignInEffects = {
    ...sessionEffects({ facts: fakeFacts({ [KEYS.alice]: ALICE, [KEYS.bob]: ALICE }), osUser: undefined }),
    files,
    awsCaches: [],
    connect: () => ({
      sts: fakeSts({ session: [sessionOf('ASIAIOSFODNN7EXAMPLE')] }),
      listMfaDevices: () => Promise.resolve([]),
      endpoint: '',
    }),
    sourcesFor: () => Promise.resolve([fakePerson(['123456']).source]),
    runCredentialProcess: () => Promise.reject(new Error('unexpected')),
    openStore: () => Promise.reject(new Error('unexpected')),
    ...changes,
  }
  const request = {
    logins,
    profiles,
    renew: false,
    replace: false,
    path: PATHS.credentials,
    conflictQuestion: () => '',
    report: () => undefined,
  }
  const outcomes = await signIn(request, effects)
  return { outcomes: logins.map((login) => outcomes.get(login)), text: files.text() }
}

type Outcome = ObtainedSession | AwsmfaError | undefined

const codesOf = (outcomes: readonly Outcome[]): readonly string[] =>
  outcomes.map((outcome) => (outcome instanceof AwsmfaError ? outcome.failure.code : outcome ? 'ok' : 'no outcome'))

describe('signing in', () => {
  it('writes and tells what was got before the question for another device was cancelled', async () => {
    const cancelled = new AwsmfaError({ code: 'CANCELLED' })
    const { outcomes, text } = await signInAll(['alice', 'bob'], {
      sourcesFor: ({ target }) =>
        Promise.resolve([fakePerson([target.value === 'alice' ? '123456' : cancelled]).source]),
    })
    expect(codesOf(outcomes)).toEqual(['ok', 'CANCELLED'])
    expect(text).toContain('[alice]\n')
    expect(text).not.toContain('[bob]\n')
  })

  it('finds out once for all profiles whether the credentials file can be written', async () => {
    let trials = 0
    const files = {
      ...fakeFiles(SERIALS),
      preflight: () => {
        trials++
      },
    }
    expect(codesOf((await signInAll(['alice', 'bob'], { files })).outcomes)).toEqual(['ok', 'ok'])
    expect(trials).toBe(1)
  })

  it('throws a cancellation where nothing was got before it', async () => {
    const sourcesFor = () => Promise.resolve([fakePerson([new AwsmfaError({ code: 'CANCELLED' })]).source])
    await expect(signInAll(['alice', 'bob'], { sourcesFor })).rejects.toMatchObject({ failure: { code: 'CANCELLED' } })
  })

  it('asks for no further code once the time is over', async () => {
    const over = new AwsmfaError({ code: 'DEADLINE_EXCEEDED', seconds: 55, waitingFor: 'STS' })
    const time = new AbortController()
    const sts = {
      ...fakeSts({}),
      getSessionToken: () => (time.abort(over), Promise.resolve(sessionOf('ASIAIOSFODNN7EXAMPLE'))),
    }
    const person = fakePerson(['123456'])
    const connect = () => ({ sts, listMfaDevices: () => Promise.resolve([]), endpoint: '' })
    const { outcomes } = await signInAll(['alice', 'bob'], {
      connect,
      deadline: { ...fakeDeadline(), signal: time.signal },
      sourcesFor: () => Promise.resolve([person.source]),
    })
    expect(codesOf(outcomes)).toEqual(['ok', 'DEADLINE_EXCEEDED'])
    expect(person.asked).toHaveLength(1)
  })

  it.each([
    [
      'a command of its own for each device',
      `${SERIALS}mfa_process = op bob\n`.replace('[profile bob]', 'mfa_process = op alice\n[profile bob]'),
      {},
    ],
    ['one command for one device, of several keys', SERIALS.replace('mfa/bob', 'mfa/alice'), { tokenCommand: 'op' }],
    [
      "the settings file's command for one device, and the other's own",
      `${SERIALS}mfa_process = op bob\n`,
      {},
      IN_SETTINGS,
    ],
  ])('asks %s', async (_, config, options, defaults = {}) => {
    const person = fakePerson(['123456', '654321'])
    const { outcomes } = await signInAll(
      ['alice', 'bob'],
      { sourcesFor: () => Promise.resolve([person.source]) },
      config,
      options,
      defaults,
    )
    expect([codesOf(outcomes), person.asked.length]).toEqual([['ok', 'ok'], 2])
  })

  it.each<[string, string, Invocation['options'], GlobalDefaults, string]>([
    ['the line', SERIALS, { tokenCommand: 'op' }, {}, 'flag'],
    ['the settings file', SERIALS, {}, IN_SETTINGS, 'settings'],
    [
      'a profile on the way of both',
      SERIALS.replaceAll(']\n', ']\nsource_profile = base\n').concat(
        '[profile base]\nsource_profile = alice-long-term\nmfa_process = op\n',
      ),
      {},
      {},
      'file',
    ],
  ])('asks no command from %s, where there is more than one device', async (_, config, options, defaults, kind) => {
    const person = fakePerson([])
    const signing = signInAll(
      ['alice', 'bob'],
      { sourcesFor: () => Promise.resolve([person.source]) },
      config,
      options,
      defaults,
    )
    await expect(signing).rejects.toMatchObject({
      failure: { code: 'USAGE', problem: { kind: 'token-command-for-many', profiles: 2, origin: { kind } } },
    })
  })

  it('stores the session of a role where the credentials file refuses that of another profile', async () => {
    const config = `${SERIALS}[profile admin]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = alice-long-term\nmfa_serial = arn:aws:iam::111111111111:mfa/alice\n`
    const refusal = new AwsmfaError({
      code: 'FILE_NOT_WRITABLE',
      place: { path: PATHS.credentials },
      errno: 'ENOSPC',
      step: 'stage',
    })
    const stored: string[] = []
    const sts = fakeSts({ session: [sessionOf('ASIAIOSFODNN7EXAMPLE')], role: [sessionOf('ASIAADMIN', 3600)] })
    const { outcomes } = await signInAll(
      ['alice', 'bob', 'admin'],
      {
        connect: () => ({ sts, listMfaDevices: () => Promise.resolve([]), endpoint: '' }),
        files: {
          ...fakeFiles(config),
          transact: () => {
            throw refusal
          },
        },
        awsCaches: [{ ...fakeAwsCache(false), storeFor: (_, { profile }) => stored.push(profile) }],
        sourcesFor: ({ target }) =>
          Promise.resolve([
            fakePerson([target.value === 'alice' ? '123456' : new AwsmfaError({ code: 'CANCELLED' })]).source,
          ]),
      },
      config,
    )
    expect(codesOf(outcomes)).toEqual(['FILE_NOT_WRITABLE', 'CANCELLED', 'ok'])
    expect(stored).toEqual(['admin'])
  })

  it('spends no code on a role whose session could go nowhere, since no home folder is known', async () => {
    const config =
      '[profile admin]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = alice-long-term\nmfa_serial = arn:aws:iam::111111111111:mfa/alice\n'
    const person = fakePerson([])
    const { outcomes } = await signInAll(['admin'], { sourcesFor: () => Promise.resolve([person.source]) }, config)
    expect(codesOf(outcomes)).toEqual(['HOME_UNKNOWN'])
    expect(person.asked).toEqual([])
  })
  it.each([
    ['nothing where every cache refuses', [true, true], ['FILE_NOT_WRITABLE'], 0],
    ['a code where one cache would take the session', [true, false], ['ok'], 1],
  ])('spends %s', async (_, refusals, codes, asked) => {
    const config =
      '[profile admin]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = alice-long-term\nmfa_serial = arn:aws:iam::111111111111:mfa/alice\n'
    const person = fakePerson(['123456'])
    const connect = () => ({
      sts: fakeSts({ session: [sessionOf('ASIAIOSFODNN7EXAMPLE')], role: [sessionOf('ASIAADMIN', 3600)] }),
      listMfaDevices: () => Promise.resolve([]),
      endpoint: '',
    })
    const { outcomes } = await signInAll(
      ['admin'],
      { connect, awsCaches: refusals.map(fakeAwsCache), sourcesFor: () => Promise.resolve([person.source]) },
      config,
    )
    expect(codesOf(outcomes)).toEqual(codes)
    expect(person.asked).toHaveLength(asked)
  })
  describe("to awsmfa's own cache, which refuses", () => {
    const config = `${SERIALS}credential_process = awsmfa credential-process --profile bob\n`
    const refuse = (): never => {
      throw new AwsmfaError({ code: 'KEYCHAIN_UNAVAILABLE', platform: 'linux', reason: 'no-service', addOn: 'x' })
    }
    const kept: SessionRecord = {
      key: {
        partition: 'aws',
        endpoint: '',
        accessKeyId: KEYS.bob,
        serialNumber: 'arn:aws:iam::111111111111:mfa/bob',
        chain: '',
      },
      credentials: sessionOf('ASIAI44QH8DHBEXAMPLE').credentials,
      durationSeconds: 43_200,
      createdAt: NOW,
      profiles: ['bob'],
    }

    it('asks nobody and runs nothing, and the others are signed in', async () => {
      const person = fakePerson(['123456'])
      const { outcomes } = await signInAll(
        ['bob', 'alice'],
        {
          cache: { ...fakeCache(), store: refuse, preflight: refuse },
          sourcesFor: () => Promise.resolve([person.source]),
        },
        config,
      )
      expect(codesOf(outcomes)).toEqual(['SESSION_NOT_KEPT', 'ok'])
      expect(outcomes[0]).toMatchObject({ failure: { profile: 'bob', isGot: false } })
      expect(person.asked.map(({ profile }) => profile)).toEqual(['alice'])
    })

    it('takes the cached session', async () => {
      const { outcomes } = await signInAll(
        ['bob'],
        { cache: { ...fakeCache([kept]), store: refuse, preflight: refuse }, sourcesFor: () => Promise.resolve([]) },
        config,
      )
      expect(codesOf(outcomes)).toEqual(['ok'])
    })

    it('is not signed in by a session that the cache has for another profile', async () => {
      const others = { ...kept, profiles: ['carol'] }
      const cache = { ...fakeCache([others]), store: () => undefined }
      const { outcomes } = await signInAll(['bob'], { cache, sourcesFor: () => Promise.resolve([]) }, config)
      expect(outcomes).toMatchObject([{ failure: { code: 'SESSION_NOT_KEPT', profile: 'bob', isGot: true } }])
    })

    const hours = (count: number): SessionRecord => ({
      ...kept,
      credentials: sessionOf('ASIAI44QH8DHBEXAMPLE', count * 3600).credentials,
      durationSeconds: count * 3600,
    })
    const ofDevice = (serialNumber: string): SessionRecord => ({ ...kept, key: { ...kept.key, serialNumber } })
    const admin = `${SERIALS}[profile admin]\nawsmfa_role_arn = arn:aws:iam::222222222222:role/Admin\nawsmfa_source_profile = bob-long-term\nawsmfa_mfa_serial = arn:aws:iam::111111111111:mfa/bob\ncredential_process = awsmfa credential-process --profile admin\n`
    const ofRole = { ...kept, profiles: ['admin'] }

    it.each<[string, string, readonly SessionRecord[], string, Invocation['options'], string]>([
      ['of another length', 'bob', [hours(1)], config, { duration: '4h' }, 'SESSION_NOT_KEPT'],
      ['of that length', 'bob', [hours(4)], config, { duration: '4h' }, 'ok'],
      ['that holds for too short', 'bob', [hours(12)], config, { minTtl: '12h' }, 'SESSION_NOT_KEPT'],
      ['that holds for long enough', 'bob', [hours(12)], config, { minTtl: '11h' }, 'ok'],
      ['of another device', 'bob', [ofDevice('arn:aws:iam::111111111111:mfa/other')], config, {}, 'SESSION_NOT_KEPT'],
      ['from which its role could be got', 'admin', [ofRole], admin, {}, 'SESSION_NOT_KEPT'],
      ['from which its role could not be got', 'admin', [ofRole], admin, { duration: '4h' }, 'SESSION_NOT_KEPT'],
    ])('asks nobody and runs nothing where a session %s is kept', async (_, profile, records, text, options, code) => {
      const lock = fakeLock()
      const { outcomes } = await signInAll(
        [profile],
        {
          cache: { ...fakeCache(records), store: refuse, preflight: refuse },
          lockQuestion: lock.lockQuestion,
          sourcesFor: () => Promise.resolve([fakePerson([]).source]),
        },
        text,
        options,
      )
      expect([codesOf(outcomes), lock.events]).toEqual([[code], []])
      if (code !== 'ok') expect(outcomes[0]).toMatchObject({ failure: { profile, isGot: false } })
    })

    it.each([
      ['one hour at most', '1h', [3600]],
      ['a length of its own', '4h', [14_400]],
    ])('takes a cached session of a role for %s', async (_, duration, lengths) => {
      const cache = fakeCache()
      const role = sessionOf('ASIAADMIN', lengths[0], 'arn:aws:sts::222222222222:assumed-role/Admin/alice')
      const sts = fakeSts({ session: [sessionOf('ASIAIOSFODNN7EXAMPLE')], role: [role] })
      const connect = () => ({ sts, listMfaDevices: () => Promise.resolve([]), endpoint: '' })
      const first = await signInAll(['admin'], { cache, connect }, admin, { duration })
      // Whose keys these are is not known any more, and with it the name in the request for the role.
      const asking = fakeSts({ identity: [ALICE] })
      const effects = {
        cache: { ...cache, store: refuse, preflight: refuse },
        connect: () => ({ ...connect(), sts: asking }),
        facts: fakeFacts(),
        sourcesFor: () => Promise.resolve([]),
      }
      const again = await signInAll(['admin'], effects, admin, { duration })
      expect([...codesOf(first.outcomes), ...codesOf(again.outcomes)]).toEqual(['ok', 'ok'])
    })

    it('asks for a code for the others of the same device, of the length that they want', async () => {
      const person = fakePerson(['123456'])
      const sts = fakeSts({ session: [sessionOf('ASIAIOSFODNN7EXAMPLE', 7200)] })
      const shared = `${config}[profile carol]\nsource_profile = bob-long-term\nduration_seconds = 7200\nmfa_serial = arn:aws:iam::111111111111:mfa/bob\n`
      const connect = () => ({ sts, listMfaDevices: () => Promise.resolve([]), endpoint: '' })
      const { outcomes } = await signInAll(
        ['bob', 'carol'],
        {
          connect,
          cache: { ...fakeCache([hours(1)]), store: refuse, preflight: refuse },
          sourcesFor: () => Promise.resolve([person.source]),
        },
        shared,
      )
      expect(codesOf(outcomes)).toEqual(['SESSION_NOT_KEPT', 'ok'])
      expect([
        person.asked.map(({ profile }) => profile),
        sts.calls.map(({ request }) => request?.durationSeconds),
      ]).toEqual([['carol'], [7200]])
    })
  })
})

function fakeAwsCache(refuses: boolean): AwsCache {
  const write = (): void => {
    if (refuses)
      throw new AwsmfaError({ code: 'FILE_NOT_WRITABLE', place: { path: '/x' }, errno: 'EROFS', step: 'folder' })
  }
  return {
    source: 'cli-cache',
    findFor: () => ({ kind: 'none' }),
    storeFor: write,
    preflight: write,
    pathFor: () => '/x',
    managedProfiles: () => [],
    remove: () => ({ removals: [], warnings: [] }),
  }
}
