/** A profile whose `credential_process` is awsmfa: the session goes to the cache. */
import { expect, test } from 'vitest'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import { isOwnProcess } from '../../src/aws-files/profile-keys.ts'
import { profileOfOwnProcess } from '../../src/login/destination.ts'

const profileWith = (line: string) =>
  readProfiles({ credentials: '', config: `[profile work]\ncredential_process = ${line}\n` }).find('work')

test.each([
  ['awsmfa credential-process', 'work'],
  ['awsmfa credential-process --profile base', 'base'],
  ['awsmfa credential-process --profile=base', 'base'],
  ['awsmfa credential-process -p base', 'base'],
  ['awsmfa credential-process base', 'base'],
  ['awsmfa credential-process --timeout 60s base', 'base'],
  ['awsmfa credential-process --no-mandatory-refresh', 'work'],
  ['/opt/node/bin/node /opt/awsmfa/dist/awsmfa.cjs credential-process --profile base', 'base'],
  ['"/opt/my node/bin/node" "/opt/aws mfa/awsmfa.cjs" credential-process --profile "my base"', 'my base'],
  ["'/usr/bin/awsmfa' credential-process", 'work'],
  ['env FOO=1 awsmfa credential-process work', 'work'],
])('%s: awsmfa answers, for %s', (line, profile) => {
  expect(isOwnProcess(profileWith(line))).toBe(true)
  expect(profileOfOwnProcess(profileWith(line), false)).toBe(profile)
})

test.each([
  ['"C:\\Program Files\\nodejs\\node.exe" "C:\\Users\\me\\awsmfa.cjs" credential-process --profile base'],
  ['awsmfa.cmd credential-process --profile base'],
])('on Windows, %s: awsmfa answers', (line) => expect(profileOfOwnProcess(profileWith(line), true)).toBe('base'))

test.each([
  ['aws-vault exec work --json'],
  ['awsmfa login work'],
  ['my-awsmfa-wrapper credential-process'],
  ['/home/awsmfa/keys.sh credential-process'],
  ['op item get awsmfa credential-processes'],
  [''],
])('%s: something else answers', (line) => {
  expect(isOwnProcess(profileWith(line))).toBe(false)
  expect(profileOfOwnProcess(profileWith(line), false)).toBeUndefined()
})
