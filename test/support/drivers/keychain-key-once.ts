/** Finds or makes the cache key in the keychain, and prints it: argv has the helper and the state folder. */
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
