/**
 * The AWS query protocol of STS and IAM: a form-encoded request, lists as `Tags.member.1.Key`, an XML response.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
import type { Answer, XmlValue } from './answers.ts'

/** A parameter before the client flattened it. */
export type Parameter = string | readonly Parameter[] | { readonly [name: string]: Parameter }
export type Parameters = { readonly [name: string]: Parameter }

type Branch = { leaf?: string; readonly parts: Map<string, Branch> }

const LIST_MARK = 'member'

const growTree = (pairs: Iterable<readonly [string, string]>): Branch | undefined => {
  const root: Branch = { parts: new Map() }
  for (const [path, value] of pairs) {
    let branch = root
    for (const name of path.split('.')) {
      const next: Branch = branch.parts.get(name) ?? { parts: new Map() }
      branch.parts.set(name, next)
      branch = next
    }
    if (branch.leaf !== undefined) return undefined
    branch.leaf = value
  }
  return root
}

const readList = (list: Branch): Parameter | undefined => {
  const items: Parameter[] = []
  for (let index = 1; index <= list.parts.size; index += 1) {
    const item = list.parts.get(String(index))
    const value = item && readBranch(item)
    if (value === undefined) return undefined
    items.push(value)
  }
  return items
}

const readBranch = (branch: Branch): Parameter | undefined => {
  if (branch.leaf !== undefined) return branch.parts.size === 0 ? branch.leaf : undefined
  const list = branch.parts.get(LIST_MARK)
  if (list !== undefined) return branch.parts.size === 1 ? readList(list) : undefined
  const parts: [string, Parameter][] = []
  for (const [name, part] of branch.parts) {
    const value = readBranch(part)
    if (value === undefined) return undefined
    parts.push([name, value])
  }
  return Object.fromEntries(parts)
}

/**
 * Parses a form-encoded body into unflattened parameters. Returns undefined for a body that no client of this protocol
 * sends: with a duplicate name, a name with both a value and members, or a gap in a list.
 */
export const parseQueryBody = (body: string): Parameters | undefined => {
  const tree = growTree(new URLSearchParams(body))
  const value = tree && readBranch(tree)
  return typeof value === 'object' && !Array.isArray(value) ? (value as Parameters) : undefined
}

/** Returns the value of a string parameter; undefined if it is missing or not a string. */
export const textOf = (parameters: Parameters, name: string): string | undefined => {
  const value = parameters[name]
  return typeof value === 'string' ? value : undefined
}

const escapeXml = (text: string): string =>
  text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/\r/g, '&#xD;')

const renderXml = (value: XmlValue): string => {
  if (typeof value === 'string') return escapeXml(value)
  if (Array.isArray(value)) return value.map((item: XmlValue) => `<member>${renderXml(item)}</member>`).join('')
  return Object.entries(value)
    .filter((entry): entry is [string, XmlValue] => entry[1] !== undefined)
    .map(([name, part]) => `<${name}>${renderXml(part)}</${name}>`)
    .join('')
}

const NAMESPACES = {
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
  iam: 'https://iam.amazonaws.com/doc/2010-05-08/',
} as const

export type Service = keyof typeof NAMESPACES

/** Returns the response body, in the XML format of the service and operation. Does not escape control characters. */
export const renderAnswer = (service: Service, operation: string, answer: Answer, requestId: string): string => {
  const namespace = NAMESPACES[service]
  if (!answer.isOk) {
    const error = { Type: answer.status >= 500 ? 'Receiver' : 'Sender', Code: answer.code, Message: answer.message }
    return `<ErrorResponse xmlns="${namespace}"><Error>${renderXml(error)}</Error><RequestId>${requestId}</RequestId></ErrorResponse>\n`
  }
  return (
    `<${operation}Response xmlns="${namespace}"><${operation}Result>${renderXml(answer.result)}</${operation}Result>` +
    `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation}Response>\n`
  )
}
