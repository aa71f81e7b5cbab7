import { decodeUtf8 } from './byte-text.ts'
import { parseSection, readIniDocument, trimBlanks } from './ini-document.ts'

/** An `endpoint_url` and the line it stands on. */
export interface ServiceEndpointValue {
  readonly value: string
  readonly line: number
}

/**
 * Finds the endpoint of one service in a `[services name]` section of the config file: the indented `endpoint_url` under the
 * service's key (AWS SDKs and Tools Reference Guide, "Service-specific endpoints"). `config` is a byte string; undefined
 * where there is none.
 */
export function findServiceEndpoint(config: string, services: string, service: string): ServiceEndpointValue | undefined {
  const document = readIniDocument(config)
  const section = document.sections.find(({ name }) => decodeUtf8(name) === `services ${services}`)
  if (section === undefined) return undefined
  const entry = parseSection(document, section).entries.find(({ key }) => key === service)
  for (const line of entry?.continuations ?? []) {
    const match = /^endpoint_url[ \t]*=(.*)$/i.exec(trimBlanks(document.text.slice(line.start, line.contentEnd)))
    if (match !== null) return { value: decodeUtf8(trimBlanks(match[1] ?? '')), line: document.text.slice(0, line.start).split('\n').length }
  }
  return undefined
}
