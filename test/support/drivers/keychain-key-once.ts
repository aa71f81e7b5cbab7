/** Finds or makes the cache key in the keychain, and prints it: argv has the helper and the state folder. */
import { createKeychainKey } from '../../../src/adapters/keychain-key.ts'
import { encodeCacheKey } from '../../../src/adapters/cache-key.ts'

const [, , helper = '', stateFolder = ''] = process.argv
const source = createKeychainKey({ helper, stateFolder, environment: process.env, onOddity: () => undefined, onUnavailable: () => undefined })
process.stdout.write(encodeCacheKey(source.findOrCreate()))
