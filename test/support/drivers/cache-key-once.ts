/**
 * Finds or creates the cache key once, in a separate process:
 *   cache-key-once.cjs <runtime folder or ''> <state folder>
 * Starts when its stdin is closed. Prints the ID of the key, and whether a second lookup finds the same key.
 */
import { readFileSync } from 'node:fs'
import { createCacheKeyFile } from '../../../src/sessions/cache-key-file.ts'

const [runtimeFolder = '', stateFolder = ''] = process.argv.slice(2)
const source = createCacheKeyFile({
  runtimeFolder: runtimeFolder === '' ? undefined : runtimeFolder,
  stateFolder,
  onOddity: () => undefined,
})
readFileSync(0)
const key = source.findOrCreate()
const found = source.find()
process.stdout.write(`${key.id} ${String(found?.id === key.id && found.bytes.equals(key.bytes))}\n`)
