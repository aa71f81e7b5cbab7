/**
 * A Runtime in memory for tests of commands. It records what a command writes; an effect that the test does not provide
 * throws.
 */
import { snapshotsOf } from '../../src/aws-files/profiles.ts'
import type { SharedSnapshots } from '../../src/aws-files/profiles.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { NOW, fakeCache, fakeFacts } from './fake-effects.ts'

export interface FakeRuntime extends Runtime {
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
}

/** Returns both files with these texts. */
export function snapshotsWith(credentials: string, config = ''): SharedSnapshots {
  return snapshotsOf({
    credentials: { path: '/c', text: credentials, exists: true },
    config: { path: '/f', text: config, exists: true },
  })
}

/** Returns a runtime with these effects. `unicode`: whether stdout and stderr can show Unicode. */
export function fakeRuntime(changes: Partial<Runtime> = {}, unicode = false): FakeRuntime {
  const [stdout, stderr]: [string[], string[]] = [[], []]
  const style = { color: false, unicode, columns: undefined }
  const unexpected = (): never => {
    throw new Error('unexpected effect: the test does not provide it')
  }
  return {
    environment: {},
    platform: 'linux',
    isWindows: false,
    home: '/home/me',
    folders: { config: '/config', cache: '/cache', state: '/state' },
    paths: { credentials: '/c', config: '/f' },
    now: () => NOW,
    cancelled: new AbortController().signal,
    sha256: unexpected,
    terminal: {
      data: style,
      talk: style,
      stdout: (text) => void stdout.push(text),
      stderr: (text) => void stderr.push(text),
      canAsk: () => false,
      isInBackground: () => false,
      ask: unexpected,
      confirm: unexpected,
      choose: unexpected,
      whileWaiting: (_, waiting) => waiting,
    },
    asker: {
      style,
      drawsMenus: false,
      obstacle: unexpected,
      askLine: unexpected,
      say: unexpected,
      printAbove: unexpected,
      preface: unexpected,
    },
    warn: (line) => void stderr.push(line),
    debug: () => undefined,
    files: {
      read: () => snapshotsWith(''),
      preflight: unexpected,
      whenUnlocked: unexpected,
      transact: unexpected,
      removeCopies: unexpected,
    },
    backups: {
      keep: unexpected,
      hide: unexpected,
      removeWith: unexpected,
      list: () => [],
      remove: unexpected,
      sweep: () => undefined,
    },
    keyStore: unexpected,
    readSettings: () => Promise.resolve({}),
    facts: fakeFacts(),
    cache: fakeCache(),
    cacheKeyPlace: 'file',
    cacheKeyFailure: undefined,
    awsCaches: [],
    stores: [],
    cachedSessionOf: () => undefined,
    awsLogins: { sessionOf: () => undefined, ssoTokenOf: () => undefined, signInKeyOf: () => undefined },
    updatePromptCache: () => undefined,
    ...changes,
    stdout,
    stderr,
  }
}
