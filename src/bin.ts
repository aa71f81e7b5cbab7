#!/usr/bin/env node
/**
 * The program of the npm package and of the standalone executable: checks that Node is new enough, then runs the
 * command line, or the keychain helper. In syntax that an old Node can parse.
 */
const words = process.argv.slice(2)
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (words[0] === '__keychain-helper') {
  void import('./sessions/keychain-helper.ts').then(({ runKeychainHelper }) => runKeychainHelper())
} else if (major > 20 || (major === 20 && minor >= 19)) {
  // All output is written by now; without an exit, Bun waits for a terminal that was read.
  // eslint-disable-next-line no-restricted-properties
  void import('./cli/run.ts').then(async ({ main }) => process.exit(await main(words)))
} else {
  process.stderr.write(`awsmfa: error: awsmfa needs Node.js 20.19 or later; this is ${process.versions.node}\n`)
  // An eval of nothing would be success, in every shell.
  if (words.includes('env')) process.stdout.write('false\n')
  process.exitCode = 1
}
