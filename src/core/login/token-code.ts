/**
 * Reads a token code as it was typed, pasted or piped: six digits, the spaces round and inside it dropped, since
 * authenticator apps show it as `123 456`. Gives undefined for anything else. STS's own limit for the parameter TokenCode is
 * `[\d]{6}` (API reference of GetSessionToken).
 */
export function parseTokenCode(text: string): string | undefined {
  const code = text.replace(/\s/g, '')
  return /^[0-9]{6}$/.test(code) ? code : undefined
}
