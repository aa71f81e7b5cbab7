/**
 * `awsmfa rotate`, as built, killed at each of its writing calls on files, and with every response of AWS lost: a key
 * that works is in its place at any time, at most one key is created, and the next rotation goes on from there.
 */
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEncryptedFileStore } from '../../src/keys/encrypted-file.ts'
import type { LongTermCredentials } from '../../src/model/credentials.ts'
import { killAtEveryWritingCall } from '../support/fault-sweep.ts'
import { ageByAnHour, credentialsOf, expectCleanOutput, isFileWork, openLoginSandbox } from '../support/login-homes.ts'
import type { LoginSandbox, LoginTarget } from '../support/login-homes.ts'
import { needsProgram } from '../support/outside-program.ts'
import { isExecutable } from '../support/run-cli.ts'
import type { Fault } from '../support/strict-sts/faults.ts'

/** Every so many calls: here, in CI, with FULL_SWEEP=all. With an encrypted file each run derives keys for seconds. */
const STEPS = { file: [15, 6, 1], 'encrypted-file': [50, 30, 5] } as const
const SWEEP = process.env['FULL_SWEEP'] ?? ''
const stepOf = (place: Place): number => STEPS[place][SWEEP === '' ? 0 : SWEEP === 'all' ? 2 : 1]
const LOST = /may be the one whose response was lost/

type Place = keyof typeof STEPS

/** The waiting is removed through NODE_OPTIONS, which the executable does not read. */
describe.skipIf(isExecutable)('promise 2: no access key is ever lost when', { timeout: 900_000 }, () => {
  let sandbox: LoginSandbox
  beforeAll(async () => {
    sandbox = await openLoginSandbox()
  })
  afterAll(async () => sandbox.close())

  async function isAccepted(credentials: LongTermCredentials): Promise<boolean> {
    const client = new STSClient({
      endpoint: sandbox.sts.url,
      region: 'eu-west-1',
      credentials: { ...credentials },
      maxAttempts: 1,
    })
    try {
      await client.send(new GetCallerIdentityCommand({}))
      return true
    } catch {
      return false
    } finally {
      client.destroy()
    }
  }

  /** How many requests for a new key were sent, and how many of them AWS has processed. */
  async function requestsOf({ user }: LoginTarget): Promise<{ readonly sent: number; readonly created: number }> {
    const requests = (await sandbox.sts.log()).filter(
      ({ operation, parameters }) => operation === 'CreateAccessKey' && parameters['UserName'] === user,
    )
    return { sent: requests.length, created: requests.filter(({ outcome }) => outcome === 'OK').length }
  }

  /** Expects the next rotation to finish, or to name a key whose secret was never stored. */
  async function expectNextRotationToFinish(
    target: LoginTarget,
    place: Place,
    old: LongTermCredentials,
  ): Promise<void> {
    const found = await pairOf(target, place)
    expect([found.accessKeyId, await isAccepted(found)]).toEqual([found.accessKeyId, true])
    expect((await requestsOf(target)).sent).toBeLessThanOrEqual(1)
    ageByAnHour(target)
    const next = await sandbox.run(target, 'rotate', 'work', '--yes')
    expectCleanOutput(target, next)
    expectWholeRotations(target)
    const now = await pairOf(target, place)
    expect([await isAccepted(now), (await requestsOf(target)).created]).toEqual([true, 1])
    if (LOST.test(next.stderr)) {
      expect([next.code, now]).toEqual([1, old])
      return
    }
    // Nothing was left to do.
    const wasFinished = next.code === 1 && /has two access keys/.test(next.stderr)
    if (!wasFinished) expect(next).toMatchObject({ code: 0 })
    expect(now.accessKeyId).not.toBe(old.accessKeyId)
    expect(await isAccepted(old)).toBe(false)
  }

  describe.skipIf(!needsProgram('strace'))('rotate is killed at any writing call', () => {
    it.each<Place>(['file', 'encrypted-file'])('with the key in: %s', async (place) => {
      const olds = new Map<string, LongTermCredentials>()
      const { counted, faulted } = await killAtEveryWritingCall<LoginTarget>({
        prepare: async () => {
          const target = await sandbox.beforeRotation(place)
          olds.set(target.user, await pairOf(target, place))
          return target
        },
        isIncluded: (call, index) => isFileWork(call) && index % stepOf(place) === 0,
        check: async (target) =>
          await expectNextRotationToFinish(target, place, olds.get(target.user) ?? (await pairOf(target, place))),
      })
      expect(counted).toBeGreaterThan(1)
      expect(faulted).toBe(counted)
    })
  })

  /** `--undo` of a whole rotation, also interrupted: the next rotation goes on with the undo. */
  describe.skipIf(!needsProgram('strace'))('rotate --undo is killed at any writing call', () => {
    it('with the key in a file', async () => {
      const olds = new Map<string, LongTermCredentials>()
      const { counted, faulted } = await killAtEveryWritingCall<LoginTarget>({
        prepare: async () => {
          const target = await sandbox.beforeRotation('file')
          olds.set(target.user, await pairOf(target, 'file'))
          expect(await sandbox.run(target, 'rotate', 'work', '--yes')).toMatchObject({ code: 0 })
          ageByAnHour(target)
          return { ...target, argv: [...target.argv.slice(0, -1), '--undo', '--yes'] }
        },
        isIncluded: (call, index) => isFileWork(call) && index % (2 * stepOf('file')) === 1,
        check: async (target) => {
          const found = await pairOf(target, 'file')
          expect([found.accessKeyId, await isAccepted(found)]).toEqual([found.accessKeyId, true])
          ageByAnHour(target)
          const next = await sandbox.run(target, 'rotate', 'work', '--yes')
          expectCleanOutput(target, next)
          // Killed before it was noted, or once all was done.
          if (next.code !== 0) expect(next.stderr).toMatch(/has two access keys/)
          expectWholeRotations(target)
          const now = await pairOf(target, 'file')
          expect(await isAccepted(now)).toBe(true)
          if (next.code === 0) expect(now).toEqual(olds.get(target.user))
          expect(await requestsOf(target)).toEqual({ sent: 1, created: 1 })
        },
      })
      expect(counted).toBeGreaterThan(1)
      expect(faulted).toBe(counted)
    })
  })

  const OPERATIONS = ['GetCallerIdentity', 'ListAccessKeys', 'CreateAccessKey', 'UpdateAccessKey']
  const MOMENTS = ['before', 'after'] as const
  it.each(OPERATIONS.flatMap((operation) => MOMENTS.map((when) => ({ operation, when }))))(
    'the network is lost $when $operation',
    async ({ operation, when }) => {
      const target = await sandbox.beforeRotation('file')
      const old = await pairOf(target, 'file')
      const faults: Fault[] = [{ kind: 'drop', operation, when, times: 'always' }]
      await sandbox.sts.configure({ faults })
      const { code } = await sandbox.run(target, 'rotate', 'work', '--yes')
      expect(code).toBe(1)
      await sandbox.sts.configure({ faults: [] })
      await expectNextRotationToFinish(target, 'file', old)
    },
  )
})

/** Returns the key pair that the profile has: in the credentials file, or in the encrypted file that config names. */
async function pairOf(target: LoginTarget, place: Place): Promise<LongTermCredentials> {
  if (place === 'file') {
    const [, section = ''] = credentialsOf(target).split('[work-long-term]\n')
    const [, accessKeyId = '', secretAccessKey = ''] =
      /^aws_access_key_id = (\w+)\naws_secret_access_key = (\S+)\n/.exec(section) ?? []
    return { accessKeyId, secretAccessKey }
  }
  const { home } = target
  const [, id = ''] = /^awsmfa_key_id = (\w+)$/m.exec(home.read('.aws/config').toString()) ?? []
  const store = createEncryptedFileStore({
    configFolder: join(home.path, '.config/awsmfa'),
    passphrase: {
      ask: () => Promise.resolve({ text: 'sesame', isTyped: false }),
      askNew: () => Promise.reject(new Error('unexpected')),
    },
    known: [],
  })
  return (await store.find(id, new AbortController().signal)) ?? { accessKeyId: id, secretAccessKey: '' }
}

/** Expects notes and pairs that are complete, and no stages beside them. */
function expectWholeRotations({ home }: LoginTarget): void {
  const folder = '.local/state/awsmfa/rotations'
  for (const name of readdirSync(join(home.path, folder))) {
    expect(name).toMatch(/^AKIA\w+(\.rotation)?\.json$/)
    expect(JSON.parse(home.read(join(folder, name)).toString())).toMatchObject({ version: 1 })
  }
}
