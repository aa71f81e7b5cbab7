/** The partition and home region of each AWS region. */
import { expect, test } from 'vitest'
import { homeRegion, isRegionName, partitionOfRegion, regionMeantBy } from '../../src/aws/endpoints.ts'

test.each([
  ['aws', 'us-east-1'],
  ['aws-cn', 'cn-north-1'],
  ['aws-us-gov', 'us-gov-west-1'],
  ['aws-iso', 'us-iso-east-1'],
  ['aws-iso-b', 'us-isob-east-1'],
  ['aws-iso-e', 'eu-isoe-west-1'],
  ['aws-iso-f', 'us-isof-south-1'],
  ['aws-eusc', 'eusc-de-east-1'],
])('%s is at home in %s, which belongs to it', (partition, region) => {
  expect(homeRegion(partition)).toBe(region)
  expect(partitionOfRegion(region)).toBe(partition)
})

test('a partition that is not known has no home, and a region that is not known counts as one of aws', () => {
  expect(homeRegion('aws-moon')).toBeUndefined()
  expect(partitionOfRegion('mx-central-1')).toBe('aws')
})

test.each([
  ['us-west-2a', 'us-west-2'],
  ['us-west-2-lax-1a', 'us-west-2'],
  ['eu-wset-1', 'eu-west-1'],
  ['us-gov-esat-1', 'us-gov-east-1'],
  ['ap-southheast-2a', 'ap-southeast-2'],
])('%s was meant to be %s', (name, meant) => {
  expect(regionMeantBy(name)).toBe(meant)
})

test.each([
  'eu-west-1',
  'ap-northeast-3',
  'eusc-de-east-1',
  'us-isob-east-1',
  'aws-global',
  'ap-southcentral-1',
  'local',
])('%s is, or may become, a region', (name) => {
  expect(regionMeantBy(name)).toBeUndefined()
})

test.each([
  ['eu-west-1', true],
  ['aws-global', true],
  ['', false],
  ['eu west', false],
  ['eu-west-1.evil.example', false],
  ['-eu', false],
  ['EU-WEST-1', false],
  ['a'.repeat(64), false],
])('%j can be a region: %s', (text, expected) => expect(isRegionName(text)).toBe(expected))
