import type { AsyncEntry as Entry } from '@napi-rs/keyring'
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { KEYCHAIN_ACCOUNT, KEYCHAIN_SERVICE } from './sessions/keychain.ts'
import type { KeychainAnswer } from './sessions/keychain.ts'

/**
 * The one place that loads `@napi-rs/keyring`, as a process of its own, because a native call that waits for somebody cannot be
 * taken back: whoever starts it ends it when the time is up, and left alone it ends itself.
 *
 * Without input it looks for the key; with input it stores that where it finds none. It answers on stdout with one line of
 * JSON, a KeychainAnswer, in which the key is; on nothing else.
 */

const PACKAGE = '@napi-rs/keyring'

/** Older ones do not know how to be kept to one store (its option `linux.store`). */
const SUPPORTED = /^2\.[1-9]/

/** A little more than whoever started it waits. */
const LONGEST_MS = 4000

type Addon = Readonly<{ AsyncEntry: typeof Entry }>

/** Loads the add-on. Undefined: it is not there, not for this platform, or of a version that must not be used. */
function loadAddon(): Addon | undefined {
  const load = createRequire(__filename)
  try {
    const { version } = JSON.parse(readFileSync(join(dirname(load.resolve(PACKAGE)), 'package.json'), 'utf8')) as {
      readonly version: string
    }
    return SUPPORTED.test(version) ? (load(PACKAGE) as Addon) : undefined
  } catch {
    // Whatever keeps it from loading, what there is to do about it is the same.
    return undefined
  }
}

/** Kept to the Secret Service: left to itself the add-on falls back to the kernel's keyring, which is empty after each boot. */
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
    // Read again: what another process has put there meanwhile is the key.
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
