import { expect, test } from 'vitest'
import { applyEdits } from '../../../src/core/files/byte-edit.ts'
import { readIniDocument } from '../../../src/core/files/ini-document.ts'
import { planSessionWrite } from '../../../src/core/files/session-section.ts'
import { planSessionRemoval } from '../../../src/core/files/session-removal.ts'

const credentials = { accessKeyId: 'ASIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJal+secret/', sessionToken: 'FwoG==', expiration: new Date('2026-11-21T18:40:00.500Z') }
test('smoke', () => {
  for (const text of ['', '[a]\nx=1', '[a]\nx = 1\n\n[t]', '[t]\nregion = x\n\n[b]\n', 'x\r\n[b]\r\nk=v\r\n']) {
    const after = applyEdits(text, planSessionWrite({ document: readIniDocument(text), path: 'c', profile: 't', credentials, requestHash: '0a' }))
    console.log(JSON.stringify(after))
    const back = planSessionRemoval({ document: readIniDocument(after), path: 'c', profile: 't' })
    expect(applyEdits(after, back.edits)).toBe(text)
  }
})
