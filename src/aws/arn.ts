import { visible } from '../ui/words.ts'

/** MFA devices: which serials can work with STS at all, and whose they are. */

/** The parts of an ARN that decide whom it belongs to. `resource` is everything after the account. */
export interface ArnParts {
  readonly partition: string
  readonly service: string
  readonly account: string
  readonly resource: string
}

/** Takes an ARN apart; undefined for anything that does not begin as one. Checks no alphabet. */
export function parseArn(text: string): ArnParts | undefined {
  const match = /^arn:([^:]*):([^:]*):[^:]*:([^:]*):(.*)$/s.exec(text)
  if (match === null) return undefined
  const [, partition = '', service = '', account = '', resource = ''] = match
  return { partition, service, account, resource }
}

/** Names what an ARN names without it: `arn:aws:iam::111111111111:role/team/Admin` is `Admin in 111111111111`. What is no ARN stays. */
export function withoutArn(text: string): string {
  const arn = parseArn(text)
  return arn === undefined ? text : `${arn.resource.slice(arn.resource.lastIndexOf('/') + 1)} in ${arn.account}`
}

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
  if (resource === undefined || resource === '')
    return account === undefined ? undefined : `account ${visible(account)}`
  const [kind, name] = resource.split('/')
  if (kind === 'assumed-role' && name !== undefined) return `role ${visible(name)}${inAccount}`
  return `${resource === 'root' ? 'the root user' : nameOfArn(resource)}${inAccount}`
}

/** Says which role a role ARN names: `role Admin in 222222222222`. */
export function roleInWords(roleArn: string): string {
  return `role ${nameOfArn(roleArn)} in ${visible(roleArn.split(':')[4] ?? '')}`
}
