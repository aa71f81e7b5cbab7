// Takes the session of the profile in argv once. AWSMFA_TEST_CODE is what a person would type; without it nobody may be
// asked. Prints one JSON line: the account, whether it was asked, the files that the import loaded, and what keeps the
// process alive.
import { createRequire } from 'node:module'
import { relative } from 'node:path'

const require = createRequire(`${process.cwd()}/here.cjs`)
const { fromAwsmfa } = require('awsmfa')
const loaded = Object.keys(require.cache).map((path) => relative(process.cwd(), path))
let asked = 0
const mfaCodeProvider = async () => {
  asked += 1
  if (process.env.AWSMFA_TEST_CODE === undefined) throw new Error('nobody may be asked')
  return process.env.AWSMFA_TEST_CODE
}
const { accountId } = await fromAwsmfa({ profile: process.argv[2], mfaCodeProvider })()
await new Promise((resolve) => setImmediate(resolve))
const alive = process.getActiveResourcesInfo().filter((name) => !/^(?:Pipe|TTY|File|Immediate)/.test(name))
process.stdout.write(`${JSON.stringify({ accountId, asked, loaded, alive })}\n`)
