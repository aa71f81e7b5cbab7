/**
 * Files with a thousand profiles: anything quadratic in their number takes minutes here, and exceeds the test's limit.
 */
import { describe, expect, it } from 'vitest'
import { findingsIn, fixedTexts, homeOf } from '../support/doctor-homes.ts'
import type { FileTexts } from '../support/doctor-homes.ts'

const COUNT = 1_000
const KEYS = `aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
`
const MARKS = `expiration = 2026-11-20T18:40:00Z
manager = awsmfa
awsmfa_state = 1:ASIAIOSFODNN7EXAMPLE:s:0123456789abcdef
`
const ROLE = 'role_arn = arn:aws:iam::222222222222:role/Admin\n'
const BASE = `[base]\n${KEYS}`
const each = (write: (index: number) => string): string =>
  Array.from({ length: COUNT }, (_, index) => write(index)).join('')

interface LargeHome extends Partial<FileTexts> {
  readonly name: string
  /** How many findings --fix fixes; the others are for a person to decide. */
  readonly fixable: number
}

const HOMES: readonly LargeHome[] = [
  {
    name: 'roles with four faults each',
    credentials: BASE,
    config: each((index) => `[profile  r${index}] # mine\n${ROLE}source_profile: base # it\nREGION = "eu-west-1"\n`),
    fixable: 6 * COUNT,
  },
  {
    name: 'a chain of roles',
    credentials: `[r0]\n${KEYS}`,
    config: each((index) => `[profile r${index + 1}]\n${ROLE}source_profile = r${index}\n`),
    fixable: 0,
  },
  {
    name: 'roles with a missing source',
    credentials: BASE,
    config: each((index) => `[profile role-${index}]\n${ROLE}source_profile = bose-${index}\n`),
    fixable: 0,
  },
  {
    name: 'bare sections',
    credentials: BASE,
    config: each((index) => `[r${index}]\n${ROLE}source_profile = base\n`),
    fixable: 0,
  },
  { name: 'leftovers of sessions', credentials: each((index) => `[s${index}]\n${KEYS}${MARKS}`), fixable: COUNT },
  {
    name: 'indented keys and comments',
    credentials: each((index) => `[s${index}]\n  # mine\n  output = json\n  region = eu-west-1\n`),
    fixable: 2 * COUNT,
  },
  {
    name: 'one section with every key twice',
    credentials: `${BASE}${each((index) => `key${index % (COUNT / 2)} = a\n`)}`,
    fixable: COUNT / 2,
  },
  { name: 'lines that are no keys', credentials: each((index) => `[s${index}]\n${KEYS}stray\n`), fixable: 0 },
]

const fixableIn = (texts: FileTexts): number => findingsIn(homeOf(texts)).filter(({ isFixable }) => isFixable).length

describe.each(HOMES)('$name', ({ credentials = '', config = '', fixable }) => {
  it('are reported', () => {
    expect(fixableIn({ credentials, config })).toBe(fixable)
  })

  it('are fixed, so that nothing fixable remains', () => {
    expect(fixableIn(fixedTexts(homeOf({ credentials, config })))).toBe(0)
  })
})
