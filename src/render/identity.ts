import { visible } from '../core/visible-text.ts'

/** Gives the last part of an IAM ARN's resource: the user name, the role name. */
export function nameOfArn(arn: string): string {
  return visible(arn.slice(arn.lastIndexOf('/') + 1))
}

/**
 * Says who a session is: `alice in 111111111111`, `role Admin in 222222222222`; undefined where neither is known. `arn` is
 * one of `arn:…:iam::…:user/path/alice` and `arn:…:sts::…:assumed-role/Admin/session`.
 */
export function identityInWords(account: string | undefined, arn: string | undefined): string | undefined {
  const resource = arn?.split(':').slice(5).join(':')
  const inAccount = account === undefined ? '' : ` in ${visible(account)}`
  if (resource === undefined || resource === '') return account === undefined ? undefined : `account ${visible(account)}`
  const [kind, name] = resource.split('/')
  if (kind === 'assumed-role' && name !== undefined) return `role ${visible(name)}${inAccount}`
  return `${resource === 'root' ? 'the root user' : nameOfArn(resource)}${inAccount}`
}

/** Says which role a role ARN names: `role Admin in 222222222222`. */
export function roleInWords(roleArn: string): string {
  return `role ${nameOfArn(roleArn)} in ${visible(roleArn.split(':')[4] ?? '')}`
}
