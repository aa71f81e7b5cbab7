/** Requests to STS read no AWS files and connect only to the given endpoint. */
import fs from 'node:fs'
import { readFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createListMfaDevices } from '../../src/aws/sts.ts'
import { createSts } from '../../src/aws/sts.ts'
import { settingsFor } from '../support/sts-settings.ts'
import type { StrictSts } from '../support/strict-sts/client.ts'
import { startStrictSts } from '../support/strict-sts/client.ts'
import { aliceWorld, keyIdFor, secretFor } from '../support/strict-sts/worlds.ts'

// One file and one test, so that the SDK is loaded here for the first time: it remembers what it has read, and that it
// has warned.
const ACCOUNT = '111111111111'
const alice = { accessKeyId: keyIdFor(ACCOUNT), secretAccessKey: secretFor(`arn:aws:iam::${ACCOUNT}:user/alice`) }
let server: StrictSts
let home: string
beforeAll(async () => {
  server = await startStrictSts(aliceWorld())
  home = fs.mkdtempSync(join(tmpdir(), 'awsmfa-lookups-'))
})
afterAll(async () => {
  fs.rmSync(home, { recursive: true })
  await server.stop()
})

/** Records every path that any code opens, and every port that it connects to. */
const watchProcess = () => {
  const paths: string[] = []
  const ports: number[] = []
  for (const holder of [fs, fs.promises] as unknown as readonly Record<string, unknown>[]) {
    for (const name of [
      'open',
      'openSync',
      'readFile',
      'readFileSync',
      'stat',
      'statSync',
      'access',
      'accessSync',
      'existsSync',
      'createReadStream',
    ]) {
      const original = holder[name]
      if (typeof original !== 'function') continue
      holder[name] = function (this: unknown, ...values: readonly unknown[]): unknown {
        paths.push(String(values[0]))
        return Reflect.apply(original, this, values) as unknown
      }
    }
  }
  // eslint-disable-next-line @typescript-eslint/unbound-method -- is called with the socket as this
  const connect = net.Socket.prototype.connect
  net.Socket.prototype.connect = function (this: net.Socket, ...values: readonly unknown[]): net.Socket {
    const options = Array.isArray(values[0]) ? (values[0] as unknown[])[0] : values[0]
    ports.push((options as { readonly port: number }).port)
    return Reflect.apply(connect, this, values) as net.Socket
  }
  syncBuiltinESMExports()
  return { paths, ports }
}

it('opens no AWS files, connects only to the given endpoint, prints no warnings and keeps the environment', async () => {
  vi.stubEnv('HOME', home)
  vi.stubEnv('AWS_PROFILE', 'elsewhere')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', undefined)
  const warned = vi.spyOn(process, 'emitWarning')
  const environment = { ...process.env }
  const { paths, ports } = watchProcess()
  // The watch itself must be able to see what it watches for.
  await expect(readFile(join(home, '.aws/config'))).rejects.toThrow()
  expect(paths.splice(0)).toContain(join(home, '.aws/config'))
  const options = { region: 'eu-west-1', transport: settingsFor(server.url), now: () => new Date() }
  const signal = new AbortController().signal
  const sts = createSts(options)
  sts.prepare()
  const { credentials } = await sts.getSessionToken(alice, { durationSeconds: 900 }, signal)
  await sts.getCallerIdentity(credentials, signal)
  await sts.assumeRole(
    alice,
    { roleArn: 'arn:aws:iam::222222222222:role/Open', roleSessionName: 'alice', durationSeconds: 900 },
    signal,
  )
  await createListMfaDevices(options)(alice, signal)
  expect(paths.filter((path) => path.includes('.aws') || path.startsWith(home))).toEqual([])
  expect(new Set(ports)).toEqual(new Set([Number(new URL(server.url).port)]))
  expect(warned).not.toHaveBeenCalled()
  expect({ ...process.env }).toEqual(environment)
})
