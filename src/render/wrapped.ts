/** How wide help is, wherever it is shown. */
const WIDTH = 80

/** Breaks a text into lines of at most 80 columns: the first with `first` before it, the others with as many spaces or `rest`. */
export function wrapped(text: string, first = '', rest = ' '.repeat(first.length)): readonly string[] {
  const lines: string[] = []
  let line = first
  let isEmpty = true
  for (const word of text.split(' ').filter((each) => each !== '')) {
    if (!isEmpty && line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = rest
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line.trimEnd()]
}

/** Gives a text without Markdown's marks: backticks gone, links as their words. */
export function plainText(text: string): string {
  return text.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1').replaceAll('`', '')
}
