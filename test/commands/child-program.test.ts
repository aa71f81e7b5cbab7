/** The environment and the exit code of a program that `awsmfa exec` starts. */
import { expect, test } from 'vitest'
import { childEnvironment, profileEnvironment } from '../../src/commands/program-session.ts'

const SESSION = {
  accessKeyId: 'ASIA',
  secretAccessKey: 's',
  sessionToken: 't',
  expiration: new Date('2026-11-21T18:40:00.700Z'),
}
const GIVEN = {
  AWS_ACCESS_KEY_ID: 'ASIA',
  AWS_SECRET_ACCESS_KEY: 's',
  AWS_SESSION_TOKEN: 't',
  AWS_CREDENTIAL_EXPIRATION: '2026-11-21T18:40:00Z',
  AWSMFA_PROFILE: 'prod',
}

test.each<[string, Parameters<typeof childEnvironment>, object]>([
  ['nothing else', [{}, { profile: 'prod', session: SESSION, region: undefined }, false], GIVEN],
  [
    'both regions',
    [{ AWS_REGION: 'x' }, { profile: 'prod', session: SESSION, region: { name: 'eu-west-1', isUsers: true } }, false],
    { ...GIVEN, AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1' },
  ],
  [
    'what was there, and nothing of an older session',
    [
      {
        HOME: '/',
        AWS_PROFILE: 'x',
        AWS_DEFAULT_PROFILE: 'x',
        AWS_SECURITY_TOKEN: 'x',
        AWS_SESSION_TOKEN: 'x',
        NONE: undefined,
      },
      { profile: 'prod', session: SESSION, region: undefined },
      false,
    ],
    { HOME: '/', ...GIVEN },
  ],
  [
    'no end where none is known',
    [
      { AWS_CREDENTIAL_EXPIRATION: 'x' },
      { profile: 'prod', session: { ...SESSION, expiration: undefined }, region: undefined },
      false,
    ],
    Object.fromEntries(Object.entries(GIVEN).filter(([name]) => name !== 'AWS_CREDENTIAL_EXPIRATION')),
  ],
  [
    "the user's own container credentials",
    [{ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/x' }, { profile: 'prod', session: SESSION, region: undefined }, false],
    { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/x', ...GIVEN },
  ],
  [
    'a name in other letters, which is another one',
    [{ Aws_Profile: 'x' }, { profile: 'prod', session: SESSION, region: undefined }, false],
    { Aws_Profile: 'x', ...GIVEN },
  ],
  [
    'no name in other letters on Windows',
    [
      { Aws_Profile: 'x', aws_session_token: 'x', Path: 'p' },
      { profile: 'prod', session: SESSION, region: undefined },
      true,
    ],
    { Path: 'p', ...GIVEN },
  ],
])('the environment of a program holds %s', (_, parameters, environment) => {
  expect(childEnvironment(...parameters)).toEqual(environment)
})

test.each<[string, Parameters<typeof profileEnvironment>, object]>([
  ['the profile', [{ HOME: '/' }, 'prod', false], { HOME: '/', AWS_PROFILE: 'prod', AWSMFA_PROFILE: 'prod' }],
  [
    'no credentials and no other profile',
    [
      {
        AWS_ACCESS_KEY_ID: 'x',
        AWS_SECRET_ACCESS_KEY: 'x',
        AWS_SESSION_TOKEN: 'x',
        AWS_SECURITY_TOKEN: 'x',
        AWS_CREDENTIAL_EXPIRATION: 'x',
        AWS_PROFILE: 'x',
        AWS_DEFAULT_PROFILE: 'x',
        AWS_WEB_IDENTITY_TOKEN_FILE: 'x',
        AWS_ROLE_ARN: 'x',
        AWS_CREDENTIAL_FILE: 'x',
        AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: 'x',
        AWS_CONTAINER_CREDENTIALS_FULL_URI: 'x',
        AWS_CONTAINER_AUTHORIZATION_TOKEN: 'x',
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: 'x',
      },
      'prod',
      false,
    ],
    { AWS_PROFILE: 'prod', AWSMFA_PROFILE: 'prod' },
  ],
  [
    "the user's region, and none that an outer awsmfa set",
    [{ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-east-2', AWSMFA_REGION_SET: 'eu-west-1' }, 'prod', false],
    { AWS_DEFAULT_REGION: 'us-east-2', AWS_PROFILE: 'prod', AWSMFA_PROFILE: 'prod' },
  ],
])('a program that reads the profile itself gets %s', (_, request, expected) => {
  expect(profileEnvironment(...request)).toEqual(expected)
})
