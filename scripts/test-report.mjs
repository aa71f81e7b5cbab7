/**
 * node scripts/test-report.mjs counts FILE: prints how many tests of a JSON report of vitest passed, failed and were
 * skipped, and to stderr the names of the latter. Fails for a report without tests.
 * node scripts/test-report.mjs failures FILE: prints what failed, also outside of tests.
 */
import { readFileSync } from 'node:fs'

const LENGTH = 1000
const [, , what, file] = process.argv
const { testResults, numTotalTests, numPassedTests, numFailedTests } = JSON.parse(readFileSync(file, 'utf8'))

if (what === 'counts') {
  if (!(numTotalTests > 0)) throw new Error('no test ran')
  for (const { assertionResults } of testResults)
    for (const { status, fullName } of assertionResults)
      if (status !== 'passed' && status !== 'failed') console.error(`skipped: ${fullName}`)
  console.log(numPassedTests, numFailedTests, numTotalTests - numPassedTests - numFailedTests)
} else {
  for (const { name, status, message, assertionResults } of testResults) {
    const failed = assertionResults.filter((test) => test.status === 'failed')
    for (const { fullName, failureMessages } of failed)
      console.log(`failed: ${fullName}: ${failureMessages.join('\n').slice(0, LENGTH)}\n`)
    if (status === 'failed' && failed.length === 0)
      console.log(`failed outside of its tests: ${name}: ${String(message).slice(0, LENGTH)}\n`)
  }
}
