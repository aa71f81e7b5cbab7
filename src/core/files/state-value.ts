/**
 * The value of `awsmfa_state`: `1:<access key id>:<layout>:<request hash>`. It lies on people's disks, so version 1 is read
 * for ever. No part of it is secret, and nothing but awsmfa reads it.
 *
 * The layout says what logout has to take away besides the keys: `s` login made the section, `k` it was there before; then
 * `b` if login put a blank line before it; then `e` and four hex digits if the last line before login's own had no line end
 * and login gave it one. The digits are a checksum of that line: logout takes the line end away only where that line is the
 * last one again.
 */
export interface SessionState {
  /** The key id of the session that login wrote; where the section holds another, the session there is not ours. */
  readonly accessKeyId: string
  /** What shaped the request, as the caller of login gave it. */
  readonly requestHash: string
  readonly madeSection: boolean
  readonly addedBlankLine: boolean
  /** Checksum of a line to which login gave its line end. */
  readonly endedLine: string | undefined
}

/** Gives the value of `awsmfa_state`. The parts must be in their alphabets (`isStateAccessKeyId`, `isRequestHash`): else a plain Error. */
export function formatStateValue(state: SessionState): string {
  if (!isStateAccessKeyId(state.accessKeyId) || !isRequestHash(state.requestHash)) throw new Error('a part of the state is outside its alphabet')
  const layout = `${state.madeSection ? 's' : 'k'}${state.addedBlankLine ? 'b' : ''}${state.endedLine === undefined ? '' : `e${state.endedLine}`}`
  return `1:${state.accessKeyId}:${layout}:${state.requestHash}`
}

/** Reads the value of `awsmfa_state`; undefined when anything about it is off, as when a later version wrote it. */
export function parseStateValue(value: string): SessionState | undefined {
  const match = /^1:(\w{1,128}):([ks])(b?)(?:e([0-9a-f]{4}))?:([0-9a-f.]{1,80})$/.exec(value)
  if (match === null) return undefined
  const [, accessKeyId = '', origin, blank, endedLine, requestHash = ''] = match
  return { accessKeyId, requestHash, madeSection: origin === 's', addedBlankLine: blank === 'b', endedLine }
}

/** Tells whether an access key id is of AWS's alphabet and length (IAM API, AccessKey: `[\w]+`, at most 128). */
export function isStateAccessKeyId(accessKeyId: string): boolean {
  return /^\w{1,128}$/.test(accessKeyId)
}

/** Tells whether a request hash can be kept in the state. */
function isRequestHash(requestHash: string): boolean {
  return /^[0-9a-f.]{1,80}$/.test(requestHash)
}

/** Gives the four hex digits that recognise a line again: FNV-1a (Fowler, Noll, Vo), folded to 16 bits as its authors advise. */
export function lineChecksum(line: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < line.length; index++) hash = Math.imul(hash ^ line.charCodeAt(index), 0x01000193) >>> 0
  return ((hash >>> 16) ^ (hash & 0xffff)).toString(16).padStart(4, '0')
}
