/** That the product which AWSMFA_TEST_PRODUCT names is what these tests start. */
import { spawn } from 'node:child_process'
import { readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { BUILT, isExecutable, PRODUCT } from '../support/run-cli.ts'

test.skipIf(process.platform !== 'linux')('the program that runs is the product under test', async () => {
  const child = spawn(PRODUCT[0], [...PRODUCT.slice(1), '--version'], { stdio: 'ignore', env: {} })
  const exited = once(child, 'exit')
  const [program, words] = [
    readlinkSync(`/proc/${child.pid}/exe`),
    readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').split('\0'),
  ]
  expect(await exited).toEqual([0, null])
  expect(program).toBe(realpathSync(isExecutable ? BUILT : process.execPath))
  expect(words).toEqual([...PRODUCT, '--version', ''])
})
