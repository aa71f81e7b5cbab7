// Gets credentials for the profile in argv once, with the library. AWSMFA_TEST_CODE is the answer to the prompt;
// without it a prompt is an error. Prints one JSON line: the account, the number of prompts, the files that the import
// loaded, and what keeps the process alive.
import { createRequire } from 'node:module'
import { relative } from 'node:path'

const require = createRequire(`${process.cwd()}/here.cjs`)
const { fromAwsmfa } = require('awsmfa')
const loaded = Object.keys(require.cache).map((path) => relative(process.cwd(), path))
let prompts = 0
const mfaCodeProvider = async () => {
  prompts += 1
  if (process.env.AWSMFA_TEST_CODE === undefined) throw new Error('unexpected prompt')
  return process.env.AWSMFA_TEST_CODE
}
const { accountId } = await fromAwsmfa({ profile: process.argv[2], mfaCodeProvider })()
await new Promise((resolve) => setImmediate(resolve))
const alive = process.getActiveResourcesInfo().filter((name) => !/^(?:Pipe|TTY|File|Immediate)/.test(name))
process.stdout.write(`${JSON.stringify({ accountId, prompts, loaded, alive })}\n`)
