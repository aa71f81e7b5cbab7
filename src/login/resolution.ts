/** What a login has resolved, and how `--debug` shows it. */
import type { AssumeRoleRequest } from '../aws/sts-api.ts'
import type { ResolutionNote, StorePlace } from './destination.ts'
import { settingRow } from './setting-table.ts'
import type { SettingName } from './setting-table.ts'
import type { TokenCodeSettings } from '../mfa/sources.ts'
import type { LongTermSource } from '../model/credentials.ts'
import type { Origin, Resolved } from '../model/profile.ts'
import { visible } from '../ui/words.ts'

/** A role to assume, with what is configured for it. Undefined fields are configured nowhere. */
export interface RoleStep {
  readonly roleArn: Resolved<string>
  /** The profile that names the role; undefined for a role from a flag. */
  readonly profile: string | undefined
  readonly sessionName: Resolved<string> | undefined
  readonly externalId: Resolved<string> | undefined
  readonly durationSeconds: Resolved<number> | undefined
}

/** What only flags after `--` can add to the AssumeRole of the last role. */
export type RoleExtras = Pick<
  AssumeRoleRequest,
  'policy' | 'policyArns' | 'tags' | 'transitiveTagKeys' | 'sourceIdentity' | 'providedContexts'
>

/** Everything a login needs to know before it asks anybody anything. */
export interface LoginResolution extends TokenCodeSettings {
  /** The profile whose section gets the session: the target, or another where tools would ignore the target's. */
  readonly storeProfile: string
  readonly storeIn: StorePlace
  readonly longTerm: LongTermSource
  /** The command that prints the passphrase of an encrypted file. Only its program may be shown. */
  readonly passphraseCommand: Resolved<string> | undefined
  /** The profile chain, from the target to the profile that holds the long-term credentials. */
  readonly path: readonly string[]
  /** The roles in the order in which they are assumed; empty: GetSessionToken alone. */
  readonly roles: readonly RoleStep[]
  readonly roleExtras: RoleExtras
  readonly serialNumber: Resolved<string> | undefined
  /** The requested duration of the session that is stored; undefined: the operation's default. */
  readonly durationSeconds: Resolved<number> | undefined
  readonly region: Resolved<string>
  readonly partition: string
  /** The STS endpoint where one is configured; undefined: AWS's own. */
  readonly endpoint: Resolved<string> | undefined
  /** A PEM file with certificate authorities to trust besides the usual ones. */
  readonly caBundle: Resolved<string> | undefined
  readonly minTtlSeconds: number | undefined
  readonly notes: readonly ResolutionNote[]
  /** Every setting that was resolved, for `--debug`; never a secret or a code. */
  readonly trail: readonly { readonly setting: string; readonly value: string; readonly origin: Origin }[]
}

type TrailEntry = LoginResolution['trail'][number]

/**
 * Returns every setting that was resolved, in the order of the setting table, each role with its own settings. Never a
 * secret or a token code, and of a value only what the table allows to be shown.
 */
export function describeTrail(resolution: Omit<LoginResolution, 'trail'>): readonly TrailEntry[] {
  const { target, serialNumber, roles, durationSeconds, region, endpoint, caBundle, tokenCommand, yubiKey, prompt } =
    resolution
  return [
    ...entry('profile', target),
    ...entry('MFA device', serialNumber),
    ...roles.flatMap(({ roleArn, sessionName, externalId, durationSeconds: ownSeconds }) => [
      ...entry('role', roleArn),
      ...entry('role session name', sessionName),
      ...entry('external ID', externalId),
      ...(durationSeconds === undefined ? entry('duration', ownSeconds) : []),
    ]),
    ...entry('duration', durationSeconds),
    ...entry('region', region),
    ...entry('endpoint', endpoint),
    ...entry('CA bundle', caBundle),
    ...entry('token command', tokenCommand),
    ...entry('YubiKey serial', yubiKey?.serial),
    ...entry('YubiKey account', yubiKey?.label),
    ...entry('prompt', prompt.choice),
    ...entry('no window', prompt.noGui && { ...prompt.noGui, value: String(prompt.noGui.value) }),
  ]
}

function entry(setting: SettingName, resolved: Resolved<string | number> | undefined): readonly TrailEntry[] {
  if (resolved === undefined) return []
  const value = String(resolved.value)
  return [{ setting, value: settingRow(setting).showable?.(value) ?? value, origin: resolved.origin }]
}

/** Returns a line for the profile chain and for each resolved setting with its origin, for `--debug`. */
export function renderTrail(resolution: LoginResolution): readonly string[] {
  return [
    `profiles: ${resolution.path.map((name) => visible(name)).join(' → ')}`,
    ...resolution.trail.map(({ setting, value, origin }) => `${setting}: ${visible(value)} (${originInWords(origin)})`),
  ]
}

/** `--region`, `AWS_REGION`, `mfa_serial of [work] in the config file, line 3`. */
function originInWords(origin: Origin): string {
  switch (origin.kind) {
    case 'flag':
      return origin.flag.startsWith('-') ? origin.flag : 'the command line'
    case 'sts-flag':
      return `${origin.flag} after --`
    case 'environment':
      return origin.variable
    case 'file':
      return `${origin.key} of [${visible(origin.profile)}] in the ${origin.file} file, line ${origin.line}`
    case 'settings': {
      const { path, line } = origin.place
      return `${origin.key} in ${visible(baseName(path))}${line === undefined ? '' : `, line ${line}`}`
    }
    case 'iam':
      return 'IAM'
    case 'typed':
      return 'as typed'
    case 'default':
      return 'default'
  }
}

/** Returns the file's own name, whichever slash its path has. */
function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path
}
