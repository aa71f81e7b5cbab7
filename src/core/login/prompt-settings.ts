import type { Resolved } from '../origin.ts'
import { PROMPT_CHOICES } from './prompt-choice.ts'
import type { PromptChoice, PromptSettings } from './prompt-choice.ts'
import { badSetting, findSetting, toSwitch } from './settings.ts'
import type { SettingSources } from './settings.ts'

/** Finds what is settled about questions. Throws USAGE, naming the place, for a word that is no way to ask, and for a switch that is neither yes nor no. */
export function resolvePrompt(sources: SettingSources): PromptSettings {
  const choice = findSetting('prompt', sources)
  const noGui = findSetting('no window', sources)
  const hideArns = findSetting('hidden ARNs', sources)
  return {
    choice: choice && toChoice(choice),
    noGui: noGui && toSwitch(noGui),
    hideArns: hideArns !== undefined && toSwitch(hideArns).value,
  }
}

function toChoice(text: Resolved<string>): Resolved<PromptChoice> {
  const value = PROMPT_CHOICES.find((choice) => choice === text.value)
  if (value === undefined) throw badSetting(text, `one of ${PROMPT_CHOICES.join(', ')}`)
  return { value, origin: text.origin }
}
