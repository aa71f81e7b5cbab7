/** Files with a thousand profiles. What takes time with the square of their number takes minutes here, and runs into the limit. */
import { describe, expect, it } from 'vitest'
import { diagnose } from '../../src/doctor/report.ts'
import { examine } from '../../src/doctor/examination.ts'
import { planMends } from '../../src/doctor/fix.ts'
import { applyEdits } from '../../src/aws-files/edit.ts'
import type { DoctorHome } from '../support/doctor-homes.ts'
import { homeOf } from '../support/doctor-homes.ts'

const COUNT = 1_000
const KEYS =
  'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n'
const ROLE = 'role_arn = arn:aws:iam::222222222222:role/Admin\n'
const each = (write: (index: number) => string): string =>
  Array.from({ length: COUNT }, (_, index) => write(index)).join('')
const MARKS =
  'expiration = 2026-11-20T18:40:00Z\nmanager = awsmfa\nawsmfa_state = 1:ASIAIOSFODNN7EXAMPLE:s:0123456789abcdef\n'

/** What the files hold, and how many findings in them `--fix` mends: all but what a person has to decide. */
const FILES: readonly (readonly [name: string, credentials: string, config: string, mendable: number])[] = [
  [
    'roles with four faults each',
    `[base]\n${KEYS}`,
    each((index) => `[profile  r${index}] # mine\n${ROLE}source_profile: base # it\nREGION = "eu-west-1"\n`),
    6 * COUNT,
  ],
  [
    'a chain of roles',
    `[r0]\n${KEYS}`,
    each((index) => `[profile r${index + 1}]\n${ROLE}source_profile = r${index}\n`),
    0,
  ],
  [
    'roles whose source is nowhere',
    `[base]\n${KEYS}`,
    each((index) => `[profile role-${index}]\n${ROLE}source_profile = bose-${index}\n`),
    0,
  ],
  ['bare sections', `[base]\n${KEYS}`, each((index) => `[r${index}]\n${ROLE}source_profile = base\n`), 0],
  ['what sessions left', each((index) => `[s${index}]\n${KEYS}${MARKS}`), '', COUNT],
  [
    'indented keys and comments',
    each((index) => `[s${index}]\n  # mine\n  output = json\n  region = eu-west-1\n`),
    '',
    2 * COUNT,
  ],
  [
    'one section with every key twice',
    `[base]\n${KEYS}${each((index) => `key${index % (COUNT / 2)} = a\n`)}`,
    '',
    COUNT / 2,
  ],
  ['lines that are no keys', each((index) => `[s${index}]\n${KEYS}stray\n`), '', 0],
]

const mendableIn = ({ files, machine }: DoctorHome): number =>
  diagnose(examine(files, machine)).filter(({ isMendable }) => isMendable).length

describe.each(FILES)('%s', (_, credentials, config, mendable) => {
  const home = homeOf({ credentials, config })

  it('are reported', () => {
    expect(mendableIn(home)).toBe(mendable)
  })

  it('are mended, so that nothing is left to mend', () => {
    const edits = planMends(home.files, home.machine)
    expect(
      mendableIn(
        homeOf({ credentials: applyEdits(credentials, edits.credentials), config: applyEdits(config, edits.config) }),
      ),
    ).toBe(0)
  })
})
