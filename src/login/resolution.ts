import type { AssumeRoleRequest } from '../aws/sts-api.ts'
import type { ResolutionNote, StorePlace } from './destination.ts'
import { settingRow } from './setting-table.ts'
import type { SettingName } from './setting-table.ts'
import type { PromptSettings } from '../mfa/prompt.ts'
import type { YubiKeySettings } from '../mfa/ykman.ts'
import type { LongTermSource } from '../model/credentials.ts'
import type { Origin, Resolved } from '../model/origin.ts'
import { visible } from '../ui/words.ts'

/** A role to be assumed, with what was configured for it. Undefined fields were configured nowhere. */
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
export interface LoginResolution {
  /** The profile that was asked for. */
  readonly target: Resolved<string>
  /** The profile whose section gets the session: the target, or another where the target's would be ignored. */
  readonly storeProfile: string
  readonly storeIn: StorePlace
  readonly longTerm: LongTermSource
  /** The profiles met on the walk, from the target to the one that holds the long-term credentials. */
  readonly path: readonly string[]
  /** The roles in the order in which they are assumed; empty: GetSessionToken alone. */
  readonly roles: readonly RoleStep[]
  readonly roleExtras: RoleExtras
  readonly serialNumber: Resolved<string> | undefined
  /** Asked-for length of the session that is stored; undefined: the operation's default. */
  readonly durationSeconds: Resolved<number> | undefined
  readonly region: Resolved<string>
  readonly partition: string
  /** The STS endpoint where one is configured; undefined: AWS's own. */
  readonly endpoint: Resolved<string> | undefined
  /** A PEM file with certificate authorities to trust besides the usual ones. */
  readonly caBundle: Resolved<string> | undefined
  /** A token code that was given on the command line, six digits. `-` stands for one line from stdin. */
  readonly tokenCode: Resolved<string> | undefined
  /** The command that prints token codes, with whatever it holds: only its program may be shown. */
  readonly tokenCommand: Resolved<string> | undefined
  /** The YubiKey that makes token codes; undefined where none is configured. */
  readonly yubiKey: YubiKeySettings | undefined
  /** Where a code is asked for, and with how many words. */
  readonly prompt: PromptSettings
  readonly minTtlSeconds: number | undefined
  readonly notes: readonly ResolutionNote[]
  /** Every setting that was resolved, for `--debug`; never a secret or a code. */
  readonly trail: readonly { readonly setting: string; readonly value: string; readonly origin: Origin }[]
}

/** One line of `--debug`: a setting, its value, and where it came from. */
export type TrailEntry = LoginResolution['trail'][number]

/**
 * Lists every setting that was resolved, in the order of the setting table, each role with what belongs to it. Never a secret
 * or a token code, and of a value only what the table lets be shown.
 */
export function describeTrail(resolution: Omit<LoginResolution, 'trail'>): readonly TrailEntry[] {
  const { target, serialNumber, roles, durationSeconds, region, endpoint, caBundle, tokenCommand, yubiKey, prompt } =
    resolution
  return [
    ...entry('profile', target),
    ...entry('MFA device serial', serialNumber),
    ...roles.flatMap(({ roleArn, sessionName, externalId, durationSeconds: ownSeconds }) => [
      ...entry('role', roleArn),
      ...entry('role session name', sessionName),
      ...entry('external id', externalId),
      ...(durationSeconds === undefined ? entry('duration', ownSeconds) : []),
    ]),
    ...entry('duration', durationSeconds),
    ...entry('region', region),
    ...entry('endpoint', endpoint),
    ...entry('CA bundle', caBundle),
    ...entry('token command', tokenCommand),
    ...entry('YubiKey serial', yubiKey?.serial),
    ...entry('YubiKey label', yubiKey?.label),
    ...entry('prompt', prompt.choice),
    ...entry('no window', prompt.noGui && { ...prompt.noGui, value: String(prompt.noGui.value) }),
  ]
}

function entry(setting: SettingName, resolved: Resolved<string | number> | undefined): readonly TrailEntry[] {
  if (resolved === undefined) return []
  const value = String(resolved.value)
  return [{ setting, value: settingRow(setting).showable?.(value) ?? value, origin: resolved.origin }]
}

/** Says every resolved setting with where it came from, for `--debug`, a line each without its end. */
export function renderTrail(resolution: LoginResolution): readonly string[] {
  return [
    `profiles: ${resolution.path.map((name) => visible(name)).join(' → ')}`,
    ...resolution.trail.map(({ setting, value, origin }) => `${setting}: ${visible(value)} (${originInWords(origin)})`),
  ]
}

/** Says where a value came from: `--region`, `AWS_REGION`, `mfa_serial of [work] in the config file, line 3`. */
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
    case 'settings':
      return `${origin.key} in ${visible(baseName(origin.place.path))}${origin.place.line === undefined ? '' : `, line ${origin.place.line}`}`
    case 'iam':
      return 'IAM'
    case 'typed':
      return 'as typed'
    case 'default':
      return 'default'
  }
}

/** The file's own name, whichever slash its path has. */
function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path
}
