/** The rules for which credentials a tool uses with a profile. */
import { expect, it } from 'vitest'
import { CREDENTIAL_ORDER, ruleFor, ruleForTool, TOOL_EXCEPTIONS, TRAITS } from '../../src/doctor/credential-order.ts'
import type { ProfileTraits } from '../../src/doctor/credential-order.ts'
import { ENGINES } from '../../src/doctor/tools.ts'
import { NO_TRAITS } from '../interop/doctor-cases.ts'

/** Every combination of traits that a profile can have. */
function* everyProfile(): Generator<ProfileTraits> {
  for (let bits = 0; bits < 2 ** TRAITS.length; bits++) {
    const set = TRAITS.map((name, index) => [name, (bits & (1 << index)) !== 0])
    const traits = { ...NO_TRAITS, ...Object.fromEntries(set) } as ProfileTraits
    const isPossible =
      (!traits.self || traits.source) &&
      (!traits.keysInConfig || traits.keys) &&
      (!traits.token || traits.keys) &&
      !(traits.half && traits.keys) &&
      !(traits.blank && traits.role && traits.source)
    if (isPossible) yield traits
  }
}

it('every rule decides for some profile with each of its engines', () => {
  const unused = new Set(CREDENTIAL_ORDER.flatMap((rule) => rule.engines.map((engine) => `${engine} ${nameOf(rule)}`)))
  for (const traits of everyProfile()) {
    for (const engine of ENGINES) {
      const rule = ruleFor(engine, traits)
      if (rule !== undefined) unused.delete(`${engine} ${nameOf(rule)}`)
    }
  }
  expect([...unused]).toEqual([])
})

function nameOf({ when, because }: (typeof CREDENTIAL_ORDER)[number]): string {
  return `${because} ${JSON.stringify(when)}`
}

it.each(TOOL_EXCEPTIONS)('$tool differs from its engine: $because', ({ tool, when, outcome }) => {
  expect(ruleForTool(tool, { ...NO_TRAITS, ...when })).toMatchObject({ outcome })
})

it('a profile that no rule names gives no credentials', () => {
  expect(ruleFor('js', NO_TRAITS)).toBeUndefined()
})
