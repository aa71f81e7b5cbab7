/** How a marker spells an instant: with an offset, without one in UTC or in local time, or as seconds since 1970. */
export type ExpirationFormat = 'rfc3339' | 'naive-utc' | 'naive-local' | 'epoch'
