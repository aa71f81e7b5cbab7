/**
 * Asks for the cache key once, as a process of its own: cache-key-once.cjs <runtime folder or ''> <state folder>
 * Begins when its stdin is closed, and prints the id of the key that it was given and whether it then finds the same.
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
