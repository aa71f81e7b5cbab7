/** Temporary home folders with many profiles, and a minimal environment for the measured programs. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The measured profile: the last one in the files, the worst case for a search from the top. */
export const PROFILE = 'work'

/**
 * Inherits only PATH: other variables can distort results (NODE_EXTRA_CA_CERTS doubles the start-up time of Node 20).
 */
export function bareEnvironment(home, more = {}) {
  return { PATH: process.env.PATH ?? '', HOME: home, LANG: 'C.UTF-8', ...more }
}

/** Creates a temporary folder. The caller must call `remove`. */
export function scratchFolder() {
  const path = mkdtempSync(join(tmpdir(), 'awsmfa-bench-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Writes `.aws/credentials` and `.aws/config` with `count` profiles; the last one is PROFILE, with a valid session. */
export function writeHomeWithProfiles(home, count) {
  mkdirSync(join(home, '.aws'), { recursive: true, mode: 0o700 })
  writeFileSync(join(home, '.aws', 'credentials'), credentialsOf(count), { mode: 0o600 })
  writeFileSync(join(home, '.aws', 'config'), `[profile ${PROFILE}]\nregion = eu-west-1\noutput = json\n`, {
    mode: 0o600,
  })
}

/** Returns a credentials file with long-term keys and a session for each profile, about 1 KB each. */
export function credentialsOf(count) {
  const names = Array.from({ length: count }, (_, n) => (n === count - 1 ? PROFILE : `team-${n}`))
  return names.map((name, n) => `${longTermSection(`${name}-long-term`, n)}\n${sessionSection(name, n)}\n`).join('')
}

function longTermSection(name, n) {
  const key = `AKIA${String(n).padStart(16, 'A')}`
  return `[${name}]\naws_access_key_id = ${key}\naws_secret_access_key = ${'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'}\n`
}

function sessionSection(name, n) {
  const key = `ASIA${String(n).padStart(16, 'A')}`
  const end = new Date(Date.now() + 6 * 3600_000).toISOString().replace(/\.\d+Z$/, 'Z')
  return [
    `[${name}]`,
    `aws_access_key_id = ${key}`,
    'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    `aws_session_token = ${'IQoJb3JpZ2luX2VjEXAMPLE'.repeat(28)}`,
    `expiration = ${end}`,
    '',
  ].join('\n')
}
