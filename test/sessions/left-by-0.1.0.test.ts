/**
 * The home folder that awsmfa 0.1.0 left in fixtures/homes/left-by-0.1.0, read by this version an hour later at most.
 * It had signed in 'work' and the role profile 'admin', and answered as the credential process of 'robot', for the home
 * /tmp/home.
 */
import { chmodSync, cpSync, lstatSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import { sha1, sha256 } from '../../src/runtime/runtime.ts'
import { createAwsCacheStore } from '../../src/sessions/aws-cache.ts'
import { cacheKeyPath, decryptEntry, encryptEntry, findCacheKey } from '../../src/sessions/cache-cipher.ts'
import { createCacheKeyFile } from '../../src/sessions/cache-key-file.ts'
import { createRememberedFacts } from '../../src/sessions/facts.ts'
import { findAnswer } from '../../src/sessions/process-answers.ts'
import { isPromptLine, promptFilesOf } from '../../src/sessions/prompt-line.ts'
import { isUsable } from '../../src/sessions/reuse.ts'
import { createCachedSessionReader, createSessionCache } from '../../src/sessions/session-cache.ts'
import { statusOfProfile } from '../../src/sessions/status.ts'
import { isWindows } from '../support/on-windows.ts'
import { scratchFolder } from '../support/scratch.ts'

const LEFT = fileURLToPath(new URL('../../fixtures/homes/left-by-0.1.0', import.meta.url))
const NOW = new Date('2026-11-29T16:20:00Z')
const EXPIRATION = new Date('2026-11-30T04:16:53Z')
const ROLE_EXPIRATION = new Date('2026-11-29T17:16:55Z')
const ENDPOINT = 'http://127.0.0.1:38201'
const DEVICE = 'arn:aws:iam::111111111111:mfa/alice'
const LONG_TERM_KEY = 'AKIARTXV5AHDQAAAAAAB'
const SESSION_KEY = 'ASIARTXV5AHDQAX6R27D'
const MFA_SESSION = {
  partition: 'aws',
  endpoint: ENDPOINT,
  accessKeyId: LONG_TERM_KEY,
  serialNumber: DEVICE,
  chain: '',
}
const ALICE = { account: '111111111111', arn: 'arn:aws:iam::111111111111:user/alice', userId: 'AIDA524WNXFZRLB4YWBKR' }
const ADMIN_ARN = 'arn:aws:sts::222222222222:assumed-role/Admin/alice'
const ENVIRONMENT = { AWS_ENDPOINT_URL_STS: ENDPOINT, AWS_REGION: 'eu-west-1' }

/** A copy of the home with the modes that git does not keep, and what this version makes of it. */
function openHome() {
  const home = scratchFolder()
  cpSync(LEFT, home, { recursive: true })
  const [cacheFolder, stateFolder] = [join(home, '.cache/awsmfa'), join(home, '.local/state/awsmfa')]
  const keyPlaces = { runtimeFolder: undefined, stateFolder }
  chmodSync(cacheKeyPath(keyPlaces), 0o600)
  const oddities: string[] = []
  const onOddity = (text: string): void => void oddities.push(text)
  const keySource = createCacheKeyFile({ ...keyPlaces, onOddity })
  const cache = createSessionCache({ cacheFolder, keySource, sha256, now: () => new Date(), onOddity })
  const factsAt = (now: Date) => createRememberedFacts({ cacheFolder, stateFolder, sha256, now: () => now })
  const files = { credentials: join(home, '.aws/credentials'), config: join(home, '.aws/config') }
  const profiles = readProfiles({
    credentials: readFileSync(files.credentials, 'latin1'),
    config: readFileSync(files.config, 'latin1'),
  })
  const awsCaches = (['cli-cache', 'boto-cache'] as const).map((kind) =>
    createAwsCacheStore({ home, kind, sha1, onOddity }),
  )
  const { identityOf } = factsAt(NOW)
  const statusOf = (name: string, now: Date) =>
    statusOfProfile(name, {
      profiles,
      now,
      identityOf,
      cachedSessionOf: createCachedSessionReader({ awsCaches, records: cache.list, identityOf }),
    })
  const folders = { cache: cacheFolder, state: stateFolder, config: join(home, '.config/awsmfa') }
  const sources = { folders, files, environment: ENVIRONMENT }
  return { home, cache, factsAt, awsCaches, statusOf, oddities, sources, keyPlaces }
}

test('the sessions in its cache are decrypted and found by what they depend on', () => {
  const { cache, oddities } = openHome()
  expect(cache.find(MFA_SESSION)).toMatchObject({
    key: MFA_SESSION,
    credentials: { accessKeyId: SESSION_KEY, expiration: EXPIRATION },
    durationSeconds: 43_200,
    profiles: ['work', 'robot', 'admin'],
  })
  expect(cache.list().map((record) => [isUsable(record, NOW, 900), record.assumedRoleArn])).toEqual([
    [true, undefined],
    [true, ADMIN_ARN],
  ])
  expect(oddities).toEqual([])
})

test('status knows where every session is, until when, and whose', () => {
  const { statusOf } = openHome()
  expect(statusOf('work', NOW)).toEqual({
    profile: 'work',
    state: 'valid',
    expiration: EXPIRATION,
    source: 'credentials-file',
    sourceProfile: undefined,
    managedBy: 'awsmfa',
    accessKeyId: '…R27D',
    account: ALICE.account,
    arn: ALICE.arn,
    isRenewable: false,
  })
  expect(statusOf('robot', NOW)).toMatchObject({ source: 'awsmfa-cache', expiration: EXPIRATION, arn: ALICE.arn })
  expect(statusOf('admin', NOW)).toMatchObject({
    source: 'cli-cache',
    expiration: ROLE_EXPIRATION,
    managedBy: 'awsmfa',
    arn: ADMIN_ARN,
  })
})

test('its entries in the caches of the AWS CLI and botocore are known as its own', () => {
  const { awsCaches } = openHome()
  for (const cache of awsCaches) {
    expect(cache.managedProfiles()).toEqual(['admin'])
    expect(cache.remove(['admin']).removals).toMatchObject([{ profile: 'admin', removed: 'session' }])
  }
})

test('identities, and for 90 seconds the spent token code, are remembered', () => {
  const { factsAt } = openHome()
  expect([LONG_TERM_KEY, SESSION_KEY].map(factsAt(NOW).identityOf)).toEqual([ALICE, ALICE])
  const isSpentAt = (time: string, code: string): boolean => factsAt(new Date(time)).isSpent(DEVICE, code)
  expect(isSpentAt('2026-11-29T16:18:23Z', '864524')).toBe(true)
  expect(isSpentAt('2026-11-29T16:18:23Z', '864525')).toBe(false)
  expect(isSpentAt('2026-11-29T16:18:24Z', '864524')).toBe(false)
})

test('the lines for prompts are those that this version would write', () => {
  const { home, statusOf } = openHome()
  const folder = join(home, '.aws/credentials.awsmfa')
  expect(readdirSync(folder).sort()).toEqual(['admin', 'robot', 'work'])
  for (const name of ['robot', 'work']) {
    const content = readFileSync(join(folder, name), 'utf8')
    expect(isPromptLine(content)).toBe(true)
    expect({ name, content }).toEqual(
      promptFilesOf(statusOf(name, NOW), { account: undefined, identity: undefined }, NOW)[0],
    )
  }
})

// The answer names the files of a home on Linux.
test.skipIf(isWindows)(
  'an answer of its credential process is given again as long as what it was resolved from is the same',
  () => {
    const { home, sources, keyPlaces } = openHome()
    const [name, key] = ['answers/robot.sealed', findCacheKey(keyPlaces)]
    const path = join(sources.folders.cache, name)
    if (key === undefined) throw new Error('the key can be read')
    const answer = JSON.parse(decryptEntry(readFileSync(path), name, key)?.toString() ?? '') as Record<string, string>
    // The copy of the home is another place at another time, which is a change.
    expect(findAnswer('robot', sources, NOW.getTime())).toBeUndefined()
    const moved = {
      ...answer,
      fingerprint: answer['fingerprint']
        ?.replaceAll(/"\/tmp\/home([^"\\]*)(\\*)",[\d.]+,[\d.]+,\d+/g, (_, inHome: string, escapes: string) => {
          const { size, mtimeMs, ino } = lstatSync(join(home, inHome))
          return `"${home}${inHome}${escapes}",${size},${mtimeMs},${ino}`
        })
        .replaceAll('/tmp/home', home),
    }
    writeFileSync(path, encryptEntry(Buffer.from(JSON.stringify(moved)), name, key))
    const text = findAnswer('robot', sources, NOW.getTime())
    expect(JSON.parse(text ?? '')).toMatchObject({
      Version: 1,
      AccessKeyId: SESSION_KEY,
      Expiration: '2026-11-30T04:16:53Z',
      AccountId: ALICE.account,
    })
    // 15 minutes before the session expires it is looked at again.
    expect(findAnswer('robot', sources, EXPIRATION.getTime() - 900_000)).toBeUndefined()
  },
)
