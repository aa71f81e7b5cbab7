// One token code for every program: the AWS SDK for JavaScript v3 with sessions from awsmfa.
//
//   npm install @aws-sdk/client-sts
//   node sdk-v3.mjs [profile]
//
// The first run asks for the code of the profile's MFA device at the terminal. Further runs, other profiles with the same
// device and `awsmfa login` use the session that awsmfa keeps; while the program runs, the SDK renews it through the provider.
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromAwsmfa } from 'awsmfa'

const [profile] = process.argv.slice(2)

// The same for every client of the SDK: new S3Client({ credentials: … }), new DynamoDBClient({ credentials: … }).
const credentials = fromAwsmfa({ profile })
const client = new STSClient({ region: process.env.AWS_REGION ?? 'us-east-1', credentials })

try {
  const { Arn } = await client.send(new GetCallerIdentityCommand({}))
  const { expiration } = await credentials()
  console.log(`${Arn} until ${expiration.toISOString()}`)
} catch (error) {
  // An error of awsmfa says what happened and the way out; error.code names it.
  console.error(error.message)
  process.exitCode = 1
}
