/** Files with a thousand profiles, and how the work grows with them: anything quadratic takes 64 times as long. */
import { describe, expect, it } from 'vitest'
import { findingsIn, fixedTexts, homeOf } from '../support/doctor-homes.ts'
import type { FileTexts } from '../support/doctor-homes.ts'
import { growthOf } from '../support/growth.ts'
import { isWindows } from '../support/on-windows.ts'

const COUNT = 1_000
/** Linear work grows by 8 with them, quadratic work by 64. */
const [FEW, FACTOR, LIMIT] = [125, 8, 40]
const KEYS = `aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
`
const MARKS = `expiration = 2026-11-20T18:40:00Z
manager = awsmfa
awsmfa_state = 1:ASIAIOSFODNN7EXAMPLE:s:0123456789abcdef
`
const ROLE = 'role_arn = arn:aws:iam::222222222222:role/Admin\n'
const BASE = `[base]\n${KEYS}`

interface LargeHome extends Partial<FileTexts> {
  readonly name: string
  /** How many findings --fix fixes; the others are for a person to decide. */
  readonly fixable: number
}

function homesOf(count: number): readonly LargeHome[] {
  const each = (write: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => write(index)).join('')
  return [
    {
      name: 'roles with four faults each',
      credentials: BASE,
      config: each((index) => `[profile  r${index}] # mine\n${ROLE}source_profile: base # it\nREGION = "eu-west-1"\n`),
      fixable: 6 * count,
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
    { name: 'leftovers of sessions', credentials: each((index) => `[s${index}]\n${KEYS}${MARKS}`), fixable: count },
    {
      name: 'indented keys and comments',
      credentials: each((index) => `[s${index}]\n  # mine\n  output = json\n  region = eu-west-1\n`),
      fixable: 2 * count,
    },
    {
      name: 'one section with every key twice',
      credentials: `${BASE}${each((index) => `key${index % (count / 2)} = a\n`)}`,
      fixable: count / 2,
    },
    { name: 'lines that are no keys', credentials: each((index) => `[s${index}]\n${KEYS}stray\n`), fixable: 0 },
  ]
}

const fixableIn = (texts: FileTexts): number => findingsIn(homeOf(texts)).filter(({ isFixable }) => isFixable).length

describe.each(homesOf(COUNT))('$name', ({ name, credentials = '', config = '', fixable }) => {
  // Each role of a chain is followed to the end of the chain. Windows counts processor time in steps of 16 ms.
  it.skipIf(isWindows || name === 'a chain of roles')(
    'are examined in a time that grows with their number',
    async () => {
      const sizes = new Map([FEW, FEW * FACTOR].map((size) => [size, homesOf(size).find((home) => home.name === name)]))
      const examine = (size: number): unknown => {
        const home = sizes.get(size)
        return findingsIn(homeOf({ credentials: home?.credentials ?? '', config: home?.config ?? '' }))
      }
      expect(await growthOf(examine, FEW, FACTOR)).toBeLessThan(LIMIT)
    },
  )

  it('are reported', () => {
    expect(fixableIn({ credentials, config })).toBe(fixable)
  })

  it('are fixed, so that nothing fixable remains', () => {
    expect(fixableIn(fixedTexts(homeOf({ credentials, config })))).toBe(0)
  })
})
