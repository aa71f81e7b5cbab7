/** The text of the window that asks for a token code. */
import { expect, it } from 'vitest'
import type { TokenCodeRequest } from '../../src/mfa/token-code.ts'
import { tokenCodeWindow } from '../../src/mfa/window.ts'

const REQUEST: TokenCodeRequest = { profile: 'work', profiles: 1, serialNumber: 'arn:aws:iam::111111111111:mfa/alice' }
const ROLE = 'arn:aws-cn:iam::222222222222:role/team/Admin'
const VIEW = { role: undefined, hideArns: false, malformed: false }
const refusal = { nextCodeInSeconds: 17, known: 'wrong-or-used', answerLost: false } as const

const texts = [
  {
    title: 'profile and device',
    request: REQUEST,
    view: VIEW,
    text: 'MFA code for alice\n\nProfile: work\nDevice: arn:aws:iam::111111111111:mfa/alice',
  },
  {
    title: 'the user, where known',
    request: { ...REQUEST, userName: 'bob' },
    view: VIEW,
    text: 'MFA code for bob\n\nProfile: work\nDevice: arn:aws:iam::111111111111:mfa/alice',
  },
  {
    title: 'the role in the end',
    request: REQUEST,
    view: { ...VIEW, role: ROLE },
    text: `MFA code for alice\n\nProfile: work\nRole: ${ROLE}\nDevice: arn:aws:iam::111111111111:mfa/alice`,
  },
  {
    title: 'the role that takes the code',
    request: { ...REQUEST, roleArn: ROLE },
    view: VIEW,
    text: `MFA code for alice\n\nProfile: work\nRole: ${ROLE}\nDevice: arn:aws:iam::111111111111:mfa/alice`,
  },
  {
    title: 'names and accounts for ARNs',
    request: REQUEST,
    view: { ...VIEW, role: ROLE, hideArns: true },
    text: 'MFA code for alice\n\nProfile: work\nRole: Admin (222222222222)\nDevice: alice (111111111111)',
  },
  {
    title: 'a hardware device',
    request: { ...REQUEST, serialNumber: 'GAHT12345678' },
    view: { ...VIEW, hideArns: true },
    text: 'MFA code for GAHT12345678\n\nProfile: work\nDevice: GAHT12345678',
  },
  {
    title: 'many profiles, whose roles differ',
    request: { ...REQUEST, profiles: 4 },
    view: { ...VIEW, role: ROLE },
    text: 'MFA code for alice\n\n4 profiles\nDevice: arn:aws:iam::111111111111:mfa/alice',
  },
  {
    title: 'the account, where it is given',
    request: { ...REQUEST, account: '111111111111', profiles: 4 },
    view: { ...VIEW, hideArns: true },
    text: 'MFA code for alice (111111111111)\n\n4 profiles\nDevice: alice (111111111111)',
  },
  {
    title: 'no line of a profile’s own',
    request: { ...REQUEST, profile: 'a\nRole: b\u202e' },
    view: VIEW,
    text: 'MFA code for alice\n\nProfile: a\\x0aRole: b\\u{202e}\nDevice: arn:aws:iam::111111111111:mfa/alice',
  },
]
it.each(texts)('names $title', ({ request, view, text }) => {
  expect(tokenCodeWindow(request, view)).toEqual({ title: 'awsmfa', text, problem: undefined, label: 'Token code' })
})

const problems = [
  {
    title: 'after a refusal',
    request: { ...REQUEST, refusal },
    malformed: false,
    problem: 'Code not accepted. Each code works once; the next one appears in 17 s.',
  },
  {
    title: 'after a spent code',
    request: { ...REQUEST, refusal: { ...refusal, known: 'used' as const } },
    malformed: false,
    problem: 'Code already used. The next one appears in 17 s.',
  },
  {
    title: 'after a lost answer',
    request: { ...REQUEST, refusal: { ...refusal, answerLost: true } },
    malformed: false,
    problem: 'Code used up, no response from STS. The next one appears in 17 s.',
  },
  {
    title: 'after text that is no code',
    request: { ...REQUEST, refusal },
    malformed: true,
    problem: 'A code has six digits.',
  },
]
it.each(problems)('explains the repeated prompt $title', ({ request, malformed, problem }) => {
  expect(tokenCodeWindow(request, { ...VIEW, malformed }).problem).toBe(problem)
})
