import { expect, it } from 'vitest'
import { CREDENTIAL_ORDER, ruleFor, ruleForTool, TOOL_EXCEPTIONS } from '../../src/doctor/credential-order.ts'
import type { ProfileTraits } from '../../src/doctor/credential-order.ts'

const NAMES = [
  'role',
  'source',
  'self',
  'credentialSource',
  'mfa',
  'keys',
  'keysInConfig',
  'half',
  'token',
  'process',
  'sso',
  'login',
  'webIdentity',
  'blank',
] as const satisfies readonly (keyof ProfileTraits)[]
const NONE = Object.fromEntries(NAMES.map((name) => [name, false])) as unknown as ProfileTraits

/** Every combination that a profile can have. */
function* everyProfile(): Generator<ProfileTraits> {
  for (let bits = 0; bits < 2 ** NAMES.length; bits++) {
    const traits = { ...NONE, ...Object.fromEntries(NAMES.map((name, index) => [name, (bits & (1 << index)) !== 0])) }
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
  const idle = new Set(
    CREDENTIAL_ORDER.flatMap((rule) =>
      rule.engines.map((engine) => `${engine}: ${rule.because} ${JSON.stringify(rule.when)}`),
    ),
  )
  for (const traits of everyProfile()) {
    for (const engine of ['botocore', 'js', 'go', 'rust', 'java', 'dotnet'] as const) {
      const rule = ruleFor(engine, traits)
      if (rule !== undefined) idle.delete(`${engine}: ${rule.because} ${JSON.stringify(rule.when)}`)
    }
  }
  expect([...idle]).toEqual([])
})

it.each(TOOL_EXCEPTIONS)('$tool does otherwise than its engine: $because', ({ tool, when, outcome }) => {
  expect(ruleForTool(tool, { ...NONE, ...when })).toMatchObject({ outcome })
})

it('what no rule names gives no credentials', () => {
  expect(ruleFor('js', NONE)).toBeUndefined()
})
