import { describe, expect, it } from 'vitest'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import { prepareLogin } from '../../src/login/prepare.ts'
import { formatExpiration } from '../../src/model/credentials.ts'
import { sha256 } from '../../src/runtime/runtime.ts'
import type { AwsCacheFinding } from '../../src/sessions/aws-cache-entry.ts'
import { NOW, sessionOf } from '../support/fake-effects.ts'

const CONFIG = `[profile admin]
role_arn = arn:aws:iam::222222222222:role/Admin
source_profile = base-long-term
mfa_serial = arn:aws:iam::111111111111:mfa/alice
[profile process]
credential_process = awsmfa credential-process --profile process
awsmfa_source_profile = base-long-term
`
const KEYS = '[base-long-term]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n'

/** Whether the session of the profile is reused, or why not. `entries`: what the two caches of AWS tools hold. */
function decisionFor(profile: string, section = '', entries: readonly AwsCacheFinding[] = []): string {
  const { reuse } = prepareLogin(
    {
      invocation: { command: 'login', positionals: [profile], options: {} },
      environment: {},
      profiles: readProfiles({ credentials: KEYS + section, config: CONFIG }),
      paths: { credentials: '/c', config: '/f' },
      defaults: {},
      readFile: () => '',
      config: '',
      isWindows: false,
    },
    {
      awsCaches: entries.map((entry) => ({ source: 'cli-cache', findFor: () => entry })),
      sha256,
      now: () => NOW,
      debug: () => undefined,
    },
  )
  return reuse.reuse ? 'reused' : reuse.reason
}

const { credentials } = sessionOf('ASIAIOSFODNN7EXAMPLE')
const entry: AwsCacheFinding = { kind: 'entry', entry: { credentials } }
const mark = { profiles: ['admin'], requestHash: 'abc' }
const own: AwsCacheFinding = { kind: 'entry', entry: { credentials, mark } }
const none: AwsCacheFinding = { kind: 'none' }

describe('the sessions that a login may reuse', () => {
  it.each<[string, readonly AwsCacheFinding[], string]>([
    ['in both caches', [entry, entry], 'reused'],
    ["in one cache only, another program's", [entry, none], 'reused'],
    ["in one cache only, awsmfa's own", [own, none], 'not-found'],
    ['in no cache', [none, none], 'not-found'],
    ['in one cache, and damaged in the other', [own, { kind: 'damaged' }], 'not-found'],
  ])('of a role profile are %s', (_, entries, expected) => {
    expect(decisionFor('admin', '', entries)).toBe(expected)
  })

  const section = `[base]
aws_access_key_id = ${credentials.accessKeyId}
aws_secret_access_key = secret
aws_session_token = session
expiration = ${formatExpiration(credentials.expiration)}
`
  it.each([
    [
      "awsmfa's own, of another request",
      `${section}manager = awsmfa\nawsmfa_state = 1:ASIAIOSFODNN7EXAMPLE:s:abc\n`,
      'different-request',
    ],
    ["another program's", section, 'not-found'],
    ['damaged: the token is missing', section.replace(/aws_session_token.*\n/, ''), 'not-found'],
    ['none', '', 'not-found'],
  ])('in a section are %s', (_, text, expected) => {
    expect(decisionFor('base', text)).toBe(expected)
  })

  it("are none of awsmfa's own cache, where one is found later", () => {
    expect(decisionFor('process', '', [entry, entry])).toBe('not-found')
  })
})
