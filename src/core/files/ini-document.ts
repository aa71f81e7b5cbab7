/** A section of a shared file. Offsets are byte offsets into the document's text. */
export interface IniSection {
  /** What stands between the brackets, outer spaces removed; a byte string. */
  readonly name: string
  /** Where the header's line begins, indentation included, a byte order mark not. */
  readonly start: number
  /** Where the first line after the header begins. */
  readonly bodyStart: number
  /** Where the next header's line begins, or the length of the text. */
  readonly end: number
}

/** A shared file of AWS as a byte string, with its section headers found. */
export interface IniDocument {
  readonly text: string
  readonly sections: readonly IniSection[]
}

/** A key of a section. Offsets are byte offsets into the document's text. */
export interface IniEntry {
  /** The key in lower case. */
  readonly key: string
  readonly value: string
  readonly start: number
}

/** Finds the section headers of a shared file. Never throws: a file that no parser accepts has the sections that can be made out. */
export function readIniDocument(text: string): IniDocument {
  return { text, sections: [] }
}

/** Gives the keys of a section in order, several of one name included. Never throws. */
export function parseSection(_document: IniDocument, _section: IniSection): readonly IniEntry[] {
  return []
}

/** Gives the number, from 1, of the line that holds `offset`. */
export function lineAt(_text: string, _offset: number): number {
  return 1
}
