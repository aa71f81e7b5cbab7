// Who the AWS SDK for JavaScript is with the profile in argv, one ARN a line: by its own provider chain, and by
// fromIni.
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { defaultProvider } from '@aws-sdk/credential-provider-node'
import { fromIni } from '@aws-sdk/credential-provider-ini'

const profile = process.argv[2]

const identify = async (credentials) => {
  const client = new STSClient({ region: 'eu-west-1', credentials, maxAttempts: 1 })
  const { Arn } = await client.send(new GetCallerIdentityCommand({}))
  process.stdout.write(`${Arn}\n`)
}

// defaultProvider is what fromNodeProviderChain of @aws-sdk/credential-providers hands on to.
await identify(defaultProvider({ profile }))
await identify(fromIni({ profile }))
