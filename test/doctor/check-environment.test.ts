/**
 * The findings about variables name the tools that test/interop/tools/doctor-variables.test.ts observes, and no others.
 */
import { describe, expect, it } from 'vitest'
import { checkVariableFiles, checkVariableKeys, checkVariableProfiles } from '../../src/doctor/check-machine.ts'
import { examine } from '../../src/doctor/examination.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { renderFindings } from '../../src/doctor/report.ts'
import { TOOL_IDS, toolsWhere } from '../../src/doctor/tools.ts'
import type { VariableBehavior } from '../../src/doctor/tools.ts'
import { homeOf, MESSAGE_CONTEXT, PLAIN } from '../support/doctor-homes.ts'

const KEYS = {
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
}
const EXPIRED = { ...KEYS, AWS_CREDENTIAL_EXPIRATION: '2020-01-01T00:00:00Z' }

/** For each behavior, the variables, and what the finding says of the tools. */
const CASES: Readonly<Record<VariableBehavior, readonly [Readonly<Record<string, string>>, string]>> = {
  'AWS_PROFILE overrides keys': [{ ...KEYS, AWS_PROFILE: 'good' }, 'the SDK for JavaScript uses AWS_PROFILE instead'],
  'AWS_DEFAULT_PROFILE overrides AWS_PROFILE': [
    { AWS_PROFILE: 'good', AWS_DEFAULT_PROFILE: 'other' },
    'AWS CLI 1, boto3 and SAM use AWS_DEFAULT_PROFILE',
  ],
  'AWS_DEFAULT_PROFILE is ignored': [
    { AWS_DEFAULT_PROFILE: 'other' },
    'the SDKs for JavaScript, Rust, Java and .NET ignore',
  ],
  'an empty AWS_PROFILE fails': [{ AWS_PROFILE: '' }, 'the AWS CLI, boto3, SAM and the SDKs for Rust and Java fail'],
  'an empty AWS_SHARED_CREDENTIALS_FILE means no file': [
    { AWS_SHARED_CREDENTIALS_FILE: '' },
    'the AWS CLI, boto3, SAM and the SDKs for Rust and Java read no file',
  ],
  'an empty AWS_CONFIG_FILE means no file': [
    { AWS_CONFIG_FILE: '' },
    'the AWS CLI, boto3, SAM and the SDKs for Rust and Java read no file',
  ],
  '$ in a path is literal': [
    { AWS_CONFIG_FILE: '$HOME/x' },
    'CDK, Terraform and the SDKs for JavaScript, Go, Rust and Java do not expand',
  ],
  '~ in a path is literal': [{ AWS_CONFIG_FILE: '~/x' }, 'Terraform and the SDK for Go do not expand'],
  'a past AWS_CREDENTIAL_EXPIRATION fails': [
    EXPIRED,
    'the AWS CLI, boto3 and SAM fail, and AWS rejects it from other tools',
  ],
  'half a key pair fails': [
    { AWS_ACCESS_KEY_ID: KEYS.AWS_ACCESS_KEY_ID },
    "is set without 'AWS_SECRET_ACCESS_KEY'; the AWS CLI, boto3 and SAM fail",
  ],
  'a malformed AWS_CREDENTIAL_EXPIRATION fails': [
    { ...KEYS, AWS_CREDENTIAL_EXPIRATION: 'tomorrow-ish' },
    'is not a date; the AWS CLI, boto3 and SAM fail',
  ],
  'AWS_SECURITY_TOKEN overrides AWS_SESSION_TOKEN': [
    { ...EXPIRED, AWS_SESSION_TOKEN: 'new', AWS_SECURITY_TOKEN: 'old' },
    'the AWS CLI, boto3 and SAM use',
  ],
}

function found(environment: Readonly<Record<string, string>>): readonly Finding[] {
  const { files, machine } = homeOf({ credentials: '[good]\n[other]\n', config: '' }, { environment })
  const examination = examine(files, machine)
  return [checkVariableKeys, checkVariableProfiles, checkVariableFiles].flatMap((check) => check(examination))
}

describe('a finding about variables', () => {
  it.each(Object.entries(CASES))('names the tools for which %s', (_, [environment, words]) => {
    expect(renderFindings(found(environment), { profiles: 1, isVerbose: true }, MESSAGE_CONTEXT, PLAIN)).toContain(
      words,
    )
  })

  it('about keys or an expired session is for every tool; with AWS_PROFILE not for those that prefer the profile', () => {
    const preferring = toolsWhere('AWS_PROFILE overrides keys')
    for (const keys of [KEYS, EXPIRED]) {
      expect(found(keys).map(({ tools }) => tools)).toEqual([TOOL_IDS])
      const withProfile = found({ ...keys, AWS_PROFILE: 'good' })
      expect(withProfile.map(({ tools }) => tools)).toEqual([TOOL_IDS.filter((tool) => !preferring.includes(tool))])
    }
  })
})
