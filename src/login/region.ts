import { decodeUtf8 } from '../aws-files/edit.ts'
import { parseSection, readIniDocument, trimBlanks } from '../aws-files/ini-document.ts'
import { readKeys } from '../aws-files/profile-keys.ts'
import { parseArn } from '../aws/arn.ts'
import { homeRegion, isRegionName, partitionOfRegion } from '../aws/endpoints.ts'
import type { RoleStep } from './resolution.ts'
import { badSetting, findDefault, findFlag, findInProfiles, findVariable } from './settings.ts'
import type { SettingSources } from './settings.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Resolved } from '../model/origin.ts'

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
export function findServiceEndpoint(
  config: string,
  services: string,
  service: string,
): ServiceEndpointValue | undefined {
  const document = readIniDocument(config)
  const section = document.sections.find(({ name }) => decodeUtf8(name) === `services ${services}`)
  if (section === undefined) return undefined
  const entry = parseSection(document, section).entries.find(({ key }) => key === service)
  for (const line of entry?.continuations ?? []) {
    const match = /^endpoint_url[ \t]*=(.*)$/i.exec(trimBlanks(document.text.slice(line.start, line.contentEnd)))
    if (match !== null)
      return {
        value: decodeUtf8(trimBlanks(match[1] ?? '')),
        line: document.text.slice(0, line.start).split('\n').length,
      }
  }
  return undefined
}

export function partitionOfRoles(roles: readonly RoleStep[]): string | undefined {
  return roles.map(({ roleArn }) => parseArn(roleArn.value)?.partition).find((partition) => partition !== undefined)
}

/**
 * A region of another partition than the device's or role's can only fail, so variables and files count only where they
 * agree with it; a flag is taken at its word.
 */
export function resolveRegion(
  sources: SettingSources,
  known: string | undefined,
): { readonly region: Resolved<string>; readonly partition: string } {
  const fits = (region: Resolved<string>): boolean => known === undefined || partitionOfRegion(region.value) === known
  const flag = findFlag('region', sources)
  const others = [
    findVariable('region', sources),
    findInProfiles('region', sources),
    findDefault('region', sources),
  ].filter((region) => region !== undefined)
  const region = flag ?? others.find(fits) ?? homeOf(known ?? 'aws')
  if (!isRegionName(region.value)) throw badSetting(region, "a region's name, such as eu-west-1")
  return { region, partition: known ?? partitionOfRegion(region.value) }
}

function homeOf(partition: string): Resolved<string> {
  const home = homeRegion(partition)
  if (home === undefined) throw new AwsmfaError({ code: 'REGION_UNKNOWN', partition })
  return { value: home, origin: { kind: 'default' } }
}

/**
 * The endpoint in botocore's order (configprovider.py › ConfiguredEndpointProvider): the variable for STS, the one for all
 * services, the `[services]` section that a profile names, the profile; then awsmfa's own settings. `config` is the text of the config file; without it a
 * `[services]` section is not read.
 */
export function resolveEndpoint(sources: SettingSources, config = ''): Resolved<string> | undefined {
  const { environment, profileChain = [] } = sources
  const flag = findFlag('endpoint', sources)
  if (flag !== undefined) return checkedUrl(flag)
  const readFirst = (key: string): Resolved<string> | undefined =>
    profileChain.map((profile) => readKeys(profile, [key])).find((found) => found !== undefined)
  const ignoring =
    environment['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] || readFirst('ignore_configured_endpoint_urls')?.value
  if (ignoring?.toLowerCase() === 'true') return undefined
  const services = readFirst('services')
  const endpoint =
    findVariable('endpoint', sources) ??
    (services && endpointInServices(services.value, config)) ??
    findInProfiles('endpoint', sources) ??
    findDefault('endpoint', sources)
  return endpoint === undefined ? undefined : checkedUrl(endpoint)
}

function endpointInServices(services: string, config: string): Resolved<string> | undefined {
  const found = findServiceEndpoint(config, services, 'sts')
  return (
    found && {
      value: found.value,
      origin: { kind: 'file', file: 'config', profile: services, key: 'sts.endpoint_url', line: found.line },
    }
  )
}

function checkedUrl(url: Resolved<string>): Resolved<string> {
  if (!/^https?:\/\/[^\s/]/i.test(url.value)) throw badSetting(url, 'an http:// or https:// address')
  return url
}
