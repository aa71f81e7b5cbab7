/** What is common to the programs that show a window with one question and one line to type into. */

/** The text of a window: plain, several lines, nothing in it escaped for anybody. */
export interface WindowText {
  readonly title: string
  /** What is asked for, and whose it is; lines end with \n. */
  readonly text: string
  /** Why it is asked again. */
  readonly problem: string | undefined
  /** What stands before the line to type into, without a colon. */
  readonly label: string
}

/** How a program is called. Text is in none of these but as data. */
export interface WindowCall {
  readonly words: readonly string[]
  /** Variables to be added to its environment. */
  readonly variables: Readonly<Record<string, string>>
  /** What it reads from stdin. */
  readonly input?: string
}

/** How the program ended; `talk` is what it wrote to stderr. */
export interface WindowEnd {
  readonly exitCode: number | undefined
  readonly output: string
  readonly talk: string
}

/** What that means. `failed`: no window was shown, so that another program may be tried; `detail` is one line of its own words. */
export type WindowAnswer =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'failed'; readonly detail: string }

/** One program. */
export interface WindowProgramSpec {
  /** Names to look for on PATH, or absolute paths, the first that is there and works is used. */
  readonly files: readonly string[]
  /** Makes the call of a window that closes by itself after so many seconds. */
  readonly call: (text: WindowText, seconds: number) => WindowCall
  readonly answer: (end: WindowEnd) => WindowAnswer
}

/** The first line that says something. */
export function firstLine(talk: string): string {
  return talk.split('\n').map((line) => line.trim()).find((line) => line !== '') ?? ''
}

/** The problem and the text as one. */
export function withProblem({ text, problem }: WindowText): string {
  return problem === undefined ? text : `${problem}\n\n${text}`
}
