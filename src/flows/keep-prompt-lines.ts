import { readProfiles } from '../core/files/profiles.ts'
import type { Now, SharedFiles } from '../core/ports.ts'
import { promptFileOf } from '../core/prompt/prompt-line.ts'
import type { PromptFile } from '../core/prompt/prompt-line.ts'
import { statusOfProfile } from '../core/status/profile-status.ts'
import type { StatusLookup } from '../core/status/profile-status.ts'

/** Where sessions are looked for, and where the lines go. */
export interface PromptLineEffects {
  readonly files: Pick<SharedFiles, 'read'>
  readonly now: Now
  readonly cachedSessionOf: StatusLookup['cachedSessionOf']
  readonly keepPromptFiles: (wanted: () => readonly PromptFile[]) => void
}

/** Makes the lines for prompts say what `status` would say of every profile now. Never throws. */
export function keepPromptLines({ files, now, cachedSessionOf, keepPromptFiles }: PromptLineEffects): void {
  keepPromptFiles(() => {
    const { credentials, config } = files.read()
    const profiles = readProfiles({ credentials: credentials.text, config: config.text })
    const lookup: StatusLookup = { profiles, now: now(), minTtlSeconds: 0, identityOf: () => undefined, cachedSessionOf }
    return profiles.names().flatMap((name) => promptFileOf(statusOfProfile(name, lookup), lookup.now) ?? [])
  })
}
