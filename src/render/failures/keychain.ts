import type { Failure } from '../../core/failures.ts'
import { visible } from '../../core/visible-text.ts'
import type { FailureText, WordsFor } from './wording.ts'
import { say } from './wording.ts'

type KeychainFailure = Extract<Failure, { readonly code: 'KEYCHAIN_UNAVAILABLE' }>

const NAMES: Readonly<Record<KeychainFailure['platform'], string>> = { linux: 'the Secret Service', darwin: 'the macOS Keychain', win32: 'the Windows Credential Manager' }

/** What stands in the keychain, for who must look for it there. */
const ITEM = "'awsmfa' with the account 'cache-key'"
const DEFAULT_PLACE = "take the default with 'cache_key = file'"

/** Words for a key of awsmfa's own cache that the system's keychain does not give. */
export const KEYCHAIN_WORDS: WordsFor<'KEYCHAIN_UNAVAILABLE'> = { KEYCHAIN_UNAVAILABLE: (failure) => words(failure) }

/** Says in one line, for stderr, that a session that was got is not kept, why, and what to do about it. */
export function renderNotKept(failure: KeychainFailure): string {
  const { error, hints } = words(failure)
  return `awsmfa: warning: this session is not kept in awsmfa's cache: ${[error, ...hints].join('; ')}\n`
}

function words({ platform, reason, addOn, detail }: KeychainFailure): FailureText {
  const keychain = NAMES[platform]
  switch (reason) {
    case 'locked':
      return say('the keyring with the cache key is locked', 'unlock it (in GNOME: Passwords and Keys), or log in at the desktop with your password')
    case 'no-service':
      return say('no Secret Service runs here to keep the cache key in, as is usual without a desktop', DEFAULT_PLACE)
    case 'no-keyring':
      return say('the Secret Service has no default keyring to keep the cache key in', `log in at the desktop with your password, or make one (in GNOME: Passwords and Keys); or ${DEFAULT_PLACE}`)
    case 'slow':
      return say(`${keychain} did not give the cache key within 3 s`, platform === 'darwin' ? `if it asked whether node may use the key, remove ${ITEM} in Keychain Access, and the next login makes a new one` : `see whether a window of it is waiting for an answer; or ${DEFAULT_PLACE}`)
    case 'denied':
      return say(`${keychain} refused the cache key${detail === undefined ? '' : `: ${visible(detail)}`}`, DEFAULT_PLACE)
    case 'no-add-on':
      return say(`'cache_key = keychain' needs the package ${visible(addOn)}, which is not installed or does not run here`, `install it beside awsmfa: npm install -g ${visible(addOn)}; or ${DEFAULT_PLACE}`)
    case 'no-program':
      return say('it is not known whether the keyring with the cache key is locked: neither dbus-send nor gdbus is there', `install dbus-send; or ${DEFAULT_PLACE}`)
    case 'not-a-key':
      return say(`what ${keychain} has as ${ITEM} is no cache key of this version of awsmfa`, 'remove it there, and the next login makes a new one')
  }
}
