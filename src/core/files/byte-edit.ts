/** One replacement in a byte string: `length` bytes from `offset` of the original give way to `content`. */
export interface ByteEdit {
  readonly offset: number
  readonly length: number
  readonly content: string
}
