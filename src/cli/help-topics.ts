/** The subjects of `awsmfa help` that are no commands. Their texts are in help-topic-texts.ts, which is loaded to print one. */

/** What `awsmfa help TOPIC` knows besides commands. */
export const HELP_TOPICS = ['exit-codes', 'config', 'environment', 'security'] as const

/** One of the subjects. */
export type HelpTopic = (typeof HELP_TOPICS)[number]

/** Tells whether a word names a subject. */
export function isHelpTopic(word: string): word is HelpTopic {
  return HELP_TOPICS.some((topic) => topic === word)
}
