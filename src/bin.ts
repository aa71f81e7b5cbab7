#!/usr/bin/env node
/**
 * The program of the npm package: checks that Node is new enough, then runs the command line. In syntax that an old
 * Node can parse.
 */
const words = process.argv.slice(2)
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major > 20 || (major === 20 && minor >= 19)) {
  void import('./cli/run.ts').then(async ({ main }) => {
    process.exitCode = await main(words)
  })
} else {
  process.stderr.write(`awsmfa: error: awsmfa needs Node.js 20.19 or later; this is ${process.versions.node}\n`)
  // An eval of nothing would be success, in every shell.
  if (words.includes('env')) process.stdout.write('false\n')
  process.exitCode = 1
}
