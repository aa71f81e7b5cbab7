/** Which region, and which endpoint of STS. */
import { decodeUtf8, parseSection, readIniDocument, trimBlanks } from '../aws-files/ini-document.ts'
import { readKeys } from '../aws-files/profile-keys.ts'
import { parseArn } from '../aws/arn.ts'
import { homeRegion, isRegionName, partitionOfRegion, regionMeantBy } from '../aws/endpoints.ts'
import type { RoleStep } from './resolution.ts'
import { badSetting, findDefault, findFlag, findInProfiles, findVariable } from './settings.ts'
import type { SettingSources } from './settings.ts'
import { AwsmfaError } from '../model/failure.ts'
import type { Resolved } from '../model/profile.ts'

/** Returns the partition of the first role ARN that has one. */
export function partitionOfRoles(roles: readonly RoleStep[]): string | undefined {
  return roles.map(({ roleArn }) => parseArn(roleArn.value)?.partition).find((partition) => partition !== undefined)
}

/**
 * Resolves the region and its partition. `known`: the partition of the device or role. A region of another partition
 * can only fail, so variables and files count only where they agree with it; a flag always counts. `hasEndpoint`: STS
 * has an address of its own, where a region may have any name. Throws USAGE and REGION_UNKNOWN.
 */
export function resolveRegion(
  sources: SettingSources,
  known: string | undefined,
  hasEndpoint: boolean,
): { readonly region: Resolved<string>; readonly partition: string } {
  const fits = (region: Resolved<string> | undefined): boolean =>
    region !== undefined && (known === undefined || partitionOfRegion(region.value) === known)
  const others = [findVariable('region', sources), findInProfiles('region', sources), findDefault('region', sources)]
  const region = findFlag('region', sources) ?? others.find(fits) ?? homeOf(known ?? 'aws')
  if (hasEndpoint) assertRegionName(region)
  else assertRegion(region)
  return { region, partition: known ?? partitionOfRegion(region.value) }
}

const REGION = 'a region such as eu-west-1'

/** Throws USAGE for what cannot be a region's name anywhere. */
function assertRegionName(region: Resolved<string>): void {
  if (!isRegionName(region.value)) throw badSetting(region, REGION)
}

/** Throws USAGE for what no region of AWS is called, if it is known what was meant. */
export function assertRegion(region: Resolved<string>): void {
  assertRegionName(region)
  const meant = regionMeantBy(region.value)
  if (meant !== undefined) throw badSetting(region, REGION, meant)
}

function homeOf(partition: string): Resolved<string> {
  const value = homeRegion(partition)
  if (value === undefined) throw new AwsmfaError({ code: 'REGION_UNKNOWN', partition })
  return { value, origin: { kind: 'default' } }
}

/**
 * Resolves the STS endpoint in botocore's order (configprovider.py › ConfiguredEndpointProvider): the variable for STS,
 * the one for all services, the `[services]` section that a profile names, the profile; then awsmfa's own settings.
 * Undefined: AWS's own. `config`: the text of the config file; without it no `[services]` section is read. Throws USAGE
 * for what is no URL.
 */
export function resolveEndpoint(sources: SettingSources, config = ''): Resolved<string> | undefined {
  const { environment, profileChain = [] } = sources
  const flag = findFlag('endpoint', sources)
  if (flag !== undefined) return checkedUrl(flag)
  const firstOf = (key: string): Resolved<string> | undefined =>
    profileChain.map((profile) => readKeys(profile, [key])).find((found) => found !== undefined)
  const ignoring =
    environment['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] || firstOf('ignore_configured_endpoint_urls')?.value
  if (ignoring?.toLowerCase() === 'true') return undefined
  const services = firstOf('services')
  const endpoint =
    findVariable('endpoint', sources) ??
    (services && findServiceEndpoint(config, services.value, 'sts')) ??
    findInProfiles('endpoint', sources) ??
    findDefault('endpoint', sources)
  return endpoint && checkedUrl(endpoint)
}

/** Returns an address. Throws USAGE for what is none. */
export function checkedUrl(url: Resolved<string>): Resolved<string> {
  if (!/^https?:\/\/[^\s/]/i.test(url.value)) throw badSetting(url, 'an http(s) URL')
  return url
}

/**
 * Returns the endpoint of one service in a `[services name]` section: the indented `endpoint_url` under the service's
 * key (AWS SDKs and Tools Reference Guide, "Service-specific endpoints"). `config`: the text of the config file, a byte
 * string.
 */
export function findServiceEndpoint(config: string, services: string, service: string): Resolved<string> | undefined {
  const document = readIniDocument(config)
  const section = document.sections.find(({ name }) => decodeUtf8(name) === `services ${services}`)
  if (section === undefined) return undefined
  const entry = parseSection(document, section).entries.find(({ key }) => key === service)
  for (const { start, contentEnd } of entry?.continuations ?? []) {
    const match = /^endpoint_url[ \t]*=(.*)$/i.exec(trimBlanks(document.text.slice(start, contentEnd)))
    if (match === null) continue
    const line = document.text.slice(0, start).split('\n').length
    return {
      value: decodeUtf8(trimBlanks(match[1] ?? '')),
      origin: { kind: 'file', file: 'config', profile: services, key: `${service}.endpoint_url`, line },
    }
  }
  return undefined
}
