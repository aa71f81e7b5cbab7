import type { Resolved } from '../origin.ts'
import type { LoginResolution } from './resolution.ts'
import { settingRow } from './setting-table.ts'
import type { SettingName } from './setting-row.ts'

/** One line of `--debug`: a setting, its value, and where it came from. */
export type TrailEntry = LoginResolution['trail'][number]

/**
 * Lists every setting that was resolved, in the order of the setting table, each role with what belongs to it. Never a secret
 * or a token code, and of a value only what the table lets be shown.
 */
export function describeTrail(resolution: Omit<LoginResolution, 'trail'>): readonly TrailEntry[] {
  const { target, serialNumber, roles, durationSeconds, region, endpoint, caBundle, tokenCommand, yubiKey, prompt } = resolution
  return [
    ...entry('profile', target),
    ...entry('MFA device serial', serialNumber),
    ...roles.flatMap(({ roleArn, sessionName, externalId, durationSeconds: ownSeconds }) => [
      ...entry('role', roleArn),
      ...entry('role session name', sessionName),
      ...entry('external id', externalId),
      ...(durationSeconds === undefined ? entry('duration', ownSeconds) : []),
    ]),
    ...entry('duration', durationSeconds),
    ...entry('region', region),
    ...entry('endpoint', endpoint),
    ...entry('CA bundle', caBundle),
    ...entry('token command', tokenCommand),
    ...entry('YubiKey serial', yubiKey?.serial),
    ...entry('YubiKey label', yubiKey?.label),
    ...entry('prompt', prompt.choice),
    ...entry('no window', prompt.noGui && { ...prompt.noGui, value: String(prompt.noGui.value) }),
  ]
}

function entry(setting: SettingName, resolved: Resolved<string | number> | undefined): readonly TrailEntry[] {
  if (resolved === undefined) return []
  const value = String(resolved.value)
  return [{ setting, value: settingRow(setting).showable?.(value) ?? value, origin: resolved.origin }]
}
