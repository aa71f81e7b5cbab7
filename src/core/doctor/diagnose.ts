/** All checks together: everything that doctor finds, in the order in which it is told. */
import type { Examination } from './examination.ts'
import type { Finding } from './finding.ts'
import { checkDevices, checkKeyAge } from './checks/devices.ts'
import { checkVariableFiles, checkVariableKeys, checkVariableProfiles } from './checks/environment.ts'
import { checkBytes, checkIndentedComments, checkReadable, checkStrayLines } from './checks/file-spelling.ts'
import { checkDoubles, checkHeaders } from './checks/headers.ts'
import { checkKeys } from './checks/keys.ts'
import { checkCaches, checkClock, checkPermissions, checkPrograms } from './checks/machine.ts'
import { checkProcess } from './checks/processes.ts'
import { checkKeyPairs, checkSecurityToken, checkSession } from './checks/sessions.ts'
import { checkProfileKeys } from './checks/shadows.ts'
import { outcomeFindings } from './outcomes.ts'
import { LONG_TERM_SUFFIXES } from '../login/role-chain.ts'

/**
 * Gives all findings: those in the files in the order of their lines, credentials first, then those round them, then what
 * tools do with each profile. With `only`, of those about profiles only the ones about it and what it works through.
 */
export function diagnose(examination: Examination, only?: string): readonly Finding[] {
  const { files, profiles } = examination
  const named = profiles.names().map((name) => profiles.find(name)).filter((profile) => profile !== undefined)
  const inFiles = [files.credentials, files.config].flatMap((file) =>
    [checkReadable, checkBytes, checkStrayLines, checkDoubles, checkHeaders, checkKeys, checkIndentedComments].flatMap((check) => check(file)),
  )
  const inProfiles = named.flatMap((profile) => [
    ...[checkKeyPairs, checkSecurityToken, checkSession].flatMap((check) => check({ profile, examination })),
    ...[checkProfileKeys, checkDevices, checkKeyAge, checkProcess].flatMap((check) => check(profile, examination)),
  ])
  const round = [checkPermissions, checkCaches, checkClock, checkPrograms, checkVariableKeys, checkVariableProfiles, checkVariableFiles].flatMap((check) => check(examination))
  const placed = [...inFiles, ...inProfiles].toSorted((left, right) => rankOf(left, files) - rankOf(right, files) || (left.line ?? 0) - (right.line ?? 0))
  const outcomes = outcomeFindings(named, examination, placed)
  const all = [...placed, ...round, ...outcomes]
  return only === undefined ? all : all.filter(isAbout(only, examination))
}

function rankOf({ file }: Finding, files: Examination['files']): number {
  return file === files.credentials.path ? 0 : file === files.config.path ? 1 : 2
}

/** Gives which findings are about a profile and what it works through. Faults of a whole file concern every profile. */
export function isAbout(name: string, { profiles, sourcePathOf }: Examination): (finding: Finding) => boolean {
  const profile = profiles.find(name)
  const path = profile === undefined ? [name] : sourcePathOf(profile).path.map((each) => each.name)
  const concerned = new Set(path.flatMap((each) => [each, ...LONG_TERM_SUFFIXES.map((suffix) => each + suffix)]))
  return (found) => found.profile === undefined || concerned.has(found.profile) || found.severity === 'error' && isOfFile(found)
}

function isOfFile({ code }: Finding): boolean {
  return ['duplicate-section', 'duplicate-key', 'colon-delimiter', 'proto-section', 'first-key-indented', 'name-with-comment-sign', 'line-without-key', 'joined-comment', 'text-after-header', 'empty-header', 'line-in-block'].includes(code)
}
