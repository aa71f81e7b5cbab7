/** Scratch home folders with many profiles, and the environment that programs are measured in. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The profile that is asked for: the last one of the files, since a search from the top finds it last. */
export const PROFILE = 'work'

/** Built from nothing: what a developer's environment holds can outweigh what is measured (NODE_EXTRA_CA_CERTS doubles a start of Node 20). */
export function bareEnvironment(home, more = {}) {
  return { PATH: process.env.PATH ?? '', HOME: home, LANG: 'C.UTF-8', ...more }
}

/** A scratch folder that goes when `remove` is called. */
export function scratchFolder() {
  const path = mkdtempSync(join(tmpdir(), 'awsmfa-bench-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Writes `.aws/credentials` and `.aws/config` with so many profiles, the last of them PROFILE with a session that is valid. */
export function writeHomeWithProfiles(home, count) {
  mkdirSync(join(home, '.aws'), { recursive: true, mode: 0o700 })
  writeFileSync(join(home, '.aws', 'credentials'), credentialsOf(count), { mode: 0o600 })
  writeFileSync(join(home, '.aws', 'config'), `[profile ${PROFILE}]\nregion = eu-west-1\noutput = json\n`, {
    mode: 0o600,
  })
}

/** A credentials file as people have it: for each profile long-term keys and a session with its end, about 1 KB. */
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
