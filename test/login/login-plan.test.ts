import { describe, expect, it, test } from 'vitest'
import { planLogin } from '../../src/login/plan.ts'
import type { RoleStep } from '../../src/login/resolution.ts'

const origin = { kind: 'default' } as const
const seconds = (value: number): { readonly value: number; readonly origin: typeof origin } => ({ value, origin })
const role = (name: string, durationSeconds?: number): RoleStep => ({
  roleArn: { value: `arn:aws:iam::111111111111:role/${name}`, origin },
  profile: name,
  sessionName: undefined,
  externalId: undefined,
  durationSeconds: durationSeconds === undefined ? undefined : seconds(durationSeconds),
})

/** The calls in short: operation, seconds, signer, `+code` and `last`. */
function callsOf(roles: readonly RoleStep[], asked?: number, targets?: number): readonly string[] {
  return planLogin({ roles, durationSeconds: asked === undefined ? undefined : seconds(asked) }, targets).steps.map(
    (step) => {
      const name = step.call === 'AssumeRole' ? `${step.role.profile ?? ''} ` : ''
      return `${step.call} ${name}${step.durationSeconds} ${step.signer}${step.mfa ? ' +code' : ''}${step.call === 'AssumeRole' && step.isLast ? ' last' : ''}`
    },
  )
}

describe('where the code goes', () => {
  test.each<[string, readonly RoleStep[], number | undefined, number | undefined, readonly string[]]>([
    ['no role', [], undefined, undefined, ['GetSessionToken 43200 long-term +code']],
    ['no role, a length', [], 129_600, undefined, ['GetSessionToken 129600 long-term +code']],
    ['no role, several targets', [], 900, 3, ['GetSessionToken 900 long-term +code']],
    [
      'a role',
      [role('a')],
      undefined,
      undefined,
      ['GetSessionToken 43200 long-term +code', 'AssumeRole a 3600 previous last'],
    ],
    [
      'a role for an hour',
      [role('a')],
      3_600,
      undefined,
      ['GetSessionToken 43200 long-term +code', 'AssumeRole a 3600 previous last'],
    ],
    [
      'a role for less',
      [role('a')],
      900,
      undefined,
      ['GetSessionToken 43200 long-term +code', 'AssumeRole a 900 previous last'],
    ],
    ['a role for more', [role('a')], 3_601, undefined, ['AssumeRole a 3601 long-term +code last']],
    ['a role for as long as there is', [role('a')], 43_200, 1, ['AssumeRole a 43200 long-term +code last']],
    [
      'a role whose profile asks for more',
      [role('a', 7_200)],
      undefined,
      undefined,
      ['AssumeRole a 7200 long-term +code last'],
    ],
    [
      'what was asked for beats what the profile says',
      [role('a', 7_200)],
      900,
      undefined,
      ['GetSessionToken 43200 long-term +code', 'AssumeRole a 900 previous last'],
    ],
    [
      'a role for more, several targets',
      [role('a')],
      43_200,
      2,
      ['GetSessionToken 43200 long-term +code', 'AssumeRole a 3600 previous last'],
    ],
    [
      'a chain',
      [role('a', 1_800), role('b')],
      undefined,
      undefined,
      ['GetSessionToken 43200 long-term +code', 'AssumeRole a 1800 previous', 'AssumeRole b 3600 previous last'],
    ],
    [
      'a chain for more',
      [role('a', 7_200), role('b')],
      43_200,
      undefined,
      ['GetSessionToken 43200 long-term +code', 'AssumeRole a 3600 previous', 'AssumeRole b 3600 previous last'],
    ],
  ])('%s', (_, roles, asked, targets, calls) => expect(callsOf(roles, asked, targets)).toEqual(calls))

  it('says once what was capped', () => {
    const capped = {
      kind: 'capped',
      roleArn: 'arn:aws:iam::111111111111:role/b',
      askedSeconds: 43_200,
      cappedToSeconds: 3_600,
    }
    expect(planLogin({ roles: [role('a', 7_200), role('b')], durationSeconds: seconds(43_200) }).notes).toEqual([
      capped,
    ])
    expect(planLogin({ roles: [role('b')], durationSeconds: seconds(43_200) }, 2).notes).toEqual([capped])
    expect(planLogin({ roles: [role('b')], durationSeconds: seconds(43_200) }).notes).toEqual([])
  })

  it('gives a reason for every call', () => {
    const reasons = [
      planLogin({ roles: [role('a')], durationSeconds: undefined }),
      planLogin({ roles: [role('a')], durationSeconds: seconds(7_200) }),
    ].flatMap(({ steps }) => steps)
    expect(reasons.every(({ reason }) => reason.length > 10)).toBe(true)
  })
})
