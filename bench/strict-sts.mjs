/** Starts the strict STS server, and creates homes with long-term keys that it knows. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { buildStrictSts } from '../scripts/build-strict-sts.mjs'
import { bareEnvironment, PROFILE } from './homes.mjs'

/** Starts the server for one user with one MFA device; see test/support/strict-sts/client.ts for the options. */
export async function startSts(options) {
  await buildStrictSts()
  const { startStrictSts, manyUsersWorld } = await import('../build/strict-sts-client.mjs')
  const world = manyUsersWorld(1)
  const [user] = world.accounts[0].users
  const server = await startStrictSts(world, options)
  return { server, key: user.accessKeys[0], serial: user.devices[0].serial }
}

/**
 * Writes a home with that user's keys in [work-long-term], for logins to `work`, in a layout that aws-mfa reads too.
 */
export function writeHomeOfUser(home, { key, serial }) {
  mkdirSync(join(home, '.aws'), { recursive: true, mode: 0o700 })
  const keys = `aws_access_key_id = ${key.id}\naws_secret_access_key = ${key.secret}\naws_mfa_device = ${serial}\n`
  writeFileSync(join(home, '.aws', 'credentials'), `[${PROFILE}-long-term]\n${keys}`, { mode: 0o600 })
  writeFileSync(join(home, '.aws', 'config'), `[profile ${PROFILE}]\nregion = eu-west-1\n`, { mode: 0o600 })
}

/** Returns an environment with the server as the endpoint and, over TLS, its CA in AWS_CA_BUNDLE. */
export function environmentOf({ server }, home, transport, more = {}) {
  return bareEnvironment(home, { ...server.environment(transport), ...more })
}

/** Writes a CA bundle of realistic size that includes the server's CA, and returns its path. */
export function fullSizeBundle({ server }, folder) {
  const path = join(folder, 'bundle.pem')
  writeFileSync(path, [...rootCertificates, server.caPem].join('\n'))
  return path
}

/**
 * Returns a valid code. Resets the used codes of server and tool, since logins here happen more often than every 30 s.
 */
export async function freshCode({ server, serial }, home) {
  await server.configure({ forgetSpentCodes: true })
  rmSync(join(home, '.local', 'state', 'awsmfa', 'spent-codes'), { recursive: true, force: true })
  return server.code(serial)
}

/** Runs a login. Throws unless it wrote a new session to the credentials file. */
export async function checkWritten(home, login) {
  const before = sessionKeyIn(home)
  const result = await login()
  const after = sessionKeyIn(home)
  if (after === undefined || after === before) throw new Error(`the login wrote no session into ${home}`)
  return result
}

function sessionKeyIn(home) {
  return /^aws_access_key_id\s*=\s*(ASIA\w+)/m.exec(readFileSync(join(home, '.aws', 'credentials'), 'latin1'))?.[1]
}
