/** Whose session a section contains: STS is asked before another session replaces it. */
import { expect, it } from 'vitest'
import { readProfiles } from '../../src/aws-files/profiles.ts'
import { resolveConflict } from '../../src/login/sign-in.ts'
import { knownCredentials } from '../../src/model/credentials.ts'
import { ALICE, NOW, fakeDeadline, fakeFacts, fakeSts } from '../support/fake-effects.ts'

it('asks STS with the older name of the session token where the newer one is empty', async () => {
  const text =
    '[work]\naws_access_key_id = ASIAOTHER\naws_secret_access_key = s\naws_session_token =\naws_security_token = t\n'
  const signer = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 's' }
  const sts = fakeSts({ identity: [ALICE] })
  const request = {
    profile: 'work',
    ownership: {
      kind: 'foreign-session',
      accessKeyId: 'ASIAOTHER',
      complete: true,
      expiration: undefined,
      manager: undefined,
      marked: false,
    },
    view: readProfiles({ credentials: text, config: '' }).find('work'),
    path: '/c',
    longTermProfile: undefined,
    signer: knownCredentials(signer),
    replace: false,
    question: () => '',
  } as const
  const replaced = await resolveConflict(request, {
    sts,
    facts: fakeFacts({ AKIAIOSFODNN7EXAMPLE: ALICE }),
    terminal: { canAsk: () => false, confirm: () => Promise.resolve(false) },
    now: () => NOW,
    deadline: fakeDeadline(),
    cancelled: new AbortController().signal,
  })
  expect([replaced?.reason, sts.calls.map(({ signer: used }) => used)]).toEqual([
    'same-user',
    [{ accessKeyId: 'ASIAOTHER', secretAccessKey: 's', sessionToken: 't' }],
  ])
})
