/**
 * Finds or creates the cache key in the keychain once, in a separate process, and prints it:
 *   keychain-key-once.cjs <state folder> <words that start the helper>
 */
import { createKeychain, createKeychainKey } from '../../../src/sessions/keychain.ts'
import { encodeCacheKey } from '../../../src/sessions/cache-cipher.ts'

const [, , stateFolder = '', program = '', ...words] = process.argv
const source = createKeychainKey({
  askKeychain: createKeychain({ helper: [program, ...words], environment: process.env }),
  stateFolder,
  onOddity: () => undefined,
  onUnavailable: () => undefined,
})
process.stdout.write(encodeCacheKey(source.findOrCreate()))
