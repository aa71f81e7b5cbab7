/** A real password store for tests: `pass` with a GnuPG key and an agent of its own. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { needsProgram } from './outside-program.ts'

/** Returns whether this machine has the programs that the tests with pass need. */
export function hasPass(): boolean {
  return ['pass', 'gpg', 'gpgconf'].every(needsProgram)
}

/** The folder of a GnuPG key for password stores. */
export interface GnuPgHome {
  readonly path: string
  /** Makes the key, with this passphrase, and forgets the passphrase. */
  readonly makeKey: (passphrase: string) => void
  /** Makes the folder of a password store for that key. */
  readonly initialize: (storeFolder: string) => void
  readonly unlock: (passphrase: string) => void
  readonly lock: () => void
  /** Returns the first line of an entry; undefined if there is none. */
  readonly show: (storeFolder: string, entry: string) => string | undefined
  readonly insert: (storeFolder: string, entry: string, text: string) => void
  readonly remove: () => void
}

const USER = 'alice@example.com'

/** Makes an empty one. The caller must call `remove`. */
export function createGnuPgHome(): GnuPgHome {
  // The path of a socket may have no more than 108 bytes.
  const path = mkdtempSync(join(tmpdir(), 'gpg-'))
  chmodSync(path, 0o700)
  const env = { ...process.env, GNUPGHOME: path }
  const gpg = (words: readonly string[], input = ''): string =>
    execFileSync('gpg', ['--batch', '--quiet', ...words], {
      env,
      input,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'ignore'],
    })
  const kill = (what: string): void => void spawnSync('gpgconf', ['--kill', what], { env })
  const withPassphrase = (passphrase: string): readonly string[] => [
    '--pinentry-mode',
    'loopback',
    '--passphrase',
    passphrase,
  ]
  const pass = (storeFolder: string, words: readonly string[], input = '') =>
    spawnSync('pass', words, { env: { ...env, PASSWORD_STORE_DIR: storeFolder }, input, encoding: 'utf8' })
  const orThrow = ({ status, stderr }: ReturnType<typeof pass>): void => {
    if (status !== 0) throw new Error(stderr)
  }
  return {
    path,
    makeKey: (passphrase) => {
      writeFileSync(join(path, 'gpg-agent.conf'), 'allow-loopback-pinentry\npinentry-program /bin/false\n')
      gpg([...withPassphrase(passphrase), '--quick-gen-key', USER])
      kill('gpg-agent')
    },
    initialize: (storeFolder) => orThrow(pass(storeFolder, ['init', USER])),
    unlock: (passphrase) => {
      const text = gpg(['--encrypt', '--armor', '--recipient', USER], 'x')
      gpg([...withPassphrase(passphrase), '--decrypt'], text)
    },
    lock: () => kill('gpg-agent'),
    show: (storeFolder, entry) => {
      const { status, stdout } = pass(storeFolder, ['show', entry])
      return status === 0 ? stdout.split('\n', 1)[0] : undefined
    },
    insert: (storeFolder, entry, text) =>
      orThrow(pass(storeFolder, ['insert', '--multiline', '--force', entry], `${text}\n`)),
    remove: () => {
      kill('all')
      rmSync(path, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}
