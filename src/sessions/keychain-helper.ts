/**
 * Asks the system's keychain through `@napi-rs/keyring`, in a process of its own, because a native call that waits
 * for a person cannot be stopped: the caller kills this process when the time is up, and it ends itself after that.
 */
import type * as AddOn from '@napi-rs/keyring'
import { readFileSync } from 'node:fs'
import { KEYCHAIN_ACCOUNT, KEYCHAIN_SERVICE } from './keychain.ts'
import type { KeychainAnswer, KeychainQuestion } from './keychain.ts'

/** A little more than the caller waits. */
const LONGEST_MS = 4000

/** Earlier versions lack the option `linux.store`. */
const SUPPORTED = /^2\.[1-9]/

/**
 * Reads a KeychainQuestion from stdin (nothing there: reads the cache key) and writes a KeychainAnswer, which has the
 * item, as one line of JSON to stdout, and nothing anywhere else; then ends this process.
 */
export function runKeychainHelper(): void {
  setTimeout(end, LONGEST_MS)
  void answer(readInput()).then((found) => process.stdout.write(`${JSON.stringify(found)}\n`, end))
}

async function answer(input: string): Promise<KeychainAnswer> {
  const question = input === '' ? { account: KEYCHAIN_ACCOUNT } : (JSON.parse(input) as KeychainQuestion)
  const { account, candidate, remove } = question
  const addOn = await loadAddOn()
  if (addOn === undefined) return { kind: 'no-add-on' }
  try {
    // By default the add-on falls back to the kernel's keyring, which is empty after each boot.
    const entry = new addOn.AsyncEntry(KEYCHAIN_SERVICE, account, { linux: { store: 'secret-service' } })
    const found = await entry.getSecret()
    if (found !== null && remove === true) await entry.deleteCredential()
    else if (found !== null || candidate === undefined) return asAnswer(found)
    else await entry.setSecret(Buffer.from(candidate, 'latin1'))
    // Read again: another process may have stored an item meanwhile, which then is the one.
    return asAnswer(await entry.getSecret())
  } catch (error) {
    return { kind: 'refused', detail: error instanceof Error ? error.message : String(error) }
  }
}

/** Loads the add-on; undefined if it is missing, not for this platform, or of an unsupported version. */
async function loadAddOn(): Promise<typeof AddOn | undefined> {
  try {
    const { default: manifest } = await import('@napi-rs/keyring/package.json', { with: { type: 'json' } })
    return SUPPORTED.test(manifest.version) ? await import('@napi-rs/keyring') : undefined
  } catch {
    // Whatever keeps it from loading, the remedy is the same.
    return undefined
  }
}

function asAnswer(secret: readonly number[] | Uint8Array | null): KeychainAnswer {
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

/** A signal and not an exit, which would wait for the native call. */
function end(): void {
  process.kill(process.pid, 'SIGKILL')
}
