import type { OwnFlagName } from './sts-flags.ts'

/** A setting's name in messages and in `--debug`. */
export type SettingName =
  | 'profile'
  | 'source profile'
  | 'source environment'
  | 'MFA device serial'
  | 'role'
  | 'duration'
  | 'role session name'
  | 'external id'
  | 'region'
  | 'endpoint'
  | 'CA bundle'
  | 'token code'
  | 'token command'
  | 'YubiKey serial'
  | 'YubiKey label'
  | 'prompt'
  | 'no window'
  | 'hidden ARNs'
  | 'minimum time left'
  | 'refresh window'
  | 'no mandatory refresh'
  | 'timeout'
  | 'cache key'
  | 'no colour'

/**
 * One setting. Lists are in order of precedence; the first place that has a value wins. A setting that is no login's (where the
 * cache's key lies, say) has no profile keys, and is looked up by findOutsideLogin.
 */
export interface SettingRow {
  readonly name: SettingName
  readonly description: string
  /** How its text is read: as it is (left out), as a length of time, or as yes or no. What is neither is refused. */
  readonly kind?: 'length' | 'switch'
  /** Of a length: it may be so long and no longer, and not nothing. */
  readonly longestSeconds?: number
  /** Long names without dashes, as in the command table; of login, or of whichever commands have the setting. */
  readonly flags: readonly string[]
  /** Flags after `--`, which beat every variable and file. */
  readonly stsFlags: readonly OwnFlagName[]
  readonly variables: readonly string[]
  /** A variable says yes by being set to anything at all, as NO_COLOR does. */
  readonly isPresence?: true
  /** Keys of a profile in the shared files, lower case. */
  readonly profileKeys: readonly string[]
  /** Which profiles are looked at: the target alone, or each one met on the way to the long-term credentials. */
  readonly profiles: 'target' | 'walk'
  /** The key in awsmfa's own settings file; without one the file may not have it. */
  readonly settingsKey?: string
  /** For a setting that the file may not have: the key that people would try, and what to do instead. */
  readonly notInFile?: { readonly key: string; readonly instead: string }
  /** What holds where nothing is said, in words. */
  readonly fallback?: string
  /** What of a value may be shown; left out: the whole of it. A value that is secret is shown as `…`. */
  readonly showable?: (value: string) => string
}
