/** The addresses of the AWS console in each partition. */
import { describe, expect, it } from 'vitest'
import {
  consoleHosts,
  consolePage,
  isServiceName,
  isSignInEndpoint,
  signInEndpoint,
  signInUrl,
} from '../../src/aws/console-urls.ts'
import { failureOf } from '../support/failure-of.ts'

describe('each partition', () => {
  it.each([
    ['aws', 'eu-west-1', 'signin.aws.amazon.com', 'console.aws.amazon.com', 'us-east-1.signin.aws.amazon.com'],
    [
      'aws-us-gov',
      'us-gov-east-1',
      'signin.amazonaws-us-gov.com',
      'console.amazonaws-us-gov.com',
      'us-gov-west-1.signin.amazonaws-us-gov.com',
    ],
    ['aws-cn', 'cn-north-1', 'signin.amazonaws.cn', 'console.amazonaws.cn', 'cn-north-1.signin.amazonaws.cn'],
    [
      'aws-eusc',
      'eusc-de-east-1',
      'eusc-de-east-1.signin.amazonaws-eusc.eu',
      'console.amazonaws-eusc.eu',
      'eusc-de-east-1.signin.amazonaws-eusc.eu',
    ],
  ])('%s', (partition, region, signIn, consoleHost, signOut) => {
    const hosts = consoleHosts(partition)
    const endpoint = signInEndpoint(partition, hosts, undefined)
    expect(endpoint).toEqual({ federation: `https://${signIn}/federation`, signOut: `https://${signOut}/oauth` })
    expect(consolePage(hosts, undefined, region)).toBe(`https://${region}.${consoleHost}/console/home?region=${region}`)
    expect(consolePage(hosts, 'iam', undefined)).toBe(`https://${consoleHost}/iam/home`)
  })

  it.each(['aws-iso', 'aws-iso-b', 'aws-iso-e', 'aws-iso-f', 'toString', ''])('refuses %s', (partition) => {
    expect(failureOf(() => consoleHosts(partition))).toEqual({ code: 'CONSOLE_UNSUPPORTED', partition })
  })
})

it.each([
  ['s3', 's3'],
  ['codesuite/codecommit', 'codesuite/codecommit'],
  ['dynamodb', 'dynamodbv2'],
  ['ssm', 'systems-manager'],
])('--service %s opens %s', (service, path) => {
  expect(isServiceName(service)).toBe(true)
  expect(consolePage({ console: 'c' }, service, 'r')).toBe(`https://r.c/${path}/home?region=r`)
})

it.each(['', 'S3', 's3?x', 's3#x', '../x', 's3/', 'a b', 'constructor/', '//evil.example'])(
  '%j is no service',
  (service) => expect(isServiceName(service)).toBe(false),
)

it('signs in, and signs out first if asked to', () => {
  const endpoint = signInEndpoint('aws', consoleHosts('aws'), 'https://signin.example.com/')
  const link = { token: 'a+b/c=', destination: 'https://console.aws.amazon.com/s3/home?region=eu-west-1' }
  const url = signInUrl(endpoint, { ...link, signsOut: false })
  expect(url).toBe(
    'https://signin.example.com/federation?Action=login&Issuer=awsmfa&Destination=https%3A%2F%2Fconsole.aws.amazon.com%2Fs3%2Fhome%3Fregion%3Deu-west-1&SigninToken=a%2Bb%2Fc%3D',
  )
  const first = new URL(signInUrl(endpoint, { ...link, signsOut: true }))
  expect(first.origin + first.pathname).toBe('https://signin.example.com/oauth')
  expect(Object.fromEntries(first.searchParams)).toEqual({ Action: 'logout', redirect_uri: url })
})

it.each([
  ['https://signin.example.com', true],
  ['http://127.0.0.1:8080', true],
  ['http://localhost:8080', true],
  ['http://signin.example.com', false],
  ['ftp://127.0.0.1', false],
  ['signin.example.com', false],
])('%s may get the credentials: %s', (address, may) => expect(isSignInEndpoint(address)).toBe(may))
