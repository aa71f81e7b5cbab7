// Who the AWS SDK for JavaScript is with a profile, by fromNodeProviderChain: one ARN. In argv: where its packages are,
// the profile. With the same client again, until the file that IDENTIFY_UNTIL names is there.
const { existsSync } = require('node:fs')
const { createRequire } = require('node:module')
const { join } = require('node:path')

const [folder, profile] = process.argv.slice(2)
const load = createRequire(join(folder, 'package.json'))
const { fromNodeProviderChain } = load('@aws-sdk/credential-providers')
const { GetCallerIdentityCommand, STSClient } = load('@aws-sdk/client-sts')

const sts = new STSClient({ profile, credentials: fromNodeProviderChain({ profile }), maxAttempts: 1 })
const until = process.env.IDENTIFY_UNTIL
const identify = async () => {
  for (;;) {
    const { Arn } = await sts.send(new GetCallerIdentityCommand({}))
    if (until === undefined || existsSync(until)) return process.stdout.write(`${Arn}\n`)
  }
}
identify().catch((error) => {
  process.stderr.write(`${error.name}: ${error.message}\n`)
  process.exitCode = 1
})
