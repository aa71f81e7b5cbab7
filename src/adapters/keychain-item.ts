/** Under which names the cache key stands in the system's keychain. People see both there. */

/** The service, or "where", of the item. */
export const KEYCHAIN_SERVICE = 'awsmfa'

/** The account, or "user name", of the item. */
export const KEYCHAIN_ACCOUNT = 'cache-key'
