/**
 * Gives the name of a role session that nobody named: the IAM user where known, else `awsmfa-<os user>`, else `awsmfa`.
 * What STS does not take becomes `-`; it takes 2 to 64 of letters, digits, `_+=,.@-` (STS API Reference, AssumeRole).
 */
export function defaultSessionName(userName?: string, osUser?: string): string {
  const fromUser = toSessionName(userName ?? '')
  if (fromUser.length >= 2) return fromUser
  const fromSystem = toSessionName(osUser ?? '')
  return fromSystem === '' ? 'awsmfa' : `awsmfa-${fromSystem}`.slice(0, 64)
}

function toSessionName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9_+=,.@-]+/g, '-').slice(0, 64)
  return /[A-Za-z0-9]/.test(name) ? name : ''
}
