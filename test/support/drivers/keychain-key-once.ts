/**
 * Finds or creates the cache key in the keychain once, in a separate process, and prints it:
 *   keychain-key-once.cjs <helper> <state folder>
 */
import { createKeychainKey } from '../../../src/sessions/keychain.ts'
import { encodeCacheKey } from '../../../src/sessions/cache-cipher.ts'

const [, , helper = '', stateFolder = ''] = process.argv
const source = createKeychainKey({
  helper,
  stateFolder,
  environment: process.env,
  onOddity: () => undefined,
  onUnavailable: () => undefined,
})
process.stdout.write(encodeCacheKey(source.findOrCreate()))
