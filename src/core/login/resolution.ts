import type { Origin, Place, Resolved } from '../origin.ts'
import type { AssumeRoleRequest } from '../ports.ts'
import type { LongTermCredentials } from '../sessions/credentials.ts'
import type { PromptSettings } from './prompt-choice.ts'
import type { StorePlace } from './store-profile.ts'

/** Where the long-term credentials of a login come from. */
export type LongTermSource =
  | { readonly kind: 'static'; readonly profile: string; readonly place: Place; readonly credentials: LongTermCredentials }
  | { readonly kind: 'process'; readonly profile: string; readonly place: Place; readonly command: string }
  | { readonly kind: 'environment'; readonly credentials: LongTermCredentials }

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
export type RoleExtras = Pick<AssumeRoleRequest, 'policy' | 'policyArns' | 'tags' | 'transitiveTagKeys' | 'sourceIdentity' | 'providedContexts'>

/** Something the person should know before or after the login, though it stops nothing. */
export type ResolutionNote =
  | { readonly kind: 'own-suffix'; readonly profile: string; readonly source: string }
  | { readonly kind: 'signs-in-other'; readonly target: string; readonly stored: string; readonly key: string; readonly place: Place }
  | { readonly kind: 'strict-tools-refuse'; readonly profile: string; readonly key: 'mfa_serial' | 'source_profile'; readonly place: Place; readonly tools: readonly string[] }
  /** The session goes to another profile, but these tools ask for a code of their own while `mfa_serial` stands in this one. */
  | { readonly kind: 'tools-still-ask'; readonly profile: string; readonly place: Place; readonly tools: readonly string[] }
  /** Tools will ask for this role for longer than the hour that AWS allows a role made from a session, and be refused. */
  | { readonly kind: 'role-too-long'; readonly profile: string; readonly place: Place; readonly seconds: number }
  /** The session is written beside a `credential_process`, which these tools go on running instead. */
  | { readonly kind: 'process-still-runs'; readonly profile: string; readonly place: Place; readonly tools: readonly string[] }
  | { readonly kind: 'environment-serial-ignored'; readonly variable: string; readonly account: string }
  | { readonly kind: 'serial-of-other-account'; readonly serialAccount: string; readonly keyAccount: string }

/** Which YubiKey is asked, and for which of its accounts; at least one of the two is there. */
export interface YubiKeySettings {
  /** Undefined: the only one that is plugged in. */
  readonly serial: Resolved<string> | undefined
  /** The name of the OATH account; undefined: the MFA device's serial. */
  readonly label: Resolved<string> | undefined
}

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
