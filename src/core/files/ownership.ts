/**
 * Whose credentials stand in a section of the credentials file. The rules, in order:
 *
 * 1. a key id that begins with AKIA, or a key id or secret without a session token: long-term credentials, whatever else
 *    stands there, login's marks included. Somebody pasted them over an old session; nothing may touch them;
 * 2. the key id in `awsmfa_state` is the section's: the session is login's;
 * 3. any other session: somebody else's. Where `awsmfa_state` is there for another key id, login's `expiration` and
 *    `manager` are left-overs: `aws configure mfa-login` writes three keys and leaves the rest (AWS CLI 2.36,
 *    configure/mfalogin.py), so they say nothing about the session that is there now;
 * 4. no credentials, or a session token by itself, which is of no use to anybody: empty.
 *
 * Of several keys of one name every value counts for rule 1, and for rule 2 all must agree.
 */
import { hasOwnExpirationForm, markedExpiration } from '../sessions/expiration-markers.ts'
import type { MarkedExpiration } from '../sessions/expiration-markers.ts'
import { LEGACY_TOKEN_KEY, MANAGER } from './managed-keys.ts'
import type { ProfileView } from './profile-view.ts'
import { parseStateValue } from './state-value.ts'

/** A key, in lower case, and its value as they stand in a section. */
export interface SectionEntry {
  readonly key: string
  readonly value: string
}

/** Whose credentials stand in a section, and so what login and logout may do with it. */
export type SectionOwnership =
  /** No such section: login makes it. */
  | { readonly kind: 'absent' }
  /** No credentials: taken. `marked`: login's marks stand there. */
  | { readonly kind: 'empty'; readonly marked: boolean }
  /** What login wrote. `expiration`: the value as it stands; undefined: somebody took it out. `requestHash`: what shaped the request. */
  | { readonly kind: 'ours'; readonly accessKeyId: string; readonly expiration: string | undefined; readonly requestHash: string }
  /** Never overwritten, never removed. `complete`: key id and secret are both there. `marked`: login's marks stand there too. */
  | { readonly kind: 'long-term'; readonly accessKeyId: string | undefined; readonly complete: boolean; readonly marked: boolean }
  /** Another's session. `expiration` undefined: unknown. `marked`: login's marks of an earlier session stand there too. */
  | {
      readonly kind: 'foreign-session'
      readonly accessKeyId: string | undefined
      readonly complete: boolean
      readonly marked: boolean
      readonly manager: string | undefined
      readonly expiration: MarkedExpiration | undefined
    }

/** Tells whose credentials a section holds; `entries` undefined: there is no such section. */
export function classifySection(entries: readonly SectionEntry[] | undefined): SectionOwnership {
  if (entries === undefined) return { kind: 'absent' }
  const valuesOf = (...keys: string[]) => entries.filter(({ key, value }) => keys.includes(key) && value !== '').map(({ value }) => value)
  const get = (key: string) => valuesOf(key).at(-1)
  const keyIds = valuesOf('aws_access_key_id')
  const accessKeyId = keyIds.at(-1)
  const hasSecret = valuesOf('aws_secret_access_key').length > 0
  const hasSessionToken = valuesOf('aws_session_token', LEGACY_TOKEN_KEY).length > 0
  const marked = valuesOf('awsmfa_state').length > 0 || get('manager') === MANAGER
  const longTermId = keyIds.find((keyId) => keyId.startsWith('AKIA'))
  const complete = accessKeyId !== undefined && hasSecret
  if (longTermId !== undefined) return { kind: 'long-term', accessKeyId: longTermId, complete, marked }
  if (accessKeyId === undefined && !hasSecret) return { kind: 'empty', marked }
  if (!hasSessionToken) return { kind: 'long-term', accessKeyId, complete, marked }
  const state = parseStateValue(get('awsmfa_state') ?? '')
  if (state !== undefined && accessKeyId !== undefined && keyIds.every((keyId) => keyId === state.accessKeyId)) {
    return { kind: 'ours', accessKeyId, expiration: get('expiration'), requestHash: state.requestHash }
  }
  return { kind: 'foreign-session', accessKeyId, complete, marked, ...foreignMarks(get, marked) }
}

/** Tells whose credentials a profile's section in the credentials file holds; config is not looked at. */
export function classifyProfile(profile: ProfileView | undefined): SectionOwnership {
  if (profile?.lines.credentials === undefined) return classifySection(undefined)
  return classifySection(profile.keys().map((key) => ({ key, value: profile.getFrom('credentials', key)?.value ?? '' })))
}

function foreignMarks(get: (key: string) => string | undefined, marked: boolean) {
  const manager = get('manager')
  const isLeftOver = (key: string, value: string | undefined) => marked && key === 'expiration' && value !== undefined && hasOwnExpirationForm(value)
  return {
    manager: manager === MANAGER ? undefined : manager,
    expiration: markedExpiration((key) => (isLeftOver(key, get(key)) ? undefined : get(key))),
  }
}
