/** What a typed access key can be at all, before AWS is asked about it. */

/** Tells whether a text can be the id of a long-term access key: IAM's alphabet and length (IAM API, AccessKey), and no session's id. */
export function isLongTermKeyId(text: string): boolean {
  return /^\w{16,128}$/.test(text) && !text.startsWith('ASIA')
}

/** Tells whether a text can be a secret access key: printable, without spaces, so that every tool reads back what was written. */
export function isSecretAccessKey(text: string): boolean {
  return /^[!-~]{16,128}$/.test(text)
}
