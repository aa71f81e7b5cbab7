/** The roles of a login: which, in which order, and with what. */
import type { ProfileView } from '../files/profile-view.ts'
import type { Resolved } from '../origin.ts'
import { readKeys } from './profile-keys.ts'
import type { RoleStep } from './resolution.ts'
import { settingRow } from './setting-table.ts'
import { badSetting, findDefault, findFlag, toSeconds } from './settings.ts'
import type { GlobalDefaults, SettingSources } from './settings.ts'
import { EXTERNAL_ID, ROLE_ARN, ROLE_SESSION_NAME, keepsRule } from './sts-values.ts'
import type { TextRule } from './sts-values.ts'

/** A role before what belongs to it is looked up. */
export interface NamedRole {
  readonly roleArn: Resolved<string>
  readonly profile: ProfileView | undefined
}

/** Where roles are looked for. `walk`: from the profile that gets the session to the last one met. */
export interface RoleSearch {
  readonly walk: readonly (ProfileView | undefined)[]
  /** The last of them holds the long-term credentials, and another profile names it: its `role_arn` is then no tool's concern. */
  readonly lastIsSource: boolean
  /** awsmfa's own settings; left out: none. */
  readonly defaults?: GlobalDefaults
}

/**
 * Finds the roles of the profiles on the way, in the order in which they are assumed: the one nearest to the long-term
 * credentials first. A profile reached as a source and holding keys is taken for its keys, not for its `role_arn`, as in
 * botocore (credentials.py › AssumeRoleProvider). Where there is none at all, `assume_role` beside the keys counts, as in aws-mfa;
 * else the role of awsmfa's own settings.
 */
export function findRoles({ walk, lastIsSource, defaults = {} }: RoleSearch): readonly NamedRole[] {
  const { profileKeys } = settingRow('role')
  const roles = walk.flatMap((profile, index) => {
    const isSource = lastIsSource && index === walk.length - 1 && index > 0
    const roleArn = readKeys(profile, profileKeys.filter((key) => key !== 'assume_role' && !(isSource && key === 'role_arn')))
    return roleArn === undefined ? [] : [{ roleArn, profile }]
  })
  if (roles.length > 0) return roles.reverse()
  const last = walk.at(-1)
  const roleArn = readKeys(last, ['assume_role'])
  if (roleArn !== undefined) return [{ roleArn, profile: last }]
  const general = findDefault('role', defaults)
  return general === undefined ? [] : [{ roleArn: general, profile: undefined }]
}

/**
 * Gives every role with what was configured for it. A role from a flag stands for the one that the first profile of the walk
 * names. Throws USAGE for values that STS would not take, naming their place.
 */
export function resolveRoles(found: readonly NamedRole[], sources: SettingSources): readonly RoleStep[] {
  const [first] = sources.walk
  const flag = findFlag('role', sources)
  const roles: readonly NamedRole[] = flag === undefined ? found : [...found.filter((role) => role.profile !== first && !isFallback(role)), { roleArn: flag, profile: undefined }]
  return roles.map(({ roleArn, profile }, index) => {
    const isLast = index === roles.length - 1
    const from = profile ?? first
    return {
      roleArn: checked(roleArn, ROLE_ARN),
      profile: profile?.name,
      sessionName: check((isLast ? findFlag('role session name', sources) : undefined) ?? readKeys(from, ['role_session_name']) ?? findDefault('role session name', sources.defaults), ROLE_SESSION_NAME),
      externalId: check((isLast ? findFlag('external id', sources) : undefined) ?? readKeys(from, ['external_id']) ?? findDefault('external id', sources.defaults), EXTERNAL_ID),
      durationSeconds: secondsOf(readKeys(profile, ['duration_seconds'])),
    }
  })
}

/** `assume_role` and awsmfa's own settings say what to do where nothing else names a role. */
function isFallback({ roleArn: { origin } }: NamedRole): boolean {
  return origin.kind === 'settings' || (origin.kind === 'file' && origin.key === 'assume_role')
}

function secondsOf(value: Resolved<string> | undefined): Resolved<number> | undefined {
  return value === undefined ? undefined : toSeconds(value)
}

function check(value: Resolved<string> | undefined, rule: TextRule): Resolved<string> | undefined {
  return value === undefined ? undefined : checked(value, rule)
}

function checked(value: Resolved<string>, rule: TextRule): Resolved<string> {
  if (!keepsRule(value.value, rule)) throw badSetting(value, rule.expected)
  return value
}
