/** MFA devices that cannot work, and access keys that are old. */
import { isFailure } from '../../failures.ts'
import type { ProfileValue, ProfileView } from '../../files/profile-view.ts'
import { ownerOfSerial, parseSerialNumber } from '../../login/mfa-device.ts'
import { LONG_TERM_SUFFIXES } from '../../login/role-chain.ts'
import { settingRow } from '../../login/setting-table.ts'
import { accountIdOfAccessKeyId } from '../../sessions/credentials.ts'
import type { Examination } from '../examination.ts'
import { finding } from '../finding.ts'
import type { Finding } from '../finding.ts'
import { withoutComment } from '../../login/profile-keys.ts'

/** The devices that a profile names, whatever key they stand under. */
export function checkDevices(profile: ProfileView, { files, profiles }: Examination): readonly Finding[] {
  return settingRow('MFA device serial').profileKeys.flatMap((key): readonly Finding[] => {
    const found = profile.get(key)
    if (found === undefined || found.value === '') return []
    const place = { file: files[found.file].path, line: found.line, profile: profile.name, key, tools: [] }
    const value = withoutComment(found.value).replace(/^(["'])(.*)\1$/, '$2')
    const defect = defectOf(value)
    if (defect === 'fido') return [finding('fido-device', { ...place, name: value })]
    if (defect !== undefined) return [finding('device-malformed', { ...place, name: value, other: defect })]
    const account = ownerOfSerial({ value, origin: { kind: 'default' } })?.account
    const own = accountOfKeys(profile, profiles.find)
    return account === undefined || own === undefined || account === own ? [] : [finding('device-of-other-account', { ...place, name: account, other: own })]
  })
}

/** Long-term keys whose ids were given out before 2019: they do not carry their account (see accountIdOfAccessKeyId). */
export function checkKeyAge(profile: ProfileView, { files }: Examination): readonly Finding[] {
  return (['credentials', 'config'] as const).flatMap((file): readonly Finding[] => {
    const keyId = profile.getFrom(file, 'aws_access_key_id')
    // Ids that begin so are the oldest; those of AWS's documentation are examples of them.
    if (keyId === undefined || !/^AKIA[A-P][A-Z2-7]{15}$/.test(keyId.value) || keyId.value.endsWith('EXAMPLE')) return []
    return [finding('old-access-key', { file: files[file].path, line: keyId.line, profile: profile.name, key: 'aws_access_key_id', name: keyId.value.slice(-4), tools: [] })]
  })
}

function defectOf(serial: string): 'fido' | 'user-arn' | 'alphabet' | 'length' | undefined {
  try {
    parseSerialNumber(serial, { kind: 'default' })
    return undefined
  } catch (error) {
    if (isFailure(error, 'MFA_SERIAL_MALFORMED')) return error.failure.defect
    throw error
  }
}

/** The account of the keys that a profile without a role leads to: its own, or those under its name with a suffix. */
function accountOfKeys(profile: ProfileView, find: (name: string) => ProfileView | undefined): string | undefined {
  if (profile.get('role_arn') !== undefined || profile.get('source_profile') !== undefined) return undefined
  const names = ['', ...LONG_TERM_SUFFIXES].map((suffix) => profile.name + suffix)
  const keyIds = names.map((name): ProfileValue | undefined => find(name)?.get('aws_access_key_id')).filter((value) => value !== undefined)
  return keyIds.map(({ value }) => accountIdOfAccessKeyId(value)).find((account) => account !== undefined)
}
