/** What an ARN says: its parts, and the identity or role that it names, for people. */
import { visible } from '../ui/words.ts'

/** The parts of an ARN that decide whom it belongs to. `resource` is everything after the account. */
export interface ArnParts {
  readonly partition: string
  readonly service: string
  readonly account: string
  readonly resource: string
}

/** Returns the parts of an ARN, or undefined if the string is none. Checks no alphabet. */
export function parseArn(text: string): ArnParts | undefined {
  const match = /^arn:([^:]*):([^:]*):[^:]*:([^:]*):(.*)$/s.exec(text)
  if (match === null) return undefined
  const [, partition = '', service = '', account = '', resource = ''] = match
  return { partition, service, account, resource }
}

/** Returns `Admin (111111111111)` for `arn:aws:iam::111111111111:role/team/Admin`, and any other string as it is. */
export function withoutArn(text: string): string {
  const arn = parseArn(text)
  return arn === undefined ? text : `${arn.resource.slice(arn.resource.lastIndexOf('/') + 1)} (${arn.account})`
}

/** Returns the last part of an IAM ARN's resource: the user name, the role name. */
export function nameOfArn(arn: string): string {
  return visible(arn.slice(arn.lastIndexOf('/') + 1))
}

/** Returns the name of the IAM user that an ARN names, without the user's path; undefined for a role or root. */
export function userNameOfArn(arn: string): string | undefined {
  return arn.includes(':user/') ? arn.slice(arn.lastIndexOf('/') + 1) : undefined
}

/**
 * Returns `alice (111111111111)` for `arn:…:iam::…:user/path/alice`, `role Admin (222222222222)` for
 * `arn:…:sts::…:assumed-role/Admin/session`, and undefined if neither account nor ARN is known.
 */
export function identityInWords(account: string | undefined, arn: string | undefined): string | undefined {
  const who = userOrRoleInWords(arn)
  if (who === undefined) return account === undefined ? undefined : `account ${visible(account)}`
  return account === undefined ? who : `${who} (${visible(account)})`
}

/** Returns `alice`, `role Admin` or `the root user` for the ARN of an identity; undefined if it is not known. */
export function userOrRoleInWords(arn: string | undefined): string | undefined {
  const resource = arn?.split(':').slice(5).join(':') ?? ''
  if (resource === '') return undefined
  const [kind, name] = resource.split('/')
  if (kind === 'assumed-role' && name !== undefined) return `role ${visible(name)}`
  return resource === 'root' ? 'the root user' : nameOfArn(resource)
}

/** Returns the name of the user or role that the ARN of an identity names; `root` for the root user. */
export function userOrRoleOf(arn: string): string {
  const [kind, name] = (parseArn(arn)?.resource ?? '').split('/')
  return kind === 'assumed-role' && name !== undefined
    ? name
    : arn.slice(Math.max(arn.lastIndexOf('/'), arn.lastIndexOf(':')) + 1)
}

/** Returns the role that a role ARN names: `role Admin (222222222222)`. */
export function roleInWords(roleArn: string): string {
  return `role ${nameOfArn(roleArn)} (${visible(roleArn.split(':')[4] ?? '')})`
}
