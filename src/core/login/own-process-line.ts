import type { ProfileView } from '../files/profile-view.ts'

/** Tells whether the `credential_process` of a profile is awsmfa's, by whatever path it is started. */
export function isOwnProcess(profile: ProfileView | undefined): boolean {
  const line = profile?.get('credential_process')?.value
  return line !== undefined && /(?:^|[\s"'\\/])awsmfa(?:\.[cm]?js|\.cmd|\.exe)?["']?\s(?:.*\s)?["']?credential-process(?:["'\s]|$)/i.test(line)
}
