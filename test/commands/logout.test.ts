/** `awsmfa logout` with a failing or missing cache. */
import { describe, expect, it } from 'vitest'
import { createCredentialsFileStore } from '../../src/sessions/stores.ts'
import { logout } from '../../src/commands/logout.ts'
import type { AwsCache } from '../../src/sessions/aws-cache.ts'
import { createOwnCacheStore } from '../../src/sessions/session-cache.ts'
import type { SessionKey } from '../../src/sessions/session-record.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { AwsmfaError } from '../../src/model/failure.ts'
import { applyEdits } from '../../src/aws-files/ini-document.ts'
import type { SharedSnapshots } from '../../src/aws-files/profiles.ts'
import type { SharedFiles } from '../../src/aws-files/shared-files.ts'
import { growthOf } from '../support/growth.ts'
import { NOW, fakeCache, sessionOf } from '../support/fake-effects.ts'
import { fakeRuntime, snapshotsWith } from '../support/fake-runtime.ts'

const RECORD = {
  key: {
    partition: 'aws',
    endpoint: '',
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    serialNumber: 'arn:aws:iam::111111111111:mfa/alice',
    chain: '',
  },
  credentials: sessionOf('ASIAIOSFODNN7EXAMPLE').credentials,
  durationSeconds: 43_200,
  createdAt: NOW,
  profiles: ['work'],
}

/** Shared files with these texts, which nobody may write. */
function filesOf(credentials: string, config = ''): SharedFiles {
  return { ...fakeRuntime().files, read: () => snapshotsWith(credentials, config) }
}

function refuse(): never {
  throw new AwsmfaError({
    code: 'FILE_NOT_WRITABLE',
    place: { path: '/cache/session.json' },
    errno: 'EROFS',
    step: 'remove',
  })
}

/**
 * Signs 'work' out where the session in awsmfa's own cache cannot be removed; returns the exit code and what was said.
 */
async function logoutWithStuckCache(
  options: Readonly<Record<string, true>>,
  changes: Partial<Runtime> = {},
): Promise<{ readonly code: number; readonly talk: readonly string[] }> {
  const runtime = fakeRuntime({
    cache: { ...fakeCache([RECORD]), remove: refuse },
    files: filesOf('[work]\n'),
    ...changes,
  })
  return { code: await logout({ command: 'logout', positionals: ['work'], options }, runtime), talk: runtime.stderr }
}

describe('signing out where a session is left in a cache', () => {
  const warning =
    'awsmfa: warning: cannot change /cache/session.json (EROFS); it still contains the session, so delete the file\n'

  it('says so and ends with 1', async () => {
    const { code, talk } = await logoutWithStuckCache({})
    expect([code, talk.at(-1)]).toEqual([1, warning])
  })

  it('says that alone when told to be quiet', async () => {
    expect(await logoutWithStuckCache({ quiet: true })).toEqual({ code: 1, talk: [warning] })
  })
})

describe('signing out of a profile whose session awsmfa caches', () => {
  const config = '[profile work]\ncredential_process = awsmfa credential-process --profile work\n'
  const files = filesOf('', config)
  const readProfiles = () => files.read().profiles
  const signOut = (cache: Runtime['cache']): Promise<{ readonly code: number; readonly talk: readonly string[] }> =>
    logoutWithStuckCache({}, { cache, files, stores: [createOwnCacheStore({ cache, readProfiles })] })

  it('reports success only if the session cannot be read back', async () => {
    expect(await signOut(fakeCache([RECORD]))).toEqual({
      code: 0,
      talk: [
        expect.stringMatching(/^ok work: signed out \(AWS cannot revoke sessions; copies work until .+\)\n$/),
        'awsmfa: note: cached MFA session of alice removed\n',
      ],
    })
    const stuck = await signOut({ ...fakeCache([RECORD]), remove: refuse })
    expect(stuck).toEqual({ code: 1, talk: [expect.stringContaining('cannot change /cache/session.json')] })
  })

  it('says so if another process signed it in again meanwhile', async () => {
    const cache = fakeCache([RECORD])
    const signedInAgain = (key: SessionKey): void => (cache.remove(key), cache.store(RECORD))
    expect(await signOut({ ...cache, remove: signedInAgain })).toMatchObject({
      code: 1,
      talk: [
        expect.stringContaining('cached MFA session of alice'),
        "awsmfa: warning: 'work' still has a session: another login has just signed in again\n",
      ],
    })
  })
})

/**
 * The credentials file with a session of awsmfa in [a] and [c], and twice in [b], so that nobody can say which is
 * meant.
 */
async function logoutFromFile(
  positionals: readonly string[],
  options: Readonly<Record<string, true>> = {},
  sections: readonly string[] = ['a', 'b', 'b', 'c'],
): Promise<{
  readonly code: number
  readonly talk: readonly string[]
  readonly text: string
  readonly writes: number
}> {
  const section = (name: string): string =>
    `[${name}]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\naws_session_token = t\nexpiration = 2026-11-21T13:00:00Z\nmanager = awsmfa\nawsmfa_state = 1:ASIAIOSFODNN7EXAMPLE:k:0a\n`
  let text = sections.map(section).join('\n')
  let writes = 0
  const read = (): SharedSnapshots => snapshotsWith(text)
  const files: SharedFiles = {
    read,
    removeCopies: () => [],
    preflight: () => undefined,
    whenUnlocked: () => Promise.resolve(),
    transact: (_, plan) => {
      const { edits, result } = plan(read())
      text = applyEdits(text, edits.credentials ?? [])
      writes++
      return { result, changed: ['credentials'], warnings: [] }
    },
  }
  const runtime = fakeRuntime({ files, stores: [createCredentialsFileStore(files)] })
  const code = await logout({ command: 'logout', positionals, options }, runtime)
  return { code, talk: runtime.stderr, text, writes }
}

describe('signing out many profiles of which one stands twice in the file', () => {
  it.each([
    ['by name', ['a', 'b', 'c'], {}],
    ['with --all', [], { all: true }],
  ] as const)('signs the others out in one write and tells of that one: %s', async (_, positionals, options) => {
    const { code, talk, text, writes } = await logoutFromFile(positionals, options)
    expect([code, writes, text.match(/^\[.*\]|^aws_access_key_id/gm)]).toEqual([
      1,
      1,
      ['[a]', '[b]', 'aws_access_key_id', '[b]', 'aws_access_key_id', '[c]'],
    ])
    expect(talk.filter((line) => line.startsWith('ok ')).map((line) => line.slice(0, 5))).toEqual(['ok a:', 'ok c:'])
    expect(talk.filter((line) => line.startsWith('awsmfa: error: '))).toEqual([expect.stringContaining('/c')])
  })

  it('says so also when told to be quiet', async () => {
    expect((await logoutFromFile(['a', 'b'], { quiet: true })).talk).toEqual([
      expect.stringMatching(/^awsmfa: error: [^\n]+\n$/),
    ])
  })

  it('throws for that one alone, and changes nothing', async () => {
    await expect(logoutFromFile(['b'])).rejects.toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'FILE_MALFORMED' }) as unknown }) as Error,
    )
  })
})

it('signs out of 8 times as many profiles in about 8 times the time, and one write', async () => {
  const growth = await growthOf(
    async (count) => {
      const names = Array.from({ length: count }, (_, index) => `p${index}`)
      const { text, writes } = await logoutFromFile(['p*'], {}, names)
      expect([writes, text.match(/awsmfa/)]).toEqual([1, null])
    },
    250,
    8,
  )
  // Anything quadratic takes 64 times as long.
  expect(growth).toBeLessThan(40)
})

describe('signing out of a role whose session another program cached', () => {
  const config = '[profile work]\nrole_arn = arn:aws:iam::222222222222:role/Admin\nsource_profile = base\n'
  const files = filesOf('', config)
  const cacheOf = (
    seconds: number,
    mark?: { readonly profiles: readonly string[]; readonly requestHash: string },
  ): Runtime['awsCaches'] => {
    const entry = { credentials: sessionOf('ASIAOTHER', seconds).credentials, ...(mark === undefined ? {} : { mark }) }
    const cache: Pick<AwsCache, 'findFor' | 'pathFor'> = {
      findFor: () => ({ kind: 'entry', entry }),
      pathFor: () => '/home/me/.aws/cli/cache/x.json',
    }
    return [cache as AwsCache]
  }
  const notesOf = async (awsCaches: Runtime['awsCaches']): Promise<readonly string[]> =>
    (await logoutWithStuckCache({}, { files, awsCaches })).talk.filter((line) => line.includes('cached'))

  it('says until when it stays and what to delete', async () => {
    expect(await notesOf(cacheOf(1200))).toEqual([
      expect.stringMatching(
        /^awsmfa: note: another program has a cached session of 'work' until \d\d:\d\d: ~\/\.aws\/cli\/cache\/x\.json\n$/,
      ),
    ])
  })

  it.each([
    ['ended', cacheOf(-5)],
    ["is awsmfa's own", cacheOf(1200, { profiles: ['other'], requestHash: 'a' })],
  ])('says nothing of one that %s', async (_, cache) => {
    expect(await notesOf(cache)).toEqual([])
  })
})
