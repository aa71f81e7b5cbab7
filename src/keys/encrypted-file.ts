/**
 * Long-term keys in files that are encrypted with a passphrase, for servers and containers:
 * `<config folder>/keys/<access key id>.json`, mode 0600.
 *
 * The key is derived with scrypt (RFC 7914), the secret encrypted with AES-256-GCM. Version, access key id and the
 * parameters of scrypt are authenticated, and are checked before anything is derived with them. A checksum, which
 * protects nothing, tells a damaged file from a wrong passphrase before anybody is asked for one.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes, scrypt } from 'node:crypto'
import { unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { shortenAccessKeyId } from '../model/credentials.ts'
import type { LongTermCredentials } from '../model/credentials.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { FailureOf } from '../model/failure.ts'
import type { Resolved } from '../model/profile.ts'
import { syncFolder, writeNew } from '../platform/atomic-file.ts'
import { isThere, readRegularFile } from '../platform/read-file.ts'
import { callProgram, environmentForCalled, whyNothing } from '../platform/run-program.ts'
import type { ProgramEnd } from '../platform/run-program.ts'
import { writing } from '../platform/system-error.ts'
import { programOfCommand, splitTokenCommand, wantsShell } from '../shell/words.ts'
import type { Asker } from '../ui/question.ts'
import { quoted, slowLine } from '../ui/words.ts'
import { parseItem, storeFailure } from './stores.ts'
import type { LongTermKeyStore } from './stores.ts'

export interface EncryptedFileOptions {
  /** awsmfa's config folder. */
  readonly configFolder: string
  readonly passphrase: PassphraseSource
  /** The passphrases that this process has been told: they are tried first, and kept nowhere else. */
  readonly known: string[]
}

/** The parameters of scrypt: 128 MiB and 0.4 s for each guess. */
const COST = { N: 2 ** 17, r: 8, p: 1 } as const

/** What a file may ask for: more would take the machine's memory, less protect too little. */
const LIMITS = { leastN: 2 ** 15, mostN: 2 ** 18, r: 8, mostP: 4 } as const

/** scrypt takes 128 * N * r bytes and a little more; Node's default limit is 32 MiB. */
const memoryFor = (N: number): number => 128 * N * LIMITS.r + 32 * 2 ** 20

const CIPHER = 'aes-256-gcm'

const BYTES = { key: 32, salt: 16, nonce: 12, tag: 16 } as const

const VERSION = 1

/** How often a wrong passphrase, two that differ or an empty one are asked for, in all. */
const ATTEMPTS = 3

/** A file, without its checksum. Bytes are in base64. */
interface Item {
  readonly version: number
  readonly accessKeyId: string
  readonly kdf: 'scrypt'
  readonly N: number
  readonly r: number
  readonly p: number
  readonly salt: string
  readonly cipher: typeof CIPHER
  readonly nonce: string
  readonly tag: string
  readonly ciphertext: string
}

/**
 * Makes the store. `find` also throws FILE_UNREADABLE, FILE_NOT_REGULAR, and what the passphrase source throws;
 * `create` and `remove` throw FILE_NOT_WRITABLE and FILE_INCOMPLETE_WRITE.
 */
export function createEncryptedFileStore(options: EncryptedFileOptions): LongTermKeyStore {
  const { configFolder, passphrase, known } = options
  const locationOf = (accessKeyId: string): string => join(configFolder, 'keys', `${accessKeyId}.json`)
  const store = { name: 'encrypted-file', locationOf } as const
  const failed = (accessKeyId: string, reason: Parameters<typeof storeFailure>[2]): AwsmfaError =>
    storeFailure(store, accessKeyId, reason)

  const open = async (item: Item, signal: AbortSignal): Promise<LongTermCredentials> => {
    const { accessKeyId } = item
    for (const each of known) {
      const secret = await decrypt(item, each)
      if (secret !== undefined) return { accessKeyId, secretAccessKey: secret }
    }
    for (let attempt = 1; ; attempt++) {
      const { text, isTyped } = await passphrase.ask({ accessKeyId, isRetry: attempt > 1 }, signal)
      const secret = await decrypt(item, text)
      signal.throwIfAborted()
      if (secret !== undefined) {
        known.push(text)
        return { accessKeyId, secretAccessKey: secret }
      }
      if (!isTyped || attempt === ATTEMPTS) throw failed(accessKeyId, 'wrong-passphrase')
    }
  }

  return {
    ...store,
    find: async (accessKeyId, signal) => {
      const { bytes, stat } = readRegularFile(locationOf(accessKeyId))
      if (stat === undefined) return undefined
      const item = decodeFile(bytes.toString('latin1'), accessKeyId)
      if (typeof item === 'string') throw failed(accessKeyId, item)
      return await open(item, signal)
    },
    has: (accessKeyId) => Promise.resolve(isThere(locationOf(accessKeyId))),
    create: async (keys, signal) => {
      const text = known[0] ?? (await passphrase.askNew(signal))
      const item = await encrypt(keys, text)
      signal.throwIfAborted()
      known.push(text)
      writeNew(locationOf(keys.accessKeyId), encodeFile(item))
    },
    remove: (accessKeyId) => {
      const path = locationOf(accessKeyId)
      writing(path, 'remove', () => {
        if (isThere(path)) unlinkSync(path)
      })
      syncFolder(dirname(path))
      return Promise.resolve()
    },
  }
}

async function encrypt({ accessKeyId, secretAccessKey }: LongTermCredentials, passphrase: string): Promise<Item> {
  const [salt, nonce] = [randomBytes(BYTES.salt), randomBytes(BYTES.nonce)]
  const head = {
    version: VERSION,
    accessKeyId,
    kdf: 'scrypt',
    ...COST,
    salt: salt.toString('base64'),
    cipher: CIPHER,
  } as const
  const cipher = createCipheriv(CIPHER, await derive(passphrase, head), nonce, { authTagLength: BYTES.tag })
  cipher.setAAD(authenticated(head))
  const ciphertext = Buffer.concat([cipher.update(secretAccessKey), cipher.final()])
  return {
    ...head,
    nonce: nonce.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
    ciphertext: ciphertext.toString('base64'),
  }
}

/** Returns the secret; undefined for another passphrase. */
async function decrypt(item: Item, passphrase: string): Promise<string | undefined> {
  const key = await derive(passphrase, item)
  const [nonce, tag, ciphertext] = [item.nonce, item.tag, item.ciphertext].map((text) => Buffer.from(text, 'base64'))
  if (nonce === undefined || tag === undefined || ciphertext === undefined) return undefined
  try {
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: BYTES.tag })
    decipher.setAAD(authenticated(item))
    decipher.setAuthTag(tag)
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString()
  } catch {
    // final() throws unless every byte is authentic; no more than that can be known.
    return undefined
  }
}

/** Normalized (NFKC), since one and the same passphrase is typed as other bytes on another system. */
async function derive(passphrase: string, { N, r, p, salt }: Pick<Item, 'N' | 'r' | 'p' | 'salt'>): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    const options = { N, r, p, maxmem: memoryFor(N) }
    // Bun has undefined where Node has null.
    scrypt(passphrase.normalize('NFKC'), Buffer.from(salt, 'base64'), BYTES.key, options, (error, key) =>
      error instanceof Error ? reject(error) : resolve(key),
    )
  })
}

function authenticated({
  version,
  accessKeyId,
  kdf,
  N,
  r,
  p,
  salt,
  cipher,
}: Omit<Item, 'nonce' | 'tag' | 'ciphertext'>) {
  return Buffer.from(JSON.stringify([version, accessKeyId, kdf, N, r, p, salt, cipher]))
}

function encodeFile(item: Item): string {
  return `${JSON.stringify({ ...item, checksum: checksumOf(item) }, undefined, 2)}\n`
}

function checksumOf({ nonce, tag, ciphertext, ...head }: Item): string {
  return createHash('sha256').update(authenticated(head)).update([nonce, tag, ciphertext].join(' ')).digest('hex')
}

/** Reads a file. */
function decodeFile(text: string, accessKeyId: string): Item | 'damaged' | 'newer' {
  const parsed = parseItem(text)
  if (typeof parsed?.['version'] === 'number' && parsed['version'] > VERSION) return 'newer'
  const item = parsed as unknown as Item
  const isWhole =
    parsed?.['version'] === VERSION &&
    parsed['accessKeyId'] === accessKeyId &&
    parsed['kdf'] === 'scrypt' &&
    parsed['cipher'] === CIPHER &&
    isAffordable(item) &&
    [item.salt, item.nonce, item.tag, item.ciphertext].every((each) => typeof each === 'string') &&
    Buffer.from(item.nonce, 'base64').length === BYTES.nonce &&
    Buffer.from(item.tag, 'base64').length === BYTES.tag &&
    parsed['checksum'] === checksumOf(item)
  return isWhole ? item : 'damaged'
}

function isAffordable({ N, r, p }: Item): boolean {
  return (
    Number.isInteger(Math.log2(N)) &&
    N >= LIMITS.leastN &&
    N <= LIMITS.mostN &&
    r === LIMITS.r &&
    Number.isInteger(p) &&
    p >= 1 &&
    p <= LIMITS.mostP
  )
}

/** Provides passphrases. Throws PASSPHRASE_COMMAND_FAILED, PROMPT_UNAVAILABLE, CANCELLED and the signal's reason. */
export interface PassphraseSource {
  /** Returns the passphrase of an item. `isTyped`: it may be mistyped, so a wrong one is asked for again. */
  readonly ask: (
    request: { readonly accessKeyId: string; readonly isRetry: boolean },
    signal: AbortSignal,
  ) => Promise<{ readonly text: string; readonly isTyped: boolean }>
  /** Returns a passphrase for new items, typed twice. */
  readonly askNew: (signal: AbortSignal) => Promise<string>
}

export interface PassphraseOptions {
  readonly command: Resolved<string> | undefined
  readonly environment: NodeJS.ProcessEnv
  /** The profile whose keys are wanted: its command must not start awsmfa for it again. */
  readonly profile: string
  readonly asker: Pick<Asker, 'askLine' | 'obstacle' | 'say'>
  /** Takes the line, with its end, about a command that takes long. */
  readonly announce: (line: string) => void
  readonly timeoutMs?: number
}

/** Someone may have to unlock a vault first. */
const COMMAND_MS = 60_000

/** Makes the source. */
export function createPassphraseSource(options: PassphraseOptions): PassphraseSource {
  const { command, asker } = options
  const askTyped = async (text: string, signal: AbortSignal): Promise<string> =>
    await asker.askLine({ text, wanted: 'passphrase', keep: true, hidden: true }, signal)
  return {
    ask: async ({ accessKeyId, isRetry }, signal) => {
      if (command !== undefined) return { text: await fromCommand(command, options, signal), isTyped: false }
      const wrong = isRetry ? 'Wrong passphrase. ' : ''
      const text = `${wrong}Passphrase for the access key ${shortenAccessKeyId(accessKeyId)}: `
      return { text: await askTyped(text, signal), isTyped: true }
    },
    askNew: async (signal) => {
      if (command !== undefined) return await fromCommand(command, options, signal)
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const first = await askTyped('New passphrase for the encrypted file: ', signal)
        if (first !== '' && first === (await askTyped('The same again: ', signal))) return first
        asker.say(first === '' ? 'The passphrase is empty.\n' : 'The passphrases differ.\n')
      }
      throw new AwsmfaError({ code: 'CANCELLED' })
    },
  }
}

/** Runs the command as a token command is run: split like a `credential_process`, without a shell. */
async function fromCommand(
  { value: command, origin }: Resolved<string>,
  { environment, profile, asker, announce, timeoutMs = COMMAND_MS }: PassphraseOptions,
  signal: AbortSignal,
): Promise<string> {
  type Details = Pick<FailureOf<'PASSPHRASE_COMMAND_FAILED'>, 'reason' | 'exitCode' | 'seconds'>
  const failed = (details: Details, cause?: unknown): AwsmfaError =>
    new AwsmfaError(
      {
        code: 'PASSPHRASE_COMMAND_FAILED',
        program: programOfCommand(command),
        origin,
        wantsShell: wantsShell(command),
        ...details,
      },
      { cause },
    )
  const childEnvironment = environmentForCalled(environment, profile)
  if (childEnvironment === undefined) throw failed({ reason: 'circle' })
  const split = splitTokenCommand(command, process.platform === 'win32')
  if (split === undefined) throw failed({ reason: 'quote' })
  const terminal = asker.obstacle() === undefined ? 'shared' : 'none'
  const onSlow = (): void =>
    announce(slowLine(`the passphrase command ${quoted(programOfCommand(command))}`, timeoutMs))
  const end = await callProgram(
    { program: split.program, words: split.parameters, environment: childEnvironment, terminal, timeoutMs, onSlow },
    signal,
  )
  const text = passphraseIn(end)
  if (text === undefined) throw failed(whyNothing(end, timeoutMs), end.kind === 'not-run' ? end.cause : undefined)
  return text
}

/** One line, without its end: other blanks may belong to it. */
function passphraseIn(end: ProgramEnd): string | undefined {
  if (end.kind !== 'ended' || end.exitCode !== 0) return undefined
  return /^([^\r\n]+)(?:\r?\n)*$/.exec(end.output)?.[1]
}
