/**
 * Reads access keys from the stores of aws-vault 7 and changes nothing there: encrypted files, `pass`, a collection of
 * the Secret Service. Sources: 99designs/keyring, file.go, pass.go, secretservice.go; aws-vault, cli/global.go and
 * vault/credentialkeyring.go, vault/sessionkeyring.go.
 *
 * An item is JSON with the profile's name as `Key` and aws-vault's own JSON in base64 as `Data`. A file is a JWE (RFC
 * 7516) in the compact serialization whose key comes from a passphrase (PBES2-HS256+A128KW, RFC 7518, with A256GCM).
 */
import { webcrypto } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseItem, showPassEntry } from './stores.ts'
import type { PassOptions } from './stores.ts'
import { isLongTermKeyId, isSecretAccessKey } from '../model/credentials.ts'
import type { LongTermCredentials } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { KeyStoreProblem } from '../model/failure.ts'
import { readRegularFile } from '../platform/read-file.ts'
import { callProgram, withoutKeys } from '../platform/run-program.ts'
import { orElse } from '../platform/system-error.ts'
import { STORE_PATIENCE_MS } from '../platform/time.ts'
import { findForeignItems } from '../sessions/keychain.ts'

/** An access key in a store of aws-vault. */
export interface VaultKey {
  /** The name under which aws-vault has it: the profile's, unless a line of another profile asks for it. */
  readonly profile: string
  /** aws-vault's name of the store. */
  readonly backend: VaultBackend
  /** Where it is, for messages. */
  readonly location: string
  /** Reads it; may ask for a passphrase. Throws VAULT_ITEM_UNREADABLE, and what the passphrase source throws. */
  readonly read: (signal: AbortSignal) => Promise<LongTermCredentials>
}

type VaultBackend = 'secret-service' | 'pass' | 'file'

export interface VaultOptions extends PassOptions {
  readonly home: string | undefined
  /** The names of the profiles in the shared files. */
  readonly profiles: readonly string[]
  /** Asks for the passphrase of the encrypted files. */
  readonly askPassphrase: (isRetry: boolean, signal: AbortSignal) => Promise<string>
}

/** aws-vault's own variable: its passphrase. */
const PASSPHRASE = 'AWS_VAULT_FILE_PASSPHRASE'

/** Items of aws-vault that are no access keys: sessions of all its versions, and tokens. */
const OTHER_ITEMS = /^(?:[^,]+,[^,]+,[^,]*,\d+|session[,:].*|.+ session \(\d+\)|oidc:.*)$/s

/**
 * Returns the access keys that aws-vault has here, each profile once, without opening anything. AWS_VAULT_BACKEND names
 * the one store to look into. Never throws.
 */
export function findVaultKeys(options: VaultOptions): readonly VaultKey[] {
  const backend = options.environment['AWS_VAULT_BACKEND'] || undefined
  const found = (['secret-service', 'pass', 'file'] as const).flatMap((name) =>
    backend === undefined || backend === name ? FINDERS[name](options).map((key) => ({ ...key, backend: name })) : [],
  )
  const keys = found.filter(({ profile }) => !OTHER_ITEMS.test(profile))
  return keys.filter((key, index) => keys.findIndex(({ profile }) => profile === key.profile) === index)
}

type FoundKey = Omit<VaultKey, 'backend'>

const FINDERS: Readonly<Record<VaultBackend, (options: VaultOptions) => readonly FoundKey[]>> = {
  'secret-service': inSecretService,
  pass: inPass,
  file: inFiles,
}

function unreadable(profile: string, item: string, reason: KeyStoreProblem, detail?: string): AwsmfaError {
  return new AwsmfaError({ code: 'VAULT_ITEM_UNREADABLE', profile, item, reason, detail })
}

/** Returns the access key in an item. Throws VAULT_ITEM_UNREADABLE. */
function decodeVaultItem(text: string, profile: string, location: string): LongTermCredentials {
  const item = parseItem(text)
  const data = typeof item?.['Data'] === 'string' ? item['Data'] : ''
  const keys = parseItem(Buffer.from(data, 'base64').toString())
  const { AccessKeyID: accessKeyId, SecretAccessKey: secretAccessKey } = keys ?? {}
  const isWhole =
    item?.['Key'] === profile &&
    typeof accessKeyId === 'string' &&
    isLongTermKeyId(accessKeyId) &&
    typeof secretAccessKey === 'string' &&
    isSecretAccessKey(secretAccessKey)
  if (!isWhole) throw unreadable(profile, location, 'damaged')
  return { accessKeyId, secretAccessKey }
}

/** One passphrase for all files of a run. */
function inFiles({ environment, home, canAsk, askPassphrase }: VaultOptions): readonly FoundKey[] {
  const folder = expanded(environment['AWS_VAULT_FILE_DIR'] || '~/.awsvault/keys', home)
  let known = environment[PASSPHRASE]
  return namesIn(folder).map((name) => {
    const [profile, location] = [name.replaceAll(/%([\dA-Fa-f]{2})/g, unescaped), join(folder, name)]
    const read = async (signal: AbortSignal): Promise<LongTermCredentials> => {
      const token = tokenIn(location, profile)
      if (known === undefined && !canAsk()) throw unreadable(profile, location, 'locked')
      for (let attempt = 0; ; attempt++) {
        const passphrase = known ?? (await askPassphrase(attempt > 0, signal))
        const payload = await decryptToken(token, passphrase)
        if (payload === 'damaged') throw unreadable(profile, location, payload)
        if (payload !== undefined) {
          known = passphrase
          return decodeVaultItem(payload.text, profile, location)
        }
        if (known !== undefined || attempt === 2) throw unreadable(profile, location, 'wrong-passphrase')
      }
    }
    return { profile, location, read }
  })
}

function tokenIn(location: string, profile: string): string {
  try {
    return readRegularFile(location).bytes.toString('latin1').trim()
  } catch (error) {
    if (!(error instanceof AwsmfaError)) throw error
    throw unreadable(profile, location, 'refused')
  }
}

function unescaped(_: string, hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16))
}

function expanded(folder: string, home = ''): string {
  return folder.startsWith('~/') ? join(home, folder.slice(2)) : folder
}

/** The files of a folder, without those of the system such as `.DS_Store`. */
function namesIn(folder: string): readonly string[] {
  const entries = orElse([], () => readdirSync(folder, { withFileTypes: true }))
  return entries.flatMap((entry) => (entry.isFile() && !entry.name.startsWith('.') ? [entry.name] : [])).toSorted()
}

const { subtle } = webcrypto

/** What the passphrase's key may cost: aws-vault writes 8192 rounds. */
const ROUNDS = { least: 1000, most: 10_000_000 } as const

/** Returns the text of a JWE; undefined for another passphrase. */
export async function decryptToken(
  token: string,
  passphrase: string,
): Promise<{ readonly text: string } | 'damaged' | undefined> {
  const parts = token.split('.')
  const [head = '', ...rest] = parts
  const [wrapped, iv, ciphertext, tag] = rest.map((part) => Buffer.from(part, 'base64url'))
  const { alg, enc, p2c, p2s } = parseItem(Buffer.from(head, 'base64url').toString()) ?? {}
  const isKnown = alg === 'PBES2-HS256+A128KW' && enc === 'A256GCM' && parts.length === 5
  const isBounded = typeof p2c === 'number' && p2c >= ROUNDS.least && p2c <= ROUNDS.most && Number.isInteger(p2c)
  if (!isKnown || !isBounded || typeof p2s !== 'string') return 'damaged'
  if (wrapped?.length !== 40 || iv?.length !== 12 || ciphertext === undefined || tag?.length !== 16) return 'damaged'
  const salt = Buffer.concat([Buffer.from(`${alg}\0`), Buffer.from(p2s, 'base64url')])
  const secret = await subtle.importKey('raw', Buffer.from(passphrase), 'PBKDF2', false, ['deriveKey'])
  const derivation = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: p2c }
  const wrapping = await subtle.deriveKey(derivation, secret, { name: 'AES-KW', length: 128 }, false, ['unwrapKey'])
  // A wrapped key is authentic, and so shows a wrong passphrase.
  const key = await subtle
    .unwrapKey('raw', wrapped, wrapping, 'AES-KW', { name: 'AES-GCM', length: 256 }, false, ['decrypt'])
    .catch(() => undefined)
  if (key === undefined) return undefined
  const terms = { name: 'AES-GCM', iv, additionalData: Buffer.from(head) }
  const payload = await subtle.decrypt(terms, key, Buffer.concat([ciphertext, tag])).catch(() => undefined)
  return payload === undefined ? 'damaged' : { text: Buffer.from(payload).toString() }
}

/** Entries under the prefix; without one, only those that have the name of a profile. */
function inPass({ environment, home, profiles, canAsk, announce }: VaultOptions): readonly FoundKey[] {
  const folder = environment['AWS_VAULT_PASS_PASSWORD_STORE_DIR'] || environment['PASSWORD_STORE_DIR']
  const prefix = environment['AWS_VAULT_PASS_PREFIX'] ?? ''
  const root = expanded(folder || '~/.password-store', home)
  const names = entriesIn(join(root, prefix)).filter((name) => prefix !== '' || profiles.includes(name))
  const own = { ...withoutPassphrase(environment), ...(folder === undefined ? {} : { PASSWORD_STORE_DIR: root }) }
  return names.map((profile) => {
    const entry = prefix === '' ? profile : join(prefix, profile)
    const location = `pass: ${entry}`
    const read = async (signal: AbortSignal): Promise<LongTermCredentials> => {
      const shown = await showPassEntry(entry, { environment: own, canAsk, announce }, signal)
      if (typeof shown === 'string') return decodeVaultItem(shown, profile, location)
      throw unreadable(profile, location, shown.reason, shown.detail)
    }
    return { profile, location, read }
  })
}

/** The entries of a password store, in all folders below it. */
function entriesIn(folder: string, below = ''): readonly string[] {
  const entries = orElse([], () => readdirSync(join(folder, below), { withFileTypes: true }))
  return entries
    .flatMap((entry) => {
      const name = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.isDirectory() && !entry.name.startsWith('.')) return entriesIn(folder, name)
      return entry.isFile() && name.endsWith('.gpg') ? [name.slice(0, -'.gpg'.length)] : []
    })
    .toSorted()
}

/** aws-vault's items have the attribute `profile`; `secret-tool` of libsecret prints their secret. */
function inSecretService({ environment, profiles }: VaultOptions): readonly FoundKey[] {
  const collection = environment['AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME'] || 'awsvault'
  return findForeignItems(collection, profiles, environment).map(({ name: profile, isLocked }) => {
    const location = `keyring ${collection}: ${profile}`
    const read = async (signal: AbortSignal): Promise<LongTermCredentials> => {
      // It would open a window.
      if (isLocked) throw unreadable(profile, location, 'locked')
      const own = withoutPassphrase(environment)
      const words = ['lookup', 'profile', profile]
      const called = {
        program: 'secret-tool',
        words,
        environment: own,
        terminal: 'none',
        timeoutMs: STORE_PATIENCE_MS,
      } as const
      const end = await callProgram(called, signal)
      if (end.kind === 'ended' && end.exitCode === 0) return decodeVaultItem(end.output, profile, location)
      const reason = end.kind === 'timed-out' ? 'slow' : end.kind === 'not-run' ? 'no-program' : 'refused'
      throw unreadable(profile, location, reason)
    }
    return { profile, location, read }
  })
}

function withoutPassphrase(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...withoutKeys(environment), [PASSPHRASE]: undefined }
}

/** A command line with which aws-vault prints one access key. */
export interface VaultLine {
  /** The name under which aws-vault has the key. */
  readonly item: string
  /** Returns the same line for an item, with `--no-session`: all else stays as the user wrote it. */
  readonly lineFor: (item: string) => string
}

const WORD = /(?:"[^"]*"|'[^']*'|[^\s"'])+/g

const VALUE_OPTIONS =
  /^(?:--(?:backend|prompt|keychain|secret-service-collection|pass-(?:dir|cmd|prefix)|file-dir|op-[a-z-]+|duration|region|mfa-token|format)|-[dt])$/
const PLAIN_OPTIONS = /^(?:--(?:debug|biometrics|no-session|json|stdout)|-[nj]{1,2})$/

/**
 * Returns what a `credential_process` line asks aws-vault for; undefined unless it is surely `exec --json` or `export
 * --format=json` of one item. Sources: aws-vault 7, cli/global.go, cli/exec.go and cli/export.go. Quotes count as on
 * both kinds of systems; a line with an escaped blank or quote is no certain one.
 */
export function parseVaultLine(line: string): VaultLine | undefined {
  const words = [...line.matchAll(WORD)].map(({ 0: raw, index }) => ({
    text: raw.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'),
    start: index,
    end: index + raw.length,
  }))
  const program = words.findIndex(({ text }) => /(?:^|[\\/])aws-vault(?:\.exe)?$/i.test(text))
  const isCertain = line.replaceAll(WORD, '').trim() === '' && !/[\r\n]|\\["'\s]/.test(line)
  if (program === -1 || !isCertain) return undefined
  const options = new Map<string, string>()
  const names: typeof words = []
  for (let index = program + 1; index < words.length; index++) {
    const word = words[index]
    if (word === undefined) break
    const [, name = word.text, value] = /^(--[a-z-]+)=(.*)$/s.exec(word.text) ?? []
    if (!name.startsWith('-')) names.push(word)
    else if (VALUE_OPTIONS.test(name)) options.set(name, value ?? words[++index]?.text ?? '')
    else if (PLAIN_OPTIONS.test(name) && value === undefined) options.set(name, '')
    else return undefined
  }
  const [command, item, another] = names
  const has = (long: string, letter: string): boolean =>
    [...options.keys()].some((name) => name === long || (/^-[nj]+$/.test(name) && name.includes(letter)))
  const isJson = command?.text === 'exec' ? has('--json', 'j') : options.get('--format') === 'json'
  const isKnown = command?.text === 'exec' || command?.text === 'export'
  if (!isKnown || !isJson || item === undefined || another !== undefined || /[\\$`\s]/.test(item.text)) return undefined
  const flag = has('--no-session', 'n') ? '' : '--no-session '
  return { item: item.text, lineFor: (name) => line.slice(0, item.start) + flag + name + line.slice(item.end) }
}
