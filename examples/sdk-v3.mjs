// Use the AWS SDK for JavaScript v3 with MFA sessions from awsmfa.
//
//   npm install @aws-sdk/client-sts
//   node sdk-v3.mjs [profile]
//
// The first run prompts for the token code of the profile's MFA device. Later runs, other profiles with the same
// device, and `awsmfa login` use the cached session. While the program runs, the SDK calls the provider to renew it.
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromAwsmfa } from 'awsmfa'

const [profile] = process.argv.slice(2)

// Works with every client of the SDK: new S3Client({ credentials }), new DynamoDBClient({ credentials }).
const credentials = fromAwsmfa({ profile })
const client = new STSClient({ region: process.env.AWS_REGION ?? 'us-east-1', credentials })

try {
  const { Arn } = await client.send(new GetCallerIdentityCommand({}))
  const { expiration } = await credentials()
  console.log(`${Arn} until ${expiration.toISOString()}`)
} catch (error) {
  // The message of an awsmfa error includes a hint; error.code identifies the error.
  console.error(error.message)
  process.exitCode = 1
}
