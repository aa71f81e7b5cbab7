import type { TextStyle } from '../core/ports.ts'

/** The few dresses that awsmfa's text may wear. */
export type Colour = 'green' | 'yellow' | 'red' | 'dim' | 'bold'

const CODES: Readonly<Record<Colour, readonly [number, number]>> = {
  green: [32, 39],
  yellow: [33, 39],
  red: [31, 39],
  dim: [2, 22],
  bold: [1, 22],
}

/** Colours a text where the stream takes colour, else gives it as it is. */
export function paint(text: string, colour: Colour, style: TextStyle): string {
  const [on, off] = CODES[colour]
  return style.colour ? `\u001b[${on}m${text}\u001b[${off}m` : text
}
