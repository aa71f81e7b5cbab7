/**
 * The program that loads `@napi-rs/keyring`, in a process of its own, because a native call that waits for a person
 * cannot be stopped: its caller kills it when the time is up, and it ends itself after that.
 *
 * Without input it reads the key; with input it stores that unless there is one. It writes one line of JSON to stdout,
 * a KeychainAnswer, which has the key; nothing else is written anywhere.
 */
import type { AsyncEntry as Entry } from '@napi-rs/keyring'
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { KEYCHAIN_ACCOUNT, KEYCHAIN_SERVICE } from './sessions/keychain.ts'
import type { KeychainAnswer } from './sessions/keychain.ts'

const PACKAGE = '@napi-rs/keyring'

/** Earlier versions lack the option `linux.store`. */
const SUPPORTED = /^2\.[1-9]/

/** A little more than its caller waits. */
const LONGEST_MS = 4000

type Addon = Readonly<{ AsyncEntry: typeof Entry }>

/** Loads the add-on; undefined if it is missing, not for this platform, or of an unsupported version. */
function loadAddon(): Addon | undefined {
  const load = createRequire(__filename)
  try {
    const { version } = JSON.parse(readFileSync(join(dirname(load.resolve(PACKAGE)), 'package.json'), 'utf8')) as {
      readonly version: string
    }
    return SUPPORTED.test(version) ? (load(PACKAGE) as Addon) : undefined
  } catch {
    // Whatever keeps it from loading, the remedy is the same.
    return undefined
  }
}

/**
 * Names the Secret Service: by default the add-on falls back to the kernel's keyring, which is empty after each boot.
 */
function openEntry({ AsyncEntry }: Addon): Entry {
  return new AsyncEntry(KEYCHAIN_SERVICE, KEYCHAIN_ACCOUNT, { linux: { store: 'secret-service' } })
}

async function answer(candidate: string): Promise<KeychainAnswer> {
  const addon = loadAddon()
  if (addon === undefined) return { kind: 'no-add-on' }
  try {
    const entry = openEntry(addon)
    const found = await entry.getSecret()
    if (found !== null || candidate === '') return asAnswer(found)
    await entry.setSecret(Buffer.from(candidate, 'latin1'))
    // Read again: another process may have stored a key meanwhile, which then is the key.
    return asAnswer(await entry.getSecret())
  } catch (error) {
    return { kind: 'refused', detail: error instanceof Error ? error.message : String(error) }
  }
}

function asAnswer(secret: readonly number[] | null): KeychainAnswer {
  return secret === null ? { kind: 'none' } : { kind: 'found', text: Buffer.from(secret).toString('latin1') }
}

function readInput(): string {
  try {
    return readFileSync(0, 'latin1')
  } catch {
    // On Windows the end of an empty pipe is an error (EOF).
    return ''
  }
}

// A signal and not an exit, which would wait for the native call.
const end = (): void => void process.kill(process.pid, 'SIGKILL')

setTimeout(end, LONGEST_MS)

void answer(readInput()).then((given) => process.stdout.write(`${JSON.stringify(given)}\n`, end))
